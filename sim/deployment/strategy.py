"""`@pattern`: what makes a generator a deployment pattern that scenario files can name.

The keyword arguments of the function are the pattern's settings: their annotations and defaults are the
specification that a scenario file is checked against. What other code must know of the pattern it declares, see
`Declaration`. So a new pattern is one small file.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import index
from typing import Any, ClassVar, Literal, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from sim.deployment.declaration import Appearance, Decider, Declaration, Names, Surroundings, nothing_more
from sim.deployment.monitoring.alarms import Alarm
from sim.deployment.monitoring.lifecycle import lifecycle
from sim.deployment.monitoring.retraining import Retraining
from sim.deployment.rollout import Playbook, Rollout
from sim.document import Loc, Refusal, ScenarioError, checks_failed
from sim.document.characters import Line
from sim.document.names import mark_in
from sim.document.parts import place_in
from sim.inspectors.human.detection import OwnInspectors
from sim.line.route import Fallback
from sim.plugins import Family, PluginError, at_work, in_one_line
from sim.units import Duration, format_moment

AnyPattern = TypeVar("AnyPattern", bound=Callable[..., Any])


class Strategy(BaseModel):
    """What all strategies share; each pattern adds the settings of its playbook."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    declared: ClassVar[Declaration]

    pattern: str
    name: Line = Field("", max_length=60, description="its name in reports; default: the pattern's")
    staff: int | None = Field(None, ge=0, le=10_000, description="inspectors rostered; default: inspectors.count")
    inspectors: OwnInspectors | None = Field(None, description="in what its inspectors differ from the scenario's")
    stable: Decider | None = Field(None, description="who decides at the start; default: deployment.stable")
    candidate: Decider | None = Field(None, description="who is to be rolled out; default: deployment.candidate")
    start: Duration | None = Field(None, description="when the rollout starts; default: deployment.start")
    fallback: Fallback | None = Field(None, description="who decides while a model is down; default: the deployment's")
    retraining: Retraining | None = Field(None, description="new versions, which go out as the first one did")
    alarms: tuple[Alarm, ...] = Field((), description="drift detectors, and what follows when one fires")

    @property
    def title(self) -> str:
        return self.name or self.pattern

    @property
    def named(self) -> tuple[str, ...]:
        """The deciders that the pattern's own settings name, such as a bandit's arms."""
        return tuple(name for names in self.naming().values() for name in names)

    @property
    def deciders(self) -> tuple[str, ...]:
        """Everybody whom a (resolved) strategy names: stable, candidate, and a pattern's own arms or challengers."""
        return tuple(dict.fromkeys(name for name in (self.stable, self.candidate, *self.named) if name))

    @property
    def needs_people(self) -> bool:
        """Whether a (resolved) strategy can ever send a phone to an inspector."""
        return self.fallback == "humans" or self.declared.needs_people(self)

    def naming(self) -> dict[str, tuple[str, ...]]:
        """Return the pattern's own settings that name deciders, and whom each of them names."""
        named = {}
        for field, value in self.settings().items():
            if mark_of(type(self), field) is not None:
                named[field] = () if value is None else (value,) if isinstance(value, str) else tuple(value)
        return named

    def settings(self) -> dict[str, Any]:
        """Return the playbook's own keyword arguments."""
        return {name: getattr(self, name) for name in type(self).model_fields if name not in Strategy.model_fields}


def mark_of(strategy: type[Strategy], field: str) -> Names | None:
    """Return what the names in a setting are those of; None if it holds no names of deciders."""
    return mark_in(strategy.model_fields[field], Names)


def _of_a_package(name: str, function: Any) -> type[Strategy]:
    """Make a pattern of the function that a package's entry point names, if its code has not done so by itself."""
    # Its code may have registered it under another name than the entry point's.
    registered = (known.declared for known in PATTERNS.values() if known.declared.playbook is function)
    return specification(name, next(registered, Declaration(function)))


PATTERNS: Family[type[Strategy]] = Family("pattern", "sim.deployment.patterns", "driftline.patterns", _of_a_package)
"""Every known pattern's specification by name: driftline's own, packages', a notebook's."""


def specification(name: str, declared: Declaration) -> type[Strategy]:
    """Return what a scenario file may say of a pattern: what all strategies share, and its playbook's settings.

    Raises
    ------
    PluginError
        If the function is no playbook, or its settings can't be those of a strategy.
    """
    function = declared.playbook
    if not inspect.isgeneratorfunction(function):
        raise PluginError(
            "is no generator function (rollout, *, settings...), which a pattern is: it has to yield, say by"
            ' yield from rollout.wait("2h"), or yield from rollout.rest() where nothing more is to be done'
        )
    try:
        hints = get_type_hints(function, include_extras=True)
    except Exception as error:  # annotations are code
        raise PluginError(f"has settings that can't be read: {in_one_line(error)}") from error
    fields: dict[str, Any] = {"pattern": (Literal[name], name)}
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters:
        raise PluginError("takes nothing: a pattern is a function (rollout, *, settings...)")
    for parameter in parameters[1:]:
        if (wrong := _unfit(parameter)) is not None:
            raise PluginError(f"has a setting '{parameter.name}' that {wrong}")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints.get(parameter.name, Any), Field(default, validate_default=True))
    documentation = inspect.getdoc(function) or ""
    try:
        strategy: type[Strategy] = create_model(
            name, __base__=Strategy, __doc__=documentation, __module__=function.__module__, **fields
        )
    except Exception as error:  # a type that pydantic can't check, say
        raise PluginError(f"has settings that can't be checked: {in_one_line(error)}") from error
    strategy.declared = declared
    return strategy


def _unfit(parameter: inspect.Parameter) -> str | None:
    """Return why a playbook's parameter can be no setting, None if it can."""
    if parameter.kind is parameter.POSITIONAL_ONLY:
        return "can only be given by its place: take away the '/'"
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return "stands for any number of settings: name each of them"
    if parameter.name.startswith("_"):
        return "begins with '_': give it another name"
    if hasattr(Strategy, parameter.name) or parameter.name in (*Strategy.model_fields, *Strategy.__class_vars__):
        return "every strategy has already: give it another name"
    return None


def pattern(
    name: str,
    *,
    people: bool | Callable[[Strategy], bool] | None = None,
    rolls_out: bool = True,
    no_retraining: str = "",
    checks: Callable[[Any, Surroundings], Iterator[Refusal]] = nothing_more,
    usual: bool = False,
    appearance: Appearance | None = None,
    place: float = math.inf,
) -> Callable[[AnyPattern], AnyPattern]:
    """Register a generator function ``(rollout, *, settings...)`` as the deployment pattern `name`.

    What it declares of itself is said in `Declaration`; lists show it by `place`, then by name.

    Examples
    --------
    >>> from sim.deployment.declaration import where_named
    >>> from sim.deployment.strategy import PATTERNS, pattern
    >>> from sim.units import Percent
    >>> @pattern("at_noon", people=where_named)
    ... def at_noon(rollout, *, share: Percent = 10.0):
    ...     '''Give the candidate a share of the phones at noon.'''
    ...     yield from rollout.wait("12h")
    ...     rollout.set_weight(share)
    >>> PATTERNS["at_noon"](pattern="at_noon").settings()
    {'share': 10.0}
    >>> PATTERNS.forget("at_noon")
    """

    keep = PATTERNS.register(name, place)

    def register(function: AnyPattern) -> AnyPattern:
        declared = Declaration(function, people, rolls_out, no_retraining, checks, usual, appearance)
        try:
            keep(specification(name, declared))
        except PluginError as error:
            raise PluginError(f"the pattern '{name}' {error}") from None
        return function

    return register


def playbook_refused(title: str, message: str, place: Loc = ()) -> ScenarioError:
    """Return the error of a strategy whose playbook asks for what cannot be.

    >>> print(playbook_refused("leap", "it does not wait"))
    strategies.leap: leap: it does not wait
    """
    return checks_failed(None, [(("strategies", title, *place), f"{title}: {message}")])


@contextmanager
def told_of(strategy: Strategy, now_us: int | None = None) -> Iterator[None]:
    """Say of whatever goes wrong in others' code under a strategy which strategy it is, and when that was."""
    try:
        yield
    except PluginError as error:
        when = "" if now_us is None else f"at {format_moment(now_us)} "
        places = (place_in(strategy, part) for part in error.asked_by)
        place = next((place for place in places if place is not None), ())
        raise playbook_refused(strategy.title, f"{when}{error}", place) from error


def play(strategy: Strategy, rollout: Rollout) -> Playbook:
    """Start a strategy's playbook, with its alarms and retraining beside it if it has any.

    Raises
    ------
    PluginError
        When the playbook, once it runs, fails or does not wait; see `told_of`.
    """

    def playbook() -> Playbook:
        return _waiting(strategy, rollout)

    if strategy.retraining is None and not strategy.alarms:
        return playbook()
    return lifecycle(rollout, playbook, strategy.retraining, strategy.alarms)


def _waiting(strategy: Strategy, rollout: Rollout) -> Playbook:
    """Go through a playbook, and refuse it when it does not wait: it would never end."""
    function = strategy.declared.playbook
    playbook = function(rollout, **strategy.settings())
    try:
        while True:
            with at_work(PLAYBOOK, function):
                pause = next(playbook, _OVER)
            if rollout.has_dropped_a_wait():
                raise PluginError('its playbook calls rollout.wait but goes on: write yield from rollout.wait("2h")')
            if pause is _OVER:
                return
            try:
                waits = index(pause) >= 1
            except TypeError:
                waits = False
            if not waits:
                raise PluginError(
                    f"its playbook has to yield whole microseconds to wait, at least 1, not {pause!r}:"
                    ' write, say, yield from rollout.wait("2h")'
                )
            yield pause
    finally:
        with at_work(PLAYBOOK, function):
            playbook.close()


#: Who is at work, when a message says who failed.
PLAYBOOK = "its playbook"
_OVER: Any = object()
