"""This checkout against another one, in turns: `python tests/benchmarks/paired.py OTHER [WORKLOAD ...] [--rounds N]`.

OTHER is a folder with another version of the repository, e.g. `git worktree add ../before COMMIT`. Each round starts a
fresh process for each of the two; it warms up first, and then its processor time and its peak of memory are read. The
medians are printed. Both run the workloads as they are written here.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

HERE = Path(__file__).resolve().parents[2]
MB = 1024.0  #: of what Linux says of a process's peak, in kB


def standard(horizon: str = "30d") -> None:
    """The standard comparison, its versions trained: six strategies, 432,000 phones."""
    _timed(_scenario(horizon))


def million(count: int) -> Callable[[], None]:
    """Return a plain line's run with so many million phones, in blocks."""
    return lambda: _timed(_line(f"{int(count * 1e6 * 6)}s", [{"pattern": "manual"}]))


def canary(analysed: bool) -> Callable[[], None]:
    """Return five days of a canary at half of the phones, with 1,440 measured analyses or with none."""
    checks = [{"metric": "reject_rate", "versus_stable_at_most": 1000, "min_samples": 200}]
    strategy: dict[str, Any] = {"pattern": "canary", "steps": [50, 100], "hold": "5d"}
    analysis = {"analysis": {"interval": "5min", "checks": checks}} if analysed else {}
    return lambda: _timed(_line("6d", [strategy | analysis]))


def quickstart() -> None:
    """`driftline run quickstart`, imports, figures and all."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sim", "run", "quickstart", "--quiet", "--workers", "1", "--out"]
        for place in ("warm", "timed"):
            before = _children_s()
            subprocess.run([*command, f"{folder}/{place}"], check=True, stdout=subprocess.DEVNULL)
        _tell(_children_s() - before, resource.RUSAGE_CHILDREN)


WORKLOADS: dict[str, Callable[[], None]] = {
    "standard": standard,
    "year": lambda: standard("365d"),
    "without analyses": canary(analysed=False),
    "1,440 analyses": canary(analysed=True),
    "quickstart": quickstart,
    "1 million phones": million(1),
    "10 million phones": million(10),
}


def _scenario(horizon: str) -> Any:
    from sim import load
    from sim.units import parse_duration

    return load(HERE / "scenarios" / "standard.yaml").model_copy(update={"horizon": parse_duration(horizon)})


def _line(horizon: str, strategies: list[dict[str, Any]]) -> Any:
    from sim import build

    return build(
        seed=3, horizon=horizon, replications=1, strategies=strategies, inspectors={"count": 7},
        factory={"arrivals": {"kind": "takt", "every": "6s", "jitter": "10%"}},
        models={"v2": {"kind": "logistic"}}, deployment={"stable": "humans", "candidate": "v2", "start": "6h"},
    )  # fmt: skip


def _timed(scenario: Any) -> None:
    """Run one replication, after a day of it that warms everything up."""
    from sim.experiment.replication import replicate
    from sim.experiment.training import trained
    from sim.units import DAY

    versions = trained(scenario)
    short = scenario.model_copy(update={"horizon": DAY})
    replicate(short, short.strategies, versions, 0, "compiled")
    before = process_time()
    replicate(scenario, scenario.strategies, versions, 0, "compiled")
    _tell(process_time() - before, resource.RUSAGE_SELF)


def _tell(seconds: float, whose: int) -> None:
    print(f"{seconds} {resource.getrusage(whose).ru_maxrss / MB}")


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(checkout: Path, workload: str) -> tuple[float, float]:
    """Run a workload in a checkout: (seconds of processor time, MB at the peak)."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
    answer = subprocess.run(
        [sys.executable, __file__, "--inside", workload], cwd=checkout, check=True, stdout=subprocess.PIPE, text=True,
        env={**os.environ, **threads, "PYTHONPATH": str(checkout)},
    )  # fmt: skip
    seconds, megabytes = map(float, answer.stdout.split())
    return seconds, megabytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, nargs="?", help="a folder with the version to compare with")
    parser.add_argument("workload", nargs="*", help=f"default: all of {', '.join(WORKLOADS)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--inside", choices=WORKLOADS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        sys.path[0] = os.getcwd()  # the checkout whose turn it is, and not this folder
        WORKLOADS[chosen.inside]()
        return
    if chosen.other is None:
        parser.error("which other version? Give the folder of its checkout")
    if unknown := set(chosen.workload) - set(WORKLOADS):
        parser.error(f"no workload called {', '.join(sorted(unknown))}: there is {', '.join(WORKLOADS)}")
    print(f"{'workload':20}{'other s':>10}{'here s':>10}{'ratio':>8}{'other MB':>10}{'here MB':>10}")
    for workload in chosen.workload or WORKLOADS:
        found = [(_run(chosen.other.resolve(), workload), _run(HERE, workload)) for _ in range(chosen.rounds)]
        (other_s, other_mb), (here_s, here_mb) = (
            tuple(median(each[side][what] for each in found) for what in (0, 1)) for side in (0, 1)
        )
        ratio = here_s / other_s
        print(f"{workload:20}{other_s:10.3f}{here_s:10.3f}{ratio:8.2f}{other_mb:10.0f}{here_mb:10.0f}", flush=True)


if __name__ == "__main__":
    main()
