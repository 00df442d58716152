"""A file of scores: sampled by truth and by nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from scipy.stats import ks_2samp
from whole_runs import whole_world

import sim
from sim.cli import main as cli
from sim.experiment.run import trained
from sim.experiment.world_block import world_blocks
from sim.line.engines import ENGINES
from sim.units import HOUR

DRIFTS: dict[str, dict[str, Any]] = {
    "haze": {"what": "camera.haze", "profile": "sudden", "at": "6h", "to": 0.5},
    "contrast": {"what": "camera.contrast", "profile": "gradual", "at": "3h", "over": "2h", "to": "50%"},
    "brightness": {"what": "camera.brightness", "profile": "sudden", "at": "6h", "to": "40%"},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """2,000 scores, a tenth of them defective."""
    rng = np.random.default_rng(1)
    defective = np.arange(2000) % 10 == 0
    score = rng.beta(1 + 4 * defective, 6 - 4 * defective)
    path = tmp_path / "scores.csv"
    path.write_text(
        "id,score,defective\n"
        + "".join(f"{i},{s!r},{int(d)}\n" for i, (s, d) in enumerate(zip(score.tolist(), defective, strict=True)))
    )
    return path


def scenario(file: Path, **changes: Any) -> Any:
    settings: dict[str, Any] = {
        "horizon": "12h",
        "factory": {"defect_rate": "10%", "arrivals": {"kind": "takt", "every": "4s"}, "lots": {"size": 1}},
        "models": {"v1": {"training": {"phones": 3000}}, "file": {"kind": "scores", "file": str(file)}},
        "strategies": [{"pattern": "full_automation", "name": name, "candidate": name} for name in ("v1", "file")],
    }
    return sim.build(**settings | changes)


def floor_of(given: Any) -> Any:
    return whole_world(given, trained(given), 0)


@pytest.mark.parametrize("drift", DRIFTS)
def test_whatever_the_camera_does_its_scores_stay_and_a_trained_models_move(file, drift):
    calm, drifted = floor_of(scenario(file)), floor_of(scenario(file, drift=[DRIFTS[drift]]))
    assert np.array_equal(calm.columns.score["file"], drifted.columns.score["file"])
    phones, score = drifted.phones, drifted.columns.score
    for name, moves in (("file", False), ("v1", True)):
        chances = []
        for truth in (phones.defective, ~phones.defective):
            before, after = truth & (phones.due_us < 3 * HOUR), truth & (phones.due_us > 6 * HOUR)
            chances.append(ks_2samp(score[name][before], score[name][after]).pvalue)
        assert (min(chances) < 1e-6) if moves else (min(chances) > 0.001)


def test_they_are_the_files_own_by_truth(file):
    given = scenario(file)
    version = trained(given)["file"]
    block = floor_of(given)
    score, defective = block.columns.score["file"], block.phones.defective
    assert set(score[defective]) <= set(version.defective)
    assert set(score[~defective]) <= set(version.good)
    # Every row as often as any other: a chi-squared statistic, 4 standard deviations.
    values, rows = np.unique(version.good, return_counts=True)
    times = np.array([np.sum(score[~defective] == value) for value in values])
    expected = (~defective).sum() * rows / 1800
    freedom = len(values) - 1
    assert rows.sum() == 1800
    assert abs(((times - expected) ** 2 / expected).sum() - freedom) < 4 * np.sqrt(2 * freedom)


def test_when_the_standard_moves_they_follow_the_truth(file):
    tighter = [{"what": "standard.tolerance", "profile": "sudden", "at": "6h", "to": "60%"}]
    calm, drifted = floor_of(scenario(file)), floor_of(scenario(file, drift=tighter))
    became = drifted.phones.defective & ~calm.phones.defective
    assert became.sum() > 100
    changed = calm.columns.score["file"] != drifted.columns.score["file"]
    assert changed[became].mean() > 0.99
    assert not changed[~became].any()


def test_the_threshold_rejects_the_asked_share_at_the_lines_own_defect_rate(file):
    """The file has 10 % defective rows; a line with 2 % must not inherit them: binomial, 4 standard errors."""
    for rate in ("2%", "30%"):
        factory = {"defect_rate": rate, "arrivals": {"kind": "takt", "every": "1s"}, "lots": {"size": 1}}
        given = scenario(file, factory=factory, models={"file": {"kind": "scores", "file": str(file)}}, strategies=[{"pattern": "full_automation", "candidate": "file"}])  # fmt: skip
        version = trained(given)["file"]
        rejected = floor_of(given).columns.score["file"] > version.threshold
        # The threshold is one of the file's scores: a step is at most one row's weight.
        step = max(float(rate[:-1]) / 100 / 200, 1 / 1800)
        assert abs(rejected.mean() - 0.05) < 4 * np.sqrt(0.05 * 0.95 / len(rejected)) + step


def test_recall_is_of_the_files_defective_rows(file):
    models = {"file": {"kind": "scores", "file": str(file), "recall": "90%"}}
    version = trained(scenario(file, models=models, strategies=[{"pattern": "full_automation", "candidate": "file"}]))[
        "file"
    ]
    assert (version.defective > version.threshold).sum() == 180
    assert version.offline.recall == pytest.approx(0.9)


@pytest.mark.parametrize("block", [1, 97, 5000])
def test_blocks_and_other_models_change_nothing(file, block):
    models = {name: {"kind": "scores", "file": str(file)} for name in ("file", "twin")}
    strategies = [{"pattern": "full_automation", "name": name, "candidate": name} for name in models]
    versions = trained(scenario(file, horizon="1h", models=models, strategies=strategies))
    given = scenario(file, horizon="1h")
    whole = floor_of(given).columns.score["file"]
    cut = [block.columns.score for block in world_blocks(given, versions, 0, block)]
    file_scores, twins = (np.concatenate([score[name] for score in cut]) for name in models)
    assert np.array_equal(file_scores, whole)
    good = ~floor_of(given).phones.defective
    assert abs(np.corrcoef(file_scores[good], twins[good])[0, 1]) < 4 / np.sqrt(good.sum())


def test_the_order_of_rows_and_the_format_change_nothing(file, tmp_path):
    head, *rows = file.read_text().splitlines()
    turned = tmp_path / "turned.csv"
    turned.write_text("\n".join([head, *rows[::-1]]))
    parquet = tmp_path / "scores.parquet"
    cells = [row.split(",") for row in rows]
    pq.write_table(
        pa.table({"defective": [c[2] == "1" for c in cells], "score": [float(c[1]) for c in cells]}), parquet
    )
    first = floor_of(scenario(file)).columns.score["file"]
    for other in (turned, parquet):
        assert np.array_equal(floor_of(scenario(other)).columns.score["file"], first)


def test_a_line_without_defects_can_be_told_too(file):
    for setting in ({}, {"recall": "90%"}):
        models = {"file": {"kind": "scores", "file": str(file), **setting}}
        given = scenario(file, factory={"defect_rate": "0%"}, models=models, strategies=[{"pattern": "full_automation", "candidate": "file"}])  # fmt: skip
        version = trained(given)["file"]
        assert 0.0 < version.threshold < 1.0
        if setting:
            assert (version.defective > version.threshold).mean() == 0.9


def test_every_engine_any_number_of_workers_and_a_review_band(file):
    results = [
        sim.run(scenario(
            file, horizon="2h", replications=2,
            strategies=[{"pattern": "partial_automation", "review": "10%", "candidate": "file"}, {"pattern": "canary", "candidate": "file", "hold": "20min"}],
        ), engine=engine, workers=workers)
        for engine in ENGINES for workers in (1, 2)
    ]  # fmt: skip
    for other in results[1:]:
        for mine, theirs in zip(results[0].strategies, other.strategies, strict=True):
            assert (mine.events, mine.routes) == (theirs.events, theirs.routes)
            for name, sample in mine.samples.items():
                assert np.array_equal(sample, theirs.samples[name], equal_nan=True), name


WRONG = {
    "no such file": (None, "there is no file .*scores.csv: its path starts at the scenario file's folder"),
    "a folder": ("folder", "is a folder; expected a .csv or .parquet file"),
    "empty": ("", "can't be read: Empty CSV file"),
    "no rows": ("score,defective\n", "has no rows"),
    "no score": ("scores,defective\n0.5,1\n", "has no column 'score'; expected score and defective, found: scores, defective"),
    "semicolons": ("score;defective\n0.5;1\n", "has no column 'score'; .* found: score;defective"),
    "twice": ("score,score,defective\n0.5,0.5,1\n", "has 2 columns 'score'"),
    "no truth": ("score,label\n0.5,1\n", "has no column 'defective'"),
    "above 1": ("score,defective\n0.5,1\n1.5,0\n", "a score lies between 0 and 1; found 1.5 in row 2"),
    "below 0": ("score,defective\n-0.1,1\n0.5,0\n", "a score lies between 0 and 1; found -0.1 in row 1"),
    "a half": ("score,defective\n0.5,1\n0.5,0.5\n", "defective is 0 or 1; found 0.5 in row 2"),
    "a text": ("score,defective\n0.5,yes\n", "defective is a number, but the column holds string, such as 'yes'"),
    "a hole": ("score,defective\n0.5,1\n,0\n", "score is missing in row 2: leave that row out"),
    "nan": ("score,defective\n0.5,1\nnan,0\n", "score is missing in row 2|between 0 and 1; found nan in row 2"),
    "ragged": ("score,defective\n0.5,1\n0.5\n", "can't be read: CSV parse error"),
    "none defective": ("score,defective\n0.5,0\n", "has no defective row"),
    "none good": ("score,defective\n0.5,1\n", "has no good row"),
    "no text at all": ("\x00\xff\x00", "can't be read|has no column"),
}  # fmt: skip


class TestRefused:
    @pytest.fixture
    def yaml(self, tmp_path: Path) -> Path:
        path = tmp_path / "line.yaml"
        path.write_text(
            "driftline: 1\nmodels:\n  v1:\n    kind: scores\n    file: scores.csv\nstrategies: [{pattern: shadow}]\n"
        )
        return path

    @pytest.mark.parametrize("what", WRONG)
    def test_at_its_place_before_anything_runs(self, yaml, what):
        text, message = WRONG[what]
        scores = yaml.parent / "scores.csv"
        if text == "folder":
            scores.mkdir()
        elif text is not None:
            scores.write_bytes(text.encode("latin-1"))
        with pytest.raises(sim.ScenarioError, match=message) as refused:
            sim.load(yaml)
        assert str(refused.value).startswith(f"{yaml}:5:11: error: ")
        assert len(refused.value.problems) == 1

    @pytest.mark.parametrize("suffix", [".csv", ".parquet"])
    def test_more_rows_than_a_machine_would_hold_are_refused_before_they_are_read(self, yaml, monkeypatch, suffix):
        monkeypatch.setattr("sim.inspectors.model.kinds.scores.MOST_ROWS", 99)
        file = yaml.parent / f"scores{suffix}"
        table = pa.table({"score": np.linspace(0.0, 1.0, 100), "defective": np.arange(100) % 2, "note": ["x"] * 100})
        pyarrow.csv.write_csv(table, file) if suffix == ".csv" else pq.write_table(table, file)
        yaml.write_text(yaml.read_text().replace("scores.csv", file.name))
        with pytest.raises(sim.ScenarioError, match="has more than 99 rows: a sample of them says as much"):
            sim.load(yaml)

    def test_another_format(self, yaml):
        (yaml.parent / "scores.xlsx").write_text("")
        yaml.write_text(yaml.read_text().replace("scores.csv", "scores.xlsx"))
        with pytest.raises(sim.ScenarioError, match=r"neither \.csv nor \.parquet: save the scores as one of the two"):
            sim.load(yaml)

    def test_a_broken_parquet(self, yaml):
        (yaml.parent / "scores.parquet").write_text("PAR1 it is not")
        yaml.write_text(yaml.read_text().replace("scores.csv", "scores.parquet"))
        with pytest.raises(sim.ScenarioError, match=r"scores\.parquet can't be read"):
            sim.load(yaml)

    def test_training_means_nothing_to_it(self, yaml):
        (yaml.parent / "scores.csv").write_text("score,defective\n0.5,1\n0.1,0\n")
        yaml.write_text(yaml.read_text().replace("    file:", "    training: {phones: 500}\n    file:"))
        with pytest.raises(sim.ScenarioError, match=r"unknown key 'training' in models\.v1"):
            sim.load(yaml)

    def test_gone_between_loading_and_running(self, yaml, tmp_path):
        scores = yaml.parent / "scores.csv"
        scores.write_text("score,defective\n0.5,1\n0.1,0\n")
        loaded = sim.load(yaml)
        scores.unlink()
        with pytest.raises(sim.ScenarioError, match=r"models\.v1: there is no file"):
            sim.run(loaded, workers=1)


def test_the_path_starts_at_the_scenario_file_and_the_resolved_scenario_runs_from_anywhere(file, tmp_path, monkeypatch):
    folder = tmp_path / "plans"
    folder.mkdir()
    yaml = folder / "line.yaml"
    yaml.write_text(
        "driftline: 1\nmodels: {v1: {kind: scores, file: ../scores.csv}}\nstrategies: [{pattern: shadow}]\n"
    )
    monkeypatch.chdir(tmp_path)
    relative = sim.load(Path("plans/line.yaml"))
    monkeypatch.chdir("/")
    again = sim.build(**relative.model_dump(mode="json"))
    assert trained(again)["v1"].threshold == trained(sim.load(yaml))["v1"].threshold
    assert again == relative


def test_it_is_said_wherever_versions_are_shown(file, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("line.yaml").write_text(
        "driftline: 1\nhorizon: 1h\nreplications: 1\nmodels: {mine: {kind: scores, file: scores.csv}}\n"
        "deployment: {candidate: mine}\nstrategies: [{pattern: shadow}]\n"
    )
    said = "mine: scores drawn by truth from scores.csv: not drifting by itself, whatever the camera sees"
    for arguments in (
        ["explain", "line.yaml"],
        ["run", "line.yaml", "--quiet"],
        ["run", "line.yaml", "--quiet", "--format", "json"],
    ):
        with pytest.raises(SystemExit, match="0"):
            cli.main(arguments)
        assert said in " ".join(capsys.readouterr().out.split())
    assert said in " ".join((tmp_path / "results/line/table.txt").read_text().split())
    with pytest.raises(SystemExit, match="0"):
        cli.main(["list"])
    assert "does *not* drift by itself" in " ".join(capsys.readouterr().out.split())
