"""Labels are drawn in bulk, and nobody can tell: the same rows at the same moments as drawn one look after another."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.deployment.telemetry import labels
from sim.deployment.telemetry.labels import Audits, LabelDesk, Labels, LabelsToCome, Returns
from sim.factory.records import Records
from sim.line.log import Decided
from sim.line.rules import DecidedBy, Verdict
from sim.units import HOUR

PHONES = 400
COLUMNS = Labels.__slots__


def records(rng: Any) -> Records:
    kept = Records(PHONES)
    kept.append(
        due_us=np.sort(rng.integers(0, 40 * HOUR, PHONES)), defective=rng.random(PHONES) < 0.3,
        u_audit=rng.random(PHONES), u_return=rng.random(PHONES), return_z=rng.normal(size=PHONES),
        finish=rng.integers(0, 3, PHONES),
    )  # fmt: skip
    return kept


def told(kept: Records, rng: Any) -> Decided:
    """Return all phones in the order in which they are decided."""
    verdict_us = kept["due_us"] + rng.integers(1, 5 * HOUR, PHONES)
    order = np.lexsort((np.arange(PHONES), verdict_us))
    verdict = np.where(rng.random(PHONES) < 0.4, Verdict.REJECT, Verdict.PASS).astype(np.int8)
    arm, pi = rng.integers(0, 2, PHONES).astype(np.int16), rng.random(PHONES)
    by = np.full(PHONES, DecidedBy.HUMAN, np.int8)
    return Decided(order, arm, pi, by, verdict, verdict_us[order], ("humans", "v1"), ("v1",))


def part_of(decided: Decided, rows: slice) -> Decided:
    columns = (getattr(decided, name)[rows] for name in ("phone", "arm", "pi", "decided_by", "verdict", "verdict_us"))
    return Decided(*columns, decided.arms, decided.stations)


def one_by_one(draw: Any, parts: list[tuple[Decided, Any]], moments: list[int]) -> list[list[Any]]:
    """Return what each look is told if labels are drawn at each, the plain way."""
    drawn = [draw(*part) for part in parts]
    whole = [np.concatenate([getattr(each, name) for each in drawn]) for name in COLUMNS]
    phone, known_us = whole[0], whole[1]
    found, before = [], -1
    for now in moments:
        rows = np.flatnonzero((known_us > before) & (known_us <= now))
        rows = rows[np.lexsort((phone[rows], known_us[rows]))]
        found.append([column[rows] for column in whole])
        before = now
    return found


@pytest.mark.parametrize("most", [0, 90, labels.MOST_UNDRAWN])
@given(
    st.integers(0, 2**32 - 1), st.lists(st.integers(0, 90 * HOUR), min_size=1, max_size=40, unique=True),
    st.sampled_from(["0s", "1us", "1h", "30h"]), st.sampled_from([0.0, 0.3, 1.0]), st.sampled_from(["1us", "10h"]),
)  # fmt: skip
def test_in_bulk_and_look_by_look(
    most: int, seed: int, looks: list[int], delay: str, share: float, median: str
) -> None:
    rng = np.random.default_rng(seed)
    kept = records(rng)
    decided, moments = told(kept, rng), [*sorted(looks), 10_000 * HOUR]
    audits = Audits(of_passes=share, of_rejects=0.5, delay=delay)
    desk = LabelDesk(audits, Returns(of_escapes=0.5, of_good=share, delay=median), kept)
    score = rng.random(PHONES).astype(np.float32)
    cuts = np.searchsorted(decided.verdict_us, [-1, *moments], side="right")
    rows = [slice(first, last) for first, last in pairwise(cuts)]
    parts = [(part_of(decided, each), score[each]) for each in rows]

    def returned(decided: Decided, _: Any) -> Labels:
        return desk.returned(decided)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labels, "MOST_UNDRAWN", most)
        for draw, soonest in ((desk.audited, lambda: desk.delay_us), (returned, desk.soonest_back_us)):
            to_come = LabelsToCome(draw, soonest)
            for part, now, wanted in zip(parts, moments, one_by_one(draw, parts, moments), strict=True):
                if len(part[0].phone):
                    to_come.decide(*part)
                found = to_come.known(now)
                if found is None:
                    assert not len(wanted[0])
                else:
                    for name, column in zip(COLUMNS, wanted, strict=True):
                        np.testing.assert_array_equal(getattr(found, name), column, err_msg=name)


def test_nothing_is_drawn_before_it_can_be_known() -> None:
    rng = np.random.default_rng(3)
    kept = records(rng)
    decided, drawn = told(kept, rng), []
    desk = LabelDesk(Audits(of_passes=1.0, of_rejects=1.0, delay="4h"), Returns(), kept)

    def audited(decided: Decided, score: Any) -> Labels:
        drawn.append(len(decided.phone))
        return desk.audited(decided, score)

    to_come = LabelsToCome(audited, lambda: desk.delay_us)
    first_us = int(decided.verdict_us[0])
    for row in range(100):
        to_come.decide(part_of(decided, slice(row, row + 1)), np.zeros(1, np.float32))
        assert to_come.known(first_us + 4 * HOUR - 1) is None
    assert not drawn
    known = to_come.known(first_us + 4 * HOUR)
    assert known is not None
    assert known.phone.tolist() == [decided.phone[0]]
    assert drawn == [100]


def test_a_phone_made_later_may_come_back_sooner() -> None:
    kept = Records(2)
    row = {"due_us": [0], "defective": [True], "u_audit": [1.0], "u_return": [0.0], "finish": [0]}
    desk = LabelDesk(Audits(), Returns(of_escapes=0.5, delay="10h"), kept)
    soonest = []
    for z in (0.0, 1.0, -1.0):
        kept.append(**{name: np.array(values) for name, values in row.items()}, return_z=np.array([z]))
        soonest.append(desk.soonest_back_us())
    assert soonest[0] == soonest[1] == 10 * HOUR
    assert soonest[2] == int(10 * HOUR * np.exp(-0.6))
