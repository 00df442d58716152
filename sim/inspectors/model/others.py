"""Versions that others' code makes: whatever is asked of one is answered as it should be, or told as one message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from sim.columns import Codes, Features, Floats
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.inspectors.human.detection import Inspectors
from sim.inspectors.model.spec import FittedVersion, Model, ModelVersion, Offline, SeesImages, answering_for
from sim.plugins import is_of_the_house

Answer = TypeVar("Answer")


def obtained(
    name: str, spec: Model, factory: Factory, inspectors: Inspectors, seed: int, history: int = 0
) -> ModelVersion:
    """Return a version ready to be deployed; see `Model.obtained`.

    Raises
    ------
    ModelError
        If it can't be trained or read, or others' code for it fails.
    """
    with answering_for(name, spec):
        version: ModelVersion = _watched(name, spec, spec.obtained(name, factory, inspectors, seed, history))
    return version


def fitted(name: str, spec: Model, features: Features, labels: Codes, weights: Floats | None) -> FittedVersion:
    """Return a version trained on what the line has logged; see `Model.fit`.

    Raises
    ------
    ModelError
        If others' code for it fails.
    """
    with answering_for(name, spec):
        version: FittedVersion = _watched(name, spec, spec.fit(name, features, labels, weights))
        sees = isinstance(version, SeesImages)
        if not sees:
            raise TypeError(f"fit has to return a version that scores images, not {version!r}")
    return version


def renewed(name: str, spec: Model, version: ModelVersion) -> ModelVersion | None:
    """Return a version that learned from the same as one of this specification would; see `Model.renewed`."""
    with answering_for(name, spec):
        again = spec.renewed(version)
        known: ModelVersion | None = None if again is None else _watched(name, spec, again)
    return known


def _watched(name: str, spec: Model, version: Any) -> Any:
    if is_of_the_house(version):
        return version
    if not isinstance(version, ModelVersion):
        raise TypeError(f"it has to return a version, which scores phones and knows its threshold, not {version!r}")
    return (_Seeing if isinstance(version, SeesImages) else _Watched)(name, spec, version)


@dataclass(frozen=True)
class _Watched:
    """A version of others; what it says is checked."""

    name: str
    spec: Model
    version: Any

    @property
    def offline(self) -> Offline:
        said = self._asked(lambda version: version.offline)
        with answering_for(self.name, self.spec):
            if not isinstance(said, Offline):
                raise TypeError(f"offline has to be an Offline, not {said!r}")
        return said

    @property
    def threshold(self) -> float:
        return self._asked(lambda version: _number("a threshold", version.threshold))

    def cut_offs(self, review: float | None) -> tuple[float, float]:
        def asked(version: ModelVersion) -> tuple[float, float]:
            low, high = (_number("a cut-off", value) for value in version.cut_offs(review))
            if low > high:
                raise ValueError(f"cut_offs have to be the low and the high one, not {low:g} and {high:g}")
            return low, high

        return self._asked(asked)

    def score_phones(self, phones: Phones, chance: np.random.Generator) -> Floats:
        return self._asked(lambda version: _scores(version.score_phones(phones, chance), len(phones)))

    def _asked(self, ask: Callable[[Any], Answer]) -> Answer:
        with answering_for(self.name, self.spec):
            return ask(self.version)


@dataclass(frozen=True)
class _Seeing(_Watched):
    """One that looks at images."""

    def score(self, features: Features) -> Floats:
        return self._asked(lambda version: _scores(version.score(features), len(features)))

    def called(self, name: str) -> _Seeing:
        return _Seeing(name, self.spec, self._asked(lambda version: version.called(name)))


def _number(what: str, value: Any) -> float:
    number = float(value)
    if np.isnan(number):
        raise ValueError(f"{what} is a number, not nan")
    return number


def _scores(answer: Any, count: int) -> Floats:
    scores: Floats = np.asarray(answer, dtype=np.float64)
    if scores.shape != (count,):
        raise ValueError(f"it has to give one score per phone, of the shape {(count,)}, not {scores.shape}")
    if not np.isfinite(scores).all():
        raise ValueError(f"a score is a finite number, and it gives {scores[~np.isfinite(scores)][0]:g}")
    return scores
