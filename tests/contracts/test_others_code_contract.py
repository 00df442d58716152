"""Others' code of every family, wherever it is called: one message (who, what, where in their file), and a clean stdout.

Whoever adds a family finds `test_every_family_is_here` failing, and adds a case of it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Literal

import numpy as np
import pytest
from acme import describe

import sim
from sim.deployment.analysis.judge import JUDGES, Judge
from sim.deployment.monitoring.detectors import DETECTORS, DetectorSpec
from sim.deployment.strategy import PATTERNS
from sim.deployment.telemetry.metric import METRICS, observed
from sim.deployment.telemetry.stream import STREAMS, stream
from sim.factory.cause import CAUSES, Cause, Quantity
from sim.factory.drift import PROFILES, Drift
from sim.inspectors.model import KINDS, Model, Offline
from sim.measure.metric import TRUE_METRICS, true_metric
from sim.plugins import FAMILIES, MODELS
from sim.report.figure import FIGURES, figure

NAN = float("nan")


class Case:
    """A member called `odd` that does what it is told when it is asked, and a run in which it is."""

    def __init__(self, group: str, at: str, nonsense: tuple[Any, ...], **settings: Any) -> None:
        self.group = group
        self.at = at  #: where in the scenario it stands
        self.nonsense = nonsense  #: wrong shapes, NaN, wrong types
        self.settings = settings

    def __repr__(self) -> str:
        return self.group.removeprefix("driftline.")


#: What the member does; a test sets it.
ODD: dict[str, Callable[[], Any]] = {}


class OddCause(Cause):
    """Brightness that somebody else knows of."""

    def quantities(self, factory: Any) -> Any:
        return {"odd": Quantity(0.0, "data", high=1.0, neutral=0.0)}

    def on_camera(self, optics: Any, values: Any) -> None:
        optics.lift = optics.lift + ODD["does"]()


class OddProfile(Drift):
    """There at once."""

    profile: Literal["odd"]

    def weight(self, t: Any, mix: Any) -> Any:
        return ODD["does"]()


class OddKind(Model):
    """Scores that are told."""

    kind: Literal["odd"]

    def obtain(self, name: str, factory: Any, inspectors: Any, seed: int) -> Any:
        return OddVersion(name, self)


@dataclass(frozen=True)
class OddVersion:
    name: str
    spec: Any
    threshold: float = 0.5
    offline: Offline = Offline(0.9, 0.1)  # noqa: RUF009 - it is frozen

    def cut_offs(self, review: float | None) -> tuple[float, float]:
        return 0.5, 0.5

    def score_phones(self, phones: Any, chance: Any) -> Any:
        return ODD["does"]()


class OddJudge(Judge):
    """Is odd."""

    kind: Literal["odd"] = "odd"

    def __str__(self) -> str:
        return "odd"

    def begin(self, context: Any) -> Any:
        return self

    def take(self, sample: Any, look: int) -> Any:
        return ODD["does"]()


class OddDetector(DetectorSpec):
    """Is odd."""

    kind: Literal["odd"] = "odd"

    def reader(self) -> Any:
        return OddReader()


class OddReader:
    learn, warns, statistic, limit = 0, False, None, None

    def learned(self, first: Any) -> None: ...

    def read(self, values: Any) -> Any:
        return ODD["does"]()


def odd_metric(tables: Any, arm: str, scope: Any) -> Any:
    """Odd / even."""
    return ODD["does"]()


def odd_stream(tables: Any, arm: str | None, scope: Any) -> Any:
    """Odd values."""
    return ODD["does"]()


def odd_true_metric(tally: Any) -> Any:
    """Odd / even."""
    return ODD["does"]()


def odd_pattern(rollout: Any) -> Any:
    """Wait as long as it is told."""
    yield ODD["does"]()


def odd_figure(result: Any) -> Any:
    """Show what is odd."""
    return ODD["does"]()


class OddClassifier:
    """Trains as it is told."""

    def fit(self, x: Any, y: Any) -> Any:
        self.classes_ = np.unique(y)
        return self

    def predict(self, x: Any) -> Any:
        return np.zeros(len(x))

    def predict_proba(self, x: Any) -> Any:
        return ODD["does"]()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {}

    def set_params(self, **given: Any) -> Any:
        return self

    def __sklearn_tags__(self) -> Any:
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier().__sklearn_tags__()


WATCHED = {"pattern": "stay", "name": "it"}
OUR_OWN = {"pattern": "full_automation", "name": "it"}
CUSUM = {"kind": "cusum"}
CASES = [
    Case("driftline.causes", "drift.0.what", (np.zeros(7), NAN, "x"),
         drift=[{"what": "odd", "profile": "sudden", "at": "20min", "to": 0.5}]),
    Case("driftline.profiles", "drift.0", (np.zeros(7), NAN, "x", 1.5),
         drift=[{"what": "camera.haze", "profile": "odd", "at": "20min", "to": 0.5}]),
    Case("driftline.model_kinds", "models.theirs", (np.zeros(7), np.full(360, NAN), "x", None),
         models={"theirs": {"kind": "odd"}}, deployment={"candidate": "theirs"}),
    Case(MODELS, "models.theirs", (np.zeros(7), np.full((160, 2), NAN), "x", None),
         models={"theirs": {"kind": "estimator", "estimator": "odd", "training": {"phones": 800}}},
         deployment={"candidate": "theirs"}),
    Case("driftline.detectors", "strategies.it.alarms.0.detector", (np.zeros(7), NAN, "x"),
         strategies=[{**WATCHED, "alarms": [{"watch": "brightness", "every": "20min", "detector": {"kind": "odd"}}]}]),
    Case("driftline.judges", "strategies.it.analysis.metrics.0.judge", (np.zeros(7), NAN, "x", None),
         strategies=[{"pattern": "argo_canary", "name": "it", "steps": [{"set_weight": 20}, {"pause": {"duration": "50min"}}],
                      "analysis": {"metrics": [{"judge": {"kind": "odd"}, "interval": "20min", "metric": "reject_rate"}]}}]),
    Case("driftline.metrics", "strategies.it.analysis.metrics.0", (np.zeros(7), NAN, "x", None),
         strategies=[{"pattern": "argo_canary", "name": "it", "steps": [{"set_weight": 20}, {"pause": {"duration": "50min"}}],
                      "analysis": {"metrics": [{"metric": "odd", "interval": "20min", "success_condition": "result < 1"}]}}]),
    Case("driftline.streams", "strategies.it.alarms.0", (np.float64(0.5), np.array([NAN]), "x", None),
         strategies=[{**WATCHED, "alarms": [{"watch": "odd", "every": "20min", "detector": CUSUM}]}]),
    Case("driftline.true_metrics", "strategies.it", (np.zeros(7), float("inf"), "x", None)),
    Case("driftline.patterns", "strategies.odd", (np.zeros(7), NAN, "x", None),
         strategies=[{"pattern": "odd"}]),
    Case("driftline.figures", "figure", ("x", None)),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _members() -> Iterator[None]:
    """Register them for these tests alone: a true metric is measured in every run there is."""
    CAUSES.register("odd")(OddCause)
    PROFILES.register("odd")(OddProfile)
    KINDS.register("odd")(OddKind)
    JUDGES.register("odd")(OddJudge)
    DETECTORS.register("odd")(OddDetector)
    observed("odd", unit="share", better="low")(odd_metric)
    stream("odd", holds="shares")(odd_stream)
    sim.pattern("odd")(odd_pattern)
    figure("odd")(odd_figure)
    yield
    for family in (CAUSES, PROFILES, KINDS, JUDGES, DETECTORS, METRICS, STREAMS, TRUE_METRICS, PATTERNS, FIGURES):
        family.forget("odd")


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    describe(tmp_path, "odd-line", "1.0", f"[{MODELS}]\nodd = {__name__}:OddClassifier\n")
    monkeypatch.syspath_prepend(str(tmp_path))


@contextmanager
def doing(does: Callable[[], Any]) -> Iterator[None]:
    ODD["does"] = does
    try:
        yield
    finally:
        ODD.clear()


def used(case: Case, workers: int = 1) -> None:
    settings = {"horizon": "1h", "replications": 2, "strategies": [OUR_OWN], **case.settings}
    settings.setdefault("models", {"v1": {"training": {"phones": 800}}, "v2": {"training": {"phones": 800}}})
    settings.setdefault("deployment", {"candidate": next(iter(settings["models"]))})
    if case.group != "driftline.true_metrics":
        TRUE_METRICS.forget("odd")
    else:
        true_metric("odd", unit="share", label="odd")(odd_true_metric)
    result = sim.run(sim.build(**settings), workers=workers)
    if case.group == "driftline.figures":
        sim.plot(result, "odd")


def refusal(case: Case, workers: int = 1) -> str:
    with pytest.raises(sim.ScenarioError) as error:
        used(case, workers)
    (problem,) = error.value.problems
    assert ".".join(map(str, problem.loc)) == case.at
    assert "\n" not in problem.message
    assert "odd" in problem.message
    return problem.message


def stops() -> Any:
    sys.exit(3)


def test_every_family_is_here() -> None:
    for module in walk_packages(sim.__path__, "sim."):
        if "_alias" not in module.name and "__main__" not in module.name:
            import_module(module.name)
    families = {group for group, family in FAMILIES.items() if family._folder.startswith("sim.")}
    assert {case.group for case in CASES} == families | {MODELS}


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("case", CASES, ids=repr)
@pytest.mark.parametrize(("does", "told"), [(lambda: 1 / 0, "ZeroDivisionError: division"), (stops, "SystemExit: 3")])
def test_what_raises_or_ends_the_program_is_told_with_its_line(case: Case, does: Any, told: str) -> None:
    with doing(does):
        message = refusal(case)
    assert told in message
    assert re.search(r" \(test_others_code_contract\.py:\d+\)$", message)


@pytest.mark.usefixtures("_installed")
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize(("case", "answer"), [(case, answer) for case in CASES for answer in case.nonsense], ids=str)
def test_nonsense_is_refused(case: Case, answer: Any) -> None:
    with doing(lambda: answer):
        refusal(case)


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("case", CASES, ids=repr)
def test_what_it_prints_is_no_part_of_the_answer(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    def prints() -> Any:
        print("hello from the package")
        raise ValueError("and out")

    with doing(prints):
        refusal(case)
    said = capsys.readouterr()
    assert said.out == ""
    assert "hello from the package" in said.err


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if case.group in ("driftline.causes", "driftline.profiles", "driftline.model_kinds")], ids=repr)  # fmt: skip
def test_in_other_processes_it_is_told_too(case: Case) -> None:
    with doing(lambda: 1 / 0):  # which they do not hear of: there it fails for that
        message = refusal(case, workers=2)
    assert re.search(r" fails: KeyError: 'does' \(test_others_code_contract\.py:\d+\)$", message)
