"""Drift emerges: the world moves, and who suffers follows from how each decides. Nothing sets an accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sim
from sim.stats.intervals import paired_difference, t_interval


def emerging(*drift: dict[str, Any], **more: Any) -> Any:
    """Run humans, a logistic and a boosted model side by side on a drifted world, from the first phone on."""
    scenario = {
        "horizon": "12h",
        "replications": 10,
        "seed": 3,
        "factory": {"arrivals": {"kind": "takt", "every": "4s"}, "defect_rate": "4%"},
        "inspectors": {"count": 1, "service": {"law": "fixed", "mean": "1s"}},
        "models": {"v1": {"kind": "logistic"}, "v2": {"kind": "boosted_trees"}},
        "strategies": [
            {"pattern": "manual"},
            {"pattern": "full_automation", "name": "logistic", "candidate": "v1"},
            {"pattern": "full_automation", "name": "boosted", "candidate": "v2"},
        ],
        "drift": list(drift),
        **more,
    }
    return sim.run(sim.build(**scenario))


@pytest.fixture(scope="module")
def calm() -> Any:
    return emerging()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "to", "metric"), [("camera.contrast", 0.6, "escape_rate"), ("camera.haze", 0.12, "overkill_rate")]
)
def test_the_camera_drifts_and_models_suffer_but_people_do_not(calm: Any, what: str, to: float, metric: str) -> None:
    drifted = emerging({"what": what, "profile": "sudden", "at": "0s", "to": to})
    for model in ("logistic", "boosted"):
        worse = paired_difference(drifted[model].samples[metric], calm[model].samples[metric])
        assert worse.low > 0.01, f"{model}: {metric} {worse}"
    for rate in ("escape_rate", "overkill_rate"):
        # People look at the phone: on the same phones with the same draws they do exactly the same.
        np.testing.assert_array_equal(drifted["manual"].samples[rate], calm["manual"].samples[rate])


@pytest.mark.slow
def test_after_a_tighter_standard_everybody_misses_until_briefed(calm: Any) -> None:
    drifted = emerging(
        {"what": "standard.tolerance", "profile": "sudden", "at": "0s", "to": 0.6},
        inspectors={"count": 1, "service": {"law": "fixed", "mean": "1s"}, "briefing": "6h"},
    )
    for name in ("manual", "logistic", "boosted"):
        worse = paired_difference(drifted[name].samples["escape_rate"], calm[name].samples["escape_rate"])
        assert worse.low > 0.01, f"{name}: {worse}"

    def leakage(name: str, hours: slice) -> Any:
        timeline = drifted[name].timeline
        return t_interval(timeline.escaped[:, hours].sum(axis=1) / timeline.defective[:, hours].sum(axis=1))

    morning, afternoon = slice(0, 36), slice(36, 72)  # 72 bins in 12 h: before and after the briefing at 6 h
    assert leakage("manual", afternoon).high < leakage("manual", morning).low - 0.1
    for model in ("logistic", "boosted"):  # nobody briefs a model: only retraining would help
        before, after = leakage(model, morning), leakage(model, afternoon)
        assert before.low < after.high
        assert after.low < before.high
