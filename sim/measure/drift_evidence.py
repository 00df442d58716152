"""What measurably moved at a drift event: P(x), P(x|y), P(y|x), P(y), beside the event's name by cause.

Names say what caused a drift; data say what it did. A loss of contrast is "data drift" by name, and yet it moves
P(y | features) too, because the same image now means something else. Both belong in a report.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, ndtri

from sim.columns import Flags, Scores
from sim.factory.cause import quantities_of
from sim.factory.drift import Drift
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World

#: Phones looked at on either side of an event.
PROBE = 20_000
#: Chance that a table says "moved" of something that did not.
FALSE_ALARM = 0.001


@dataclass(frozen=True, slots=True)
class Moved:
    """Whether a distribution moved, how far, by which measure, and where most."""

    what: str  #: "P(x)"
    moved: bool
    size: float
    measure: str  #: what `size` is
    where: str  #: the feature or group in which it is largest, "" if none


@dataclass(frozen=True, slots=True)
class DriftEvidence:
    """A drift event's name by cause, and what measurably moved."""

    time_us: int
    name: str
    cause: str  #: "data drift", "concept drift", "prior drift", "data + concept drift"
    profile: str  #: as written: "sudden", "incremental" ...
    quantity: str
    moved: tuple[Moved, ...]


def evidence_of(event: Drift, factory: Factory, drift: tuple[Drift, ...], seed: int) -> DriftEvidence:
    """Compare phones with and without `event`, everything before it in force on both sides."""
    earlier = tuple(other for other in drift if other.at < event.at)
    moment = event.fully_there_us
    streams = Streams(seed, replication=0)
    # Every phone a lot of its own: the same distributions, and phones are independent, as the tests below suppose.
    alone = factory.model_copy(update={"lots": factory.lots.model_copy(update={"size": 1})})
    without = World(alone, earlier, streams.branch(f"probe/without/{event.key}")).take(PROBE, frozen_at=moment)
    affected = World(alone, (*earlier, event), streams.branch(f"probe/with/{event.key}"))
    names = factory.feature_names()
    return DriftEvidence(
        time_us=event.at,
        name=event.title,
        cause=f"{quantities_of(factory)[event.what].drift} drift",
        profile=event.profile,
        quantity=event.what,
        moved=compare(without, affected.take(PROBE, frozen_at=moment), names),
    )


def compare(before: Phones, after: Phones, names: tuple[str, ...]) -> tuple[Moved, ...]:
    """Return what moved between two independent samples of phones."""
    x0, x1, y0, y1 = before.features, after.features, before.defective, after.defective
    groups = (("good", ~y0, ~y1), ("defective", y0, y1))
    marginal = [(_ks(x0[:, f], x1[:, f]), names[f]) for f in range(len(names))]
    given = [
        (_ks(x0[m0, f], x1[m1, f]), f"{names[f]} of {group} phones")
        for group, m0, m1 in groups
        if m0.sum() >= 30 and m1.sum() >= 30
        for f in range(len(names))
    ]
    return (
        _largest("P(x)", marginal),
        _largest("P(x|y)", given),
        _rate_given_score(before, after),
        _rate(y0, y1),
    )


@dataclass(frozen=True, slots=True)
class _Distance:
    size: float
    critical: float


def _ks(a: Scores, b: Scores) -> _Distance:
    """Kolmogorov-Smirnov distance and its critical value before correcting for several features."""
    both = np.sort(np.concatenate([a, b]))
    cdf_a = np.searchsorted(np.sort(a), both, side="right") / len(a)
    cdf_b = np.searchsorted(np.sort(b), both, side="right") / len(b)
    return _Distance(float(np.abs(cdf_a - cdf_b).max()), float(np.sqrt(1.0 / len(a) + 1.0 / len(b))))


def _largest(what: str, distances: list[tuple[_Distance, str]]) -> Moved:
    if not distances:
        return Moved(what, False, float("nan"), "too few defective phones to tell", "")
    # Kolmogorov's two-sided limit law, Bonferroni over everything that was compared.
    factor = float(np.sqrt(-0.5 * np.log(FALSE_ALARM / len(distances) / 2.0)))
    distance, where = max(distances, key=lambda each: each[0].size / each[0].critical)
    moved = distance.size > factor * distance.critical
    return Moved(what, moved, distance.size, "largest Kolmogorov-Smirnov distance", where if moved else "")


def _rate(y0: Flags, y1: Flags) -> Moved:
    pooled = (y0.sum() + y1.sum()) / (len(y0) + len(y1))
    error = float(np.sqrt(pooled * (1 - pooled) * (1 / len(y0) + 1 / len(y1))))
    change = float(y1.mean() - y0.mean())
    return Moved("P(y)", abs(change) > -float(ndtri(FALSE_ALARM / 2)) * error, change, "change of the defect rate", "")


def _rate_given_score(before: Phones, after: Phones) -> Moved:
    """P(y|x) seen through a model fitted before: among phones that look alike to it, does the rate differ?"""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from sim.inspectors.model import one_thread

    half = len(before) // 2
    y = before.defective
    if y[:half].sum() < 10 or y[half:].sum() < 10:
        return Moved("P(y|x)", False, float("nan"), "too few defective phones to tell", "")
    with one_thread():
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(before.features[:half], y[:half])
        s0 = model.decision_function(before.features[half:])
        s1 = model.decision_function(after.features)
    edges = np.quantile(s0, [0.8, 0.95, 0.98, 0.99])
    b0, b1 = np.searchsorted(edges, s0), np.searchsorted(edges, s1)
    statistic, freedom, size = 0.0, 0, 0.0
    for b in range(len(edges) + 1):
        in0, in1 = b0 == b, b1 == b
        n0, n1 = int(in0.sum()), int(in1.sum())
        if n0 < 30 or n1 < 30:
            continue
        k0, k1 = int(y[half:][in0].sum()), int(after.defective[in1].sum())
        # Agresti's half-phone keeps a group without defects from having no variance at all.
        r0, r1 = (k0 + 0.5) / (n0 + 1), (k1 + 0.5) / (n1 + 1)
        pooled = (k0 + k1 + 1) / (n0 + n1 + 2)
        statistic += (r1 - r0) ** 2 / (pooled * (1 - pooled) * (1 / n0 + 1 / n1))
        freedom += 1
        size += abs(k1 / n1 - k0 / n0) * n1 / len(after)
    moved = freedom > 0 and statistic > float(chdtri(freedom, FALSE_ALARM))
    return Moved("P(y|x)", moved, size, "mean change of the defect rate among phones with equal scores", "")
