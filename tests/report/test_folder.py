"""A result folder is whole or not there, and says how to repeat the run."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from sim.document import ScenarioError
from sim.experiment.result import Result
from sim.measure.metric import TRUE_METRICS
from sim.report import folder
from sim.report.drawing import style
from sim.report.figure import FIGURES, figures_of
from sim.scenario import build, load


@pytest.fixture(scope="module")
def small(make_result: Callable[..., Result]) -> Result:
    return make_result(("manual", "canary"), replications=2, days=4, bins=24)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw one figure only: these tests are about files."""
    monkeypatch.setattr(folder, "figures_of", lambda _: {"latency": FIGURES["latency"]})


def bytes_of(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_a_folder_holds_everything(small: Result, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "result"
    folder.write(small, out)
    files = set(bytes_of(out))
    drawn = {f"figures/{name}.{kind}" for name in figures_of(small) for kind in ("png", "svg")}
    tables = {f"{name}.{kind}" for name in ("metrics", "timeline") for kind in ("csv", "parquet")}
    texts = {"events.csv", "summary.csv", "table.txt", "detail.txt", "result.json", "scenario.yaml", "run.json"}
    assert files == drawn | tables | texts
    assert json.loads((out / "run.json").read_text())["files"] == sorted(files)
    assert os.listdir(out.parent) == ["result"]


def test_same_result_same_bytes(small: Result, tmp_path: Path) -> None:
    folder.write(small, tmp_path / "a")
    folder.write(small, tmp_path / "b")
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")


@pytest.mark.usefixtures("quick")
def test_tables_hold_the_samples_and_the_timeline(small: Result, tmp_path: Path) -> None:
    folder.write(small, tmp_path / "out")
    metrics = pq.read_table(tmp_path / "out" / "metrics.parquet")
    assert metrics.column_names == [
        "strategy", "pattern", "replication", "metric", "unit", "value", "more_than", "part", "whole", "times",
    ]  # fmt: skip
    assert metrics.num_rows == 2 * 2 * len(TRUE_METRICS)
    undefined = [row for row in metrics.to_pylist() if row["value"] is None]
    assert {row["metric"] for row in undefined} == {"server_utilisation"}
    timeline = pq.read_table(tmp_path / "out" / "timeline.parquet")
    assert timeline.num_rows == 2 * 2 * 24
    escaped = sum(int(strategy.timeline.escaped.sum()) for strategy in small.strategies)
    assert sum(timeline["escaped"].to_pylist()) == escaped
    assert "decided_by.humans" in timeline.column_names
    with (tmp_path / "out" / "timeline.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == timeline.num_rows


@pytest.mark.usefixtures("quick")
def test_the_scenario_reads_back_as_it_was(small: Result, tmp_path: Path) -> None:
    folder.write(small, tmp_path / "out")
    read = YAML(typ="safe", pure=True).load(tmp_path / "out" / "scenario.yaml")
    assert read == small.scenario.model_dump(mode="json")
    assert list(read) == list(small.scenario.model_dump(mode="json"))


@pytest.mark.usefixtures("quick")
def test_a_real_scenario_loads_from_the_folder(make_result: Callable[..., Result], tmp_path: Path) -> None:
    scenario = build(name="lamp", horizon="4d", replications=2, strategies=[{"pattern": "canary"}])
    result = replace(make_result(("canary",), replications=2, days=4, bins=24), scenario=scenario)
    folder.write(result, tmp_path / "out")
    assert load(tmp_path / "out" / "scenario.yaml").model_dump(mode="json") == scenario.model_dump(mode="json")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("trouble", [RuntimeError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["png", "as_csv", "yaml_text", "_run", "_swap"])
def test_trouble_midway_leaves_no_folder(
    trouble: BaseException, where: str, small: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise trouble

    monkeypatch.setattr(style if where == "png" else folder, where, fail)
    with pytest.raises(type(trouble)):
        folder.write(small, tmp_path / "deep" / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("trouble", [RuntimeError("disk full"), KeyboardInterrupt()])
def test_trouble_midway_leaves_an_earlier_result_as_it_was(
    trouble: BaseException, small: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    folder.write(small, out)
    before = bytes_of(out)
    moved: list[Path] = []
    rename = Path.rename

    def rename_once(self: Path, target: Path) -> Path:
        # The earlier result has been moved away; the new one does not arrive.
        if self.name == "new":
            raise trouble
        moved.append(self)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", rename_once)
    with pytest.raises(type(trouble)):
        folder.write(small, out)
    assert moved[0] == out
    assert bytes_of(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.usefixtures("quick")
def test_an_earlier_result_is_replaced_whole(small: Result, make_result: Callable[..., Result], tmp_path: Path) -> None:
    out = tmp_path / "out"
    folder.write(small, out)
    folder.write(make_result(("manual",), replications=2, seed=8), out)
    assert json.loads((out / "run.json").read_text())["strategies"] == ["manual"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_and_a_missing_one_are_fine(tmp_path: Path) -> None:
    folder.check(tmp_path)
    folder.check(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_other_peoples_files_are_never_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ScenarioError, match="holds no driftline result"):
        folder.check(tmp_path)
    (tmp_path / "run.json").write_text('{"other": 1}')
    with pytest.raises(ScenarioError, match="holds no driftline result"):
        folder.check(tmp_path)


@pytest.mark.usefixtures("quick")
def test_a_note_put_into_an_earlier_result_is_not_deleted(small: Result, tmp_path: Path) -> None:
    folder.write(small, tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(ScenarioError, match=r"did not write, such as notes\.txt"):
        folder.write(small, tmp_path / "out")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("what", ["a link to a folder", "a link to a file", "an empty folder", "a link for a file"])
def test_links_and_empty_folders_in_an_earlier_result_are_somebodys(what: str, small: Result, tmp_path: Path) -> None:
    out = tmp_path / "out"
    folder.write(small, out)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "data.csv").write_text("mine")
    mine = out / "figures" / "mine"
    if what == "a link to a folder":
        mine.symlink_to(tmp_path / "elsewhere")
    elif what == "a link to a file":
        mine.symlink_to(tmp_path / "elsewhere" / "data.csv")
    elif what == "an empty folder":
        mine.mkdir()
    else:
        mine = out / "table.txt"
        mine.unlink()
        mine.symlink_to(tmp_path / "elsewhere" / "data.csv")
    with pytest.raises(ScenarioError, match=f"did not write, such as {mine.relative_to(out)}"):
        folder.write(small, out)
    assert os.path.lexists(mine)


@pytest.mark.usefixtures("quick")
def test_what_comes_into_an_earlier_result_while_figures_are_drawn_is_not_deleted(
    small: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(small, tmp_path / "out")
    fill = folder._fill

    def somebody_comes(result: Result, new: Path) -> None:
        fill(result, new)
        (tmp_path / "out" / "notes.txt").write_text("mine")

    monkeypatch.setattr(folder, "_fill", somebody_comes)
    with pytest.raises(ScenarioError, match=r"did not write, such as notes\.txt"):
        folder.write(small, tmp_path / "out")
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "null", '{"driftline": 1}', '{"driftline": 1, "files": null}', '{"driftline": 1, "files": 3}',
     "[" * 100_000, "\udcff"],
)  # fmt: skip
def test_a_broken_run_json_is_no_result(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ScenarioError, match="holds no driftline result"):
        folder.check(tmp_path)


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_a_run_json_that_is_no_file_is_no_result(kind: str, tmp_path: Path) -> None:
    marker = tmp_path / "run.json"
    if kind == "folder":
        marker.mkdir()
    elif kind == "link":
        marker.symlink_to(marker)
    else:
        os.mkfifo(marker)
    with pytest.raises(ScenarioError, match="holds no driftline result"):
        folder.check(tmp_path)


@pytest.mark.parametrize("below", ["", "deep/out"])
def test_a_loop_of_links_is_refused(below: str, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(ScenarioError, match="is a link that leads back to itself"):
        folder.check(tmp_path / "a" / below)
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


@pytest.mark.usefixtures("quick")
def test_a_link_to_a_folder_is_followed(small: Result, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "there")
    folder.write(small, tmp_path / "link")
    assert (tmp_path / "there" / "run.json").is_file()
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("name", ["x" * 256, "x/" + "y" * 300, "x/" * 3000])
def test_a_name_that_is_too_long_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="File name too long") as refused:
        folder.check(tmp_path / name)
    assert len(str(refused.value)) < 500
    assert os.listdir(tmp_path) == []


@pytest.mark.usefixtures("quick")
def test_a_name_of_full_length_is_fine(small: Result, tmp_path: Path) -> None:
    folder.write(small, tmp_path / ("x" * 255))
    assert os.listdir(tmp_path) == ["x" * 255]


def killed_at(line: str, out: Path) -> None:
    """Write a folder in a process of its own that is killed where it would do `line`."""
    code = f"""
import os, signal
from pathlib import Path
from sim.report import folder
def kill(*_): os.kill(os.getpid(), signal.SIGKILL)
folder._fill = lambda result, new: (new / "run.json").write_text('{{"driftline": "", "files": []}}')
folder.{line} = kill
folder.write(None, Path({str(out)!r}))
"""
    root = str(Path(folder.__file__).resolve().parents[2])
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": root}, timeout=60)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("line", ["_fill", "Path.rename"])
def test_what_a_killed_run_left_is_swept_by_the_next(line: str, small: Result, tmp_path: Path) -> None:
    out = tmp_path / "out"
    killed_at(line, out)
    assert len(os.listdir(tmp_path)) == 1
    folder.check(out)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
@pytest.mark.usefixtures("quick")
def test_an_earlier_result_survives_a_kill_between_its_two_moves(small: Result, tmp_path: Path) -> None:
    out = tmp_path / "out"
    folder.write(small, out)
    before = bytes_of(out)
    killed_at("Path.rename = lambda self, to: os.rename(self, to) if to.name == 'old' else kill() #", out)
    assert not out.exists()
    folder.check(out)
    assert bytes_of(out) == before
    assert os.listdir(tmp_path) == ["out"]


def test_the_folder_of_a_run_that_still_writes_is_not_swept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with folder._work_for(out, tmp_path) as work:
        folder.check(out)
        assert os.listdir(tmp_path) == [work.name]


def test_a_folder_of_the_users_that_looks_like_ours_is_not_swept(tmp_path: Path) -> None:
    with folder._work_for(tmp_path / "out", tmp_path) as work:
        mine = tmp_path / f"{work.name}-kept"
        mine.mkdir()
        (tmp_path / f"{work.name[:-1]}x").symlink_to(mine)
    folder.check(tmp_path / "out")
    assert len(os.listdir(tmp_path)) == 2


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ScenarioError, match="is a file"):
        folder.check(tmp_path / "file")
    with pytest.raises(ScenarioError, match="is a file"):
        folder.check(tmp_path / "file" / "out")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder where even root can make nothing: /proc")
def test_a_place_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(ScenarioError, match="can't be written"):
        folder.check(Path("/proc/driftline/out"))  # even root makes no folder there
    assert not Path("/proc/driftline").exists()


def test_a_check_leaves_nothing(tmp_path: Path) -> None:
    folder.check(tmp_path / "deep" / "out")
    assert list(tmp_path.iterdir()) == []
