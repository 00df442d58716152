"""What a computing process does: it holds the visits of those who asked it last, and what their runs came to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path

from sim import shipped
from sim.apps.session import Kept
from sim.apps.stories import Story, load_story
from sim.apps.stories.own import OWN, own_story
from sim.apps.talk import HELLO, LOAD, READY, Heard, Said, Stale
from sim.apps.visit import Visit
from sim.document import ScenarioError, checks_failed, unknown_name

#: Visits that are at hand; one that is not is made again from what its page says.
MOST_VISITS = 100


def make() -> Visits:
    """Return what answers messages in one process."""
    return Visits()


class Visits:
    """Answers messages of many visitors, each with the story that their page shows.

    A message carries, beside what the page says, `visitor`, `default` (the server's story) and `loaded` (a text of the
    visitor's own in its place, or None).
    """

    def __init__(self) -> None:
        self._kept = Kept()
        self._visits: OrderedDict[tuple[object, ...], Visit] = OrderedDict()

    def __call__(self, message: Heard, stale: Stale) -> Iterator[Said]:
        """Answer one message."""
        if message["kind"] == LOAD:
            yield from self._load(message)
            return
        try:
            visit = self._visit(message)
        except ScenarioError as error:
            yield Said({"kind": "refused", "say": str(error), "serial": message.get("serial")})
            if message["kind"] != READY:
                return
            message = {**message, "state": {}}
            visit = self._visit(message)
        yield from visit.take(message, stale)

    def _visit(self, message: Heard) -> Visit:
        story, loaded = _name_in(message), message["loaded"]
        key = (message["visitor"], story, loaded)
        if key not in self._visits:
            beside = load_story(story)
            shown = own_story(loaded, beside, may_name_files=False) if loaded is not None else beside
            self._visits[key] = Visit(shown, self._kept)
        self._visits.move_to_end(key)
        while len(self._visits) > MOST_VISITS:
            self._visits.popitem(last=False)
        return self._visits[key]

    def _load(self, message: Heard) -> Iterator[Said]:
        try:
            story: Story = own_story(str(message.get("text", "")), load_story(_name_in(message)), may_name_files=False)
        except ScenarioError as error:
            yield Said({"kind": "refused", "say": str(error)})
            return
        for said in Visit(story, self._kept).take({"kind": READY, "state": {}}):
            yield Said({**said.message, "loaded": said.message["kind"] == HELLO}, said.buffers)


def _name_in(message: Heard) -> str:
    """Return the story that a page's state names: the server's or a shipped one, since a stranger names it."""
    default, state = str(message["default"]), message.get("state")
    told = state.get("story") if isinstance(state, Mapping) else None
    if told in (None, OWN, Path(default).stem):
        return default
    if not isinstance(told, str) or told not in shipped.stories():
        raise checks_failed(None, [(("story",), unknown_name("story", str(told), shipped.stories()))])
    return str(told)
