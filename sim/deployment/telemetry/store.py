"""What a team sees: verdicts, disagreement, latency, image brightness, audits and returns. Never the truth.

Everything arrives when a real team would have it, and a metric without data is missing (None), never zero.
"""

from __future__ import annotations

import numpy as np

from sim.columns import Column, Flags, Floats
from sim.deployment.telemetry.cohorts import Cohort
from sim.deployment.telemetry.metric import METRICS, Audited
from sim.deployment.telemetry.reading import NO_DATA, Reading
from sim.deployment.telemetry.stream import STREAMS
from sim.deployment.telemetry.tables import Scope, Tables, code_of
from sim.document import UnknownName, unknown_name
from sim.plugins import at_work
from sim.units import HOUR


class Telemetry(Tables):
    """Everything that has become known in the last five weeks, by arm, and the metrics made of it."""

    def read(
        self,
        metric: str,
        arm: str,
        since_us: int,
        *,
        maturity_us: int | None = None,
        finish: str | None = None,
        cohort: Cohort | None = None,
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
            Count only phones decided after `since_us` and at least so long ago.
        finish : str, optional
            Count only phones of this finish.
        cohort : Cohort, optional
            Count its phones and no others, whatever `since_us` is.

        Raises
        ------
        UnknownName
            If there is no such metric; a KeyError.
        """
        if metric not in METRICS:
            raise UnknownName(unknown_name("metric", metric, METRICS))
        declared = METRICS[metric]
        if declared.audits and not self._audits_all(declared.audits):
            return NO_DATA
        matured = None if maturity_us is None else self.now_us - maturity_us
        with at_work(f"the metric {metric}", declared):
            return declared.checked(declared.read(self, arm, Scope(since_us, matured, finish, cohort)))

    def cohort(
        self, since_us: int, due_after_us: int = -1, *, label_age_us: int | None = None, seen_by: str | None = None
    ) -> Cohort:
        """Return the phones that the frontier has passed since a moment: what arms can be compared on.

        Read now and then, each time since the last, it gives every phone once, in the order in which they were due,
        whatever the arms' queues and labels do. See `sim.deployment.telemetry.cohorts`.

        Parameters
        ----------
        since_us : int
            The last time.
        due_after_us : int, optional
            Only phones due later count, and only they are waited for: when the arms began to share the phones.
        label_age_us : int, optional
            How long after the verdict a label may come. Default: as long as an audit takes; 0 where no label is read.
        seen_by : str, optional
            A version that looks without deciding: its looks are waited for too.
        """
        age_us = self.audit_delay_us if label_age_us is None else label_age_us
        first, last = (self.arrivals.frontier(due_after_us, age_us, moment) for moment in (since_us, self.now_us))
        if seen_by is not None:
            first, last = (
                min(passed, self.looked_up_to(seen_by, moment))
                for passed, moment in ((first, since_us), (last, self.now_us))
            )
            first = max(first, self.arrivals.first_due_after(due_after_us))
        last = max(first, last)
        next_due_us = self.arrivals.due_us(last)
        behind_us = 0 if next_due_us is None else max(0, self.now_us - age_us - next_due_us)
        return Cohort(range(first, last), age_us, behind_us)

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
        if what not in STREAMS:
            raise UnknownName(unknown_name("stream", what, STREAMS))
        declared = STREAMS[what]
        with at_work(f"the stream {what}", declared):
            return declared.checked(np.asarray(declared.read(self, arm, Scope(since_us)), dtype=np.float64))

    def escapes(
        self, candidate: str, cohort: Cohort, *, against: str | None = None, finish: str | None = None
    ) -> tuple[Flags, Floats]:
        """Return the audited escapes of a cohort, in the order in which the phones were due.

        `against` names the only other arm that counts: with more than two arms in a route, 1 - pi of the others would
        not be the candidate's chance.

        Returns
        -------
        by_candidate : ndarray of bool, shape (escapes,)
            Whether the candidate had shipped it.
        pi : ndarray of float64, shape (escapes,)
            The probability, stored at its arrival, that the candidate would get that phone.
        """
        arm, own, rejected, defective = self._audited(cohort, finish, "arm", "pi", "rejected", "defective")
        escaped = defective & ~rejected
        code = code_of(candidate, self.arms)
        if against is not None:
            escaped &= (arm == code) | (arm == code_of(against, self.arms))
        mine = arm[escaped] == code
        return mine, np.where(mine, own[escaped], 1.0 - own[escaped])

    def pairs(self, version: str, cohort: Cohort, *, finish: str | None = None) -> tuple[Flags, Flags, Flags]:
        """Return, of the audited phones of a cohort that `version` saw too, who was right by the expert's label.

        Passes and rejects may be audited in unequal shares. Then the pairs would favour one side, so of the more
        audited kind only those count whose drawn number is below the smaller share: all kinds have the same chance.

        Returns
        -------
        version_right, line_right, defective : ndarray of bool, shape (pairs,)
            In the order in which the phones were due.
        """
        phone, drawn, rejected, defective = self._audited(cohort, finish, "phone", "drawn", "rejected", "defective")
        fair = drawn < min(self.audit_plan)
        rejects, looked = self.mirrored_verdicts(version, phone[fair])
        defective, line_rejects = defective[fair][looked], rejected[fair][looked]
        return rejects[looked] == defective, line_rejects == defective, defective

    def _audited(self, cohort: Cohort, finish: str | None, *columns: str) -> list[Column]:
        """Return columns of a cohort's audits, by phone."""
        phone, *found = self.by_arm(self.audits, None, Scope(-1, finish=finish, cohort=cohort), "phone", *columns)
        order = np.argsort(phone, kind="stable")
        return [column[order] for column in found]

    def _audits_all(self, kinds: frozenset[Audited]) -> bool:
        of_passes, of_rejects = self.audit_plan
        return (of_passes > 0.0 or "passes" not in kinds) and (of_rejects > 0.0 or "rejects" not in kinds)

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
