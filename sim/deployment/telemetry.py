"""What a team sees: verdicts, disagreement, latency, image brightness, audits and returns. Never the truth.

Everything arrives when a real team would have it, and a metric without data is missing (None), never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.factory.records import Rows
from sim.line.rules import DecidedBy
from sim.units import DAY, SECOND

Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a metric and how many phones it rests on; value None = no data."""

    value: float | None
    samples: int

    def __str__(self) -> str:
        return f"no data ({self.samples} phones)" if self.value is None else f"{self.value:.4g} ({self.samples} phones)"


class Seen(Rows):
    """A table whose first column says when each row became known, in order."""

    def __init__(self, **types: type) -> None:
        super().__init__({"at_us": np.int64, **types})

    def since(self, t_us: int) -> dict[str, NDArray[Any]]:
        """Return views of the rows with at_us > t_us."""
        first = self._first_after(t_us)
        return {name: self[name][first:] for name in self._columns}

    def where(self, key: str, code: int, since_us: int, columns: Sequence[str]) -> list[NDArray[Any]]:
        """Return some columns of the rows with at_us > since_us whose `key` has this code."""
        first = self._first_after(since_us)
        mine = self[key][first:] == code
        return [self[name][first:][mine] for name in columns]

    def _first_after(self, t_us: int) -> int:
        return int(np.searchsorted(self["at_us"], t_us, side="right"))

    def keep_since(self, t_us: int) -> None:
        """Forget rows known at or before `t_us`, once they are half of the table: so it costs next to nothing."""
        old = self._first_after(t_us)
        if 2 * old > len(self):
            self.forget(old)


#: How far back a team's monitoring remembers: five weeks, as monitoring systems forget too (assumption).
MEMORY_US = 35 * DAY


class Telemetry:
    """Everything that has become known in the last five weeks, by arm.

    `arms` are the names under which the line logged its deciders; rows are added by the plant's instruments.
    """

    def __init__(self) -> None:
        self.arms: tuple[str, ...] = ()
        self.decisions = Seen(
            phone=np.int64, arm=np.int16, pi=np.float64, decided_by=np.int8, rejected=np.bool_,
            latency_us=np.int64, brightness=np.float32,
        )  # fmt: skip
        self.mirrors = Seen(phone=np.int64, version=np.int16, rejected=np.bool_)
        self.comparisons = Seen(phone=np.int64, version=np.int16, agrees=np.bool_)
        self.audits = Seen(
            phone=np.int64,
            arm=np.int16,
            pi=np.float64,
            rejected=np.bool_,
            defective=np.bool_,
            probability=np.float64,
        )
        self.returns = Seen(phone=np.int64, arm=np.int16, faulty=np.bool_)
        self.versions: tuple[str, ...] = ()

    def forget_before(self, t_us: int) -> None:
        """Let go of what became known at or before `t_us`."""
        if t_us < 0:
            return
        for table in (self.decisions, self.mirrors, self.comparisons, self.audits, self.returns):
            table.keep_since(t_us)

    def read(self, metric: str, arm: str, since_us: int) -> Reading:
        """Return a metric of `arm` (or of a mirrored version) over what became known after `since_us`.

        Raises
        ------
        KeyError
            If there is no such metric; `OBSERVED` lists them.
        """
        return OBSERVED[metric](self, arm, since_us)

    def escapes(self, candidate: str, since_us: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Return the audited escapes that became known after `since_us`, in that order.

        Returns
        -------
        by_candidate : ndarray of bool, shape (escapes,)
            Whether the candidate had shipped it.
        pi : ndarray of float64, shape (escapes,)
            The probability, stored at its arrival, that the candidate would get that phone.
        """
        rows = self.audits.since(since_us)
        escaped = rows["defective"] & ~rows["rejected"]
        code = self.arms.index(candidate) if candidate in self.arms else -2
        mine = rows["arm"][escaped] == code
        own = rows["pi"][escaped]
        return mine, np.where(mine, own, 1.0 - own)

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

    def _of(self, table: Seen, arm: str, since_us: int, *columns: str) -> list[NDArray[Any]]:
        """Return columns of the rows of an arm that became known after `since_us`."""
        code = self.arms.index(arm) if arm in self.arms else -2
        return table.where("arm", code, since_us, columns)

    def _mirrored(self, table: Seen, version: str, since_us: int, column: str) -> NDArray[Any]:
        code = self.versions.index(version) if version in self.versions else -2
        return table.where("version", code, since_us, (column,))[0]


def _mean(values: NDArray[Any]) -> Reading:
    return Reading(float(values.mean()) if len(values) else None, len(values))


def _reject_rate(seen: Telemetry, arm: str, since_us: int) -> Reading:
    return _mean(*seen._of(seen.decisions, arm, since_us, "rejected"))


def _mirror_reject_rate(seen: Telemetry, arm: str, since_us: int) -> Reading:
    return _mean(seen._mirrored(seen.mirrors, arm, since_us, "rejected"))


def _disagreement(seen: Telemetry, arm: str, since_us: int) -> Reading:
    """Share of mirrored looks that say otherwise than the line's verdict, once both are known."""
    return _mean(~seen._mirrored(seen.comparisons, arm, since_us, "agrees"))


def _latency_mean(seen: Telemetry, arm: str, since_us: int) -> Reading:
    (latency_us,) = seen._of(seen.decisions, arm, since_us, "latency_us")
    return _mean(latency_us / SECOND)


def _latency_p95(seen: Telemetry, arm: str, since_us: int) -> Reading:
    (latency_us,) = seen._of(seen.decisions, arm, since_us, "latency_us")
    return Reading(float(np.quantile(latency_us, 0.95)) / SECOND if len(latency_us) else None, len(latency_us))


def _brightness(seen: Telemetry, arm: str, since_us: int) -> Reading:
    return _mean(*seen._of(seen.decisions, arm, since_us, "brightness"))


def _fallback_share(seen: Telemetry, arm: str, since_us: int) -> Reading:
    (how,) = seen._of(seen.decisions, arm, since_us, "decided_by")
    return _mean((how == DecidedBy.FALLBACK) | (how == DecidedBy.FAIL_OPEN))


def _audited_escape_share(seen: Telemetry, arm: str, since_us: int) -> Reading:
    """Share of audited passes that were defective: an estimate of DPPM / 1e6. Without audits: unknown."""
    defective, rejected = seen._of(seen.audits, arm, since_us, "defective", "rejected")
    return _mean(defective[~rejected])


def _audited_false_reject_share(seen: Telemetry, arm: str, since_us: int) -> Reading:
    defective, rejected = seen._of(seen.audits, arm, since_us, "defective", "rejected")
    return _mean(~defective[rejected])


def _returns(seen: Telemetry, arm: str, since_us: int) -> Reading:
    """Share of returns that were real faults; nearly always without data in a run of days."""
    return _mean(*seen._of(seen.returns, arm, since_us, "faulty"))


OBSERVED: dict[str, Callable[[Telemetry, str, int], Reading]] = {
    "reject_rate": _reject_rate,
    "mirror_reject_rate": _mirror_reject_rate,
    "disagreement": _disagreement,
    "latency_mean_s": _latency_mean,
    "latency_p95_s": _latency_p95,
    "brightness": _brightness,
    "fallback_share": _fallback_share,
    "audited_escape_share": _audited_escape_share,
    "audited_false_reject_share": _audited_false_reject_share,
    "returns_with_fault": _returns,
}
"""Every metric that a strategy can ask for."""

NO_SHARES = frozenset({"latency_mean_s", "latency_p95_s", "brightness"})
"""Metrics that are no share of phones: a binomial standard error says nothing about them."""

OF_MIRRORS = frozenset({"mirror_reject_rate", "disagreement"})
"""Metrics of a version that looks without deciding; the others are of an arm that decides."""
