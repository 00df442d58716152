"""Live sentences under the views: what each shows of a run, also for somebody who does not see it."""

from __future__ import annotations

import inspect
import math
from pathlib import PurePosixPath

import numpy as np

from sim.apps.numbers import is_felt
from sim.columns import Counts
from sim.deployment.strategy import PATTERNS
from sim.experiment.result import Result, StrategyResult, Timeline
from sim.measure.events import Drifted
from sim.report.figures.latency import over_time
from sim.report.findings import finding, sentences
from sim.report.text.labels import short
from sim.report.text.values import called, plain_name, show
from sim.units import HOUR

#: The decider whom a page calls by another word than a scenario: one thing has one name on it.
_CALLED = {"humans": "inspectors"}
DASHBOARD = "What the team sees, and what is true"
#: Said of a drift to the value that was there before.
NOTHING_CHANGES = " (nothing changes)"


def by_metric(result: Result) -> dict[str, str]:
    """Return the answer's sentence on each metric that it is about, without its name."""
    told = {name: capital(said) for name, said in sentences(result).items()}
    if is_alike(result, "latency_p95_s"):  # its title says how long, and differences of milliseconds help nobody
        told["latency_p95_s"] = "The same under every strategy, the whole time."
    return told


def decider(label: str) -> str:
    """Return what a page calls whoever decides.

    >>> decider("humans"), decider("v2")
    ('inspectors', 'v2')
    """
    return _CALLED.get(label, plain_name(label))


def capital(text: str) -> str:
    """Return a sentence's beginning as such.

    >>> capital("canary leaks")
    'Canary leaks'
    """
    return text[:1].upper() + text[1:]


def further(place: str) -> str:
    """Return where a reader goes on, in words: a story's file names scenarios, notebooks and pages by their places.

    >>> further("scenarios/triage.yaml"), further("notebooks/02_drift.ipynb")
    ('The scenario triage: driftline run triage', 'The notebook 02_drift: driftline lab')
    >>> further("docs/background/time-and-order.md"), further("Chapter 3 of the book")
    ('The documentation: background, time and order', 'Chapter 3 of the book')
    """
    folder, *rest = PurePosixPath(place).with_suffix("").parts
    name = " / ".join(rest)
    if not rest:
        return place
    if folder == "scenarios":
        return f"The scenario {name}: driftline run {name}"
    if folder == "notebooks":
        return f"The notebook {name}: driftline lab"
    if folder == "docs":
        return f"The documentation: {', '.join(rest).replace('-', ' ')}"
    return place


def hour(moment_us: int, horizon_us: int = 0) -> str:
    """Return a moment in a sentence: in days, where the run has them.

    >>> hour(9 * HOUR + HOUR // 2), hour(50 * HOUR), hour(24 * HOUR, horizon_us=96 * HOUR)
    ('9 h 30 min', 'day 3, 02:00', 'day 2, 00:00')
    """
    minutes = round(moment_us / HOUR * 60)
    if max(moment_us, horizon_us) > 36 * HOUR:
        return f"day {minutes // 1440 + 1}, {minutes // 60 % 24:02d}:{minutes % 60:02d}"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def ending(strategy: StrategyResult) -> tuple[str, str] | None:
    """Return how a strategy's first rollout ended in the replication that is shown, in one word and in a sentence."""
    told = strategy.histories[strategy.shown].ending
    if told is None:
        return None
    name, done = (
        capital(called(strategy.name)),
        f"{told.exposed:,} phones decided by the candidate, {told.escaped:,} escaped",
    )
    if told.how == "neither":
        return told.how, f"{name}: the candidate is neither promoted nor rolled back; {done}."
    return told.how, f"{name}: {told.how} at {hour(told.ended_us)}; by then {done}."


def rolled_back(result: Result) -> str:
    """Return in how many of a comparison's runs each strategy took its candidate back; "" where none did.

    One run shows one ending; how often it ends so is what many runs are for.
    """
    counts = {
        called(strategy.name): sum(
            history.ending is not None and history.ending.how == "rolled back" for history in strategy.histories
        )
        for strategy in result.strategies
    }
    told = [f"by {name} in {count}" for name, count in counts.items() if count]
    return f" Rolled back {', '.join(told)} of {result.replications} runs." if told else ""


def of_strategy(result: Result, strategy: StrategyResult) -> str:
    """Return a strategy's own sentence: leakage, false rejects, how long it takes, how its rollout ended."""
    leak, false, wait = (
        strategy.interval(metric).mean for metric in ("escape_rate", "overkill_rate", "latency_p95_s")
    )  # fmt: skip
    more = "more than " if result.is_more_than(strategy, "latency_p95_s") else ""
    said = (
        f"{capital(called(strategy.name))} lets {show(leak, 'share')} of the defective phones through and rejects"
        f" {show(false, 'share')} of the good ones; 95 % have their verdict within {more}{show(wait, 's')}."
    )
    told = ending(strategy)
    return said if told is None else f"{said} {told[1]}"


def of_pattern(strategy: StrategyResult) -> str:
    """Return what a strategy's pattern does, in the first sentence of its own documentation; "" if it has none."""
    model = PATTERNS.get(strategy.pattern)
    return (inspect.getdoc(model) or "").partition("\n")[0].replace("`", "") if model is not None else ""


def of_dashboard(result: Result, strategy: StrategyResult) -> str:
    """Return the gap between what a team sees of a strategy and the truth, around the first drift that is one."""
    edges, name = strategy.timeline.edges_us, called(strategy.name)
    over = "The" if result.replications == 1 else f"In {result.replications} runs together the"
    drifts = (event for event in result.world_events if isinstance(event, Drifted))
    drift = next((event for event in drifts if is_felt(result, event)), None)
    cut = len(edges) - 1 if drift is None else int(np.searchsorted(edges, drift.time_us))
    if drift is None or not 0 < cut < len(edges) - 1:
        seen, true = _seen_and_true(strategy.timeline, slice(None))
        unseen = f"What it cannot see: {true} of the defective ones ship."
        return f"{over} team sees {name} reject {seen} of the phones. {unseen}"
    (seen, true), (seen_then, true_then) = (
        _seen_and_true(strategy.timeline, bins) for bins in (slice(0, cut), slice(cut, None))
    )
    began = hour(drift.time_us, result.scenario.horizon)
    moves = f"stay at {seen} on average" if seen == seen_then else f"go from {seen} to {seen_then} on average"
    return (
        f"At {began}: {short(drift)}. {over} team sees the share of rejected phones under {name} {moves}."
        f" What it cannot see: of the defective phones {true} shipped before, {true_then} after."
    )


def _seen_and_true(line: Timeline, bins: slice) -> tuple[str, str]:
    """Return the share of phones that are rejected, and that of the defective ones that ship."""

    def share(part: Counts, whole: Counts) -> str:
        over, under = int(part[:, bins].sum()), int(whole[:, bins].sum())
        return show(over / under if under else math.nan, "share")

    rejected = line.defective - line.escaped + line.overkilled
    return share(rejected, line.defective + line.good), share(line.escaped, line.defective)


def is_steady(strategy: StrategyResult) -> bool:
    """Return whether one decides all phones, and who looks on sees them all: a picture would be one block."""
    line, shown = strategy.timeline, strategy.shown
    decided = [counts[shown] for counts in line.decided_by.values() if counts[shown].any()]
    looked = [counts[shown] for counts in line.mirrored.values() if counts[shown].any()]
    return len(decided) == 1 and all((counts[decided[0] > 0] > 0).all() for counts in looked)


EVEN = 2.0  #: times the least: a latency that never differs by more is the same the whole time


def is_alike(result: Result, metric: str) -> bool:
    """Return whether no strategy differs from another in a latency, nor from itself in time: lines would be one."""
    ranking = finding(result, metric)
    said = {show(mean, "s") for mean in ranking.means.values()}
    curves = np.concatenate([over_time(strategy, metric) for strategy in result.strategies])
    known = curves[np.isfinite(curves)]
    return ranking.tied and len(said) == 1 and known.size > 0 and bool(known.max() <= EVEN * known.min())


#: A smaller share of the phones is not told: beside 100.0 % it would be too much.
TOLD = 0.0005


def of_traffic(result: Result, strategy: StrategyResult) -> str:
    """Return who decides a strategy's phones, in shares of the whole run."""
    counts = {who.label: int(n[strategy.shown].sum()) for who, n in strategy.timeline.decided_by.items()}
    total = sum(counts.values())
    name = called(strategy.name)
    if not total:
        return f"Under {name} no phone is decided."
    looked = [version for version, n in strategy.timeline.mirrored.items() if n[strategy.shown].any()]
    how = "where it does not decide" if any(counts.get(version) for version in looked) else "without deciding"
    mirror = f" {' and '.join(looked)} {'looks' if len(looked) == 1 else 'look'} on {how}." if looked else ""
    found = sorted(((label, count) for label, count in counts.items() if count), key=lambda each: -each[1])
    beside = f"{mirror}{_busy(strategy)}"
    if len(found) == 1:
        return f"Under {name} all phones are decided by {decider(found[0][0])}, the whole time.{beside}"
    found = [each for each in found if each[1] >= TOLD * total]
    if len(found) == 1:
        return f"Under {name} nearly all phones are decided by {decider(found[0][0])}.{beside}"
    parts = [f"{decider(label)} {show(count / total, 'share')}" for label, count in found]
    return f"Under {name} decide over the whole run: {', '.join(parts)}.{beside}"


def _busy(strategy: StrategyResult) -> str:
    """Return for how much of their time those who decide are at work: what a queue depends on."""
    shares = [
        (who, strategy.interval(metric).mean)
        for who, metric in (("servers", "server_utilisation"), ("inspectors", "inspector_utilisation"))
    ]
    told = [f"{who} {show(share, 'share')}" for who, share in shares if share > 0]
    return f" Busy, of their time: {', '.join(told)}." if told else ""
