"""A scenario or story of a visitor's own, as a text: it takes the place of the story that their page shows."""

from __future__ import annotations

from typing import Any

from sim.apps.budget import check_budget
from sim.apps.stories.knobs import Refused, knob_of
from sim.apps.stories.loading import story_from
from sim.apps.stories.story import Knob, Story
from sim.document import Document, checks_failed, validate
from sim.document.reading import document_of
from sim.scenario import Scenario, from_document

#: What a page calls it.
OWN = "own"
#: What an error says in the place of a file's name.
PASTED = "your text"


def own_story(text: str, beside: Story, *, may_name_files: bool) -> Story:
    """Read a visitor's text: a story, or a scenario, which gets those knobs of another story that fit it.

    Parameters
    ----------
    text : str
        As a file would hold it.
    beside : Story
        Whose knobs, and questions about all strategies, a scenario gets.
    may_name_files : bool
        Whether it may name files of this machine: not if the visitor is a stranger.

    Raises
    ------
    ScenarioError
        With line and column of everything that is wrong.

    Examples
    --------
    >>> from sim.apps.stories import load_story
    >>> own = own_story("{driftline: 1, horizon: 8h, inspectors: {count: 3}}", load_story("lamp"), may_name_files=False)
    >>> list(own.knobs), own.knobs["inspectors"].start
    (['inspectors'], '3')
    """
    document = document_of(text, PASTED)
    if not may_name_files:
        _refuse_files(document)
    if "story" in document.data:
        return story_from(document, OWN)
    scenario = from_document(document, OWN)
    check_budget(scenario)
    knobs = _knobs_that_fit(beside, document, scenario)
    about_all = {name: each for name, each in beside.questions.items() if each.metric and not each.more}
    spec = beside.spec.model_copy(
        update={
            "title": scenario.title or "A scenario of your own",
            "about": "A scenario of your own, with the knobs that fit it.",
            "tries": (),
            "questions": about_all,
            "shows": None,
            "read_next": (),
        }
    )
    return Story(OWN, spec, knobs, document, scenario.seed, tuple(each.title for each in scenario.strategies))


def _refuse_files(document: Document) -> None:
    scenario: Any = document.data
    place: tuple[str, ...] = ()
    if "story" in document.data:
        scenario, place = document.data.get("scenario"), ("scenario",)
        if isinstance(scenario, str) and ("/" in scenario or "\\" in scenario or "." in scenario):
            raise checks_failed(document, [(place, "files are not read here: write the scenario itself in its place")])
    models = scenario.get("models") if isinstance(scenario, dict) else None
    for name, given in models.items() if isinstance(models, dict) else ():
        told = {"driftline": 1, "models": {name: given}}
        files = validate(Document.of(told), Scenario).models[name].files if isinstance(given, dict) else ()
        if files:
            why = f"files are not read here ({', '.join(files)}): run this scenario on your own machine"
            raise checks_failed(document, [((*place, "models", name), why)])


def _knobs_that_fit(beside: Story, document: Document, scenario: Scenario) -> dict[str, Knob]:
    knobs = {}
    for name in beside.knobs:
        try:
            knobs[name] = knob_of(name, beside.spec.knobs[name], document, scenario)
        except Refused:
            continue  # this scenario has no such place, or other values there
    return knobs
