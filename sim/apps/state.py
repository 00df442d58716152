"""A state: everything a visitor has set, as a flat mapping of texts, which is a page's address and its JSON too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sim.apps.me import YOU, Me
from sim.apps.stories.questions import options_of
from sim.apps.stories.spec import RESERVED
from sim.apps.stories.story import Story
from sim.apps.stories.values import nearest
from sim.document import Refusal, checks_failed, suggest, unknown_name
from sim.document.characters import shown

#: What a teacher can hide beside single knobs, `knob.NAME`.
HIDEABLE = (
    "truth", "questions", "try", "seed", "pins", "yaml", "download", "words", "line", "camera", "charts", "inspector",
    "marks",
)  # fmt: skip
#: Characters of a refusal.
MOST_TOLD = 800
#: A seed is a whole number up to here.
MOST_SEED = 2**32 - 1
#: Pins that fit beside each other in a picture.
MOST_PINS = 3
_SAID = "said."
_BETWEEN_PINS = ";"  # a query writes it as %3B within a value
_WHOLE = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Pin:
    """A position that was kept, to be compared with."""

    settings: Mapping[str, str]  #: of every knob
    seed: int
    me: Me | None = None  #: the visitor as an inspector, where they work on the line


@dataclass(frozen=True, slots=True)
class State:
    """Where the knobs stand, what is drawn from, what is shown of it, and what the visitor has said.

    Examples
    --------
    >>> from sim.apps.stories import load_story
    >>> story = load_story("lamp")
    >>> state = State.read(story, {"lamp": "60%", "said.leaks_most": "canary"})
    >>> state.texts(story)
    {'story': 'lamp', 'lamp': '60%', 'said.leaks_most': 'canary'}
    >>> state.query(story)
    'story=lamp&lamp=60%25&said.leaks_most=canary'
    >>> State.read(story, {"lmp": "60%"})
    Traceback (most recent call last):
    sim.document.problems.ScenarioError: lmp: unknown setting 'lmp': did you mean 'lamp'?
    """

    settings: Mapping[str, str]  #: every knob's value, as a text
    seed: int
    clock: int  #: seconds from the start
    play: int  #: simulated seconds a second; 0: it stands
    strategy: str  #: whose phones are shown
    pins: tuple[Pin, ...] = ()
    reveal: bool = False  #: whether the truth is shown
    hide: tuple[str, ...] = ()  #: what a teacher does not show
    fix: tuple[str, ...] = ()  #: what a teacher does not let be changed
    said: Mapping[str, str] = field(default_factory=dict)  #: answers to questions, by the question's name
    me: Me | None = None  #: the visitor as an inspector, where they work on the line

    @classmethod
    def start(cls, story: Story) -> State:
        """Return the state in which a story begins."""
        return cls(story.start, story.seed, 0, 0, story.shows)

    @classmethod
    def read(cls, story: Story, texts: Mapping[str, str]) -> State:
        """Read a mapping of texts; what it leaves out is as at the start.

        Raises
        ------
        ScenarioError
            For keys that are unknown and values that are not possible, all at once.
        """
        reading = _Reading(story, texts)
        state = cls.start(story)
        changes: dict[str, Any] = dict(reading.changes())
        said = {**state.said, **changes.pop("said", {})}
        settings = {**state.settings, **changes.pop("settings", {})}
        if changes.get("strategy") == YOU and YOU not in story.strategies and changes.get("me") is None:
            reading.refusals.append(
                (("strategy",), "you are not on the line: `me` would say what kind of an inspector you are")
            )
        if reading.refusals:
            raise checks_failed(None, reading.refusals)
        return replace(state, settings=settings, said=said, **changes)

    @classmethod
    def of_query(cls, story: Story, query: str) -> State:
        """Read the query of a page's address: what `query` wrote."""
        return cls.read(story, dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True)))

    def texts(self, story: Story) -> dict[str, str]:
        """Return the mapping that `read` makes this state of; what is as at the start is left out."""
        start = State.start(story)
        texts = {"story": story.name}
        texts.update({name: text for name, text in self.settings.items() if text != start.settings[name]})
        for name in ("seed", "clock", "play", "strategy"):
            if (value := getattr(self, name)) != getattr(start, name):
                texts[name] = str(value)
        if self.pins:
            texts["pin"] = _BETWEEN_PINS.join(_pin_text(pin, start) for pin in self.pins)
        if self.reveal:
            texts["reveal"] = "1"
        if self.me is not None:
            texts["me"] = self.me.text
        texts.update({name: ",".join(names) for name in ("hide", "fix") if (names := getattr(self, name))})
        texts.update({f"{_SAID}{name}": answer for name, answer in self.said.items()})
        return texts

    def query(self, story: Story) -> str:
        """Return it as the query of a page's address."""
        return urlencode(self.texts(story))


class _Reading:
    """A mapping of texts being read: what it changes, and what is wrong with it."""

    def __init__(self, story: Story, texts: Mapping[str, str]) -> None:
        self._story = story
        self._texts = texts
        self.refusals: list[Refusal] = []

    def changes(self) -> Iterator[tuple[str, Any]]:
        settings, said = {}, {}
        for key, text in self._texts.items():
            try:
                if not isinstance(text, str):
                    raise ValueError("expected a text")
                if key in self._story.knobs:
                    settings[key] = _on_grid(self._story, key, text)
                elif key.startswith(_SAID):
                    said[key.removeprefix(_SAID)] = _an_answer(self._story, key.removeprefix(_SAID), text)
                elif key == "story":
                    if text != self._story.name:
                        raise ValueError(f"this is the story {self._story.name}, not '{text}'")
                elif key in RESERVED:
                    yield _FIELDS[key], _READ[key](self._story, text)
                else:
                    known = [*self._story.knobs, *RESERVED, *(f"{_SAID}{name}" for name in self._story.questions)]
                    raise ValueError(unknown_name("setting", shown(key), known))
            except ValueError as wrong:  # it holds what a stranger wrote, and at its end what there is
                self.refusals.append(((shown(key),), shown(str(wrong), MOST_TOLD)))
        yield "settings", settings
        yield "said", said


def _on_grid(story: Story, name: str, text: str) -> str:
    values = story.knobs[name].values
    if text not in values:
        near = nearest(text, values)
        raise ValueError(f"'{text}' is not among its values{f'; the nearest is {near}' if near else ''}")
    return text


def _an_answer(story: Story, name: str, text: str) -> str:
    if name not in story.questions:
        raise ValueError(unknown_name("question", name, story.questions))
    options = options_of(story, story.questions[name])
    if text not in options:
        raise ValueError(unknown_name("answer", text, options))
    return text


def _whole(most: int) -> Any:
    def read(story: Story, text: str) -> int:
        if not _WHOLE.fullmatch(text) or int(text) > most:
            raise ValueError(f"expected a whole number from 0 to {most:,}, found '{text}'")
        return int(text)

    return read


def _strategy(story: Story, text: str) -> str:
    if text not in (*story.strategies, YOU):
        raise ValueError(unknown_name("strategy", text, story.strategies))
    return text


def _yes(story: Story, text: str) -> bool:
    if text not in ("", "0", "1"):
        raise ValueError(f"expected 0 or 1, found '{text}'")
    return text == "1"


def _names(known: Any) -> Any:
    def read(story: Story, text: str) -> tuple[str, ...]:
        names = tuple(name.strip() for name in text.split(",") if name.strip())
        for name in names:
            if name not in (possible := known(story)):
                near = suggest(name, possible)
                hint = f": did you mean '{near}'?" if near else f"; there is: {', '.join(possible)}"
                raise ValueError(f"there is no '{name}'{hint}")
        return tuple(dict.fromkeys(names))

    return read


def hideable(story: Story) -> list[str]:
    """Return what a teacher can hide of a story.

    Examples
    --------
    >>> from sim.apps.stories import load_story
    >>> hideable(load_story("lamp"))[:2], "truth" in hideable(load_story("lamp"))
    (['knob.lamp', 'knob.fails_at'], True)
    """
    return [*(f"knob.{name}" for name in story.knobs), *HIDEABLE]


def fixable(story: Story) -> list[str]:
    """Return what a teacher can keep others from changing.

    Examples
    --------
    >>> from sim.apps.stories import load_story
    >>> "seed" in fixable(load_story("lamp")), "hide" in fixable(load_story("lamp"))
    (True, False)
    """
    return [*story.knobs, *(key for key in RESERVED if key not in ("story", "hide", "fix"))]


def pin_text(texts: Mapping[str, str]) -> str:
    """Return a kept position as one text: a query within the page's query, so that any value fits in.

    >>> pin_text({"lamp": "60%", "seed": "8"})
    'lamp=60%25&seed=8'
    """
    return urlencode(texts)


def pin_of(text: str) -> dict[str, str]:
    """Return what `pin_text` was given.

    >>> pin_of("lamp=60%25&seed=8")
    {'lamp': '60%', 'seed': '8'}
    """
    return dict(parse_qsl(text, keep_blank_values=True))


def _pins(story: Story, text: str) -> tuple[Pin, ...]:
    pins = tuple(_pin(story, one) for one in text.split(_BETWEEN_PINS) if one)
    if len(pins) > MOST_PINS:
        raise ValueError(f"at most {MOST_PINS} positions can be kept, found {len(pins)}")
    return tuple(pin for number, pin in enumerate(pins) if pin not in pins[:number])


def _pin(story: Story, text: str) -> Pin:
    """Read one pin: what it leaves out is as at the start."""
    settings, seed, me = dict(story.start), story.seed, None
    texts = pin_of(text)
    for name, value in texts.items():
        if name == "seed":
            seed = _whole(MOST_SEED)(story, value)
        elif name in story.knobs:
            settings[name] = _on_grid(story, name, value)
        elif name == "me":
            me = _me(story, value)
        else:
            raise ValueError(f"expected knob=value pairs such as {next(iter(story.knobs))}=…, found '{text}'")
    return Pin(settings, seed, me)


def _pin_text(pin: Pin, start: State) -> str:
    """Return what differs from the start, and the seed."""
    moved = {name: text for name, text in pin.settings.items() if text != start.settings[name]}
    me = {} if pin.me is None else {"me": pin.me.text}
    return pin_text({**moved, "seed": str(pin.seed), **me})


def _me(story: Story, text: str) -> Me | None:
    return Me.read(text) if text else None


#: How the text of each key is read, and which field of the state it is.
_READ: Mapping[str, Any] = {
    "seed": _whole(MOST_SEED),
    "clock": _whole(2_000_000_000),
    "play": _whole(1_000_000),
    "strategy": _strategy,
    "pin": _pins,
    "reveal": _yes,
    "hide": _names(hideable),
    "fix": _names(fixable),
    "me": _me,
}
_FIELDS = {key: {"pin": "pins"}.get(key, key) for key in _READ}
