"""A visit: one page's conversation about one story, wherever the page is. It computes where it is called.

A page says where its knobs stand, and hears answers part by part; what it says is a stranger's and is checked as a file
is. The page holds the state, so whoever hosts it needs to remember nothing but the story.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sim.apps import words
from sim.apps.answer import answer_of
from sim.apps.session import PATIENCE_S, Kept, Part, Session
from sim.apps.state import State
from sim.apps.stories import Story
from sim.apps.stories.prose import parts_of
from sim.apps.stories.questions import answer_to, asked_of, options_of
from sim.apps.talk import (
    DEAL,
    HELLO,
    OTHERS_WAIT,
    PROGRESS,
    READY,
    REEL,
    REFINE,
    SHOW,
    SUM,
    YAML,
    Heard,
    Said,
    Stale,
    about,
    never,
    refused,
)
from sim.apps.trial_told import dealt, summed_up
from sim.document import ScenarioError, checks_failed
from sim.document.writing import yaml_text
from sim.experiment.result import Result

#: Replications until an interval is as narrow as a page shows.
REFINED = 10
#: Seconds of work after which what there is so far is shown where others wait: to tell it twice takes their time.
HURRIED_S = 0.3


class Visit:
    """One page's conversation about a story.

    Parameters
    ----------
    story : Story
        What the page shows.
    kept : Kept, optional
        What the visits of one process share.
    engine : str, optional
        Which engine moves the phones.
    refined : int
        Replications until an interval is narrow enough.

    Examples
    --------
    >>> from sim.apps.stories import load_story
    >>> visit = Visit(load_story("lamp"))
    >>> (hello,) = visit.take({"kind": "ready", "state": {"lamp": "60%"}})
    >>> hello.message["state"]["lamp"]
    '60%'
    >>> *_, answer = visit.take({"kind": "show", "serial": 7, "state": {"lamp": "60%"}})
    >>> answer.message["serial"], answer.message["done"]
    (7, True)
    """

    def __init__(
        self, story: Story, kept: Kept | None = None, engine: str | None = None, refined: int = REFINED
    ) -> None:
        self.story = story
        self._refined = refined
        self._session = Session(story, kept, engine)

    def take(self, heard: Heard, stale: Stale = never) -> Iterator[Said]:
        """Answer one message.

        Parameters
        ----------
        heard : mapping
            A page's.
        stale : callable, optional
            Asked between strategies, and between replications.

        Yields
        ------
        Said
            What the page makes a picture of. What is refused is said in the command line's words.
        """
        try:
            for said in self._answers(heard, stale):
                yield Said({**said.message, **about(heard)}, said.buffers)
        except ScenarioError as error:
            if heard.get("kind") == READY:  # a wrong address still shows the story, as it begins
                hello = self._hello(State.start(self.story))
                yield Said({**hello.message, "wrong": str(error), **about(heard)})
                return
            yield refused(heard, str(error))

    def state_in(self, heard: Heard) -> State:
        """Return where a page says that it stands.

        Raises
        ------
        ScenarioError
            If it is no state of this story.
        """
        return State.read(self.story, _texts(heard.get("state")))

    def _answers(self, heard: Heard, stale: Stale) -> Iterator[Said]:
        kind = heard.get("kind")
        state = self.state_in(heard)
        if kind == READY:
            yield self._hello(state)
        elif kind == SHOW:
            patience_s = HURRIED_S if heard.get(OTHERS_WAIT) else PATIENCE_S
            yield from self._shown(state, 1, stale, aside=bool(heard.get("ghost")), patience_s=patience_s)
        elif kind == REFINE:
            yield from self._shown(state, self._refined, stale, beyond=_seen(heard))
        elif kind == REEL:
            yield self._reel(state)
        elif kind == YAML:
            you = None if state.me is None else state.me.strategy()
            data = self.story.data(state.settings, state.seed, you)
            yield Said({"kind": YAML, "text": yaml_text(data)})
        elif kind == DEAL:
            yield Said({"kind": DEAL, **dealt(self.story.scenario(state.settings, state.seed), state.clock, heard)})
        elif kind == SUM:
            yield Said({"kind": SUM, **summed_up(self.story.scenario(state.settings, state.seed), heard)})

    def _hello(self, state: State) -> Said:
        texts = state.texts(self.story)
        hello = {"kind": HELLO, "story": told_of(self.story), "state": texts, "refined": self._refined}
        return Said({**hello, "trial": True})

    def _shown(
        self,
        state: State,
        replications: int,
        stale: Stale,
        aside: bool = False,
        beyond: int = 0,
        patience_s: float = PATIENCE_S,
    ) -> Iterator[Said]:
        if not self._session.is_trained(state):
            yield Said({"kind": PROGRESS, "say": "Training the models for these settings …", "share": None})
        first = state.strategy
        for part in self._session.parts(
            state, replications, stale=stale, first=first, aside=aside, beyond=beyond, patience_s=patience_s
        ):
            yield Said(self._answer(part, state))
            if stale():
                return

    def _answer(self, part: Part, state: State) -> dict[str, Any]:
        story = self.story
        told = answer_of(
            part.result,
            fresh=part.fresh,
            done=part.done,
            places=story.places,
            outcome=story.outcome,
            about=story.shows,
            replies=story.spec.answers,
        )
        told["state"] = state.texts(self.story)
        if part.done:
            answers = {
                name: answer_to(question, without_you(part.result, self.story))
                for name, question in self.story.questions.items()
            }
            told["questions"] = {name: {"answer": each.answer, "say": each.say} for name, each in answers.items()}
        return told

    def _reel(self, state: State) -> Said:
        reel = self._session.reel(state, state.strategy)
        return Said(reel.message, (reel.packed.data,))


def without_you(result: Result, story: Story) -> Result:
    """Return a result with the story's own strategies: its questions are about these."""
    kept = tuple(each for each in result.strategies if each.name in story.strategies)
    return result if len(kept) == len(result.strategies) else replace(result, strategies=kept)


def told_of(story: Story) -> dict[str, Any]:
    """Return what a page needs to know of a story before anything has run.

    Examples
    --------
    >>> from sim.apps.stories import load_story
    >>> told = told_of(load_story("lamp"))
    >>> told["knobs"][0]["name"], told["knobs"][0]["start"] in told["knobs"][0]["values"]
    ('lamp', True)
    """
    return {
        "name": story.name,
        "title": story.title,
        "about": story.about,
        "about_parts": parts_of(story.spec.about),
        "aim": story.aim,
        "seed": story.seed,
        "strategies": list(story.strategies),
        "shows": story.shows,
        "who": {name: parts_of(text) for name, text in story.spec.who.items()},
        "outcome": story.outcome,
        "picture": story.picture,
        "knobs": [
            {
                "name": knob.name,
                "label": knob.label,
                "hint": knob.hint,
                "kind": knob.kind,
                "values": list(knob.values),
                "says": list(knob.says),
                "start": knob.start,
                "retrains": knob.retrains,
                "moves": story.moved_by(knob),
            }
            for knob in story.knobs.values()
        ],
        "try": [
            {"say": one.say, "set": dict(one.settings), "notice": one.notice, "notice_parts": parts_of(spec.notice)}
            for one, spec in zip(story.tries, story.spec.tries, strict=True)
        ],
        "questions": [
            {
                "name": name,
                "ask": question.ask,
                "options": [{"value": value, "say": say} for value, say in options_of(story, question).items()],
                "at": dict(question.at),
                "asked": asked_of(story, question),
                "stands": question.right is not None,
            }
            for name, question in story.questions.items()
        ],
        "read_next": [{"say": words.further(place), "href": None} for place in story.read_next],
    }


def _seen(heard: Heard) -> int:
    """Return how many replications a page has seen that asks for more: one, or more where it was interrupted."""
    seen = heard.get("seen", 1)
    return seen if isinstance(seen, int) else 1


def _texts(given: Any) -> Mapping[str, str]:
    """Return a page's state as texts: a stranger may send anything."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(each, str) for pair in given.items() for each in pair):
        raise checks_failed(None, [(("state",), "a state is a mapping of texts to texts")])
    return given
