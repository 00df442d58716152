"""The server as a process: an address, Ctrl-C, a port that is taken, and pages that do not read."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from sim.apps.web.process import beside
from sim.apps.web.serving import CannotListen, listening_at

SERVER = """
import slow_work
from sim.apps.web.server import Site
from sim.apps.web.serving import listening_at, serve
if __name__ == "__main__":
    listening = listening_at("127.0.0.1", 0)
    print_address = lambda: print("127.0.0.1:%s" % listening.getsockname()[1], flush=True)
    serve(Site("<p>page</p>", "<p>menu</p>", {}), slow_work.make, 1, listening, print_address)
"""


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def test_ctrl_c_ends_it_with_its_visitors_in_seconds(server: tuple[subprocess.Popen[str], str]) -> None:
    process, where = server
    with connect(f"ws://{where}/talk") as talk:
        talk.send(json.dumps({"kind": "show", "serial": 1, "parts": 100_000, "each": 0.01}))
        talk.recv(timeout=60)
        process.send_signal(signal.SIGINT)
        _hear_to_the_end(talk)
    _, told = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT
    assert told.splitlines()[-1] == "KeyboardInterrupt", "an interrupt is not swallowed: the command has a code for it"


def test_a_page_that_does_not_read_its_answers_is_let_go(server: tuple[subprocess.Popen[str], str]) -> None:
    _, where = server
    with connect(f"ws://{where}/talk", max_queue=1) as deaf, connect(f"ws://{where}/talk") as other:
        deaf.send(json.dumps({"kind": "show", "serial": 1, "parts": 400, "bytes": 300_000}))
        other.send(json.dumps({"kind": "show", "serial": 2}))
        assert json.loads(other.recv(timeout=60))["serial"] == 2  # the crew has said all 400
        assert _hear_to_the_end(deaf) < 2 * 400


def test_pages_do_not_wait_for_what_is_done_beside_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first page came ten seconds after its address, when all was imported for the process beside."""
    inside, begun = threading.Event(), threading.Event()

    class Process:
        pid = None

        def start(self) -> None:
            assert inside.wait(60), "the server waits for the process, and this for the server"
            begun.set()

    class Context:
        def Process(self, **_: object) -> Process:
            return Process()

    monkeypatch.setattr("sim.apps.web.process.how_they_start", Context)
    with beside(lambda: None):
        inside.set()
        assert begun.wait(60)


def _hear_to_the_end(talk: ClientConnection) -> int:
    """Return how many messages come before the server closes."""
    heard = 0
    try:
        while True:
            talk.recv(timeout=60)
            heard += 1
    except ConnectionClosed:
        return heard


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"can't listen at 127.0.0.1, port {port}: .*in use"):
            listening_at("127.0.0.1", port)


@pytest.mark.parametrize(("host", "port"), [("203.0.113.9", 0), ("no such host", 0), ("127.0.0.1", 99_999)])
def test_a_host_or_port_that_is_not_ours_is_said(host: str, port: int) -> None:
    with pytest.raises(CannotListen, match="can't listen at"):
        listening_at(host, port)
