"""The verbs that compare methods: judges against judges, detectors against detectors."""

from __future__ import annotations

from pathlib import Path

import click

from sim import shipped
from sim.cli.console import console
from sim.cli.headings import Verb
from sim.cli.loading import NONE_SHIPPED, in_its_file, load_all
from sim.cli.progress import progress
from sim.cli.refusing import refusing
from sim.cli.typed import TypedPath


@click.command(cls=Verb)
@click.option("--on-the-line", is_flag=True, help="On two weeks of the standard line, with late and partial labels.")
@click.option("--repetitions", type=click.IntRange(20, 100_000), metavar="N", help="Default: 2000; on the line 300.")
@click.option("--seed", type=click.IntRange(min=0, max=2**32 - 1), default=1, metavar="N", help="Default: 1.")
def judges(on_the_line: bool, repetitions: int | None, seed: int) -> None:
    """Compare the judges of a rollout: alone, or on a line.

    How often does each blame an equal candidate, how often does it catch one that leaks two or three times as
    much, and how late? Half a minute alone; on the line some minutes.
    """
    from sim.comparisons import judges as judging
    from sim.comparisons import judges_on_the_line as judging_on_the_line
    from sim.comparisons.contenders import CONTENDERS
    from sim.comparisons.judges_table import print_table, print_table_on_the_line

    if not on_the_line:
        # Some judges take a hundred times as long as others: how long the rest takes is not to be told from the first.
        with progress("judges", len(CONTENDERS), unit="judges", alike=False) as tick:
            alone = judging.table(repetitions or 2000, seed, tick)
        print_table(alone, console())
        return
    repetitions = repetitions or 300
    with refusing(), progress("judges", repetitions) as tick:
        rows = judging_on_the_line.table(repetitions, seed, progress=tick)
    print_table_on_the_line(rows, console())


@click.command(cls=Verb)
@click.argument("file", required=False, metavar="[FILE|NAME]", type=TypedPath())
@click.option("--replications", type=click.IntRange(1, 100_000), metavar="N", help="In place of the scenario's own.")
@click.option("--workers", type=click.IntRange(1, 4096), metavar="N", help="Processes; results do not depend on it.")
def detectors(file: Path | None, replications: int | None, workers: int | None) -> None:
    """Score a scenario's alarms against the truth.

    How often does each cry wolf, which drifts does it find, and how late? Without a FILE: a month with twelve
    detectors (scenarios/drift_watch.yaml), half a minute.
    """
    with refusing():
        if file is None and "drift_watch" not in shipped.scenarios():
            raise click.ClickException(f"give it a FILE: {NONE_SHIPPED}")
        loaded = load_all([file or shipped.scenarios()["drift_watch"]])
        (place, scenario), *others = loaded.items()
        if others:
            raise click.ClickException(f"{file} holds several scenarios: give it one of them")
        from sim.comparisons.detectors import episodes, table
        from sim.comparisons.detectors_table import print_detectors

        count = replications or scenario.replications
        with in_its_file(place), progress(scenario.name, count) as tick:
            rows = table(scenario, replications, workers, tick)
        drifts = sum(len(episodes(event, scenario.horizon)) for event in scenario.drift)
        print_detectors(rows, drifts, count, console())
