"""Every shipped notebook runs, its sliders work from end to end, and it is committed without outputs.

A plain run of a notebook passes over what widgets swallow. So two cells are put around it: the first records
exceptions of Output widgets, of the event loop and of the handlers of messages; the last drives every slider
to both ends and back, every knob of a sandbox too, and gives each of its questions every answer. The second half of this module breaks notebooks on purpose to show that this is seen.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import nbformat
import pytest
from bare_notebooks import leftovers
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from sim import shipped
from sim.apps.stories import load_story

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

#: The stories that a notebook's sandboxes hold, so that one which does not come up is noticed.
SHOWN = {
    "00_quickstart": ["lamp"],
    "01_lifecycle": ["lifecycle"],
    "02_drift": ["concept"],
    "03_shadow": ["shadow"],
    "04_canary": ["canary"],
    "05_blue_green": ["blue_green"],
    "06_automation": ["automation"],
    "07_bandits": ["bandits"],
    "08_believe": ["believe"],
    "09_monitoring": ["monitoring"],
    "10_retraining": ["retraining"],
    "11_capacity": ["overload", "capacity"],
    "12_arena": [],
    "13_under_the_hood": [],
    "14_people": ["people"],
    "15_engineering_choices": ["where"],
}

GUARD = """
import asyncio as _asyncio, ipywidgets as _widgets
_errors, _leave = [], _widgets.Output.__exit__
def _recorded(self, kind, error, trace):
    if kind is not None:
        _errors.append(repr(error))
    return _leave(self, kind, error, trace)
_widgets.Output.__exit__ = _recorded
_asyncio.get_event_loop().set_exception_handler(
    lambda loop, context: _errors.append(repr(context.get("exception") or context["message"])))
"""

SWEEP = """
import gc as _gc
from ipywidgets.widgets import widget as _module
_kinds = (_widgets.IntSlider, _widgets.FloatSlider)
_sliders = [_one for _one in list(_module._instances.values()) if isinstance(_one, _kinds) and not _one.disabled]
for _slider in _sliders:
    _before = _slider.value
    for _value in (_slider.min, _slider.max, _before):
        _slider.value = _value
_gc.collect()
await _asyncio.sleep(0.05)
assert not _errors, _errors
print("sliders swept:", len(_sliders))
"""

#: What a page would say to each sandbox, and whether it is answered.
PLAY = """
import gc as _gc
_knobs = _questions = 0
for _one in [_each for _each in _gc.get_objects() if type(_each).__name__ == "Sandbox"]:
    _story = _one.story
    _begin = _one.state.texts(_story)
    def _ask(**_state):
        *_, _last = _one._talk.take({"kind": "show", "serial": 1, "state": {**_begin, **_state}})
        assert _last.message["kind"] == "answer" and _last.message["done"], _last.message
        return _last.message
    for _name, _knob in _story.knobs.items():
        _knobs += 1
        for _value in (_knob.values[0], _knob.values[-1]):
            _ask(**{_name: _value})
    from driftline.apps.stories.questions import options_of as _options
    for _name, _question in _story.questions.items():
        _questions += 1
        for _answer in _options(_story, _question):
            _told = _ask(**{f"said.{_name}": _answer})["questions"][_name]
            assert _told["answer"] in _options(_story, _question) and _told["say"]
print("played:", _knobs, _questions)
"""


def guarded_run(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run a notebook between the two guard cells and return what came out."""
    notebook = nbformat.from_dict(notebook)
    notebook.cells = [new_code_cell(GUARD), *notebook.cells, new_code_cell(PLAY), new_code_cell(SWEEP)]
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return notebook


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the kernel import the package from the checkout, installed or not."""
    monkeypatch.setenv(
        "PYTHONPATH",
        os.pathsep.join(filter(None, [str(ROOT), str(ROOT / "sim" / "_alias"), os.environ.get("PYTHONPATH")])),
    )


def test_there_are_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == list(SHOWN)


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial/index.md"])
def test_the_index_names_every_notebook_in_order(page: str) -> None:
    named = re.findall(r"\b\d\d_\w+", (ROOT / page).read_text())
    assert list(dict.fromkeys(named)) == list(SHOWN)


def test_a_story_leads_on_to_what_is_there() -> None:
    for name in shipped.stories():
        for further in load_story(name).read_next:
            assert (ROOT / further).exists(), f"{name}: {further}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_leads_on_to_notebooks_that_are_there(path: Path) -> None:
    for link in re.findall(r"\]\(([^)]+\.ipynb)\)", path.read_text()):
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_committed_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert list(leftovers(path)) == []


def test_what_a_run_leaves_is_seen(tmp_path: Path) -> None:
    ran = new_notebook(cells=[new_code_cell("1 + 1", execution_count=1)], metadata={"widgets": {}})
    ran.cells[0].outputs = [new_output("execute_result", {"text/plain": "2"}, execution_count=1)]
    path = tmp_path / "ran.ipynb"
    nbformat.write(ran, path)
    assert [line.split(" hold")[1] for line in leftovers(path)] == [
        "s outputs",
        "s an execution count",
        " the state of widgets",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_and_every_slider_reaches_both_ends(path: Path) -> None:
    ran = guarded_run(nbformat.read(path, as_version=4), path.parent)
    outputs = [output for cell in ran.cells for output in cell.get("outputs", [])]
    warned = [output.text for output in outputs if output.get("name") == "stderr"]
    assert not warned, warned
    stories = [load_story(name) for name in SHOWN[path.stem]]
    knobs, questions = sum(len(each.knobs) for each in stories), sum(len(each.questions) for each in stories)
    assert f"played: {knobs} {questions}\n" in [output.get("text") for output in outputs]


SLIDER = "import ipywidgets as w\nslider = w.IntSlider(3, 0, 10)\n"
BROKEN = {
    "a plain exception": "1 / 0",
    "an exception in an observe callback": SLIDER + "slider.observe(lambda change: 1 / 0, 'value')\nslider.value = 4",
    "an exception in an asyncio task": (
        "import asyncio\nasync def later():\n    1 / 0\ntask = asyncio.get_event_loop().create_task(later())\ndel task"
    ),
    "an exception at a slider's end stop": (
        SLIDER + "slider.observe(lambda change: 1 / (10 - change['new']), 'value')\nslider.value = 4"
    ),
    "an exception inside Output": "import ipywidgets as w\nwith w.Output():\n    1 / 0",
    "an exception inside interact": "import ipywidgets as w\nw.interact(lambda x: 1 / x, x=(0, 3))",
}


@pytest.mark.parametrize("source", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_notebook_is_caught(source: str, tmp_path: Path) -> None:
    broken = new_notebook(cells=[new_code_cell("ready = True"), new_code_cell(source)])
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        guarded_run(broken, tmp_path)


def test_the_same_notebook_unbroken_passes(tmp_path: Path) -> None:
    source = SLIDER + "slider.observe(lambda change: 1 / (11 - change['new']), 'value')"
    sound = new_notebook(cells=[new_code_cell(source)])
    ran = guarded_run(sound, tmp_path)
    assert "sliders swept: 1" in ran.cells[-1].outputs[0].text
