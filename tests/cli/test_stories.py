"""Stories on the command line: one is written to start from, checked with all that is wrong, and never taken for a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from sim import shipped
from sim.apps.stories import load_story
from sim.apps.stories.schema import json_schema


def test_the_story_to_start_from_loads_and_says_what_it_has(call: Any, tmp_path: Path) -> None:
    assert call("new", "--story")[0] == 0
    assert load_story(tmp_path / "story.yaml").knobs["taught"].retrains
    code, out, _ = call("validate", "story.yaml")
    assert (code, out) == (0, "story.yaml: ok: a story with lamp, share, taught\n")
    code, _, err = call("new", "--story")
    assert code != 0
    assert "exists and is not overwritten" in err


def test_a_shipped_story_is_found_and_copied_by_name(call: Any, tmp_path: Path) -> None:
    assert "ok: a story with" in call("validate", "overload")[1]
    assert call("new", "mine.yaml", "--story", "--from", "overload")[0] == 0
    assert load_story(tmp_path / "mine.yaml").start == load_story("overload").start
    assert "did you mean 'overload'?" in call("new", "other.yaml", "--story", "--from", "overlod")[2]


def test_what_is_wrong_with_a_story_is_told_as_of_a_scenario(call: Any, tmp_path: Path) -> None:
    call("new", "--story")
    file = tmp_path / "story.yaml"
    file.write_text(file.read_text().replace("path: drift.lamp fails.to ", "path: drift.lamp fals.to "))
    code, _, err = call("validate", "story.yaml")
    assert code == 2
    assert "error: nothing in drift is called 'lamp fals'; did you mean 'lamp fails'?" in err
    assert err.startswith("story.yaml:")
    assert "--set is for scenarios" in call("validate", "story.yaml", "--set", "seed=2")[2]


def test_a_story_is_not_run_as_a_scenario(call: Any) -> None:
    call("new", "--story")
    code, _, err = call("run", "story.yaml")
    assert code == 2
    assert "this is a story, and driftline run takes a scenario; give it to: driftline app story.yaml" in err


def test_stories_are_listed(call: Any) -> None:
    out = call("list")[1]
    assert "Stories (driftline app NAME):" in out
    assert all(name in out for name in shipped.stories())


def test_the_schema_of_stories_in_the_folder_is_the_current_one() -> None:
    written = json.loads((shipped.folder("scenarios") / "story.schema.json").read_text(encoding="utf-8"))
    assert written == json_schema(), "run: driftline schema --story --out scenarios/story.schema.json"


@pytest.mark.parametrize("name", shipped.stories())
def test_an_editor_can_check_a_shipped_story(name: str) -> None:
    file = shipped.stories()[name]
    assert "# yaml-language-server: $schema=../story.schema.json" in file.read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(json_schema()).validate(YAML(typ="safe").load(file))


def test_the_schema_refuses_what_a_story_refuses() -> None:
    story = YAML(typ="safe").load(shipped.stories()["lamp"])
    checker = jsonschema.Draft202012Validator(json_schema())
    for wrong in ({"titel": "x"}, {"knobs": {"a": {"label": "a"}}}, {"story": 2}, {"scenario": {"horizn": "1h"}}):
        assert not checker.is_valid({**story, **wrong})


def test_a_story_that_lacks_its_knobs_is_told_what_a_story_needs(call: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("story: 1\nscenario: quickstart\n")
    code, _, err = call("validate", "mine.yaml")
    assert code == 2
    assert "missing key 'knobs'" in err
    assert "unknown key 'story'" not in err
    assert "this is a story, and driftline run takes a scenario" in call("run", "mine.yaml")[2]


def test_the_format_of_stories_is_made_alone(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sim.scenario
    from sim.apps.stories import schema

    def made_twice() -> Any:
        raise AssertionError("nobody asked for the format of scenarios by itself")

    monkeypatch.setattr(schema, "scenario_schema", sim.scenario.json_schema)
    monkeypatch.setattr(sim.scenario, "json_schema", made_twice)
    assert call("schema", "--story")[0] == 0
