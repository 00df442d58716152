"""What a playbook or a judge says in a figure it has said itself, briefly: no label of ours is a cut sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from small_rollouts import play, scene

from sim.deployment.events import AnalysisSaid, Event, Noted
from sim.report.text.labels import LONGEST, short

EVERY_PHONE = {"of_passes": "100%", "of_rejects": "100%", "delay": "1h"}
DARK = [{"what": "camera.brightness", "profile": "sudden", "at": "5d", "to": "20%"}]
MANY_DEFECTS = {
    "arrivals": {"kind": "takt", "every": "10s"}, "defect_rate": "10%", "lots": {"cv": 0, "bad_share": 0},
}  # fmt: skip
LADDER = {"pattern": "progressive_automation", "hold": "4h", "stable": "humans"}
NO_REJECT = {"metric": "reject_rate", "max": 0.0}
NOT_YET = {"metric": "audited_escape_share", "max": 1.0}
HOLDS = {"interval": "30min", "checks": [{"metric": "reject_rate", "min_samples": 100_000, "at_most": 0.5}]}


def in_every_finish(judge: str) -> dict[str, Any]:
    metric = {"judge": {"kind": judge}, "interval": "1h", "segment_by": "finish"}
    if judge == "bayes":
        metric |= {"metric": "reject_rate", "name": "shown"}
    steps = [{"set_weight": 50}, {"pause": {"duration": "1d"}}]
    beside = {"metrics": [metric, {"metric": "reject_rate", "interval": "1h"}]}
    return {"pattern": "argo_canary", "steps": steps, "analysis": beside, "candidate": "lazy"}


#: A strategy and its line, and the codes of all that it has to say.
TALES: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "a test that ends well": ({"pattern": "ab_test", "phones": 5000}, {}, {"planned", "leaks_less"}),
    "a test of a day": ({"pattern": "ab_test", "duration": "1d", "candidate": "twin"}, {}, {"planned", "undecided"}),
    "a bandit": ({"pattern": "bandit", "least": 500}, {}, {"too_few", "costs"}),
    "a champion of people": (
        {"pattern": "champion_challenger", "stable": "humans"}, {}, {"better_proven", "unchallenged"},
    ),
    "a check that fails": ({"pattern": "flagger", "step_weight": 20, "metrics": [NO_REJECT]}, {}, {"check_failed"}),
    "a check without data": ({"pattern": "flagger", "step_weight": 20, "metrics": [NOT_YET]}, {}, {"check_failed"}),
    "a ladder up and down": (
        LADDER, {"horizon": "20d", "drift": DARK, "factory": MANY_DEFECTS, "audits": EVERY_PHONE},
        {"stage", "better_proven", "no_worse_proven", "stands", "worse_proven", "in_shadow"},
    ),
    "a ladder for a bad model": (
        {**LADDER, "candidate": "lazy"}, {"factory": MANY_DEFECTS, "audits": EVERY_PHONE}, {"stage", "worse_proven"},
    ),
    "a shadow": ({"pattern": "shadow", "report": "6h"}, {"horizon": "1d"}, {"compared"}),
    "a shadow without a phone": ({"pattern": "shadow", "share": 0, "report": "6h"}, {"horizon": "1d"}, {"compared"}),
    "a canary without evidence": (
        {"pattern": "canary", "hold": "1h", "analysis": HOLDS}, {"horizon": "8h"}, {"holding"},
    ),
    "a warning of each finish": (in_every_finish("escapes"), {}, {"warning"}),
    "a number for display": (in_every_finish("bayes"), {"horizon": "8h"}, {"for_display"}),
}  # fmt: skip


def in_own_words(events: Iterable[Event]) -> list[Noted | AnalysisSaid]:
    return [event for event in events if isinstance(event, Noted | AnalysisSaid)]


@pytest.mark.parametrize("tale", TALES)
def test_every_label_has_been_written_as_one(tale: str) -> None:
    strategy, line, codes = TALES[tale]
    said = in_own_words(play(scene(strategy, **line)).events)
    assert {event.reason.code for event in said} == codes
    for event in said:
        assert event.reason.brief, f"{event.reason.code} has no brief wording"
        assert 0 < len(short(event)) <= LONGEST, short(event)
