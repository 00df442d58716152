"""The verb about exams: exam."""

from __future__ import annotations

from pathlib import Path

import click

from sim import shipped
from sim.cli.headings import Verb
from sim.cli.progress import hushed, progress
from sim.cli.refusing import refusing, whole_or_not_at_all, writing
from sim.cli.streams import say
from sim.cli.typed import TypedPath


@click.command(cls=Verb)
@click.argument("file", metavar="[FILE|NAME]", required=False, type=TypedPath())
@click.option("--student", metavar="NAME", help="Whose paper it is: the worlds hang on the name.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), metavar="N", help="In place of a name.")
@click.option(
    "--secret",
    envvar="DRIFTLINE_SECRET",
    metavar="TEXT",
    help="Draw the worlds from it, too, so that nobody else can make the key; better as the variable DRIFTLINE_SECRET.",
)
@click.option("--key", is_flag=True, help="The teacher's key in place of the sheet.")
@click.option("--out", type=TypedPath(dir_okay=False), metavar="FILE", help="Write it there. [default: stdout]")
@click.option("--quiet", is_flag=True, help="No progress, no messages.")
def exam(
    file: Path | None,
    student: str | None,
    seed: int | None,
    secret: str | None,
    key: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """Make a student's exam, or its key.

    Each student has the same questions about other worlds. What is right is found by running them; a world that does
    not decide a question is drawn again. Without FILE it is the shipped exam `course`. Markdown, to be printed.

    \b
    driftline exam --student "Ada Lovelace" --out ada.md
    driftline exam --student "Ada Lovelace" --key --out ada_key.md
    """
    with hushed(quiet), refusing():
        from sim.apps.exam import exam as paper_of
        from sim.apps.exam import load_exam
        from sim.cli.kinds import EXAM, problem_of_kind
        from sim.document import ScenarioError

        if out is not None and out.exists():
            raise click.ClickException(f"{out} exists and is not overwritten; name another file")
        place = shipped.meant(file or Path("course"), shipped.exams())
        if (other := problem_of_kind(place, EXAM, "driftline exam")) is not None:
            raise ScenarioError([other])
        made = load_exam(place)
        with progress(made.name, len(made.spec.questions), quiet, unit="questions", alike=False) as tick:
            paper = paper_of(made, student=student, seed=seed, secret=secret, progress=tick)
    text = paper.key() if key else paper.markdown()
    if out is None:
        say(text, nl=False)
        return
    with writing(out), out.open("x", encoding="utf-8") as target, whole_or_not_at_all(out):
        target.write(text)
    if not quiet:
        click.echo(f"{out} written", err=True)
