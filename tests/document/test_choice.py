"""A choice among the members of a family: known ones, and those that an installed package brings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from acme import describe
from pydantic import BaseModel, ConfigDict

from sim.document import Document, ScenarioError, read_document, validate
from sim.document.choice import Choice
from sim.plugins import Family

TOOLS: Family[type[Tool]] = Family("tool", "", "driftline.tools")

MODULE = """
from typing import Literal
from pydantic import BaseModel

class Drill(BaseModel):
    kind: Literal["drill"]
    width: float = 8.0

class Sander:
    pass
"""


class Tool(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str


@TOOLS.register("saw")
class Saw(Tool):
    kind: Literal["saw"] = "saw"
    teeth: int = 20


class Box(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tools: tuple[Annotated[Tool, Choice(TOOLS, "kind")], ...]


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "toolshed.py").write_text(MODULE)
    points = "drill = toolshed:Drill\nsander = toolshed:Sander\nlathe = no_such_module:Lathe\n"
    describe(tmp_path, "toolshed", "2.0", f"[driftline.tools]\n{points}")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in ("drill", "sander", "lathe"):
        TOOLS.forget(name)
    sys.modules.pop("toolshed", None)


def refused(tmp_path: Path, kind: str) -> str:
    file = tmp_path / "box.yaml"
    file.write_text(f"tools:\n  - kind: saw\n  - kind: {kind}\n")
    with pytest.raises(ScenarioError) as error:
        validate(read_document(file), Box)
    assert len(error.value.problems) == 1
    return str(error.value)


def test_a_member_is_chosen_by_its_tag() -> None:
    box = validate(Document.of({"tools": [{"kind": "saw", "teeth": 24}]}), Box)
    assert box.tools == (Saw(teeth=24),)
    assert Box.model_validate(box.model_dump(mode="json")) == box


def test_a_packages_member_is_imported_when_a_file_names_it(packages: None) -> None:
    assert "toolshed" not in sys.modules
    validate(Document.of({"tools": [{"kind": "saw"}]}), Box)
    assert "toolshed" not in sys.modules
    made: Any = validate(Document.of({"tools": [{"kind": "drill", "width": 5}]}), Box).tools[0]
    assert (type(made).__module__, made.width) == ("toolshed", 5.0)


def test_what_is_unknown_is_told_with_the_packages_members_too(packages: None, tmp_path: Path) -> None:
    message = refused(tmp_path, "dril")
    assert ":3:11: error: unknown kind 'dril' in tools.1" in message
    assert "did you mean 'drill'? known kinds: saw, drill, lathe, sander" in message
    assert "toolshed" not in sys.modules


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("sander", "'sander' (toolshed:Sander of toolshed 2.0) is no pydantic model with a field 'kind'"),
        ("lathe", "'lathe' can't be imported from no_such_module:Lathe of toolshed 2.0: ModuleNotFoundError"),
    ],
)
def test_a_package_that_fails_is_told_at_the_name(packages: None, tmp_path: Path, kind: str, wrong: str) -> None:
    message = refused(tmp_path, kind)
    assert f":3:11: error: {wrong}" in message
    assert kind not in TOOLS


def test_a_schema_lists_the_members_of_the_moment(packages: None) -> None:
    def kinds() -> set[str]:
        return set(Box.model_json_schema()["properties"]["tools"]["items"]["discriminator"]["mapping"])

    assert kinds() == {"saw"}
    validate(Document.of({"tools": [{"kind": "drill"}]}), Box)
    Box.model_rebuild(force=True)
    assert kinds() == {"saw", "drill"}
