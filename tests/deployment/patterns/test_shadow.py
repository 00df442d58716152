"""Shadow's log book: two opinions of the same model, and which of them is true."""

from __future__ import annotations

import re

import pytest
from small_rollouts import block, play, scene, texts, versions

from sim.report.text.sentences import sentence
from sim.units import HOUR

SAID = re.compile(r"recall (.*) if the line were always right, (.*) by audits; precision (.*) if .*, (.*) by audits")
SHADOW = {"pattern": "shadow", "stable": "humans", "report": "10h"}


def test_it_reports_in_time_and_once_more_at_the_end(engine: str) -> None:
    run = play(scene(SHADOW, horizon="1d"), engine)
    notes = [note for note in run.events if note.kind == "analysis"]
    assert [round(note.time_us / HOUR, 3) for note in notes] == [10, 20, 24]
    assert all(SAID.search(sentence(note)) for note in notes)
    assert sentence(notes[-1]).startswith("all in all: good disagrees on ")


def test_by_audits_it_is_what_it_is_and_by_the_line_far_from_it() -> None:
    scenario = scene(SHADOW)
    run, phones = play(scenario), block(scenario)
    rejected = phones.columns.score["good"] > versions()["good"].threshold
    defective = phones.phones.defective
    found = SAID.search(texts(run, "analysis")[-1])
    assert found is not None
    by_line, by_audits, precise_by_line, precise_by_audits = (
        [float(number) / 100 for number in re.findall(r"\d+", text)] for text in found.groups()
    )
    recall, precision = rejected[defective].mean(), defective[rejected].mean()
    assert by_audits[1] - 0.005 <= recall <= by_audits[2] + 0.005
    assert precise_by_audits[1] - 0.005 <= precision <= precise_by_audits[2] + 0.005
    assert by_line[2] < recall - 0.05
    assert precise_by_line[2] < precision - 0.05


@pytest.mark.parametrize("audits", [{"of_rejects": "0%"}, {"of_passes": "0%"}])
def test_without_audits_the_truth_is_unknown_and_not_zero(audits: dict[str, str]) -> None:
    run = play(scene(SHADOW, audits=audits))
    found = SAID.search(texts(run, "analysis")[-1])
    assert found is not None
    assert found.groups()[1] == found.groups()[3] == "unknown"
