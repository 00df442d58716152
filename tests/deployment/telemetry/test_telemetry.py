"""What a metric says of hand-made tables: agreement, weights of audits, cohorts, finishes, pairs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.columns import Rows
from sim.deployment.telemetry.by_hand import by_hand
from sim.deployment.telemetry.metric import METRICS
from sim.deployment.telemetry.reading import Reading, mean, weighted_share
from sim.deployment.telemetry.store import Telemetry
from sim.deployment.telemetry.stream import STREAMS
from sim.deployment.telemetry.tables import Scope
from sim.line.rules import DecidedBy
from sim.units import HOUR


def telemetry(**tables: dict[str, Any]) -> Telemetry:
    """Return a telemetry with these rows, of humans where nothing else is said."""
    return by_hand(arms=("humans", "v1"), **tables)


def test_kappa_is_cohens():
    # Both reject 20, only the version 5, only the line 10, nobody 65: agreement .85, by chance .25 * .3 + .75 * .7 = .6.
    own = [True] * 25 + [False] * 75
    line = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 65
    known = telemetry(comparisons={"version": [0] * 100, "rejected": own, "line_rejected": line})
    assert known.read("kappa", "v1", 0).value == pytest.approx((0.85 - 0.6) / 0.4)
    assert known.read("disagreement", "v1", 0).value == pytest.approx(0.15)
    assert known.read("recall_by_line", "v1", 0) == Reading(20 / 30, 30)
    assert known.read("precision_by_line", "v1", 0) == Reading(0.8, 25)


def test_kappa_of_two_who_always_say_the_same_is_unknown():
    known = telemetry(comparisons={"version": [0] * 9, "rejected": [False] * 9, "line_rejected": [False] * 9})
    assert known.read("kappa", "v1", 0) == Reading(None, 9)


def test_recall_weighs_audits_by_the_chance_of_their_verdict():
    # Of passes 10 % are audited, of rejects 20 %: 8 audited hits stand for 40 phones, 2 audited misses for 20.
    rejected = [True] * 8 + [False] * 2
    known = telemetry(audits={"rejected": rejected, "defective": [True] * 10, "probability": [0.2] * 8 + [0.1] * 2})
    found = known.read("audit_recall", "humans", 0)
    assert found.value == pytest.approx(40 / 60)
    assert found.samples == 10
    low, high = found.interval or (1.0, 0.0)
    assert 0.2 < low < 40 / 60 < high < 0.95


def test_recall_is_unknown_where_passes_are_never_audited():
    known = telemetry(audits={"rejected": [True] * 8, "defective": [True] * 8, "probability": [0.2] * 8})
    known.audit_plan = (0.0, 0.2)
    assert known.read("audit_recall", "humans", 0) == Reading(None, 0)
    assert known.read("audit_precision", "humans", 0) == Reading(1.0, 8)


@given(st.integers(0, 2**32 - 1), st.floats(0.02, 0.5), st.floats(0.02, 0.5))
def test_horvitz_thompson_is_unbiased(seed, q_pass, q_reject):
    """Over many lotteries the weighted recall's numerator and denominator come to the whole line's."""
    rng = np.random.default_rng(seed)
    rejected = rng.random(4000) < 0.6
    q = np.where(rejected, q_reject, q_pass)
    weights = np.array([(chosen / q) for chosen in rng.random((50, 4000)) < q])
    for part in (rejected, ~rejected):
        totals = weights[:, part].sum(axis=1)
        assert abs(totals.mean() - part.sum()) < 6.0 * totals.std() / math.sqrt(50) + 1e-9


def test_the_interval_of_a_weighted_share_covers():
    rng = np.random.default_rng(5)
    rejected = rng.random(2000) < 0.8
    truth, inside = rejected.mean(), 0
    for _ in range(400):
        q = np.where(rejected, 0.05, 0.2)
        chosen = rng.random(2000) < q
        low, high = weighted_share(rejected[chosen], q[chosen]).interval or (1.0, 0.0)
        inside += low <= truth <= high
    assert inside >= 0.91 * 400  # 95 % but for four standard errors


def test_wilson_s_interval_covers_what_it_says():
    assert Reading(0.5, 100).interval == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert Reading(None, 0).interval is None


def test_pairs_of_unequally_audited_verdicts_have_equal_chances():
    # Passes are audited with 10 %, rejects with 20 %: of the rejects only those whose number is below 10 % count.
    known = telemetry(
        audits={
            "rejected": [True, True, False], "defective": [True, True, True], "drawn": [0.05, 0.15, 0.05],
            "probability": [0.2, 0.2, 0.1],
        },
        mirrors={"version": [0] * 3, "rejected": [False, True, True]},
    )  # fmt: skip
    version_right, line_right, _ = known.pairs("v1", known.cohort(-1))
    assert version_right.tolist() == [False, True]
    assert line_right.tolist() == [True, False]


def test_pairs_leave_out_what_the_version_did_not_see():
    known = telemetry(
        audits={"phone": [3, 9, 5], "rejected": [False] * 3, "defective": [True, True, False]},
        mirrors={"phone": [5, 3], "version": [0, 0], "rejected": [False, True]},
    )
    assert [each.tolist() for each in known.pairs("v1", known.cohort(-1))] == [
        [True, True],
        [False, True],
        [True, False],
    ]
    assert [each.tolist() for each in known.pairs("v2", known.cohort(-1))] == [[], [], []]


def test_a_cohort_waits_for_its_labels():
    """Phones decided at hours 1 to 10, labels after 4 hours: the young ones would look unaudited, so they wait."""
    decided = np.arange(1, 11) * HOUR
    known = telemetry(
        audits={"decided_us": decided, "at_us": decided + 4 * HOUR, "rejected": [False] * 10, "defective": [True] * 10}
    )
    known.now_us = 14 * HOUR
    assert known.read("audited_escape_share", "humans", 3 * HOUR).samples == 10  # known since then
    assert known.read("audited_escape_share", "humans", 3 * HOUR, maturity_us=8 * HOUR).samples == 3  # hours 4, 5, 6


def test_the_returns_of_a_young_cohort_look_better_than_they_are():
    decided = np.arange(1, 101) * HOUR
    known = telemetry(
        decisions={"at_us": decided, "rejected": [False] * 100},
        returns={"decided_us": decided[:50], "at_us": decided[:50] + 40 * HOUR, "faulty": [True] * 50},
    )
    assert known.read("return_rate", "humans", 0).value == 0.5
    assert known.read("return_rate", "humans", 0, maturity_us=50 * HOUR).value == 1.0


def test_a_finish_is_a_segment():
    known = telemetry(decisions={"rejected": [True, False, False], "finish": [1, 1, 0]})
    assert known.read("reject_rate", "humans", 0, finish="matte") == Reading(0.5, 2)
    assert known.read("reject_rate", "humans", 0, finish="gloss") == Reading(0.0, 1)
    assert known.read("reject_rate", "humans", 0, finish="chrome") == Reading(None, 0)


def test_overriding_is_deciding_against_the_opinion_one_has_heard():
    known = telemetry(decisions={"rejected": [True, False, True, False], "opinion": [1, 1, -1, 0]})
    assert known.read("override_rate", "humans", 0) == Reading(pytest.approx(1 / 3), 3)


def test_a_review_band_hands_over_other_phones_than_it_keeps():
    how = [int(DecidedBy.MODEL)] * 8 + [int(DecidedBy.REVIEW)] * 2
    known = telemetry(decisions={"decided_by": how, "rejected": [True] + [False] * 7 + [True, False]})
    assert known.read("unreviewed_reject_rate", "humans", 0) == Reading(0.125, 8)
    assert known.read("reviewed_reject_rate", "humans", 0) == Reading(0.5, 2)


def test_scores_are_those_of_models_that_looked():
    known = telemetry(decisions={"score": [0.5, math.nan, 0.25]})
    assert known.read("score_mean", "humans", 0) == Reading(0.375, 2)
    assert known.stream("score", None, 0).tolist() == [0.5, 0.25]


def test_a_stream_goes_on_where_it_was_left():
    known = telemetry(audits={"rejected": [False, True, False], "defective": [True, True, False]})
    assert known.stream("audited_error", "humans", 0).tolist() == [1.0, 0.0, 0.0]
    assert known.stream("audited_error", "humans", 2).tolist() == [0.0]
    assert known.stream("audited_escape", None, 0).tolist() == [1.0, 0.0]
    assert set(STREAMS) >= {"brightness", "score", "mirror_score", "rejected", "disagreement", "audited_error"}


def test_a_metric_needs_the_audits_that_it_declares():
    everything = {"rejected": [True, False], "defective": [True, True], "probability": [0.1, 0.1]}
    for name, metric in METRICS.items():
        known = telemetry(audits=everything, mirrors={"rejected": [True, False]})
        who = "v1" if metric.mirrored else "humans"
        assert not metric.audits or known.read(name, who, 0).value is not None
        for kind, plan in (("passes", (0.0, 0.1)), ("rejects", (0.1, 0.0))):
            known.audit_plan = plan
            assert (kind in metric.audits) <= (known.read(name, who, 0) == Reading(None, 0)), name


@given(
    st.integers(0, 2**32 - 1), st.integers(-1, 60), st.none() | st.integers(0, 60),
    st.sampled_from([None, "gloss", "matte"]), st.sampled_from([None, "humans", "v1", "nobody's"]),
)  # fmt: skip
def test_a_share_of_an_arm_is_the_mean_of_its_flags(seed, since_us, decided_by_us, finish, arm):
    rng = np.random.default_rng(seed)
    rejected, codes, finishes = rng.random(50) < 0.3, rng.integers(0, 2, 50), rng.integers(0, 2, 50)
    known = telemetry(decisions={"rejected": rejected, "arm": codes, "finish": finishes})
    scope = Scope(since_us, decided_by_us, finish)
    (flags,) = known.by_arm(known.decisions, arm, scope, "rejected")
    assert known.share_by_arm(known.decisions, arm, scope, "rejected") == mean(flags)


@given(st.lists(st.integers(0, 12), max_size=12), st.integers(0, 5))
def test_rows_are_those_that_were_appended_and_not_forgotten(lengths, room):
    table, expected, rng = Rows({"a": np.int64, "b": np.float32}, room), [], np.random.default_rng(len(lengths))
    for length in lengths:
        new = rng.integers(0, 100, length)
        table.append(a=new, b=0.5)
        expected += new.tolist()
        forgotten = int(rng.integers(0, len(expected) // 3 + 1))
        table.forget(forgotten)
        expected = expected[forgotten:]
        assert table["a"].tolist() == expected
        assert table["b"].tolist() == [0.5] * len(expected)
        assert len(table) == len(expected)
    table.append(a=7, b=1.0)
    assert table["a"].tolist() == [*expected, 7]
