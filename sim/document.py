"""A scenario file as data with positions, and errors that say where, what was found, what is allowed.

The YAML parser's events are composed here and not by the library: only so are positions, nesting, aliases,
tags and keys all checked while the file is read, before anything of it has been built.
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from sim.units import in_words

Loc = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

LARGEST_FILE = 1_000_000
MOST_NODES = 100_000
DEEPEST = 50
#: Someone with two hundred errors has one mistake: the first few tell which.
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and its place: in a file, or only the path when there is no file."""

    message: str
    path: str = ""  #: in dots, e.g. strategies.1.steps
    name: str | None = None  #: of the file
    line: int | None = None  #: from 1
    column: int | None = None  #: from 1
    source: str = ""  #: the line itself
    width: int = 1  #: characters to underline
    hint: str | None = None
    says_where: bool = False  #: the message itself names the path

    def __str__(self) -> str:
        if self.name is None:
            told = f"{self.path}: {self.message}" if self.path else self.message
            return f"{told}; {self.hint}" if self.hint else told
        if self.line is None or self.column is None:
            told = f"{self.name}: error: {self.message}"
            return f"{told}; {self.hint}" if self.hint else told
        place = "" if self.says_where or not self.path else f"  [{self.path}]"
        source, before, under = _window(self.source, self.column - 1, self.width)
        return "\n".join((
            f"{self.name}:{self.line}:{self.column}: error: {self.message}{place}",
            f"{self.line:>5} | {source}",
            f"      | {' ' * before}{'^' * under}{f' {self.hint}' if self.hint else ''}",
        ))  # fmt: skip


class ScenarioError(Exception):
    """What a user got wrong, ready to be shown: never a reason for a traceback."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(tuple(problems))
        self.problems = tuple(problems)

    def __str__(self) -> str:
        shown = [str(problem) for problem in self.problems[:MOST_SHOWN]]
        more = len(self.problems) - len(shown)
        return "\n".join([*shown, *([f"... and {more} more"] if more else [])])


@dataclass(frozen=True, slots=True)
class _Node:
    """A value and where it stands: offsets into the text."""

    value: Any
    start: int
    end: int
    block: bool = False  #: a mapping or list written over several lines
    keys: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    children: Mapping[str | int, _Node] = field(default_factory=dict)
    size: int = 1  #: nodes in it, each alias counted as a copy
    height: int = 0  #: levels below it


@dataclass(frozen=True, slots=True)
class Document:
    """A scenario's raw data; with positions when it was read from a file."""

    data: dict[str, Any]
    text: str = field(default="", repr=False)
    name: str | None = None
    _root: _Node | None = field(default=None, repr=False)

    @classmethod
    def of(cls, data: dict[str, Any]) -> Document:
        """Wrap settings written in Python.

        Examples
        --------
        >>> str(Document.of({"seed": -1}).problem(("seed",), "too small"))
        'seed: too small'
        """
        return cls(data)

    def problem(
        self, loc: Loc, message: str, *, hint: str | None = None, key: bool = False, says_where: bool = False
    ) -> Problem:
        """Return a problem at a value or, with `key`, at its key; else at the nearest parent that exists."""
        path = ".".join(map(str, loc))
        if self._root is None:
            return Problem(message, path, hint=hint, says_where=says_where)
        span = _first_key(self._root)
        node = self._root
        for number, part in enumerate(loc, start=1):
            below = node.children.get(part)
            if below is None:
                break
            named = node.keys.get(str(part))
            empty = below.start == below.end
            hanging = named is not None and "\n" in self.text[named[1] : below.start]
            if named is not None and (empty or hanging or (key and number == len(loc))):
                span = named
            else:
                span = _first_key(below)
            node = below
        placed = _placed(self.text, self.name or "", span, message, hint=hint)
        return replace(placed, path=path, says_where=says_where)


def suggest(word: object, known: Sequence[str]) -> str | None:
    """Return the known name that was probably meant.

    Examples
    --------
    >>> suggest("canery", ["shadow", "canary"]), suggest("Blue-Green", ["blue_green"]), suggest("x", ["y"])
    ('canary', 'blue_green', None)
    """
    plain = {_folded(name): name for name in reversed(known)}
    near = difflib.get_close_matches(_folded(str(word)[:80]), plain, n=1, cutoff=0.6)
    return plain[near[0]] if near else None


def checks_failed(document: Document | None, failures: Sequence[tuple[Loc, str]]) -> ScenarioError:
    """Return the error for checks across several settings, each failure at its place.

    Examples
    --------
    >>> print(checks_failed(None, [(("horizon",), "too short"), ((), "nothing to do")]))
    horizon: too short
    nothing to do
    """
    document = document or Document.of({})
    return ScenarioError([document.problem(loc, message) for loc, message in failures])


# ---------------------------------------------------------------------------------------------------------
# Reading
# ---------------------------------------------------------------------------------------------------------


def read_document(path: Path) -> Document:
    """Read a YAML 1.2 file as plain data: no code, no tags, no surprises.

    Parameters
    ----------
    path : Path
        A file of at most 1 MB in UTF-8, holding one mapping.

    Returns
    -------
    Document
        The data and the place of each value.

    Raises
    ------
    ScenarioError
        With one clear message, and the place in the file if there is one.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "small.yaml")
    ...     _ = file.write_text("seed: 7\\nsteps: [5%, 25%]")
    ...     read_document(file).data
    {'seed': 7, 'steps': ['5%', '25%']}
    """
    text = _decoded(_bytes(path), path)
    name = str(path)
    try:
        root = _compose(text, name)
    except MarkedYAMLError as error:
        raise ScenarioError([_syntax_problem(error, text, name)]) from None
    except ReaderError as error:
        found = f"a character that YAML does not allow: U+{ord(text[error.position]):04X}"
        raise _refusal(text, name, (error.position, error.position + 1), found) from None
    except (ValueError, OverflowError):
        # The parser lets chr() fail, and does not say where.
        escape = re.search(r"\\U(?!000|0010)[0-9a-fA-F]{8}|\\U(?!000|0010)|$", text)
        found = "an escape such as \\U00110000 names a character that does not exist"
        raise _refusal(text, name, escape.span() if escape else (0, 0), found) from None
    except YAMLError as error:
        raise ScenarioError([Problem(f"not readable as YAML: {error}", name=name)]) from None
    if root is None or root.value is None:
        hint = "`driftline new` writes one to start from"
        raise ScenarioError([Problem("the file holds no settings", name=name, hint=hint)])
    if not isinstance(root.value, dict):
        message = f"expected a mapping such as 'seed: 1' at the top, found {in_words(root.value)}"
        raise _refusal(text, name, (root.start, root.end), message)
    return Document(root.value, text, name, root)


def _bytes(path: Path) -> bytes:
    def refused(message: str, hint: str | None = None) -> ScenarioError:
        return ScenarioError([Problem(message, name=str(path), hint=hint)])

    try:
        if path.is_dir():
            raise refused("is a folder; expected a YAML file")
        if not path.exists():
            raise refused("there is no such file", _nearby(path))
        if not path.is_file():
            raise refused("is not a regular file")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except PermissionError:
        raise refused("may not be read: permission denied") from None
    except OSError as error:
        raise refused(f"can't be read: {error.strerror or error}") from None
    if len(content) > LARGEST_FILE:
        raise refused(f"is larger than {LARGEST_FILE // 1_000_000} MB: that is no scenario")
    return content


def _nearby(path: Path) -> str | None:
    if not path.parent.is_dir():
        return f"there is no folder {path.parent} either"
    files = [file for folder in (path.parent, path.parent / "scenarios") for file in folder.glob("*.y*ml")]
    names = {file.stem: file for file in reversed(files)}
    # Without the ending: the '.yaml' they share would make any two names look alike.
    near = suggest(path.stem, sorted(names))
    return f"did you mean '{names[near]}'?" if near else None


def _decoded(content: bytes, path: Path) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8: byte {content[error.start]:#04x} at offset {error.start}, line {line}"
        raise ScenarioError([Problem(message, name=str(path), hint="save it as UTF-8")]) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come yet."""

    start: int
    anchor: str | None
    block: bool
    mapping: bool
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    children: dict[str | int, _Node] = field(default_factory=dict)
    key: str | None = None
    size: int = 1
    height: int = 0

    def closed(self, end: int) -> _Node:
        nodes = self.children
        value: Any = (
            {key: node.value for key, node in nodes.items()}
            if self.mapping
            else [node.value for node in nodes.values()]
        )
        return _Node(value, self.start, end, self.block, self.keys, nodes, self.size, self.height + 1)


def _compose(text: str, name: str) -> _Node | None:
    """Build the one document of a text from the parser's events, without recursion."""
    root: _Node | None = None
    open_: list[_Open] = []
    anchors: dict[str, _Node | None] = {}  # None: not closed yet
    documents = nodes = 0

    for event in YAML(typ="safe", pure=True).parse(text):
        what = type(event).__name__
        span = (event.start_mark.index, event.end_mark.index)
        refuse = partial(_refusal, text, name, span)
        if what == "DocumentStartEvent":
            documents += 1
            if documents > 1:
                raise refuse("a second document starts here: a scenario is one document")
            if event.version and tuple(event.version) != (1, 2):
                raise refuse("scenarios are YAML 1.2: leave the %YAML line out")
            continue
        if what not in _CONTENT:
            continue
        into = open_[-1] if open_ else None
        ends = what.endswith("EndEvent")
        if not ends:
            nodes += 1
            anchor = event.anchor
            tag = getattr(event, "tag", None)
            if tag is not None and what != "AliasEvent" and tag != "!":
                raise refuse(f"the tag {_shown_tag(tag)} is not allowed: a scenario is plain data")
            if into is not None and into.mapping and into.key is None:
                into.key = _key(event, what, into, text, name)
                continue
        if what in ("MappingStartEvent", "SequenceStartEvent"):
            if len(open_) >= DEEPEST:
                raise refuse(f"nested deeper than {DEEPEST} levels")
            if anchor:
                anchors[anchor] = None
            open_.append(_Open(span[0], anchor, not event.flow_style, what == "MappingStartEvent"))
            continue
        if ends:
            done = open_.pop()
            node = done.closed(span[1])
            if done.anchor:
                anchors[done.anchor] = node
        elif what == "AliasEvent":
            if anchor not in anchors:
                near = suggest(anchor, list(anchors))
                raise refuse(f"no anchor '&{anchor}' stands above", near and f"did you mean '*{near}'?")
            known = anchors[anchor]
            if known is None:
                raise refuse(f"'*{anchor}' stands inside '&{anchor}': a value can't hold itself")
            if len(open_) + known.height > DEEPEST:
                raise refuse(f"nested deeper than {DEEPEST} levels")
            node = _Node(known.value, *span, False, known.keys, known.children, known.size, known.height)
        else:
            node = _Node(_scalar(event, text, name), *span)
            if anchor:
                anchors[anchor] = node
        into = open_[-1] if open_ else None
        if into is None:
            root = node
            continue
        into.children[into.key if into.mapping and into.key is not None else len(into.children)] = node
        into.key = None
        into.size += node.size
        into.height = max(into.height, node.height)
        if into.size > MOST_NODES or nodes > MOST_NODES:
            raise refuse(f"more than {MOST_NODES:,} values, aliases counted as copies: that is no scenario")
    return root


_CONTENT = frozenset(
    f"{what}Event" for what in ("Scalar", "Alias", "MappingStart", "MappingEnd", "SequenceStart", "SequenceEnd")
)


def _key(event: Any, what: str, into: _Open, text: str, name: str) -> str:
    span = (event.start_mark.index, event.end_mark.index)
    refuse = partial(_refusal, text, name, span)
    if what != "ScalarEvent":
        raise refuse("a key is a plain text, not a list, a mapping or an alias")
    key = _scalar(event, text, name)
    if not isinstance(key, str):
        written = text[slice(*span)].strip() or "''"
        raise refuse(f"a key is a text, found {in_words(key)}: write it in quotes, '{written}'")
    if key == "<<" and event.style is None:
        raise refuse("merge keys (<<) are not part of YAML 1.2: write the keys out, or alias a whole value")
    if key in into.keys:
        line = text.count("\n", 0, into.keys[key][0]) + 1
        raise refuse(f"duplicate key '{key}': it is already on line {line}")
    into.keys[key] = span
    return key


_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|([-+]?)\.(?:inf|Inf|INF)")
_NAN = re.compile(r"\.(?:nan|NaN|NAN)")
#: Beyond this no number of digits means anything, and Python itself refuses at some point.
_MOST_DIGITS = 400


def _scalar(event: Any, text: str, name: str) -> Any:
    """Return the value of a scalar by the core schema of YAML 1.2: only plain ones are more than text."""
    value: str = event.value
    refuse = partial(_refusal, text, name, (event.start_mark.index, event.end_mark.index))
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise refuse("\\ud800 to \\udfff are halves of characters, not text")
    if event.style is not None or event.tag == "!":
        return value
    if _NULL.fullmatch(value):
        return None
    if _TRUE.fullmatch(value):
        return True
    if _FALSE.fullmatch(value):
        return False
    for form, base in ((_INT, 10), (_OCTAL, 8), (_HEX, 16)):
        if form.fullmatch(value):
            if len(value) > _MOST_DIGITS:
                raise refuse(f"a number of more than {_MOST_DIGITS} digits")
            return int(value, base)
    if _NAN.fullmatch(value):
        return float("nan")
    if _FLOAT.fullmatch(value):
        return float(value.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf"))
    return value


def _syntax_problem(error: MarkedYAMLError, text: str, name: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    what = str(error.problem or error.context or "not YAML")
    at = min(mark.index, len(text)) if mark is not None else 0
    told = f"{what} ({error.context})" if error.problem and error.context else what
    hint = next((hint for part, hint in _SYNTAX_HINTS.items() if part in what), None)
    return _placed(text, name, (at, at + 1), told.replace("\n", " "), hint=hint)


_SYNTAX_HINTS = {
    "'\\t'": "this is a tab: YAML indents with spaces",
    "mapping values are not allowed": "a text that holds ': ' needs quotes, or the indentation is off",
    "expected <block end>": "check the indentation of this line and the one above",
    "could not find expected ':'": "a key is followed by ': '",
    "'%'": "a text that starts with % needs quotes",
    "'@'": "a text that starts with @ needs quotes",
    "'`'": "a text that starts with ` needs quotes",
}


def _shown_tag(tag: object) -> str:
    return str(tag).replace("tag:yaml.org,2002:", "!!")[:60]


def _first_key(node: _Node) -> tuple[int, int]:
    """Return what to underline for a value: of a mapping over several lines, its first key."""
    if node.block and node.keys:
        return next(iter(node.keys.values()))
    return (node.start, node.start + 1) if node.block else (node.start, node.end)


def _placed(text: str, name: str, span: tuple[int, int], message: str, *, hint: str | None = None) -> Problem:
    """Return a problem at offsets into a text; what goes on over several lines is underlined on its first."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    line = bisect_right(starts, min(span[0], len(text)))
    start = starts[line - 1]
    source = text[start:].split("\n", 1)[0]
    column = min(span[0], len(text)) - start
    end = min(span[1] - start, len(source.rstrip()))
    return Problem(message, "", name, line, column + 1, source.rstrip(), max(1, end - column), hint)


def _refusal(text: str, name: str, span: tuple[int, int], message: str, hint: str | None = None) -> ScenarioError:
    return ScenarioError([_placed(text, name, span, message, hint=hint)])


def _window(source: str, column: int, width: int, most: int = 100) -> tuple[str, int, int]:
    """Return the part of a line to show, and in terminal cells where the carets start and how many."""
    first = 0 if column + min(width, 40) <= most else max(0, column - 40)
    shown = "".join(letter if letter.isprintable() else " " for letter in source[first : first + most])
    before = shown[: column - first]
    under = shown[column - first : column - first + width]
    head = "..." if first else ""
    tail = "..." if len(source) > first + most else ""
    return head + shown + tail, len(head) + _cells(before), max(1, _cells(under))


def _cells(text: str) -> int:
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text
    )


def _folded(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


# ---------------------------------------------------------------------------------------------------------
# Validating
# ---------------------------------------------------------------------------------------------------------


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
    sim.document.ScenarioError: inspectors: expected a whole number, found the text 'two'
    """
    try:
        valid = model.model_validate(document.data)
    except ValidationError as error:
        errors = [dict(one) for one in error.errors(include_url=False) if not _echo(dict(one))]
        problems = _merged([_explained(document, model, one) for one in errors])
        raise ScenarioError(sorted(problems, key=lambda one: (one.line or 0, one.column or 0))) from None
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


def _members(annotation: Any) -> list[Any]:
    """Return the alternatives of a type, None aside: without it pydantic's location names no alternative."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) not in (Union, UnionType):
        return [annotation]
    return [inner for member in get_args(annotation) if member is not NoneType for inner in _members(member)]


def _step(annotation: Any, part: str | int) -> Any:
    if _is_model(annotation):
        found = _fields(annotation).get(str(part))
        return found.annotation if found is not None else Any
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
    return {found.alias or name: found for name, found in model.model_fields.items()}


def _keys(annotation: Any) -> list[str]:
    return list(_fields(annotation)) if _is_model(annotation) else []


def _tags(annotation: Any, name: str) -> list[str]:
    models = [member for member in _members(annotation) if _is_model(member)]
    fields = [_fields(model)[name] for model in models if name in _fields(model)]
    return [str(choice) for one in fields for choice in _choices(one.annotation)]


def _choices(annotation: Any) -> list[Any]:
    literals = [member for member in _members(annotation) if get_origin(member) is Literal]
    return [choice for literal in literals for choice in get_args(literal)]


def _bounds(owner: Any, loc: Loc) -> str:
    """Say the whole range of a model's field, not only the end that was missed."""
    found = _fields(owner).get(str(loc[-1])) if loc and _is_model(owner) else None
    rules = found.metadata if found is not None else []
    return _bound({name: getattr(rule, name) for rule in rules for name in _ENDS if hasattr(rule, name)})


_ENDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def _bound(ends: Mapping[str, Any]) -> str:
    told = [f"{words} {ends[name]:,}" for name, words in _ENDS.items() if ends.get(name) is not None]
    return f" that is {' and '.join(told)}" if told else ""


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text) or ([text] if text else [])


def _either(choices: Sequence[str]) -> str:
    return " or ".join([", ".join(choices[:-1]), choices[-1]]) if len(choices) > 1 else "".join(choices)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _cut(word: object) -> str:
    text = "".join(letter if letter.isprintable() else "?" for letter in str(word))
    return text if len(text) <= 60 else f"{text[:57]}..."
