"""Instruments: they carry what can be seen of the line into a strategy's telemetry, when it can be seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from sim.columns import Codes, Scores, Times
from sim.deployment.telemetry.labels import LabelDesk, LabelsToCome
from sim.deployment.telemetry.store import Telemetry
from sim.line.engine import Engine
from sim.line.log import Decided, Mirrored
from sim.line.route import Arm, Route
from sim.line.rules import DecidedBy, Verdict

#: By rules.DecidedBy: whether a model looked first, and had something to say.
_BY_MODEL = np.isin(list(DecidedBy), (DecidedBy.MODEL, DecidedBy.REVIEW, DecidedBy.ASSISTED))


class Pictures(Protocol):
    """Answers how bright phones' pictures were, and what a version has said of them."""

    def brightness(self, phone: Times) -> Scores: ...
    def score(self, version: str, phone: Times) -> Scores: ...


class Instruments:
    """What the plant shows: appends to a telemetry what has become known since the last reading.

    `finishes` are the names of the finishes that phones come in.
    """

    def __init__(self, engine: Engine, desk: LabelDesk, images: Pictures, finishes: tuple[str, ...]) -> None:
        self._engine = engine
        self._desk = desk
        self._images = images
        self._finishes = finishes
        self.arms: dict[str, Arm] = {}  #: all that have been routed, by name
        self._decided = 0
        self._mirrored = 0
        self._unpaired = Mirrored.none()
        self._audits = LabelsToCome(desk.audited, lambda: desk.delay_us)
        self._returns = LabelsToCome(lambda decided, _: desk.returned(decided), desk.soonest_back_us)

    def follow(self, route: Route) -> None:
        """Take notice of who decides from now on."""
        self.arms.update({arm.name: arm for arm in route.arms})

    def read(self, telemetry: Telemetry, now_us: int) -> None:
        """Bring `telemetry` up to `now_us`."""
        new = self._engine.decided_since(self._decided)
        self._decided += len(new.phone)
        telemetry.now_us = now_us
        telemetry.audit_plan, telemetry.audit_delay_us = self._desk.plan, self._desk.delay_us
        telemetry.arrivals.come(self._desk.due_by(telemetry.arrivals.count, now_us))
        telemetry.arms, telemetry.versions, telemetry.finishes = new.arms, new.stations, self._finishes
        telemetry.queue.append(at_us=now_us, length=self._engine.queued())
        if len(new.phone):
            telemetry.arrivals.decide(new.phone, new.verdict_us)
            due_us, finish = self._desk.noted(new.phone)
            score, opinion = self._said(new)
            telemetry.decisions.append(
                at_us=new.verdict_us,
                phone=new.phone,
                arm=new.arm,
                pi=new.pi,
                decided_by=new.decided_by,
                rejected=new.verdict == Verdict.REJECT,
                latency_us=new.verdict_us - due_us,
                brightness=self._images.brightness(new.phone),
                finish=finish,
                score=score,
                opinion=opinion,
            )
            self._audits.decide(new, score)
            self._returns.decide(new, score)
        self._read_mirrors(telemetry, new)
        if (audits := self._audits.known(now_us)) is not None:
            telemetry.audits.append(
                at_us=audits.known_us,
                phone=audits.phone,
                arm=audits.arm,
                pi=audits.pi,
                rejected=audits.rejected,
                defective=audits.defective,
                probability=audits.probability,
                drawn=audits.drawn,
                decided_us=audits.decided_us,
                finish=audits.finish,
                score=audits.score,
            )
        if (returns := self._returns.known(now_us)) is not None:
            telemetry.returns.append(
                at_us=returns.known_us, phone=returns.phone, arm=returns.arm, faulty=returns.defective,
                decided_us=returns.decided_us, finish=returns.finish,
            )  # fmt: skip

    def _said(self, new: Decided) -> tuple[Scores, Codes]:
        """Return the score of the model that looked at each phone first, and what it told a human."""
        score = np.full(len(new.phone), np.nan, dtype=np.float32)
        opinion = np.full(len(new.phone), -1, dtype=np.int8)
        arms = [(code, self.arms[name]) for code, name in enumerate(new.arms) if self.arms[name].version]
        looked = _BY_MODEL[new.decided_by] if arms else None
        for code, arm in arms:
            rows = np.flatnonzero((new.arm == code) & looked)
            score[rows] = self._images.score(arm.version, new.phone[rows])
            if arm.advice is not None:
                advised = new.decided_by[rows] == DecidedBy.ASSISTED
                opinion[rows] = np.where(advised, score[rows] > arm.advice.threshold, -1)
        return score, opinion

    def _read_mirrors(self, telemetry: Telemetry, decided: Decided) -> None:
        """Mirrored looks count when they end; they can be compared once the line has decided the phone too."""
        new = self._engine.mirrored_since(self._mirrored)
        self._mirrored += len(new.phone)
        if len(new.phone):
            score = np.empty(len(new.phone), dtype=np.float32)
            for station in np.unique(new.station).tolist():
                rows = new.station == station
                score[rows] = self._images.score(telemetry.versions[station], new.phone[rows])
            telemetry.mirrors.append(
                at_us=new.end_us, phone=new.phone, version=new.station, rejected=new.verdict == Verdict.REJECT,
                score=score, finish=self._desk.noted(new.phone)[1],
            )  # fmt: skip
        elif not len(self._unpaired.phone):
            return
        pairs = _paired(self._unpaired, decided).joined(new)
        known = pairs.line_verdict != Verdict.NONE
        self._unpaired, pairs = pairs.rows(~known), pairs.rows(known)
        if len(pairs.phone):
            both_us = np.maximum(pairs.end_us, pairs.line_verdict_us)
            order = np.lexsort((pairs.phone, both_us))
            pairs = pairs.rows(order)
            telemetry.comparisons.append(
                at_us=both_us[order],
                phone=pairs.phone,
                version=pairs.station,
                rejected=pairs.verdict == Verdict.REJECT,
                line_rejected=pairs.line_verdict == Verdict.REJECT,
                finish=self._desk.noted(pairs.phone)[1],
            )


def _paired(waiting: Mirrored, decided: Decided) -> Mirrored:
    """Return mirrored looks that waited for the line, with the verdicts that have come in since."""
    if not len(waiting.phone) or not len(decided.phone):
        return waiting
    order = np.argsort(decided.phone)
    place = np.minimum(np.searchsorted(decided.phone, waiting.phone, sorter=order), len(order) - 1)
    row = order[place]
    here = decided.phone[row] == waiting.phone
    return replace(
        waiting,
        line_verdict=np.where(here, decided.verdict[row], waiting.line_verdict),
        line_verdict_us=np.where(here, decided.verdict_us[row], waiting.line_verdict_us),
    )
