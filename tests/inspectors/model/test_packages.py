"""Models and patterns of an installed package, used through scenario files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from acme import describe
from whole_runs import whole_world

import sim
from sim.cli import main as cli
from sim.deployment.events import NotTrained
from sim.deployment.strategy import PATTERNS
from sim.experiment.run import trained
from sim.inspectors.model import ModelError, fit
from sim.inspectors.model.kinds.estimator import Estimator
from sim.line.engines import ENGINES

LINE = """\
driftline: 1
horizon: 2h
replications: 2
factory: {defect_rate: 8%, arrivals: {kind: takt, every: 10s}}
models:
  v1: {training: {phones: 3000}}
  theirs:
    kind: estimator
    estimator: brightest
    settings: {sharpness: 2.5}
    training: {phones: 3000}
deployment: {candidate: theirs}
drift:
  - {what: camera.haze, profile: sudden, at: 1h, to: 0.3}
strategies:
  - pattern: acme_ramp
    by: 40
    hold: 20min
  - pattern: acme_leap
  - pattern: manual
"""


@pytest.fixture
def line(tmp_path: Path) -> Any:
    """Return a function that writes the scenario, changed, and returns its file."""

    def written(old: str = "", new: str = "") -> Path:
        assert old in LINE
        path = tmp_path / "line.yaml"
        path.write_text(LINE.replace(old, new) if old else LINE)
        return path

    return written


def imported() -> set[str]:
    return {name for name in sys.modules if name.startswith("acme_line.")}


def refused(path: Path, run: bool = False) -> str:
    scenario = sim.load(path) if run else None
    with pytest.raises(sim.ScenarioError) as error:
        sim.run(scenario, workers=1) if scenario else sim.load(path)
    assert len(error.value.problems) == 1
    return str(error.value)


def retrained(line: Any, estimator: str) -> Path:
    """Return the line's file with a model that is to be trained again."""
    path: Path = line("estimator: brightest\n    settings: {sharpness: 2.5}", f"estimator: {estimator}")
    head, _ = path.read_text().split("strategies:\n")
    path.write_text(
        f"{head}audits: {{of_passes: 50%, of_rejects: 50%, delay: 10min}}\nstrategies:\n"
        "  - pattern: full_automation\n"
        "    retraining: {every: 100min, labels: audits, at_least: 50, at_least_defects: 10}\n"
    )
    return path


class TestUsed:
    def test_every_engine_any_number_of_workers_the_same_numbers(self, acme, line):
        results = {
            (engine, workers): sim.run(sim.load(line()), engine=engine, workers=workers)
            for engine in ENGINES
            for workers in (1, 2)
        }
        first = results[next(iter(ENGINES)), 1]
        assert {each.label for s in first.strategies for each in s.timeline.decided_by} >= {"theirs", "humans"}
        assert any(event.kind == "promote" for event in first["acme_ramp"].events)
        for other in results.values():
            for mine, theirs in zip(first.strategies, other.strategies, strict=True):
                assert (mine.events, mine.routes) == (theirs.events, theirs.routes)
                for name, sample in mine.samples.items():
                    assert np.array_equal(sample, theirs.samples[name], equal_nan=True), name

    def test_the_same_bytes_from_the_command(self, acme, line, tmp_path):
        out = [
            subprocess.run(
                [sys.executable, "-m", "sim.cli.main", "run", str(line()), "--format", "json", "--quiet", "--engine", "simpy", "--workers", workers],
                capture_output=True, check=True, timeout=300, cwd=tmp_path,
                env={"PATH": "", "HOME": str(tmp_path), "PYTHONPATH": f"{acme}:{Path(cli.__file__).parents[2]}"},
            ).stdout
            for workers in ("1", "2")
        ]  # fmt: skip
        assert out[0] == out[1]
        assert b'"acme_leap"' in out[0]

    def test_it_drifts_like_any_trained_model(self, acme, line):
        scenario = sim.load(line("pattern: manual", "pattern: shadow\n    candidate: v1"))
        block = whole_world(scenario, trained(scenario), 0)
        late = block.phones.due_us > scenario.horizon // 2
        for name in ("v1", "theirs"):
            score = block.columns.score[name]
            assert abs(score[late].mean() - score[~late].mean()) > 0.02
            assert np.array_equal(score * 2**20, np.floor(score * 2**20))

    def test_what_it_leaves_random_is_fixed(self, acme, line):
        for name in ("forest", "piped"):
            scenario = sim.load(
                line("brightest\n    settings: {sharpness: 2.5}", f"{name}\n    settings: {{trees: 5}}")
            )
            one, other = (trained(scenario)["theirs"] for _ in range(2))
            features = whole_world(scenario, {}, 0).phones.features
            assert np.array_equal(one.score(features), other.score(features))
            assert one.ranked.scores.tolist() == other.ranked.scores.tolist()

    @pytest.mark.parametrize("name", ["brightest", "forest", "piped"])
    def test_weights_reach_it(self, acme, name):
        rng = np.random.default_rng(1)
        features, labels = rng.random((2000, 11), dtype=np.float32), (rng.random(2000) < 0.2).astype(np.int8)
        spec = Estimator(kind="estimator", estimator=name, recall="90%")  # ten trees have few scores
        plain, ones = fit("v", spec, features, labels), fit("v", spec, features, labels, np.ones(2000))
        weighted = fit("v", spec, features, labels, np.where(labels == 1, 1.0, 9.0))
        assert np.array_equal(plain.score(features), ones.score(features))
        assert weighted.score(features).mean() < 0.5 * plain.score(features).mean()

    def test_the_patterns_names_and_settings_are_the_packages(self, acme, line):
        assert sim.load(line()).strategies[0].settings() == {"by": 40.0, "hold": 20 * 60 * 10**6}
        assert PATTERNS["acme_leap"].declared.playbook.__name__ == "leap"
        assert "hold: expected" not in refused(line("by: 40", "by: 400"))
        assert "percent" in refused(line("by: 40", "by: 400"))

    def test_resolved_and_read_again_it_is_the_same(self, acme, line):
        scenario = sim.load(line())
        assert sim.build(**scenario.model_dump(mode="json")) == scenario

    def test_its_causes_profiles_and_kinds_of_models_reach_other_processes(self, acme):
        scenario = sim.build(
            horizon="1h", replications=2, models={"v1": {"kind": "acme_channel", "most": 3}},
            drift=[{"what": "acme.glare", "profile": "acme_fading", "at": "20min", "half_life": "10min", "to": 0.5}],
            strategies=[{"pattern": "full_automation"}],
        )  # fmt: skip
        here, there = (sim.run(scenario, engine="simpy", workers=workers)["full_automation"] for workers in (1, 2))
        assert here.events == there.events
        for name, sample in here.samples.items():
            assert np.array_equal(sample, there.samples[name], equal_nan=True), name


class TestOnlyWhatIsNeeded:
    def test_an_estimators_code_when_a_scenario_names_it_which_checks_its_settings(self, acme, line):
        sim.load(line("  - pattern: acme_ramp\n    by: 40\n    hold: 20min\n  - pattern: acme_leap\n", ""))
        assert imported() == {"acme_line.models"}

    def test_a_patterns_when_a_scenario_names_it(self, acme, line):
        sim.build(strategies=[{"pattern": "manual"}])
        assert imported() == set()
        sim.load(line())
        assert imported() == {"acme_line.patterns", "acme_line.models"}

    def test_listing_imports_nothing(self, acme, capsys):
        with pytest.raises(SystemExit, match="0"):
            cli.main(["list"])
        out = " ".join(capsys.readouterr().out.split())
        assert "acme_ramp brought by acme-line 1.2" in out
        assert "estimator brightest brought by acme-line 1.2" in out
        assert imported() == set()

    def test_a_schema_knows_its_patterns_and_says_which_it_left_out(self, acme, capsys):
        with pytest.raises(SystemExit, match="0"):
            cli.main(["schema"])
        told = capsys.readouterr()
        assert '"acme_ramp"' in told.out
        assert '"acme_leap"' in told.out
        assert "left out: 'acme_broken' can't be imported" in told.err


class TestRefused:
    def test_an_unknown_estimator(self, acme, line):
        told = refused(line("estimator: brightest", "estimator: britest"))
        assert f"{line('estimator: brightest', 'estimator: britest')}:9:16: error: " in told
        assert "no installed package brings an estimator called 'britest'; did you mean 'brightest'?" in told
        assert "forest (acme-line 1.2)" in told
        assert "pip install" in told
        assert imported() == {"acme_line.patterns"}

    def test_an_unknown_estimator_where_there_is_none(self, tmp_path):
        path = tmp_path / "a.yaml"
        path.write_text("driftline: 1\nmodels: {v1: {kind: estimator, estimator: x}}\n")
        assert "installed: none" in refused(path)

    def test_a_name_that_two_packages_bring(self, acme, line, tmp_path, monkeypatch):
        describe(
            tmp_path / "other",
            "other-line",
            "0.1",
            "[driftline.models]\nbrightest = other:X\n[driftline.patterns]\nacme_leap = other:y\n",
        )
        monkeypatch.syspath_prepend(str(tmp_path / "other"))
        with pytest.raises(sim.ScenarioError) as error:
            sim.load(line())
        assert "19:14: error: 'acme_leap' comes with acme-line 1.2 and with other-line 0.1: uninstall one" in str(
            error.value
        )
        told = refused(line("  - pattern: acme_leap\n", ""))
        assert "9:16: error: 'brightest' comes with acme-line 1.2 and with other-line 0.1" in told

    @pytest.mark.parametrize(
        ("estimator", "told"),
        [
            ("odd", "fails: ValueError: predict_proba answered with something else than probabilities"),
            ("two_faced", "fails: RuntimeError: the licence server is down (models.py:37)"),
        ],
    )
    @pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
    def test_a_broken_one_when_it_is_used(self, acme, line, estimator, told):
        message = refused(line("estimator: brightest", f"estimator: {estimator}"), run=True)
        assert message.startswith("models.theirs: model theirs: ")
        assert told in message
        assert "\n" not in message

    @pytest.mark.parametrize(
        ("estimator", "settings", "place", "told"),
        [
            ("gone", "", "9:16", "'gone' can't be imported from acme_line.no_such_module:Model of acme-line 1.2: ModuleNotFoundError"),
            ("broken", "", "9:16", "'broken' can't be imported from acme_line.broken:Model of acme-line 1.2: ImportError: acme needs libcamera"),
            ("scaler", "", "9:16", "fails: TypeError: StandardScaler is no scikit-learn classifier: it has no predict, predict_proba"),
            ("forest", "treees: 5", "10:24", "unknown setting 'treees': did you mean 'trees'?"),
            ("forest", "trees: -5", "10:15", "The 'n_estimators' parameter of RandomForestClassifier must be an int in the range [1, inf). Got -5 instead."),
            ("piped", "trees: many", "10:15", "The 'n_estimators' parameter of RandomForestClassifier must be an int"),
            ("trees", "n_estimators: 5, max_depth: 0", "10:44", "The 'max_depth' parameter of RandomForestClassifier must be an int"),
            ("trees", "n_estimatos: 5", "10:29", "unknown setting 'n_estimatos': did you mean 'n_estimators'?"),
        ],
    )  # fmt: skip
    def test_what_it_has_against_its_settings_is_told_when_the_file_is_read(
        self, acme, line, estimator, settings, place, told
    ):
        given = f"\n    settings: {{{settings}}}" if settings else ""
        path = line("brightest\n    settings: {sharpness: 2.5}", f"{estimator}{given}")
        message = refused(path)
        assert message.startswith(f"{path}:{place}: error: ")
        assert told in message

    @pytest.mark.parametrize(("labels", "refuses"), [("both", True), ("inspectors", False)])
    def test_retraining_one_that_takes_no_weights(self, acme, line, labels, refuses):
        path = line("brightest\n    settings: {sharpness: 2.5}", "weightless")
        path.write_text(
            path.read_text().replace(
                "  - pattern: manual\n", f"  - pattern: shadow\n    retraining: {{every: 1h, labels: {labels}}}\n"
            )
        )
        if not refuses:
            sim.load(path)
            return
        message = refused(path)
        assert ":20:17:" in message.splitlines()[0]
        assert "theirs: Weightless.fit takes no sample_weight, which labels from audits need" in message

    def test_one_that_answers_nan(self, acme, line):
        path = line("brightest\n    settings: {sharpness: 2.5}", "odd\n    settings: {sharpness: -1}")
        assert "something else than probabilities" in refused(path, run=True)

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_the_command_ends_with_2_and_one_message(self, acme, line, capfd, workers):
        path = line("estimator: brightest", "estimator: two_faced")
        with pytest.raises(SystemExit) as ended:
            cli.main(["run", str(path), "--workers", workers, "--quiet", "--format", "csv"])
        assert ended.value.code == 2
        told = capfd.readouterr()
        message = (
            "model theirs: the estimator 'two_faced' of acme-line 1.2 fails: RuntimeError: the licence server is"
            " down (models.py:37)"
        )
        number = next(row for row, text in enumerate(path.read_text().splitlines(), 1) if text.startswith("  theirs:"))
        first, *shown = told.err.splitlines()
        assert first == f"{path}:{number}:3: error: {message}  [models.theirs]"
        assert len(shown) == 2, "the line, and the marks under it"
        assert told.out == ""

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_one_that_fails_when_it_is_retrained_ends_the_run_with_2_and_one_message(self, acme, line, capfd, workers):
        path = retrained(line, "tired")
        with pytest.raises(SystemExit) as ended:
            cli.main(["run", str(path), "--workers", workers, "--quiet", "--format", "csv"])
        told = capfd.readouterr()
        assert (ended.value.code, told.out) == (2, "")
        first, *shown = told.err.splitlines()
        assert first == (
            f"{path}:7:3: error: model theirs.1: the estimator 'tired' of acme-line 1.2 fails: KeyError: 'no such camera'"
            " (models.py:46)  [models.theirs]"
        )
        assert len(shown) == 2, "the line, and the marks under it"

    def test_labels_of_one_class_only_are_no_training_and_the_log_book_says_so(self, acme, line):
        path = retrained(line, "tired")
        haze = "what: camera.haze, profile: sudden, at: 1h, to: 0.3"
        assert haze in path.read_text()
        path.write_text(path.read_text().replace(haze, "what: process.defect_rate, profile: sudden, at: 0s, to: 0%"))
        events = sim.run(sim.load(path), workers=1)["full_automation"].events
        (reason,) = [event.reason for event in events if isinstance(event, NotTrained)]
        assert (reason.code, reason.samples, reason.more["defects"]) == ("too_few_labels", 243, 0)

    def test_scores_too_equal_for_the_share_asked_for_are_no_version_and_the_log_book_says_so(self, acme, line):
        events = sim.run(sim.load(retrained(line, "levelled")), workers=1)["full_automation"].events
        (reason,) = [event.reason for event in events if isinstance(event, NotTrained)]
        assert reason.code == "training_failed"
        assert "model theirs.1: reject_share: 5% can't be kept" in reason.more["error"]

    def test_one_that_cant_be_sent_to_workers(self, acme, line):
        scenario = sim.load(line("estimator: brightest", "estimator: unportable"))
        with pytest.raises(
            sim.ScenarioError, match=r"can't be sent to worker processes .*the camera.*: use one worker"
        ):
            sim.run(scenario, workers=2)
        sim.run(scenario, workers=1)

    def test_one_that_takes_no_weights(self, acme):
        rng = np.random.default_rng(1)
        features, labels = rng.random((500, 11), dtype=np.float32), np.arange(500) % 5 == 0
        spec = Estimator(kind="estimator", estimator="weightless")
        with pytest.raises(ModelError, match=r"Weightless.fit takes no sample_weight, which labels from audits need"):
            fit("v", spec, features, labels.astype(np.int8), 1.0 + np.arange(500) % 2)

    @pytest.mark.parametrize(
        ("pattern", "told"),
        [
            ("acme_call", "'acme_call' (acme_line.patterns:no_generator of acme-line 1.2) is no generator function"),
            ("acme_odd", "'acme_odd' (acme_line.patterns:odd_settings of acme-line 1.2) has settings that can't be read: NameError"),
            ("acme_broken", "'acme_broken' can't be imported from acme_line.broken:pattern of acme-line 1.2: ImportError"),
            ("acme_canary", "would replace the pattern canary: it needs another name"),
        ],
    )  # fmt: skip
    def test_what_is_no_pattern(self, acme, line, pattern, told):
        canary, known = PATTERNS["canary"].declared.playbook, list(PATTERNS)
        message = refused(line("pattern: acme_leap", f"pattern: {pattern}"))
        assert ":19:14: error: " in message.splitlines()[0]
        assert told in message
        assert PATTERNS["canary"].declared.playbook is canary
        assert [name for name in PATTERNS if name not in known] == ["acme_ramp"]
        assert pattern not in PATTERNS

    def test_an_unknown_pattern_names_the_packages_too(self, acme, line):
        told = refused(line("pattern: acme_leap", "pattern: acme_leep"))
        assert "unknown pattern 'acme_leep'" in told
        assert "did you mean 'acme_leap'? known patterns: manual, " in told
        assert ", acme_broken, acme_call, " in told
