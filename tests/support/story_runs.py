"""Runs of the shipped stories for tests of their words, kept from one test to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim import shipped
from sim.apps.session import Kept, Part, Session
from sim.apps.stories import Story, load_story

KEPT = Kept()
STORIES = {name: load_story(name) for name in shipped.stories()}


@dataclass(frozen=True)
class At:
    """A position of a story's knobs, and a seed."""

    settings: Mapping[str, str] = field(default_factory=dict)
    seed: int = 1
    me: None = None


def answer(story: Story, **settings: str) -> Part:
    """Run a story once at its own seed, some knobs moved."""
    *_, part = Session(story, KEPT).parts(At(settings, story.seed))
    return part


def leaks(part: Part) -> dict[str, float]:
    """Return each strategy's escape rate."""
    return {each.name: float(each.samples["escape_rate"][0]) for each in part.result.strategies}
