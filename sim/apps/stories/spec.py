"""What a story file may say: a scenario, the knobs that move it, things to try, and questions to answer first."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator, model_validator

from sim.apps.stories.prose import shown
from sim.apps.stories.values import MOST_VALUES, grid, text_of
from sim.document.characters import Line
from sim.document.names import named_in
from sim.measure.metric import TRUE_METRICS
from sim.units import in_words

#: The version of the story format.
FORMAT = 1
#: Words that a page's address has for something else than a knob.
RESERVED = ("story", "seed", "clock", "play", "strategy", "pin", "reveal", "hide", "fix", "me")
#: More do not fit beside a picture; the first six are in view, the others fold away.
MOST_KNOBS = 12


def _texts(given: object) -> object:
    """Make the texts of values: 2 and 20% are both written without quotes in a file."""
    return [text_of(value) for value in given] if isinstance(given, list | tuple) else given


def _paths(given: object) -> object:
    return [given] if isinstance(given, str) else given


def _settings(given: object) -> object:
    return {name: text_of(value) for name, value in given.items()} if isinstance(given, dict) else given


def _a_scenario(given: object) -> object:
    if (isinstance(given, str) and given.strip()) or isinstance(given, dict):
        return given
    raise ValueError(f"expected a shipped scenario's name, a file (./line.yaml) or a scenario, found {in_words(given)}")


#: A value as a file has it: 2, 20%, true, a list.
_VALUE = {"type": ["string", "number", "boolean", "array", "object", "null"]}
Settings = Annotated[
    dict[str, str],
    BeforeValidator(_settings),
    WithJsonSchema({"type": "object", "additionalProperties": _VALUE, "minProperties": 1}),
]
Values = Annotated[
    tuple[str, ...],
    BeforeValidator(_texts),
    WithJsonSchema({"type": "array", "items": _VALUE, "maxItems": MOST_VALUES}),
]
Paths = Annotated[
    tuple[str, ...],
    BeforeValidator(_paths),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Metric = Annotated[str, Field(description="a metric told with the truth, such as escape_rate or latency_p95_s")]

Outcome = Literal["escape_rate", "latency_p95_s"]
Lead = Literal["time", "runs", "load", "seen"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


class KnobSpec(_Part):
    """A control: which value of the scenario it moves, and over which values: from/to/step, values, or choices."""

    path: Paths = Field(
        min_length=1, max_length=20, description="the place in the scenario, as with --set; or a list of places"
    )
    label: Line = Field(min_length=1, max_length=60, description="what it is, in a few words")
    hint: Line = Field("", max_length=160, description="one sentence beside it: what an end means")
    first: str | int | float | None = Field(None, alias="from", description="the lowest value, with its unit: 10%")
    last: str | int | float | None = Field(None, alias="to", description="the highest value")
    step: str | int | float | None = Field(None, description="from one value to the next, in the same unit")
    values: Values = Field(
        (), max_length=MOST_VALUES, description="in place of from, to and step: the values one by one"
    )
    choices: dict[str, Line] = Field(
        default_factory=dict, max_length=MOST_VALUES, description="or: each value with the words that are shown for it"
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        ranged = [end is not None for end in (self.first, self.last, self.step)]
        if sum([any(ranged), bool(self.values), bool(self.choices)]) != 1 or any(ranged) != all(ranged):
            raise ValueError("a knob has either from, to and step, or values, or choices")
        if all(ranged):
            grid(self.first, self.last, self.step)
        if len(self.texts) < 2:
            raise ValueError("a knob has two values or more: what is fixed stands in the scenario, or in `set`")
        if len(set(self.texts)) < len(self.texts):
            raise ValueError("a value is there twice")
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """All values, in order, as a file has them."""
        if self.first is not None:
            return tuple(grid(self.first, self.last, self.step))
        return self.values or tuple(self.choices)

    @property
    def says(self) -> tuple[str, ...]:
        """What is shown for each value."""
        return tuple(self.choices.values()) if self.choices else tuple(map(shown, self.texts))

    @property
    def kind(self) -> Literal["range", "values", "choices"]:
        """How it is shown: a slider over equal steps, over given values, or a choice."""
        return "range" if self.first is not None else "values" if self.values else "choices"


class Try(_Part):
    """Something to try: one click sets the knobs that it names, and puts the others back to their start."""

    say: Line = Field(
        min_length=1, max_length=160, description="what to do; {lamp} is the value that this sets for that knob"
    )
    set: Settings = Field(min_length=1, description="the knobs that it moves: {lamp: 80%}")
    notice: Line = Field("", max_length=240, description="where to look; {lamp} is where that knob stands")


class Question(_Part):
    """A question to answer before looking. Its answer is computed, or stands here: one of four kinds."""

    ask: Line = Field(min_length=1, max_length=200, description="the question")
    highest: Metric | None = Field(None, description="answer: the strategy with most of this metric")
    lowest: Metric | None = Field(None, description="answer: the strategy with least of it")
    more: tuple[str, str, str] | None = Field(
        None, description="[metric, strategy, other strategy]: which of the two has more of it"
    )
    options: dict[str, Line] = Field(
        default_factory=dict, max_length=8, description="or: the answers to choose from, by id"
    )
    right: str | None = Field(None, description="which option is right")
    because: Line = Field("", max_length=400, description="why, told after the answer")
    at: Settings = Field(
        default_factory=dict, description="the knobs that it is asked with, where they are not as at the start"
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum([self.highest is not None, self.lowest is not None, self.more is not None, bool(self.options)]) != 1:
            raise ValueError("a question has one of: highest, lowest, more, or options")
        if bool(self.options) != (self.right is not None):
            raise ValueError("options need to say which of them is right, and nothing else does")
        if self.options and (self.right not in self.options or len(self.options) < 2):
            raise ValueError(f"right is one of the two or more options: {', '.join(self.options)}")
        return self

    @field_validator("highest", "lowest")
    @classmethod
    def _known_metric(cls, name: str | None) -> str | None:
        return None if name is None else _known_metric(name)

    @field_validator("more")
    @classmethod
    def _known_metric_of_two(cls, more: tuple[str, str, str] | None) -> tuple[str, str, str] | None:
        return None if more is None else (_known_metric(more[0]), *more[1:])

    @property
    def metric(self) -> str | None:
        """The metric that decides it; None where the file says what is right."""
        return self.highest or self.lowest or (self.more[0] if self.more else None)


_known_metric = named_in(TRUE_METRICS, "there is")


class Reply(_Part):
    """An answer of the page's own, told as its headline while what it claims is measured: see `answers.py`."""

    say: Line = Field(
        min_length=1,
        max_length=400,
        description="the answer; {escape_rate of canary} is what came out, {escape_rate then of canary} since a drift",
    )
    more: tuple[tuple[str, str, str], ...] = Field(
        (), max_length=6, description="[metric, strategy, other]: the first has measurably more of it than the other"
    )
    alike: tuple[tuple[str, str, str], ...] = Field(
        (), max_length=6, description="[metric, strategy, other]: these two cannot be told apart"
    )

    @model_validator(mode="after")
    def _claims_something(self) -> Self:
        if not self.more and not self.alike:
            raise ValueError("say under `more` or `alike` what has to be measured for this to be told")
        return self


class ExportSpec(_Part):
    """How `driftline export` makes a page of the story."""

    cross: tuple[str, str] = Field(
        description="two knobs whose values are run in every combination; the others are moved one at a time"
    )

    @field_validator("cross")
    @classmethod
    def _two(cls, names: tuple[str, str]) -> tuple[str, str]:
        if names[0] == names[1]:
            raise ValueError("name two different knobs")
        return names


class StorySpec(_Part):
    """A story: a scenario that can be moved by a few knobs, with something to try and something to find out."""

    story: Literal[1] = Field(description="version of the story format")
    lesson: int | None = Field(
        None, ge=1, le=999, description="its place in a course: lists of stories are in this order"
    )
    title: Line = Field(min_length=1, max_length=120, description="what happens, in one line")
    about: Line = Field(
        min_length=1,
        max_length=240,
        description="what is shown, in one sentence; {lamp} is where that knob stands, a number to be dragged",
    )
    aim: Line = Field(min_length=1, max_length=240, description="what the learner can say afterwards")
    scenario: Annotated[Any, BeforeValidator(_a_scenario)] = Field(
        description="a shipped scenario's name, a file beside this one (./line.yaml), or the scenario itself"
    )
    set: dict[str, Any] = Field(
        default_factory=dict, description="values in the place of the scenario's own, by path, as with --set"
    )
    knobs: dict[str, KnobSpec] = Field(
        min_length=1, max_length=MOST_KNOBS, description="controls by name; the first six are in view"
    )
    tries: tuple[Try, ...] = Field((), alias="try", max_length=12, description="things to try")
    questions: dict[str, Question] = Field(
        default_factory=dict, max_length=12, description="questions by name, to be answered before looking"
    )
    answers: tuple[Reply, ...] = Field(
        (), max_length=6, description="headlines of its own: the first whose claims are measured is told"
    )
    who: dict[str, Line] = Field(
        default_factory=dict, description="what each strategy does, in a sentence: {share} is where that knob stands"
    )
    shows: Line | None = Field(None, description="the strategy whose phones are shown at first; default: the first")
    outcome: Outcome = Field(
        "escape_rate", description="what the headline and the first chart are about: leakage, or how long phones wait"
    )
    picture: Lead = Field(
        "time",
        description="the first chart: the outcome over time, run by run, by load, or what the team sees of it",
    )
    export: ExportSpec | None = Field(None, description="how `driftline export` makes a page of it")
    read_next: tuple[Line, ...] = Field((), max_length=6, description="pages and notebooks that go on from here")
