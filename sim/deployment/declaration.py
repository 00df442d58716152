"""What a pattern says of itself: all that other code must know of one. Nobody keeps a list of patterns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from sim.deployment.rollout import Pattern
from sim.deployment.telemetry.labels import Audits
from sim.document import Refusal
from sim.inspectors.model import Model
from sim.line.route import HUMANS, NOBODY
from sim.plugins import at_work

#: Deciders that are not models.
PEOPLE = (HUMANS.name, NOBODY.name)


@dataclass(frozen=True, slots=True)
class Names:
    """The mark of a setting that holds names: of any decider, or of a model only."""

    of: Literal["decider", "model"]


#: A setting of this type, or a tuple of them, names deciders: inspectors, nobody, or models of the scenario.
Decider = Annotated[str, Names("decider")]
#: The same of models only: of who can look on without deciding, say.
ModelName = Annotated[str, Names("model")]


@dataclass(frozen=True, slots=True)
class Appearance:
    """How a pattern would like to be drawn, in plain data.

    Parameters
    ----------
    colour : str
        One of Okabe and Ito's (2008).
    dash : tuple of float
        Lengths of strokes and gaps in points; () is a solid line.
    marker : str
        One of matplotlib's.
    always : bool
        Whether it looks so in every picture of every run; else another colour will do where this one is taken.
    """

    colour: Literal["black", "orange", "sky", "green", "blue", "vermillion", "purple"]
    dash: tuple[float, ...] = ()
    marker: str = "o"
    always: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the checks of a strategy may know of its scenario: what a team knows before it starts.

    Parameters
    ----------
    horizon_us : int
        When the run ends.
    models : mapping of str to model
        The models that there are, as the scenario describes them.
    audits : Audits
        Of which phones the truth becomes known.
    dust : bool
        Whether there is ever any dust that cleaning takes away.
    """

    horizon_us: int
    models: Mapping[str, Model]
    audits: Audits
    dust: bool = False


class WithDeciders(Protocol):
    """What a pattern may know of a strategy when it says whether inspectors decide under it."""

    @property
    def stable(self) -> str | None: ...
    @property
    def named(self) -> tuple[str, ...]:
        """The deciders that the pattern's own settings name."""
        ...


def where_named(strategy: WithDeciders) -> bool:
    """Whether inspectors are the stable decider of a strategy, or among those that its own settings name.

    What a pattern declares that never brings in inspectors by itself: ``@pattern("leap", people=where_named)``.
    """
    return HUMANS.name in (strategy.stable, *strategy.named)


def nothing_more(strategy: object, around: Surroundings) -> Iterator[Refusal]:
    """Check nothing beyond what every strategy is checked for."""
    yield from ()


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a pattern declares; `strategy` is always one with the scenario's defaults filled in.

    Parameters
    ----------
    playbook : generator function
        ``(rollout, *, settings...)``: what it does.
    people : bool or callable, optional
        Whether inspectors may have to decide a phone under it: yes, no, or that depends on the strategy. The fallback
        is not meant. None: it does not say, and is taken to need some.
    rolls_out : bool
        Whether it rolls out its candidate, which then has to be a model.
    no_retraining : str
        Why new versions cannot go out by it; "" if they can.
    checks : callable
        ``(strategy, surroundings)``: yields what is wrong with its settings, each with its place in the strategy.
    usual : bool
        Whether a scenario that names no strategies compares it.
    appearance : Appearance, optional
        How it is drawn.
    """

    playbook: Pattern
    people: bool | Callable[[Any], bool] | None = None
    rolls_out: bool = True
    no_retraining: str = ""
    checks: Callable[[Any, Surroundings], Iterator[Refusal]] = nothing_more
    usual: bool = False
    appearance: Appearance | None = None

    def needs_people(self, strategy: WithDeciders) -> bool:
        """Whether inspectors may have to decide a phone, the fallback aside."""
        if callable(self.people):
            with at_work("what it says of people", self.people):
                return bool(self.people(strategy))
        return self.people is not False
