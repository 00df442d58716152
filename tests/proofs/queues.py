"""Does a queue of ours wait as long as Pollaczek and Khinchine say, in heavy traffic and for wide laws too?

`python tests/proofs/queues.py [--rho 0.5 0.8 0.9 0.95] [--cv 0.5 1 2 4] [--phones 5000] [--replications 20]` runs a line
with one work station per cell through a scenario file, Poisson arrivals and a gamma law of service, and prints the mean
wait with its family-wise 95 % interval (Bonferroni over the cells) beside the theory. The busier and the wider, the
longer a run: `--phones` is for a load of a half and cv 1. It ends with 1 if a cell misses the theory, or is wider than 10 %.
`tests/theory/test_stations.py` holds a few figures in short runs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1] / "support")]

from closed_forms import pollaczek_khinchine_wait

import sim
from sim.measure.stations import WAITED
from sim.stats.intervals import Interval, t_interval

EVERY_S = 10.0
NARROW = 0.1  #: half-width of an interval, of the theory's value
LINE = """
driftline: 1
seed: {seed}
replications: {replications}
horizon: {horizon}s
warm_up: {warm_up}s
factory: {{arrivals: {{kind: poisson, every: {every}s}}}}
inspectors: {{count: 1, service: {{law: fixed, mean: 1ms}}}}
strategies: [{{pattern: manual}}]
stations: [{{name: work, service: {{law: gamma, mean: {mean}ms, cv: {cv}}}}}]
"""


@dataclass(frozen=True)
class Cell:
    """One load and one law, with what was found."""

    rho: float
    cv: float
    phones: int
    theory: float
    found: Interval

    @property
    def holds(self) -> bool:
        return self.found.low <= self.theory <= self.found.high and self.half_width <= NARROW

    @property
    def half_width(self) -> float:
        return (self.found.high - self.found.low) / 2 / self.theory


def phones_of(rho: float, cv: float, phones: int) -> int:
    """Return how many phones make an interval as wide as `phones` do at rho 0.5 and cv 1: it is slow near 1."""
    return round(phones * (0.5 / (1 - rho)) ** 2 * max(1.0, (1 + cv**2) / 2))


def cells(rhos: list[float], cvs: list[float], phones: int, replications: int, folder: Path) -> Iterator[Cell]:
    """Yield the grid, cell by cell."""
    count = len(rhos) * len(cvs)
    for number, (rho, cv) in enumerate((rho, cv) for rho in rhos for cv in cvs):
        mean, asked = rho * EVERY_S, phones_of(rho, cv, phones)
        horizon = round(EVERY_S * asked)
        file = folder / "queue.yaml"
        told = {"seed": 301 + number, "replications": replications, "horizon": horizon, "warm_up": horizon // 10}
        file.write_text(LINE.format(**told, every=EVERY_S, mean=round(1000 * mean), cv=cv), encoding="utf-8")
        counts = sim.run(sim.load(file)).strategies[0].stations
        assert counts is not None
        found = t_interval(counts.mean_s(WAITED, "work"), confidence=1 - 0.05 / count)
        theory = pollaczek_khinchine_wait(1 / EVERY_S, mean, (cv * mean) ** 2)
        yield Cell(rho, cv, asked, theory, found)


def main() -> int:
    """Print the grid; return 1 if a cell does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rho", type=float, nargs="+", default=[0.5, 0.8, 0.9, 0.95])
    parser.add_argument("--cv", type=float, nargs="+", default=[0.5, 1.0, 2.0, 4.0])
    parser.add_argument("--phones", type=int, default=5_000)
    parser.add_argument("--replications", type=int, default=20)
    asked = parser.parse_args()
    print(f"{'rho':>5} {'cv':>4} {'phones':>10} {'theory':>9} {'found':>9} {'interval':>21} {'half':>6}")
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for cell in cells(asked.rho, asked.cv, asked.phones, asked.replications, Path(folder)):
            missed += not cell.holds
            ends = f"{cell.found.low:.2f} to {cell.found.high:.2f}"
            print(
                f"{cell.rho:5.2f} {cell.cv:4.1f} {cell.phones:10,} {cell.theory:7.2f} s {cell.found.mean:7.2f} s"
                f" {ends:>21} {100 * cell.half_width:4.1f} %{'' if cell.holds else '  MISSED'}",
                flush=True,
            )
    print(f"{missed} cells miss the theory or are wider than {100 * NARROW:.0f} %.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
