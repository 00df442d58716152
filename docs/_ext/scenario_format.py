"""`.. scenario-format:: KEY`: the format of scenario files as tables, made from its JSON Schema when the page is built.

Without a KEY it shows the whole file, with one (`alarms`, say) what may stand under that key. A key with a page of its
own is named in `scenario_format_pages` of conf.py; what two pages could show is on the one that is named first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from docutils import nodes
from members import table
from numpydoc.docscrape_sphinx import SphinxDocString
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from sim.scenario import json_schema

Schema = dict[str, Any]
#: Longer defaults are described under their own heading.
LONGEST_DEFAULT = 40
BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}


@cache
def schema() -> Schema:
    return json_schema()


def label(definition: str) -> str:
    return f"format-{definition.lower().replace('_', '-')}"


def referred(part: Schema) -> str:
    """Return the name of the definition that a part of the schema refers to, '' if it describes itself."""
    return str(part.get("$ref", "")).removeprefix("#/$defs/")


def alternatives(part: Schema) -> list[Schema]:
    return [*part.get("anyOf", []), *part.get("oneOf", [])]


def inner(part: Schema) -> Iterator[Schema]:
    """Yield what a part of the schema consists of."""
    yield from alternatives(part)
    for key in ("items", "additionalProperties"):
        if isinstance(part.get(key), dict):
            yield part[key]
    yield from part.get("prefixItems", [])


def choice(part: Schema) -> Schema | None:
    """Return the choice among several definitions that a part of the schema holds, if it holds one."""
    if "discriminator" in part:
        return part
    return next(filter(None, map(choice, inner(part))), None)


def definitions(part: Schema) -> Iterator[str]:
    """Yield the definitions that a part of the schema names, itself or inside."""
    if name := referred(part):
        yield name
    for other in inner(part):
        yield from definitions(other)


def kind(part: Schema) -> str:
    """Say in words what a part of the schema allows."""
    if name := referred(part):
        return f":ref:`{schema()['$defs'][name].get('title', name)} <{label(name)}>`"
    if "const" in part:
        return f"``{json.dumps(part['const'])}``"
    if "enum" in part:
        return " or ".join(f"``{value}``" for value in part["enum"])
    if part.get("examples"):
        return "such as " + ", ".join(f"``{example}``" for example in part["examples"][:3])
    if "discriminator" in part:
        tags = part["discriminator"]["mapping"]
        return f"by ``{part['discriminator']['propertyName']}``: " + ", ".join(
            f":ref:`{tag} <{label(target.removeprefix('#/$defs/'))}>`" for tag, target in tags.items()
        )
    if others := alternatives(part):
        words = [kind(other) for other in others if other.get("type") != "null"]
        return " or ".join(dict.fromkeys(words))
    if part.get("type") == "array":
        return f"list of: {kind(part.get('items', {}))}"
    if part.get("type") == "object":
        named = part.get("additionalProperties")
        return f"names, each with: {kind(named)}" if isinstance(named, dict) else "keys and values"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
        part.get("type", ""), part.get("type", "anything")
    )


def bounds(part: Schema) -> str:
    """Say between what a number or the length of a list has to lie."""
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "more than",
        "maximum": "at most",
        "exclusiveMaximum": "less than",
    }
    return ", ".join(f"{word} {part[key]:,}" for key, word in words.items() if key in part)


def default(part: Schema, required: bool) -> str:
    if required:
        return "*required*"
    if part.get("default") is None:
        return "none"
    text = json.dumps(part["default"], ensure_ascii=False)
    if len(text) > LONGEST_DEFAULT:
        return "see there"
    return f"``{part['default'] if isinstance(part['default'], str) and part['default'] else text}``"


def keys(properties: dict[str, Schema], required: list[str]) -> list[str]:
    """Return a table of keys."""
    rows = []
    for name, part in properties.items():
        words = [kind(part), bounds(part)]
        remark = part.get("description", "")
        rows.append([
            f"``{name}``",
            ", ".join(filter(None, words)),
            default(part, name in required),
            remark,
        ])  # fmt: skip
    return table(["key", "what", "default", "meaning"], rows, "18 32 16 34") if rows else []


def described(definition: Schema) -> list[str]:
    """Return the docstring of a definition."""
    return [*str(SphinxDocString(definition.get("description", ""))).splitlines(), ""]


def heading(text: str, rule: str, name: str = "") -> list[str]:
    return [*([f".. _{label(name)}:", ""] if name else []), text, rule * max(len(text), 4), ""]


def one(name: str, rule: str, without: frozenset[str] = frozenset(), title: str = "") -> list[str]:
    """Return a definition with its keys, those `without` which are said elsewhere."""
    definition = schema()["$defs"][name]
    own = {key: part for key, part in definition.get("properties", {}).items() if key not in without}
    lines = [*heading(title or definition.get("title", name), rule, name), *described(definition)]
    if "enum" in definition:
        lines += [f"One of: {kind(definition)}.", ""]
    return lines + keys(own, definition.get("required", []))


def common(names: list[str], tag: str) -> list[str]:
    """Return the keys that all members of a choice have, and say the same of."""
    properties = [schema()["$defs"][name].get("properties", {}) for name in names]
    first = properties[0] if len(properties) > 2 else {}
    return [key for key, part in first.items() if key != tag and all(other.get(key) == part for other in properties)]


def chosen(part: Schema, title: str, rule: str, below: str) -> list[str]:
    """Return a choice: what all its members have in common, then one after the other."""
    tag, tags = part["discriminator"]["propertyName"], part["discriminator"]["mapping"]
    titles: dict[str, list[str]] = {}
    for word, target in tags.items():
        titles.setdefault(target.removeprefix("#/$defs/"), []).append(word)
    shared = common(list(titles), tag)
    lines = [
        *heading(title, rule),
        f"Told apart by the key ``{tag}``: {', '.join(f'``{word}``' for word in tags)}.",
        "",
    ]
    if shared:
        properties = schema()["$defs"][next(iter(titles))]["properties"]
        lines += ["All of them have:", "", *keys({key: properties[key] for key in shared}, [])]
    for name, words in titles.items():
        lines += one(name, below, frozenset(shared), ", ".join(words))
    return lines


def places(key: str) -> list[Schema]:
    """Return what the format says of a key, wherever it may stand."""
    parts = [part.get("properties", {}).get(key) for part in [schema(), *schema()["$defs"].values()]]
    return [part for part in parts if part is not None]


def sections(starts: list[tuple[str, Schema]], written: set[str]) -> Iterator[list[str]]:
    """Yield a section for each definition that can be reached from somewhere, those not yet `written`."""
    waiting = list(starts)
    while waiting:
        key, part = waiting.pop(0)
        names = [name for name in dict.fromkeys(definitions(part)) if name not in written]
        written.update(names)
        for name in names:
            waiting += schema()["$defs"][name].get("properties", {}).items()
        several = choice(part)
        alternative = set(definitions(several)) if several is not None else set()
        for name in names:
            if name not in alternative:
                yield one(name, "-")
        if several is not None and alternative & set(names):
            yield chosen(several, key.replace("_", " "), "-", "~")


@cache
def pages(keys_with_a_page: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the text of every page: those of some keys, which come first, and what is left for the whole file's."""
    written: set[str] = set()
    found = {}
    for key in keys_with_a_page:
        starts = [(key, part) for part in places(key)]
        found[key] = [line for section in sections(starts, written) for line in section]
    whole = schema()
    rest = [line for section in sections(list(whole["properties"].items()), written) for line in section]
    found[""] = [*keys(whole["properties"], whole.get("required", [])), *rest]
    return found


class ScenarioFormat(SphinxDirective):
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        found = pages(tuple(self.config.scenario_format_pages))
        text = "\n".join(found[self.arguments[0] if self.arguments else ""])
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("scenario_format_pages", [], "env")
    app.add_directive("scenario-format", ScenarioFormat)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
