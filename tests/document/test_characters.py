"""Names in any script, and no character that hides or turns text around."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.document import ScenarioError
from sim.scenario import build, load

HIDDEN = ["\u202e", "\u2066", "\x1b", "\x00", "\u2028", "\u200f", "\x7f", "\x9b", "\ufffe"]


@pytest.mark.parametrize("letter", HIDDEN)
@pytest.mark.parametrize("place", ["title", "strategy", "drift", "alarm"])
def test_a_hidden_character_in_a_name_is_refused(place: str, letter: str) -> None:
    name = f"a{letter}b"
    drift = {"what": "camera.contrast", "profile": "sudden", "at": "1h", "to": 0.5}
    alarm = {"watch": "brightness", "detector": {"kind": "cusum", "mean": 1.0, "sd": 0.02}, "then": "page"}
    strategy: dict[str, object] = {"pattern": "full_automation"}
    settings: dict[str, object] = {"strategies": [strategy]}
    if place == "title":
        settings["title"] = name
    elif place == "drift":
        settings["drift"] = [{**drift, "name": name}]
    elif place == "alarm":
        strategy["alarms"] = [{**alarm, "name": name}]
    else:
        strategy["name"] = name
    with pytest.raises(ScenarioError, match=f"U\\+{ord(letter):04X}"):
        build(**settings)


@pytest.mark.parametrize("name", ["two\nlines", "a\ttab"])
def test_a_name_is_one_line(name: str) -> None:
    with pytest.raises(ScenarioError, match="expected a text in one line"):
        build(strategies=[{"pattern": "manual", "name": name}])


@pytest.mark.parametrize("name", ["naïve", "検査", "проверка", "فحص", "🙂 smile", "a – b", 'x < y & "z"'])
def test_names_in_any_script_are_welcome(name: str) -> None:
    assert build(title=name, strategies=[{"pattern": "manual", "name": name}]).strategies[0].title == name


def test_an_escape_in_a_file_is_refused_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "turned.yaml"
    file.write_text('driftline: 1\ntitle: "a \\u202e b"\n', encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        load(file)
    assert "turned.yaml:2:8: error: U+202E (right-to-left override) is not allowed in a text" in str(refused.value)


def test_forty_thousand_unknown_keys_are_refused_in_a_few_words(tmp_path: Path) -> None:
    file = tmp_path / "many.yaml"
    file.write_text("driftline: 1\n" + "".join(f"key_{n}: 1\n" for n in range(40_000)), encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        load(file)
    assert str(refused.value).endswith("... and 39980 more")
    assert len(refused.value.problems) == 200
