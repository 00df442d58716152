"""A scenario or story of a visitor's own, as a text: it takes the place of the story that their page shows."""

from __future__ import annotations

from sim.apps.budget import check_budget
from sim.apps.stories.knobs import Refused, knob_of
from sim.apps.stories.loading import story_from
from sim.apps.stories.story import Knob, Story
from sim.document import Document
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
    if "story" in document.data:
        return story_from(document, OWN, may_name_files=may_name_files)
    scenario = from_document(document, OWN, may_name_files=may_name_files)
    check_budget(scenario)
    knobs = _knobs_that_fit(beside, document, scenario, may_name_files)
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
    strategies = tuple(each.title for each in scenario.strategies)
    return Story(OWN, spec, knobs, document, scenario.seed, strategies, may_name_files)


def _knobs_that_fit(beside: Story, document: Document, scenario: Scenario, may_name_files: bool) -> dict[str, Knob]:
    knobs = {}
    for name in beside.knobs:
        try:
            knob = knob_of(name, beside.spec.knobs[name], document, scenario, may_name_files=may_name_files)
        except Refused:
            continue  # this scenario has no such place, or other values there
        knobs[name] = knob
    return knobs
