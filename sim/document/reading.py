"""Read a scenario file.

The YAML parser's events are composed here and not by the library: only so are positions, nesting, aliases,
tags and keys all checked while the file is read, before anything of it has been built.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from sim.document.characters import refused_character
from sim.document.positions import Document, Node
from sim.document.problems import Problem, ScenarioError, placed, suggest
from sim.units import in_words

LARGEST_FILE = 1_000_000
MOST_NODES = 100_000
DEEPEST = 50


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
    return document_of(_decoded(_bytes(path), path), str(path))


def document_of(text: str, name: str) -> Document:
    """Read a text as a file of that name would be.

    Raises
    ------
    ScenarioError
        As `read_document` does.

    Examples
    --------
    >>> document_of("seed: 7", "pasted").data
    {'seed': 7}
    """
    root = _parsed(text, name)
    if root is None or root.value is None:
        hint = "`driftline new` writes one to start from"
        raise ScenarioError([Problem("the file holds no settings", name=name, hint=hint)])
    if not isinstance(root.value, dict):
        message = f"expected a mapping such as 'seed: 1' at the top, found {in_words(root.value)}"
        raise _refusal(text, name, (root.start, root.end), message)
    return Document(root.value, text, name, root)


def read_value(text: str, name: str) -> Any:
    """Return one value as it would stand in a file; `name` is what an error says in the file's place.

    >>> read_value("[5%, 25]", "--set")
    ['5%', 25]
    """
    root = _parsed(text, name)
    return None if root is None else root.value


def _parsed(text: str, name: str) -> Node | None:
    """Return the one document of a text, or raise the one message that says why it is none."""
    try:
        return _compose(text, name)
    except MarkedYAMLError as error:
        raise ScenarioError([_syntax_problem(error, text, name)]) from None
    except ReaderError as error:
        message = f"a character that YAML does not allow: U+{ord(text[error.position]):04X}"
        raise _refusal(text, name, (error.position, error.position + 1), message) from None
    except (ValueError, OverflowError):
        # The parser lets chr() fail, and does not say where.
        escape = re.search(r"\\U(?!000|0010)[0-9a-fA-F]{8}|\\U(?!000|0010)|$", text)
        message = "an escape such as \\U00110000 names a character that does not exist"
        raise _refusal(text, name, escape.span() if escape else (0, 0), message) from None
    except YAMLError as error:
        raise ScenarioError([Problem(f"not readable as YAML: {error}", name=name)]) from None


def _bytes(path: Path) -> bytes:
    def refused(message: str, hint: str | None = None) -> ScenarioError:
        return ScenarioError([Problem(message, name=str(path), hint=hint)])

    try:
        if path.is_dir():
            raise refused("is a folder; expected a YAML file")
        if not path.exists():
            raise refused("there is no such file", _nearby(path))
        if not path.is_file():
            raise refused("is not a regular file", "a pipe or a device is not read: save it to a file")
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
    if path == Path("-"):
        return "what comes by stdin is not read: save it to a file"
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
    children: dict[str | int, Node] = field(default_factory=dict)
    key: str | None = None
    size: int = 1
    height: int = 0

    def closed(self, end: int) -> Node:
        nodes = self.children
        value: Any = (
            {key: node.value for key, node in nodes.items()}
            if self.mapping
            else [node.value for node in nodes.values()]
        )
        return Node(value, self.start, end, self.block, self.keys, nodes, self.size, self.height + 1)


def _compose(text: str, name: str) -> Node | None:
    """Build the one document of a text from the parser's events, without recursion."""
    root: Node | None = None
    open_: list[_Open] = []
    anchors: dict[str, Node | None] = {}  # None: not closed yet
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
            node = Node(known.value, *span, False, known.keys, known.children, known.size, known.height)
        else:
            node = Node(_scalar(event, text, name), *span)
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
    if (wrong := refused_character(value)) is not None:
        raise refuse(wrong)
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
    message = f"{what} ({error.context})" if error.problem and error.context else what
    hint = next((hint for part, hint in _SYNTAX_HINTS.items() if part in what), None)
    return placed(text, name, (at, at + 1), message.replace("\n", " "), hint=hint)


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


def _refusal(text: str, name: str, span: tuple[int, int], message: str, hint: str | None = None) -> ScenarioError:
    return ScenarioError([placed(text, name, span, message, hint=hint)])
