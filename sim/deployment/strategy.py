"""`@pattern`: what makes a generator a deployment pattern that scenario files can name.

The keyword arguments of the function are the pattern's settings: their annotations and defaults are the
specification that a scenario file is checked against, so a new pattern is one small file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from sim.deployment.monitoring.alarms import Alarm
from sim.deployment.monitoring.lifecycle import lifecycle
from sim.deployment.monitoring.retraining import Retraining
from sim.deployment.rollout import Fallback, Pattern, Playbook, Rollout
from sim.units import Duration

AnyPattern = TypeVar("AnyPattern", bound=Callable[..., Any])

PATTERNS: dict[str, type[Strategy]] = {}
"""Every known pattern's specification by name, in the order of registration."""


class Strategy(BaseModel):
    """What all strategies share; each pattern adds the settings of its playbook."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str
    name: str = Field("", max_length=60, description="its name in reports; default: the pattern's")
    staff: int | None = Field(None, ge=0, description="inspectors rostered; default: inspectors.count")
    stable: str | None = Field(None, description="who decides at the start; default: deployment.stable")
    candidate: str | None = Field(None, description="who is to be rolled out; default: deployment.candidate")
    start: Duration | None = Field(None, description="when the rollout starts; default: deployment.start")
    fallback: Fallback | None = Field(None, description="who decides when a model is down")
    retraining: Retraining | None = Field(None, description="new versions, which go out as the first one did")
    alarms: tuple[Alarm, ...] = Field((), description="drift detectors, and what follows when one fires")

    @property
    def title(self) -> str:
        return self.name or self.pattern

    @property
    def deciders(self) -> tuple[str, ...]:
        """Everybody whom a (resolved) strategy names: stable, candidate, and a pattern's own arms or challengers."""
        named = (self.stable, self.candidate, *getattr(self, "arms", ()), *getattr(self, "challengers", ()))
        return tuple(dict.fromkeys(name for name in named if name))

    def settings(self) -> dict[str, Any]:
        """Return the playbook's own keyword arguments."""
        return {name: getattr(self, name) for name in type(self).model_fields if name not in Strategy.model_fields}


_FUNCTIONS: dict[str, Pattern] = {}


def pattern(name: str) -> Callable[[AnyPattern], AnyPattern]:
    """Register a generator function ``(rollout, *, settings...)`` as the deployment pattern `name`.

    Examples
    --------
    >>> @pattern("at_noon")
    ... def at_noon(rollout, *, share: float = 10.0):
    ...     '''Give the candidate a share of the phones at noon.'''
    ...     yield from rollout.wait("12h")
    ...     rollout.set_weight(share)
    >>> PATTERNS["at_noon"](pattern="at_noon").settings()
    {'share': 10.0}
    >>> forget("at_noon")
    """

    def register(function: AnyPattern) -> AnyPattern:
        # Kept with the function: a worker process gets it without the module that its annotations' names are of.
        hints = function.__annotations__ = get_type_hints(function, include_extras=True)
        fields: dict[str, Any] = {"pattern": (Literal[name], name)}
        for parameter in list(inspect.signature(function).parameters.values())[1:]:
            default = ... if parameter.default is parameter.empty else parameter.default
            fields[parameter.name] = (hints.get(parameter.name, Any), Field(default, validate_default=True))
        documentation = inspect.getdoc(function) or ""
        PATTERNS[name] = create_model(name, __base__=Strategy, __doc__=documentation, **fields)
        _FUNCTIONS[name] = function
        return function

    return register


def forget(name: str) -> None:
    """Take a pattern off the list, e.g. one that a notebook defined for a moment."""
    PATTERNS.pop(name, None)
    _FUNCTIONS.pop(name, None)


def playbook(name: str) -> Pattern:
    """Return the generator function of a pattern."""
    return _FUNCTIONS[name]


def play(strategy: Strategy, rollout: Rollout) -> Playbook:
    """Start a strategy's playbook, with its alarms and retraining beside it if it has any."""
    book = partial(playbook(strategy.pattern), rollout, **strategy.settings())
    if strategy.retraining is None and not strategy.alarms:
        return book()
    return lifecycle(rollout, book, strategy.retraining, strategy.alarms)
