"""The comparisons: each yields the rows of one section of the table. Nothing here says how fast anything has to be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from sim.deployment.analysis.checks import USUAL
from sim.deployment.analysis.run import AnalysisRun
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import PATTERNS, pattern
from sim.experiment.replication import StrategyRun, StrategySimulation, replicate
from sim.experiment.run import trained
from sim.experiment.world_block import expected_phones
from sim.inspectors.model import ModelVersion
from sim.inspectors.model.kinds.logistic import Logistic
from sim.line.engines import ENGINES, prepare
from sim.units import DAY, HOUR, SECOND

from . import c_line, ciw_line, plain_simpy_line
from .common_case import CANDIDATE, REVIEW, WEIGHT, CommonCase, standard
from .stopwatch import Contestant, Watched, in_turns

FAST = "compiled" if "compiled" in ENGINES else "simpy"
TAKT = 6 * SECOND
Versions = Mapping[str, ModelVersion]


@dataclass(frozen=True)
class Row:
    """One line of the table. `looks_at` counts what was worked off: phones, or phones times strategies."""

    section: str
    who: str
    seconds: float | None = None
    looks_at: int | None = None
    ratio: float | None = None  #: how many times as long as driftline's default engine takes
    note: str = ""

    @property
    def per_second(self) -> float | None:
        return self.looks_at / self.seconds if self.looks_at and self.seconds else None


@dataclass(frozen=True)
class Sizes:
    """How much is run, and how often."""

    rounds: int = 5  #: of what takes seconds or less
    slow_rounds: int = 1
    horizon_us: int = 30 * DAY
    linear: tuple[int, ...] = (1_000_000, 3_000_000, 10_000_000)
    slider_runs: int = 21
    ciw_phones: int = 43_200


QUICK = Sizes(rounds=3, horizon_us=3 * DAY, linear=(100_000, 300_000, 1_000_000), slider_runs=5, ciw_phones=7_200)


def compare(
    section: str,
    contestants: Mapping[str, Contestant],
    base: str,
    looks_at: int,
    notes: Mapping[str, str] | None = None,
) -> Iterator[Row]:
    """Time contestants in turns; the ratio is against `base`."""
    seconds = {name: median(each) for name, each in in_turns(contestants).items()}
    for name, took in seconds.items():
        yield Row(section, name, took, looks_at, took / seconds[base], (notes or {}).get(name, ""))


# -- a. the standard comparison, end to end -----------------------------------------------------------------------


def standard_comparison(sizes: Sizes) -> Iterator[Row]:
    """World, scores, six strategies with their telemetry, metrics; the versions are trained beforehand."""
    scenario = standard(sizes.horizon_us)
    section = f"a. standard comparison: {len(scenario.strategies)} strategies, all in"
    began = perf_counter()
    given = trained(scenario)
    training_s = perf_counter() - began
    versions, boosted = _watched(given)
    scoring_s: dict[str, list[float]] = {name: [] for name in ENGINES}

    def run(engine: str) -> None:
        replicate(scenario, scenario.strategies, versions, 0, engine)
        scoring_s[engine].append(boosted.take_s())

    rounds = {"compiled": sizes.rounds, "simpy": sizes.slow_rounds}
    took = in_turns({name: Contestant(partial(run, name), rounds[name]) for name in ENGINES})
    looks_at = expected_phones(scenario) * len(scenario.strategies)
    without = {name: [a - b for a, b in zip(took[name], scoring_s[name], strict=True)] for name in ENGINES}
    for name in (FAST, *(other for other in ENGINES if other != FAST)):
        yield Row(section, f"driftline, {name}", median(took[name]), looks_at, median(took[name]) / median(took[FAST]))
        part = median(without[name])
        ratio = part / median(without[FAST])
        yield Row(section, f"driftline, {name}, without v2's scoring", part, looks_at, ratio)
    yield Row(section, "scoring by v2 (boosted trees)", median(scoring_s[FAST]), note="in both, done by scikit-learn")
    yield Row(section, "training v1 and v2", training_s, note="once per scenario and seed, in none of the above")


def _watched(versions: Versions) -> tuple[Versions, Watched]:
    boosted = Watched.of(versions[CANDIDATE])
    return {**versions, CANDIDATE: boosted}, boosted


# -- b., c. the common case: driftline beside SimPy by hand and C -------------------------------------------------


def common_case(sizes: Sizes) -> Iterator[Row]:
    """First the event loop alone, then driftline with all that it keeps account of."""
    scenario = standard(sizes.horizon_us)
    case = CommonCase.of(scenario, trained(scenario))
    phones = len(case)

    section = "b. one strategy (half model, review band), event loop alone"
    lines: dict[str, Any] = {}

    def loop(engine: str, rounds: int) -> Contestant:
        """Only the events are timed: the phones are on the line, the route is set."""
        return Contestant(
            lambda: lines[engine].advance(scenario.horizon),
            rounds,
            ready=lambda: lines.update({engine: case.standing(engine)}),
        )

    loops = {
        f"driftline, {FAST}": loop(FAST, sizes.rounds),
        "C, cc -O2": Contestant(partial(c_line.run, case), sizes.rounds),
        "SimPy by hand": Contestant(partial(plain_simpy_line.run, case), sizes.slow_rounds),
        "driftline, simpy": loop("simpy", sizes.slow_rounds),
    }
    if c_line.compiler() is None:
        del loops["C, cc -O2"]
        yield Row(section, "C, cc -O2", note="there is no C compiler on this machine")
    else:
        c_line.prepare()
    yield from compare(section, loops, f"driftline, {FAST}", phones)

    section = "c. the same, driftline all in: outcomes, metrics, timeline"
    everything = {
        f"driftline, {FAST}, all in": Contestant(partial(all_in, case, FAST, looks=False), sizes.rounds),
        f"driftline, {FAST}, and 1,440 analyses": Contestant(partial(all_in, case, FAST, looks=True), sizes.rounds),
        "SimPy by hand, verdicts only": Contestant(partial(plain_simpy_line.run, case), sizes.slow_rounds),
    }
    yield from compare(section, everything, f"driftline, {FAST}, all in", phones)


def all_in(case: CommonCase, engine: str, looks: bool) -> StrategyRun:
    """Run the common case as `replicate` runs a strategy; with `looks`, its playbook judges twelve hours again and again.

    The line by hand has no dashboards: without looks, the two do the same, and driftline measures it besides.
    """

    def half(rollout: Rollout) -> Playbook:
        rollout.candidate = rollout.arm(CANDIDATE, REVIEW)
        rollout.set_weight(WEIGHT)
        while looks:
            yield from rollout.wait(USUAL.interval)
            AnalysisRun(USUAL.template(12 * HOUR), rollout.now - 12 * HOUR).measure(rollout.now, rollout.sample)

    name = "half_of_the_phones"
    pattern(name)(half)
    try:
        given = PATTERNS[name](pattern=name, stable="humans", candidate=CANDIDATE, start=0)
        first, *others = case.blocks
        simulation = StrategySimulation(case.scenario, given, case.versions, engine, first, case.records, case.images)
        simulation.advance(first.until_us)
        for block in others:
            simulation.feed(block)
            simulation.advance(block.until_us)
        simulation.finish()
        return simulation.result()
    finally:
        PATTERNS.forget(name)


# -- d. linear? ---------------------------------------------------------------------------------------------------


def linear(sizes: Sizes) -> Iterator[Row]:
    """The standard comparison with the logistic model only, longer and longer."""
    patterns = ("manual", "canary", "full_automation")
    section = f"d. is it linear? {', '.join(patterns)}; logistic only"
    short = standard()
    scenario = short.model_copy(
        update={
            "models": {"v1": Logistic()},
            "deployment": short.deployment.model_copy(update={"candidate": "v1"}),
            "strategies": tuple(given for given in short.strategies if given.pattern in patterns),
        }
    )
    versions = trained(scenario)
    long = {phones: scenario.model_copy(update={"horizon": phones * TAKT}) for phones in sizes.linear}
    runs = {
        f"{phones:,} phones": Contestant(partial(replicate, each, each.strategies, versions, 0, FAST), 3)
        for phones, each in long.items()
    }
    each_us = []
    for phones, (who, took) in zip(long, in_turns(runs).items(), strict=True):
        each_us.append(median(took) / phones * 1e6)
        note = f"{each_us[-1]:.3f} µs a phone"
        yield Row(section, who, median(took), phones * len(patterns), note=note)
    yield Row(section, "spread", note=f"largest / smallest time a phone: {max(each_us) / min(each_us):.2f}")


# -- e. what a slider feels like ----------------------------------------------------------------------------------


def slider(sizes: Sizes) -> Iterator[Row]:
    """A day of the standard line, six strategies, a new world every time."""
    long = standard()
    # On the standard line rollouts start when this day is over.
    start = long.deployment.model_copy(update={"start": HOUR})
    day = long.model_copy(update={"horizon": DAY, "deployment": start, "drift": ()})
    versions, boosted = _watched(trained(day))
    section = f"e. behind a slider: a day, {len(day.strategies)} strategies"
    replicate(day, day.strategies, versions, 0, FAST)
    boosted.take_s()
    took, without = [], []
    for replication in range(1, sizes.slider_runs + 1):
        run = partial(replicate, day, day.strategies, versions, replication, FAST)
        took += in_turns({"": Contestant(run)})[""]
        without.append(took[-1] - boosted.take_s())
    looks_at = expected_phones(day) * len(day.strategies)
    note = f"median of {sizes.slider_runs}; {min(took) * 1e3:.0f} to {max(took) * 1e3:.0f} ms"
    yield Row(section, f"driftline, {FAST}", median(took), looks_at, note=note)
    yield Row(section, f"driftline, {FAST}, without v2's scoring", median(without), looks_at)


# -- f. memory ----------------------------------------------------------------------------------------------------


def memory(horizons: Mapping[str, int]) -> Iterator[Row]:
    """The most memory that a process of its own ever held: Python, libraries, training and all strategies."""
    for title, horizon_us in horizons.items():
        scenario = standard(horizon_us)
        command = [sys.executable, str(Path(__file__).parent), "--peak", str(horizon_us)]
        began = perf_counter()
        found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        looks_at = expected_phones(scenario) * len(scenario.strategies)
        note = f"{int(found.stdout) / 2**20:,.0f} MiB at the peak; whole process, {expected_phones(scenario):,} phones"
        yield Row("f. peak memory", title, perf_counter() - began, looks_at, note=note)


def run_and_tell_peak(horizon_us: int) -> None:
    """Run the standard comparison in this process, and print the most bytes it has held."""
    scenario = standard(horizon_us)
    replicate(scenario, scenario.strategies, trained(scenario), 0, FAST)
    print(peak_bytes())


def peak_bytes() -> int:
    """Return the high-water mark of this process's memory.

    `ru_maxrss` of a child process starts at its parent's mark on Linux, so there the kernel's own count is asked first.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


# -- g. Ciw -------------------------------------------------------------------------------------------------------


def beside_ciw(sizes: Sizes) -> Iterator[Row]:
    """Inspectors only: what Ciw can express, against driftline with everything it does."""
    section = f"g. inspectors only, {sizes.ciw_phones:,} phones at random"
    law = ciw_line.scenario(sizes.ciw_phones)
    contestants = {
        f"driftline, {FAST}, all in": Contestant(partial(ciw_line.run_driftline, law, FAST), sizes.rounds),
    }
    notes = {f"driftline, {FAST}, all in": f"mean wait {ciw_line.driftline_wait_s(law, FAST):.3f} s"}
    records: list[Any] = []
    if ciw_line.installed():
        contestants["Ciw"] = Contestant(lambda: records.append(ciw_line.run_ciw(sizes.ciw_phones)), sizes.slow_rounds)
    else:
        yield Row(section, "Ciw", note="ciw is not installed")
    for row in compare(section, contestants, f"driftline, {FAST}, all in", sizes.ciw_phones, notes):
        if row.who == "Ciw":
            wait = f"mean wait {ciw_line.ciw_wait_s(records[-1]):.3f} s"
            row = Row(row.section, row.who, row.seconds, row.looks_at, row.ratio, wait)
        yield row


def sections(sizes: Sizes, year: bool) -> Iterator[Callable[[], Iterator[Row]]]:
    """Yield every section, to be run in this order."""
    prepare(FAST)
    horizons = {"standard comparison": sizes.horizon_us, **({"a year of it": 365 * DAY} if year else {})}
    yield partial(memory, horizons)
    for section in (standard_comparison, common_case, linear, slider, beside_ciw):
        yield partial(section, sizes)
