"""What packages and notebooks do wrong is answered as a mistake in a scenario is: who, when, what, and no traceback."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import pytest
from small_rollouts import play, scene

import sim
from sim.deployment.analysis.judge import JUDGES, Assessment, Judge
from sim.deployment.analysis.measurement import Phase
from sim.deployment.dry_run import dry_run
from sim.deployment.events import Reason
from sim.deployment.monitoring.detectors import DETECTORS, DetectorSpec
from sim.deployment.strategy import PATTERNS
from sim.deployment.telemetry.metric import METRICS, observed
from sim.deployment.telemetry.reading import Reading
from sim.deployment.telemetry.stream import STREAMS, stream
from sim.measure.metric import TRUE_METRICS, true_metric
from sim.plugins import PluginError
from sim.units import HOUR

NAN, HUGE = float("nan"), 10**400
#: What a member does when it is asked; a test sets it.
ODD: dict[str, Callable[[], Any]] = {}


class OddError(Exception):
    """One that could not even be sent to another process."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and\n {other}")


def fails(error: BaseException) -> Callable[..., Any]:
    def raises(*_: Any) -> Any:
        raise error

    return raises


@pytest.fixture(autouse=True, scope="module")
def _members() -> Iterator[None]:
    @JUDGES.register("odd")
    class OddJudge(Judge):
        """Is odd."""

        kind: Literal["odd"] = "odd"

        def __str__(self) -> str:
            return "odd"

        def begin(self, context: Any) -> Any:
            return self

        def take(self, sample: Any, look: int) -> Any:
            return ODD["judge"]()

    @DETECTORS.register("odd")
    class OddDetector(DetectorSpec):
        """Is odd."""

        kind: Literal["odd"] = "odd"

        def reader(self) -> Any:
            return OddReader()

    class OddReader:
        learn, warns, statistic, limit = 0, False, None, None

        def learned(self, first: Any) -> None: ...

        def read(self, values: Any) -> Any:
            self.statistic = ODD["detector"]()
            return 0

    @observed("odd", unit="share", better="low")
    def odd_metric(tables: Any, arm: str, scope: Any) -> Any:
        """Odd / even."""
        return ODD["metric"]()

    @stream("odd", holds="shares")
    def odd_stream(tables: Any, arm: str | None, scope: Any) -> Any:
        """Odd values."""
        return ODD["stream"]()

    yield
    for family in (JUDGES, DETECTORS, METRICS, STREAMS):
        family.forget("odd")


@pytest.fixture
def playbook() -> Iterator[Callable[[Callable[[Any], Any]], None]]:
    """Make the pattern `odd`: it does something after an hour."""

    def made(does: Callable[[Any], Any]) -> None:
        @sim.pattern("odd")
        def odd(rollout: Any) -> Any:
            """Do it after an hour."""
            yield from rollout.wait("1h")
            does(rollout)
            yield from rollout.rest()

    yield made
    PATTERNS.forget("odd")


def message(*strategies: dict[str, Any], **settings: Any) -> str:
    with pytest.raises(sim.ScenarioError) as error:
        play(scene(*strategies, **{"horizon": "3h", **settings}))
    (problem,) = error.value.problems
    assert "\n" not in problem.message
    return problem.message


@pytest.mark.parametrize("beside", [{}, {"alarms": [{"watch": "brightness", "detector": {"kind": "cusum"}}]}])
@pytest.mark.parametrize(
    ("does", "told"),
    [
        (lambda rollout: 1 / 0, "ZeroDivisionError: division by zero"),
        (fails(SystemExit(0)), "SystemExit: 0"),
        (fails(OddError(1, 2)), "OddError: 1 and 2"),
        (lambda rollout: rollout.set_weight(200), "a weight is a percentage from 0 to 100, not 200"),
        (lambda rollout: rollout.set_weight(-20), "a weight is a percentage from 0 to 100, not -20"),
        (lambda rollout: rollout.set_weight(NAN), "a weight is a percentage from 0 to 100, not nan"),
        (lambda rollout: rollout.set_weight("10%"), "a weight is a percentage from 0 to 100, not '10%'"),
        (lambda rollout: rollout.set_weight(None), "a weight is a percentage from 0 to 100, not None"),
        (lambda rollout: rollout.set_mirror(-1), "a weight is a percentage from 0 to 100, not -1"),
        (lambda rollout: rollout.set_mirrors({rollout.candidate: NAN}), "a weight is a percentage"),
        (lambda rollout: rollout.set_weights({"good": 20}), "write rollout.arm('good')"),
        (
            lambda rollout: rollout.set_weights({rollout.candidate: 80, rollout.arm("twin"): 80}),
            "the candidates' weights add up to more than 100 %",
        ),
        (lambda rollout: rollout.promote("good"), "an arm is wanted, not 'good': write rollout.arm('good')"),
        (lambda rollout: rollout.arm("godo"), "unknown decider 'godo': did you mean 'good'?"),
        (lambda rollout: rollout.keep_warm("godo"), "unknown decider 'godo': did you mean 'good'?"),
        (lambda rollout: setattr(rollout, "stable", "good"), "an arm is wanted, not 'good'"),
        (lambda rollout: rollout.abort(Reason("odd", "{missing}")), "'{missing}' of the reason 'odd' can't be filled"),
        (lambda rollout: rollout.abort(None), "why is said in words or by a Reason, not by None"),
        (lambda rollout: rollout.note(None, "x"), "a topic is a word or a Topic, not None"),
        (lambda rollout: rollout.note("mine", "two\nlines"), "a text in one line is wanted, without line breaks"),
        (lambda rollout: rollout.note("mine", "\x1b[2J"), "U+001B (a control character) is not allowed in a text"),
        (lambda rollout: rollout.note("\x1b[2J", "mine"), "U+001B (a control character) is not allowed in a text"),
        (lambda rollout: rollout.abort("right\u202eleft"), "right-to-left override"),
        (lambda rollout: rollout.record("x"), "an event is wanted, not 'x'"),
        (lambda rollout: rollout.order("train!"), "a TrainingOrder or a CleaningOrder is wanted"),
        (lambda rollout: rollout.wait("1h"), 'but goes on: write yield from rollout.wait("2h")'),
        (lambda rollout: rollout.telemetry.read("brightnes", "good", 0), "did you mean 'brightness'?"),
        (lambda rollout: rollout.telemetry.stream("scor", "good", 0), "did you mean 'score'?"),
    ],
)
def test_a_playbook(playbook: Any, does: Any, told: str, beside: dict[str, Any]) -> None:
    playbook(does)
    found = message({"pattern": "odd", "name": "mine", **beside})
    assert found.startswith("mine: at day 1 01:00 its ")
    assert told in found


def test_the_message_says_where_in_the_code(playbook: Any) -> None:
    playbook(lambda rollout: rollout.set_weight(200))
    assert re.search(r"not 200 \(test_others_code\.py:\d+\)$", message({"pattern": "odd"}))


def test_a_playbook_that_hardly_waits(playbook: Any) -> None:
    """It would never come to the end."""

    @sim.pattern("odd")
    def odd(rollout: Any) -> Any:
        """Look all the time."""
        while True:
            yield 1

    found = message({"pattern": "odd"})
    assert found.startswith("odd: by day 1 00:00 it has been woken 10,001 times, more often than once in 1s: ")


def test_a_dry_run_says_the_same(playbook: Any) -> None:
    playbook(lambda rollout: 1 / 0)
    scenario = scene({"pattern": "odd"})
    with pytest.raises(sim.ScenarioError, match=r"odd: at day 1 01:00 its playbook fails: ZeroDivisionError"):
        dry_run(scenario.resolved(scenario.strategies[0]), scenario.horizon)


def test_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of the house is nobody else's: it wants a report."""
    monkeypatch.setattr("sim.deployment.rollout.Rollout.promote", fails(ZeroDivisionError("ours")))
    with pytest.raises(ZeroDivisionError, match="ours"):
        play(scene({"pattern": "full_automation"}, horizon="1h"))


ANALYSIS = {"metrics": [{"judge": {"kind": "odd"}, "interval": "30min", "metric": "reject_rate"}]}
STEPS = [{"set_weight": 20}, {"pause": {"duration": "2h"}}]


@pytest.mark.parametrize(
    ("does", "told"),
    [
        (fails(RuntimeError("licence {x}\n server")), "RuntimeError: licence {x} server"),
        (fails(SystemExit(3)), "SystemExit: 3"),
        (lambda: None, "it has to return an Assessment, not None"),
        (lambda: Assessment("good", Reason.said("x")), "the phase of an assessment is a Phase or None, not 'good'"),  # type: ignore[arg-type]
        (lambda: Assessment(Phase.FAILED, "x"), "the reason of an assessment is a Reason, not 'x'"),  # type: ignore[arg-type]
        (lambda: Assessment(Phase.FAILED, Reason("x", "{amount}")), "the wording '{amount}' of the reason 'x'"),
        (lambda: Assessment(Phase.FAILED, Reason("x", "x", brief="{value:.3g}")), "the wording '{value:.3g}'"),
    ],
)
def test_a_judge(does: Any, told: str) -> None:
    ODD["judge"] = does
    found = message({"pattern": "argo_canary", "steps": STEPS, "analysis": ANALYSIS})
    assert found.startswith("argo_canary: at day 1 00:30 the judge odd fails: ")
    assert told in found


@pytest.mark.parametrize(
    ("does", "told"),
    [
        (fails(RuntimeError("x")), "RuntimeError: x"),
        (lambda: "many", "statistic and limit are numbers or None, not 'many'"),
        (lambda: HUGE, "OverflowError"),
    ],
)
def test_a_detector(does: Any, told: str) -> None:
    ODD["detector"] = does
    found = message({"pattern": "stay", "alarms": [{"watch": "brightness", "detector": {"kind": "odd"}}]})
    assert found.startswith("stay: at day 1 01:00 the detector odd fails: ")
    assert told in found


@pytest.mark.parametrize(
    ("does", "told"),
    [
        (fails(KeyError("x")), "KeyError: 'x'"),
        (lambda: "many", "could not convert string to float"),
        (lambda: 0.5, "one value per phone, not an array of the shape ()"),
        (lambda: np.array([0.5, NAN]), "it holds shares, and gives nan"),
        (lambda: np.array([0.5, 7.0]), "it holds shares, and gives 7.0"),
    ],
)
def test_a_stream(does: Any, told: str) -> None:
    ODD["stream"] = does
    found = message({"pattern": "stay", "alarms": [{"watch": "odd", "detector": {"kind": "cusum"}}]})
    assert found.startswith("stay: at day 1 01:00 the stream odd fails: ")
    assert told in found


@pytest.mark.parametrize(
    ("does", "told"),
    [
        (fails(RuntimeError("x")), "RuntimeError: x"),
        (lambda: None, "it has to return a Reading, not None"),
        (lambda: Reading("many", 4), "a reading is made of numbers, not of 'many'"),  # type: ignore[arg-type]
        (lambda: Reading(NAN, 4), "it gives nan: where there is nothing to read it has to return NO_DATA"),
        (lambda: Reading(-0.5, 4), "it is a share, from 0 to 1, and gives -0.5"),
        (lambda: Reading(HUGE, 4), "OverflowError"),
    ],
)
def test_a_metric(does: Any, told: str) -> None:
    ODD["metric"] = does
    checks = [{"metric": "odd", "at_most": 0.5, "min_samples": 2}]
    found = message({"pattern": "canary", "hold": "30min", "analysis": {"interval": "10min", "checks": checks}})
    assert re.match(r"canary: at day 1 00:\d\d the metric odd fails: ", found)
    assert told in found


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("does", "told"),
    [(lambda: 1 / 0, "ZeroDivisionError"), (lambda: None, "a number, NaN where it is undefined, not None")],
)
def test_a_true_metric(does: Any, told: str, workers: int) -> None:
    @true_metric("odd", unit="share", label="odd")
    def odd(tally: Any) -> Any:
        """Odd / even."""
        return does()

    scenario = sim.build(horizon="1h", replications=2, strategies=[{"pattern": "manual"}])
    try:
        with pytest.raises(sim.ScenarioError, match="manual: the true metric odd fails: ") as error:
            sim.run(scenario, workers=workers)
    finally:
        TRUE_METRICS.forget("odd")
    assert told in str(error.value)


@pytest.mark.parametrize("setting", ["settings", "naming", "model_copy", "declared", "name", "pattern", "json", "_x"])
def test_a_setting_named_like_what_every_strategy_has(setting: str) -> None:
    code: dict[str, Any] = {}
    exec(f"def odd(rollout, *, {setting}: int = 1):\n    yield 1", code)
    with pytest.raises(PluginError, match=f"the pattern 'odd' has a setting '{setting}' that .*: give it another name"):
        sim.pattern("odd")(code["odd"])


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def odd(rollout, by=1, /): yield 1", "can only be given by its place: take away the '/'"),
        ("def odd(rollout, **more): yield 1", "stands for any number of settings: name each of them"),
        ("def odd(): yield 1", "takes nothing: a pattern is a function"),
        ("def odd(rollout): rollout.promote()", "is no generator function .* it has to yield"),
        ("def odd(rollout, *, how: 'NoSuchType' = 1): yield 1", "has settings that can't be read"),
        ("def odd(rollout, *, how: object() = 1): yield 1", "has settings that can't be"),
    ],
)
def test_a_function_that_is_no_playbook(code: str, told: str) -> None:
    defined: dict[str, Any] = {"__name__": "notebook"}
    exec(code, defined)
    with pytest.raises(PluginError, match=told):
        sim.pattern("odd")(defined["odd"])
    assert "odd" not in PATTERNS


@pytest.mark.parametrize("name", ["two words", "", "a/b", " x"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(PluginError, match="is no name for a pattern: one word of letters, digits"):
        sim.pattern(name)


def test_a_decorator_without_brackets() -> None:
    with pytest.raises(PluginError, match="a pattern needs a name, in brackets behind its decorator"):

        @sim.pattern  # type: ignore[arg-type]
        def odd(rollout: Any) -> Any:
            yield HOUR


def test_the_name_of_one_of_ours_is_taken() -> None:
    """Or every scenario that names it would quietly mean another."""
    ours = PATTERNS["canary"]
    with pytest.raises(PluginError, match="would replace the pattern canary: it needs another name"):

        @sim.pattern("canary")
        def canary(rollout: Any) -> Any:
            """Quite another one."""
            yield HOUR

    assert PATTERNS["canary"] is ours
