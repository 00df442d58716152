"""Who decided how many phones: a decider's role comes from the route, never from a model's name."""

from __future__ import annotations

import pytest

import sim
from sim.measure.deciders import ASSISTED, HUMANS, REVIEW, Decider

NAMES = ("plain", "humans_v2", "review_net", "assisted-1", "nobody.3")


@pytest.fixture(scope="module")
def named_like_people() -> sim.Result:
    """A model under a plain name, and others under names that sound like other deciders."""
    return sim.run(
        sim.build(
            horizon="30min",
            replications=1,
            factory={"arrivals": {"kind": "takt", "every": "5s"}, "defect_rate": "6%"},
            inspectors={"count": 8},
            models={name: {"training": {"phones": 2000}} for name in NAMES},
            strategies=[
                {"pattern": pattern, "name": f"{pattern} {name}", "stable": name, "candidate": name}
                for pattern in ("partial_automation", "full_automation", "assisted", "triage")
                for name in NAMES
            ],
        ),
        workers=1,
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_model_counts_as_a_model_whatever_it_is_called(name: str, named_like_people: sim.Result) -> None:
    def deciders(pattern: str) -> set[Decider]:
        return set(named_like_people[f"{pattern} {name}"].timeline.decided_by)

    model = Decider("model", name)
    assert deciders("partial_automation") == {model, REVIEW}
    assert deciders("full_automation") == {model}
    assert deciders("assisted") == {ASSISTED}
    assert deciders("triage") == {HUMANS}


@pytest.mark.parametrize("name", NAMES)
def test_whose_queue_is_only_sorted_reviews_nothing(name: str, named_like_people: sim.Result) -> None:
    """The table told 76.3 % as decided "after a model was unsure"; the timeline and the diagram said people decide."""
    loads = {each.name: float(each.samples["review_load"].max()) for each in named_like_people.strategies}
    assert loads[f"triage {name}"] == 0.0 < loads[f"partial_automation {name}"]
