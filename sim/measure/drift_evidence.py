"""What measurably moved at a drift event: P(x), P(x|y), P(y|x), P(y), beside the event's name by cause.

Names say what caused a drift; data say what it did. A loss of contrast is "data drift" by name, and yet it moves
P(y | features) too, because the same image now means something else. Both belong in a report.

Each has three answers. *Moved*: chance alone does that once in a thousand times at most. *Did not move*: it moved by
less than what matters, at 95 %. Else it *cannot be told*, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.columns import Flags, Floats, Times
from sim.factory.cause import quantities_of
from sim.factory.drift import Drift
from sim.factory.drift.others import fully_there_us_of
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.stats.shift import ONE_SIDED, Shift, ks_shifts, rate_shift, stratified_shift

#: Phones looked at on either side of an event.
PROBE = 150_000
#: Phones of before it from which a model learns who looks alike.
LEARNED_FROM = 40_000
#: Chance that one of the four is said to have moved and did not; that any of them is: four times that.
LEVEL = 0.001
#: Kolmogorov-Smirnov distance that matters.
DISTANCE = 0.1
#: Change of a rate that matters, as a share of what it was.
SHARE = 0.25
#: Classes of equal risk in which rates are compared.
CLASSES = 100
#: Share of the phones that may look like none of before while it is still said of all that nothing moved.
STRANGERS = 0.1

Answer = Literal["moved", "did not move", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Moved:
    """Whether a distribution moved, how far, by which measure, and where most."""

    what: str  #: "P(x)"
    answer: Answer
    p: float  #: chance of that, or of more, if nothing moved; of all comparisons within this one
    size: float
    bound: float  #: how large it is at most, at 95 % (one-sided)
    margin: float  #: from which size on it matters
    measure: str  #: what `size` is
    where: str = ""  #: the feature or group in which it moved most, "" if none
    reason: str = ""  #: why it cannot be told, "" if it can

    @property
    def moved(self) -> bool:
        """Whether it moved beyond chance."""
        return self.answer == "moved"


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
    moment = fully_there_us_of(event)
    streams = Streams(seed, replication=0)
    # Every phone a lot of its own: the same distributions, and phones are independent, as the tests below suppose.
    alone = factory.model_copy(update={"lots": factory.lots.model_copy(update={"size": 1})})
    without = World(alone, earlier, streams.branch(f"probe/without/{event.key}"))
    affected = World(alone, (*earlier, event), streams.branch(f"probe/with/{event.key}"))
    return DriftEvidence(
        time_us=event.at,
        name=event.title,
        cause=f"{quantities_of(factory)[event.what].drift} drift",
        profile=event.profile,
        quantity=event.what,
        moved=compare(
            without.take(LEARNED_FROM, frozen_at=moment),
            without.take(PROBE, frozen_at=moment),
            affected.take(PROBE, frozen_at=moment),
            factory.feature_names(),
        ),
    )


def compare(learned_from: Phones, before: Phones, after: Phones, names: tuple[str, ...]) -> tuple[Moved, ...]:
    """Return what moved between two independent samples of phones, and a third one of before to learn from."""
    y0, y1 = before.defective, after.defective
    features: list[tuple[str, Shift | None]] = []
    given: list[tuple[str, Shift | None]] = []
    for f, name in enumerate(names):
        parts = (None, (~y0, ~y1), (y0, y1))
        whole, good, defective = ks_shifts(before.features[:, f], after.features[:, f], parts)
        features.append((name, whole))
        given += [(f"{name} of good phones", good), (f"{name} of defective phones", defective)]
    return (
        _largest("P(x)", features, y0, y1),
        _largest("P(x|y)", given, y0, y1),
        _rate_given_risk(learned_from, before, after),
        _rate(y0, y1),
    )


def _largest(what: str, distances: list[tuple[str, Shift | None]], y0: Flags, y1: Flags) -> Moved:
    measure = "largest Kolmogorov-Smirnov distance"
    known = [(name, shift) for name, shift in distances if shift is not None]
    if not known:
        return Moved(what, "cannot tell", np.nan, np.nan, np.nan, DISTANCE, measure, reason=_few(y0, y1))
    where, most = max(known, key=lambda each: each[1].size / each[1].width)
    bound = min(1.0, max(shift.bound for _, shift in known)) if len(known) == len(distances) else np.nan
    p = min(1.0, most.p * len(known))  # Bonferroni over everything that was compared
    if p <= LEVEL:
        return Moved(what, "moved", p, most.size, bound, DISTANCE, measure, where)
    size = max(shift.size for _, shift in known)
    if bound < DISTANCE:
        return Moved(what, "did not move", p, size, bound, DISTANCE, measure)
    few = len(known) < len(distances) or max(shift.width for _, shift in known) >= DISTANCE / 2
    return Moved(what, "cannot tell", p, size, bound, DISTANCE, measure, reason=_few(y0, y1) if few else _NEAR)


def _rate(y0: Flags, y1: Flags) -> Moved:
    shift = rate_shift(int(y0.sum()), len(y0), int(y1.sum()), len(y1))
    return _of_rates("P(y)", shift, y0, y1, "change of the defect rate")


def _rate_given_risk(learned_from: Phones, before: Phones, after: Phones) -> Moved:
    """P(y|x) seen through a model fitted before: among phones that look alike to it, does the rate differ?

    The model and its classes are made of phones that are not compared, and who is left out by features alone.
    """
    what, measure = "P(y|x)", "mean change of the defect rate among phones with equal scores"
    y0, y1 = before.defective, after.defective
    found = _scores(learned_from, before, after)
    if found is None:
        return Moved(what, "cannot tell", np.nan, np.nan, np.nan, np.nan, measure, reason=_few(y0, y1))
    edges, s0, s1 = found
    alike = (s1 >= s0.min()) & (s1 <= s0.max())
    strangers = 1.0 - float(alike.mean())
    classes: list[Times] = [np.searchsorted(edges, scores) for scores in (s0, s1[alike])]
    shift = stratified_shift(classes[0], y0, classes[1], y1[alike], len(edges) + 1)
    reason = f"{strangers:.0%} of phones look like none before" if strangers > STRANGERS else ""
    if shift is None:
        margin = SHARE * float(y0.mean())
        return Moved(what, "cannot tell", np.nan, np.nan, np.nan, margin, measure, reason=reason or _few(y0, y1))
    return _of_rates(what, shift, y0, y1, measure, reason)


def _scores(learned_from: Phones, before: Phones, after: Phones) -> tuple[Floats, Floats, Floats] | None:
    """Return the edges of classes of equal foretold risk, and the scores of both sides; None: nothing to learn."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from sim.inspectors.model import one_thread

    y = learned_from.defective
    if y.all() or not y.any():
        return None
    with one_thread():
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(learned_from.features, y)
        learned, s0, s1 = (model.decision_function(phones.features) for phones in (learned_from, before, after))
    learned = np.sort(learned)
    risk = np.cumsum(1.0 / (1.0 + np.exp(-learned)))
    cuts = np.searchsorted(risk, risk[-1] * np.arange(1, CLASSES) / CLASSES)
    return np.unique(learned[cuts]), s0, s1


def _of_rates(what: str, shift: Shift, y0: Flags, y1: Flags, measure: str, strange: str = "") -> Moved:
    rate = float(y0.mean())
    # What matters is a share of a rate that is itself measured.
    width = shift.width + SHARE * ONE_SIDED * float(np.sqrt(rate * (1.0 - rate) / len(y0)))
    bound, margin = abs(shift.size) + width, SHARE * rate
    if shift.p <= LEVEL:
        return Moved(what, "moved", shift.p, shift.size, bound, margin, measure)
    if bound < margin and not strange:
        return Moved(what, "did not move", shift.p, shift.size, bound, margin, measure)
    reason = strange or (_few(y0, y1) if width >= margin / 2 else _NEAR)
    return Moved(what, "cannot tell", shift.p, shift.size, bound, margin, measure, reason=reason)


_NEAR = "too near to what matters"


def _few(y0: Flags, y1: Flags) -> str:
    return f"too few defects: {int(y0.sum()):,} and {int(y1.sum()):,}"
