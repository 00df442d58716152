"""Pictures that are kept to learn from: counted where somebody learns, at the share that is kept, and paid for."""

from __future__ import annotations

import pytest

import sim

AUDITS = {"of_passes": "20%", "of_rejects": "20%", "delay": "1h"}


def cost(logging: str | None, price: str) -> float:
    """Return the cost per 1,000 phones of one run, whose training never comes."""
    late = {"every": "7d", "labels": "audits"}
    retraining = None if logging is None else {**late, "logging": logging}
    line = sim.build(
        horizon="12h", replications=1, audits=AUDITS, costs={"picture": price},
        models={"v1": {"kind": "logistic", "training": {"phones": 2000}}},
        deployment={"stable": "v1", "candidate": "v1"},
        strategies=[{"pattern": "stay", **({} if retraining is None else {"retraining": retraining})}],
    )  # fmt: skip
    return float(sim.run(line, workers=1).strategies[0].samples["cost_per_1000"][0])


def test_each_kept_picture_is_paid_for_and_audited_phones_are_always_kept() -> None:
    nothing = cost("100%", "$0")
    assert cost("100%", "$1") - nothing == pytest.approx(1000.0)  # of 1,000 phones each
    audited = cost("0%", "$1") - nothing
    assert 150 < audited < 250  # a fifth, by lot
    half = cost("50%", "$1") - nothing
    assert half == pytest.approx(500 + audited / 2, abs=40)


def test_who_does_not_learn_keeps_none() -> None:
    assert cost(None, "$1") == cost(None, "$0")
