"""The verbs about the sandbox: app."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import click

from sim import shipped
from sim.cli.headings import Verb
from sim.cli.interrupts import INTERRUPTED
from sim.cli.refusing import refusing
from sim.cli.streams import say
from sim.cli.typed import TypedPath

if TYPE_CHECKING:
    from sim.apps.stories import Story

#: Where it listens unless somebody says so; if that is taken, anywhere.
PORT = 8620
#: Processes that compute: more serve more visitors at once, and each takes some 200 MB.
MOST_PROCESSES = 4
_EVERYWHERE = ("0.0.0.0", "::", "[::]")
#: Libraries of the extra `app`: without the last one the server would start, and refuse every page's talk.
_NEEDED = ("starlette", "uvicorn", "websockets")


@click.command(cls=Verb)
@click.argument("story", required=False, type=TypedPath(), metavar="[STORY]")
@click.option(
    "--host",
    default="127.0.0.1",
    metavar="HOST",
    show_default=True,
    help="Where to listen; 0.0.0.0 is every network of this machine, and pages then want a token.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    metavar="N",
    help=f"0 is any free one. [default: {PORT}, or a free one]",
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    metavar="N",
    help=f"Processes that compute, for all visitors together. [default: one per core, at most {MOST_PROCESSES}]",
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def app(story: Path | None, host: str, port: int | None, processes: int | None, no_browser: bool) -> None:
    """Open the sandbox in a browser: stories with knobs to turn.

    STORY is a shipped one by its name (see `driftline list`), or a file; without it, a page lists them all. One server
    is for a whole class. Ctrl-C ends it.

    \b
    driftline app
    driftline app lamp
    driftline app mine.yaml --host 0.0.0.0
    """
    with refusing():
        from sim.libraries import library

        for name in _NEEDED:
            library(name, needed_by="driftline app", extra="app")
        opened = None if story is None else _checked(story)

        from sim.apps.web.pages import files, listed, menu_page, sandbox_page
        from sim.apps.web.server import Site
        from sim.apps.web.serving import address, serve, token_for
        from sim.apps.web.visits import make

        stories = shipped.stories()
        if opened is not None and opened.name not in stories:
            stories = {opened.name: shipped.meant(story, stories)} | stories  # type: ignore[arg-type]
        token = token_for(host)
        served = None if story is None else str(shipped.meant(story, stories))
        site = Site(sandbox_page(), menu_page(listed(stories)), files(), served, token)
        listening = _listening(host, port)
        number = listening.getsockname()[1]
        near = address("localhost" if host in _EVERYWHERE else host, number, token)

        def begun() -> None:
            say(near)
            if host in _EVERYWHERE:
                click.echo(f"from other machines: {address(socket.gethostname(), number, token)}", err=True)
            click.echo("Ctrl-C ends it", err=True)
            if not no_browser:
                Thread(target=_open, args=(near,), daemon=True).start()

        try:
            serve(site, make, processes or min(os.cpu_count() or 1, MOST_PROCESSES), listening, begun)
        except KeyboardInterrupt:
            click.echo("ended", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None


def _checked(story: Path) -> Story:
    """Return the story that a user means; a file of another kind is told what it is."""
    from sim.apps.stories import load_story
    from sim.cli.kinds import STORY, problem_of_kind
    from sim.document import ScenarioError

    file = shipped.meant(story, shipped.stories())
    other = problem_of_kind(file, STORY, "driftline app")
    if other is not None:
        raise ScenarioError([other])
    return load_story(file)


def _listening(host: str, port: int | None) -> socket.socket:
    from sim.apps.web.serving import CannotListen, listening_at

    try:
        if port is not None:
            return listening_at(host, port)
        try:
            return listening_at(host, PORT)
        except CannotListen:
            listening = listening_at(host, 0)  # or the host is none, which is told here
            click.echo(f"port {PORT} is taken: port {listening.getsockname()[1]} it is", err=True)
            return listening
    except CannotListen as refused:
        remedy = "take another --port, or none" if port else "take another --host, 127.0.0.1 is this machine alone"
        raise click.ClickException(f"{refused}; {remedy}") from None


def _open(address: str) -> None:
    """Open a browser, on a thread of its own: one in the terminal would keep the server from beginning."""
    import webbrowser

    webbrowser.open(address)
