"""Arenas on the command line: a leaderboard in three forms, equal to Python's, and exit codes."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from arenas import FAILS, MINE, written

import sim
from sim.apps.arena import load_arena


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written(tmp_path)
    handed_in = tmp_path / "handed_in"
    handed_in.mkdir()
    (handed_in / "ada.py").write_text(MINE)
    (handed_in / "bob.yaml").write_text("pattern: stay\n")
    (handed_in / "eve.py").write_text(FAILS)
    (handed_in / "_draft.py").write_text("1 / 0")
    (handed_in / "readme.md").write_text("hello")
    return handed_in


def test_table_json_csv_and_python_say_the_same(call: Any, folder: Path) -> None:
    code, table, _ = call("arena", "small.yaml", "--entries", "handed_in", "--workers", "1")
    assert code == 0
    assert "eve can't take part:" in table
    assert "division by zero (eve.py:13)" in table
    code, out, err = call("arena", "small.yaml", "--entries", "handed_in", "--workers", "1", "--format", "json")
    assert code == 0
    told = json.loads(out)
    assert "eve can't take part:" in err
    python = sim.arena("small.yaml", ["handed_in/ada.py", "handed_in/bob.yaml", "handed_in/eve.py"], workers=1)
    assert told["rows"] == python.to_dict()["rows"]
    assert [row["name"] for row in told["rows"]] == [row.name for row in python.rows]
    code, out, _ = call("arena", "small.yaml", "--entries", "handed_in", "--workers", "1", "--format", "csv")
    rows = list(csv.DictReader(StringIO(out)))
    assert [row["name"] for row in rows] == [*(row.name for row in python.rows), "eve"]
    assert float(rows[0]["score_mean"]) == python.rows[0].score.mean
    for row in python.rows:
        assert row.name in table


def test_a_secret_comes_from_the_environment_too(call: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = call("arena", "small.yaml", "--secret", "correct horse", "--format", "json", "--quiet")[1]
    monkeypatch.setenv("DRIFTLINE_SECRET", "correct horse")
    assert call("arena", "small.yaml", "--format", "json", "--quiet")[1] == given
    assert json.loads(given)["hidden"] is True


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["factry"], "did you mean 'factory', a shipped one?"),
        (["quickstart.yaml"], "no such file"),
        (["handed_in/bob.yaml"], "arena"),
        (["small.yaml", "--entries", "nowhere"], "there is no such folder"),
        (["small.yaml", "--entries", "small.yaml"], "a folder of entries is wanted"),
        (["small.yaml", "--entry", "handed_in/eve.py"], "eve can't take part"),
        (["small.yaml", "--secret", "short"], "can be guessed"),
        (["small.yaml", "--worlds", "1"], "worlds"),
        (["scenario.yaml"], "this is a scenario, and driftline arena takes an arena; give it to: driftline run"),
    ],
)
def test_what_is_wrong_is_one_message_and_exit_code_2(
    call: Any, folder: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "scenario.yaml").write_text("driftline: 1\n")
    code, out, err = call("arena", *arguments, "--quiet")
    assert code == 2
    assert said in out + err


def test_an_arena_is_written_checked_listed_and_told_from_others(call: Any, tmp_path: Path) -> None:
    assert call("new", "--arena")[2].strip() == "arena.yaml written; hold it with: driftline arena arena.yaml"
    assert list(load_arena(tmp_path / "arena.yaml").rounds) == list(load_arena("factory").rounds)
    code, out, _ = call("validate", "arena.yaml")
    assert code == 0
    assert out.startswith("arena.yaml: ok: an arena with good model, bad model, lamp fails for manual")
    assert "--set is for scenarios, and this is an arena" in call("validate", "arena.yaml", "--set", "seed=2")[2]
    assert (
        "this is an arena, and driftline run takes a scenario; give it to: driftline arena"
        in call("run", "arena.yaml")[2]
    )
    assert "Arenas (driftline arena NAME):" in call("list")[1]
    assert call("new", "--arena", "--story")[0] == 2
    assert call("schema", "--arena", "--story")[0] == 2
    assert json.loads(call("schema", "--arena")[1])["title"] == "driftline arena"
