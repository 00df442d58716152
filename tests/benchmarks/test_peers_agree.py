"""The contestants of the benchmarks run the same line: what is compared for speed is compared for its results too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.experiment.run import trained
from sim.inspectors.model import ModelVersion
from sim.line.engines import default
from sim.line.log import InspectionLog
from sim.line.rules import Verdict
from sim.units import HOUR, SECOND

from . import c_line, plain_simpy_line
from .common_case import CANDIDATE, CommonCase, standard
from .peers import all_in

Versions = Mapping[str, ModelVersion]


@pytest.fixture(scope="module")
def versions() -> Versions:
    return trained(standard())


def as_it_is(versions: Versions) -> CommonCase:
    """The benchmark's own case, shorter: 20,400 phones. Inspectors hardly ever have a queue."""
    return CommonCase.of(standard(34 * HOUR), versions)


def busy(versions: Versions) -> CommonCase:
    """Phones come faster and there is one inspector less: queues everywhere, and phones left over at the end."""
    scenario = standard(12 * HOUR)
    arrivals = scenario.factory.arrivals.model_copy(update={"every": 11 * SECOND // 5})
    changes = {
        "factory": scenario.factory.model_copy(update={"arrivals": arrivals}),
        "inspectors": scenario.inspectors.model_copy(update={"count": 6}),
    }
    return CommonCase.of(scenario.model_copy(update=changes), versions)


def full_of_ties(versions: Versions) -> CommonCase:
    """The busy line on a clock that only knows whole seconds."""
    case = busy(versions)
    columns = case.columns

    def whole_seconds(times: Any) -> Any:
        return (times + SECOND - 1) // SECOND * SECOND

    rounded = replace(
        columns,
        due_us=whole_seconds(columns.due_us),
        human=replace(columns.human, service_us=whole_seconds(columns.human.service_us)),
        service_us={CANDIDATE: whole_seconds(columns.service_us[CANDIDATE])},
    )
    return replace(case, block=replace(case.block, columns=rounded))


def logged(case: CommonCase, engine: str) -> InspectionLog:
    log: InspectionLog = case.on_engine(engine).log()
    return log


def test_the_busy_line_shows_everything_the_contestants_can_do(versions: Versions) -> None:
    """Both arms, the review band, queues at both stations, and phones without a verdict at the horizon."""
    log = logged(busy(versions), "simpy")
    waited = log.looks.start_us > log.looks.enter_us
    assert 0.4 < np.mean(log.phones.arm == 0) < 0.6
    assert np.any(log.looks.verdict == Verdict.REVIEW)
    assert np.any(waited[log.looks.station == 0])
    assert np.any(waited[log.looks.station == 1])
    assert np.any(log.phones.verdict == Verdict.NONE)


@pytest.mark.skipif(c_line.compiler() is None, reason="there is no C compiler on this machine")
@pytest.mark.parametrize("make", [as_it_is, busy, full_of_ties])
def test_c_says_the_same_bit_for_bit(make: Any, versions: Versions, engine: str) -> None:
    case = make(versions)
    log, outcome = logged(case, engine), c_line.run(case)
    assert np.array_equal(outcome.fates["verdict"], log.phones.verdict)
    assert np.array_equal(outcome.fates["verdict_us"], log.phones.verdict_us)
    looks = outcome.looks[np.argsort(outcome.looks["phone"], kind="stable")]
    columns = {"phone": "phone", "station": "station", "server": "server", "enter": "enter_us", "start": "start_us",
               "end": "end_us", "seen": "evidence", "verdict": "verdict"}  # fmt: skip
    for ours, theirs in columns.items():
        assert np.array_equal(looks[ours], getattr(log.looks, theirs), equal_nan=ours == "seen"), theirs


@pytest.mark.parametrize("make", [as_it_is, busy])
def test_the_plain_simpy_line_says_the_same(make: Any, versions: Versions, engine: str) -> None:
    """It breaks ties as SimPy does: with jittered phones and drawn times there are hardly any, and none that shows."""
    case = make(versions)
    log, verdicts = logged(case, engine), plain_simpy_line.run(case)
    assert [-1 if each is None else each for each in verdicts.at_us] == log.phones.verdict_us.tolist()
    assert [-1 if each is None else int(each) for each in verdicts.rejected] == log.phones.verdict.tolist()


@pytest.mark.parametrize("looks", [False, True])
def test_all_in_is_the_same_on_both_engines(versions: Versions, looks: bool) -> None:
    """What is timed as "all in" runs, in blocks and with analyses, and both engines come to the same."""
    case = as_it_is(versions)
    one, other = (all_in(case, engine, looks) for engine in ("simpy", default()))
    np.testing.assert_equal(one.metrics, other.metrics)
