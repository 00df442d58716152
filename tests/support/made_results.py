"""A made-up comparison with plausible numbers: reports are tested without running the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.deployment.events import (
    Aborted,
    AlarmRaised,
    CleaningOrdered,
    Event,
    MirrorChanged,
    Promoted,
    Reason,
    Reverted,
    Trained,
    TrainingOrdered,
    WeightChanged,
    WentOut,
)
from sim.experiment.replication import turns_of
from sim.experiment.result import (
    DriftEvidence,
    Ending,
    History,
    Moved,
    Result,
    RouteChange,
    StrategyResult,
    Timeline,
)
from sim.line.route import ABOVE_ALL, BELOW_ALL, HUMANS, NOBODY, Advice, Arm, Route
from sim.measure.costs import Costs
from sim.measure.deciders import Decider
from sim.measure.estimates import Quotients
from sim.measure.events import Drifted, OutageBegan
from sim.measure.margin import Margin, parse_margin
from sim.measure.metric import TRUE_METRICS
from sim.measure.people import REST_BINS, PeopleCounts
from sim.measure.rollouts import decisions
from sim.measure.score_counts import Periods, ScoreCounts
from sim.measure.timeline import edges_with
from sim.scenario.spec import Deployment

HOUR = 3_600_000_000
DAY = 24 * HOUR
SIX = ("manual", "shadow", "canary", "blue_green", "partial_automation", "full_automation")
KS = "largest Kolmogorov-Smirnov distance of a feature"
LAMP = 2 * DAY + 6 * HOUR


class FakeScenario:
    """As much of a scenario as a report reads."""

    def __init__(
        self, name: str, replications: int, horizon: int, strategies: tuple[str, ...], world: Sequence[Event] = ()
    ) -> None:
        self.name, self.seed, self.replications, self.horizon = name, 7, replications, horizon
        self.strategies = strategies
        self.warm_up = 0
        self.costs = Costs()
        self.deployment = Deployment(start="24h")
        self.matters: dict[str, str] = {}
        self.train_replications = 1
        self.drift = [SimpleNamespace(at=event.time_us) for event in world if isinstance(event, Drifted)]
        outages = [event for event in world if isinstance(event, OutageBegan)]
        down: dict[str, list[Any]] = {event.version: [] for event in outages}
        for event in outages:
            down[event.version].append(SimpleNamespace(period=(event.time_us, event.time_us + event.lasts_us)))
        self.models: dict[str, Any] = {
            version: SimpleNamespace(serving=SimpleNamespace(outages=own, breakdowns=None, network=None))
            for version, own in down.items()
        }
        self.faults: tuple[Any, ...] = ()
        self.deciders: frozenset[str] = frozenset()  # so nobody asks how they were trained

    def remarks(self) -> tuple[str, ...]:
        return ()

    def margin(self, metric: str) -> Margin:
        known = TRUE_METRICS[metric]
        return parse_margin(self.matters[metric], known.unit) if metric in self.matters else known.matters

    def model_dump(self, mode: str = "python") -> dict[str, Any]:
        return {
            "name": self.name,
            "seed": self.seed,
            "replications": self.replications,
            "horizon": f"{self.horizon // HOUR}h",
            "line": {"takt": "20s", "starts": "06:30", "stops": False, "label": "no", "small": 1e-06},
            "strategies": [{"name": name} for name in self.strategies],
        }


def arm(name: str) -> Arm:
    """Return an arm by its name; "v1 + review" has a review band."""
    known = {
        "humans": HUMANS,
        "nobody": NOBODY,
        "humans + v2": Arm("humans + v2", "model", "v2", BELOW_ALL, ABOVE_ALL, Advice(0.5, 0.5, 0.5)),
        "humans by v2": Arm("humans by v2", "model", "v2", BELOW_ALL, ABOVE_ALL, triage=True),
    }
    version, _, review = name.partition(" + ")
    return known.get(name, Arm(name, "model", version, 0.3 if review else 0.5, 0.5))


def change(hours: float, stable: str, *candidates: tuple[str, float], mirror: str = "") -> RouteChange:
    """Return a route that holds from so many hours on."""
    mirrors = ((arm(mirror), 100.0),) if mirror else ()
    return RouteChange(
        int(hours * HOUR), Route(arm(stable), tuple((arm(name), weight) for name, weight in candidates), mirrors)
    )


def routes_of(pattern: str, horizon: int) -> tuple[RouteChange, ...]:
    known = {
        "manual": (change(0, "humans"),),
        "shadow": (change(0, "humans", mirror="v2"),),
        "canary": (
            change(0, "v1"),
            change(24, "v1", ("v2", 5.0)),
            change(30, "v1", ("v2", 25.0)),
            change(36, "v1", ("v2", 50.0)),
            change(56, "v1"),
        ),
        "blue_green": (change(0, "v1"), change(24, "v1", mirror="v2"), change(36, "v2"), change(58, "v1")),
        "partial_automation": (change(0, "v1 + review"), change(48, "v2 + review")),
        "full_automation": (change(0, "v1"), change(12, "v2")),
        "assisted": (change(0, "humans"), change(12, "humans + v2")),
        "triage": (change(0, "humans by v2"),),
        "sampling": (change(0, "nobody", ("humans", 20.0)), change(30, "nobody", ("v2", 20.0))),
        "retrained": (change(0, "v1"), change(70, "v1", ("v2", 10.0)), change(80, "v2")),
    }
    found = known.get(pattern, (change(0, "v1"),))
    return tuple(route for route in found if route.time_us < horizon)


def decided_of(pattern: str, phones: np.ndarray, hours: np.ndarray) -> dict[Decider, np.ndarray]:
    """Share the phones of each bin out among deciders, as the routes say."""
    v1, v2, humans = Decider("model", "v1"), Decider("model", "v2"), Decider("humans")

    def part(share: Any) -> np.ndarray:
        return np.round(phones * np.broadcast_to(share, phones.shape)).astype(np.int64)

    if pattern in ("manual", "shadow", "triage"):
        return {humans: phones}
    if pattern == "assisted":
        return {humans: np.where(hours < 12, phones, 0), Decider("assisted"): np.where(hours < 12, 0, phones)}
    if pattern == "sampling":
        looked = part(0.2)
        first = hours < 30
        return {Decider("nobody"): phones - looked, humans: np.where(first, looked, 0), v2: np.where(first, 0, looked)}
    if pattern == "canary":
        share = np.select([hours < 24, hours < 30, hours < 36, hours < 56], [0, 0.05, 0.25, 0.5], 0.0)
        return {v1: phones - part(share), v2: part(share)}
    if pattern == "blue_green":
        on = part(((hours >= 36) & (hours < 58)).astype(float))
        return {v1: phones - on, v2: on}
    if pattern == "partial_automation":
        review = part(0.12 + 0.2 * (hours > LAMP / HOUR))
        later = hours >= 48
        return {
            Decider("review"): review,
            v1: np.where(later, 0, phones - review),
            v2: np.where(later, phones - review, 0),
        }
    human, later = part(0.02 * (hours > LAMP / HOUR)), hours >= 12
    return {humans: human, v1: np.where(later, 0, phones - human), v2: np.where(later, phones - human, 0)}


ESCAPE = {  # before and after the lamp fails
    "manual": (0.23, 0.23),
    "shadow": (0.23, 0.23),
    "canary": (0.11, 0.26),
    "blue_green": (0.10, 0.22),
    "partial_automation": (0.07, 0.15),
    "full_automation": (0.08, 0.41),
}
LATENCY_S = {"manual": 240.0, "shadow": 240.0, "canary": 0.3, "blue_green": 0.3, "partial_automation": 0.6}
COST = {"manual": 900.0, "shadow": 960.0, "canary": 420.0, "blue_green": 470.0, "partial_automation": 510.0}


def strategy_result(
    name: str, pattern: str, replications: int, edges: np.ndarray, defect_rate: float, seed: int
) -> StrategyResult:
    # Phones are the same for every strategy, so they come from their own generator.
    world, own = np.random.default_rng(seed), np.random.default_rng([seed, *name.encode()])
    bins, horizon = len(edges) - 1, int(edges[-1])
    middle = (edges[1:] + edges[:-1]) / 2
    phones = world.poisson(horizon / bins / 20e6, (replications, bins))
    defective = world.binomial(phones, defect_rate)
    before, after = ESCAPE.get(pattern, (0.1 + 0.2 * own.random(), 0.3))
    twin = np.random.default_rng([seed, 1]) if pattern in ("manual", "shadow") else own
    escaped = twin.binomial(defective, np.where(middle < LAMP, before, after))
    good = phones - defective
    overkilled = twin.binomial(good, 0.02)
    scale = LATENCY_S.get(pattern, 0.2) * np.exp(twin.normal(0, 0.1, (replications, bins)))
    waits = [scale, 2.5 * scale, 4 * scale]
    decided = decided_of(pattern, phones, np.broadcast_to(middle / HOUR, phones.shape))
    routes = routes_of(pattern, horizon)
    mirrored = {"v2": np.round(phones * 0.97).astype(np.int64)} if pattern == "shadow" else {}
    if pattern == "blue_green":
        mirrored = {"v2": np.where((middle >= 24 * HOUR) & (middle < 36 * HOUR), phones, 0)}
    timeline = Timeline(
        edges_us=edges,
        defective=defective,
        escaped=escaped,
        good=good,
        overkilled=overkilled,
        undecided=np.zeros_like(phones),
        in_system=np.zeros_like(phones),
        decided_by=decided,
        assigned={decider.label: counts for decider, counts in decided.items()},
        mirrored=mirrored,
        latency_p50_s=waits[0],
        latency_p95_s=waits[1],
        latency_p99_s=waits[2],
    )
    return StrategyResult(
        name,
        pattern,
        samples_of(timeline, waits, pattern, own),
        timeline,
        tuple(history(events_of(pattern, horizon), routes, horizon) for _ in range(replications)),
        quotients=quotients_of(timeline),
    )


def history(events: tuple[Event, ...], routes: tuple[RouteChange, ...], horizon: int) -> History:
    """Return what a strategy did in one replication, with how its rollout ended."""
    decided = decisions(events, routes)
    ending = Ending("neither", 24 * HOUR, horizon, 90, 3) if len(routes) > 1 else None
    if decided:
        how = "promoted" if isinstance(decided[-1], Promoted) else "rolled back"
        ending = Ending(how, 6 * HOUR, decided[-1].time_us, 800, 12)
    return History(events, routes, ending)


def quotients_of(timeline: Timeline) -> dict[str, Quotients]:
    """Return what the shares of a made-up timeline are made of."""
    names = ("defective", "escaped", "good", "overkilled")
    defective, escaped, good, overkilled = (getattr(timeline, name).sum(axis=1).astype(float) for name in names)
    rejected = defective - escaped + overkilled
    return {
        "escape_rate": Quotients(escaped, defective),
        "outgoing_dppm": Quotients(escaped, defective + good - rejected, 1e6),
        "overkill_rate": Quotients(overkilled, good),
        "reject_precision": Quotients(defective - escaped, rejected),
        "first_pass_yield": Quotients(defective + good - rejected, defective + good),
    }


def samples_of(
    timeline: Timeline, waits: list[np.ndarray], pattern: str, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    total = {
        name: getattr(timeline, name).sum(axis=1).astype(float)
        for name in ("defective", "escaped", "good", "overkilled")
    }
    phones = total["defective"] + total["good"]
    rejected = total["defective"] - total["escaped"] + total["overkilled"]
    count = len(phones)
    hours = timeline.edges_us[-1] / HOUR
    human = 0.86 if pattern in ("manual", "shadow") else 0.21
    with np.errstate(divide="ignore", invalid="ignore"):
        samples = {
            "phones": phones,
            "escape_rate": total["escaped"] / total["defective"],
            "outgoing_dppm": 1e6 * total["escaped"] / (phones - rejected),
            "overkill_rate": total["overkilled"] / total["good"],
            "reject_precision": (total["defective"] - total["escaped"]) / rejected,
            "first_pass_yield": 1 - rejected / phones,
        }
    samples["latency_mean_s"] = 1.2 * waits[0].mean(axis=1)
    for name, wait in zip(("p50", "p95", "p99"), waits, strict=True):
        samples[f"latency_{name}_s"] = wait.mean(axis=1)
    samples["wait_mean_s"] = waits[0].mean(axis=1) * 0.8
    samples["throughput_per_hour"] = phones / hours
    samples["inspector_utilisation"] = human + rng.normal(0, 0.01, count)
    samples["server_utilisation"] = (
        np.full(count, np.nan) if pattern == "manual" else 0.34 + rng.normal(0, 0.004, count)
    )
    samples["busy_minutes_per_1000"] = 333 * human + rng.normal(0, 2, count)
    samples["rostered_minutes_per_1000"] = 500 + rng.normal(0, 2, count)
    samples["cost_per_1000"] = COST.get(pattern, 380.0) + 900 * samples["escape_rate"] + rng.normal(0, 4, count)
    samples["external_failure_per_1000"] = 900 * samples["escape_rate"]
    samples["internal_failure_per_1000"] = 0.4 * (samples["cost_per_1000"] - samples["external_failure_per_1000"])
    samples["appraisal_per_1000"] = 1.5 * samples["internal_failure_per_1000"]
    samples["review_load"] = np.full(count, 0.2 if pattern == "partial_automation" else 0.0)
    assert set(samples) <= set(TRUE_METRICS)
    return {name: samples.get(name, np.zeros(count)) for name in TRUE_METRICS}


V1, V2 = Arm("v1", "model", "v1"), Arm("v2", "model", "v2")
WORSE = Reason("worse", "analysis failed: escapes of v2 against v1, E = {value:g} >= {bound:g}", value=24.1, bound=20.0)


def events_of(pattern: str, horizon: int) -> tuple[Event, ...]:
    canary = (
        WeightChanged(time_us=24 * HOUR, arm=V2, weight=5.0),
        WeightChanged(time_us=30 * HOUR, arm=V2, weight=25.0),
        WeightChanged(time_us=36 * HOUR, arm=V2, weight=50.0),
        Aborted(time_us=56 * HOUR, arm=V1, reason=WORSE),
    )
    green = (
        MirrorChanged(time_us=24 * HOUR, arm=V2, weight=100.0),
        Promoted(time_us=36 * HOUR, arm=V2),
        Reverted(time_us=58 * HOUR, arm=V1, reason=Reason.said("slow")),
    )
    full = (Promoted(time_us=12 * HOUR, arm=V2),)
    retrained = (
        AlarmRaised(time_us=60 * HOUR, alarm="pictures darken", metric="brightness", value=0.4),
        CleaningOrdered(time_us=60 * HOUR, alarm="pictures darken", lasts_us=HOUR),
        TrainingOrdered(time_us=62 * HOUR, version="v2", labels="audits", reason=Reason.said("pictures darken")),
        Trained(time_us=64 * HOUR, version="v2", labels=3000, defects=120, recall=0.9, overkill=0.04),
        WentOut(time_us=70 * HOUR, version="v2"),
        WeightChanged(time_us=70 * HOUR, arm=V2, weight=10.0),
        Promoted(time_us=80 * HOUR, arm=V2),
    )
    found = {"canary": canary, "blue_green": green, "full_automation": full, "retrained": retrained}.get(pattern, ())
    return tuple(event for event in found if event.time_us < horizon)


def drifted(at_us: int, name: str, cause: str = "data", lasts_us: int | None = None) -> Drifted:
    return Drifted(
        time_us=at_us, name=name, quantity="camera.contrast", value=0.5, lasts_us=lasts_us, cause=cause,
        profile="sudden" if lasts_us is None else "incremental",
    )  # fmt: skip


def make(
    strategies: tuple[str, ...] = SIX,
    *,
    patterns: tuple[str, ...] | None = None,
    replications: int = 10,
    days: float = 5,
    bins: int = 60,
    defect_rate: float = 0.02,
    drift: bool = True,
    world_events: int = 0,
    latency: bool = True,
    decided: bool = True,
    events: bool = True,
    people: bool = False,
    name: str = "lamp fails in the night",
    seed: int = 7,
) -> Result:
    """Make a comparison.

    `world_events` adds that many outages; `latency=False` makes every latency NaN; with `decided=False` no phone has a
    verdict, and with `events=False` nothing happens to anybody; with `people` inspectors come and go by a calendar.
    """
    horizon = int(days * DAY)
    world: list[Event] = []
    evidence: tuple[DriftEvidence, ...] = ()
    if drift:
        world.append(drifted(LAMP, "lamp fails"))
        world.append(drifted(3 * DAY + 4 * HOUR, "tolerance of scratches tightens", "concept", 2 * HOUR))
        evidence = (
            DriftEvidence(
                LAMP, "lamp fails", "data drift", "sudden", "contrast",
                (
                    Moved("P(x)", "moved", 0.0, 0.31, 0.32, 0.1, KS, "contrast_scratch"),
                    Moved("P(x|y)", "moved", 1e-9, 0.44, 0.49, 0.1, KS, "contrast_dust"),
                    Moved(
                        "P(y|x)", "cannot tell", 0.02, 0.004, 0.012, 0.005,
                        "mean change of the defect rate among phones with equal scores",
                        reason="too few defects: 41 and 38",
                    ),
                    Moved("P(y)", "did not move", 0.4, 0.0004, 0.0011, 0.005, "change of the defect rate"),
                ),
            ),
        )  # fmt: skip
    for number in range(world_events):
        at = int((0.3 + number) * horizon / (world_events + 1))
        world.append(OutageBegan(time_us=at, version=f"v{number % 3}", lasts_us=(10 + number) * HOUR // 60))
    world.sort(key=lambda event: event.time_us)
    scenario: Any = FakeScenario(name, replications, horizon, strategies, world)
    edges = edges_with(turns_of(scenario), horizon, bins)
    rows = tuple(
        strategy_result(strategy, (patterns or strategies)[i], replications, edges, defect_rate, seed)
        for i, strategy in enumerate(strategies)
    )
    if not latency:
        for row in rows:
            for metric in TRUE_METRICS:
                if metric.startswith("latency"):
                    row.samples[metric][:] = np.nan
            for array in (row.timeline.latency_p50_s, row.timeline.latency_p95_s, row.timeline.latency_p99_s):
                array[:] = np.nan
    if people:
        rows = tuple(replace(row, people=people_of(row.name, row.pattern, replications, decided)) for row in rows)
    if not decided:
        rows = tuple(undecided(row) for row in rows)
    if not events:
        still = {row.name: tuple(History((), each.routes[:1]) for each in row.histories) for row in rows}
        rows, world = tuple(replace(row, histories=still[row.name]) for row in rows), []
    versions = {"driftline": "0.1.0", "python": "3.11.7", "numpy": "2.4.6"}
    scores = {version: scores_of(version, defect_rate, drift) for version in ("v1", "v2")}
    return Result(scenario, rows, tuple(world), evidence, versions, "compiled", scores)


def scores_of(version: str, defect_rate: float, drift: bool) -> ScoreCounts:
    """Return what a made-up version made of 20,000 phones, and after a drift, when it sees less, of as many."""
    counts, rng = ScoreCounts.nothing(0.06), np.random.default_rng([1, *version.encode()])
    periods = Periods((0, 1), (1, 2) if drift else None)
    for period, seen in enumerate((4.0, 2.5)):
        defective = rng.random(20_000) < defect_rate
        scores = 1.0 / (1.0 + np.exp(5.0 - seen * defective - 1.2 * rng.normal(size=20_000)))
        counts.add(scores, defective, np.full(20_000, period), periods)
    return counts


def people_of(name: str, pattern: str, replications: int, looked: bool) -> PeopleCounts:
    """Return what six inspectors did, who tire within two hours; a few looks at good phones if they hardly looked."""
    rng = np.random.default_rng([3, *(b"twin" if pattern in ("manual", "shadow") else name.encode())])

    def counts(bins: int, used: int, waning: float) -> np.ndarray:
        found = np.zeros((replications, bins, 4), dtype=np.int64)
        for row in range(used):
            hit = 0.83 - waning * min(row, 6)
            chances = [0.98 * 0.97, 0.98 * 0.03, 0.02 * (1 - hit), 0.02 * hit] if looked else [1, 0, 0, 0]
            found[:, row] = rng.multinomial(1200 if looked else 2, chances, replications)
        return found

    return PeopleCounts(counts(6, 6, 0.0), counts(REST_BINS, 12, 0.02), counts(24, 12, 0.01), counts(8, 5, 0.0))


def undecided(row: StrategyResult) -> StrategyResult:
    """Return a strategy whose phones are all on the line at the horizon: every metric is undefined."""
    timeline = row.timeline
    nothing, unknown = np.zeros_like(timeline.good), np.full(timeline.good.shape, np.nan)
    samples = {name: np.full_like(values, np.nan) for name, values in row.samples.items()} | {
        "phones": np.zeros_like(row.samples["phones"])
    }
    empty = replace(
        timeline, defective=nothing, escaped=nothing, good=nothing, overkilled=nothing,
        undecided=timeline.good + timeline.defective, decided_by={}, mirrored={},
        latency_p50_s=unknown, latency_p95_s=unknown, latency_p99_s=unknown,
    )  # fmt: skip
    return replace(row, samples=samples, timeline=empty, quotients=quotients_of(empty))


def with_escapes(result: Result, escaped: Mapping[str, Sequence[int]], defective: Sequence[int]) -> Result:
    """Return a comparison in which these strategies leaked so many of so many defective phones in each replication."""

    def first_bin(counts: Sequence[int], like: np.ndarray) -> np.ndarray:
        return np.pad(np.array(counts, dtype=np.int64)[:, None], ((0, 0), (0, like.shape[1] - 1)))

    def changed(row: StrategyResult) -> StrategyResult:
        if row.name not in escaped:
            return row
        good = row.timeline.good
        timeline = replace(
            row.timeline, escaped=first_bin(escaped[row.name], good), defective=first_bin(defective, good)
        )
        waits = [timeline.latency_p50_s, timeline.latency_p95_s, timeline.latency_p99_s]
        samples = samples_of(timeline, waits, row.pattern, np.random.default_rng(1))
        return replace(row, timeline=timeline, samples=samples, quotients=quotients_of(timeline))

    return replace(result, strategies=tuple(changed(row) for row in result.strategies))
