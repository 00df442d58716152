"""What a file is, told by its content: so that a verb given the wrong file names the right verb, or what opens it.

A kind says how it is recognised and what takes it. A new kind is one entry of `KINDS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.document import Problem

#: Of a larger file only the beginning is read.
MOST_READ = 50_000_000

_TOP_LEVEL_KEY = re.compile(r"^(?P<quote>['\"]?)(?P<key>[A-Za-z_$][\w$-]*)(?P=quote):(?:[ \t]+(?P<value>.*))?$", re.M)
_NEXT_DOCUMENT = re.compile(r"^---[ \t\r]*$", re.M)


class Content:
    """A file as far as recognising it needs: its bytes, its top-level keys, the columns of a table."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with file.open("rb") as opened:
            self.start = opened.read(MOST_READ)

    @cached_property
    def text(self) -> str:
        return self.start.decode("utf-8-sig", errors="replace")

    @cached_property
    def keys(self) -> Mapping[str, Any]:
        """The top-level keys of a JSON or YAML mapping; of YAML only values that stand on the key's line.

        YAML is not parsed: a manifest may hold several documents, or a template's braces, and still be recognised.
        """
        if self.text.lstrip().startswith("{"):
            try:
                return dict(json.loads(self.text))
            except ValueError:
                return {}
        if b"\0" in self.start:
            return {}
        documents = (part for part in _NEXT_DOCUMENT.split(self.text) if _TOP_LEVEL_KEY.search(part))
        first = next(documents, "")
        return {match["key"]: (match["value"] or "").strip(" \t\r'\"") for match in _TOP_LEVEL_KEY.finditer(first)}

    @cached_property
    def columns(self) -> frozenset[str]:
        """The names of a table's columns; none if this is no table."""
        if self.is_parquet:
            return _parquet_columns(self.file)
        names = self.text.partition("\n")[0].strip().split(",")
        return frozenset(name.strip(' "') for name in names) if len(names) > 1 else frozenset()

    @property
    def is_parquet(self) -> bool:
        return self.start.startswith(b"PAR1")

    def is_manifest(self, group: str, kind: str) -> bool:
        """Whether it is a Kubernetes manifest of a kind, or a stream of them that starts with one."""
        return str(self.keys.get("apiVersion", "")).startswith(group) and self.keys.get("kind") == kind


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of file: what people call it, how it is recognised, and what takes it: a verb of ours, if one does."""

    noun: str
    recognised: Callable[[Content], bool]
    remedy: Callable[[Path], str]


def kind_of(file: Path) -> Kind | None:
    """Return the kind of a file, None for one of no known kind, or one that can't be read.

    Examples
    --------
    >>> from sim import shipped
    >>> kind_of(shipped.scenarios()["quickstart"]).noun
    'a scenario'
    >>> kind_of(shipped.notebooks()["00_quickstart"]).noun
    'a notebook'
    """
    try:
        if not file.is_file():  # nobody may ever write to a pipe
            return None
        content = Content(file)
    except OSError:
        return None
    return next((kind for kind in KINDS if kind.recognised(content)), None)


def problem_of_kind(file: Path, wanted: Kind, verb: str) -> Problem | None:
    """Return what to say of a file that is plainly of another kind than the verb takes, None if it may be one.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "look.ipynb")
    ...     _ = file.write_text('{"cells": [], "nbformat": 4}')
    ...     problem = problem_of_kind(file, SCENARIO, "driftline run")
    >>> problem.message
    'this is a notebook, and driftline run takes a scenario'
    """
    from sim.document import Problem

    kind = kind_of(file)
    if kind is None or kind is wanted:
        return None
    return Problem(f"this is {kind.noun}, and {verb} takes {wanted.noun}", name=str(file), hint=kind.remedy(file))


def _verb(name: str) -> Callable[[Path], str]:
    return lambda file: f"give it to: driftline {name} {file}"


def _opened_with(program: str) -> Callable[[Path], str]:
    return lambda file: f"open it with: {program} {file}"


def _scenario_beside(file: Path) -> str:
    beside = file.with_name("scenario.yaml")
    if beside.is_file():
        return f"the scenario of that run is beside it: {beside}"
    return "give it the scenario that was run"


def _parquet_columns(file: Path) -> frozenset[str]:
    try:
        import pyarrow.parquet as pq
    except ModuleNotFoundError:
        return frozenset()
    import pyarrow as pa

    try:
        return frozenset(pq.read_schema(str(file)).names)
    except (pa.ArrowException, OSError):
        return frozenset()


SCENARIO = Kind("a scenario", lambda content: "driftline" in content.keys, _verb("run"))
STORY = Kind("a story", lambda content: "story" in content.keys and "driftline" not in content.keys, _verb("app"))
ARENA = Kind("an arena", lambda content: "arena" in content.keys and "driftline" not in content.keys, _verb("arena"))
EXAM = Kind("an exam", lambda content: "exam" in content.keys and "questions" in content.keys, _verb("exam"))
JSON_SCHEMA = Kind(
    "a JSON Schema",
    lambda content: "$schema" in content.keys or {"$defs", "properties"} <= content.keys.keys(),
    lambda file: f"editors read it: start a scenario with the line '# yaml-language-server: $schema={file}'",
)
#: In order: the first that recognises a file has it.
KINDS = (
    Kind(
        "a study",
        lambda content: "factors" in content.keys and not content.keys.keys().isdisjoint({"scenario", "scenarios"}),
        lambda file: "no verb of this version runs studies; give it one of the study's scenarios",
    ),
    Kind(
        "the record of a run",
        lambda content: {"driftline", "seed", "engine", "files"} <= content.keys.keys(),
        _scenario_beside,
    ),
    Kind(
        "the result of a run",
        lambda content: {"scenario", "strategies", "world_events"} <= content.keys.keys(),
        _scenario_beside,
    ),
    STORY,
    ARENA,
    EXAM,
    SCENARIO,
    Kind(
        "a notebook",
        lambda content: {"cells", "nbformat"} <= content.keys.keys(),
        _opened_with("jupyter lab"),
    ),
    JSON_SCHEMA,
    Kind(
        "an Argo Rollout",
        lambda content: content.is_manifest("argoproj.io/", "Rollout"),
        lambda file: "say its steps in a scenario, by a strategy of pattern argo_canary or argo_blue_green",
    ),
    Kind(
        "a Flagger Canary",
        lambda content: content.is_manifest("flagger.app/", "Canary"),
        lambda file: "say its analysis in a scenario, by a strategy of pattern flagger",
    ),
    Kind(
        "a Kubernetes manifest",
        lambda content: {"apiVersion", "kind"} <= content.keys.keys(),
        lambda file: "`driftline new` writes a scenario to start from",
    ),
    Kind(
        "a file of scores",
        lambda content: {"score", "defective"} <= content.columns,
        lambda file: f"name it in a scenario: models: {{ours: {{kind: scores, file: {file}}}}}",
    ),
    Kind(
        "a Parquet table",
        lambda content: content.is_parquet,
        lambda file: "read it with pandas, polars or DuckDB",
    ),
    Kind(
        "a CSV table",
        lambda content: content.file.suffix.lower() == ".csv" and bool(content.columns),
        lambda file: "open it as a spreadsheet, or read it with pandas",
    ),
    Kind(
        "a picture",
        lambda content: (
            content.start.startswith((b"\x89PNG", b"\xff\xd8\xff", b"%PDF")) or "<svg" in content.text[:1000]
        ),
        lambda file: "open it with an image viewer",
    ),
    Kind(
        "a Python program",
        lambda content: content.file.suffix == ".py",
        _opened_with("python"),
    ),
)
