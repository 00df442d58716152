"""Whatever can happen can be told: a sentence, a few words, and plain data; one rank says how much it matters."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, get_type_hints

import pytest
from made_results import LAMP, make

from sim.deployment.events import (
    ANALYSIS,
    Aborted,
    AlarmAnswered,
    AlarmRaised,
    Event,
    Noted,
    Promoted,
    Reason,
    Reverted,
    RolledBack,
    Topic,
    WeightChanged,
    WeightsChanged,
    topic_of,
)
from sim.experiment.result import History, RouteChange
from sim.line.route import HUMANS, Arm, Route
from sim.measure.events import Drifted
from sim.report.data.events import FIELDS, as_data, events_csv, type_of
from sim.report.drawing.lanes import world_marks
from sim.report.drawing.milestones import milestones
from sim.report.text.labels import LONGEST, short
from sim.report.text.sentences import sentence

V2 = Arm("v2", "model", "v2")
DEEP = Reason(
    "at_weight", "at {weight:g} % of the phones: {cause}", more={"weight": 50.0}, brief="at {weight:g} %",
    cause=Reason("beyond_limit", "{metric} {value:g} > {bound:g} (on {samples} phones)", "reject_rate", 0.2, 0.1, 300),
)  # fmt: skip
SAMPLES: dict[Any, Any] = {
    int: 3_600_000_000, float: 0.5, str: "v2", Arm: V2, Reason: DEEP, tuple[tuple[Arm, float], ...]: ((V2, 5.0),),
    int | None: 3_600_000_000, float | None: 0.5, Topic: ANALYSIS,
}  # fmt: skip


def kinds(base: type[Event] = Event) -> Iterator[type[Event]]:
    for kind in base.__subclasses__():
        # Of a class with slots there is an earlier one without, which nobody can name.
        if getattr(sys.modules[kind.__module__], kind.__name__, None) is kind and kind is not RolledBack:
            yield kind
        yield from kinds(kind)


def example(kind: type[Event]) -> Event:
    """Return an event of a type with something in every field."""
    hints = get_type_hints(kind)
    return kind(**{field.name: SAMPLES[hints[field.name]] for field in fields(kind)})


every = pytest.mark.parametrize("kind", [*kinds()], ids=lambda kind: kind.__name__)


@every
def test_it_can_be_told(kind: type[Event]) -> None:
    event = example(kind)
    assert sentence(event)
    assert 0 < len(short(event)) <= 50
    assert short(event)[-1] not in ":;,("
    data = json.loads(json.dumps(as_data(event, "canary"), allow_nan=False))
    assert list(data)[:5] == ["time_s", "kind", "text", "event", "strategy"]
    assert (data["kind"], data["text"], data["event"]) == (event.kind, sentence(event), type_of(event))
    names = {name.removesuffix("_s").removesuffix("_us") for name in data}
    own = {field.name.removesuffix("_us") for field in fields(event)}
    assert own <= names, "every field is in the data"


def test_types_have_different_names() -> None:
    names = [type_of(example(kind)) for kind in kinds()]
    assert len(set(names)) == len(names)


def test_a_rollback_is_labelled_as_a_rollback() -> None:
    assert short(Aborted(time_us=0, arm=HUMANS, reason=DEEP, weight=50.0)) == "rolled back at 50 %"
    assert short(Reverted(time_us=0, arm=HUMANS, reason=DEEP, weight=0.0)) == "rolled back to humans"
    assert (
        short(AlarmRaised(time_us=0, alarm="pictures darken", metric="brightness", value=None))
        == "alarm, pictures darken"
    )
    assert short(AlarmAnswered(time_us=0, alarm="a", answer="pause", lasts_us=3_600_000_000)) == "paused for 1h"


def noted(reason: Reason, topic: str = "note") -> Noted:
    return Noted(time_us=0, topic=topic_of(topic), reason=reason)


def test_a_label_is_what_its_author_wrote_for_it_with_the_briefs_of_what_stands_behind() -> None:
    assert (
        short(noted(Reason("gate", "gate open: {cause}; at once", cause=DEEP, brief="gate, {cause}")))
        == "gate, at 50 %"
    )
    assert short(noted(Reason.together([DEEP, DEEP, DEEP]))) == "at 50 % and 2 more"
    unabridged = Reason("opens", "gate open: {version} (it is better); goes on", more={"version": "v2"})
    assert short(noted(unabridged)) == sentence(noted(unabridged)), "punctuation is no place to cut a sentence"


def test_somebodys_own_words_are_cut_between_words_and_it_is_seen() -> None:
    short_enough = "v2 disagrees (on 5.0%); recall: low"
    assert short(noted(Reason.said(short_enough))) == short_enough
    assert short(noted(Reason.said(f"{short_enough}, and so it goes"))) == f"{short_enough} …"
    assert short(noted(Reason.said("x" * 50))) == "x" * 39 + "…"
    for length in range(1, 60):
        for words in ("ab " * length, "a, " * length):
            assert len(short(noted(Reason.said(words.strip())))) <= LONGEST


def test_a_topic_says_how_much_a_line_matters_and_a_word_means_that_topic() -> None:
    ranks = [noted(DEEP, topic).rank for topic in ("rollout", "analysis", "weather")]
    assert ranks == [2, 3, 4]
    assert noted(DEEP, "weather").kind == "weather"
    assert as_data(noted(DEEP, "analysis"))["topic"] == "analysis"


def test_of_reasons_behind_reasons_the_last_one_counts() -> None:
    data = as_data(Aborted(time_us=0, arm=HUMANS, reason=DEEP, weight=50.0))
    assert (data["reason"], data["reasons"]) == ("beyond_limit", ["at_weight", "beyond_limit"])
    assert [data[name] for name in ("metric", "value", "bound", "samples")] == ["reject_rate", 0.2, 0.1, 300]
    both = as_data(noted(Reason("several", "{a}; {b}", more={"a": DEEP, "b": DEEP})))
    assert [part["value"] for part in both["parts"]] == [0.2, 0.2]


def test_events_csv_keeps_its_columns_and_gains_the_fields() -> None:
    rows = list(csv.DictReader(io.StringIO(events_csv(make(("canary",))))))
    assert list(rows[0]) == ["time_s", "moment", "strategy", "kind", "text", *FIELDS, "replication"]
    by_type = {row["event"]: row for row in rows}
    assert by_type["weight_changed"]["weight"] == "50.0"
    assert by_type["weight_changed"]["arm"] == "v2"
    assert by_type["aborted"]["reason"] == "worse"
    assert by_type["drifted"]["strategy"] == ""
    assert by_type["drifted"]["replication"] == ""
    assert [row["replication"] for row in rows if row["event"] == "aborted"] == [str(number) for number in range(10)]


def test_the_world_is_marked_with_how_long_it_lasts() -> None:
    result = make(("retrained",), world_events=2)
    marks = world_marks(result)
    assert [mark.drift for mark in marks] == [isinstance(each, Drifted) for each in result.world_events]
    assert LAMP in {each.time_us for each in result.world_events if isinstance(each, Drifted)}
    lasting = {round(60 * (mark.until - mark.hours)) for mark in marks if mark.until is not None and not mark.drift}
    assert lasting == {10, 11}, "minutes of the two outages"


def told(*events: Event, stable: str = "v1", drift: bool = True) -> list[tuple[str, str]]:
    """Return the milestones of a strategy to which these events happen."""
    result = make(("canary",), replications=1, drift=drift)
    (strategy,) = result.strategies
    history = History(events, (RouteChange(0, Route(Arm(stable, "model", stable))),))
    told = replace(strategy, histories=(history,))
    return [(mark.kind.says, mark.text) for mark in milestones(replace(result, strategies=(told,)), told)]


def alarm(at: int) -> AlarmRaised:
    return AlarmRaised(time_us=at, alarm="a", metric="brightness", value=None)


def test_a_picture_tells_of_the_first_alarm_after_a_drift_and_of_no_other() -> None:
    assert told(alarm(LAMP - 5), alarm(LAMP + 1), alarm(LAMP + 2)) == [("first alarm after a drift", "first alarm")]
    assert told(alarm(1), alarm(2), drift=False) == [("first alarm after a drift", "first alarm")]


def test_a_picture_tells_when_a_candidate_gets_all_phones_before_it_is_promoted() -> None:
    """The line of blue/green fell half a day before its promotion, the only mark."""
    all_phones = WeightChanged(time_us=10, arm=V2, weight=100.0)
    then = Promoted(time_us=20, arm=V2)
    switched = ("gets all phones, on trial", "all phones to v2")
    assert told(all_phones, then) == [switched, ("promoted", "v2 promoted")]
    assert told(all_phones, replace(then, time_us=10)) == [("promoted", "v2 promoted")]
    both = WeightsChanged(time_us=10, weights=((V2, 100.0),), stable=HUMANS)
    assert told(both) == [switched]
    assert told(replace(all_phones, weight=50.0)) == []
    assert told(all_phones, stable="v2") == []


def test_a_picture_tells_of_no_promotion_at_the_start_or_of_who_decides_already() -> None:
    v1 = Arm("v1", "model", "v1")
    assert told(Promoted(time_us=0, arm=V2), Promoted(time_us=5, arm=V2)) == []
    assert told(Promoted(time_us=5, arm=v1), Promoted(time_us=9, arm=V2)) == [("promoted", "v2 promoted")]


def test_daily_reports_never_stand_before_a_rollback() -> None:
    back = Aborted(time_us=9, arm=HUMANS, reason=DEEP, weight=50.0)
    assert told(noted(DEEP), noted(DEEP, "analysis"), back) == [("rolled back", "rolled back")]


def test_a_promotion_outranks_a_step() -> None:
    assert Promoted(time_us=0, arm=V2).rank < WeightChanged(time_us=0, arm=V2, weight=5.0).rank
