"""The verb that studies how well inspectors and models agree with the standard."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.console import console
from sim.cli.headings import Verb
from sim.cli.loading import in_its_file, load_all, overrides_option
from sim.cli.refusing import refusing
from sim.cli.typed import TypedPath


@click.command(cls=Verb)
@click.argument("file", metavar="FILE|NAME", type=TypedPath())
@click.option(
    "--phones",
    type=click.IntRange(4, 100_000),
    default=50,
    show_default=True,
    metavar="N",
    help="Half of them defective.",
)
@click.option(
    "--trials",
    type=click.IntRange(1, 100),
    default=2,
    show_default=True,
    metavar="N",
    help="How often each sees each phone.",
)
@click.option(
    "--inspectors",
    type=click.IntRange(1, 1000),
    default=3,
    show_default=True,
    metavar="N",
    help="How many people take part.",
)
@overrides_option
def gauge(file: Path, phones: int, trials: int, inspectors: int, overrides: tuple[str, ...]) -> None:
    """Study attribute agreement: a scenario's inspectors and models see the same phones several times.

    Effectiveness, misses, false alarms, kappa of each with itself, with the standard and of two with each other, with
    95 % intervals, and graded by the usual limits.

    \b
    driftline gauge quickstart
    driftline gauge line.yaml --phones 200 --trials 3 --inspectors 5
    """
    with refusing():
        loaded = load_all([file], overrides=overrides)
        (place, scenario), *others = loaded.items()
        if others:
            raise click.ClickException(f"{file} holds several scenarios: give it one of them")
        from sim.comparisons.gauge import study
        from sim.comparisons.gauge_table import print_gauge

        with in_its_file(place, overrides):
            found = study(scenario, phones, trials, inspectors)
        print_gauge(found, console())
