"""An arena file is checked as a scenario is: all that is wrong, at its place."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from arenas import SMALL, written
from ruamel.yaml import YAML

from sim import shipped
from sim.apps.arena import load_arena
from sim.apps.arena.schema import json_schema
from sim.apps.arena.seeds import seed_of
from sim.document import ScenarioError


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ScenarioError) as refused:
        load_arena(written(folder, text))
    return str(refused.value)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("worlds: 3", "worlds: 1", "small.yaml:6:9: error: expected a number that is at least 2"),
        ("worlds: 3", "wolrds: 3", "unknown key 'wolrds'"),
        ("worlds: 3", "score: cost", "small.yaml:6:8: error: unknown true metric 'cost'"),
        ("worlds: 3", "score: review_load", "neither more nor less is better"),
        ("worlds: 3", "limits: {escape_rate: few}", "a limit of escape_rate is such as '20%', not the text 'few'"),
        (
            "worlds: 3",
            "limits: {escape: 3%}",
            "small.yaml:6:9: error: unknown true metric 'escape': did you mean 'escape_rate'?",
        ),
        ("worlds: 3", "reference: canary", "the reference is one of the rivals: manual, full_automation"),
        ("worlds: 3", "histories: 3", "histories is 1, or at least 5"),
        ("[manual, full_automation]", "[manual, manual]", "two rivals are called 'manual'"),
        ("[manual, full_automation]", "[manual, canry]", "did you mean 'canary'"),
        ("[manual, full_automation]", "[manual, {pattern: canary, hold: 2hh}]", "in the scenario calm: expected a dur"),
        ("[manual, full_automation]", "[manual, {name: x}]", "found no key 'pattern'"),
        ("{horizon: 6h,", "{horizon: -6h,", "small.yaml:5:25: error"),
        ("{horizon: 6h,", "{horizn: 6h,", "small.yaml:5:16: error: unknown key 'horizn'"),
        ("worlds: 3", "worlds: 3\n# more", ""),
    ],
)
def test_what_is_wrong_is_told_at_its_place(right: str, wrong: str, said: str, tmp_path: Path) -> None:
    if not said:
        load_arena(written(tmp_path, SMALL.replace(right, wrong)))
        return
    told = refusal(tmp_path, SMALL.replace(right, wrong))
    assert said in told
    assert told.startswith(str(tmp_path / "small.yaml:"))


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("quickstrat", "small.yaml:4:5: error: unknown shipped scenario 'quickstrat'"),
        ("./nowhere.yaml", "nowhere.yaml"),
        ("{scenario: quickstart, set: {horizn: 1d}}", "small.yaml:4:34"),
        ("7", "small.yaml:4:5"),
    ],
)
def test_a_scenario_that_is_not_there_is_told(named: str, said: str, tmp_path: Path) -> None:
    text = f"arena: 1\ntitle: x\nscenarios:\n  - {named}\n"
    assert said in refusal(tmp_path, text)


def test_an_arena_that_is_not_there_is_told_with_what_is(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="did you mean 'factory', a shipped one"):
        load_arena("factry")


def test_scenarios_are_called_by_their_names_and_never_alike(tmp_path: Path) -> None:
    text = "arena: 1\ntitle: x\nscenarios: [quickstart, {scenario: quickstart, set: {seed: 2}, name: short}]\n"
    assert list(load_arena(written(tmp_path, text)).rounds) == ["quickstart", "short"]
    assert "two scenarios are called 'quickstart'" in refusal(tmp_path, text.replace(", name: short", ""))


def test_seeds_hang_on_secret_arena_and_number_and_on_nothing_else() -> None:
    given = [
        (secret, arena, number) for secret in (None, "secret one", "secret two") for arena in "ab" for number in (0, 1)
    ]
    assert len({seed_of(*one) for one in given}) == len(given)
    assert seed_of("secret one", "a", 0) == seed_of("secret one", "a", 0)
    assert seed_of("practice", "a", 0) != seed_of(None, "a", 0)  # who calls his secret so has other worlds
    assert all(0 <= seed_of("secret one", "a", number) < 2**32 for number in range(100))


@pytest.mark.parametrize("secret", ["", "short"])
def test_a_secret_that_can_be_guessed_is_refused(secret: str) -> None:
    with pytest.raises(ScenarioError, match="take at least 8"):
        seed_of(secret, "a", 0)


def test_the_schema_of_arenas_in_the_folder_is_the_current_one() -> None:
    kept = json.loads((shipped.folder("scenarios") / "arena.schema.json").read_text(encoding="utf-8"))
    assert kept == json_schema(), "run: driftline schema --arena --out scenarios/arena.schema.json"


@pytest.mark.parametrize("name", shipped.arenas())
def test_an_editor_can_check_a_shipped_arena(name: str) -> None:
    file = shipped.arenas()[name]
    assert "# yaml-language-server: $schema=../arena.schema.json" in file.read_text(encoding="utf-8")
    checker = jsonschema.Draft202012Validator(json_schema())
    arena = YAML(typ="safe").load(file)
    checker.validate(arena)
    checker.validate({**arena, "scenarios": ["quickstart"]})
    for wrong in ({"titel": "x"}, {"worlds": 1}, {"scenarios": []}, {"scenarios": [{"scenario": {"horizn": "1h"}}]}):
        assert not checker.is_valid({**arena, **wrong})
