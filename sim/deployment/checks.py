"""What is refused of a strategy before anything runs: names of nobody, nobody to decide, versions nobody could train.

What a pattern alone can know it checks by itself, see `Declaration.checks`; alarms and retraining do so too.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.deployment.declaration import PEOPLE, Surroundings
from sim.deployment.monitoring.alarms import refusals as refusals_of_alarms
from sim.deployment.strategy import Strategy, mark_of
from sim.document import Refusal, under, unknown_name
from sim.inspectors.model import ModelError
from sim.inspectors.model.spec import answering_for
from sim.plugins import PluginError, at_work
from sim.units import format_duration


def refusals(strategy: Strategy, around: Surroundings) -> Iterator[Refusal]:
    """Yield what cannot be of a strategy, with the scenario's defaults filled in, each at its place in the strategy.

    Parameters
    ----------
    strategy : Strategy
        The resolved strategy.
    around : Surroundings
        The scenario around it.
    """
    yield from _of_names(strategy, around)
    if strategy.declared.rolls_out and strategy.candidate in PEOPLE and not strategy.named:
        yield ("candidate",), f"{strategy.pattern} rolls out a model, not {strategy.candidate}"
    try:
        yield from _of_its_own(strategy, around)
        needs_people = strategy.needs_people
    except PluginError as error:
        yield (), str(error)
        return
    if strategy.start is not None and strategy.start >= around.horizon_us:
        yield ("start",), f"starts after the horizon of {format_duration(around.horizon_us)}"
    yield from refusals_of_alarms(strategy.alarms, strategy.retraining is not None, around.dust, around.audits)
    yield from _of_retraining(strategy, around)
    if strategy.staff == 0 and needs_people:
        yield ("staff",), _wanting_people(strategy)


def _of_its_own(strategy: Strategy, around: Surroundings) -> Iterator[Refusal]:
    """What the pattern itself finds wrong."""
    with at_work(f"the check of the pattern {strategy.pattern}", strategy.declared.checks):
        found = [(tuple(place), str(message)) for place, message in strategy.declared.checks(strategy, around)]
    yield from found


def _of_names(strategy: Strategy, around: Surroundings) -> Iterator[Refusal]:
    """Of the pattern's own settings; whom the scenario names as stable and candidate is checked with the scenario."""
    for field, names in strategy.naming().items():
        mark = mark_of(type(strategy), field)
        assert mark is not None
        known = (*PEOPLE, *around.models) if mark.of == "decider" else tuple(around.models)
        several = not isinstance(getattr(strategy, field), str)
        for number, name in enumerate(names):
            place = (field, number) if several else (field,)
            if name not in known:
                yield place, unknown_name(mark.of, name, known)
            elif name in names[:number]:
                yield place, f"'{name}' is there twice"


def _of_retraining(strategy: Strategy, around: Surroundings) -> Iterator[Refusal]:
    spec = strategy.retraining
    if spec is None:
        return
    at = ("retraining",)
    on_alarm = any(alarm.then == "retrain" for alarm in strategy.alarms)
    yield from under(at, spec.refusals(on_alarm, around.audits))
    if strategy.declared.no_retraining:
        yield at, strategy.declared.no_retraining
    for field, names in strategy.naming().items():
        if names:
            yield (field,), "with retraining the new version takes part: leave this to its default"
    base = retrained(strategy, around)
    if base is None:
        yield at, "neither its candidate nor its stable decider is a model: nothing can be retrained"
    elif not around.models[base].trainable:
        yield at, f"{base} is of kind {around.models[base].kind}: it can't be trained"
    elif spec.weighs(around.audits) and (lacking := _weightless(base, around)):
        yield at, f"{base}: {lacking}.fit takes no sample_weight, which labels from audits need"


def _weightless(name: str, around: Surroundings) -> str | None:
    try:
        with answering_for(name, around.models[name]):
            return around.models[name].weightless()
    except ModelError:
        return None  # it is told at the model


def retrained(strategy: Strategy, around: Surroundings) -> str | None:
    """Return the model whose new versions retraining makes: the candidate or else stable; None: neither is a model."""
    return next((name for name in (strategy.candidate, strategy.stable) if name in around.models), None)


def names_to_come(strategy: Strategy, around: Surroundings) -> Iterator[tuple[str, str]]:
    """Yield how retraining will call the versions that it makes, each with the model that it makes them of."""
    base = retrained(strategy, around)
    if strategy.retraining is not None and base is not None:
        for number in range(strategy.retraining.most):
            yield f"{base}.{number + 1}", base


def _wanting_people(strategy: Strategy) -> str:
    if strategy.declared.people is None and strategy.fallback != "humans":
        return (
            f"the pattern {strategy.pattern} does not say whether it sends phones to inspectors, so it needs at least"
            " one inspector (staff: 1), or people declared: @pattern(..., people=False)"
        )
    if strategy.fallback == "humans" and not strategy.declared.needs_people(strategy):
        return "this strategy needs at least one inspector (set fallback: nobody or reject, or staff: 1)"
    return "this strategy needs at least one inspector (set staff: 1)"
