"""Champion and challengers: one decides, the others look on, and who is proven better on the same phones takes over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from sim.deployment.dashboard import Gauge, Limit
from sim.deployment.declaration import Appearance, ModelName, Surroundings, where_named
from sim.deployment.events import ANALYSIS, Reason
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import Strategy, pattern
from sim.document import Refusal
from sim.stats.pairs import PairedEvidence
from sim.units import Percent, Rhythm

LOOKS = (
    "looks every {interval:duration} at who is right on audited phones where only one is: {challengers} or {stable};"
    " crowns who is proven better"
)
BEATS = "{winner} beats {champion}"
UNCHALLENGED = "nobody challenges {stable}"
RIGHT_ON = "right on {favour} of {samples} phones where one was wrong ({caught} of {defects} defective ones)"


def no_own_challenger(strategy: Strategy, around: Surroundings) -> Iterator[Refusal]:
    """Nobody challenges itself."""
    challengers = strategy.settings()["challengers"]
    if strategy.stable in challengers:
        yield ("challengers",), f"{strategy.stable} is the champion: it cannot challenge itself"
    if not challengers and strategy.candidate == strategy.stable:
        yield (), f"{strategy.stable} cannot challenge itself: name another candidate, or challengers"


@pattern(
    "champion_challenger",
    people=where_named,
    checks=no_own_challenger,
    appearance=Appearance("purple", marker="*"),
    place=16,
)
def champion_challenger(
    rollout: Rollout,
    *,
    challengers: tuple[ModelName, ...] = (),
    share: Percent = 100.0,
    interval: Rhythm = "1h",  # type: ignore[assignment]
    alpha: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.05,
) -> Playbook:
    """The champion (stable) decides; challengers (default: the candidate) look at `share` of the phones without a say.

    Of the audited phones that both saw, those on which exactly one was right are evidence, read every `interval`.
    With m `challengers` each has to reach m / `alpha`, so in one champion's reign the chance of a wrong successor
    is `alpha` at most. The old champion, if a model, challenges on, and everybody's evidence begins again. It needs
    audits of passes and of rejects alike.
    """
    names = challengers or (rollout.candidate.name,)
    named = {"interval": interval, "challengers": ", ".join(names), "stable": rollout.stable.name}
    rollout.expect(Reason("looks", LOOKS, more=named))
    while True:
        began_us = read_us = rollout.now
        rollout.set_mirrors({rollout.arm(name): share for name in names})
        evidence = {name: PairedEvidence(alpha, len(names)) for name in names}
        winner = ""
        while not winner:
            yield from rollout.wait(interval)
            for name in names:
                cohort = rollout.telemetry.cohort(read_us, began_us, seen_by=name)
                evidence[name].update(*rollout.telemetry.pairs(name, cohort))
            read_us = rollout.now
            gauges = (
                Gauge(
                    proof.better,
                    "E",
                    (Limit("passes at", proof.better_at),),
                    f"{name} is better",
                    samples=proof.discordant,
                )
                for name, proof in evidence.items()
            )
            rollout.show("discordant pairs", *gauges, run=began_us)
            proven = [name for name in names if evidence[name].verdict == "better"]
            winner = max(proven, key=lambda name: evidence[name].better, default="")
        champion = rollout.stable
        rollout.note(ANALYSIS, beats(winner, champion.name, evidence[winner]))
        rollout.promote(rollout.arm(winner))
        names = tuple(name for name in (*names, champion.version) if name and name != winner)
        if not names:  # inspectors cannot look on without deciding
            alone = Reason("unchallenged", UNCHALLENGED, more={"stable": winner}, brief=UNCHALLENGED)
            return rollout.note(ANALYSIS, alone)


def beats(winner: str, champion: str, evidence: PairedEvidence) -> Reason:
    """Return why the winner succeeds the champion."""
    return Reason(
        "better_proven", BEATS + ": E {value:.3g}, {cause}", "", evidence.better, evidence.better_at,
        more={"winner": winner, "champion": champion}, cause=right_on(evidence), brief=BEATS,
    )  # fmt: skip


def right_on(evidence: PairedEvidence) -> Reason:
    """Return the counts that paired evidence rests on."""
    counts = {"favour": evidence.favour, "caught": evidence.caught, "defects": evidence.defects}
    return Reason("pairs", RIGHT_ON, samples=evidence.discordant, more=counts)
