"""Every verb recognises a file of the wrong kind by its content, and says what it is and what takes it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from sim import shipped
from sim.cli import kinds

ROLLOUT = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata:\n  name: inspection\nspec: {}\n"
CANARY = '# a comment\n---\napiVersion: "flagger.app/v1beta1"\nkind: Canary\nmetadata: {name: inspection}\n'
#: A file's name and text, and what is said of it.
WRONG = [
    ("look.ipynb", '{"cells": [], "metadata": {}, "nbformat": 4}', "a notebook", "jupyter lab look.ipynb"),
    ("no_ending", '{"cells": [], "metadata": {}, "nbformat": 4}', "a notebook", "jupyter lab no_ending"),
    ("format.json", '{"$schema": "https://json-schema.org/draft/2020-12/schema"}', "a JSON Schema", "$schema=format.json"),
    ("rollout.yaml", ROLLOUT, "an Argo Rollout", "pattern argo_canary"),
    ("chart.yaml", ROLLOUT.replace("{}", "{replicas: {{ .Values.replicas }}}"), "an Argo Rollout", "argo_blue_green"),
    ("rollout.json", json.dumps({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}), "an Argo Rollout", "argo"),
    ("canary.yaml", CANARY, "a Flagger Canary", "pattern flagger"),
    ("service.yaml", "apiVersion: v1\nkind: Service\n", "a Kubernetes manifest", "driftline new"),
    ("study.yaml", "driftline: 1\nscenario: quickstart\nfactors:\n  seed: [1, 2]\n", "a study", "scenarios"),
    ("ours.csv", 'score,"defective"\n0.5,1\n', "a file of scores", "{kind: scores, file: ours.csv}"),
    ("table.csv", "strategy,mean\nmanual,1\n", "a CSV table", "spreadsheet"),
    ("picture.svg", '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "a picture", "viewer"),
    ("mine.py", "import driftline\n", "a Python program", "python mine.py"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "noun", "remedy"), WRONG, ids=[name for name, *_ in WRONG])
@pytest.mark.parametrize("verb", ["run", "validate", "explain", "detectors"])
def test_a_wrong_file_is_named_in_one_message(
    call: Any, tmp_path: Path, verb: str, name: str, text: str, noun: str, remedy: str
) -> None:
    (tmp_path / name).write_text(text)
    code, out, err = call(verb, name)
    assert (code, out) == (2, "")
    assert err.startswith(f"{name}: error: this is {noun}, and driftline {verb} takes a scenario; ")
    assert remedy in err
    assert len(err.splitlines()) == 1


def test_tables_in_parquet_are_told_apart_by_their_columns(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"score": [0.5], "defective": [1], "phone": [7]}), tmp_path / "scores")
    pq.write_table(pa.table({"metric": ["escapes"]}), tmp_path / "metrics")
    (tmp_path / "torn").write_bytes(b"PAR1 and no more")
    nouns = [kinds.kind_of(tmp_path / name).noun for name in ("scores", "metrics", "torn")]  # type: ignore[union-attr]
    assert nouns == ["a file of scores", "a Parquet table", "a Parquet table"]


def test_what_a_run_writes_is_recognised(call: Any, tmp_path: Path) -> None:
    (tmp_path / "line.yaml").write_text("driftline: 1\nhorizon: 1h\nreplications: 1\nstrategies: [{pattern: manual}]\n")
    assert call("run", "line.yaml", "--quiet")[0] == 0
    result = tmp_path / "results" / "line"
    for name, noun in {"run.json": "the record of a run", "result.json": "the result of a run"}.items():
        code, _, err = call("run", result / name)
        assert code == 2
        assert f"this is {noun}" in err
        assert f"beside it: {result / 'scenario.yaml'}" in err
    known = {file.name: kinds.kind_of(file) for file in result.rglob("*") if file.is_file()}
    assert sorted(name for name, kind in known.items() if kind is None) == ["detail.txt", "table.txt"]
    assert known["scenario.yaml"] is kinds.SCENARIO
    assert call("validate", result)[0] == 0, "a result's folder holds its scenario"


def test_shipped_files_are_what_they_are() -> None:
    assert all(kinds.kind_of(file) is kinds.SCENARIO for file in shipped.scenarios().values())
    assert kinds.kind_of(shipped.folder("scenarios") / "scenario.schema.json") is kinds.JSON_SCHEMA


@pytest.mark.parametrize("text", ["seeed: 1\n", "", "just words\n", "[1, 2]\n", "{", "a: \0\n"])
def test_what_is_of_no_known_kind_keeps_its_own_message(call: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    assert kinds.kind_of(tmp_path / "a.yaml") is None
    code, _, err = call("validate", "a.yaml")
    assert code == 2
    assert "this is" not in err


def test_a_scenario_with_mistakes_stays_a_scenario(call: Any, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("driftline: 1\nkind: Rollout\napiVersion: argoproj.io/v1\n")
    code, _, err = call("validate", "a.yaml")
    assert code == 2
    assert "unknown key 'kind'" in err


def test_what_can_not_be_read_is_of_no_kind(tmp_path: Path) -> None:
    assert kinds.kind_of(tmp_path) is None
    assert kinds.kind_of(tmp_path / "nothing") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("verb", ["run", "validate", "explain", "detectors", "app"])
def test_a_pipe_that_nobody_writes_to_is_refused_and_not_waited_for(call: Any, tmp_path: Path, verb: str) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(60)
    try:
        code, _, err = call(verb, "pipe.yaml")
    finally:
        signal.alarm(0)
    assert code == 2
    assert err == "pipe.yaml: error: is not a regular file; a pipe or a device is not read: save it to a file\n"
