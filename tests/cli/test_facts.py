"""`driftline facts`: each default equals the fact that describes it, and what is an assumption is said to be one."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from sim.document.reading import read_document
from sim.shipped.facts import FACTS, GRADES, Fact
from sim.units import parse_duration, parse_share

ROOT = Path(__file__).resolve().parents[2]


def default_of(fact: Fact) -> Any:
    """Return the default in the code that a fact describes."""
    module, _, place = fact.at.partition(":")
    thing: Any = load_file(ROOT / module) if module.endswith(".yaml") else import_module(module)
    for part in place.split("."):
        if isinstance(thing, type) and issubclass(thing, BaseModel):
            thing = thing.model_fields[part].get_default(call_default_factory=True)
        elif inspect.isfunction(thing):
            thing = inspect.signature(thing).parameters[part].default
        else:
            by_key = part.isdecimal() or isinstance(thing, Mapping)
            thing = thing[int(part) if part.isdecimal() else part] if by_key else getattr(thing, part)
    return thing


def load_file(path: Path) -> Any:
    """Return a shipped file's data."""
    return read_document(path).data


def plain(value: Any, like: Any) -> Any:
    """Return a value as the code holds it, where the other side has it so."""
    if isinstance(value, str) and not isinstance(like, str):
        return parse_share(value) if value.endswith("%") else parse_duration(value)
    return value


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_each_default_is_its_fact(fact: Fact) -> None:
    default = default_of(fact)
    assert plain(fact.value, default) == plain(default, fact.value)
    assert fact.grade in GRADES
    assert fact.source


def test_names_are_told_once() -> None:
    assert len({fact.name for fact in FACTS}) == len({fact.at for fact in FACTS}) == len(FACTS)


def test_every_price_and_every_label_has_a_source() -> None:
    from sim.measure.costs import Costs

    described = {fact.name for fact in FACTS}
    paid = {name for name, field in Costs.model_fields.items() if field.default}
    assert {f"costs.{name}" for name in paid} <= described


def test_an_assumption_is_said_to_be_one(call: Any) -> None:
    code, out, err = call("facts", "escape")
    assert (code, err) == (0, "")
    assert "$150" in out
    assert "assumption" in out
    assert "2 of 2 are assumptions" in out


def test_json_says_the_same(call: Any) -> None:
    code, out, _ = call("facts", "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert [each["name"] for each in told] == [fact.name for fact in FACTS]
    assert [each["assumption"] for each in told] == [fact.grade == "A" for fact in FACTS]


@pytest.mark.parametrize(
    ("word", "meant"),
    [("cost5", "'costs'"), ("inspektors", "'inspectors'"), ("zzz", "topics: line"), ("", "topics"), (" ", "topics"),
     ("电话" * 200, "topics"), ("\x1b[31m", "topics"), ("[red]", "topics")],
)  # fmt: skip
def test_an_unknown_word_is_one_message(call: Any, word: str, meant: str) -> None:
    code, out, err = call("facts", word)
    assert (code, out) == (2, "")
    assert meant in err
    assert len(err.splitlines()) == 1
    assert "\x1b" not in err
