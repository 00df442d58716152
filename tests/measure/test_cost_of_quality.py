"""The cost of quality: every price belongs to one class, and the classes add up to what everything costs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.measure.costs import Costs
from sim.measure.metric import TRUE_METRICS
from sim.measure.metrics.cost import FOR_PHONES, FOR_TIME
from sim.measure.tally import Tally
from sim.units import HOUR, MINUTE

CLASSES = ("appraisal_per_1000", "internal_failure_per_1000", "external_failure_per_1000")
counts = st.integers(0, 10_000)
prices = st.floats(0.0, 1e6)


def test_every_price_belongs_to_one_class() -> None:
    assert sorted(item.price for item in (*FOR_TIME, *FOR_PHONES)) == sorted(Costs.model_fields)


@pytest.mark.parametrize(
    ("price", "metric"),
    [
        ("inspector_minute", "appraisal_per_1000"),
        ("server_hour", "appraisal_per_1000"),
        ("audit", "appraisal_per_1000"),
        ("picture", "appraisal_per_1000"),
        ("rework", "internal_failure_per_1000"),
        ("false_reject", "internal_failure_per_1000"),
        ("escape", "external_failure_per_1000"),
    ],
)
def test_a_price_shows_in_its_class_and_in_no_other(price: str, metric: str) -> None:
    costs = Costs.model_validate({name: 7.0 if name == price else 0.0 for name in Costs.model_fields})
    tally = Tally(
        decided=1000, rejected=2, overkilled=1, escaped=1, audited=1, pictures=1,
        inspectors_rostered_us=MINUTE, servers_deployed_us=HOUR, costs=costs,
    )  # fmt: skip
    assert {name: TRUE_METRICS[name].of(tally) for name in CLASSES} == {
        name: 7.0 * (name == metric) for name in CLASSES
    }


@given(counts, counts, counts, counts, counts, st.lists(prices, min_size=7, max_size=7))
def test_the_classes_add_up(
    escaped: int, reworked: int, good: int, audited: int, hours: int, paid: list[float]
) -> None:
    tally = Tally(
        decided=1000 + good, rejected=reworked + good, overkilled=good, escaped=escaped, audited=audited, pictures=audited,
        inspectors_rostered_us=hours * HOUR, servers_deployed_us=hours * HOUR,
        costs=Costs.model_validate(dict(zip(Costs.model_fields, paid, strict=True))),
    )  # fmt: skip
    whole = sum(TRUE_METRICS[name].of(tally) for name in CLASSES)
    assert whole == pytest.approx(TRUE_METRICS["cost_per_1000"].of(tally), rel=1e-12)


def test_without_a_phone_decided_nothing_is_known() -> None:
    assert all(math.isnan(TRUE_METRICS[name].of(Tally())) for name in CLASSES)
