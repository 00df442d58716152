"""Which positions of a story's knobs a page holds: two knobs crossed, the others one at a time, and things to try."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sim.apps.stories import Knob, Story

#: Values of each of the two knobs that are crossed, and of each other one.
CROSSED, ALONE = 5, 3


@dataclass(frozen=True, slots=True)
class Grid:
    """The story with the values that its page offers, and the positions that are run.

    Examples
    --------
    >>> from sim.apps.stories import load_story
    >>> grid = grid_of(load_story("lamp"))
    >>> grid.cross, len(grid.positions)
    (('lamp', 'fails_at'), 31)
    >>> grid.story.knobs["lamp"].values
    ('10%', '20%', '50%', '80%', '100%')
    """

    story: Story
    cross: tuple[str, ...]  #: knobs that go together in any way
    positions: tuple[Mapping[str, str], ...]  #: of every knob, the start first; none is there twice

    def key(self, settings: Mapping[str, str]) -> str:
        """Return the name of a position in the page's data: the number of each knob's value.

        >>> from sim.apps.stories import load_story
        >>> grid = grid_of(load_story("lamp"))
        >>> grid.key(grid.positions[0])
        '1.3.1.1.1'
        """
        return ".".join(str(knob.values.index(settings[name])) for name, knob in self.story.knobs.items())


def grid_of(story: Story, crossed: int = CROSSED) -> Grid:
    """Choose the positions of a story that a page holds.

    Parameters
    ----------
    story : Story
        It may say which two knobs are crossed (`export: {cross: [lamp, canary]}`); else the first two are that do not
        retrain, those with values enough before others.
    crossed : int
        Values of each of the two. The start, both ends and those of things to try and of questions are
        there, however many they are.
    """
    cross = _crossed(story, crossed)
    knobs = {name: _thinned(story, knob, crossed if name in cross else ALONE) for name, knob in story.knobs.items()}
    thin = replace(story, knobs=knobs)
    start = story.start
    together = itertools.product(*(knobs[name].values for name in cross))
    moves: list[Mapping[str, str]] = [
        {},
        *_wanted(story),
        *(dict(zip(cross, values, strict=True)) for values in together),
        *({name: value} for name, knob in knobs.items() if name not in cross for value in knob.values),
    ]
    there = {tuple({**start, **moved}.items()) for moved in moves}
    order = sorted(there, key=lambda position: [{**start, **moved} for moved in moves].index(dict(position)))
    return Grid(thin, cross, tuple(dict(position) for position in order))


def _wanted(story: Story) -> list[Mapping[str, str]]:
    """Return where a click goes: things to try, and the runs that questions are asked of."""
    return [*(one.settings for one in story.tries), *(one.at for one in story.questions.values())]


def _crossed(story: Story, values: int) -> tuple[str, ...]:
    if story.spec.export is not None:
        return story.spec.export.cross
    cheap = [name for name, knob in story.knobs.items() if not knob.retrains] or list(story.knobs)
    # Two of the first few, but a pair of too few values is no grid to walk about in.
    wide = sorted(cheap, key=lambda name: len(story.knobs[name].values) < min(values, CROSSED))
    return tuple(name for name in story.knobs if name in wide[:2])


def _thinned(story: Story, knob: Knob, count: int) -> Knob:
    """Return the knob with fewer values. Nothing is trained in a page, so no knob of it retrains."""
    wanted = {settings[knob.name] for settings in _wanted(story) if knob.name in settings}
    kept = range(len(knob.values)) if knob.kind == "choices" else _spread(knob, {knob.start, *wanted}, count)
    return replace(
        knob,
        values=tuple(knob.values[place] for place in kept),
        says=tuple(knob.says[place] for place in kept),
        retrains=False,
    )


def _spread(knob: Knob, wanted: set[str], count: int) -> Sequence[int]:
    """Return the places of values: both ends and what is wanted, then always the one that is farthest from all."""
    last = len(knob.values) - 1
    places = {0, last, *(knob.values.index(value) for value in wanted)}
    while len(places) < min(count, last + 1):
        places.add(max(range(last + 1), key=lambda place: min(abs(place - other) for other in places)))
    return sorted(places)
