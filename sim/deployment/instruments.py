"""Instruments: they carry what can be seen of the line into a strategy's telemetry, when it can be seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from sim.columns import Codes, Scores, Times
from sim.deployment.telemetry.faults import Backlog, Disturbance
from sim.deployment.telemetry.labels import LabelDesk, Labels, LabelsToCome
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

    `finishes` are the names of the finishes that phones come in, `disturbance` is what is wrong on the way.
    """

    def __init__(
        self,
        engine: Engine,
        desk: LabelDesk,
        images: Pictures,
        finishes: tuple[str, ...],
        disturbance: Disturbance | None = None,
    ) -> None:
        self._engine = engine
        self._desk = desk
        self._images = images
        self._finishes = finishes
        self.arms: dict[str, Arm] = {}  #: all that have been routed, by name
        self._decided = 0
        self._mirrored = 0
        self._unpaired = Mirrored.none()
        self._wrong = disturbance or Disturbance()
        self._late_decided = Backlog(lambda held, new: Decided.joined([held, new]))
        self._late_mirrored, self._late_pairs = Backlog(Mirrored.joined), Backlog(Mirrored.joined)
        self._audits = LabelsToCome(self._audited, lambda: desk.delay_us)
        self._returns = LabelsToCome(lambda decided, _: desk.returned(decided), desk.soonest_back_us)

    def follow(self, route: Route) -> None:
        """Take notice of who decides from now on."""
        self.arms.update({arm.name: arm for arm in route.arms})

    def read(self, telemetry: Telemetry, now_us: int) -> None:
        """Bring `telemetry` up to `now_us`."""
        decided = new = self._engine.decided_since(self._decided)
        self._decided += len(new.phone)
        telemetry.now_us = now_us
        telemetry.audit_plan, telemetry.audit_delay_us = self._desk.plan, self._desk.delay_us
        telemetry.arrivals.come(self._desk.due_by(telemetry.arrivals.count, now_us))
        telemetry.arms, telemetry.versions, telemetry.finishes = new.arms, new.stations, self._finishes
        telemetry.queue.append(at_us=now_us, length=self._engine.queued())
        known_us = new.verdict_us
        if self._wrong.delays:
            new, known_us = self._late_decided.passed(new, self._wrong.known_us(known_us), now_us)
        if len(new.phone):
            said = self._said(new)
            self._write(telemetry, new, known_us, *said)
        if len(decided.phone):  # experts and customers do not wait for the logger
            score = said[0] if new is decided else self._said(decided)[0]
            self._audits.decide(decided, score)
            self._returns.decide(decided, score)
        self._read_mirrors(telemetry, decided, now_us)
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

    def _audited(self, decided: Decided, score: Scores) -> Labels:
        """Draw the audits of phones, with the time stamps that their labels carry."""
        labels = self._desk.audited(decided, score)
        return replace(labels, decided_us=self._wrong.stamped_us(labels.decided_us, labels.known_us))

    def _write(self, telemetry: Telemetry, new: Decided, known_us: Times, score: Scores, opinion: Codes) -> None:
        """Write down decisions that have become known."""
        telemetry.arrivals.decide(new.phone, known_us)
        due_us, finish = self._desk.noted(new.phone)
        telemetry.decisions.append(
            at_us=known_us,
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

    def _read_mirrors(self, telemetry: Telemetry, decided: Decided, now_us: int) -> None:
        """Mirrored looks count when they end; they can be compared once the line has decided the phone too."""
        new = self._engine.mirrored_since(self._mirrored)
        self._mirrored += len(new.phone)
        shown, known_us = new, new.end_us
        if self._wrong.delays:
            shown, known_us = self._late_mirrored.passed(new, self._wrong.known_us(known_us), now_us)
        if len(shown.phone):
            score = np.empty(len(shown.phone), dtype=np.float32)
            for station in np.unique(shown.station).tolist():
                rows = shown.station == station
                score[rows] = self._images.score(telemetry.versions[station], shown.phone[rows])
            telemetry.mirrors.append(
                at_us=known_us, phone=shown.phone, version=shown.station, rejected=shown.verdict == Verdict.REJECT,
                score=score, finish=self._desk.noted(shown.phone)[1],
            )  # fmt: skip
        if not (len(new.phone) or len(self._unpaired.phone) or self._wrong.delays):
            return
        pairs = _paired(self._unpaired, decided).joined(new)
        known = pairs.line_verdict != Verdict.NONE
        self._unpaired, pairs = pairs.rows(~known), pairs.rows(known)
        both_us = np.maximum(pairs.end_us, pairs.line_verdict_us)
        order = np.lexsort((pairs.phone, both_us))
        pairs, both_us = pairs.rows(order), both_us[order]
        if self._wrong.delays:
            both_us = np.maximum(self._wrong.known_us(pairs.end_us), self._wrong.known_us(pairs.line_verdict_us))
            pairs, both_us = self._late_pairs.passed(pairs, both_us, now_us)
        if len(pairs.phone):
            telemetry.comparisons.append(
                at_us=both_us,
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
