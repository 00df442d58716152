"""`exam`: a paper for one student and its key, from worlds that nobody else has."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sim.apps.arena.seeds import seed_of
from sim.apps.exam.answers import Answer, answer_to
from sim.apps.exam.loading import Exam, load_exam, scenario_of
from sim.apps.exam.spec import QuestionSpec
from sim.apps.stories.prose import shown
from sim.document import Problem, ScenarioError, checks_failed
from sim.experiment.gather import library_versions
from sim.experiment.result import Result
from sim.experiment.run import run
from sim.measure.metric import TRUE_METRICS
from sim.report.text.values import show

#: Worlds that are tried for a question before its file is blamed.
MOST_DRAWS = 12
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as one student has it."""

    name: str
    spec: QuestionSpec
    text: str
    options: tuple[str, ...]  #: in this student's order; () for a number
    answer: Answer
    because: str
    seed: int  #: of its world
    draws: int  #: worlds that were tried until one decided it


@dataclass(frozen=True, slots=True)
class Paper:
    """One student's exam; `markdown` is the sheet, `key` the teacher's."""

    exam: Exam
    student: str
    questions: tuple[Asked, ...]
    driftline: str  #: the version that answered
    hidden: bool  #: whether a secret made the worlds

    def markdown(self) -> str:
        """Return the sheet: nothing on it tells an answer, or the seed of a world."""
        spec = self.exam.spec
        points = sum(one.spec.points for one in self.questions)
        lines = [f"# {spec.title}", "", f"**{self.student}** · {len(self.questions)} questions, {points} points"]
        lines += ["", spec.about] if spec.about else []
        for number, one in enumerate(self.questions, start=1):
            lines += ["", f"## {number}. {one.spec.topic} ({_points(one.spec.points)})", "", one.text, ""]
            lines += [f"- ☐ ({letter}) {option}" for letter, option in zip(_LETTERS, one.options, strict=False)]
            if not one.options:
                lines += ["Answer: ______________________"]
        return "\n".join([*lines, "", f"*driftline {self.driftline}*", ""])

    def key(self) -> str:
        """Return the answers, with the numbers of the runs that gave them and what repeats these."""
        lines = [f"# Key: {self.exam.spec.title}", "", f"**{self.student}**", ""]
        lines += ["| | answer | counts | what the run says |", "|---|---|---|---|"]
        for number, one in enumerate(self.questions, start=1):
            lines.append(f"| {number} | {_right(one)} | {_counts(one.answer)} | {_in_a_cell(one.answer.because)} |")
        for number, one in enumerate(self.questions, start=1):
            lines += ["", f"**{number}. {one.spec.topic}** ({_points(one.spec.points)}). {one.because}".rstrip()]
            tried = "" if one.draws == 1 else f", the first of {one.draws} worlds that decides it"
            lines += ["", f"Seed {one.seed}{tried}."]
        versions = ", ".join(f"{name} {number}" for name, number in library_versions().items() if name != "platform")
        return "\n".join([*lines, "", f"*{versions}*", ""])


def exam(
    file: str | Path | Exam = "course",
    *,
    student: str | None = None,
    seed: int | None = None,
    secret: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Paper:
    """Make one student's paper: every question about a world that is drawn for this student alone.

    Parameters
    ----------
    file : str, Path or Exam
        An exam file, the name of a shipped one, or one that was loaded.
    student : str, optional
        A name or number: the worlds hang on it.
    seed : int, optional
        In place of a name.
    secret : str, optional
        The teacher's: without it who knows a name can make the key.
    progress : callable, optional
        Called with (questions done, questions in all).

    Raises
    ------
    ScenarioError
        If the file or an argument is wrong, or no world decides a question.
    """
    made = file if isinstance(file, Exam) else load_exam(file)
    if (student is None) == (seed is None):
        raise checks_failed(None, [(("student",), "give a student's name, or a seed in its place: one of them")])
    if student is not None and not student.strip():
        raise checks_failed(None, [(("student",), "the name is empty")])
    who = student.strip() if student is not None else f"seed {seed}"
    asked: list[Asked] = []
    total = len(made.spec.questions)
    for name, question in made.spec.questions.items():
        if progress is not None:
            progress(len(asked), total)
        asked.append(_asked(made, name, question, who, secret))
    if progress is not None:
        progress(total, total)
    return Paper(made, who, tuple(asked), library_versions()["driftline"], secret is not None)


def _asked(made: Exam, name: str, question: QuestionSpec, who: str, secret: str | None) -> Asked:
    """Return a question about the first of this student's worlds that decides it."""
    for draw in range(MOST_DRAWS):
        seed = seed_of(secret, f"exam {made.name}, {name}, {who}", draw)
        dice = random.Random(seed)
        drawn = {key: dice.choice(values) for key, values in question.draw.items()}
        scenario = scenario_of(question, drawn, seed)
        result = run(scenario)
        needs_calm = question.kind == "blame" or any(len(given) == 3 for given in question.given.values())
        calm = run(scenario.model_copy(update={"drift": ()})) if needs_calm else None
        answer = answer_to(question, result, calm)
        if answer is None:
            continue
        told = {key: shown(value) for key, value in drawn.items()}
        told |= {key: _given(given, result, calm) for key, given in question.given.items()}
        options = list(answer.options)
        dice.shuffle(options)
        text, because = question.ask.format_map(told), question.because.format_map(told)
        return Asked(name, question, " ".join(text.split()), tuple(options), answer, because, seed, draw + 1)
    remedy = "draw differences that are larger, or more replications"
    what = f"question {name}: none of {MOST_DRAWS} worlds decides it: {remedy}"
    raise ScenarioError([Problem(what, name=f"exam {made.name}")])


def _given(given: tuple[str, ...], result: Result, calm: Result | None) -> str:
    metric, strategy, *which = given
    source = calm if which and calm is not None else result
    return show(source[strategy].interval(metric).mean, TRUE_METRICS[metric].unit)


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|")


def _points(points: int) -> str:
    return "1 point" if points == 1 else f"{points} points"


def _right(one: Asked) -> str:
    if not one.options:
        return one.answer.right
    return f"({_LETTERS[one.options.index(one.answer.right)]}) {one.answer.right}"


def _counts(answer: Answer) -> str:
    if answer.options:
        return "this one"
    if not answer.unit:
        return f"{answer.low:,.0f} to {answer.high:,.0f}"
    return f"{show(answer.low, answer.unit)} to {show(answer.high, answer.unit)}"
