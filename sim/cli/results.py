"""The verbs about results that lie in folders."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.console import console
from sim.cli.headings import Verb
from sim.cli.refusing import refusing


@click.command(cls=Verb)
@click.argument("a", metavar="A", type=click.Path(path_type=Path))
@click.argument("b", metavar="B", type=click.Path(path_type=Path))
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
        from sim.report.saved import load_result
        from sim.report.text.versus import print_versus
        from sim.report.versus import versus

        print_versus(versus(load_result(a), load_result(b)), console(), everything)
