"""The verb that says where the defaults come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sim.cli.console import console
from sim.cli.headings import Verb
from sim.cli.streams import say

if TYPE_CHECKING:
    from sim.shipped.facts import Fact


@click.command(cls=Verb)
@click.argument("word", required=False, metavar="[WORD]")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def facts(word: str | None, form: str) -> None:
    """Show the defaults with their sources, and which of them are assumptions.

    WORD shows those only in whose name, topic, meaning or source it stands.

    \b
    driftline facts costs
    driftline facts foxconn
    """
    from sim.document.problems import suggest
    from sim.shipped.facts import FACTS, words

    found = [fact for fact in FACTS if word is None or fact.is_about(word)]
    if not found or (word is not None and not word.strip()):
        near = suggest(word, words(FACTS))
        topics = ", ".join(dict.fromkeys(fact.topic for fact in FACTS))
        meant = "" if near is None else f"did you mean '{near}'? "
        raise click.ClickException(f"no default is about '{_short(word or '')}': {meant}topics: {topics}")
    if form == "json":
        import json

        say(json.dumps([_as_data(fact) for fact in found], indent=2, ensure_ascii=False))
    else:
        _print(found)


def _as_data(fact: Fact) -> dict[str, object]:
    told = fact._asdict()
    del told["at"]
    return {**told, "assumption": fact.grade == "A", "grade_means": fact.said_to_be}


def _print(found: list[Fact]) -> None:
    from rich.text import Text

    from sim.report.text.grid import print_wrapped, titled
    from sim.shipped.facts import GRADES

    out = console()
    for topic in dict.fromkeys(fact.topic for fact in found):
        rows = titled(topic)
        rows.add_column("default", justify="right", no_wrap=True)
        rows.add_column("")
        rows.add_column("usual")
        rows.add_column("from")
        for fact in (fact for fact in found if fact.topic == topic):
            grade = "assumption" if fact.grade == "A" else fact.grade
            rows.add_row(fact.shown, f"{fact.meaning}\n{fact.name}", fact.usual or "-", f"{grade}: {fact.source}")
        out.print(rows)
    count = sum(fact.grade == "A" for fact in found)
    print_wrapped(out, Text(f"{count} of {len(found)} are assumptions: replace them by what your line measures."))
    for grade in dict.fromkeys(fact.grade for fact in found):
        if grade != "A":
            print_wrapped(out, Text(f"{grade}: {GRADES[grade]}"), indent=3)


def _short(word: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in word)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
