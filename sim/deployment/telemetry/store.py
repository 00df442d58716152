"""What a team sees: verdicts, disagreement, latency, image brightness, audits and returns. Never the truth.

Everything arrives when a real team would have it, and a metric without data is missing (None), never zero.
"""

from __future__ import annotations

import numpy as np

from sim.columns import Flags, Floats, Times
from sim.deployment.telemetry.metric import METRICS, Audited
from sim.deployment.telemetry.reading import NO_DATA, Reading
from sim.deployment.telemetry.stream import STREAMS
from sim.deployment.telemetry.tables import Scope, Tables, code_of
from sim.units import HOUR


class Telemetry(Tables):
    """Everything that has become known in the last five weeks, by arm, and the metrics made of it."""

    def read(
        self, metric: str, arm: str, since_us: int, *, maturity_us: int | None = None, finish: str | None = None
    ) -> Reading:
        """Return a metric of `arm` (or of a mirrored version) over what became known after `since_us`.

        Parameters
        ----------
        metric : str
            One of `METRICS`.
        arm : str
            An arm's name; for a mirrored metric a version's.
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
        declared = METRICS[metric]
        if declared.audits and not self._audits_all(declared.audits):
            return NO_DATA
        matured = None if maturity_us is None else self.now_us - maturity_us
        return declared.read(self, arm, Scope(since_us, matured, finish))

    def stream(self, what: str, arm: str | None, since_us: int) -> Floats:
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
        return np.asarray(STREAMS[what].read(self, arm, Scope(since_us)), dtype=np.float64)

    def escapes(
        self, candidate: str, since_us: int, due_after_us: int | None = None, against: str | None = None
    ) -> tuple[Flags, Floats]:
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
        code = code_of(candidate, self.arms)
        if against is not None:
            escaped &= (rows["arm"] == code) | (rows["arm"] == code_of(against, self.arms))
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
        rejects, looked = self.mirrored_verdicts(version, audits["phone"][fair])
        defective, line_rejects = audits["defective"][fair][looked], audits["rejected"][fair][looked]
        return rejects[looked] == defective, line_rejects == defective, defective

    def _audits_all(self, kinds: frozenset[Audited]) -> bool:
        of_passes, of_rejects = self.audit_plan
        return (of_passes > 0.0 or "passes" not in kinds) and (of_rejects > 0.0 or "rejects" not in kinds)

    def _due_after(self, t_us: int | None, phone: Times) -> Flags:
        """Return which phones were due after a moment: phones are numbered in the order in which they are due."""
        if t_us is None:
            return np.ones(len(phone), dtype=bool)
        later = self.decisions.since(self.remembered(t_us))
        mine = later["phone"][later["at_us"] - later["latency_us"] > t_us]
        return phone >= mine.min() if len(mine) else np.zeros(len(phone), dtype=bool)

    def latest(self, metric: str, arm: str, before_us: int, samples: int) -> Reading:
        """Return a metric of `arm` over its latest phones, at least `samples` of them if there ever were."""
        moment = before_us
        reach = HOUR
        reading = self.read(metric, arm, moment)
        while reading.samples < samples and moment > 0:
            moment = max(0, before_us - reach)
            reach *= 2
            reading = self.read(metric, arm, moment - 1)
        return reading
