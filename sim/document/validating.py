"""Check raw data against a pydantic model, and say at which line of the file what was expected."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from sim.document.choice import Choice
from sim.document.positions import Document, Loc, checks_failed
from sim.document.problems import Problem, ScenarioError, suggest
from sim.units import in_words

Model = TypeVar("Model", bound=BaseModel)

#: Only the first so many problems are put into words: who has more has one mistake, and nobody reads the rest.
MOST_EXPLAINED = 200


def validate(document: Document, model: type[Model]) -> Model:
    """Check a document against a model and return the model's object.

    Raises
    ------
    ScenarioError
        With every problem at its place, in the order of the file.

    Examples
    --------
    >>> class Line(BaseModel):
    ...     inspectors: int
    >>> validate(Document.of({"inspectors": 2}), Line).inspectors
    2
    >>> validate(Document.of({"inspectors": "two"}), Line)
    Traceback (most recent call last):
    sim.document.problems.ScenarioError: inspectors: expected a whole number, found the text 'two'
    """
    try:
        valid = model.model_validate(document.data)
    except ValidationError as error:
        errors: list[dict[str, Any]] = [dict(one) for one in error.errors(include_url=False)]
        errors = [one for one in errors if not _echo(one)]
        errors.sort(key=lambda one: document.offset(one["loc"]))
        problems = _merged([_explained(document, model, one) for one in errors[:MOST_EXPLAINED]])
        problems.sort(key=lambda one: (one.line or 0, one.column or 0))
        raise ScenarioError(problems, more=len(errors[MOST_EXPLAINED:])) from None
    if odd := list(_odd_numbers(valid, document.data)):
        failures = [(loc, f"expected a number, found {in_words(raw)}") for loc, raw in odd]
        raise checks_failed(document, failures)
    return valid


def _echo(error: dict[str, Any]) -> bool:
    """Whether a list is called too short only since its entries are wrong: those have errors of their own."""
    return bool(error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"])


def _odd_numbers(value: Any, raw: Any, loc: Loc = ()) -> Iterator[tuple[Loc, bool | float]]:
    """Yield what pydantic takes for a number and a scenario does not: true (for 1), nan, infinity."""
    if isinstance(raw, bool):
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield loc, raw
    elif isinstance(raw, float):
        if not math.isfinite(raw):
            yield loc, raw
    elif isinstance(raw, Mapping):
        for key, below in raw.items():
            inner = value.get(key) if isinstance(value, Mapping) else getattr(value, str(key), None)
            yield from _odd_numbers(inner, below, (*loc, key))
    elif isinstance(raw, list | tuple) and isinstance(value, list | tuple):
        for number, (inner, below) in enumerate(zip(value, raw, strict=False)):
            yield from _odd_numbers(inner, below, (*loc, number))


def _merged(problems: Sequence[Problem]) -> list[Problem]:
    """Make one problem of those that the alternatives of one value gave."""
    merged: dict[tuple[str, int | None, int | None], Problem] = {}
    for problem in problems:
        key = (problem.path, problem.line, problem.column)
        if key in merged and merged[key].message != problem.message:
            merged[key] = replace(problem, message=f"{merged[key].message}; or {problem.message}")
        else:
            merged.setdefault(key, problem)
    return list(merged.values())


def _explained(document: Document, model: type[BaseModel], error: dict[str, Any]) -> Problem:
    """Turn one of pydantic's errors into a problem in the words of the file."""
    kind: str = error["type"]
    context: dict[str, Any] = error.get("ctx") or {}
    value = error["input"]
    loc, owner, here = _walk(model, error["loc"], document.data)
    parent = f" in {'.'.join(map(str, loc[:-1]))}" if loc[:-1] else ""

    def problem(
        message: str, hint: str | None = None, *, at: Loc = loc, key: bool = False, says_where: bool = False
    ) -> Problem:
        return document.problem(at, message, hint=hint, key=key, says_where=says_where)

    if kind == "extra_forbidden":
        known = _keys(owner)
        near = suggest(loc[-1], known)
        hint = f"did you mean '{near}'?" if near else f"allowed here: {', '.join(known)}" if known else None
        return problem(f"unknown key '{_cut(loc[-1])}'{parent}", hint, key=True, says_where=True)
    if kind == "missing":
        return problem(f"missing key '{loc[-1]}'{parent}", says_where=True)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        name = str(context["discriminator"]).strip("'")
        known = _tags(here, name) or _quoted(str(context.get("expected_tags", "")))
        inside = f" in {'.'.join(map(str, loc))}" if loc else ""
        listed = f"known {name}s: {', '.join(known)}"
        if kind == "union_tag_not_found":
            return problem(f"missing key '{name}'{inside}", listed, at=(*loc, name), says_where=True)
        tag = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
        if not isinstance(tag, str):
            return problem(f"expected one of the {name}s, found {in_words(tag)}", listed, at=(*loc, name))
        near = suggest(tag, known)
        hint = f"did you mean '{near}'? {listed}" if near else listed
        return problem(f"unknown {name} '{_cut(tag)}'{inside}", hint, at=(*loc, name), says_where=True)
    if kind in ("literal_error", "enum"):
        # Pydantic's own text has the choices too, but a choice may hold a quote.
        choices = [str(choice) for choice in _choices(here)] or _quoted(str(context.get("expected", "")))
        near = suggest(value, choices) if isinstance(value, str) else None
        hint = f"did you mean '{near}'?" if near else None
        return problem(f"expected {_either(choices)}, found {in_words(value)}", hint)
    if kind in ("value_error", "assertion_error"):
        return problem(str(context.get("error", error["msg"])))
    if kind in ("too_short", "too_long"):
        least = kind == "too_short"
        bound = context["min_length" if least else "max_length"]
        message = f"expected {'at least' if least else 'at most'} {_counted(bound, 'entry', 'entries')}"
        return problem(f"{message}, found {context['actual_length']}")
    if kind in ("string_too_short", "string_too_long"):
        least = kind == "string_too_short"
        bound = context["min_length" if least else "max_length"]
        length = _counted(bound, "character", "characters")
        message = f"expected a text of {'at least' if least else 'at most'} {length}"
        return problem(f"{message}, found {len(value)}")
    if kind == "string_pattern_mismatch":
        return problem(f"expected a text of the form {context['pattern']}, found {in_words(value)}")
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number"):
        return problem(f"expected a number{_bounds(owner, loc) or _bound(context)}, found {in_words(value)}")
    if kind == "invalid_key":
        return problem(f"a key is a text, found {in_words(loc[-1])}{parent}", key=True)
    expected = next((words for start, words in _EXPECTED.items() if kind.startswith(start)), None)
    if expected is None:
        return problem(f"{in_words(value)} is not allowed here")
    if expected in ("a number", "a whole number"):
        expected += _bounds(owner, loc)
    hint = "write it in quotes" if kind == "string_type" and isinstance(value, int | float) else None
    if value is None:
        hint = "give it a value, or leave the key out"
    return problem(f"expected {expected}, found {in_words(value)}", hint)


#: What pydantic's types of error ask for, by how their names begin.
_EXPECTED = {
    "string_": "a text",
    "int_": "a whole number",
    "float_": "a number",
    "decimal_": "a number",
    "bool_": "true or false",
    "list_": "a list",
    "tuple_": "a list",
    "set_": "a list",
    "frozen_set_": "a list",
    "iterable_": "a list",
    "dict_": "a mapping",
    "mapping_": "a mapping",
    "model_": "a mapping",
    "dataclass_": "a mapping",
    "none_required": "nothing",
}


def _walk(model: Any, loc: Loc, data: Any) -> tuple[Loc, Any, Any]:
    """Follow pydantic's location through the annotations, since it names the members of unions in between.

    Returns the location in the file, the type that holds its last step, and the type expected there.
    """
    path: list[str | int] = []
    owner: Any = None
    here: Any = model
    for part in loc:
        here = _chosen(here, data)
        members = _members(here)
        if len(members) > 1:
            here = next((member for member in members if _is_called(member, part)), Any)
            continue
        if part == "[key]":
            continue
        if here is Any and isinstance(data, Mapping) and part not in data:
            continue
        owner = members[0]
        here = _step(owner, part)
        path.append(part)
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list | tuple) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            data = None
    return tuple(path), owner, here


def _chosen(annotation: Any, data: Any) -> Any:
    """Return the member that data chooses; of a choice pydantic's location names no alternative."""
    choice = _choice(annotation)
    return annotation if choice is None else choice.member(data) or annotation


def _choice(annotation: Any) -> Choice | None:
    while get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        for one in metadata:
            if isinstance(one, Choice):
                return one
        annotation = inner
    return None


def _members(annotation: Any) -> list[Any]:
    """Return the alternatives of a type, None aside: without it pydantic's location names no alternative."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) not in (Union, UnionType):
        return [annotation]
    return [inner for member in get_args(annotation) if member is not NoneType for inner in _members(member)]


def _step(annotation: Any, part: str | int) -> Any:
    if _is_model(annotation):
        field = _fields(annotation).get(str(part))
        if field is None:
            return Any
        # A field's choice stands apart from its annotation.
        choice = next((rule for rule in field.metadata if isinstance(rule, Choice)), None)
        return field.annotation if choice is None else Annotated[field.annotation, choice]
    arguments = get_args(annotation)
    if get_origin(annotation) is dict and len(arguments) == 2:
        return arguments[1]
    if isinstance(part, int) and arguments:
        fixed = get_origin(annotation) is tuple and arguments[-1] is not Ellipsis
        return arguments[min(part, len(arguments) - 1) if fixed else 0]
    return Any


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_called(member: Any, label: str | int) -> bool:
    """Whether a member of a union is the one that pydantic's location calls so: by its tag or its name."""
    if not _is_model(member):
        return False
    choices = (choice for one in _fields(member).values() for choice in _choices(one.annotation))
    return member.__name__ == label or label in choices


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return a model's fields by the names that a file uses."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _keys(annotation: Any) -> list[str]:
    return list(_fields(annotation)) if _is_model(annotation) else []


def _tags(annotation: Any, name: str) -> list[str]:
    if (choice := _choice(annotation)) is not None:
        return list(choice.names())
    models = [member for member in _members(annotation) if _is_model(member)]
    fields = [_fields(model)[name] for model in models if name in _fields(model)]
    return [str(choice) for one in fields for choice in _choices(one.annotation)]


def _choices(annotation: Any) -> list[Any]:
    literals = [member for member in _members(annotation) if get_origin(member) is Literal]
    return [choice for literal in literals for choice in get_args(literal)]


def _bounds(owner: Any, loc: Loc) -> str:
    """Say the whole range of a model's field, not only the end that was missed."""
    field = _fields(owner).get(str(loc[-1])) if loc and _is_model(owner) else None
    rules = field.metadata if field is not None else []
    return _bound({name: getattr(rule, name) for rule in rules for name in _ENDS if hasattr(rule, name)})


_ENDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def _bound(ends: Mapping[str, Any]) -> str:
    bounds = [f"{words} {ends[name]:,}" for name, words in _ENDS.items() if ends.get(name) is not None]
    return f" that is {' and '.join(bounds)}" if bounds else ""


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text) or ([text] if text else [])


def _either(choices: Sequence[str]) -> str:
    return " or ".join([", ".join(choices[:-1]), choices[-1]]) if len(choices) > 1 else "".join(choices)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _cut(word: object) -> str:
    text = "".join(letter if letter.isprintable() else "?" for letter in str(word))
    return text if len(text) <= 60 else f"{text[:57]}..."
