"""Conditions: what could never be evaluated is refused where the file is read, with its place and a remedy."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.deployment.analysis.conditions import NAMES, Condition, ConditionError, MeasurementError
from sim.document import ScenarioError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("isNaN()", "isNaN takes one argument, as in isNaN(result)"),
        ("isNaN(result, 1)", "isNaN takes one argument, as in isNaN(result)"),
        ("min() < 1", "min takes two arguments or more, as in min(result, 1)"),
        ("max(result) < 1", "max takes two arguments or more, as in max(result, 0)"),
        ("result > 1 || isNil()", "isNil takes one argument, as in isNil(result)"),
        ("default(result) < 1", "default takes two arguments, as in default(result, 0)"),
        ("result", "'result' is neither true nor false: compare it, e.g. result < 0.05"),
        ("0.05", "'0.05' is neither true nor false: compare it, e.g. result < 0.05"),
        ("nil", "neither true nor false"),
        ("result + 1", "'result + 1' is neither true nor false: compare it, e.g. result + 1 < 0.05"),
        ("abs(result)", "neither true nor false"),
        ("default(result, 0)", "neither true nor false"),
        ("!result", "'result' is neither true nor false: compare it"),
        ("not result > 0.5", "'result' is neither true nor false"),
        ("result && samples > 3", "'result' is neither true nor false"),
        ("result < nil", "nothing is more or less than nil; ask isNil(result)"),
        ("result + nil < 1", "nil is no number; ask isNil(result)"),
        ("result[1] < 1", "'result[1]' is never there: a metric is one number, write result[0]"),
        ("result[0.5] < 1", "write result[0]"),
        ("result / 0 < 1", "divide by something else than 0"),
    ],
)
def test_what_could_never_be_evaluated_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConditionError) as refused:
        Condition(text)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "result < 0.05", "result[0] < 0.05 and result[-1] < 1", "!isNaN(result) && result <= 2 * baseline", "true",
        "isNil(result) || result != nil", "not (result > 0.5)", "0 < result < 1", "min(result, baseline, 1) > low",
        "default(result, 0) < 0.1", "default(isNaN(result), true)", "len(result) == 1", "asInt(result) % 2 == 0",
    ],
)  # fmt: skip
def test_what_can_be_evaluated_is_accepted(text: str) -> None:
    assert isinstance(Condition(text).holds(dict.fromkeys(NAMES, 0.5)), bool)


def test_it_is_refused_where_it_stands_in_the_file(tmp_path: Path) -> None:
    text = """driftline: 1
strategies:
  - pattern: argo_canary
    steps: [{set_weight: 5}, {pause: {duration: 1d}}]
    analysis:
      metrics:
        - {metric: reject_rate, success_condition: "isNaN()", interval: 1h}
"""
    (tmp_path / "line.yaml").write_text(text)
    with pytest.raises(ScenarioError) as refused:
        sim.load(tmp_path / "line.yaml")
    assert "line.yaml:7:52: error:" in str(refused.value)
    assert "as in isNaN(result)" in str(refused.value)


LEAVES = st.sampled_from([*NAMES, "1", "0", "0.5"])
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["<", "==", "+", "/", "%", "&&", "||"]), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        inner.map(lambda part: f"!({part})"),
        inner.map(lambda part: f"{part}[0]" if part in NAMES else f"-({part})"),
        st.tuples(st.sampled_from(["len", "isNaN", "isNil", "abs", "min", "default"]), st.lists(inner, max_size=3)).map(
            lambda parts: f"{parts[0]}({', '.join(parts[1])})"
        ),
    ),
    max_leaves=6,
)
VALUES = st.sampled_from([0.0, 0.5, 3, -2.0, math.nan, math.inf, None])


@settings(max_examples=400, deadline=None)
@given(text=EXPRESSIONS, data=st.data())
def test_random_conditions_are_refused_or_answer_true_or_false_or_lack_data(text: str, data: Any) -> None:
    """A condition that was accepted lacks only what was not measured: it never asks for what cannot be."""
    measured = {name: data.draw(VALUES) for name in NAMES}
    with suppress(ConditionError):
        condition = Condition(text)
        assert "argument" not in told(condition, measured)


def told(condition: Condition, measured: dict[str, Any]) -> str:
    """Return what is said where a condition can't be evaluated."""
    try:
        condition.holds(measured)
    except MeasurementError as error:
        return str(error)
    return ""
