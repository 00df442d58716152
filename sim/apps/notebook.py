"""The sandbox in a notebook: one cell shows a story, in the same views as everywhere, and its kernel computes.

Moves are answered on a thread of the sandbox's own, so that cells never wait for them. Who reads the notebook where no
kernel runs sees a picture of the story and a sentence.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

from sim.apps.answer import answer_of
from sim.apps.desk import Desk
from sim.apps.session import Kept, Session, scenario_at
from sim.apps.state import State
from sim.apps.stories import Story, load_story
from sim.apps.stories.own import own_story
from sim.apps.talk import HELLO, LOAD, READY, SHOW, STAND, Heard, Said, Stale, about, never, refused
from sim.apps.view import script
from sim.apps.visit import Visit
from sim.document import ScenarioError
from sim.experiment.result import Result
from sim.libraries import library
from sim.scenario import Scenario

#: What Jupyter shows a widget by.
WIDGET = "application/vnd.jupyter.widget-view+json"


def sandbox(
    story: str | Path | Story = "lamp",
    *,
    hide: Sequence[str] = (),
    fix: Sequence[str] = (),
    height: int | None = None,
    **settings: object,
) -> Sandbox:
    """Show a story in a notebook, to be played with.

    Parameters
    ----------
    story : str, Path or Story
        The name of a shipped story, a story's file, or a story that is loaded.
    hide, fix : sequence of str, optional
        What is not shown, and what nobody may move; as in the address of a page: ``hide=["truth"]``,
        ``fix=["seed", "knob"]``.
    height : int, optional
        In pixels; what is longer scrolls. Default: as high as it is.
    **settings
        Where it begins: values of the story's knobs, as its file writes them, `seed`, `strategy`, `clock` and so on.

    Returns
    -------
    Sandbox
        A cell whose last line it is shows it.

    Raises
    ------
    ScenarioError
        For a story, or a setting, that there is not.

    Examples
    --------
    >>> shown = sandbox("lamp", lamp="60%", seed=3, hide=["truth"])
    >>> shown.scenario.seed, shown.scenario.drift[0].to
    (3, 0.6)
    """
    read = story if isinstance(story, Story) else load_story(story)
    texts = {name: _text(value) for name, value in settings.items()}
    texts |= {name: ",".join(names) for name, names in (("hide", hide), ("fix", fix)) if names}
    return Sandbox(read, State.read(read, texts), height=height)


def _text(value: object) -> str:
    """Return a setting as the text that it is in a page's address."""
    return str(int(value)) if isinstance(value, bool) else str(value)


class Sandbox:
    """A story in a cell of a notebook: see `sandbox`.

    Parameters
    ----------
    story : Story
        What it shows.
    state : State
        Where it begins.
    height : int, optional
        In pixels.
    """

    def __init__(self, story: Story, state: State, *, height: int | None = None) -> None:
        self._talk = Talk(story, state)
        self._height = height
        self._widget: Any = None
        self._desk: Desk | None = None

    @property
    def story(self) -> Story:
        """What it shows: another one, once a visitor has loaded a file of their own."""
        return self._talk.visit.story

    @property
    def state(self) -> State:
        """Where it stands: what the visitor has set, revealed and said."""
        return self._talk.state

    @property
    def scenario(self) -> Scenario:
        """The scenario that the pictures show: give it to `sim.run` for intervals."""
        return scenario_at(self.story, self.state)

    def close(self) -> None:
        """Answer nothing more, and take it off the page."""
        if self._desk is not None:
            self._desk.close()
        if self._widget is not None:
            self._widget.close()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        widget = self._shown()
        model = {"version_major": 2, "version_minor": 1, "model_id": widget.model_id}
        return {WIDGET: model, **self._talk.still()}

    def _shown(self) -> Any:
        """Return the widget; it is made, and listened to, when it is first shown."""
        if self._widget is None:
            widget = _kind()()
            if self._height is not None:
                widget.layout.height, widget.layout.overflow = f"{self._height}px", "auto"
            desk = Desk(self._talk.take, lambda said: widget.send(dict(said.message), list(said.buffers)))
            self._widget, self._desk = widget, desk
            widget.on_msg(lambda _, message, __: self._heard(message))
        return self._widget

    def _heard(self, message: Heard) -> None:
        """Note at once where the page stands: what is left off and goes on later says where it stood."""
        self._talk.note(message)
        if self._desk is not None and message.get("kind") != STAND:
            self._desk.ask(message)


class Talk:
    """A notebook's end of a conversation: it remembers where the page stood, and can change to a visitor's own story.

    Parameters
    ----------
    story : Story
        What the page shows.
    state : State
        Where it begins.

    Examples
    --------
    >>> story = load_story("lamp")
    >>> talk = Talk(story, State.start(story))
    >>> talk.note({"kind": "stand", "state": {"lamp": "60%"}})
    >>> (hello,) = talk.take({"kind": "ready", "state": {}})
    >>> hello.message["state"]["lamp"]
    '60%'
    """

    def __init__(self, story: Story, state: State) -> None:
        self.visit = Visit(story, _kept())
        self.state = state
        self._one_story = Lock()  # messages are noted on another thread than they are answered on

    def note(self, heard: Heard) -> None:
        """Remember where a visitor's move went: what a page asks for by itself may be another view's, and older."""
        if heard.get("kind") not in (SHOW, STAND) or heard.get("ghost"):
            return
        with self._one_story, suppress(ScenarioError):  # the visit says what is wrong with it
            self.state = self.visit.state_in(heard)

    def take(self, heard: Heard, stale: Stale = never) -> Iterator[Said]:
        """Answer one message that has been noted: see `Visit.take`."""
        kind = heard.get("kind")
        if kind == LOAD:
            yield self._loaded(heard)
            return
        if kind == READY:  # the page is drawn anew, and goes on from where it stood
            heard = {**heard, "state": self.state.texts(self.visit.story)}
        yield from self.visit.take(heard, stale)

    def _loaded(self, heard: Heard) -> Said:
        try:
            own = own_story(str(heard.get("text", "")), self.visit.story, may_name_files=True)
        except ScenarioError as error:
            return refused(heard, str(error))
        with self._one_story:
            self.visit, self.state = Visit(own, _kept()), State.start(own)
        (hello,) = self.visit.take({"kind": READY})
        return Said({**hello.message, "kind": HELLO, "loaded": True, **about(heard)})

    def still(self) -> Mapping[str, str]:
        """Return what is seen where no kernel runs: a picture and a sentence, in any program."""
        *_, part = Session(self.visit.story, _kept()).parts(self.state)
        story = self.visit.story
        title = story.title
        told = answer_of(part.result, outcome=story.outcome, about=story.shows, replies=story.spec.answers)
        words = f"{title}{'' if title[-1] in '.?!' else '.'} {told['words']}"
        picture = (
            f'<figure style="margin:0"><img style="max-width:100%" alt="{escape(words)}" src="{_drawn(part.result)}">'
            f"<figcaption>{escape(words)} To play with it, run this cell in JupyterLab.</figcaption></figure>"
        )
        return {"text/html": picture, "text/plain": words}


def _drawn(result: Result) -> str:
    """Return the figure of leakage over time as an address that holds the picture itself."""
    from sim.report.figure import plot

    file = BytesIO()
    plot(result, "leakage_over_time").savefig(file, format="png", dpi=80)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


@cache
def _kept() -> Kept:
    """Return what all sandboxes of this kernel share: worlds, models and runs."""
    return Kept()


@cache
def _kind() -> Any:
    """Return the kind of widget that carries the views.

    Raises
    ------
    MissingLibrary
        If the extra for notebooks is not installed.
    """
    anywidget = library("anywidget", needed_by="the sandbox in a notebook", extra="lab")
    return type("SandboxWidget", (anywidget.AnyWidget,), {"_esm": script()})
