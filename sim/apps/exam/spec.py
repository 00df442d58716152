"""What an exam file may say: questions, what is drawn for each student, and how runs answer them."""

from __future__ import annotations

from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from sim.apps.stories.values import text_of
from sim.document.characters import Line
from sim.document.names import named_in
from sim.measure.metric import TRUE_METRICS
from sim.units import in_words

#: The version of the exam format.
FORMAT = 1
#: The kinds of answers; each question has one.
KINDS = ("best", "more", "value", "canary", "keeps_up", "drift", "blame")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _texts(given: object) -> object:
    if not isinstance(given, list | tuple):
        raise ValueError(f"expected a list of values to draw from, found {in_words(given)}")
    return tuple(text_of(value) for value in given)


def _template(text: str) -> str:
    names_in(text)
    return text


def names_in(text: str) -> tuple[str, ...]:
    """Return the names in curly brackets of a text.

    >>> names_in("of {share} phones, {count} are seen")
    ('share', 'count')
    >>> names_in("{share:.1f}")
    Traceback (most recent call last):
    ValueError: in curly brackets stands the name of something drawn or given, as in {share}, not {share:.1f}
    """
    try:
        parts = [(name, form, how) for _, name, form, how in Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise ValueError(f"a curly bracket is open or empty: {error}") from None
    for name, form, how in parts:
        if not name.isidentifier() or form or how:
            said = f"{name}{f':{form}' if form else ''}"
            raise ValueError(
                f"in curly brackets stands the name of something drawn or given, as in {{share}}, not {{{said}}}"
            )
    return tuple(name for name, _, _ in parts)


_known_metric = named_in(TRUE_METRICS, "there is")
Metric = Annotated[str, AfterValidator(_known_metric)]
Template = Annotated[str, AfterValidator(_template)]
_VALUE = {"type": ["string", "number", "boolean"]}
Values = Annotated[
    tuple[str, ...],
    BeforeValidator(_texts),
    WithJsonSchema({"type": "array", "items": _VALUE, "minItems": 1}),
]


class Canary(_Part):
    """How many defective phones a canary has to see before a rate that is so many times as high is noticed."""

    metric: Metric = "escape_rate"
    strategy: str = Field(description="whose rate is the usual one")
    times: float = Field(2.0, gt=1.0, le=10.0, description="how many times as high the rate is that must be noticed")
    alpha: float = Field(0.05, gt=0.0, lt=0.5, description="chance of a false alarm, one-sided")
    power: float = Field(0.8, gt=0.5, lt=1.0, description="chance to notice it")


class QuestionSpec(_Part):
    """A question: what is drawn, the scenario that is run, what is told, what is asked, and one kind of answer."""

    topic: Line = Field(min_length=1, max_length=60, description="what it is about")
    points: int = Field(2, ge=1, le=100)
    draw: dict[str, Values] = Field(
        default_factory=dict, description="a name, and the values of which each student gets one"
    )
    scenario: dict[str, Any] = Field(description="what is run; {name} stands for what was drawn")
    given: dict[str, tuple[str, str] | tuple[str, str, Literal["calm"]]] = Field(
        default_factory=dict,
        description="numbers of the run that the text tells: name: [metric, strategy], or with `calm`: without drift",
    )
    ask: Template = Field(min_length=1, description="the question; {name} stands for what was drawn or is given")
    because: Template = Field("", description="why, for the key")
    best: Metric | None = Field(None, description="answer: the strategy that is best in this metric")
    more: tuple[Metric, str, str] | None = Field(
        None, description="[metric, strategy, other]: which of the two has more of it"
    )
    value: tuple[Metric, str] | None = Field(None, description="[metric, strategy]: a number")
    canary: Canary | None = Field(None, description="a sample size")
    keeps_up: str | None = Field(None, description="does the line keep up under this strategy?")
    drift: bool = Field(False, description="which kind of drift is it? The scenario has one")
    blame: tuple[str, str] | None = Field(
        None, description="[strategy with the old, strategy with the new model]: world, model, both or neither?"
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind)]
        if len(given) != 1:
            raise ValueError(f"a question has one kind of answer: {', '.join(KINDS)}")
        for name in (*self.draw, *self.given):
            if not name.isidentifier():
                raise ValueError(f"a name is one word of letters, digits and _, not '{name}'")
        for metric, *_ in self.given.values():
            _known_metric(metric)
        for name in names_in(self.ask + self.because):
            if name not in self.draw and name not in self.given:
                known = ", ".join((*self.draw, *self.given)) or "nothing"
                raise ValueError(f"nothing is drawn or given that is called '{name}'; there is: {known}")
        return self

    @property
    def kind(self) -> str:
        """Which kind of answer it has."""
        return next(kind for kind in KINDS if getattr(self, kind))

    @property
    def strategies(self) -> tuple[str, ...]:
        """The strategies that it names."""
        pairs = {
            "more": (self.more or ())[1:],
            "value": (self.value or ())[1:],
            "canary": () if self.canary is None else (self.canary.strategy,),
            "keeps_up": (self.keeps_up or "",),
            "blame": self.blame or (),
        }
        return (*pairs.get(self.kind, ()), *(given[1] for given in self.given.values()))


class ExamSpec(_Part):
    """An exam: the same questions for everybody, about worlds of one's own."""

    exam: Literal[1] = Field(description="version of the exam format")
    title: Line = Field(min_length=1, max_length=120)
    about: Line = Field("", max_length=600, description="what to know before one begins")
    questions: dict[str, QuestionSpec] = Field(min_length=1, max_length=40, description="by name, in order")
