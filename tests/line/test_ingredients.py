"""Machine code is kept under the name of everything that it is made of: a change far away shows, an unrelated one not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numba")

from sim.line.engines.compiled.ingredients import digest, ingredients, referred_to
from sim.line.engines.compiled.kernel import name_of
from sim.line.engines.compiled.loop import run

#: Three files: the kernel, a helper that it calls, and what that refers to.
KERNEL = '''
"""A kernel."""
from __future__ import annotations
from typing import NamedTuple
from numba import njit
import toy_rules
from toy_rules import Code, judge
UNUSED = 7

class State(NamedTuple):
    low: float
    high: float

judge = njit(forceinline=True)(judge)

def kernel(s: State, x: float) -> int:
    """Count."""
    count = 0
    for _ in range(3):
        count += judge(x, s.low) + toy_rules.STEP
    return count + Code.GOOD
'''
RULES = '''
"""The rules."""
from enum import IntEnum
from toy_far import limit_of
STEP = 2
SHIFT = 0.5

class Code(IntEnum):
    GOOD = 1
    BAD = 2

def judge(x, low):
    """Judge."""
    return Code.BAD if limit_of(x, low) > SHIFT else Code.GOOD

def nobody_calls_it(x):
    return x + STEP
'''
FAR = """
def limit_of(x, low, *, scale=2.0):
    return scale * (x - low)
"""
FILES = {"toy_kernel": KERNEL, "toy_rules": RULES, "toy_far": FAR}


@pytest.fixture
def name_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Return the kernel's name after a change of one of its files."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def name(file: str = "toy_kernel", old: str = "", new: str = "") -> str:
        for module, text in FILES.items():
            sys.modules.pop(module, None)
            changed = text.replace(old, new) if module == file else text
            assert changed != text or module != file or old == new
            (tmp_path / f"{module}.py").write_text(changed)
        invalidate_caches()
        return digest(import_module("toy_kernel").kernel)

    yield name
    for module in FILES:
        sys.modules.pop(module, None)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param("toy_kernel", "range(3)", "range(4)", id="the kernel itself"),
        pytest.param("toy_rules", "> SHIFT", "< SHIFT", id="a helper in another file"),
        pytest.param("toy_far", "scale * (x - low)", "scale * (low - x)", id="a helper's helper two files away"),
        pytest.param("toy_far", "scale=2.0", "scale=3.0", id="a default two files away"),
        pytest.param("toy_rules", "SHIFT = 0.5", "SHIFT = 0.6", id="a constant in another file"),
        pytest.param("toy_rules", "SHIFT = 0.5", "SHIFT = 1", id="a constant's type"),
        pytest.param("toy_rules", "STEP = 2", "STEP = 3", id="a constant by its module"),
        pytest.param("toy_rules", "BAD = 2", "BAD = 3", id="a code"),
        pytest.param("toy_kernel", "    low: float\n    high: float\n", "    high: float\n    low: float\n",
                     id="the order of a record's fields"),
        pytest.param("toy_kernel", "forceinline=True", "forceinline=False", id="how a helper is compiled"),
    ],
)  # fmt: skip
def test_a_change_of_what_is_compiled_changes_the_name(name_with, file: str, old: str, new: str) -> None:
    assert name_with(file, old, new) != name_with()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param("toy_rules", "def judge", "# Said once.\n\n\ndef judge", id="a comment"),
        pytest.param("toy_rules", '"""Judge."""', '"""Judge a phone, in many words."""', id="a docstring"),
        pytest.param("toy_rules", "x + STEP", "x - STEP", id="a function that nobody calls"),
        pytest.param("toy_kernel", "UNUSED = 7", "UNUSED = 8", id="a constant that nobody reads"),
        pytest.param("toy_kernel", "judge(x, s.low)", "judge(x,  s.low)", id="a space"),
    ],
)
def test_an_unrelated_edit_leaves_it_alone(name_with, file: str, old: str, new: str) -> None:
    assert name_with(file, old, new) == name_with()


def test_circumstances_count() -> None:
    assert digest(run.py_func, "numba 1") != digest(run.py_func, "numba 2")


def test_what_nobody_has_thought_of_is_refused() -> None:
    table = {"a": 1}

    def reads(x: Any) -> Any:
        return table[x]

    with pytest.raises(TypeError, match=r"don't know how to tell whether a dict has changed: {'a': 1}"):
        ingredients(reads)


def test_a_name_that_is_not_there_yet_is_refused() -> None:
    def calls(x: Any) -> Any:
        return written_later(x)  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(NameError, match="refers to 'written_later', which is not defined yet"):
        referred_to(calls)  # type: ignore[arg-type]


def test_the_loop_is_made_of_the_rules() -> None:
    """Every rule that is said once, in whichever file, is an ingredient of the loop's machine code."""
    lines = "\n".join(ingredients(run.py_func))
    for rule in ("choose", "evidence", "human_verdict", "model_verdict", "advised_verdict", "how_decided"):
        assert f"function {rule} " in lines
    for part in (
        "UNKNOWN_URGENCY = float 1.0",
        "record State ('clock', ",
        "record InForce ('bounds', ",
        "('REJECT', 1)",
    ):
        assert part in lines


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [("sim.line.engines.compiled.loop", "UNKNOWN_URGENCY", 0.5), ("sim.line.engines.compiled.loop", "NEVER", 2**61)],
)
def test_the_loops_name_follows_its_constants(
    module: str, name: str, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = name_of(run.py_func)
    monkeypatch.setattr(f"{module}.{name}", value)
    assert name_of(run.py_func) != usual
