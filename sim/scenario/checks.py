"""Checks across the parts of a scenario: each says what is wrong with it, given what it has to know of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.deployment.checks import names_to_come
from sim.deployment.checks import refusals as refusals_of_strategy
from sim.deployment.declaration import PEOPLE, Surroundings
from sim.deployment.strategy import Strategy
from sim.document import Refusal, under, unknown_name
from sim.factory.cause import Quantity, quantities_of
from sim.factory.drift import refusals as refusals_of_drift
from sim.inspectors.human.calendar import refusals as refusals_of_calendar
from sim.inspectors.model import Model, ModelError
from sim.inspectors.model.spec import answering_for
from sim.line.shop.spec import refusals as refusals_of_stations
from sim.measure.histories import FEWEST
from sim.measure.margin import parse_margin
from sim.measure.metric import TRUE_METRICS
from sim.plugins import PluginError
from sim.scenario.blame import place_of
from sim.scenario.spec import MOST_PHONES, Scenario
from sim.units import format_duration


def refusals(scenario: Scenario) -> Iterator[Refusal]:
    """Yield the place and a message for everything that no single value of the scenario can show."""
    try:
        quantities = quantities_of(scenario.factory)
    except PluginError as error:
        yield place_of(scenario, error), str(error)
        return
    yield from _of_time(scenario)
    yield from of_histories(scenario)
    yield from under(("factory",), scenario.factory.refusals())
    yield from under(("drift",), refusals_of_drift(scenario.drift, quantities, scenario.horizon))
    for number, fault in enumerate(scenario.faults):
        yield from under(("faults", number), fault.refusals(scenario.horizon))
    for name, model in scenario.models.items():
        if name in PEOPLE or not name.replace("_", "").replace("-", "").replace(".", "").isalnum():
            at = ("models", name)
            yield at, "a model's name is made of letters, digits, - _ . and is not 'humans' or 'nobody'"
        yield from under(("models", name), _of_model(name, model, quantities, scenario.horizon))
        yield from under(("models", name, "serving", "service"), model.serving.service.refusals())
    yield from under(("inspectors", "service"), scenario.inspectors.service.refusals())
    yield from under(("stations",), refusals_of_stations(scenario.stations))
    yield from under(("matters",), _of_margins(scenario))
    yield from _of_calendars(scenario)
    yield from _of_strategies(scenario)


def _of_calendars(scenario: Scenario) -> Iterator[Refusal]:
    """Of the inspectors' shifts, and of those that a strategy has of its own; staff is what shifts take by default."""
    people, at = scenario.inspectors, ("inspectors",)
    if people.people is not None and not people.shifts:
        yield (*at, "people"), "people who tire need an end of the day: add inspectors.shifts"
    yield from under(at, refusals_of_calendar(people.shifts, people.holidays, people.count, scenario.horizon))
    for number, given in enumerate(scenario.strategies):
        own, here = given.inspectors, ("strategies", number)
        if own is not None and own.criterion is not None and people.people is not None:
            yield (
                (*here, "inspectors", "criterion"),
                "of people who change it is no number: leave it out, or the people",
            )
        shifts = people.shifts if own is None or own.shifts is None else own.shifts
        if given.staff and shifts and all(shift.count is not None for shift in shifts):
            message = "every shift says how many people it has: leave staff out, or leave out a shift's count"
            yield (*here, "staff"), message
        staff = people.count if given.staff is None else given.staff
        if own is not None and own.shifts:
            found = refusals_of_calendar(own.shifts, people.holidays, staff, scenario.horizon, needed=staff > 0)
            yield from under((*here, "inspectors"), found)
        elif given.staff and shifts:
            for place, message in refusals_of_calendar(shifts, people.holidays, staff, scenario.horizon):
                yield (*here, "staff"), f"inspectors.{'.'.join(str(each) for each in place)}: {message}"


def _of_model(name: str, model: Model, quantities: Mapping[str, Quantity], horizon_us: int) -> list[Refusal]:
    try:
        with answering_for(name, model):
            for said in (model.remark, model.learnt_from):
                if not isinstance(said, str):
                    raise TypeError(f"remark and learnt_from are texts, not {said!r}")
            return [(tuple(place), str(message)) for place, message in model.refusals(quantities, horizon_us)]
    except ModelError as error:
        return [((), str(error))]


def _of_margins(scenario: Scenario) -> Iterator[Refusal]:
    """A package's metric is known by name alone until a run measures it."""
    brought = TRUE_METRICS.plugins()
    for name, value in scenario.matters.items():
        if name not in TRUE_METRICS:
            if name not in brought:
                yield (name,), unknown_name("true metric", name, [*TRUE_METRICS, *brought])
            continue
        try:
            parse_margin(value, TRUE_METRICS[name].unit)
        except ValueError as error:
            yield (name,), str(error)


def of_histories(scenario: Scenario) -> Iterator[Refusal]:
    """Whether every history's versions meet as many worlds, and whether there are enough of them to speak of models.

    >>> from sim.scenario import build
    >>> build(replications=10, train_replications=3)
    Traceback (most recent call last):
    sim.document.problems.ScenarioError: train_replications: 3 histories say too little of how much models differ: \
train from 1, or from at least 5
    """
    count, replications = scenario.train_replications, scenario.replications
    at = ("train_replications",)
    if 1 < count < FEWEST:
        yield at, f"{count} histories say too little of how much models differ: train from 1, or from at least {FEWEST}"
    elif replications % count:
        more = -(-replications // count) * count
        yield (
            at,
            (
                f"{replications} replications can't be shared equally by the versions of {count} histories: "
                f"replications has to be a multiple of train_replications, such as {more}"
            ),
        )


def _of_time(scenario: Scenario) -> Iterator[Refusal]:
    horizon = scenario.horizon
    if scenario.warm_up >= horizon:
        yield ("warm_up",), f"the warm-up ends after the horizon of {format_duration(horizon)}"
    phones = scenario.factory.arrivals.expected(horizon)
    if phones > MOST_PHONES:
        yield ("horizon",), f"that is {phones:,} phones a replication; at most {MOST_PHONES:,} are possible"
    if phones < 1 and not any(scenario.factory.arrivals.refusals()):
        yield ("horizon",), "no phone is due before the horizon: lengthen it, or let more come by factory.arrivals"
    if scenario.factory.arrivals.is_rig:
        yield from _of_a_rig(scenario)
    if scenario.deployment.start >= horizon:
        yield ("deployment", "start"), f"the rollouts start after the horizon of {format_duration(horizon)}"


def _of_a_rig(scenario: Scenario) -> Iterator[Refusal]:
    """Phones of a test rig are due when they are released: other strategies would have others, and no time drifts."""
    kind = scenario.factory.arrivals.kind
    if len(scenario.strategies) > 1:
        yield ("strategies", 1), f"one strategy a run: with arrivals of kind '{kind}' each would have phones of its own"
    if kind == "clients" and any(station.at == "before" for station in scenario.stations):
        yield ("stations",), "no station is before inspection where clients bring phones: they wait for verdicts"
    if any(fault.kind.startswith("camera.") for fault in scenario.faults):
        yield ("faults",), f"no camera fails with arrivals of kind '{kind}': its phones are all made before the first"
    if scenario.drift:
        yield ("drift", 0), f"nothing drifts with arrivals of kind '{kind}': its phones are all made before the first"


def _of_strategies(scenario: Scenario) -> Iterator[Refusal]:
    around = Surroundings(
        scenario.horizon, scenario.models, scenario.audits, dust=any(event.cleaning for event in scenario.drift)
    )
    titles: set[str] = set()
    for number, given in enumerate(scenario.strategies):
        at = ("strategies", number)
        if given.title in titles:
            yield at, f"two strategies are called '{given.title}': give one a name of its own"
        titles.add(given.title)
        yield from under(at, _of_roles(given, scenario))
        strategy = scenario.resolved(given)
        for place, message in refusals_of_strategy(strategy, around):
            if place == ("start",) and given.start is None:
                continue  # it is the deployment's, and told there
            taken = place == ("candidate",) and given.candidate is None
            yield (("deployment", *place) if taken else (*at, *place)), message
        for name, base in names_to_come(strategy, around):
            if name in scenario.models:
                yield ("models", name), f"so would a retrained {base} be called: take another name"
    yield from under(("deployment",), _of_deployment(scenario))


def _of_roles(given: Strategy, scenario: Scenario) -> Iterator[Refusal]:
    """Whether there is anybody of the names that a strategy gives to its roles."""
    deciders = (*PEOPLE, *scenario.models)
    for role, name in (("stable", given.stable), ("candidate", given.candidate)):
        if name is not None and name not in deciders:
            yield (role,), unknown_name("decider", name, deciders)


def _of_deployment(scenario: Scenario) -> Iterator[Refusal]:
    """The same of the roles that all strategies share: of those that some strategy does not fill by itself."""
    deciders = (*PEOPLE, *scenario.models)
    for role in ("stable", "candidate"):
        name = getattr(scenario.deployment, role)
        if name not in deciders and any(getattr(given, role) is None for given in scenario.strategies):
            yield (role,), unknown_name("decider", name, deciders)
