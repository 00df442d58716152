"""A contest: everybody meets the same worlds, ties are ties, and what is wrong with one entry is told of that one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from arenas import FAILS, MINE, SMALL, written

import sim
from sim.apps.arena import Arena, load_arena
from sim.apps.arena import contest as holding
from sim.apps.arena.standings import Standings
from sim.deployment.strategy import PATTERNS
from sim.document import ScenarioError
from sim.plugins import foreign_members


@pytest.fixture
def small(tmp_path: Path) -> Arena:
    return load_arena(written(tmp_path))


def entry(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def said_of(standings: Standings) -> dict[str, str]:
    return {failed.name: failed.says for failed in standings.failed}


def test_settings_code_and_python_enter_alike(small: Arena, tmp_path: Path) -> None:
    files = [
        entry(tmp_path, "slow.yaml", "pattern: canary\nhold: 1h\nsteps: [50, 100]\n"),
        entry(tmp_path, "ada.py", MINE),
    ]
    standings = sim.arena(small, [*files, {"pattern": "stay", "name": "asleep"}], workers=1)
    assert standings.failed == ()
    assert {row.name for row in standings.rows} == {"manual", "full_automation", "slow", "ada", "asleep"}
    assert {row.name for row in standings.rows if not row.rival} == {"ada", "asleep", "slow"}


def test_a_score_is_what_a_run_of_the_same_scenario_says(small: Arena) -> None:
    standings = sim.arena(small, [{"pattern": "stay", "name": "asleep"}], workers=1)
    run = sim.run(small.scenario("calm", [*small.spec.rivals, {"pattern": "stay", "name": "asleep"}]), workers=1)
    for row in standings.rows:
        assert row.score == run[row.name].interval("cost_per_1000")
        assert row.against.mean == pytest.approx(run.difference(row.name, "manual", "cost_per_1000").mean)


def test_who_else_enters_and_how_many_work_changes_no_score(small: Arena, tmp_path: Path) -> None:
    file = entry(tmp_path, "ada.py", MINE)
    alone = sim.arena(small, [file], workers=1)["ada"]
    among = sim.arena(small, [{"pattern": "stay", "name": "asleep"}, file, {"pattern": "canary"}], workers=2)["ada"]
    assert (alone.score, alone.against, alone.limits) == (among.score, among.against, among.limits)


def test_the_same_strategy_twice_shares_its_place(small: Arena) -> None:
    standings = sim.arena(small, [{"pattern": "full_automation", "name": "copy"}], workers=1)
    copy, model = standings["copy"], standings["full_automation"]
    assert copy.score == model.score
    assert copy.place == model.place
    assert copy.place is None or (copy.tied and model.tied)


def test_places_count_who_is_before_and_only_best_ones_are_first(small: Arena) -> None:
    standings = sim.arena(small, [{"pattern": "stay", "name": "asleep"}], workers=1)
    placed = [row.place for row in standings.rows if row.place is not None]
    assert placed == sorted(placed)
    assert placed[0] == 1
    for row in standings.rows:
        if row.place is not None:
            assert row.place - 1 == sum(other < row.place for other in placed)
            assert row.tied == (placed.count(row.place) > 1)


def test_who_breaks_a_limit_is_told_and_not_ranked(tmp_path: Path) -> None:
    text = SMALL + "limits: {escape_rate: 0.1%, latency_p95_s: 5min}\n"
    standings = sim.arena(load_arena(written(tmp_path, text)), workers=1)
    assert [row.place for row in standings.rows] == [None, None]
    assert "leakage" in standings["manual"].remarks[0]
    assert "where the limit is 0.10 % (calm)" in standings["manual"].remarks[0]
    assert standings.says() == "Nobody keeps the limits, so nobody is ranked."


WRONG: dict[str, tuple[str, str]] = {
    "settings.yaml": ("pattern: canary\nhold: 2hh\n", "settings.yaml:2:7: error: expected a duration"),
    "unknown.yaml": ("pattern: canry\n", "did you mean 'canary'"),
    "nothing.yaml": ("hold: 2h\n", "nothing.yaml:1:1: error: an entry says which pattern it is of"),
    "broken.yaml": ("pattern: [canary\n", "broken.yaml"),
    "fails.py": (FAILS, "its playbook fails: ZeroDivisionError: division by zero (fails.py:13)"),
    "syntax.py": ("def mine(:\n", "SyntaxError"),
    "at_once.py": ("print('hello')\n1 / 0\n", "its code fails: ZeroDivisionError: division by zero (at_once.py:2)"),
    "leaves.py": ("import sys\nsys.exit(3)\n", "its code fails: SystemExit"),
    "empty.py": ("x = 1\n", "it makes no pattern: write @driftline.pattern"),
    "waits.py": (MINE.replace("yield from rollout.wait(hold)", "rollout.wait(hold)\n    yield 1"), "goes on"),
    "plain.py": (MINE.replace("    yield from rollout.wait(hold)\n", ""), "is no generator function"),
    "canary.py": (MINE, "a pattern is called 'canary' already: give the file another name"),
    "manual.yaml": ("pattern: canary\n", "the name 'manual' is taken by a built-in rival"),
    "two words.py": (MINE, "is no name for a pattern"),
    "notes.txt": ("hello", "an entry is a .yaml file with a strategy's settings, or a .py file with a pattern"),
    "gone.yaml": ("", ""),
    "gone.py": ("", ""),
}


def test_what_is_wrong_with_entries_is_told_of_each_and_stops_nobody(small: Arena, tmp_path: Path, capfd: Any) -> None:
    for name, (text, _) in WRONG.items():
        if text:
            entry(tmp_path, name, text)
    good = entry(tmp_path, "ada.py", MINE)
    standings = sim.arena(small, [*(tmp_path / name for name in WRONG), good], workers=1)
    assert {row.name for row in standings.rows} == {"manual", "full_automation", "ada"}
    told = [failed.says for failed in standings.failed]
    assert len(told) == len(WRONG)
    for name, (_, said) in WRONG.items():
        assert any(name in one and said in one for one in told), (name, told)
    assert all("Traceback" not in one for one in told)
    assert "hello" not in capfd.readouterr().out


def test_two_entries_of_one_name_do_not_both_enter(small: Arena, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    files = [entry(tmp_path, "ada.py", MINE), entry(other, "ada.py", MINE)]
    standings = sim.arena(small, files, workers=1)
    assert "already" in said_of(standings)["ada"] or "is taken by" in said_of(standings)["ada"]
    assert [row.name for row in standings.rows].count("ada") == 1


def test_a_file_with_two_patterns_is_two_entries(small: Arena, tmp_path: Path) -> None:
    file = entry(tmp_path, "pair.py", MINE + MINE.replace("mine", "yours"))
    assert {"pair.mine", "pair.yours"} <= {row.name for row in sim.arena(small, [file], workers=1).rows}


def test_two_students_may_give_their_patterns_one_name(small: Arena, tmp_path: Path) -> None:
    files = [entry(tmp_path, "ada.py", MINE), entry(tmp_path, "bob.py", MINE.replace('"1h"', '"5h"'))]
    standings = sim.arena(small, files, workers=2)
    assert standings["ada"].score != standings["bob"].score


def test_nobody_enters_with_the_code_of_somebody_else(small: Arena, tmp_path: Path) -> None:
    files = [entry(tmp_path, "ada.py", MINE), entry(tmp_path, "thief.yaml", "pattern: ada\n")]
    assert "unknown pattern 'ada'" in said_of(sim.arena(small, files, workers=1))["thief"]


def test_a_loop_that_never_waits_ends_and_is_told(
    small: Arena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "PATIENCE_S", 1)
    loop = MINE.replace("memory.seen += 1", "while True:\n        memory.seen += 1")
    standings = sim.arena(small, [entry(tmp_path, "loop.py", loop)], workers=1)
    assert "it took more than 1 s for one world" in said_of(standings)["loop"]
    assert "(loop.py:" in said_of(standings)["loop"]


def test_who_fails_in_a_later_world_only_is_left_out_of_all(small: Arena, tmp_path: Path) -> None:
    later = MINE.replace("memory.seen += 1", "COUNT.append(1)\n    if len(COUNT) > 2: 1 / 0") + "\nCOUNT = []\n"
    standings = sim.arena(small, [entry(tmp_path, "late.py", later)], workers=1)
    assert "ZeroDivisionError" in said_of(standings)["late"]
    assert {row.name for row in standings.rows} == {"manual", "full_automation"}


def test_the_house_is_afterwards_as_it_was(small: Arena, tmp_path: Path) -> None:
    before, modules = foreign_members(), set(sys.modules)
    sim.arena(small, [entry(tmp_path, "ada.py", MINE), entry(tmp_path, "fails.py", FAILS)], workers=1)
    assert foreign_members() == before
    assert "ada" not in PATTERNS
    assert not {name for name in set(sys.modules) - modules if name.startswith("entry_")}


def test_a_secret_makes_other_worlds_and_its_seeds_are_not_told(small: Arena) -> None:
    public, hidden = sim.arena(small, workers=1), sim.arena(small, secret="correct horse", workers=1)
    assert public["manual"].score != hidden["manual"].score
    assert hidden["manual"].score == sim.arena(small, secret="correct horse", workers=1)["manual"].score
    assert public.seeds is not None
    assert hidden.seeds is None
    seed = small.scenario("calm", [{"pattern": "manual"}], "correct horse").seed
    assert str(seed) not in hidden.table() + json.dumps(hidden.to_dict()) + hidden.csv() + hidden._repr_html_()
    assert "hidden worlds" in hidden.table()
    assert "public worlds, for practice" in public.table()


def test_a_strategy_finds_neither_the_seed_nor_the_truth_in_what_it_is_given(small: Arena, tmp_path: Path) -> None:
    spy = MINE.replace(
        "memory.seen += 1",
        "found = [name for name in dir(rollout) if any(word in name for word in ('seed', 'truth', 'defect', 'world'))]\n"
        "    assert not found, found",
    )
    assert sim.arena(small, [entry(tmp_path, "spy.py", spy)], workers=1).failed == ()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"worlds": 1}, "worlds: expected at least 2, found 1"),
        ({"secret": "x"}, "take at least 8"),
        ({"entries": "ada.py"}, "expected a list of files or strategies"),
        ({"entries": {"pattern": "canary"}}, "expected a list of files or strategies"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_runs(small: Arena, settings: Any, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        sim.arena(small, **settings)
