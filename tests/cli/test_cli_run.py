"""The contract of `driftline run`: real runs, as another program would use them.

A process spends seconds on its imports, a run of this size a fraction of one: what is not about processes is asked of
this one, and compared with what a process of its own has printed.
"""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Literal

import pytest
from acme import importable

from sim.cli import main as cli
from sim.deployment.monitoring.detectors import DETECTORS, DetectorSpec

METRICS = [
    "escape_rate",
    "overkill_rate",
    "outgoing_dppm",
    "latency_mean_s",
    "latency_p50_s",
    "latency_p95_s",
    "latency_p99_s",
    "wait_mean_s",
    "throughput_per_hour",
    "inspector_utilisation",
    "server_utilisation",
    "cost_per_1000",
    "phones",
    "line_stopped_share",
]
SMALL = """\
driftline: 1
seed: 4
replications: 3
horizon: 4h
models:
  v1: {training: {phones: 3000}}
drift:
  - {name: haze, what: camera.haze, profile: sudden, at: 2h, to: 0.3}
strategies:
  - {pattern: manual}
  - {pattern: canary, hold: 1h}
  - {pattern: full_automation, name: big bang}
"""
LONG = SMALL.replace("horizon: 4h", "horizon: 60d").replace("replications: 3", "replications: 500")


def _hears_interrupts() -> None:
    # Whoever runs the tests in the background of a shell hands an ignored interrupt down to us.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def command(*arguments: str | Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sim.cli.main", "run", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).resolve().parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hears_interrupts,
    )


def ran(*arguments: str | Path, folder: Path) -> tuple[int, str, str]:
    """Run the command in its own process; return its exit code, stdout and stderr."""
    process = command(*arguments, folder=folder)
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err, err
    return process.returncode, out, err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any]:
    """Return what --format json prints, as text and as an object."""
    place = tmp_path_factory.mktemp("json")
    (place / "small.yaml").write_text(SMALL)
    code, out, err = ran("small.yaml", "--format", "json", "--quiet", folder=place)
    assert (code, err) == (0, "")
    assert [file.name for file in place.iterdir()] == ["small.yaml"]
    return out, json.loads(out)


def test_json_says_what_was_run(printed: tuple[str, Any]) -> None:
    _, answer = printed
    assert list(answer)[:6] == ["scenario", "seed", "replications", "engine", "version", "strategies"]
    assert (answer["scenario"], answer["seed"], answer["replications"]) == ("small", 4, 3)
    assert [(one["name"], one["pattern"]) for one in answer["strategies"]] == [
        ("manual", "manual"), ("canary", "canary"), ("big bang", "full_automation"),
    ]  # fmt: skip


def test_json_has_every_metric_with_its_interval(printed: tuple[str, Any]) -> None:
    for strategy in printed[1]["strategies"]:
        assert set(METRICS) <= set(strategy["metrics"])
        for name, metric in strategy["metrics"].items():
            assert set(metric) == {"mean", "low", "high", "unit", "more_than"}, name
            assert metric["more_than"] is False, "this line keeps up"
            if metric["low"] is not None:
                assert metric["low"] <= metric["mean"] <= metric["high"], name
        assert strategy["metrics"]["escape_rate"]["unit"] == "share"


def test_json_compares_with_the_first(printed: tuple[str, Any]) -> None:
    first, *others = printed[1]["strategies"]
    for other in others:
        for name, difference in other["versus_first"].items():
            assert set(difference) == {"mean", "low", "high"}
            means = [strategy["metrics"][name]["mean"] for strategy in (other, first)]
            if None not in (*means, difference["mean"]) and name not in ("inspector_utilisation", "server_utilisation"):
                assert difference["mean"] == pytest.approx(means[0] - means[1], abs=1e-9), name


def test_json_tells_what_happened_in_order(printed: tuple[str, Any]) -> None:
    for strategy in printed[1]["strategies"]:
        times = [event["time_s"] for event in strategy["events"]]
        assert times == sorted(times)
        assert all({"time_s", "kind", "text", "event", "strategy"} <= set(event) for event in strategy["events"])
    (drift,) = printed[1]["world_events"]
    assert (drift["time_s"], drift["kind"]) == (7200, "drift")
    assert "haze" in drift["text"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("option", [("--workers", "1"), ("--workers", "2"), ("--engine", "simpy", "--workers", "1")])
def test_the_same_bytes(printed: tuple[str, Any], call: Any, option: tuple[str, ...]) -> None:
    code, out, _ = call("run", "small.yaml", "--format", "json", *option)
    assert code == 0
    assert out.replace('"engine": "simpy"', '"engine": "compiled"') == printed[0].replace(
        '"engine": "simpy"', '"engine": "compiled"'
    )


@pytest.mark.usefixtures("folder", "one_figure")
def test_one_replication_prints_no_interval(call: Any) -> None:
    code, out, _ = call("run", "small.yaml", "--format", "json", "--replications", "1")
    assert code == 0
    for strategy in json.loads(out)["strategies"]:
        assert all(metric["low"] is metric["high"] is None for metric in strategy["metrics"].values())
    code, table, _ = call("run", "small.yaml", "--replications", "1")
    assert (code, "±" in table) == (0, False)


@pytest.mark.usefixtures("folder")
def test_chosen_strategies_come_in_the_asked_order_with_the_same_numbers(printed: tuple[str, Any], call: Any) -> None:
    chosen = ("--strategy", "big bang", "--strategy", "manual")
    code, out, _ = call("run", "small.yaml", "--format", "json", "--workers", "1", *chosen)
    assert code == 0
    answer = json.loads(out)["strategies"]
    assert [one["name"] for one in answer] == ["big bang", "manual"]
    everything = {one["name"]: one["metrics"] for one in printed[1]["strategies"]}
    assert all(one["metrics"] == everything[one["name"]] for one in answer)


@pytest.mark.usefixtures("folder")
def test_another_seed_gives_other_numbers(printed: tuple[str, Any], call: Any) -> None:
    answer = json.loads(call("run", "small.yaml", "--format", "json", "--workers", "1", "--seed", "5")[1])
    assert answer["seed"] == 5
    assert answer["strategies"][0]["metrics"] != printed[1]["strategies"][0]["metrics"]


@pytest.mark.usefixtures("folder")
def test_csv_has_the_same_numbers(printed: tuple[str, Any], call: Any) -> None:
    code, out, _ = call("run", "small.yaml", "--format", "csv", "--workers", "1")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    found = {(row["strategy"], row["metric"]): row["mean"] for row in rows}
    for strategy in printed[1]["strategies"]:
        for name in METRICS:
            mean, text = strategy["metrics"][name]["mean"], found[strategy["name"], name]
            assert (mean is None and text == "") or float(text) == mean


def test_the_table_names_every_strategy_and_the_folder_holds_the_rest(
    folder: Path, call: Any, request: pytest.FixtureRequest
) -> None:
    code, out, err = call("run", "small.yaml", "--workers", "1")
    assert code == 0
    assert "3 of 3 replications" in err
    assert all(words in out for words in ("manual", "canary", "big bang", "leakage", "day 1 02:00"))
    result = folder / "results" / "small"
    names = {file.name for file in result.iterdir()}
    assert {"run.json", "scenario.yaml", "metrics.parquet", "metrics.csv", "timeline.parquet", "figures"} <= names
    figures = {file.stem for file in (result / "figures").iterdir()}
    assert all(
        (result / "figures" / f"{name}.{kind}").stat().st_size > 1000 for name in figures for kind in ("png", "svg")
    )
    request.getfixturevalue("one_figure")
    again, out_again, _ = call("run", result / "scenario.yaml", "--workers", "1", "--out", "again")
    assert (again, out_again) == (0, out), "the resolved scenario repeats the run"


@pytest.mark.usefixtures("one_figure")
def test_several_files_one_summary(folder: Path, call: Any) -> None:
    (folder / "other.yaml").write_text(SMALL.replace("seed: 4", "seed: 9"))
    code, out, _ = call("run", "small.yaml", "other.yaml", "--quiet", "--workers", "1", "--out", "both")
    assert code == 0
    assert sorted(place.name for place in (folder / "both").iterdir()) == ["other", "small"]
    assert out.index("small") < out.index("other")


def test_one_bad_file_stops_all_before_anything_runs(folder: Path, call: Any) -> None:
    (folder / "bad.yaml").write_text(SMALL.replace("replications", "replicatons"))
    code, out, err = call("run", ".", "--out", "here")
    assert (code, out) == (2, "")
    assert "bad.yaml:3:1" in err
    assert "did you mean 'replications'" in err
    assert sorted(file.name for file in folder.iterdir()) == ["bad.yaml", "small.yaml"]


def test_a_folder_with_somebodys_work_is_left_alone(folder: Path, call: Any) -> None:
    (folder / "thesis").mkdir()
    (folder / "thesis" / "chapter.tex").write_text("years of work")
    code, _, err = call("run", "small.yaml", "--out", "thesis")
    assert code == 2
    assert "thesis is not empty" in err
    assert [file.name for file in (folder / "thesis").iterdir()] == ["chapter.tex"]


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupt_ends_it_and_leaves_nothing(folder: Path, workers: str) -> None:
    (folder / "long.yaml").write_text(LONG)
    process = command("long.yaml", "--workers", workers, "--out", "here", folder=folder)
    time.sleep(6)  # somewhere in the middle, wherever that is
    assert process.poll() is None, "it ended too early for this test"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert sorted(file.name for file in folder.iterdir()) == ["long.yaml", "small.yaml"]


def test_a_metric_of_an_installed_package_is_measured_when_it_is_named(call: Any, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(
        "driftline: 1\nhorizon: 1h\nreplications: 1\nstrategies: [{pattern: manual}]\n"
    )
    with importable(tmp_path / "site"):
        plain, named, wrong = (
            call("run", "small.yaml", "--format", "csv", "--quiet", *words)
            for words in ((), ("--metric", "acme_rework_share"), ("--metric", "acme_rework_chare"))
        )
    more = [line for line in named[1].splitlines() if line not in plain[1].splitlines()]
    assert [line.split(",")[2] for line in more] == ["acme_rework_share"]
    assert wrong[0] == 2
    assert "unknown true metric 'acme_rework_chare': did you mean 'acme_rework_share'?" in wrong[2]


def test_a_scenario_among_results_is_not_replaced_by_its_own(call: Any, tmp_path: Path) -> None:
    """A quick look at the scenario of a long run must not cost the long run."""
    place = tmp_path / "results" / "small"
    place.mkdir(parents=True)
    (place / "scenario.yaml").write_text("driftline: 1\nname: small\nhorizon: 1h\nstrategies: [{pattern: manual}]\n")
    (place / "run.json").write_text('{"driftline": "0.1", "files": ["scenario.yaml"]}')
    code, _, err = call("run", place / "scenario.yaml", "--replications", "1", "--workers", "1", "--quiet")
    assert code == 2
    assert "lies in results/small, whose place its results would take; say where to, by --out DIR" in err
    assert sorted(file.name for file in place.iterdir()) == ["run.json", "scenario.yaml"]


def test_a_detector_that_fails_in_a_run_is_told_at_the_line_that_names_it(call: Any, tmp_path: Path) -> None:
    @DETECTORS.register("snaps")
    class Snaps(DetectorSpec):
        """Has a reader that is out of order."""

        kind: Literal["snaps"] = "snaps"

        def reader(self) -> Any:
            raise RuntimeError("out of order")

    (tmp_path / "line.yaml").write_text(
        "driftline: 1\nhorizon: 3h\nstrategies:\n  - pattern: manual\n  - pattern: stay\n    alarms:\n"
        "      - watch: brightness\n        detector: {kind: snaps}\n"
    )
    try:
        code, out, err = call(
            "run", "line.yaml", "--replications", "1", "--workers", "1", "--quiet", "--format", "json"
        )
    finally:
        DETECTORS.forget("snaps")
    assert (code, out) == (2, "")
    assert err.startswith("line.yaml:8:19: error: stay: at day 1 01:00 the detector snaps fails: RuntimeError: out of")
    assert "[strategies.1.alarms.0.detector]" in err


def test_what_only_a_run_finds_wrong_is_told_with_its_place(call: Any, tmp_path: Path) -> None:
    (tmp_path / "ok.yaml").write_text("driftline: 1\nhorizon: 1h\nstrategies:\n  - pattern: manual\n")
    code, _, err = call("detectors", "ok.yaml")
    assert code == 2
    assert err.startswith("ok.yaml:3:1: error: no strategy has alarms: there is nothing to score  [strategies]")


@pytest.mark.usefixtures("one_figure")
def test_a_look_with_other_values_replaces_no_results(call: Any, tmp_path: Path) -> None:
    line = "driftline: 1\nhorizon: 1h\nreplications: 2\nstrategies:\n  - {pattern: manual}\n"
    (tmp_path / "mine.yaml").write_text(line)
    assert call("run", "mine.yaml", "--quiet")[0] == 0
    kept = (tmp_path / "results/mine/result.json").read_bytes()
    for other, key in (
        (["--set", "horizon=2h"], "horizon"),
        (["--seed", "9"], "seed"),
        (["--replications", "3"], "repl"),
        (["--replications", "5", "--train-replications", "5"], "replications, train_replications"),
    ):
        code, _, err = call("run", "mine.yaml", "--quiet", *other)
        assert code == 2, other
        assert f"results/mine holds results with other settings ({key}" in err
        assert "say where to, by --out DIR" in err
    assert (tmp_path / "results/mine/result.json").read_bytes() == kept
    assert call("run", "mine.yaml", "--quiet", "--set", "horizon=1h")[0] == 0, "the same values again"
    assert call("run", "mine.yaml", "--quiet", "--seed", "9", "--out", "elsewhere")[0] == 0
    (tmp_path / "mine.yaml").write_text(line.replace("1h", "2h"))
    assert call("run", "mine.yaml", "--quiet")[0] == 0, "who changes the file wants new results"


@pytest.mark.usefixtures("one_figure")
def test_the_same_strategies_in_the_same_order_are_no_other_settings(call: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "driftline: 1\nhorizon: 1h\nreplications: 1\nstrategies: [{pattern: manual}, {pattern: shadow}]\n"
    )
    turned = ("run", "mine.yaml", "--quiet", "--strategy", "shadow", "--strategy", "manual")
    assert call(*turned)[0] == 0
    assert call(*turned)[0] == 0, "results of just these settings"
