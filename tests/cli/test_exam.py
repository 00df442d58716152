"""Exams on the command line: a sheet and a key, apart, and never over an older file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from exams import short_exam

from sim.apps.exam import exam


def test_sheet_and_key_are_those_of_python_and_in_files_of_their_own(call: Any, tmp_path: Path) -> None:
    file = short_exam(tmp_path)
    assert call("exam", "short.yaml", "--student", "Ada", "--out", "ada.md", "--quiet")[0] == 0
    code, out, _ = call("exam", "short.yaml", "--student", "Ada", "--key", "--quiet")
    paper = exam(file, student="Ada")
    assert code == 0
    assert (tmp_path / "ada.md").read_text(encoding="utf-8") == paper.markdown()
    assert out == paper.key()
    code, _, err = call("exam", "short.yaml", "--student", "Ada", "--out", "ada.md")
    assert code == 2
    assert "exists and is not overwritten" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["short.yaml"], "give a student's name, or a seed in its place"),
        (["curse", "--seed", "1"], "did you mean 'course', a shipped one?"),
        (["scenario.yaml", "--seed", "1"], "this is a scenario, and driftline exam takes an exam"),
        (["short.yaml", "--seed", "1", "--out", "nowhere/a.md"], "nowhere"),
        (["short.yaml", "--seed", "-1"], "seed"),
    ],
)
def test_what_is_wrong_is_one_message_and_exit_code_2(
    call: Any, tmp_path: Path, arguments: list[str], said: str
) -> None:
    short_exam(tmp_path)
    (tmp_path / "scenario.yaml").write_text("driftline: 1\n")
    code, _, err = call("exam", *arguments, "--quiet")
    assert code == 2
    assert said in err


def test_an_exam_is_told_from_other_files(call: Any, tmp_path: Path) -> None:
    short_exam(tmp_path)
    assert (
        "this is an exam, and driftline run takes a scenario; give it to: driftline exam"
        in call("run", "short.yaml")[2]
    )


def test_an_exam_is_written_checked_and_listed(call: Any, tmp_path: Path) -> None:
    assert call("new", "--exam")[2].strip() == "exam.yaml written; give it to: driftline exam exam.yaml"
    code, out, _ = call("validate", "exam.yaml")
    assert code == 0
    assert out.startswith("exam.yaml: ok: an exam with lamp, canary, drift")
    assert "Exams (driftline exam NAME):" in call("list")[1]
    assert "give one of --arena and --exam" in call("new", "other.yaml", "--exam", "--arena")[2]
    assert "--set is for scenarios, and this is an exam" in call("validate", "exam.yaml", "--set", "seed=2")[2]
