"""Trained versions that all processes of a server share, and those of its stories trained before anybody asks."""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
from collections.abc import Hashable, Iterator
from contextlib import suppress
from pathlib import Path

from sim import shipped
from sim.apps.kept import Shelf
from sim.apps.session import Kept, Session
from sim.apps.state import State
from sim.apps.stories import Story, load_story
from sim.document import ScenarioError
from sim.inspectors.model import ModelVersion

#: Bytes of versions in a server's folder: hundreds.
MOST_STORED = 64_000_000


class Learned(Shelf[ModelVersion]):
    """Versions by their keys: what another process has trained is read, and what this one trains is written down.

    So a class waits for a training once, and a process that takes an ended one's place does not begin from nothing.

    Parameters
    ----------
    most_bytes : int
        How much is kept in this process.
    folder : Path
        The server's own, which nobody else can write: what is read from it is run.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     one, other = Learned(1_000_000, Path(folder)), Learned(1_000_000, Path(folder))
    ...     _ = one.obtain("key", lambda: "trained by one")
    ...     other.obtain("key", lambda: "trained again")
    'trained by one'
    """

    def __init__(self, most_bytes: int, folder: Path) -> None:
        super().__init__(most_bytes)
        self._folder = folder

    def has(self, key: Hashable) -> bool:
        """Whether a version is there, in this process or in the folder."""
        return super().has(key) or self._place(key).exists()

    def get(self, key: Hashable) -> ModelVersion | None:
        """Return a version, None if no process has trained it."""
        known = super().get(key)
        if known is None:
            try:
                known = pickle.loads(self._place(key).read_bytes())
            except FileNotFoundError:
                return None
            super().put(key, known)
        return known

    def put(self, key: Hashable, thing: ModelVersion) -> None:
        """Keep a version, and write it down for the others."""
        super().put(key, thing)
        try:
            text = pickle.dumps(thing)
        except (pickle.PicklingError, AttributeError, TypeError):  # a package's kind: each process trains its own
            return
        whole = self._place(key)
        part = whole.with_suffix(f".{os.getpid()}")
        try:
            part.write_bytes(text)
            part.replace(whole)
            self._forget_the_oldest()
        except OSError:
            logging.getLogger(__name__).exception("a trained version can't be written down for other processes")

    def _place(self, key: Hashable) -> Path:
        return self._folder / f"{hashlib.blake2b(repr(key).encode(), digest_size=16).hexdigest()}.version"

    def _forget_the_oldest(self) -> None:
        there = {place: place.stat() for place in self._folder.glob("*.version")}
        total = sum(each.st_size for each in there.values())
        for place in sorted(there, key=lambda each: there[each].st_mtime):
            if total <= MOST_STORED:
                return
            total -= there[place].st_size
            place.unlink(missing_ok=True)


def learn_ahead(story: str | None, folder: Path) -> None:
    """Train the versions that stories begin with, and those that their knobs ask for, into a server's folder.

    Parameters
    ----------
    story : str, optional
        The server's own story, by its name or file: it comes first.
    folder : Path
        See `Learned`.
    """
    kept = Kept()
    kept.versions = Learned(kept.versions.most_bytes, folder)
    for name in dict.fromkeys([*([] if story is None else [story]), *shipped.stories()]):
        shown = load_story(name)
        session = Session(shown, kept)
        for state in _that_train(shown):
            with suppress(ScenarioError):  # told to whoever moves a knob there
                session.train(state)


def _that_train(story: Story) -> Iterator[State]:
    """Yield where a story begins, and where its knobs that retrain can be moved from there."""
    yield State.start(story)
    for knob in story.knobs.values():
        if knob.retrains:
            yield from (State.read(story, {knob.name: value}) for value in knob.values)
