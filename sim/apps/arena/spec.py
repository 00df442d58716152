"""What an arena file may say: the scenarios that strategies meet, how many worlds, what is scored, and the rivals."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from sim.document.characters import Line
from sim.document.names import named_in
from sim.measure.metric import TRUE_METRICS
from sim.scenario.spec import TrainReplications
from sim.units import SECOND, in_words, parse_duration, parse_factor

#: The version of the arena format.
FORMAT = 1
#: Below two worlds nobody can be judged.
FEWEST_WORLDS = 2
#: What strategies are measured against where an arena names no rivals of its own, from no model to nothing but one.
RIVALS = ("manual", "canary", "triage", "partial_automation", "full_automation")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _named(given: object) -> object:
    return {"scenario": given} if isinstance(given, str) else given


def _a_scenario(given: object) -> object:
    if (isinstance(given, str) and given.strip()) or isinstance(given, dict):
        return given
    raise ValueError(f"expected a shipped scenario's name, a file (./line.yaml) or a scenario, found {in_words(given)}")


class Round(_Part):
    """One scenario that every strategy meets; its own strategies, seed and replications do not count."""

    scenario: Annotated[Any, BeforeValidator(_a_scenario)] = Field(
        description="a shipped scenario's name, a file beside this one (./line.yaml), or the scenario itself"
    )
    name: Line = Field("", max_length=60, description="what the leaderboard calls it; default: the scenario's name")
    set: dict[str, Any] = Field(
        default_factory=dict, description="values in the place of the scenario's own, by path, as with --set"
    )


def _a_strategy(given: object) -> object:
    if isinstance(given, str):
        return {"pattern": given}
    if isinstance(given, dict) and isinstance(given.get("pattern"), str):
        return given
    raise ValueError(f"expected a pattern's name, or its settings ({{pattern: canary, hold: 2h}}), {_found(given)}")


def _found(given: object) -> str:
    return "found no key 'pattern'" if isinstance(given, dict) else f"found {in_words(given)}"


Rival = Annotated[
    dict[str, Any],
    BeforeValidator(_a_strategy),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "required": ["pattern"]}]}),
]
_known_metric = named_in(TRUE_METRICS, "there is")
Metric = Annotated[str, AfterValidator(_known_metric)]


class ArenaSpec(_Part):
    """An arena: strategies meet the same worlds, and a score ranks them."""

    arena: Literal[1] = Field(description="version of the arena format")
    title: Line = Field(min_length=1, max_length=120, description="what has to be done, in one line")
    about: Line = Field("", max_length=400, description="what to know before one begins")
    scenarios: tuple[Annotated[Round, BeforeValidator(_named)], ...] = Field(
        min_length=1, max_length=20, description="what every strategy meets: names, files, or scenarios"
    )
    worlds: int = Field(10, ge=FEWEST_WORLDS, le=10_000, description="of each scenario: replications")
    histories: TrainReplications = Field(
        1, description="from how many histories models are trained: 1, or at least 5, as train_replications"
    )
    score: Metric = Field("cost_per_1000", description="what ranks: the mean of this metric over the scenarios")
    limits: dict[str, str | float] = Field(
        default={"escape_rate": "25%"},
        description="who breaks one of these in some scenario is not ranked: {escape_rate: 25%}",
    )
    rivals: tuple[Rival, ...] = Field(
        tuple({"pattern": name} for name in RIVALS),
        min_length=1,
        max_length=30,
        description="built-in strategies that are ranked too",
    )
    reference: str | None = Field(
        None, description="the rival whom every score is compared with, phone by phone; default: the first"
    )

    @field_validator("limits")
    @classmethod
    def _readable(cls, limits: dict[str, str | float]) -> dict[str, str | float]:
        for metric, limit in limits.items():
            amount(limit, _known_metric(metric))
        return limits

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [title_of(rival) for rival in self.rivals]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two rivals are called '{twice[0]}': give one of them a name")
        if self.reference is not None and self.reference not in names:
            raise ValueError(f"the reference is one of the rivals: {', '.join(names)}")
        if TRUE_METRICS[self.score].better == "neither":
            raise ValueError(f"of {self.score} neither more nor less is better: nobody can be ranked by it")
        if self.histories > 1 and (self.histories < 5 or self.worlds % self.histories):
            raise ValueError("histories is 1, or at least 5, and worlds is a multiple of it")
        return self


def title_of(strategy: dict[str, Any]) -> str:
    """Return a strategy's name in reports.

    >>> title_of({"pattern": "canary"}), title_of({"pattern": "canary", "name": "slow"})
    ('canary', 'slow')
    """
    return str(strategy.get("name") or strategy["pattern"])


def amount(limit: str | float, metric: str) -> float:
    """Return a limit in its metric's unit.

    >>> amount("20%", "escape_rate"), amount("90s", "latency_p95_s"), amount("$400", "cost_per_1000")
    (0.2, 90.0, 400.0)
    >>> amount("soon", "latency_p95_s")
    Traceback (most recent call last):
    ValueError: a limit of latency_p95_s is such as '90s', not the text 'soon'
    """
    unit = TRUE_METRICS[metric].unit
    try:
        if unit == "s":
            return parse_duration(limit) / SECOND
        return parse_factor(limit.lstrip("$") if isinstance(limit, str) else limit)
    except ValueError:
        example = {"s": "90s", "share": "20%", "$": "$400"}.get(unit, "5")
        raise ValueError(f"a limit of {metric} is such as '{example}', not {in_words(limit)}") from None
