"""The verbs about results that lie in folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.console import console
from sim.cli.headings import Verb
from sim.cli.refusing import refusing
from sim.cli.typed import TypedPath

if TYPE_CHECKING:
    from sim.document import Problem


@click.command(cls=Verb)
@click.argument("a", metavar="A", type=TypedPath())
@click.argument("b", metavar="B", type=TypedPath())
@click.option("--all", "everything", is_flag=True, help="Outcomes that do not surely differ, too.")
def compare(a: Path, b: Path, everything: bool) -> None:
    """Say what differs between two results: scenario, versions, outcomes.

    A and B are folders that `driftline run` has written. Where both met the same phones, differences are paired.

    \b
    driftline run quickstart --out two_inspectors
    driftline run quickstart --set inspectors.count=3 --out three_inspectors
    driftline compare two_inspectors three_inspectors
    """
    with refusing():
        from sim.document import ScenarioError
        from sim.report.saved import load_result
        from sim.report.text.versus import print_versus
        from sim.report.versus import versus

        for place in (a, b):
            if place.is_file():
                raise ScenarioError([_of_a_file(place)])
        print_versus(versus(load_result(a), load_result(b)), console(), everything)


def _of_a_file(file: Path) -> Problem:
    """Return what to say of a file: results are folders."""
    from sim.cli.kinds import kind_of
    from sim.document import Problem

    kind = kind_of(file)
    noun, remedy = ("a file", None) if kind is None else (kind.noun, kind.remedy(file))
    if (file.parent / "run.json").is_file():
        remedy = f"give it the folder: {file.parent}"
    return Problem(f"this is {noun}, and driftline compare takes folders of results", name=str(file), hint=remedy)
