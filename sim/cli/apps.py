"""The verbs about the sandbox: app, export."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import click

from sim import shipped
from sim.cli.headings import Verb
from sim.cli.interrupts import INTERRUPTED
from sim.cli.progress import hushed, progress
from sim.cli.refusing import refusing, writing
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
        opened = None if story is None else _checked(story, "driftline app")

        from sim.apps.web.learned import learn_ahead
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
            serve(site, make, processes or min(os.cpu_count() or 1, MOST_PROCESSES), listening, begun, learn_ahead)
        except KeyboardInterrupt:
            click.echo("ended", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None


@click.command(cls=Verb)
@click.argument("stories", nargs=-1, type=TypedPath(), metavar="[STORY]...")
@click.option(
    "--out", required=True, type=TypedPath(), metavar="DIR", help="Where the pages go; other files in it stay."
)
@click.option("--all", "every", is_flag=True, help="Every shipped story.")
@click.option(
    "--seeds",
    type=click.IntRange(1, 20),
    default=3,
    metavar="N",
    show_default=True,
    help="How many seeds the dice have: the story's own, and the next ones.",
)
@click.option(
    "--replications",
    type=click.IntRange(1, 200),
    default=10,
    metavar="N",
    show_default=True,
    help="Runs of each strategy at each position: with two or more there are intervals.",
)
@click.option(
    "--values",
    type=click.IntRange(2, 15),
    default=5,
    metavar="N",
    show_default=True,
    help="Values of each of the two knobs that go together in any way.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Processes; pages do not depend on it. [default: one per core]",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def export(
    stories: tuple[Path, ...],
    out: Path,
    every: bool,
    seeds: int,
    replications: int,
    values: int,
    workers: int | None,
    quiet: bool,
) -> None:
    """Write the sandbox as pages that need no Python: one file for each story.

    A page holds real runs at some positions of its knobs and asks nobody for anything: it opens from a disk, a stick or
    any web server. Two knobs go together in any way, the others move one at a time; several pages get a list in front.

    \b
    driftline export lamp --out classroom
    driftline export --all --out classroom
    driftline export mine.yaml --out classroom --seeds 1 --values 7
    """
    if every == bool(stories):
        raise click.UsageError("name stories, such as lamp, or take --all; not both")
    with refusing(), writing(out), hushed(quiet):
        from sim.apps.static.folder import check, write

        shown = [_checked(file, "driftline export") for file in stories or shipped.stories().values()]
        files = _names_of(shown)
        names = [*files.values(), *(["index.html"] if len(shown) > 1 else [])]
        check(out, names)
        options = (seeds, replications, values, workers or os.cpu_count() or 1)
        write(out, names, _pages(shown, files, out, options, quiet))
        click.echo(f"open {out / names[-1]}", err=True)


def _pages(
    shown: list[Story], files: Mapping[str, str], out: Path, options: tuple[int, int, int, int], quiet: bool
) -> Iterator[tuple[str, str]]:
    """Make the pages one by one, and say of each how large it is and how long it took."""
    from sim.apps.static.grid import grid_of
    from sim.apps.static.page import index_page, size, story_page
    from sim.apps.static.record import record
    from sim.apps.web.pages import Listed

    seeds, replications, values, workers = options
    for number, story in enumerate(shown, start=1):
        began = time.monotonic()
        grid = grid_of(story, values)
        name = story.name if len(shown) == 1 else f"{story.name}, {number} of {len(shown)}"
        with progress(name, seeds * len(grid.positions), quiet, "positions") as tick:
            recorded = record(grid, seeds, replications, tick, workers=workers)
        page = story_page(recorded, "index.html" if len(shown) > 1 else "")
        settings = f"{len(grid.positions)} settings, seeds: {seeds}, runs: {replications}"
        took = f"{time.monotonic() - began:.0f} s"
        say(f"{out / files[story.name]}  {size(len(page.encode()))}  {settings}  {took}")
        yield files[story.name], page
    if len(shown) > 1:
        yield "index.html", index_page(tuple(Listed(story.name, story.spec, story.about) for story in shown), files)


def _names_of(shown: list[Story]) -> dict[str, str]:
    """Return the file of each story's page, by the story's name."""
    from sim.document import Problem, ScenarioError

    files: dict[str, str] = {}
    for story in shown:
        # A name is that of a file, which can hold anything, and a browser reads some signs as something else.
        file = f"{re.sub(r'[^a-zA-Z0-9_.-]', '-', story.name)}.html"
        if file.casefold() in {*map(str.casefold, files.values()), *(["index.html"] if len(shown) > 1 else [])}:
            message = f"its page would be {file}, which is there already"
            raise ScenarioError([Problem(message, name=story.document.name, hint="give the story's file another name")])
        files[story.name] = file
    return files


def _checked(story: Path, verb: str) -> Story:
    """Return the story that a user means; a file of another kind is told what it is."""
    from sim.apps.stories import load_story
    from sim.cli.kinds import STORY, problem_of_kind
    from sim.document import ScenarioError

    file = shipped.meant(story, shipped.stories())
    other = problem_of_kind(file, STORY, verb)
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
