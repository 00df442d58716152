"""Two results beside each other: what differs in the scenario, in the versions, in the outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from sim.columns import Floats
from sim.measure.metric import TRUE_METRICS
from sim.scenario import Scenario
from sim.stats.intervals import Interval, paired_difference, t_interval

#: What makes the phones: results that agree in it have met the same ones.
WORLD = ("seed", "horizon", "warm_up", "factory", "drift")
#: What says nothing of how a run was made.
_NAMES = ("name", "title", "topic")


class Measured(Protocol):
    """A strategy of a run, or of a folder."""

    @property
    def name(self) -> str: ...
    @property
    def samples(self) -> Mapping[str, Floats]: ...
    def interval(self, metric: str) -> Interval: ...
    def values(self, metric: str) -> Floats: ...


class Compared(Protocol):
    """A result of a run, or of a folder."""

    @property
    def scenario(self) -> Scenario: ...
    @property
    def strategies(self) -> Sequence[Measured]: ...
    @property
    def versions(self) -> Mapping[str, str]: ...
    @property
    def engine(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """One metric of one strategy in both: B's estimate minus A's, and whether it is surely not 0."""

    strategy: str
    metric: str
    unit: str
    a: Interval
    b: Interval
    difference: Interval

    @property
    def differs(self) -> bool:
        return bool(self.difference.low > 0.0 or self.difference.high < 0.0)

    @property
    def same(self) -> bool:
        """Whether they are equal to the last bit."""
        return self.a == self.b and self.difference.mean == 0.0


@dataclass(frozen=True, slots=True)
class Versus:
    """Two results beside each other.

    `paired` says whether they met the same phones, so that differences are replication by replication.
    """

    settings: tuple[tuple[str, Any, Any], ...]  #: path, A's value, B's
    versions: tuple[tuple[str, str, str], ...]
    only_in_a: tuple[str, ...]  #: strategies
    only_in_b: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    paired: bool


def versus(a: Compared, b: Compared) -> Versus:
    """Put two results beside each other.

    Examples
    --------
    >>> import sim
    >>> def manual(count):
    ...     crew, only = {"count": count}, [{"pattern": "manual"}]
    ...     line = sim.build(horizon="2h", replications=3, inspectors=crew, strategies=only)
    ...     return sim.run(line, workers=1)
    >>> found = versus(manual(2), manual(3))
    >>> found.settings, found.paired
    ((('inspectors.count', 2, 3),), True)
    >>> [outcome.differs for outcome in found.outcomes if outcome.metric == "escape_rate"]
    [False]
    """
    mine, theirs = (result.scenario.model_dump(mode="json") for result in (a, b))
    paired = (
        all(mine[part] == theirs[part] for part in WORLD)
        and a.scenario.replications == b.scenario.replications
        and a.versions.get("numpy") == b.versions.get("numpy")
    )
    both = {strategy.name: strategy for strategy in b.strategies}
    outcomes = [
        outcome
        for strategy in a.strategies
        if strategy.name in both
        for outcome in _outcomes(strategy, both[strategy.name], paired)
    ]
    versions_a, versions_b = ({"engine": result.engine, **result.versions} for result in (a, b))
    names_a, names_b = ([strategy.name for strategy in result.strategies] for result in (a, b))
    return Versus(
        tuple(_differences({k: v for k, v in mine.items() if k not in _NAMES},
                           {k: v for k, v in theirs.items() if k not in _NAMES})),
        tuple(
            (name, versions_a[name], versions_b[name])
            for name in versions_a
            if name in versions_b and versions_a[name] != versions_b[name]
        ),
        tuple(name for name in names_a if name not in names_b),
        tuple(name for name in names_b if name not in names_a),
        tuple(outcomes),
        paired,
    )  # fmt: skip


def _outcomes(a: Measured, b: Measured, paired: bool) -> Iterator[Outcome]:
    for name in a.samples:
        if name in b.samples and name in TRUE_METRICS:
            gap = (
                paired_difference(b.values(name), a.values(name)) if paired else _apart(a.values(name), b.values(name))
            )
            yield Outcome(a.name, name, TRUE_METRICS[name].unit, a.interval(name), b.interval(name), gap)


def _apart(a: Floats, b: Floats) -> Interval:
    """Return b's mean minus a's of independent replications, with Welch's interval.

    >>> found = _apart(np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0, 5.0]))
    >>> found.mean, round(found.low, 2), round(found.high, 2)
    (1.5, -0.73, 3.73)
    """
    from scipy.special import stdtrit

    first, second = (values[np.isfinite(values)] for values in (a, b))
    if len(first) < 2 or len(second) < 2:
        return Interval(t_interval(second).mean - t_interval(first).mean, float("nan"), float("nan"), 0)
    parts = [float(values.var(ddof=1)) / len(values) for values in (first, second)]
    mean, variance = float(second.mean() - first.mean()), sum(parts)
    if variance == 0.0:
        return Interval(mean, mean, mean, len(first) + len(second))
    freedom = variance**2 / sum(
        part**2 / (len(values) - 1) for part, values in zip(parts, (first, second), strict=True)
    )
    half = float(stdtrit(freedom, 0.975)) * variance**0.5
    return Interval(mean, mean - half, mean + half, len(first) + len(second))


def _differences(a: Any, b: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield where two pieces of plain data differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in dict.fromkeys([*a, *b]):
            yield from _differences(a.get(key), b.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for number, (mine, theirs) in enumerate(zip(a, b, strict=True)):
            yield from _differences(mine, theirs, f"{path}.{number}")
    elif a != b:
        yield path, a, b
