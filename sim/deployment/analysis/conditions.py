"""Conditions of an analysis, such as ``result < 0.05 && !isNaN(result)``: parsed and checked, never `eval`.

The language is the part of expr-lang that Argo's manifests use: comparisons, arithmetic, ``and or not`` in both
spellings, ``result[i]``, and a few functions. Beyond Argo there are ``baseline`` (the stable arm's value over the same
window), ``samples``, and ``low`` and ``high``, the ends of the 95 % interval of a share.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, Literal

#: What a condition may name: the measured, and three constants.
_CONSTANTS = {"true": True, "false": False, "nil": None}
NAMES = ("result", "baseline", "samples", "low", "high", *_CONSTANTS)


class ConditionError(ValueError):
    """The condition is not in the language; the message says where and what is."""


class MeasurementError(Exception):
    """The condition can't be evaluated on this result, e.g. ``result[0]`` without data: Argo's phase Error."""


def _default(value: Any, other: Any) -> Any:
    return other if value is None or (isinstance(value, float) and math.isnan(value)) else value


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": lambda value: 0 if value is None else 1,  # our metrics are one number; Argo's are vectors
    "isNaN": lambda value: isinstance(value, float) and math.isnan(value),
    "isInf": lambda value: isinstance(value, float) and math.isinf(value),
    "isNil": lambda value: value is None,
    "default": _default,
    "asInt": lambda value: int(float(value)),
    "asFloat": float,
    "abs": abs,
    "min": min,
    "max": max,
}
#: Functions of two arguments, and what to write.
_TAKES_TWO = {"default": "default(result, 0)", "min": "min(result, 1)", "max": "max(result, 0)"}
_Kind = Literal["number", "truth", "nil", "either"]
_TRUTHS = ("isNaN", "isInf", "isNil")
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.Invert: operator.not_}
_LONGEST = 500


class Condition:
    """A parsed condition.

    Parameters
    ----------
    text : str
        At most 500 characters of the language above.

    Raises
    ------
    ConditionError
        If it is not in the language, or could not be evaluated on any result.

    Examples
    --------
    >>> Condition("result <= 2 * baseline && samples >= 100").holds({"result": 0.03, "baseline": 0.02, "samples": 240})
    True
    >>> Condition("isNaN(result) or not (result > 0.5)").holds({"result": float("nan")})
    True
    >>> Condition("__import__('os')")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    sim.deployment.analysis.conditions.ConditionError: '__import__' is no function of a condition; there is: len, ...
    >>> Condition("result")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    sim.deployment.analysis.conditions.ConditionError: 'result' is neither true nor false: compare it, e.g. ...
    """

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST or "~" in text:
            raise ConditionError(f"a condition has at most {_LONGEST} characters, and no ~")
        self.text = text
        try:
            self._root = ast.parse(_spelled_for_python(text), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise ConditionError(f"'{text}' is no condition: write something like 'result < 0.05'") from None
        _check(self._root)
        _need_truth(self._root)
        self.names = frozenset(node.id for node in ast.walk(self._root) if isinstance(node, ast.Name))

    def __str__(self) -> str:
        return self.text

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Evaluate it.

        Raises
        ------
        MeasurementError
            If that is not possible on these values, or the answer is neither true nor false.
        """
        try:
            answer = _value(self._root, values)
        except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError, KeyError) as error:
            raise MeasurementError(f"'{self.text}' can't be evaluated: {error}") from None
        if not isinstance(answer, bool):
            raise MeasurementError(f"'{self.text}' is {answer!r}, neither true nor false")
        return answer

    def bounds(self, values: Mapping[str, Any]) -> Iterator[tuple[Literal["<", ">"], float]]:
        """Yield what it compares the result with: a sign, and the number on its other side.

        What stands under a `not`, or is compared with the result in another way, is no bound.

        >>> list(Condition("result > 2 * baseline || result < 0.1").bounds({"baseline": 0.25}))
        [('>', 0.5), ('<', 0.1)]
        """
        for compared, number in self._bounds:
            try:
                value = _value(number, values)
            except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError, KeyError):
                continue  # without data there is no bound
            if isinstance(value, int | float) and math.isfinite(value):
                yield compared, float(value)

    @cached_property
    def _bounds(self) -> list[tuple[Literal["<", ">"], ast.AST]]:
        return list(_bounds(self._root))


@lru_cache(maxsize=1024)
def parsed(text: str) -> Condition:
    """Return a condition, parsed once: a plan asks it thousands of times."""
    return Condition(text)


def _spelled_for_python(text: str) -> str:
    # Not Python's `not`: in expr-lang it binds as tightly as a minus sign, and so does Python's ~.
    text = re.sub(r"!(?!=)|\bnot\b", "~", text)
    return text.replace("&&", " and ").replace("||", " or ").strip()


def _check(node: ast.AST) -> None:
    """Refuse everything that is not in the language, wherever it stands."""
    match node:
        case ast.BoolOp(values=parts):
            inner = list(parts)
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARISONS for op in ops):
            inner = [left, *others]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            inner = [left, right]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            inner = [operand]
        case ast.Subscript(value=value, slice=index):
            inner = [value, index]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            if name not in _FUNCTIONS:
                known = ", ".join(_FUNCTIONS)
                raise ConditionError(f"'{name}' is no function of a condition; there is: {known}")
            inner = list(args)
        case ast.Name(id=name):
            if name not in NAMES:
                raise ConditionError(f"'{name}' means nothing in a condition; there is: {', '.join(NAMES)}")
            inner = []
        case ast.Constant(value=int() | float()):
            inner = []
        case _:
            raise ConditionError(f"'{ast.unparse(node)}' is not part of a condition's language")
    for part in inner:
        _check(part)


def _kind(node: ast.AST) -> _Kind:
    """Return what comes of a part, whatever is measured; refuse what nothing could ever come of."""
    match node:
        case ast.BoolOp(values=parts):
            for part in parts:
                _need_truth(part)
            return "truth"
        case ast.Compare(left=left, ops=ops, comparators=others):
            kinds = [_kind(part) for part in (left, *others)]
            for number, op in enumerate(ops):
                if "nil" in kinds[number : number + 2] and not isinstance(op, ast.Eq | ast.NotEq):
                    raise ConditionError(f"'{_shown(node)}': nothing is more or less than nil; ask isNil(result)")
            return "truth"
        case ast.BinOp(left=left, op=op, right=right):
            _need_number(left, node)
            _need_number(right, node)
            if isinstance(op, ast.Div | ast.Mod) and isinstance(right, ast.Constant) and right.value == 0:
                raise ConditionError(f"'{_shown(node)}' can't be calculated: divide by something else than 0")
            return "number"
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            _need_truth(operand)
            return "truth"
        case ast.UnaryOp(operand=operand):
            _need_number(operand, node)
            return "number"
        case ast.Subscript(value=value, slice=index):
            _need_number(value, node)
            if ast.unparse(index) not in ("0", "-1"):
                raise ConditionError(f"'{_shown(node)}' is never there: a metric is one number, write result[0]")
            return "number"
        case ast.Call(func=ast.Name(id=name), args=args):
            return _kind_of_call(name, args, node)
        case ast.Name(id="nil"):
            return "nil"
        case ast.Name(id="true" | "false") | ast.Constant(value=bool()):
            return "truth"
    return "number"


def _kind_of_call(name: str, args: list[ast.expr], call: ast.AST) -> _Kind:
    wanted = _TAKES_TWO.get(name, f"{name}(result)")
    fits = len(args) >= 2 if name in ("min", "max") else len(args) == (2 if name in _TAKES_TWO else 1)
    if not fits:
        many = (
            "two arguments or more"
            if name in ("min", "max")
            else "two arguments"
            if name in _TAKES_TWO
            else "one argument"
        )
        raise ConditionError(f"'{_shown(call)}' can't be evaluated: {name} takes {many}, as in {wanted}")
    kinds = {_kind(argument) for argument in args}
    if name == "default":
        return kinds.pop() if len(kinds) == 1 else "either"
    if name in _TRUTHS:
        return "truth"
    if name != "len":
        for argument in args:
            _need_number(argument, call)
    return "number"


def _need_truth(node: ast.AST) -> None:
    if _kind(node) in ("number", "nil"):
        compared = "result < 0.05" if isinstance(node, ast.Constant | ast.Call) else f"{_shown(node)} < 0.05"
        raise ConditionError(f"'{_shown(node)}' is neither true nor false: compare it, e.g. {compared}")


def _need_number(node: ast.AST, whole: ast.AST) -> None:
    if _kind(node) == "nil":
        raise ConditionError(f"'{_shown(whole)}' can't be evaluated: nil is no number; ask isNil(result)")


def _shown(node: ast.AST) -> str:
    """Return a part as conditions are written."""
    return ast.unparse(node).replace("~", "not ")


def _bounds(node: ast.AST) -> Iterator[tuple[Literal["<", ">"], ast.AST]]:
    match node:
        case ast.BoolOp(values=parts):
            for part in parts:
                yield from _bounds(part)
        case ast.Compare(left=left, ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE() as op], comparators=[right]):
            less = isinstance(op, ast.Lt | ast.LtE)
            if _is_result(left) and not _tells_of_result(right):
                yield "<" if less else ">", right
            elif _is_result(right) and not _tells_of_result(left):
                yield ">" if less else "<", left


def _is_result(node: ast.AST) -> bool:
    return ast.unparse(node) in ("result", "result[0]", "result[-1]")


def _tells_of_result(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Name) and each.id in ("result", "low", "high") for each in ast.walk(node))


def _value(node: ast.AST, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.BoolOp(op=op, values=parts):
            # Short circuit: `isNil(result) || result < 1` must not compare what is not there.
            whole = isinstance(op, ast.And)
            for part in parts:
                if bool(_value(part, values)) != whole:
                    return not whole
            return whole
        case ast.Compare(left=left, ops=ops, comparators=others):
            one = _value(left, values)
            for comparison, other in zip(ops, others, strict=True):
                two = _value(other, values)
                if not _COMPARISONS[type(comparison)](one, two):
                    return False
                one = two
            return True
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_value(left, values), _value(right, values))
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](_value(operand, values))
        case ast.Subscript(value=value, slice=index):
            held = _value(value, values)
            if isinstance(held, (int, float)):
                held = [held]
            return ([] if held is None else held)[_value(index, values)]
        case ast.Call(func=ast.Name(id=name), args=args):
            return _FUNCTIONS[name](*(_value(argument, values) for argument in args))
        case ast.Name(id=name):
            return _CONSTANTS[name] if name in _CONSTANTS else values[name]
        case ast.Constant(value=value):
            return value
    raise AssertionError(node)
