"""A knob made ready: where it starts, and that the scenario takes its values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sim.apps.budget import over_budget
from sim.apps.stories.spec import RESERVED, KnobSpec
from sim.apps.stories.story import Knob
from sim.apps.stories.values import nearest, read_plain, text_of
from sim.document import Document, Loc, Refusal, ScenarioError
from sim.document.overrides import NoSuchPlace, with_value
from sim.experiment.training import training_keys
from sim.scenario import Scenario, from_document


class Refused(Exception):
    """What is wrong with a knob, each with its place in it."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(tuple(refusals))
        self.refusals = tuple(refusals)


def knob_of(name: str, spec: KnobSpec, document: Document, scenario: Scenario, *, may_name_files: bool = True) -> Knob:
    """Check a knob against the scenario that it moves, and find where it starts.

    Parameters
    ----------
    name : str
        The knob's.
    spec : KnobSpec
        What the story's file says of it.
    document, scenario : Document, Scenario
        The scenario as data, and checked.
    may_name_files : bool
        Whether a value may make the scenario read a file.

    Raises
    ------
    Refused
        If a path leads nowhere, the scenario refuses a value, or it starts beside the values.
    """
    if not name.isidentifier():
        raise Refused([((), "a knob's name is one word of letters, digits and _: it stands in a page's address")])
    if name in RESERVED:
        raise Refused([((), f"a page's address has '{name}' for something else: give the knob another name")])
    moving = partial(_moved, spec, document, scenario, may_name_files)
    tried = {text: moving(text) for text in _to_try(spec)}
    wrong = {text: found for text, found in tried.items() if isinstance(found, str)}
    if len(wrong) == len(tried) and len(set(wrong.values())) == 1:
        raise Refused([(("path",), next(iter(wrong.values())))])
    if wrong:
        raise Refused([(_place_of(spec, text), f"the scenario refuses {text}: {why}") for text, why in wrong.items()])
    moved = {text: found for text, found in tried.items() if isinstance(found, Scenario)}
    start = _start(spec, document, scenario, moved, moving)
    learned = {tuple(training_keys(each).items()) for each in (scenario, *moved.values())}
    return Knob(name, spec.label, spec.hint, spec.kind, spec.texts, spec.says, start, spec.path, len(learned) > 1)


def _to_try(spec: KnobSpec) -> tuple[str, ...]:
    """Return the values that are checked: both ends of a range, and all of those that a file names one by one."""
    return (spec.texts[0], spec.texts[-1]) if spec.kind == "range" else spec.texts


def _place_of(spec: KnobSpec, text: str) -> Loc:
    if spec.kind == "range":
        return ("from",) if text == spec.texts[0] else ("to",)
    return ("values", spec.texts.index(text)) if spec.kind == "values" else ("choices", text)


def _moved(spec: KnobSpec, document: Document, scenario: Scenario, may_name_files: bool, text: str) -> Scenario | str:
    """Return the scenario with the knob at a value, or why there is none."""
    data: Any = document.data
    moved: list[Loc] = []
    try:
        for path in spec.path:
            data, loc = with_value(data, path, read_plain(text))
            moved.append(loc)
        there = from_document(document.replaced(data, {}), scenario.name, may_name_files=may_name_files)
    except NoSuchPlace as wrong:
        return f"{wrong.message}; {wrong.hint}" if wrong.hint else wrong.message
    except ScenarioError as error:
        first = error.problems[0]
        elsewhere = first.loc not in moved and not first.says_where
        message = f"{first.path}: {first.message}" if elsewhere else first.message
        return f"{message}; {first.hint}" if first.hint else message
    if (refused := over_budget(there)) is not None:
        return refused.problems[0].message
    if [each.title for each in there.strategies] != [each.title for each in scenario.strategies]:
        return "a knob moves settings of strategies: it does not change which there are"
    return there


def _start(
    spec: KnobSpec, document: Document, scenario: Scenario, moved: dict[str, Scenario],
    moving: Callable[[str], Scenario | str],
) -> str:  # fmt: skip
    """Return the value at which the scenario is as its file has it: by its text, else by what it comes to."""
    texts = {written(document.data, path) for path in spec.path}
    text = next(iter(texts)) if len(texts) == 1 else None
    if text is not None and text in spec.texts:
        return text
    for value in spec.texts:
        there = moved.get(value) or moving(value)
        if isinstance(there, Scenario) and there == scenario:
            return value
    if len(texts) > 1:
        found = "its places hold different values"
    else:
        found = f"the scenario has {text if text is not None else 'another value there, by default'}"
    near = nearest(text, spec.texts) if text is not None else None
    hint = f": take {near} there, or other values" if near else ""
    raise Refused([((), f"{found}, which is none of the knob's values{hint}")])


def written(data: Any, path: str) -> str | None:
    """Return the text that stands at a path, None where the file leaves it out."""
    _, loc = with_value(data, path, None)
    for part in loc:
        if isinstance(data, dict) and part not in data:
            return None
        data = (data or {}).get(part) if isinstance(part, str) else data[part]
        if data is None:
            return None
    return text_of(data)
