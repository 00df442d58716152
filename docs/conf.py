"""How the documentation is built: `sphinx-build -W -b html docs docs/_build/html`.

Pages are MyST Markdown, the reference is made from docstrings and from the scenario format itself, notebooks are run
while building. Nothing on a page is fetched from the network: a test looks for it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import TypeVar

from docutils.nodes import Element
from numpydoc.numpydoc import mangle_signature
from pydantic import BaseModel
from sphinx.application import Sphinx
from sphinx.ext import apidoc

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE / "_ext"), str(ROOT)]
# Pages run commands and cells: with this checkout and this Python, wherever the build was started from.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(HERE / "_ext"), str(ROOT), str(ROOT / "sim" / "_alias"), os.environ.get("PYTHONPATH")])
)

from members import looked_up  # noqa: E402  # from _ext

import sim.columns  # noqa: E402
import sim.units  # noqa: E402
from sim.line.engines import default, prepare  # noqa: E402


def sources_hash() -> str:
    """Return a name for the present state of the program and its scenarios."""
    files = sorted([*(ROOT / "sim").rglob("*.py"), *(ROOT / "scenarios").glob("*.yaml")])
    return hashlib.blake2b(b"".join(file.read_bytes() for file in files), digest_size=8).hexdigest()


project = "driftline"
author = "The driftline authors"
version = release = metadata.version("driftline")
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "numpydoc",
    "myst_nb",
    "sphinx_click",
    "sphinx_copybutton",
    "mathml",
    "members",
    "scenario_format",
    "story_format",
]
exclude_patterns = ["_build", "_ext", "_templates", "**.ipynb_checkpoints"]
# Docstrings mark names with single backticks; not every one of them is a link.
default_role = "literal"

nitpicky = True
nitpick_ignore_regex = [
    # Types of other libraries: links to their documentation would have to be fetched while building.
    ("py:.*", r"(?!sim\.)[\w.]+"),
    # What a signature prints and no page describes: private bases, type variables, numbers of a default.
    ("py:class", r"sim\..*\._\w+"),
    ("py:.*", r".*[^\w.].*"),
]

# A short name in a signature may mean several things, and then it is no link.
suppress_warnings = ["ref.python"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
#: Arrays and quantities are printed by the names that the house gives them.
autodoc_type_aliases = {
    name: f"{module.__name__}.{name}"
    for module in (sim.columns, sim.units)
    for name, value in vars(module).items()
    if name[0].isupper() and name[1].islower() and not isinstance(value, type) and "." not in name
}
autodoc_inherit_docstrings = False
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "attrs_inline", "attrs_block"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
# What a page shows was computed by the code as it is: another state of the code has another cache.
nb_execution_cache_path = str(HERE / "_build" / "executed" / sources_hash())
nb_execution_timeout = 180
# The tests run every notebook by itself: that pages show what a notebook computes, one of them proves.
if os.environ.get("DRIFTLINE_NOTEBOOKS") == "first":
    nb_execution_excludepatterns = ["notebooks/0[1-9]*", "notebooks/1*"]
nb_execution_raise_on_error = True
nb_merge_streams = True
# Widgets live in Jupyter: their scripts would come from the network. A page shows what a widget says of itself.
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]

#: Keys of a scenario file whose reference is a page of its own, those inside others first.
scenario_format_pages = ["alarms", "analysis", "strategies"]

html_theme = "furo"
html_title = f"driftline {release}"
html_static_path = ["_static"]
html_css_files = ["driftline.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def gather(app: Sphinx) -> None:
    """Bring the notebooks under the source folder, and make a page for each package. Git ignores both."""
    copies = HERE / "notebooks"
    copies.mkdir(exist_ok=True)
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        shutil.copy2(notebook, copies / notebook.name)
    pages = ["--templatedir", str(HERE / "_templates"), "--output-dir", str(HERE / "reference" / "modules")]
    apidoc.main([*pages, "-q", "--force", "--no-toc", "--remove-old", str(ROOT / "sim")])


def compile_first(app: Sphinx) -> None:
    """Compile the engine before a page would, and say so on it."""
    if app.config.nb_execution_mode != "off":
        prepare(default())


def signature(app: Sphinx, what: str, name: str, thing: object, *_: object) -> tuple[str, str] | None:
    """Leave out a specification's signature: its keys are in a table of the scenario format."""
    is_spec = what == "class" and isinstance(thing, type) and issubclass(thing, BaseModel)
    return ("", "") if is_spec else None


def skip(app: Sphinx, what: str, name: str, thing: object, *_: object) -> bool | None:
    """Leave out what another library writes into a class of ours."""
    return True if str(getattr(thing, "__module__", "")).startswith("matplotlib") else None


def unlinked(app: Sphinx, env: object, node: Element, text: Element) -> Element | None:
    """A type variable and the name of a type are shown and lead nowhere."""
    target = node.get("reftarget", "")
    if target in autodoc_type_aliases.values():
        return text
    try:
        return text if isinstance(looked_up(target), TypeVar) else None
    except (AttributeError, ImportError, ValueError):
        return None


def prose(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Docstrings are written for people who read the code: |z| is a number there, no substitution."""
    lines[:] = [line if ">>>" in line else re.sub(r"\|(\S[^|]*)\|", r"\\|\1\\|", line) for line in lines]


def command_prose(app: Sphinx, context: object, lines: list[str]) -> None:
    """Help texts are written for a terminal: examples keep their columns, and a star is a star."""
    shown: list[str] = []
    for line in lines:
        if line.startswith("| "):
            shown += [] if shown[-1:] and shown[-1].startswith("   ") else ["::", ""]
            shown.append(f"   {line.removeprefix('| ')}")
        else:
            shown += [""] if shown[-1:] and shown[-1].startswith("   ") else []
            shown.append(line.replace("*", "\\*"))
    lines[:] = shown


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", gather)
    app.connect("builder-inited", compile_first)
    # numpydoc gives even data a signature, that of its type.
    listeners = app.events.listeners["autodoc-process-signature"]
    listeners[:] = [listener for listener in listeners if listener.handler is not mangle_signature]
    app.connect("autodoc-process-signature", signature)
    app.connect("autodoc-skip-member", skip)
    app.connect("missing-reference", unlinked)
    app.connect("autodoc-process-docstring", prose)
    app.connect("sphinx-click-process-description", command_prose)
