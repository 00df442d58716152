"""A JupyterLab for tests, on the loopback, with settings of its own; afterwards nothing of it is left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START = "import sys; from sim.apps.lab import serve; serve(sys.argv[1:])"


@contextmanager
def jupyterlab(place: Path, given: Sequence[str], port: int) -> Iterator[str]:
    """Start JupyterLab as `driftline lab` does, and yield its address."""
    folders = {name: str(place / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    paths = [str(ROOT), str(ROOT / "sim" / "_alias"), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | folders | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    log = (place / "log").open("w+")
    # A session of its own: the kernels that it starts can then be ended with it, and nothing else.
    server = subprocess.Popen(
        [sys.executable, "-c", START, *given, "--IdentityProvider.token="],
        env=environment, cwd=place, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        _wait_until_open(port, server, place / "log")
        yield f"http://127.0.0.1:{port}/"
    finally:
        for wish in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(server.pid, wish)
                server.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        log.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_open(port: int, server: subprocess.Popen[bytes], log: Path, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not come up:\n{log.read_text()[-3000:]}")
