"""The server's life, from a free port to Ctrl-C."""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from warnings import filterwarnings

import uvicorn

from sim.apps.web.crew import Crew
from sim.apps.web.process import beside
from sim.apps.web.server import LONGEST, LOOPBACK, Site, application
from sim.apps.web.worker import Work
from sim.workplace import workplace

#: How the name of a server's folder begins; the next server removes that of one that was killed.
PREFIX = "driftline-server-"
#: Seconds that pages have to close after Ctrl-C.
GRACE_S = 2


def nothing(story: str | None, folder: Path) -> None:
    """Do nothing ahead."""


class CannotListen(Exception):
    """The host or port is not to be had."""


def token_for(host: str) -> str | None:
    """Return a new token where others than this machine can reach the server.

    >>> token_for("127.0.0.1") is None, len(token_for("0.0.0.0"))
    (True, 32)
    """
    return None if host in LOOPBACK else secrets.token_hex(16)


def address(host: str, port: int, token: str | None) -> str:
    """Return what to type into a browser.

    >>> address("127.0.0.1", 8123, None), address("::1", 8123, None), address("here", 80, "abc")
    ('http://127.0.0.1:8123/', 'http://[::1]:8123/', 'http://here:80/?token=abc')
    """
    plain = host.strip("[]")
    named = f"[{plain}]" if ":" in plain else plain
    return f"http://{named}:{port}/" + (f"?token={token}" if token else "")


def serve(
    site: Site,
    make: Callable[[Path], Work],
    processes: int,
    listening: socket.socket,
    begun: Callable[[], None],
    ahead: Callable[[str | None, Path], None] = nothing,
) -> None:
    """Serve until Ctrl-C; `begun` is called when pages can be opened.

    Parameters
    ----------
    site : Site
        What is served.
    make : callable
        Importable; makes in each process what answers messages, by a folder that they share.
    processes : int
        Those that compute.
    listening : socket
        Where to listen, see `listening_at`; it is closed at the end.
    begun : callable
        Called once.
    ahead : callable, optional
        Importable; called once, in a process behind all others, with the server's story and the folder: does what can
        be done before anybody asks.

    Raises
    ------
    KeyboardInterrupt
        That is the usual end of a server; all pages and processes have been closed by then.
    """
    with closing(listening), workplace(Path(tempfile.gettempdir()), PREFIX) as folder:
        crew = Crew(partial(make, folder), processes)
        config = uvicorn.Config(
            application(site, crew), log_level="error", access_log=False, ws_ping_interval=20.0, ws_ping_timeout=60.0,
            ws_max_size=4 * LONGEST, ws_per_message_deflate=False, timeout_graceful_shutdown=GRACE_S, lifespan="on",
        )  # fmt: skip
        server = uvicorn.Server(config)
        try:
            begun()
            # Who ends it before it has begun is obeyed, and need not hear of a coroutine that nobody awaited.
            filterwarnings("ignore", "coroutine 'Server.serve' was never awaited", RuntimeWarning)
            with beside(partial(ahead, site.story, folder)), asyncio.Runner() as runner:
                with asked_later():  # a loop that is half made would complain of it
                    runner.get_loop()
                runner.run(server.serve(sockets=[listening]))
        finally:
            crew.close()


@contextmanager
def asked_later() -> Iterator[None]:
    """Hear whoever asks us to end only afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread only
        return
    asked: list[int] = []
    numbers = (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP"))  # not everywhere all of them
    before = {number: how for number in numbers if number and (how := signal.getsignal(number)) is not None}
    for number in before:
        signal.signal(number, lambda number, _: asked.append(number))
    try:
        yield
    finally:
        for number, how in before.items():
            signal.signal(number, how)
    if asked:
        signal.raise_signal(asked[0])


def listening_at(host: str, port: int) -> socket.socket:
    """Return a socket that listens at a place; at port 0: at any free one.

    Raises
    ------
    CannotListen
        If somebody else listens there, or the host is not this machine's.
    """
    plain = host.strip("[]")
    family = socket.AF_INET6 if ":" in plain else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((plain, port))
        listening.listen(1024)
    except (OSError, OverflowError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or error
        raise CannotListen(f"can't listen at {host}, port {port}: {why}") from None
    return listening
