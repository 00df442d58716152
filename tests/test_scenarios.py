"""The shipped scenarios: they load, editors can check them, and what their comments teach is what they show."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from ruamel.yaml import YAML
from whole_runs import run_strategy, whole_world

import sim
from sim.document import Document
from sim.experiment.run import trained
from sim.line.engines import default
from sim.report.text.sentences import sentence
from sim.scenario import from_document, json_schema
from sim.stats.intervals import Interval, paired_difference, t_interval
from sim.units import HOUR

FOLDER = Path(__file__).parents[1] / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))
MODELINE = "# yaml-language-server: $schema=./scenario.schema.json"


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def file(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_there_are_enough() -> None:
    assert len(FILES) >= 10


def test_it_starts_with_what_it_teaches(file: Path) -> None:
    *lesson, modeline = file.read_text(encoding="utf-8").splitlines()[:4]
    assert all(line.startswith("# ") and len(line) > 40 for line in lesson)
    assert modeline == MODELINE


def test_it_loads_under_its_own_name_and_asks_something(file: Path) -> None:
    scenario = sim.load(file)
    assert scenario.name == file.stem
    assert scenario.title


def test_an_editor_agrees(file: Path) -> None:
    jsonschema.Draft202012Validator(json_schema()).validate(YAML(typ="safe").load(file))


def test_the_schema_in_the_folder_is_the_current_one() -> None:
    written = json.loads((FOLDER / "scenario.schema.json").read_text(encoding="utf-8"))
    assert written == json_schema(), "run: driftline schema --out scenarios/scenario.schema.json"


def test_the_schema_explains_a_file_and_not_python() -> None:
    text = json.dumps(json_schema())
    assert "Logistic regression, trained on logged phones." in text
    assert ">>>" not in text


def test_resolved_and_read_again_it_is_the_same(file: Path) -> None:
    scenario = sim.load(file)
    again = from_document(Document.of(scenario.model_dump(mode="json")), "elsewhere")
    assert again == scenario


def test_together_they_show_every_kind_of_drift() -> None:
    events = [event for file in FILES for event in sim.load(file).drift]
    assert {event.profile for event in events} >= {"sudden", "gradual", "incremental"}
    assert {event.what.split(".")[0] for event in events} >= {"camera", "process", "standard"}


def test_together_they_start_from_people_an_older_model_and_nobody() -> None:
    stable = {sim.load(file).deployment.stable for file in FILES}
    assert {"humans", "nobody"} < stable
    assert stable - {"humans", "nobody"}


# What the comments say, asked of the numbers: every claim as a 95 % interval over replications.


@cache
def shown(name: str) -> sim.Result:
    return sim.run(sim.load(FOLDER / f"{name}.yaml"))


def difference(name: str, metric: str, one: str, other: str) -> Interval:
    """How much more `one` has of a metric than `other`, on the same phones."""
    result = shown(name)
    return paired_difference(result[one].samples[metric], result[other].samples[metric])


def leakage(name: str, strategy: str, days: slice) -> Any:
    """Leakage of each replication over some days, shape (replications,)."""
    timeline = shown(name)[strategy].timeline
    day = (np.asarray(timeline.edges_us)[:-1] / 86_400_000_000).astype(int)
    chosen = np.isin(day, np.arange(day.max() + 1)[days])
    return timeline.escaped[:, chosen].sum(axis=1) / timeline.defective[:, chosen].sum(axis=1)


def more(one: Interval, than: float = 0.0) -> None:
    assert one.low > than, one


def less(one: Interval, than: float = 0.0) -> None:
    assert one.high < than, one


@pytest.mark.slow
class TestLessons:
    def test_bad_candidate(self) -> None:
        more(t_interval(shown("bad_candidate")["full_automation"].samples["escape_rate"]), 0.5)  # leaks most defects
        less(difference("bad_candidate", "overkill_rate", "full_automation", "stay"))  # rejects almost nothing
        for careful in ("canary", "blue_green"):
            less(difference("bad_candidate", "escape_rate", careful, "full_automation"), -0.3)  # earns its keep

    def test_good_candidate(self) -> None:
        less(difference("good_candidate", "escape_rate", "full_automation", "manual"))  # people miss more
        more(difference("good_candidate", "escape_rate", "canary", "full_automation"))  # caution has a price too

    def test_camera_swap(self) -> None:
        more(difference("camera_swap", "overkill_rate", "full_automation", "manual"), 0.1)  # overkill explodes
        less(difference("camera_swap", "escape_rate", "full_automation", "manual"))  # leakage even falls
        more(difference("camera_swap", "inspector_utilisation", "partial_automation", "full_automation"), 0.05)

    def test_lamp_ageing(self) -> None:
        early, late = (leakage("lamp_ageing", "full_automation", days) for days in (slice(0, 2), slice(-2, None)))
        more(paired_difference(late, early))  # a slope that no single day shows
        more(difference("lamp_ageing", "escape_rate", "patient canary", "full_automation"), 0.0)

    def test_matte_finish(self) -> None:
        more(difference("matte_finish", "overkill_rate", "full_automation", "manual"), 0.05)  # grain for scratches

    def test_new_capability(self) -> None:
        less(difference("new_capability", "escape_rate", "full_automation", "no inspection"), -0.3)
        more(difference("new_capability", "overkill_rate", "full_automation", "no inspection"), 0.01)

    def test_new_crack_type(self) -> None:
        more(difference("new_crack_type", "escape_rate", "full_automation", "manual"), 0.05)  # people see a crack

    def test_quickstart(self) -> None:
        more(difference("quickstart", "escape_rate", "blue_green", "manual"))  # promoted before, and watches no more
        less(difference("quickstart", "escape_rate", "canary", "blue_green"))  # still watching: it rolls back
        kinds = [event.kind for event in shown("quickstart")["canary"].events]
        assert "abort" in kinds

    def test_server_faults(self) -> None:
        over, opened, closed = "fails over", "fails open", "fails closed"
        for dearer in (opened, closed):  # failing over is cheapest, and slowest
            more(difference("server_faults", "cost_per_1000", dearer, over), 20.0)
            less(difference("server_faults", "latency_p95_s", dearer, over), -30.0)
        means = {
            (name, metric): shown("server_faults")[name].interval(metric).mean
            for name in (over, opened, closed) for metric in ("escape_rate", "overkill_rate", "fallback_share")
        }  # fmt: skip
        assert 3.5 < means[opened, "escape_rate"] / means[over, "escape_rate"] < 4.5
        assert 3.5 < means[closed, "overkill_rate"] / means[over, "overkill_rate"] < 4.5
        assert means[closed, "escape_rate"] < 0.005  # next to nothing leaks
        assert means[over, "fallback_share"] == pytest.approx(means[closed, "fallback_share"], abs=1e-3)

    def test_server_outage(self) -> None:
        more(difference("server_outage", "latency_p99_s", "one inspector kept", "full crew kept"), 60.0)
        more(difference("server_outage", "line_stopped_share", "one inspector kept", "full crew kept"))
        more(difference("server_outage", "escape_rate", "fails open", "full crew kept"))

    def test_tighter_scratch_standard(self) -> None:
        def by_day(strategy: str) -> list[Any]:
            return [leakage("tighter_scratch_standard", strategy, slice(day, day + 1)) for day in range(4)]

        people, model = by_day("manual"), by_day("full_automation")
        more(paired_difference(people[1], people[0]))  # everybody is wrong at first
        less(paired_difference(people[3], people[1]))  # people are briefed a day later
        more(paired_difference((model[2] + model[3]) / 2, model[0]))  # the model stays wrong

    def test_tool_wear(self) -> None:
        first, last = (leakage("tool_wear", "manual", days) for days in (slice(0, 1), slice(-1, None)))
        moved = paired_difference(last, first)
        assert moved.low < 0.0 < moved.high, moved  # leakage stays calm
        timeline = shown("tool_wear")["manual"].timeline
        escapes = timeline.escaped / (timeline.defective + timeline.good)  # each bin is an hour and a third
        more(paired_difference(escapes[:, -18:].mean(axis=1), 1.5 * escapes[:, :18].mean(axis=1)))  # DPPM climbs

    def test_retraining(self) -> None:
        result = shown("retraining")
        found = {strategy.name: result.recoveries(strategy)[0] for strategy in result.strategies}
        for name in ("every two days", "by canary"):
            assert found[name].last <= 1.25 * found[name].before
            assert found[name].days < 6.0
            more(t_interval(leakage("retraining", name, slice(4, 5)) / leakage("retraining", name, slice(0, 4))), 1.25)
        more(found["never retrained"].ratio, 1.25)  # stays wrong for good
        assert not found["never retrained"].is_back
        # Half of what the long memory learns from was judged by the old standard.
        assert found["long memory"].days > found["every two days"].days + 2.0

    def test_lens_dust(self) -> None:
        result = shown("lens_dust")
        found = {strategy.name: result.recoveries(strategy)[0] for strategy in result.strategies}
        more(found["nobody reacts"].ratio, 2.0)
        assert found["cleans the lens"].days == 0.0  # back at once: no day is worse than 1.25 times before
        assert 2.0 < found["only retrains"].days < 10.0  # slower, but it comes back
        more(difference("lens_dust", "overkill_rate", "only retrains", "cleans the lens"), 0.05)  # and pays for it
        alarms = [event for event in result["cleans the lens"].events if event.kind == "alarm"]
        assert alarms[0].time_us < result.drift[0].time_us + 18 * 3_600_000_000  # within hours

    def test_assistance(self) -> None:
        def by_day(strategy: str) -> list[Any]:
            return [leakage("assistance", strategy, slice(day, day + 1)) for day in range(4)]

        people, helped, model = by_day("manual"), by_day("assisted"), by_day("full_automation")
        less(paired_difference(helped[0], people[0]), -0.15)  # advice helps while the model sees
        more(paired_difference(helped[3], people[3]), 0.15)  # and misleads when it does not: automation bias
        less(paired_difference(helped[3], model[3]), -0.1)  # still better than the model alone
        calm = paired_difference(people[3], people[0])
        assert calm.low < 0.0 < calm.high, calm  # people look at the phone itself

    def test_triage(self) -> None:
        less(difference("triage", "escape_rate", "triage", "first come first served"), -0.15)
        again = difference("triage", "escape_rate", "triage", "a third inspector")
        assert -0.02 < again.low < again.high < 0.02, again  # as good as half as many people more
        for metric in ("inspector_utilisation", "busy_minutes_per_1000"):
            same = difference("triage", metric, "triage", "first come first served")
            assert abs(same.mean) < 0.01 * t_interval(shown("triage")["triage"].samples[metric]).mean, (
                same
            )  # same labour
        more(difference("triage", "latency_p95_s", "triage", "first come first served"))  # harmless ones wait

    def test_shifts(self) -> None:
        more(difference("shifts", "latency_p95_s", "breaks together", "breaks in turn"), 1800.0)
        more(difference("shifts", "latency_p95_s", "no night shift", "breaks together"), 3600.0)
        for metric in ("inspector_utilisation", "rostered_minutes_per_1000", "cost_per_1000"):
            same = difference("shifts", metric, "breaks together", "breaks in turn")
            assert abs(same.mean) < 0.01 * t_interval(shown("shifts")["breaks in turn"].samples[metric]).mean, metric
        more(difference("shifts", "rostered_minutes_per_1000", "breaks together", "no night shift"), 10.0)

    def test_batching(self) -> None:
        waits = {name: shown("batching")[name] for name in ("one by one", "two GPUs", "batches", "full batches")}
        assert shown("batching").is_more_than(waits["one by one"], "latency_p95_s")
        less(difference("batching", "latency_p95_s", "batches", "one by one"), -20.0)
        less(difference("batching", "latency_p95_s", "two GPUs", "batches"), -0.04)
        for metric in ("latency_p50_s", "latency_p95_s"):
            full, batches = (t_interval(waits[name].samples[metric]).mean for name in ("full batches", "batches"))
            assert 3.0 < full / batches < 4.0, metric
        less(difference("batching", "server_utilisation", "full batches", "batches"), -0.2)
        less(difference("batching", "server_utilisation", "two GPUs", "one by one"), -0.4)

    def test_cloud_or_edge(self) -> None:
        less(difference("cloud_or_edge", "latency_p50_s", "edge", "cloud"), -0.5)  # the upload
        less(difference("cloud_or_edge", "latency_p95_s", "edge", "cloud"), -10.0)  # timeouts and people
        more(difference("cloud_or_edge", "escape_rate", "cloud", "edge"), 0.005)
        more(difference("cloud_or_edge", "cost_per_1000", "cloud", "edge"), 5.0)
        more(difference("cloud_or_edge", "fallback_share", "cloud", "edge"), 0.08)

    def test_how_much_compute(self) -> None:
        scenario = sim.load(FOLDER / "how_much_compute.yaml")
        paid = {name: model.serving.price for name, model in scenario.models.items()}
        for slow in ("CPU", "browser"):
            more(t_interval(shown("how_much_compute")[slow].samples["escape_rate"]), 0.6)
        unseen = {name: shown("how_much_compute")[name].samples["overflowed"] for name in ("Jetson", "L4", "A100")}
        assert unseen["Jetson"].min() > 0
        assert unseen["L4"].max() == unseen["A100"].max() == 0
        # Dollars that an L4 saves in an hour against what it costs more.
        jetson, l4 = (
            shown("how_much_compute")[name].samples["cost_per_1000"]
            * shown("how_much_compute")[name].samples["phones"]
            / 1000
            for name in ("Jetson", "L4")
        )
        hours = (scenario.horizon - scenario.warm_up) / HOUR
        more(paired_difference(jetson, l4), 100 * hours * (paid["on_l4"] - paid["on_jetson"]))
        same = difference("how_much_compute", "escape_rate", "A100", "L4")
        assert same.low == same.high == 0.0
        less(difference("how_much_compute", "latency_p50_s", "A100", "L4"), -0.05)

    def test_triage_finds_the_defective_ones_sooner(self) -> None:
        waits = played("triage", lambda run, block: run.log.phones.verdict_us - block.phones.due_us)
        waits = {name: [wait[bad].mean() / 1e6 for wait, bad in found] for name, found in waits.items()}
        less(paired_difference(np.array(waits["triage"]), np.array(waits["first come first served"])), -30.0)

    def test_climbing_the_ladder(self) -> None:
        less(difference("climbing_the_ladder", "escape_rate", "ladder good", "manual"), -0.05)  # climbing pays
        more(difference("climbing_the_ladder", "escape_rate", "ladder good", "full good"), 0.02)  # and costs
        kept = difference("climbing_the_ladder", "escape_rate", "ladder bad", "manual")
        assert kept.low == kept.high == 0.0, kept  # the bad one never decides a phone
        more(t_interval(shown("climbing_the_ladder")["full bad"].samples["escape_rate"]), 0.8)
        climbs = played("climbing_the_ladder", lambda run, block: [note.kind for note in run.events])
        for (good, _), (bad, _) in zip(climbs["ladder good"], climbs["ladder bad"], strict=True):
            assert good.count("promote") == 3
            assert "abort" not in good
            assert bad.count("promote") == 0
            assert bad.count("abort") == 1

    def test_bandit_or_test(self) -> None:
        for strategy in ("bandit", "sequential_canary", "champion_challenger"):
            less(difference("bandit_or_test", "escape_rate", strategy, "ab_test"))  # half of the phones until the end
            less(difference("bandit_or_test", "escape_rate", strategy, "stay"), -0.15)
            more(difference("bandit_or_test", "escape_rate", strategy, "full_automation"))  # nobody learns for nothing

    def test_no_labels(self) -> None:
        def daily(strategy: str, day: int) -> Any:
            return leakage("no_labels", strategy, slice(day, day + 1))

        for one in ("nobody looks", "believes the estimate"):
            more(paired_difference(daily(one, 6), 1.3 * daily(one, 0)))  # misses far more than before
        same = difference("no_labels", "escape_rate", "believes the estimate", "nobody looks")
        assert same.low == same.high == 0.0, same  # the estimate does not move
        less(difference("no_labels", "escape_rate", "believes the audits", "believes the estimate"))
        ended = played("no_labels", lambda run, block: [note.time_us for note in run.events if note.kind == "abort"])
        assert all(aborts == [] for aborts, _ in ended["believes the estimate"])
        late = [(aborts[0] / 3_600_000_000 - 72) / 24 for aborts, _ in ended["believes the audits"]]
        assert all(0.0 < days < 5.0 for days in late), late  # in every replication, some days late

    def test_shadow_judged(self) -> None:
        """Ten replications, and in each the log book's last line against what the world knows."""
        said = re.compile(r"recall (.*) if the line.*, (.*) by audits; precision (.*) if the line.*, (.*) by audits")

        threshold = trained(sim.load(FOLDER / "shadow_judged.yaml"))["v2"].threshold

        def last_line(run: Any, block: Any) -> Any:
            found = said.search(sentence(run.events[-1]))
            assert found is not None
            assert sentence(run.events[-1]).startswith("all in all: ")
            rejected = block.columns.score["v2"] > threshold
            bad = block.phones.defective
            shares = [[float(number) / 100 for number in re.findall(r"\d+", text)] for text in found.groups()]
            return (rejected[bad].mean(), *shares[:2]), (bad[rejected].mean(), *shares[2:])

        lines = [line for line, _ in played("shadow_judged", last_line)["shadow"]]
        for number, apart in ((0, 0.25), (1, 0.07)):  # recall, precision
            figures = [line[number] for line in lines]
            covered = sum(low - 0.005 <= truth <= high + 0.005 for truth, _, (_, low, high) in figures)
            assert covered >= 7, figures  # of ten 95 % intervals fewer than 7 hold the truth once in a thousand times
            assert all(high < truth for truth, (_, _, high), _ in figures), figures
            truths, by_line = (np.array([figure[i] if i == 0 else figure[1][0] for figure in figures]) for i in (0, 1))
            less(paired_difference(by_line, truths), -apart)
            by_audits = paired_difference(np.array([figure[2][0] for figure in figures]), truths)
            assert by_audits.low < 0.01, by_audits  # on average they are right
            assert by_audits.high > -0.01, by_audits


def played(name: str, read: Any) -> dict[str, list[Any]]:
    """Return, per strategy and replication, what `read(run, floor)` finds, and which phones are defective."""
    scenario = sim.load(FOLDER / f"{name}.yaml")
    versions = trained(scenario)
    found: dict[str, list[Any]] = {strategy.title: [] for strategy in scenario.strategies}
    for replication in range(scenario.replications):
        block = whole_world(scenario, versions, replication)
        for strategy in scenario.strategies:
            if strategy.pattern in ("stay", "full_automation") or (strategy.pattern == "manual" and not strategy.name):
                continue
            run = run_strategy(scenario, strategy, versions, block, default())
            bad = block.phones.defective & (run.log.phones.verdict_us >= 0)
            found[strategy.title].append((read(run, block), bad))
    return found


BLAME = ("fixed threshold", "concurrent baseline", "whose escapes")
BLAMED = 6  #: replications of which each has to end as the comments say


@cache
def ends(name: str) -> dict[str, list[str]]:
    """How each replication's rollouts ended: abort, promote or hold."""
    scenario = sim.load(FOLDER / f"{name}.yaml")
    versions = trained(scenario)
    found: dict[str, list[str]] = {strategy: [] for strategy in BLAME}
    for replication in range(BLAMED):
        block = whole_world(scenario, versions, replication)
        for strategy in scenario.strategies[1:]:
            kinds = [note.kind for note in run_strategy(scenario, strategy, versions, block, default()).events]
            found[strategy.title].append(next((kind for kind in kinds if kind in ("abort", "promote")), "hold"))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "fixed", "concurrent", "escapes"),
    [
        ("blame_drift_only", "abort", "promote", {"promote", "hold"}),
        ("blame_bad_only", "abort", "abort", {"abort", "hold"}),
        ("blame_both", "promote", "abort", {"abort", "hold"}),
    ],
)
def test_who_is_to_blame(name: str, fixed: str, concurrent: str, escapes: set[str]) -> None:
    found = ends(name)
    assert found["fixed threshold"] == [fixed] * BLAMED
    assert found["concurrent baseline"] == [concurrent] * BLAMED
    assert set(found["whose escapes"]) <= escapes
    if "abort" in escapes:
        assert found["whose escapes"].count("abort") >= BLAMED // 2
