"""Exams from files: read, validated, and each question's scenario tried with what can be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim import shipped
from sim.apps.exam.spec import ExamSpec, QuestionSpec
from sim.apps.stories.named import document_meant
from sim.document import Document, Problem, ScenarioError, unknown_name, validate
from sim.scenario import Scenario, from_document


@dataclass(frozen=True, slots=True)
class Exam:
    """An exam as its file has it."""

    name: str
    spec: ExamSpec


def load_exam(path: str | Path) -> Exam:
    """Read and check an exam file.

    Parameters
    ----------
    path : str or Path
        A YAML 1.2 file; where there is none, the name of a shipped exam: "course".

    Raises
    ------
    ScenarioError
        With file, line and column of what is wrong.

    Examples
    --------
    >>> len(load_exam("course").spec.questions) >= 7
    True
    """
    document, name = document_meant(path, "exam", shipped.exams())
    spec = validate(document, ExamSpec)
    problems = [problem for key in spec.questions for problem in _of_question(document, key, spec.questions[key])]
    if problems:
        raise ScenarioError(problems)
    return Exam(name, spec)


def scenario_of(question: QuestionSpec, drawn: Mapping[str, str], seed: int = 1) -> Scenario:
    """Return the scenario of a question, with what was drawn in it.

    Raises
    ------
    ScenarioError
        If it is none.
    """
    data = {"driftline": 1, **_with(question.scenario, drawn), "seed": seed}
    return from_document(Document.of(data), "exam")


def _with(data: Any, drawn: Mapping[str, str]) -> Any:
    if isinstance(data, dict):
        return {key: _with(value, drawn) for key, value in data.items()}
    if isinstance(data, list):
        return [_with(value, drawn) for value in data]
    if not isinstance(data, str):
        return data
    text = data
    for name, value in drawn.items():
        text = text.replace(f"{{{name}}}", value)
    return text if text == data else _value(text)


def _value(text: str) -> str | int | float:
    """Return a text that was drawn as the number that it would be in a file."""
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _of_question(document: Document, name: str, question: QuestionSpec) -> list[Problem]:
    """Return what is wrong with a question's scenario, at either end of all that is drawn, and with names."""
    for end in (0, -1):
        try:
            scenario = scenario_of(question, {drawn: values[end] for drawn, values in question.draw.items()})
        except ScenarioError as error:
            place = ("questions", name, "scenario")
            return [document.problem((*place, *one.loc), one.message, hint=one.hint) for one in error.problems]
    problems = []
    known = [strategy.title for strategy in scenario.strategies]
    for strategy in question.strategies:
        if strategy not in known:
            place = ("questions", name, question.kind)
            problems.append(document.problem(place, unknown_name("strategy", strategy, known)))
    needs_drift = question.kind in ("drift", "blame") or any(len(given) == 3 for given in question.given.values())
    if needs_drift and len(scenario.drift) != 1:
        problems.append(document.problem(("questions", name, "scenario"), "this question needs exactly one drift"))
    if scenario.replications < 2:
        problems.append(document.problem(("questions", name, "scenario"), "an answer needs two replications or more"))
    return problems
