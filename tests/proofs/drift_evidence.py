"""How often does a report say that something moved which did not, and how often does it find what did?

`python tests/proofs/drift_evidence.py [--probes 4000] [--phones 20000] [--seeds 20]` prints, of probes of a world in which
nothing moves, how many each column calls moved, at its level of 0.001 and at coarser ones, with exact 95 % intervals; how
often a bound of 95 % is below the truth; and what the columns answer of every shipped drift, with full probes.
`tests/measure/test_drift_evidence_levels.py` runs a small version.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

import numpy as np

from sim.factory.lots import Lots
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.measure.drift_evidence import DISTANCE, LEVEL, SHARE, DriftEvidence, Moved, compare, evidence_of
from sim.scenario import load
from sim.stats.ratios import clopper_pearson
from sim.stats.shift import Shift, ks_shifts, rate_shift, stratified_shift

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
LEVELS = (0.05, 0.01, LEVEL)
RATES = ("2%", "0.2%")


def null_probe(seed: int, phones: int, rate: str) -> tuple[Moved, ...]:
    """Return what is said of two samples of one world, whose phones are defective at a rate."""
    factory = Factory(defect_rate=rate, lots=Lots(size=1))
    streams = Streams(seed, replication=0)
    before = World(factory, (), streams.branch("before"))
    after = World(factory, (), streams.branch("after")).take(phones)
    return compare(before.take(phones // 4), before.take(phones), after, factory.feature_names())


def shifts_at_margin(seed: int, events: int) -> Iterator[tuple[str, Shift, float]]:
    """Yield of each test a measured shift and the true one, which is just what matters, with so many events before."""
    draw = np.random.default_rng(seed)
    rate, n = 0.02, round(events / 0.02)
    # Normal values that lie this far apart have that distance.
    apart = 0.2513228
    (ks,) = ks_shifts(draw.standard_normal(events), draw.standard_normal(events) + apart)
    assert ks is not None
    yield "distance", ks, DISTANCE
    changed = rate * (1.0 + SHARE)
    yield "rate", rate_shift(int(draw.binomial(n, rate)), n, int(draw.binomial(n, changed)), n), SHARE * rate
    # A loss of contrast: the risky stratum has fewer events, the other one more, and the mean is what it was.
    stratum = (np.arange(n) % 10 == 0).astype(np.int64)
    before = np.array([rate / 2, rate * 5.5])
    after = before + np.array([1.0, -9.0]) * SHARE * rate / 1.8
    events0, events1 = draw.random(n) < before[stratum], draw.random(n) < after[stratum]
    stratified = stratified_shift(stratum, events0, stratum, events1, 2)
    assert stratified is not None
    yield "rate within strata", stratified, SHARE * rate


def shipped() -> Iterator[tuple[str, int]]:
    """Yield every drift of the shipped scenarios: the scenario's name, and its number there."""
    for file in sorted(SCENARIOS.glob("*.yaml")):
        for number in range(len(load(file).drift)):
            yield file.stem, number


def evidence(name: str, number: int, seed: int) -> DriftEvidence:
    """Return what is said of a shipped drift, from another world than its scenario's own."""
    scenario = load(SCENARIOS / f"{name}.yaml")
    return evidence_of(scenario.drift[number], scenario.factory, scenario.drift, seed)


def _share(count: int, of: int) -> str:
    low, high = clopper_pearson(count, of, 0.95)
    return f"{count:>5} of {of}: {count / of:.4f} ({low:.4f}-{high:.4f})"


def main() -> None:
    """Print levels, bounds and answers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--probes", type=int, default=4000)
    parser.add_argument("--phones", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=20)
    given = parser.parse_args()
    for rate in RATES:
        said: Counter[tuple[str, float]] = Counter()
        answers: Counter[tuple[str, str]] = Counter()
        for seed in range(given.probes):
            found = null_probe(seed, given.phones, rate)
            said.update((each.what, level) for each in found for level in LEVELS if each.p <= level)
            said.update(("any", level) for level in LEVELS if any(each.p <= level for each in found))
            answers.update((each.what, each.answer) for each in found)
        for what in ("P(x)", "P(x|y)", "P(y|x)", "P(y)", "any"):
            for level in LEVELS:
                print(
                    f"nothing moves, {rate:>4} defective  {what:6}  level {level:<6}  {_share(said[what, level], given.probes)}"
                )
            if what != "any":
                told = ", ".join(f"{answer} {n}" for (of, answer), n in sorted(answers.items()) if of == what)
                print(f"{'':33}{what:6}  {told}", flush=True)
    for events in (300, 3000):
        below: Counter[str] = Counter()
        for seed in range(given.probes):
            below.update(test for test, shift, truth in shifts_at_margin(seed, events) if shift.bound < truth)
        for test in ("distance", "rate", "rate within strata"):
            print(
                f"bound of 95 % below the truth, {events:>4} events  {test:18}  {_share(below[test], given.probes)}",
                flush=True,
            )
    for name, number in shipped():
        answers = Counter()
        for seed in range(1000, 1000 + given.seeds):
            last = evidence(name, number, seed)
            answers.update((each.what, each.answer) for each in last.moved)
        told = {
            what: ", ".join(f"{answer} {n}" for (of, answer), n in sorted(answers.items()) if of == what)
            for what in ("P(x)", "P(x|y)", "P(y|x)", "P(y)")
        }
        print(f"{name}, {last.name}: {'; '.join(f'{what} {text}' for what, text in told.items())}", flush=True)


if __name__ == "__main__":
    main()
