"""The judges alone on Bernoulli arms: theorems hold, traps snap, and the table prints."""

from __future__ import annotations

import dataclasses
import io
import math

import numpy as np
import pytest
from rich.console import Console

from sim.comparisons import contenders
from sim.comparisons import judges as judging
from sim.comparisons.contenders import CONTENDERS
from sim.comparisons.judges import BASE_RATE, LOOKS, PHONES, RATIOS, Row, observe, table
from sim.comparisons.judges_table import print_table
from sim.stats.escapes import rollback_evidence
from sim.stats.ratios import clopper_pearson

QUICK = tuple(judge for judge in CONTENDERS if judge.repetitions is None)


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    """All but Kayenta, which takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "CONTENDERS", QUICK)
        return {row.judge: row for row in table(2000, seed=1)}


def test_what_holds_at_any_time_rolls_back_at_most_5_percent_of_equals(rows: dict[str, Row]) -> None:
    safe = [row for row in rows.values() if row.guarantee == "any time"]
    assert len(safe) == 6
    assert {row.judge: row.behaviour[0].low <= 0.05 for row in safe} == {row.judge: True for row in safe}
    assert max(row.behaviour[0].rate for row in safe) <= 0.05


def test_peeking_rolls_back_a_third_of_equals(rows: dict[str, Row]) -> None:
    peeked = rows["z-test at every look"].behaviour[0]
    assert 0.30 < peeked.low < peeked.rate < peeked.high < 0.40


def test_one_look_and_planned_looks_are_near_5_percent(rows: dict[str, Row]) -> None:
    # Near: ten escapes are few for a normal approximation.
    for judge in ("z-test once, at the end", "O'Brien-Fleming, 5 looks", "Pocock, 5 looks"):
        assert 0.045 < rows[judge].behaviour[0].rate < 0.075


def test_the_default_catches_what_it_should(rows: dict[str, Row]) -> None:
    canary, shadow = rows["share of escapes, E >= 20"].behaviour, rows["shadow pairs, two guards"].behaviour
    assert 0.45 < canary[1].low < canary[1].high < 0.55
    assert canary[2].low > 0.93
    assert canary[2].exposure < 0.5 * canary[0].exposure
    assert shadow[1].low > 0.98
    assert [each.exposure for each in shadow] == [0.0] * 3


def test_flaggers_ticks_roll_back_nearly_everything(rows: dict[str, Row]) -> None:
    assert rows["Flagger: 5 ticks > 2 x known"].behaviour[0].low > 0.9


def test_every_judge_catches_three_times_more_often_than_twice(rows: dict[str, Row]) -> None:
    for row in rows.values():
        equal, twice, thrice = (each.rate for each in row.behaviour)
        assert equal < twice <= thrice


def test_what_the_table_computes_for_the_canary_is_what_its_judge_says() -> None:
    observed = observe(3.0, 40, seed=5)
    looks = contenders._share_of_escapes(observed)
    for run in range(40):
        watch, look = rollback_evidence(), -1
        new = np.diff(observed.candidate_escapes[run], prepend=0), np.diff(observed.stable_escapes[run], prepend=0)
        for at, (own, other) in enumerate(zip(*new, strict=True)):
            watch.update([True] * own + [False] * other, [0.1] * (own + other))
            if watch.e_value >= 20.0:
                look = at
                break
        assert looks[run] == look


def test_the_arms_are_what_they_are_said_to_be() -> None:
    observed = [observe(ratio, 500, seed=3) for ratio in RATIOS]
    for ratio, each in zip(RATIOS, observed, strict=True):
        phones = each.candidate_n[:, -1] + each.stable_n[:, -1]
        assert phones.tolist() == [PHONES] * 500
        for events, n, rate in (
            (each.candidate_escapes, each.candidate_n, ratio * BASE_RATE),
            (each.stable_escapes, each.stable_n, BASE_RATE),
            (each.candidate_n, each.candidate_n + each.stable_n, 0.1),
            (each.baseline_escapes, each.candidate_n, BASE_RATE),
            (each.favour_stable, each.candidate_n + each.stable_n, ratio * BASE_RATE * (1.0 - BASE_RATE)),
        ):
            low, high = clopper_pearson(int(events[:, -1].sum()), int(n[:, -1].sum()), 0.999)
            assert low < rate < high
    # The same phones go to the candidate, and the stable arm fares the same, whatever the candidate is.
    assert (observed[0].candidate_n == observed[2].candidate_n).all()
    assert (observed[0].stable_escapes == observed[2].stable_escapes).all()
    assert observed[0].candidate_n.shape == (500, LOOKS)


def test_more_repetitions_begin_with_the_same_ones() -> None:
    few, many = observe(2.0, 10, seed=7), observe(2.0, 30, seed=7).part(10)
    for field in dataclasses.fields(few):
        assert np.array_equal(getattr(few, field.name), getattr(many, field.name))


def test_kayenta_sees_nothing_of_escapes_this_rare() -> None:
    looks = contenders._kayenta_against_all(observe(3.0, 6, seed=1))
    assert looks.tolist() == [-1] * 6


def test_no_rollback_has_no_time() -> None:
    behaviour = judging.behaviour(CONTENDERS[0], 1.0, observe(1.0, 1, seed=1))
    assert behaviour.rollbacks == 0
    assert math.isnan(behaviour.phones_to_rollback)
    assert behaviour.exposure == pytest.approx(2000, abs=200)


@pytest.mark.parametrize("width", [80, 150])
def test_the_table_prints_every_judge_within_the_width(rows: dict[str, Row], width: int) -> None:
    console = Console(width=width, record=True, file=io.StringIO())
    print_table(list(rows.values()), console)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= width
    for row in rows.values():
        assert row.judge.split()[0][:10] in text
        assert f"{100.0 * row.behaviour[1].rate:.1f} %" in text
