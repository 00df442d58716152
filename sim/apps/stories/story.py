"""A story that has been read and checked: every position of its knobs is a scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sim.apps.stories.prose import SEED, filled
from sim.apps.stories.spec import Lead, Outcome, Question, StorySpec
from sim.apps.stories.values import read_plain
from sim.document import Document, Loc
from sim.document.overrides import with_value
from sim.scenario import Scenario, from_document


@dataclass(frozen=True, slots=True)
class Knob:
    """A control of a story, ready to be shown."""

    name: str
    label: str
    hint: str
    kind: Literal["range", "values", "choices"]
    values: tuple[str, ...]  #: as texts, in order
    says: tuple[str, ...]  #: what is shown for each
    start: str  #: one of the values: what the scenario has
    paths: tuple[str, ...]  #: what it moves in the scenario
    retrains: bool  #: whether moving it changes what a model has learned, so that a new one is trained


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something to try: where every knob stands then."""

    say: str
    settings: Mapping[str, str]  #: of the knobs that it moves
    notice: str


@dataclass(frozen=True, slots=True)
class Story:
    """A scenario with knobs; see `load_story`.

    Examples
    --------
    >>> from sim.apps.stories import load_story
    >>> story = load_story("lamp")
    >>> story.scenario({"lamp": "80%"}).drift[0].to
    0.8
    """

    name: str
    spec: StorySpec
    knobs: Mapping[str, Knob]
    document: Document = field(repr=False)  #: of the scenario, with every knob at its start
    seed: int  #: the scenario's own
    strategies: tuple[str, ...]  #: their names: no knob changes which there are
    may_name_files: bool = True  #: whether its scenario may, at any position of the knobs: not if a stranger wrote it

    @property
    def title(self) -> str:
        return self.spec.title

    @property
    def about(self) -> str:
        """What is shown, as it is at the start."""
        return self.told(self.spec.about)

    @property
    def aim(self) -> str:
        return self.spec.aim

    @property
    def read_next(self) -> tuple[str, ...]:
        return self.spec.read_next

    @property
    def shows(self) -> str:
        """The strategy whose phones are shown at first."""
        return self.spec.shows or self.strategies[0]

    @property
    def outcome(self) -> Outcome:
        """The metric that the headline and the first chart are about."""
        return self.spec.outcome

    @property
    def picture(self) -> Lead:
        """What the first chart holds the outcome against."""
        return self.spec.picture

    @property
    def questions(self) -> Mapping[str, Question]:
        return self.spec.questions

    @property
    def tries(self) -> tuple[Attempt, ...]:
        return tuple(
            Attempt(self.told(one.say, one.set), one.set, self.told(one.notice, one.set)) for one in self.spec.tries
        )

    def told(self, text: str, settings: Mapping[str, str] | None = None) -> str:
        """Return a sentence of the story's file as plain text, with the values that its knobs have.

        Examples
        --------
        >>> from sim.apps.stories import load_story
        >>> load_story("lamp").told("The lamp falls to {lamp}.", {"lamp": "60%"})
        'The lamp falls to 60 %.'
        """
        at = {**self.start, **(settings or {})}
        says = {name: knob.says[knob.values.index(at[name])] for name, knob in self.knobs.items()}
        return filled(text, {**says, SEED: str(self.seed)})

    @property
    def start(self) -> dict[str, str]:
        """Where every knob stands at the start."""
        return {name: knob.start for name, knob in self.knobs.items()}

    @property
    def places(self) -> dict[Loc, str]:
        """The knob that moves a place of the scenario, by that place."""
        return {loc: name for name, knob in self.knobs.items() for loc in self._places_of(knob)}

    def moved_by(self, knob: Knob) -> dict[str, list[Any]]:
        """Return what a picture shows of a knob: the strategies that it moves, and drifts by their numbers.

        Examples
        --------
        >>> from sim.apps.stories import load_story
        >>> story = load_story("lamp")
        >>> story.moved_by(story.knobs["lamp"]), story.moved_by(story.knobs["canary"])
        ({'drift': [0]}, {'strategies': ['canary']})
        """
        moved: dict[str, list[Any]] = {}
        for family, number, *_ in (loc for loc in self._places_of(knob) if len(loc) > 1):
            if family in ("drift", "strategies") and isinstance(number, int):
                moved.setdefault(family, []).append(number if family == "drift" else self.strategies[number])
        return moved

    def _places_of(self, knob: Knob) -> list[Loc]:
        return [with_value(self.document.data, path, None)[1] for path in knob.paths]

    def scenario(
        self, settings: Mapping[str, str] | None = None, seed: int | None = None, more: Mapping[str, Any] | None = None
    ) -> Scenario:
        """Return the whole scenario behind one position of the knobs; `sim.run` takes it as it is.

        Parameters
        ----------
        settings : mapping of str to str, optional
            Values of knobs; the others stand at their start.
        seed : int, optional
            In place of the scenario's own.
        more : mapping, optional
            A strategy beside those of the story, as a file has it.

        Raises
        ------
        ScenarioError
            If the scenario refuses these values together.
        """
        document = self.document.replaced(self.data(settings, seed, more), {})
        return from_document(document, self.name, may_name_files=self.may_name_files)

    def data(
        self, settings: Mapping[str, str] | None = None, seed: int | None = None, more: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the scenario at one position of the knobs as a file would have it: see `scenario`."""
        data: Any = self.document.data
        for name, text in (settings or {}).items():
            knob = self.knobs[name]
            if text != knob.start:
                for path in knob.paths:
                    data, _ = with_value(data, path, read_plain(text))
        whole: dict[str, Any] = data if seed is None else {**data, "seed": seed}
        return whole if more is None else {**whole, "strategies": [*self._strategies(whole), more]}

    def _strategies(self, data: Mapping[str, Any]) -> Sequence[Any]:
        """Return the strategies as a file has them, those of the format where the file names none."""
        given: Sequence[Any] = data.get("strategies") or [{"pattern": name} for name in self.strategies]
        return given
