"""What a team sees: verdicts, disagreement, latency, image brightness, audits and returns. Never the truth.

Everything arrives when a real team would have it, and a metric without data is missing (None), never zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.columns import Flags
from sim.deployment.telemetry.cbpe import estimate
from sim.deployment.telemetry.tables import UNSEEN_CODE, Scope, Tables
from sim.line.rules import DecidedBy
from sim.units import SECOND

#: Of a 95 % interval.
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a metric and how many phones it rests on; value None = no data.

    `error` is its standard error where the phones weigh unequally or the value is no share; None: a plain share.
    """

    value: float | None
    samples: int
    error: float | None = None

    def __str__(self) -> str:
        return f"no data ({self.samples} phones)" if self.value is None else f"{self.value:.4g} ({self.samples} phones)"

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of a share: Wilson's, or of its logit where phones weigh unequally. None: no data.

        Examples
        --------
        >>> low, high = Reading(0.0, 100).interval
        >>> round(low, 3), round(high, 3)
        (0.0, 0.037)
        """
        value, n = self.value, self.samples
        if value is None:
            return None
        if self.error is None:
            share = Z95**2 / n
            centre, reach = value + share / 2.0, Z95 * math.sqrt((value * (1.0 - value) + share / 4.0) / n)
            low, high = (centre - reach) / (1.0 + share), (centre + reach) / (1.0 + share)
            return 0.0 if value == 0.0 else max(low, 0.0), 1.0 if value == 1.0 else min(high, 1.0)
        if not 0.0 < value < 1.0:
            return (0.0, 1.0)
        logit, reach = math.log(value / (1.0 - value)), Z95 * self.error / (value * (1.0 - value))
        return 1.0 / (1.0 + math.exp(reach - logit)), 1.0 / (1.0 + math.exp(-reach - logit))


class Telemetry(Tables):
    """Everything that has become known in the last five weeks, by arm, and the metrics made of it."""

    def read(
        self, metric: str, arm: str, since_us: int, *, maturity_us: int | None = None, finish: str | None = None
    ) -> Reading:
        """Return a metric of `arm` (or of a mirrored version) over what became known after `since_us`.

        Parameters
        ----------
        metric : str
            One of `OBSERVED`.
        arm : str
            An arm's name; for metrics in `OF_MIRRORS` a version's.
        since_us : int
            The window's beginning.
        maturity_us : int, optional
            Count only phones decided after `since_us` and at least so long ago: a cohort whose labels are in.
        finish : str, optional
            Count only phones of this finish.

        Raises
        ------
        KeyError
            If there is no such metric.
        """
        matured = None if maturity_us is None else self.now_us - maturity_us
        return OBSERVED[metric](self, arm, Scope(since_us, matured, finish))

    def stream(self, what: str, arm: str | None, since_us: int) -> NDArray[np.float64]:
        """Return the values of a stream that became known after `since_us`, in that order: what detectors watch.

        Parameters
        ----------
        what : str
            One of `STREAMS`.
        arm : str or None
            An arm's name (for mirrored looks a version's); None: of all.
        since_us : int
            From when on.
        """
        return np.asarray(STREAMS[what](self, arm, Scope(since_us)), dtype=np.float64)

    def escapes(
        self, candidate: str, since_us: int, due_after_us: int | None = None, against: str | None = None
    ) -> tuple[Flags, NDArray[np.float64]]:
        """Return the audited escapes that became known after `since_us`, in that order.

        `due_after_us` leaves out phones from before a moment: their labels come late, and another route sent them.
        `against` names the only other arm that counts: with more than two arms in a route, 1 - pi of the others would
        not be the candidate's chance.

        Returns
        -------
        by_candidate : ndarray of bool, shape (escapes,)
            Whether the candidate had shipped it.
        pi : ndarray of float64, shape (escapes,)
            The probability, stored at its arrival, that the candidate would get that phone.
        """
        rows = self.audits.since(self.remembered(since_us))
        escaped = rows["defective"] & ~rows["rejected"] & self._due_after(due_after_us, rows["phone"])
        code = self.arms.index(candidate) if candidate in self.arms else UNSEEN_CODE
        if against is not None:
            other = self.arms.index(against) if against in self.arms else UNSEEN_CODE
            escaped &= (rows["arm"] == code) | (rows["arm"] == other)
        mine = rows["arm"][escaped] == code
        own = rows["pi"][escaped]
        return mine, np.where(mine, own, 1.0 - own)

    def pairs(self, version: str, since_us: int, due_after_us: int | None = None) -> tuple[Flags, Flags, Flags]:
        """Return, of the audited phones that `version` saw too, who was right by the expert's label.

        `due_after_us` leaves out phones from before a moment, e.g. those that another champion decided.

        Passes and rejects may be audited in unequal shares. Then the pairs would favour one side, so of the more
        audited kind only those count whose drawn number is below the smaller share: all kinds have the same chance.

        Returns
        -------
        version_right, line_right, defective : ndarray of bool, shape (pairs,)
            In the order in which the labels became known.
        """
        audits = self.audits.since(self.remembered(since_us))
        fair = (audits["drawn"] < min(self.audit_plan)) & self._due_after(due_after_us, audits["phone"])
        said, seen = self._mirrored_verdicts(version, audits["phone"][fair])
        defective, line = audits["defective"][fair][seen], audits["rejected"][fair][seen]
        return said[seen] == defective, line == defective, defective

    def _due_after(self, t_us: int | None, phone: NDArray[np.int64]) -> Flags:
        """Return which phones were due after a moment: phones are numbered in the order in which they are due."""
        if t_us is None:
            return np.ones(len(phone), dtype=bool)
        later = self.decisions.since(self.remembered(t_us))
        mine = later["phone"][later["at_us"] - later["latency_us"] > t_us]
        return phone >= mine.min() if len(mine) else np.zeros(len(phone), dtype=bool)

    def latest(self, metric: str, arm: str, before_us: int, samples: int) -> Reading:
        """Return a metric of `arm` over its latest phones, at least `samples` of them if there ever were."""
        moment = before_us
        reach = 3600 * SECOND
        reading = self.read(metric, arm, moment)
        while reading.samples < samples and moment > 0:
            moment = max(0, before_us - reach)
            reach *= 2
            reading = self.read(metric, arm, moment - 1)
        return reading

    def _mirrored_verdicts(self, version: str | None, phone: NDArray[np.int64]) -> tuple[Flags, Flags]:
        """Return whether a version rejected each of these phones, and whether it saw it at all."""
        if not len(phone):
            return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
        first = self.mirrors.first_after(self.remembered(-1))
        looked = self.mirrors["phone"][first:]
        near = np.flatnonzero((looked >= phone.min()) & (looked <= phone.max()))
        if version is not None:
            code = self.versions.index(version) if version in self.versions else -2
            near = near[self.mirrors["version"][first:][near] == code]
        other, rejected = looked[near], self.mirrors["rejected"][first:][near]
        if not len(other):
            return np.zeros(len(phone), dtype=bool), np.zeros(len(phone), dtype=bool)
        order = np.argsort(other, kind="stable")
        place = order[np.minimum(np.searchsorted(other, phone, sorter=order), len(other) - 1)]
        return rejected[place], other[place] == phone


def _mean(values: NDArray[Any]) -> Reading:
    if not len(values):
        return Reading(None, 0)
    total = np.count_nonzero(values) if values.dtype == np.bool_ else values.sum(dtype=np.float64)
    return Reading(float(total) / len(values), len(values))


def _quantile(values: NDArray[Any], q: float) -> Reading:
    return Reading(float(np.quantile(values, q)) if len(values) else None, len(values))


def _volume(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    (rejected,) = seen.by_arm(seen.decisions, arm, scope, "rejected")
    return Reading(float(len(rejected)), len(rejected))


def _reject_rate(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    return _mean(*seen.by_arm(seen.decisions, arm, scope, "rejected"))


def _mirror_reject_rate(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    return _mean(*seen.by_version(seen.mirrors, arm, scope, "rejected"))


def _disagreement(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    """Share of mirrored looks that say otherwise than the line's verdict, once both are known."""
    own, line = seen.by_version(seen.comparisons, arm, scope, "rejected", "line_rejected")
    return _mean(own != line)


def _kappa(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    """Cohen's kappa of mirrored looks and the line's verdicts: agreement beyond what chance would give."""
    own, line = seen.by_version(seen.comparisons, arm, scope, "rejected", "line_rejected")
    if not len(own):
        return Reading(None, 0)
    agreed, p, q = float(np.mean(own == line)), float(own.mean()), float(line.mean())
    chance = p * q + (1.0 - p) * (1.0 - q)
    return Reading(None if chance >= 1.0 else (agreed - chance) / (1.0 - chance), len(own))


def _recall_by_line(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    """Share of the line's rejects that the version rejects too: its recall, if the line were always right."""
    own, line = seen.by_version(seen.comparisons, arm, scope, "rejected", "line_rejected")
    return _mean(own[line])


def _precision_by_line(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    """Share of the version's rejects that the line rejects too: its precision, if the line were always right."""
    own, line = seen.by_version(seen.comparisons, arm, scope, "rejected", "line_rejected")
    return _mean(line[own])


def _override_rate(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    """Share of phones on which the human who knew the model's opinion said otherwise."""
    opinion, rejected = seen.by_arm(seen.decisions, arm, scope, "opinion", "rejected")
    heard = opinion >= 0
    return _mean((opinion == 1)[heard] != rejected[heard])


def _latency_mean(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    (latency_us,) = seen.by_arm(seen.decisions, arm, scope, "latency_us")
    return _mean(latency_us / SECOND)


def _latency_p95(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    (latency_us,) = seen.by_arm(seen.decisions, arm, scope, "latency_us")
    return _quantile(latency_us / SECOND, 0.95)


def _queue(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    """Phones that waited for an inspector, mean over the moments at which somebody looked. All arms share them."""
    return _mean(seen.queue["length"][seen.queue.first_after(seen.remembered(scope.since_us)) :])


def _brightness(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    return _mean(*seen.by_arm(seen.decisions, arm, scope, "brightness"))


def _scores(seen: Telemetry, arm: str | None, scope: Scope) -> NDArray[Any]:
    (score,) = seen.by_arm(seen.decisions, arm, scope, "score")
    known: NDArray[Any] = score[~np.isnan(score)]
    return known


def _score_mean(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    return _mean(_scores(seen, arm, scope))


def _score_p95(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    return _quantile(_scores(seen, arm, scope), 0.95)


def _mirror_score_mean(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    return _mean(*seen.by_version(seen.mirrors, arm, scope, "score"))


def _mirror_score_p95(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    return _quantile(seen.by_version(seen.mirrors, arm, scope, "score")[0], 0.95)


def _fallback_share(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    (how,) = seen.by_arm(seen.decisions, arm, scope, "decided_by")
    return _mean((how == DecidedBy.FALLBACK) | (how == DecidedBy.FAIL_OPEN))


def _review_share(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    (how,) = seen.by_arm(seen.decisions, arm, scope, "decided_by")
    return _mean(how == DecidedBy.REVIEW)


def _of_those(how: DecidedBy) -> Callable[[Telemetry, str, Scope], Reading]:
    """Return the reject rate of an arm's phones that were decided in one way.

    With a review band a model keeps the clear phones and hands over the unclear ones: the two rates are of different
    phones, so they say nothing about who judges better (selection bias).
    """

    def read(seen: Telemetry, arm: str, scope: Scope) -> Reading:
        decided_by, rejected = seen.by_arm(seen.decisions, arm, scope, "decided_by", "rejected")
        return _mean(rejected[decided_by == how])

    return read


def _audited_escape_share(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    """Share of audited passes that were defective: an estimate of DPPM / 1e6. Without audits: unknown."""
    defective, rejected = seen.by_arm(seen.audits, arm, scope, "defective", "rejected")
    return _mean(defective[~rejected])


def _audited_false_reject_share(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    defective, rejected = seen.by_arm(seen.audits, arm, scope, "defective", "rejected")
    return _mean(~defective[rejected])


def _audit_precision(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    defective, rejected = seen.by_arm(seen.audits, arm, scope, "defective", "rejected")
    return _mean(defective[rejected])


def _audit_recall(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    defective, rejected, q = seen.by_arm(seen.audits, arm, scope, "defective", "rejected", "probability")
    return weighted_share(rejected[defective], q[defective]) if min(seen.audit_plan) > 0.0 else Reading(None, 0)


def _mirror_audits(seen: Telemetry, arm: str, scope: Scope) -> tuple[Flags, Flags, NDArray[np.float64]]:
    """Return (rejected by the version, defective, q) of the audited phones that it saw too."""
    phone, defective, q = seen.by_arm(seen.audits, None, scope, "phone", "defective", "probability")
    said, known = seen._mirrored_verdicts(arm, phone)
    return said[known], defective[known], q[known]


def _mirror_audit_recall(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    said, defective, q = _mirror_audits(seen, arm, scope)
    return weighted_share(said[defective], q[defective]) if min(seen.audit_plan) > 0.0 else Reading(None, 0)


def _mirror_audit_precision(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    said, defective, q = _mirror_audits(seen, arm, scope)
    return weighted_share(defective[said], q[said]) if min(seen.audit_plan) > 0.0 else Reading(None, 0)


def weighted_share(hit: Flags, q: NDArray[np.float64]) -> Reading:
    """Return a share of phones that were chosen with unequal probabilities q: each stands for 1/q of them.

    Horvitz and Thompson 1952; of two classes of a verdict this is Begg and Greenes' correction (1983). Its standard
    error is the ratio estimator's.

    Examples
    --------
    >>> weighted_share(np.array([True, True, False]), np.array([0.5, 0.5, 0.1])).value  # 4 hits stand against 10
    0.2857142857142857
    """
    if not len(hit):
        return Reading(None, 0)
    weight = 1.0 / q
    total = float(weight.sum())
    value = float(weight[hit].sum()) / total
    error = math.sqrt(float(np.sum((weight * (hit - value)) ** 2))) / total
    return Reading(value, len(hit), error)


def _estimated(share: str) -> Callable[[Telemetry, str, Scope], Reading]:
    """Return a metric that asks the model about itself, without labels; its blind spots: `telemetry.cbpe`."""

    def read(seen: Telemetry, arm: str, scope: Scope) -> Reading:
        score, rejected = seen.by_arm(seen.decisions, arm, scope, "score", "rejected")
        scored = ~np.isnan(score)
        return Reading(getattr(estimate(score[scored], rejected[scored]), share), int(scored.sum()))

    return read


def _returns(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    """Share of returns that were real faults; nearly always without data in a run of days."""
    return _mean(*seen.by_arm(seen.returns, arm, scope, "faulty"))


def _return_rate(seen: Telemetry, arm: str, scope: Scope) -> Reading:
    """Faulty returns so far per phone shipped; say a maturity, or a young cohort looks far better than it is."""
    (rejected,) = seen.by_arm(seen.decisions, arm, scope, "rejected")
    cohort = Scope(scope.since_us, seen.now_us if scope.decided_by_us is None else scope.decided_by_us, scope.finish)
    (faulty,) = seen.by_arm(seen.returns, arm, cohort, "faulty")
    shipped = int(np.count_nonzero(~rejected))
    return Reading(int(faulty.sum()) / shipped if shipped else None, shipped)


OBSERVED: dict[str, Callable[[Telemetry, str, Scope], Reading]] = {
    "volume": _volume,
    "reject_rate": _reject_rate,
    "mirror_reject_rate": _mirror_reject_rate,
    "disagreement": _disagreement,
    "kappa": _kappa,
    "recall_by_line": _recall_by_line,
    "precision_by_line": _precision_by_line,
    "override_rate": _override_rate,
    "latency_mean_s": _latency_mean,
    "latency_p95_s": _latency_p95,
    "queue": _queue,
    "brightness": _brightness,
    "score_mean": _score_mean,
    "score_p95": _score_p95,
    "mirror_score_mean": _mirror_score_mean,
    "mirror_score_p95": _mirror_score_p95,
    "fallback_share": _fallback_share,
    "review_share": _review_share,
    "reviewed_reject_rate": _of_those(DecidedBy.REVIEW),
    "unreviewed_reject_rate": _of_those(DecidedBy.MODEL),
    "audited_escape_share": _audited_escape_share,
    "audited_false_reject_share": _audited_false_reject_share,
    "audit_precision": _audit_precision,
    "audit_recall": _audit_recall,
    "mirror_audit_precision": _mirror_audit_precision,
    "mirror_audit_recall": _mirror_audit_recall,
    "estimated_recall": _estimated("recall"),
    "estimated_escape_share": _estimated("escape_share"),
    "estimated_overkill": _estimated("overkill_rate"),
    "returns_with_fault": _returns,
    "return_rate": _return_rate,
}
"""Every metric that a strategy can ask for."""

NO_SHARES = frozenset(
    {
        "volume", "kappa", "latency_mean_s", "latency_p95_s", "queue", "brightness", "score_mean", "score_p95",
        "mirror_score_mean", "mirror_score_p95", "estimated_recall", "estimated_escape_share", "estimated_overkill",
    }
)  # fmt: skip
"""Metrics that are no share of phones: a binomial standard error says nothing about them."""

OF_MIRRORS = frozenset(
    {
        "mirror_reject_rate", "disagreement", "kappa", "recall_by_line", "precision_by_line", "mirror_score_mean",
        "mirror_score_p95", "mirror_audit_precision", "mirror_audit_recall",
    }
)  # fmt: skip
"""Metrics of a version that looks without deciding; the others are of an arm that decides."""


def _differs(seen: Telemetry, arm: str | None, scope: Scope) -> NDArray[Any]:
    own, line = seen.by_version(seen.comparisons, arm, scope, "rejected", "line_rejected")
    different: NDArray[Any] = own != line
    return different


def _wrong(seen: Telemetry, arm: str | None, scope: Scope) -> NDArray[Any]:
    rejected, defective = seen.by_arm(seen.audits, arm, scope, "rejected", "defective")
    wrong: NDArray[Any] = rejected != defective
    return wrong


def _escaped(seen: Telemetry, arm: str | None, scope: Scope) -> NDArray[Any]:
    rejected, defective = seen.by_arm(seen.audits, arm, scope, "rejected", "defective")
    escaped: NDArray[Any] = defective[~rejected]
    return escaped


STREAMS: dict[str, Callable[[Telemetry, str | None, Scope], NDArray[Any]]] = {
    "brightness": lambda seen, arm, scope: seen.by_arm(seen.decisions, arm, scope, "brightness")[0],
    "score": _scores,
    "mirror_score": lambda seen, version, scope: seen.by_version(seen.mirrors, version, scope, "score")[0],
    "rejected": lambda seen, arm, scope: seen.by_arm(seen.decisions, arm, scope, "rejected")[0],
    "disagreement": _differs,
    "audited_error": _wrong,
    "audited_escape": _escaped,
}
"""Every stream that a detector can watch: one value per phone, in the order in which it became known."""
