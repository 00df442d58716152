"""Scenario: everything a run needs, composed of the parts' own specifications.

A file is data: loading runs no code of its own. What it can do is name a pattern that only an installed package has;
then that package's pattern is imported, since its settings are checked against it.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache, reduce
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

import sim.deployment.patterns  # noqa: F401  # registers the built-in patterns
from sim import plugins as packages
from sim.deployment.patterns.installed import load_plugin, pattern_plugins
from sim.deployment.rollout import Fallback
from sim.deployment.strategy import PATTERNS, Strategy
from sim.deployment.telemetry.labels import Audits, Returns
from sim.deployment.telemetry.stream import STREAMS
from sim.document import Document, ScenarioError, checks_failed, read_document, suggest, under, validate
from sim.factory.drift import DriftEvent, refusals
from sim.factory.spec import Factory
from sim.inspectors.human.detection import Inspectors
from sim.inspectors.model import ModelSpec
from sim.measure.costs import Costs
from sim.units import Duration, PositiveDuration, format_duration

FORMAT = 1
#: More phones than this in one replication would not fit a small machine's memory.
MOST_PHONES = 20_000_000
#: Deciders that are not models.
PEOPLE = ("humans", "nobody")


class Deployment(BaseModel):
    """Who decides today, who is to be rolled out, and from when on: the default of every strategy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stable: str = Field("humans", description="humans, nobody, or a model's name")
    candidate: str = Field("v1", description="the decider to be rolled out")
    start: Duration = Field("0s", validate_default=True, description="when the rollouts start")
    fallback: Fallback = Field("humans", description="who decides when a model is down; nobody = ship (fail open)")


class Scenario(BaseModel):
    """A line, its world, its deciders and the strategies to compare. Frozen; see `load`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    driftline: Literal[1] = Field(description="version of the scenario format")
    name: str = Field("scenario", pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]*$", max_length=80)
    title: str = Field("", max_length=200, description="what the scenario asks, in one line")
    seed: int = Field(1, ge=0, le=2**32 - 1)
    replications: int = Field(10, ge=1, le=100_000)
    horizon: PositiveDuration = Field("3d", validate_default=True)
    warm_up: Duration = Field("0s", validate_default=True, description="phones due before are not measured")
    block: int = Field(
        32_768, ge=1, le=MOST_PHONES, description="phones made and run at a time: costs memory, changes no number"
    )
    factory: Factory = Factory()
    drift: tuple[DriftEvent, ...] = ()
    inspectors: Inspectors = Inspectors()
    models: dict[str, ModelSpec] = Field(default_factory=lambda: {"v1": {}}, validate_default=True)
    deployment: Deployment = Deployment()
    audits: Audits = Audits()
    returns: Returns = Returns()
    costs: Costs = Costs()
    strategies: tuple[Strategy, ...] = Field(
        default_factory=lambda: tuple(
            PATTERNS[name](pattern=name)
            for name in ("manual", "shadow", "canary", "blue_green", "partial_automation", "full_automation")
        ),
        min_length=1,
        max_length=100,
    )

    def resolved(self, strategy: Strategy) -> Strategy:
        """Return the strategy with the scenario's defaults filled in."""
        deployment = self.deployment
        return strategy.model_copy(
            update={
                "name": strategy.title,
                "staff": self.inspectors.count if strategy.staff is None else strategy.staff,
                "stable": strategy.stable or deployment.stable,
                "candidate": strategy.candidate or deployment.candidate,
                "start": deployment.start if strategy.start is None else strategy.start,
                "fallback": strategy.fallback or deployment.fallback,
            }
        )

    def remarks(self) -> tuple[str, ...]:
        """Return what has to stand beside every result: which of its models are not what a line would meet."""
        return tuple(f"{name}: {model.remark}" for name, model in self.models.items() if model.remark)


def scenario_model() -> type[Scenario]:
    """Return the Scenario type whose strategies are all patterns known at this moment, a notebook's included."""
    return _scenario_of(tuple(PATTERNS.values()))


@lru_cache(maxsize=8)  # one type for the same patterns: so equal scenarios compare equal
def _scenario_of(patterns: tuple[type[Strategy], ...]) -> type[Scenario]:
    every: Any = reduce(operator.or_, patterns)
    strategy: Any = Annotated[every, Field(discriminator="pattern")]
    default: Any = Scenario.model_fields["strategies"].default_factory
    field: Any = (tuple[strategy, ...], Field(default_factory=default, min_length=1, max_length=100))
    return create_model("Scenario", __base__=Scenario, __doc__=Scenario.__doc__, strategies=field)


def load(path: str | Path) -> Scenario:
    """Read and check a scenario file.

    Parameters
    ----------
    path : str or Path
        A YAML 1.2 file.

    Returns
    -------
    Scenario
        Frozen and complete; a file without `name` gets its own stem.

    Raises
    ------
    ScenarioError
        With file, line and column of everything that is wrong.
    """
    document = read_document(Path(path))
    return from_document(document, Path(path).stem)


def from_document(document: Document, name: str) -> Scenario:
    """Validate a document's data and check across its parts."""
    if unusable := list(_bring_patterns(document)):
        raise checks_failed(document, unusable)
    try:
        scenario = validate(document, scenario_model())
    except ScenarioError as error:
        raise _with_packages(error) from None
    assert isinstance(scenario, Scenario)
    scenario = _with_whole_paths(scenario, Path(document.name).parent if document.name else Path())
    if "name" not in scenario.model_fields_set:
        scenario = scenario.model_copy(update={"name": name})
    if problems := list(check(scenario)):
        raise checks_failed(document, problems)
    return scenario


def _bring_patterns(document: Document) -> Iterator[Problem]:
    """Import the patterns that only an installed package has, of those that the document names; tell what fails."""
    strategies = document.data.get("strategies")
    for number, given in enumerate(strategies if isinstance(strategies, list | tuple) else ()):
        name = given.get("pattern") if isinstance(given, dict) else None
        if isinstance(name, str) and name not in PATTERNS and name in pattern_plugins():
            try:
                load_plugin(name)
            except packages.PluginError as error:
                yield ("strategies", number, "pattern"), str(error)


def _with_packages(error: ScenarioError) -> ScenarioError:
    """Name the packages' patterns too where a pattern is unknown."""
    unknown = [one for one in error.problems if one.message.startswith("unknown pattern ")]
    plugins = pattern_plugins() if unknown else {}
    if not plugins:
        return error
    problems = []
    for one in error.problems:
        if one in unknown:
            near = suggest(one.message.split("'")[1], [*PATTERNS, *plugins])
            listed = f"known patterns: {', '.join([*PATTERNS, *plugins])}"
            one = replace(one, hint=f"did you mean '{near}'? {listed}" if near else listed)
        problems.append(one)
    return ScenarioError(problems)


def _with_whole_paths(scenario: Scenario, folder: Path) -> Scenario:
    """Make the files that models name absolute: so the resolved scenario can be run from anywhere."""
    models = {name: model.with_whole_paths(folder) for name, model in scenario.models.items()}
    return scenario if models == scenario.models else scenario.model_copy(update={"models": models})


def build(**settings: Any) -> Scenario:
    """Make a scenario in Python, with the same words and checks as a file.

    Examples
    --------
    >>> build(horizon="1d", strategies=[{"pattern": "manual"}]).horizon == 86_400_000_000
    True
    """
    return from_document(Document.of({"driftline": FORMAT, **settings}), "scenario")


def json_schema() -> dict[str, Any]:
    """Return the scenario format as a JSON Schema, with all patterns known at this moment."""
    schema = scenario_model().model_json_schema(mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "driftline scenario"
    return schema


Problem = tuple[tuple[str | int, ...], str]


def check(scenario: Scenario) -> Iterator[Problem]:
    """Yield (path, message) for everything that no single part can see."""
    yield from _check_time(scenario)
    quantities = scenario.factory.quantities()
    yield from under(("factory",), scenario.factory.refusals())
    yield from under(("drift",), refusals(scenario.drift, quantities, scenario.horizon))
    for name, model in scenario.models.items():
        if name in PEOPLE or not name.replace("_", "").replace("-", "").replace(".", "").isalnum():
            yield (
                ("models", name),
                "a model's name is made of letters, digits, - _ . and is not 'humans' or 'nobody'",
            )
        yield from under(("models", name), model.refusals(quantities, scenario.horizon))
    yield from _check_strategies(scenario)


def _check_time(scenario: Scenario) -> Iterator[Problem]:
    horizon = scenario.horizon
    if scenario.warm_up >= horizon:
        yield ("warm_up",), f"the warm-up ends after the horizon of {format_duration(horizon)}"
    phones = horizon // scenario.factory.arrivals.every
    if phones > MOST_PHONES:
        yield ("horizon",), f"that is {phones:,} phones a replication; at most {MOST_PHONES:,} are possible"
    if phones < 1:
        yield (
            ("horizon",),
            "no phone is due before the horizon: lengthen it or shorten factory.arrivals.every",
        )
    if scenario.deployment.start >= horizon:
        yield ("deployment", "start"), f"the rollouts start after the horizon of {format_duration(horizon)}"


def _check_strategies(scenario: Scenario) -> Iterator[Problem]:
    deciders = (*PEOPLE, *scenario.models)
    names: set[str] = set()
    asked = {"stable": False, "candidate": False}
    for number, given in enumerate(scenario.strategies):
        at = ("strategies", number)
        strategy = scenario.resolved(given)
        if strategy.name in names:
            yield at, f"two strategies are called '{strategy.name}': give one a name of its own"
        names.add(strategy.name)
        for role in ("stable", "candidate"):
            own = getattr(given, role)
            asked[role] |= own is None
            if own is not None and own not in deciders:
                yield (*at, role), _unknown("decider", own, deciders)
        if given.pattern not in ("manual", "stay") and strategy.candidate in PEOPLE and not named(strategy):
            where = (*at, "candidate") if given.candidate else ("deployment", "candidate")
            yield where, f"{given.pattern} rolls out a model, not {strategy.candidate}"
        yield from _check_named(scenario, strategy, at)
        if strategy.start is not None and strategy.start >= scenario.horizon:
            yield (*at, "start"), f"starts after the horizon of {format_duration(scenario.horizon)}"
        yield from _check_retraining(scenario, strategy, at)
        if strategy.staff == 0 and needs_people(strategy):
            yield (
                (*at, "staff"),
                "this strategy needs at least one inspector (set fallback: nobody, or staff: 1)",
            )
    for role, used in asked.items():
        value = getattr(scenario.deployment, role)
        if used and value not in deciders:
            yield ("deployment", role), _unknown("decider", value, deciders)


def _check_retraining(scenario: Scenario, strategy: Strategy, at: tuple[str | int, ...]) -> Iterator[Problem]:
    titles = [alarm.title for alarm in strategy.alarms]
    for number, alarm in enumerate(strategy.alarms):
        if alarm.title in titles[:number]:
            yield (*at, "alarms", number), f"two alarms are called '{alarm.title}': give one a name of its own"
        if alarm.then == "retrain" and strategy.retraining is None:
            yield (
                (*at, "alarms", number, "then"),
                "nothing says how to retrain: give the strategy a retraining, e.g. {}",
            )
        if alarm.then == "clean" and not any(event.cleaning for event in scenario.drift):
            message = "there is no dust to clean: no drift event of this scenario says cleaning: true"
            yield (*at, "alarms", number, "then"), message
        if "passes" in STREAMS[alarm.watch].audits and scenario.audits.of_passes == 0.0:
            yield (*at, "alarms", number, "watch"), "no passed phone is audited: nobody would ever hear of an escape"
    if strategy.retraining is None:
        return
    spec = strategy.retraining
    if spec.labels != "inspectors" and min(scenario.audits.of_passes, scenario.audits.of_rejects) == 0.0:
        yield (*at, "retraining", "labels"), "audits of passes and of rejects are needed to learn from audits"
    if spec.every is None and spec.after_labels is None and not any(a.then == "retrain" for a in strategy.alarms):
        yield (*at, "retraining"), "nothing starts a training: say every, after_labels, or an alarm with then: retrain"
    if strategy.pattern == "bandit":
        yield (*at, "retraining"), "a bandit promotes nobody: let new versions out by champion_challenger, say"
    for field in ("arms", "challengers"):
        if getattr(strategy, field, ()):
            yield (*at, field), "with retraining the new version takes part: leave this to its default"
    base = next((name for name in (strategy.candidate, strategy.stable) if name in scenario.models), None)
    if base is None:
        yield (*at, "retraining"), "neither its candidate nor its stable decider is a model: nothing can be retrained"
    elif not scenario.models[base].trainable:
        yield (*at, "retraining"), f"{base} is of kind {scenario.models[base].kind}: it can't be trained"
    else:
        for number in range(strategy.retraining.most):
            if f"{base}.{number + 1}" in scenario.models:
                yield ("models", f"{base}.{number + 1}"), f"so would a retrained {base} be called: take another name"


def named(strategy: Strategy) -> tuple[str, ...]:
    """Return the deciders that a pattern's own settings name: a bandit's arms, a champion's challengers."""
    return (*getattr(strategy, "arms", ()), *getattr(strategy, "challengers", ()))


def _check_named(scenario: Scenario, strategy: Strategy, at: tuple[str | int, ...]) -> Iterator[Problem]:
    for field, allowed in (("arms", (*PEOPLE, *scenario.models)), ("challengers", tuple(scenario.models))):
        names = getattr(strategy, field, ())
        for place, name in enumerate(names):
            if name not in allowed:
                yield (*at, field, place), _unknown("decider" if field == "arms" else "model", name, allowed)
            elif name in names[:place]:
                yield (*at, field, place), f"'{name}' is there twice"
    arms, challengers = getattr(strategy, "arms", ()), getattr(strategy, "challengers", ())
    if arms and (strategy.stable not in arms or len(arms) < 2):
        yield (*at, "arms"), f"name at least two deciders, and {strategy.stable}, who decides today, among them"
    if strategy.stable in challengers:
        yield (*at, "challengers"), f"{strategy.stable} is the champion: it cannot challenge itself"
    if strategy.pattern == "champion_challenger" and not challengers and strategy.candidate == strategy.stable:
        yield at, f"{strategy.stable} cannot challenge itself: name another candidate, or challengers"
    if getattr(strategy, "phones", None) is not None and getattr(strategy, "duration", None) is not None:
        yield (*at, "phones"), "an A/B test ends after so many phones or after a duration: say one of the two"


#: Patterns in which inspectors decide some phones, whoever decided before.
_WITH_PEOPLE = ("manual", "partial_automation", "assisted", "triage", "progressive_automation")


def needs_people(strategy: Strategy) -> bool:
    """Whether a (resolved) strategy can ever send a phone to an inspector."""
    return (
        strategy.pattern in _WITH_PEOPLE
        or "humans" in named(strategy)
        or (strategy.stable == "humans" and not (strategy.pattern == "full_automation" and strategy.start == 0))
        or strategy.fallback == "humans"
    )  # fmt: skip


def _unknown(kind: str, word: str, known: Any) -> str:
    near = suggest(word, list(known))
    if near:
        return f"unknown {kind} '{word}': did you mean '{near}'?"
    return f"unknown {kind} '{word}'; known: {', '.join(known)}"
