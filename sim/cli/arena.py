"""The verb about arenas: arena."""

from __future__ import annotations

from pathlib import Path

import click

from sim import shipped
from sim.cli.console import console
from sim.cli.headings import Verb
from sim.cli.progress import hushed, progress
from sim.cli.refusing import refusing
from sim.cli.streams import say
from sim.cli.typed import TypedPath


@click.command(cls=Verb)
@click.argument("file", metavar="FILE|NAME", type=TypedPath())
@click.option(
    "--entry",
    "entered",
    multiple=True,
    type=TypedPath(),
    metavar="FILE",
    help="A strategy's settings (.yaml) or patterns of your own (.py); may be repeated.",
)
@click.option("--entries", type=TypedPath(), metavar="DIR", help="A folder of such files: all of them enter.")
@click.option(
    "--secret",
    envvar="DRIFTLINE_SECRET",
    metavar="TEXT",
    help="Draw hidden worlds from it; better given as the variable DRIFTLINE_SECRET. [default: public worlds]",
)
@click.option("--worlds", type=click.IntRange(2, 10_000), metavar="N", help="In place of the arena's own.")
@click.option("--workers", type=click.IntRange(1, 4096), metavar="N", help="Processes; results do not depend on it.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="What goes to stdout.",
)
@click.option("--quiet", is_flag=True, help="No progress, no messages.")
def arena(
    file: Path,
    entered: tuple[Path, ...],
    entries: Path | None,
    secret: str | None,
    worlds: int | None,
    workers: int | None,
    form: str,
    quiet: bool,
) -> None:
    """Rank strategies of your own among the built-in ones.

    All meet the same worlds. Without a secret these are public, for practice; a teacher's ranking has hidden ones. An
    entry that fails is told, and the others go on. A .py file is run: it can do what you can.

    \b
    driftline arena factory
    driftline arena factory --entry mine.py
    DRIFTLINE_SECRET=... driftline arena factory --entries handed_in
    """
    with hushed(quiet), refusing():
        from sim.apps.arena import load_arena
        from sim.apps.arena.contest import arena as contest
        from sim.apps.arena.entries import files_in
        from sim.apps.arena.table import print_standings
        from sim.cli.kinds import ARENA, problem_of_kind
        from sim.document import ScenarioError

        place = shipped.meant(file, shipped.arenas())
        if (other := problem_of_kind(place, ARENA, "driftline arena")) is not None:
            raise ScenarioError([other])
        made = load_arena(place)
        files = [*entered, *(files_in(entries) if entries is not None else ())]
        parts = len(made.rounds) * (len(files) + (worlds or made.spec.worlds))
        with progress(made.name, parts, quiet, unit="parts", alike=False) as tick:
            standings = contest(made, files, secret=secret, worlds=worlds, workers=workers, progress=tick)
    if form == "json":
        import json

        say(json.dumps(standings.to_dict(), indent=2, ensure_ascii=False))
    elif form == "csv":
        say(standings.csv(), nl=False)
    else:
        print_standings(standings, console())
    if form != "table":
        for failed in standings.failed:
            click.echo(f"{failed.name} can't take part:\n{failed.says}", err=True)
    if files and len(standings.failed) >= len(files):
        raise click.exceptions.Exit(2)
