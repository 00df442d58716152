"""Two results beside each other: what differs in the scenario, in the versions, in the outcomes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sim.experiment.result import Estimates
from sim.measure.metric import TRUE_METRICS
from sim.scenario import Scenario
from sim.stats.intervals import Interval, welch

#: What makes the phones: results that agree in it have met the same ones.
WORLD = ("seed", "horizon", "warm_up", "factory", "drift")
#: What says nothing of how a run was made.
_NAMES = ("name", "title", "topic")


class Compared(Protocol):
    """A result of a run, or of a folder."""

    @property
    def scenario(self) -> Scenario: ...
    @property
    def strategies(self) -> Sequence[Estimates]: ...
    @property
    def versions(self) -> Mapping[str, str]: ...
    @property
    def engine(self) -> str: ...
    def is_more_than(self, strategy: Any, metric: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """One metric of one strategy in both: B's estimate minus A's, and whether it is surely not 0.

    Of a time that some phones without a verdict exceed, the estimate is only a lower bound, and no difference is known.
    """

    strategy: str
    metric: str
    unit: str
    a: Interval
    b: Interval
    difference: Interval
    bounds: tuple[bool, bool] = (False, False)  #: of A's estimate and B's, whether it is only a lower bound

    @property
    def differs(self) -> bool:
        return not any(self.bounds) and self.difference.excludes_zero

    @property
    def same(self) -> bool:
        """Whether they are equal to the last bit, or undefined in both."""
        if math.isnan(self.a.mean) and math.isnan(self.b.mean):
            return True
        return self.a == self.b and self.difference.mean == 0.0

    @property
    def unknown(self) -> bool:
        """Whether nothing can be said of the difference."""
        return any(self.bounds) and not self.same


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
    trained: tuple[int, int] = (1, 1)  #: from how many histories A's and B's models are trained


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
        and a.scenario.train_replications == b.scenario.train_replications
        and a.versions.get("numpy") == b.versions.get("numpy")
    )
    both = {strategy.name: strategy for strategy in b.strategies}
    outcomes = [
        outcome
        for strategy in a.strategies
        if strategy.name in both
        for outcome in _outcomes(a, strategy, b, both[strategy.name], paired)
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
        (a.scenario.train_replications, b.scenario.train_replications),
    )  # fmt: skip


def _outcomes(first: Compared, a: Estimates, second: Compared, b: Estimates, paired: bool) -> Iterator[Outcome]:
    for name in a.samples:
        if name in b.samples and name in TRUE_METRICS:
            gap = b.minus(a, name) if paired else _apart(a, b, name)
            bounds = first.is_more_than(a, name), second.is_more_than(b, name)
            yield Outcome(a.name, name, TRUE_METRICS[name].unit, a.interval(name), b.interval(name), gap, bounds)


def _apart(a: Estimates, b: Estimates, metric: str) -> Interval:
    """Return b's estimate minus a's of independent replications; both have a phone more in few: `paired_difference`."""
    alone = [
        each.quotients[metric].one_phone if metric in each.quotients and TRUE_METRICS[metric].counts_phones else 0.0
        for each in (a, b)
    ]
    return welch(b.values(metric), a.values(metric), math.hypot(*alone))


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
