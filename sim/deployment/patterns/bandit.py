"""Bandit: the phones flow to whoever is probably cheapest, as the audits come in; a few always explore."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
from pydantic import Field

from sim.columns import Floats
from sim.deployment.dashboard import Gauge
from sim.deployment.declaration import Appearance, Decider, Surroundings, where_named
from sim.deployment.events import ANALYSIS, Reason
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import Strategy, pattern
from sim.deployment.telemetry.cohorts import Cohort
from sim.deployment.telemetry.tables import Scope
from sim.document import Refusal
from sim.line.route import Arm
from sim.stats.bayes import probability_cheapest
from sim.units import MOST, Money, Percent, PositiveDuration, Rhythm

SHARES = (
    "every {interval:duration} each of {arms} gets its probability of being the cheapest as its share,"
    " {floor:g} % at least"
)
TOO_FEW = "too few audited phones to move weights"
CHEAPEST = "{cheapest} cheapest, probability {percent:.0f} %"
COST = "{arm} ${value:.2f} (best with {best:.0%})"
#: Of a share of which nothing is known: Jeffreys' prior, half a phone of either kind.
PRIOR = 0.5


def stable_among_arms(strategy: Strategy, around: Surroundings) -> Iterator[Refusal]:
    """Stable is one of at least two arms."""
    arms = strategy.settings()["arms"]
    if arms and (strategy.stable not in arms or len(arms) < 2):
        yield ("arms",), f"name at least two deciders, and {strategy.stable}, who decides today, among them"


@pattern(
    "bandit",
    people=where_named,
    no_retraining="a bandit promotes nobody: let new versions out by champion_challenger, say",
    checks=stable_among_arms,
    appearance=Appearance("vermillion", (1.5, 1.5), "d"),
    place=17,
)
def bandit(
    rollout: Rollout,
    *,
    arms: tuple[Decider, ...] = (),
    interval: Rhythm = "6h",  # type: ignore[assignment]
    floor: Annotated[Percent, Field(le=50.0)] = 5.0,
    start_with: Percent = 10.0,
    least: Annotated[int, Field(ge=1, le=MOST)] = 50,
    memory: PositiveDuration = "7d",  # type: ignore[assignment]
    escape: Money = "$150",  # type: ignore[assignment]
    false_reject: Money = "$1.50",  # type: ignore[assignment]
) -> Playbook:
    """Every `interval`, each arm's weight becomes the probability that its cost per phone is the lowest of all.

    That is Thompson sampling (1933), with its draws replaced by their expectation. The cost is known from late
    audits only: of the phones whose labels have come in during the last `memory`, up to the first that some arm has
    not settled, each audited one stands for 1 / its audit probability (Horvitz and Thompson 1952); an escape costs
    `escape`, a false reject `false_reject`. The `arms` (default: stable and candidate) start with `start_with` percent
    each, stable with the rest, until every one has `least` audited phones; later each keeps at least `floor` percent,
    or nobody would learn that the world has changed.

    Nothing is ever proven or promoted. While weights move *and* the world drifts, arms are judged on different
    days: a short memory helps. (Seldon's epsilon-greedy router differs: it explores among the *other* arms only.)
    """
    names = arms or (rollout.stable.name, rollout.candidate.name)
    every = [rollout.stable if name == rollout.stable.name else rollout.arm(name) for name in names]
    others = [arm for arm in every if arm != rollout.stable]
    rollout.expect(Reason("shares", SHARES, more={"interval": interval, "arms": ", ".join(names), "floor": floor}))
    began = rollout.now
    rollout.set_weights({arm: min(start_with, 100.0 / len(every)) for arm in others})
    waits_for_audits, shared = False, [0.0]
    while True:
        yield from rollout.wait(interval)
        since = max(began, rollout.now - memory)
        cohort = rollout.telemetry.cohort(since, began)
        known = [_costs(rollout, arm, cohort, escape, false_reject) for arm in every]
        if min(count for count, _, _ in known) < least or min(rollout.telemetry.audit_plan) <= 0.0:
            if not waits_for_audits:
                waits_for_audits = True
                rollout.note(ANALYSIS, _too_few(every, [count for count, _, _ in known], least))
            continue
        best = probability_cheapest([mean for _, mean, _ in known], [variance for _, _, variance in known])
        weights = whole_percents(best, floor)
        rollout.note(ANALYSIS, _compared(every, known, best))
        _show(rollout, every, known, best)
        if weights != shared:
            shared = weights
            rollout.set_weights({arm: weight for arm, weight in zip(every, weights, strict=True) if arm in others})


def _too_few(arms: list[Arm], counts: list[int], least: int) -> Reason:
    each = [
        Reason("audited", "{arm} {samples}", samples=count, more={"arm": arm.name})
        for arm, count in zip(arms, counts, strict=True)
    ]
    return Reason(
        "too_few", TOO_FEW + ": {cause} of {bound}", bound=least, samples=min(counts),
        cause=Reason.together(each, ", "), brief=TOO_FEW,
    )  # fmt: skip


def _compared(arms: list[Arm], known: list[tuple[int, float, float]], best: Floats) -> Reason:
    each = [
        Reason("cost", COST, value=mean, samples=count, more={"arm": arm.name, "best": float(share)})
        for arm, (count, mean, _), share in zip(arms, known, best, strict=True)
    ]
    first = int(np.argmax(best))
    return Reason(
        "costs", "cost per phone by audits: {cause}", cause=Reason.together(each, ", "), brief=CHEAPEST,
        more={"cheapest": arms[first].name, "percent": 100 * float(best[first])},
    )  # fmt: skip


def _show(rollout: Rollout, arms: list[Arm], known: list[tuple[int, float, float]], best: Floats) -> None:
    """Show what each arm costs by the audits so far, and how probable it is that none is cheaper."""
    each = list(zip(arms, known, best, strict=True))
    rollout.show(
        "cost per phone by audits",
        *(Gauge(mean, "$", of=arm.name, samples=count) for arm, (count, mean, _), _ in each),
    )
    rollout.show(
        "probability of being the cheapest", *(Gauge(float(share), "share", of=arm.name) for arm, _, share in each)
    )


def _costs(rollout: Rollout, arm: Arm, cohort: Cohort, escape: float, false_reject: float) -> tuple[int, float, float]:
    """Return (audited phones, posterior mean, posterior variance) of an arm's cost per phone.

    Passes and rejects are audited in shares of their own: their posteriors are weighted as their phones stand for.
    """
    telemetry, scope = rollout.telemetry, Scope(rollout.now, cohort=cohort)
    rejected, defective, probability = telemetry.by_arm(
        telemetry.audits, arm.name, scope, "rejected", "defective", "probability"
    )
    stands_for = 1.0 / probability
    whole = float(stands_for.sum())
    mean = variance = 0.0
    for mine, wrong, price in ((~rejected, defective, escape), (rejected, ~defective, false_reject)):
        part = float(stands_for[mine].sum()) / whole if whole else 0.5
        bad, count = int(np.count_nonzero(wrong[mine])), int(np.count_nonzero(mine))
        a, b = bad + PRIOR, count - bad + PRIOR
        mean += price * part * a / (a + b)
        variance += (price * part) ** 2 * a * b / ((a + b) ** 2 * (a + b + 1.0))
    return len(rejected), mean, variance


def whole_percents(best: Floats, floor: float) -> list[float]:
    """Return weights in whole percents that add up to 100: a floor for each arm, the rest by probability.

    >>> whole_percents(np.array([0.97, 0.02, 0.01]), floor=5.0)
    [87.0, 7.0, 6.0]
    """
    low = min(floor, 100.0 / len(best))
    exact = low + (100.0 - low * len(best)) * best
    whole = np.floor(exact)
    # The largest remainders take what rounding down has left; ties go to the first.
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: round(100.0 - float(whole.sum()))]] += 1.0
    return [float(weight) for weight in whole]
