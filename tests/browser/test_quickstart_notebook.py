"""The quickstart in a real browser: the picture comes, a key moves a slider, the picture and its words change."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "00_quickstart.ipynb"
LABELS = (
    "Lamp brightness after it fails (%)",
    "The lamp fails after (hours)",
    "Canary's share of the phones (%)",
    "Review band (%)",
    "Inspectors on duty",
)
#: Voilà 0.5 bundles older page code than JupyterLab's extensions ask for, and asks a public host for two style
#: sheets; both do without. Anything else on the console is a fault.
HARMLESS = (
    "Unsatisfied version", "ERR_", "Failed to load resource", "federated extension", "Failed to create module", "MIME",
    "jupyter", "favicon",
)  # fmt: skip
PATIENCE = 90_000  #: ms: the page comes when every cell has run


def _browser() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the notebook by Voilà on the loopback; afterwards nothing of it is left."""
    pytest.importorskip("voila")
    _browser()
    folder = tmp_path_factory.mktemp("voila")
    port = _free_port()
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    command = [
        sys.executable, "-m", "voila", str(NOTEBOOK), "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1",
        "--MappingKernelManager.cull_idle_timeout=120", "--MappingKernelManager.cull_interval=30",
        "--VoilaExecutor.timeout=90",
    ]  # fmt: skip
    log = (folder / "log").open("w+")
    # A session of its own: the kernels that it starts can then be ended with it, and nothing else.
    server = subprocess.Popen(
        command, env=environment, cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        _wait_until_open(port, server, log)
        yield f"http://127.0.0.1:{port}/"
    finally:
        for wish in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(server.pid, wish)
                server.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        log.close()


def _wait_until_open(port: int, server: subprocess.Popen[bytes], log: Any, seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
                continue
        break
    log.seek(0)
    pytest.fail(f"Voilà did not come up:\n{log.read()[-3000:]}")
