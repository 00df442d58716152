"""Many visitors in one computing process: stories by name, texts of their own, and no file of the server's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sim.apps.stories import load_story
from sim.apps.talk import Said
from sim.apps.web.visits import Visits
from sim.inspectors.model.kinds import scores
from sim.shipped import stories

OWN = "{driftline: 1, horizon: 8h, inspectors: {count: 3}, strategies: [{pattern: manual}]}"


@pytest.fixture(scope="module")
def visits() -> Visits:
    return Visits()


def heard(
    visits: Visits, kind: str, *, loaded: tuple[str, str] | None = None, visitor: int = 1, **message: Any
) -> list[Said]:
    asked = {"kind": kind, "default": "lamp", "loaded": loaded, "visitor": visitor, **message}
    return list(visits(asked, lambda: False))


def test_a_page_without_a_story_in_its_address_gets_the_servers(visits: Visits) -> None:
    (hello,) = heard(visits, "ready", state={})
    assert hello.message["story"]["name"] == "lamp"


def test_a_class_that_comes_at_once_has_its_story_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each visitor's story was read anew, every knob tried at both ends: as long as a move takes."""
    read: list[str] = []
    monkeypatch.setattr("sim.apps.web.visits.load_story", lambda name: read.append(name) or load_story(name))
    visits = Visits()
    for visitor in range(3):
        (hello,) = heard(visits, "ready", visitor=visitor, state={})
        assert hello.message["story"]["name"] == "lamp"
    heard(visits, "ready", visitor=9, state={"story": "canary"})
    assert read == ["lamp", "canary"]


def test_a_teachers_file_is_read_as_it_is_now(tmp_path: Path) -> None:
    file, visits = tmp_path / "mine.yaml", Visits()
    text = stories()["lamp"].read_text(encoding="utf-8")
    for title in ("First", "Second"):
        file.write_text(re.sub("^title: .*$", f"title: {title}", text, flags=re.MULTILINE), encoding="utf-8")
        asked = {"kind": "ready", "default": str(file), "loaded": None, "visitor": title, "state": {}}
        (hello,) = visits(asked, lambda: False)
        assert hello.message["story"]["title"] == title


@pytest.mark.parametrize("name", ["lmp", "../../etc/passwd", "/etc/passwd", "lamp.yaml", "", [], {}, 7])
def test_a_story_that_is_not_shipped_is_refused_and_the_servers_is_shown(visits: Visits, name: object) -> None:
    (hello,) = heard(visits, "ready", state={"story": name})
    assert "unknown story" in hello.message["wrong"]
    assert hello.message["story"]["name"] == "lamp"


def test_a_scenario_of_ones_own_takes_the_storys_place(visits: Visits) -> None:
    (hello,) = heard(visits, "load", text=OWN)
    assert hello.message["loaded"]
    assert [knob["name"] for knob in hello.message["story"]["knobs"]] == ["inspectors"]
    *_, answer = heard(visits, "show", loaded=(OWN, "lamp"), serial=1, state={"story": "own", "inspectors": "1"})
    assert answer.message["done"]
    assert [each["name"] for each in answer.message["strategies"]] == ["manual"]


def test_a_text_keeps_the_knobs_of_the_story_in_whose_place_it_came(visits: Visits) -> None:
    (first,) = heard(visits, "load", text=OWN, state={"story": "overload"})
    loaded = first.message["loaded"]
    assert loaded == (OWN, "overload")
    state = {"story": "own", "seed": "5"}
    (again,) = heard(visits, "load", text=OWN, state=state, beside="overload", again=True)
    assert (again.message["loaded"], again.message["story"]) == (loaded, first.message["story"])
    assert again.message["state"] == state
    (refused,) = heard(visits, "load", text=OWN, state=state, beside="/etc/passwd", again=True)
    assert "unknown story" in refused.message["say"]


def test_a_text_that_nobody_has_loaded_here_is_asked_for(visits: Visits) -> None:
    (hello,) = heard(visits, "ready", state={"story": "own", "lamp": "60%"})
    assert "load it again" in hello.message["wrong"]
    assert hello.message["story"]["name"] == "lamp"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{driftline: 1, horizn: 3d}", "your text:1:16"),
        ("driftline: 1\nmodels: {v9: {kind: scores, file: /etc/passwd}}", "files are not read here"),
        ("{story: 1, title: t, about: a, aim: b, scenario: ../x.yaml, knobs: {}}", "files are not read here"),
        ("{driftline: 1, horizon: 365d}", "too many for a sandbox"),
        ("a: &a [*a, *a]", "your text"),
        ("", "no settings"),
        ("\x00", "U+0000"),
    ],
)
def test_a_text_that_cannot_be_is_refused_with_its_place(visits: Visits, text: str, why: str) -> None:
    (refused,) = heard(visits, "load", text=text)
    assert refused.message["kind"] == "refused"
    assert why in refused.message["say"]


def test_a_file_of_the_server_is_not_even_looked_for(visits: Visits, tmp_path: Path) -> None:
    there, missing = tmp_path / "there.csv", tmp_path / "missing.csv"
    there.write_text("score,defective\n0.1,0\n0.9,1\n")
    told = [
        heard(visits, "load", text=f"{{driftline: 1, models: {{v9: {{kind: scores, file: {file}}}}}}}")[0].message[
            "say"
        ]
        for file in (there, missing)
    ]
    assert (
        told[0].replace(str(there), "F").split("\n")[0][:60] == told[1].replace(str(missing), "F").split("\n")[0][:60]
    )


#: What is written beside a story, and the values of its knob.
_SNEAKING = {
    "set a model": ("set: {models.v1: {kind: scores, file: FILE}}", ""),
    "set its file": ("set: {models.v1.kind: scores, models.v1.file: FILE}", ""),
    "a knob's values": ("", "values: [{kind: logistic}, {kind: scores, file: FILE}]"),
    "a knob's choices": ("", "choices: {'{kind: logistic}': ours, '{kind: scores, file: FILE}': theirs}"),
    "a file beside": ("scenario: FILE", ""),
    "beside a mistake": ("set: {models.v1: {kind: scores, file: FILE}, strategies.0.recall: 5}", ""),
}


@pytest.mark.parametrize("how", _SNEAKING)
def test_no_way_of_writing_a_story_reads_a_file_of_the_server(
    visits: Visits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    more, values = _SNEAKING[how]
    story = (
        "story: 1\ntitle: t\nabout: a\naim: b\nscenario: {horizon: 2h, models: {v1: {kind: logistic}}, strategies: "
        "[{pattern: full_automation, candidate: v1}]}\nknobs:\n  ours: {path: models.v1, label: ours, VALUES}\n"
    )
    text = story.replace("VALUES", values or "values: [{kind: logistic}, {kind: logistic, reject_share: 5%}]")
    if more.startswith("scenario"):
        text = "\n".join(more if line.startswith("scenario") else line for line in text.split("\n"))
    else:
        text += more + "\n"
    looked: list[str] = []
    monkeypatch.setattr(scores, "read_scores", lambda path: looked.append(str(path)))
    stat = Path.stat
    monkeypatch.setattr(Path, "stat", lambda path, **more: looked.append(str(path)) or stat(path, **more))
    (refused,) = heard(visits, "load", text=text.replace("FILE", str(tmp_path / "there.csv")))
    monkeypatch.undo()
    assert "files are not read here" in refused.message["say"] or how == "beside a mistake"
    assert not any("there.csv" in each for each in looked)
