"""What `run` is asked beside its scenario: checked, and refused, in the words of a scenario file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sim.document import Document, validate
from sim.scenario import Scenario
from sim.scenario.spec import Replications, Seed, TrainReplications
from sim.units import in_words


def _several(given: object) -> object:
    if isinstance(given, str):
        raise ValueError(f"expected a list such as ['{given}'], found {in_words(given)}")
    return given


Names = Annotated[tuple[str, ...], BeforeValidator(_several)]


class Asked(BaseModel):
    """The arguments of a run.

    Examples
    --------
    >>> asked(replications=0)
    Traceback (most recent call last):
    sim.document.problems.ScenarioError: replications: expected a number that is at least 1, found the number 0
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategies: Names | None = None
    seed: Seed | None = None
    replications: Replications | None = None
    train_replications: TrainReplications | None = None
    engine: str | None = None
    workers: Annotated[int, Field(ge=1, le=4096)] | None = None
    metrics: Names = ()


def asked(**given: Any) -> Asked:
    """Return the arguments of a run, or refuse them.

    Raises
    ------
    ScenarioError
        With everything that is wrong.
    """
    return validate(Document.of(given), Asked)


def a_scenario(given: object) -> Scenario:
    """Return a scenario, or say how one is made of what was given in its place.

    >>> a_scenario("quickstart")
    Traceback (most recent call last):
    TypeError: a run takes a Scenario: write driftline.run(driftline.load('quickstart'))
    """
    if isinstance(given, Scenario):
        return given
    if isinstance(given, str | Path):
        raise TypeError(f"a run takes a Scenario: write driftline.run(driftline.load({str(given)!r}))")
    if isinstance(given, Mapping):
        raise TypeError("a run takes a Scenario: write driftline.run(driftline.build(**settings))")
    raise TypeError(f"a run takes a Scenario, which driftline.load or driftline.build returns, not {given!r}")
