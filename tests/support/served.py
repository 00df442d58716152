"""The real server as `driftline app` starts it, for tests that open its pages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


class Served:
    """A server that runs: its process, and its address."""

    def __init__(self, *arguments: str, browser: bool = False) -> None:
        quietly = () if browser else ("--no-browser",)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sim", "app", "--port", "0", *quietly, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            _, said = self.process.communicate()
            raise AssertionError(f"no server: {said}")

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """Press Ctrl-C, or send another signal to the whole group as a terminal does; return the exit code, and what was said on stderr."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


@contextmanager
def served(*arguments: str, browser: bool = False) -> Iterator[Served]:
    """Serve for a while; what is left of it is killed."""
    server = Served(*arguments, browser=browser)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            os.killpg(server.process.pid, signal.SIGKILL)
        server.process.communicate()
