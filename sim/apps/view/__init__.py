"""The view: plain ES modules in short files, put together into one that every host serves as it is.

There is no bundler: a module's imports name the files that come before it, and no two files have a top-level name in
common, which the tests make sure of. So the whole is the files one after the other, without those lines.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


@cache
def script() -> str:
    """Return the one module: it exports `mount(element, host)`, and `render` for anywidget as its default.

    Examples
    --------
    >>> "export { mount };" in script(), "import" in script().split()
    (True, False)
    """
    parts = [f"const CSS_TEXT = {json.dumps((HERE / 'theme.css').read_text(encoding='utf-8'))};\n"]
    for name in _in_order("main", []):
        parts.append(f"// {name}.js\n{_EXPORT.sub('', _IMPORT.sub('', _source(name))).strip()}\n")
    return "\n".join([*parts, "export { mount };\n"])


def _in_order(name: str, found: list[str]) -> list[str]:
    """Return a module and those that it needs, each after those that it needs itself."""
    for needed in _IMPORT.findall(_source(name)):
        if needed not in found:
            _in_order(needed, found)
    if name not in found:
        found.append(name)
    return found


def _source(name: str) -> str:
    return (HERE / f"{name}.js").read_text(encoding="utf-8")
