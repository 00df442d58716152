"""What a computing process does: it holds the visits of those who asked it last, and what their runs came to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path

from sim import shipped
from sim.apps.session import Kept
from sim.apps.stories import Story, load_story
from sim.apps.stories.own import OWN, own_story
from sim.apps.talk import HELLO, LOAD, READY, Heard, Said, Stale, refused
from sim.apps.visit import Visit
from sim.apps.web.learned import Learned
from sim.document import ScenarioError, checks_failed, unknown_name
from sim.document.characters import shown
from sim.line.engines import default, prepare

#: Visits that are at hand; one that is not is made again from what its page says.
MOST_VISITS = 100
#: Bytes of runs, worlds and models in each of a few processes: some hundred moves, and a server stays a small one.
MOST_KEPT = 192_000_000


def make(folder: Path | None = None) -> Visits:
    """Return what answers messages in one process; what is compiled once on a machine is compiled by then.

    Parameters
    ----------
    folder : Path, optional
        Where the processes of a server share what they have trained. Default: each trains its own.
    """
    prepare(default())
    return Visits(folder)


class Visits:
    """Answers messages of many visitors, each with the story that their page shows.

    A message carries, beside what the page says, `visitor` (a number that nobody else has), `default` (the server's
    story, or None) and `loaded` (what the visitor's page shows as the story `own`: the text, and the story whose knobs
    it got; or None).
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._kept = Kept(MOST_KEPT)
        if folder is not None:
            self._kept.versions = Learned(self._kept.versions.most_bytes, folder)
        self._visits: OrderedDict[tuple[object, ...], Visit] = OrderedDict()
        self._stories: dict[tuple[str, int], Story] = {}

    def __call__(self, message: Heard, stale: Stale) -> Iterator[Said]:
        """Answer one message."""
        if message["kind"] == LOAD:
            yield from self._load(message)
            return
        try:
            visit = self._visit(message)
        except ScenarioError as error:
            if message["kind"] != READY:
                yield refused(message, str(error))
                return
            begun = {**message, "state": {}}
            for said in self._visit(begun).take(begun, stale):
                yield Said({**said.message, "wrong": str(error)}, said.buffers)
            return
        yield from visit.take(message, stale)

    def _visit(self, message: Heard) -> Visit:
        text, story = None, _story_in(message)
        if _told(message) == OWN:
            if message["loaded"] is None:
                raise checks_failed(None, [((), "a text of one's own is not in an address: load it again")])
            text, story = message["loaded"]
        key = (message["visitor"], story, text)
        if key not in self._visits:
            shown = self._story(story)
            if text is not None:
                shown = own_story(text, shown, may_name_files=False)
            self._visits[key] = Visit(shown, self._kept)
        self._visits.move_to_end(key)
        while len(self._visits) > MOST_VISITS:
            self._visits.popitem(last=False)
        return self._visits[key]

    def _story(self, name: str) -> Story:
        """Return a shipped story, which is read once, or a file's as it is now.

        Reading one tries every knob at both ends, which takes as long as a move; and a class of visitors comes at once.
        """
        file = shipped.stories().get(name)
        if file is None:
            return load_story(name)
        key = name, file.stat().st_mtime_ns
        if key not in self._stories:
            self._stories[key] = load_story(name)
        return self._stories[key]

    def _load(self, message: Heard) -> Iterator[Said]:
        """Read a visitor's text; `again` says that their page has had it before, and is as its state says."""
        text, state = str(message.get("text", "")), message.get("state") if message.get("again") else {}
        try:
            beside = _story_in(message)
            story: Story = own_story(text, self._story(beside), may_name_files=False)
        except ScenarioError as error:
            yield refused(message, str(error))
            return
        for said in Visit(story, self._kept).take({"kind": READY, "state": state}):
            more = {"loaded": (text, beside)} if said.message["kind"] == HELLO else {}
            yield Said({**said.message, **more}, said.buffers)


def _told(message: Heard) -> object:
    state = message.get("state")
    return state.get("story") if isinstance(state, Mapping) else None


def _story_in(message: Heard) -> str:
    """Return the story that a page names: the server's or a shipped one, since a stranger names it.

    A text of the visitor's own has the knobs of the story in whose place it came.
    """
    default, told = str(message["default"] or next(iter(shipped.stories()))), _told(message)
    if told == OWN:
        told = message.get("beside")
    if told in (None, Path(default).stem):
        return default
    if not isinstance(told, str) or told not in shipped.stories():
        raise checks_failed(None, [(("story",), unknown_name("story", shown(str(told)), shipped.stories()))])
    return str(told)
