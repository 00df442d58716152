"""Stories from files: read, validated, and every end of every knob tried against the scenario's own checks.

All that is wrong is told at once, at its place in the story's file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from sim import shipped
from sim.apps.budget import over_budget
from sim.apps.stories.answers import wrong_in_reply
from sim.apps.stories.knobs import Refused, knob_of, written
from sim.apps.stories.named import document_meant, scenario_document
from sim.apps.stories.prose import SEED, filled, parts_of, wrong_in
from sim.apps.stories.spec import StorySpec
from sim.apps.stories.story import Knob, Story
from sim.apps.stories.values import nearest
from sim.document import (
    Document,
    Loc,
    Problem,
    Refusal,
    ScenarioError,
    unknown_name,
    validate,
)
from sim.scenario import Scenario, from_document


def load_story(path: str | Path) -> Story:
    """Read and check a story file.

    Parameters
    ----------
    path : str or Path
        A YAML 1.2 file; where there is none, the name of a shipped story: "lamp".

    Returns
    -------
    Story
        With every knob at its start; see `Story.scenario`.

    Raises
    ------
    ScenarioError
        With file, line and column of everything that is wrong.

    Examples
    --------
    >>> story = load_story("lamp")
    >>> story.knobs["lamp"].start, story.knobs["lamp"].retrains
    ('20%', False)
    """
    document, name = document_meant(path, "story", shipped.stories())
    return story_from(document, name)


def story_from(document: Document, name: str, *, may_name_files: bool = True) -> Story:
    """Check a story's data, and return the story.

    Raises
    ------
    ScenarioError
        With everything that is wrong.
    """
    if "story" not in document.data and "driftline" in document.data:
        hint = "a story names a scenario and puts knobs on it: `driftline new --story FILE` writes one to start from"
        raise ScenarioError([document.problem((), "this is a scenario, and a story is wanted", hint=hint)])
    spec, problems = _spec(document)
    scenario = made = None
    if "scenario" in document.data and not any(problem.loc[:1] in (("scenario",), ("set",)) for problem in problems):
        try:
            made = scenario_document(document, may_name_files)
            scenario = from_document(made, name, may_name_files=may_name_files)
        except ScenarioError as error:
            problems += [_in_the_story(document, problem) for problem in error.problems]
    story = None
    if spec is not None and scenario is not None and made is not None:
        refusals, knobs = _of_knobs(spec, made, scenario, may_name_files)
        strategies = tuple(each.title for each in scenario.strategies)
        story = Story(name, spec, knobs, made, scenario.seed, strategies, may_name_files)
        refusals += [
            *_of_prose(spec),
            *_of_the_whole(story, scenario),
            *_of_tries(story),
            *_of_questions(story),
            *_of_answers(story),
            *_of_who(story),
        ]
        problems += [document.problem(place, message) for place, message in refusals]
    if problems or story is None:
        raise ScenarioError(sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
    return story


def about_of(document: Document, name: str) -> str:
    """Return what a story says that it shows, without trying its knobs as `story_from` does.

    Raises
    ------
    ScenarioError
        If the file says what no story can say.

    Examples
    --------
    >>> from sim.document import read_document
    >>> from sim import shipped
    >>> about_of(read_document(shipped.stories()["lamp"]), "lamp").split(",")[0]
    'Two shifts of an inspection line'
    """
    spec = validate(document, StorySpec)
    named = [part["knob"] for part in parts_of(spec.about) if not isinstance(part, str)]
    if not named:
        return filled(spec.about, {})
    data = scenario_document(document, may_name_files=True).data
    says = {SEED: written(data, SEED)}
    for knob in named:
        given = spec.knobs.get(knob)
        text = written(data, given.path[0]) if given is not None else None
        if given is not None and text in given.texts:
            says[knob] = given.says[given.texts.index(text)]
    known = {knob: said for knob, said in says.items() if said is not None}
    return filled(spec.about, known) if known.keys() >= set(named) else story_from(document, name).about


#: Mappings and lists whose entries can be left out without a change of what the rest means.
_ENTRIES = ("knobs", "try", "questions")


def _spec(document: Document) -> tuple[StorySpec | None, list[Problem]]:
    """Return what the file says, without the entries that are wrong by themselves, and what is wrong with them."""
    try:
        return validate(document, StorySpec), []
    except ScenarioError as error:
        problems = list(error.problems)
    wrong = {problem.loc[:2] for problem in problems}
    if any(len(loc) < 2 or loc[0] not in _ENTRIES for loc in wrong):
        return None, problems
    data = dict(document.data)
    for entries in {str(loc[0]) for loc in wrong}:
        given = data[entries]
        if isinstance(given, dict):
            data[entries] = {key: value for key, value in given.items() if (entries, key) not in wrong}
        else:
            data[entries] = []  # without some, the others would have other numbers
    try:
        return validate(Document.of(data), StorySpec), problems
    except ScenarioError:
        return None, problems


def _in_the_story(document: Document, problem: Problem) -> Problem:
    """Return what is wrong with the scenario at its place in the story's file, where it stands there."""
    if problem.name is not None and problem.name.startswith("set: "):
        path = problem.name.removeprefix("set: ")
        return document.problem(("set", path), problem.message, hint=problem.hint)
    if isinstance(document.data["scenario"], dict) and problem.loc:
        return replace(problem, path=".".join(map(str, ("scenario", *problem.loc))), loc=("scenario", *problem.loc))
    return problem


def _of_knobs(
    spec: StorySpec, document: Document, scenario: Scenario, may_name_files: bool
) -> tuple[list[Refusal], dict[str, Knob]]:
    """Return what is wrong with knobs, and those that are right."""
    refusals: list[Refusal] = []
    knobs = {}
    for name, given in spec.knobs.items():
        try:
            knobs[name] = knob_of(name, given, document, scenario, may_name_files=may_name_files)
        except Refused as error:
            refusals += [(("knobs", name, *place), message) for place, message in error.refusals]
    return refusals, knobs


def _of_the_whole(story: Story, scenario: Scenario) -> Iterator[Refusal]:
    if story.spec.shows is not None and story.spec.shows not in story.strategies:
        yield ("shows",), unknown_name("strategy", story.spec.shows, story.strategies)
    for number, name in enumerate(story.spec.export.cross if story.spec.export is not None else ()):
        if name not in story.spec.knobs:
            yield ("export", "cross", number), unknown_name("knob", name, story.spec.knobs)
    if (refused := over_budget(scenario)) is not None:
        yield ("scenario",), refused.problems[0].message


def _of_prose(spec: StorySpec) -> Iterator[Refusal]:
    yield from ((("about",), message) for message in wrong_in(spec.about, spec.knobs))
    for number, one in enumerate(spec.tries):
        for key, text in (("say", one.say), ("notice", one.notice)):
            yield from ((("try", number, key), message) for message in wrong_in(text, spec.knobs))


def _of_who(story: Story) -> Iterator[Refusal]:
    for name, text in story.spec.who.items():
        if name not in story.strategies:
            yield ("who", name), unknown_name("strategy", name, story.strategies)
        yield from ((("who", name), message) for message in wrong_in(text, story.spec.knobs))


def _of_tries(story: Story) -> Iterator[Refusal]:
    for number, one in enumerate(story.spec.tries):
        yield from _of_settings(story, ("try", number, "set"), one.set)


def _of_settings(story: Story, place: Loc, settings: Mapping[str, str]) -> Iterator[Refusal]:
    wrong = False
    for name, text in settings.items():
        if name not in story.spec.knobs:
            wrong = True
            yield (*place, name), unknown_name("knob", name, story.spec.knobs)
        elif text not in (values := story.spec.knobs[name].texts):
            wrong = True
            near = nearest(text, values)
            yield (*place, name), f"'{text}' is not among the knob's values{f'; the nearest is {near}' if near else ''}"
    if not wrong and settings.keys() <= story.knobs.keys():
        try:
            story.scenario(settings)
        except ScenarioError as error:
            yield place, f"the scenario refuses this: {_short(error)}"


def _of_questions(story: Story) -> Iterator[Refusal]:
    for name, question in story.questions.items():
        if not name.isidentifier():
            yield ("questions", name), "a question's name is one word of letters, digits and _"
        for number, strategy in enumerate((question.more or ())[1:], start=1):
            if strategy not in story.strategies:
                yield ("questions", name, "more", number), unknown_name("strategy", strategy, story.strategies)
        if (question.highest or question.lowest) and len(story.strategies) < 2:
            yield ("questions", name), "there is one strategy: nobody has to be asked which"
        yield from _of_settings(story, ("questions", name, "at"), question.at)


def _of_answers(story: Story) -> Iterator[Refusal]:
    for number, reply in enumerate(story.spec.answers):
        for place, message in wrong_in_reply(reply, story.strategies):
            yield ("answers", number, *place), message


def _short(error: ScenarioError) -> str:
    first = error.problems[0]
    text = f"{first.path}: {first.message}" if first.path and not first.says_where else first.message
    return f"{text}; {first.hint}" if first.hint else text
