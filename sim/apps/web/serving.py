"""`driftline app`: the server's life, from a free port to Ctrl-C."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from contextlib import closing

import uvicorn

from sim.apps.web.crew import Crew
from sim.apps.web.server import LOOPBACK, Site, application
from sim.apps.web.worker import Work

#: Seconds that pages have to close after Ctrl-C.
GRACE_S = 2


class CannotListen(Exception):
    """The host or port is not to be had."""


def token_for(host: str) -> str | None:
    """Return a new token where others than this machine's browsers can reach the server.

    >>> token_for("127.0.0.1") is None, len(token_for("0.0.0.0"))
    (True, 32)
    """
    return None if host in LOOPBACK else secrets.token_hex(16)


def address(host: str, port: int, token: str | None) -> str:
    """Return what to type into a browser.

    >>> address("127.0.0.1", 8123, None), address("0.0.0.0", 80, "abc")
    ('http://127.0.0.1:8123/', 'http://0.0.0.0:80/?token=abc')
    """
    return f"http://{host}:{port}/" + (f"?token={token}" if token else "")


def serve(
    site: Site, make: Callable[[], Work], processes: int, host: str, port: int, begun: Callable[[str], None]
) -> None:
    """Serve until Ctrl-C, which is no error; `begun` is told the address when pages can be opened.

    Parameters
    ----------
    site : Site
        What is served.
    make : callable
        Importable; makes in each process what answers messages.
    processes : int
        Those that compute.
    host, port : str, int
        Where to listen; port 0: any free one.
    begun : callable
        Takes the address.

    Raises
    ------
    CannotListen
        If somebody else listens there, or the host is not this machine's.
    """
    with closing(_listening(host, port)) as listening:
        crew = Crew(make, processes)
        config = uvicorn.Config(
            application(site, crew), log_level="error", access_log=False, ws_ping_interval=20.0, ws_ping_timeout=60.0,
            ws_max_size=1_000_000, ws_per_message_deflate=False, timeout_graceful_shutdown=GRACE_S, lifespan="on",
        )  # fmt: skip
        server = uvicorn.Server(config)
        begun(address(host, listening.getsockname()[1], site.token))
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            pass  # the usual end of a server, when all pages have been closed
        finally:
            crew.close()


def _listening(host: str, port: int) -> socket.socket:
    plain = host.strip("[]")
    family = socket.AF_INET6 if ":" in plain else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((plain, port))
        listening.listen(1024)
    except (OSError, OverflowError) as error:
        listening.close()
        raise CannotListen(f"can't listen at {host}, port {port}: {error}") from None
    return listening
