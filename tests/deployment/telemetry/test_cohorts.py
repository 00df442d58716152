"""The frontier: up to which phone, in the order in which they were due, everything is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.deployment.telemetry.by_hand import by_hand
from sim.deployment.telemetry.cohorts import NEVER, Arrivals

spans = st.integers(0, 30)


@st.composite
def lines(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """When phones were due, and when each was decided; some never are."""
    due = np.cumsum(draw(st.lists(spans, min_size=1, max_size=40)))
    waits = draw(st.lists(st.one_of(spans, st.just(NEVER)), min_size=len(due), max_size=len(due)))
    return due, np.where(np.array(waits) == NEVER, NEVER, due + np.minimum(waits, 10**6))


@given(
    line=lines(), delay=spans, moments=st.lists(st.integers(0, 400), min_size=1, max_size=8), after=st.integers(-1, 60)
)
def test_the_frontier_is_the_first_phone_that_is_not_settled(
    line: tuple[np.ndarray, np.ndarray], delay: int, moments: list[int], after: int
) -> None:
    due, decided = line
    arrivals = Arrivals()
    for now in sorted(moments):
        known = due <= now
        arrivals.come(due[known][arrivals.count :])
        here = np.flatnonzero(known & (decided <= now))
        arrivals.decide(here, decided[here])
        waited_for = np.flatnonzero(known & (due > after) & (decided > now - delay))
        expected = waited_for[0] if len(waited_for) else known.sum()
        first_due_after = int((due[known] <= after).sum())
        assert arrivals.frontier(after, delay, now) == max(expected, first_due_after)


@given(line=lines(), delay=spans, moments=st.lists(st.integers(0, 400), min_size=1, max_size=8))
def test_cohorts_read_now_and_then_hold_every_settled_phone_once_and_in_order(
    line: tuple[np.ndarray, np.ndarray], delay: int, moments: list[int]
) -> None:
    due, decided = line
    telemetry = by_hand()
    telemetry.audit_delay_us = delay
    shown: list[int] = []
    since = -1
    for now in sorted(set(moments)):
        telemetry.now_us = now
        telemetry.arrivals.come(due[due <= now][telemetry.arrivals.count :])
        here = np.flatnonzero((due <= now) & (decided <= now))
        telemetry.arrivals.decide(here, decided[here])
        shown += telemetry.cohort(since).phones
        since = now
    # A phone is settled when it, and all before it, are: the running maximum.
    settled = np.maximum.accumulate(np.where(decided == NEVER, NEVER, decided + delay))
    assert shown == np.flatnonzero(settled <= since).tolist()


def test_a_phone_that_nobody_decides_keeps_all_later_ones_waiting_and_says_for_how_long():
    telemetry = by_hand(audits={"decided_us": [10, 20, 30]}, now_us=500)
    telemetry.audit_delay_us = 100
    telemetry.arrivals = Arrivals()
    telemetry.arrivals.come(np.array([0, 1, 2]))
    telemetry.arrivals.decide(np.array([0, 2]), np.array([10, 30]))
    cohort = telemetry.cohort(-1)
    assert cohort.phones == range(0, 1)
    assert cohort.behind_us == 500 - 100 - 1
    assert telemetry.cohort(-1, due_after_us=1).phones == range(2, 3), "it was due before the arms shared the phones"


def test_phones_of_five_weeks_ago_are_forgotten_and_the_numbers_stay():
    arrivals = Arrivals()
    arrivals.come(np.arange(100))
    arrivals.decide(np.arange(60), np.arange(60) + 1)
    arrivals.keep_since(79)
    assert arrivals.due_us(85) == 85
    arrivals.decide(np.array([10, 80, 81]), np.array([200, 200, 200]))  # phone 10 is forgotten
    assert arrivals.frontier(-1, 0, 300) == 82
    assert arrivals.count == 100


def test_labels_count_in_the_order_of_the_phones_however_they_came():
    """The slow arm's escapes are due first and known last: both orders end alike, but only one tells no arm."""
    known = by_hand(
        audits={
            "phone": [3, 2, 1, 0], "arm": [0, 0, 1, 1], "pi": [0.25, 0.25, 0.75, 0.75], "defective": [True] * 4,
            "decided_us": [1, 2, 3, 4], "at_us": [11, 12, 13, 14],
        }
    )  # fmt: skip
    by_candidate, pi = known.escapes("v1", known.cohort(-1))
    assert by_candidate.tolist() == [False, False, True, True]
    assert pi.tolist() == [0.25] * 4


@pytest.mark.parametrize("table", ["audits", "returns"])
def test_a_label_that_comes_after_the_cut_off_counts_for_nobody(table: str):
    rows: dict[str, Any] = {"decided_us": [0, 0], "at_us": [5, 50], "defective": [True, True], "faulty": [True, True]}
    columns = {name: rows[name] for name in ("decided_us", "at_us", "defective" if table == "audits" else "faulty")}
    known = by_hand(decisions={"rejected": [False, False]}, **{table: columns})
    cohort = known.cohort(-1, label_age_us=10)
    metric = "audited_escape_share" if table == "audits" else "return_rate"
    late = known.cohort(-1, label_age_us=50)
    if table == "audits":
        assert known.read(metric, "v1", -1, cohort=cohort).samples == 1
        assert known.read(metric, "v1", -1, cohort=late).samples == 2
    else:
        assert known.read(metric, "v1", -1, cohort=cohort).value == 0.5
        assert known.read(metric, "v1", -1, cohort=late).value == 1.0


def test_pairs_wait_for_the_look_of_the_version_too():
    looks = {"phone": [0, 2], "version": [0, 0], "rejected": [True, True], "at_us": [5, 50]}
    known = by_hand(audits={"defective": [True] * 3, "decided_us": [1, 1, 1], "at_us": [2, 2, 2]}, mirrors=looks)
    known.audit_delay_us, known.now_us = 1, 20
    assert known.cohort(-1, seen_by="v1").phones == range(0, 1)
    known.now_us = 60
    assert known.cohort(20, seen_by="v1").phones == range(1, 3), "phone 1 was dropped: nobody waits for it any more"
    assert known.cohort(-1, seen_by="humans").phones == range(0, 0)
