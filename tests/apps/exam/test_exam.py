"""An exam: the same questions for everybody about other worlds, and answers that only runs give."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from exams import SHORT, short_exam
from ruamel.yaml import YAML

import sim
from sim import shipped
from sim.apps.exam import Exam, exam, load_exam
from sim.apps.exam import paper as making
from sim.apps.exam.answers import sample_size
from sim.apps.exam.loading import scenario_of
from sim.apps.exam.schema import json_schema
from sim.apps.exam.spec import KINDS, Canary
from sim.document import ScenarioError


@pytest.fixture
def short(tmp_path: Path) -> Exam:
    return load_exam(short_exam(tmp_path))


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("title: A short one", "titel: A short one", "unknown key 'titel'"),
        ("value: [inspector_utilisation, manual]", "", "a question has one kind of answer"),
        ("value: [inspector_utilisation, manual]", "keeps_up: manual\n    best: escape_rate", "one kind of answer"),
        ("value: [inspector_utilisation, manual]", "value: [utilisation, manual]", "unknown true metric 'utilisation'"),
        ("value: [inspector_utilisation, manual]", "value: [inspector_utilisation, manul]", "did you mean 'manual'"),
        ("value: [inspector_utilisation, manual]", "drift: true", "this question needs exactly one drift"),
        ("every {every}, and", "every {evry}, and", "nothing is drawn or given that is called 'evry'"),
        ("every {every}, and", "every {every:.1f}, and", "stands the name of something drawn or given"),
        ("every {every}, and", "every {every.__class__}, and", "stands the name of something drawn or given"),
        ("every {every}, and", "every {every, and", "a curly bracket is open"),
        ("[20s, 24s, 30s]", "[20s, 30 sheep]", "questions.busy.scenario.factory.arrivals.every"),
        ("[20s, 24s, 30s]", "20s", "expected a list of values to draw from"),
        ("horizon: 8h\n      replications: 4\n      factory: {arrivals", "horizon: 8h\n      replications: 1\n      factory: {arrivals", "two replications or more"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_told_at_its_place(right: str, wrong: str, said: str, tmp_path: Path) -> None:
    assert right in SHORT
    with pytest.raises(ScenarioError) as refused:
        load_exam(short_exam(tmp_path, SHORT.replace(right, wrong)))
    assert said in str(refused.value)
    assert str(refused.value).startswith(str(tmp_path / "short.yaml:"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "give a student's name, or a seed"),
        ({"student": "Ada", "seed": 1}, "one of them"),
        ({"student": "  "}, "the name is empty"),
        ({"student": "Ada", "secret": "short"}, "take at least 8"),
    ],
)
def test_a_wrong_argument_is_refused(short: Exam, settings: Any, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        exam(short, **settings)


def test_the_same_student_has_the_same_paper_and_key_again(short: Exam) -> None:
    one, again = exam(short, student="Ada"), exam(short, student=" Ada ")
    assert one.markdown() == again.markdown()
    assert one.key() == again.key()


def test_students_and_secrets_have_worlds_of_their_own_and_the_same_questions(short: Exam) -> None:
    papers = [
        exam(short, student="Ada"),
        exam(short, student="Bob"),
        exam(short, student="Ada", secret="correct horse"),
    ]
    assert len({tuple(one.seed for one in paper.questions) for paper in papers}) == 3
    assert len({tuple(one.name for one in paper.questions) for paper in papers}) == 1


def test_the_sheet_tells_no_answer_and_no_seed(short: Exam) -> None:
    paper = exam(short, student="Ada")
    sheet = paper.markdown()
    assert not any(str(one.seed) in sheet or one.answer.because in sheet for one in paper.questions)
    assert "{" not in sheet
    assert "where 8 % are defective" not in sheet
    assert sheet.count("☐") == 2
    assert "Answer: ____" in sheet


def test_an_answer_is_what_a_run_of_that_seed_says(short: Exam) -> None:
    leaks, busy = exam(short, student="Ada").questions
    drawn = re.search(r"rejects (0\.\d) %", leaks.text)
    assert drawn is not None
    result = sim.run(scenario_of(leaks.spec, {"share": f"{drawn[1]}%"}, leaks.seed))
    apart = result.difference("full_automation", "manual", "escape_rate")
    assert apart.excludes_zero
    assert leaks.answer.right == ("full automation" if apart.mean > 0 else "manual")
    every = re.search(r"every (\d+) s", busy.text)
    assert every is not None
    measured = sim.run(scenario_of(busy.spec, {"every": f"{every[1]}s"}, busy.seed))["manual"]
    interval = measured.interval("inspector_utilisation")
    assert (busy.answer.low + busy.answer.high) / 2 == pytest.approx(interval.mean)
    assert busy.answer.low < 21 / (2 * int(every[1])) < busy.answer.high  # what the student reasons


def test_a_question_that_no_world_decides_is_told(short: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MOST_DRAWS", 2)
    alike = SHORT.replace("{pattern: full_automation}", "{pattern: manual, name: again}")
    alike = alike.replace("manual, full_automation]", "manual, again]")
    with pytest.raises(ScenarioError, match=r"question leaks: none of 2 worlds decides it"):
        exam(load_exam(short_exam(tmp_path, alike)), student="Ada")


def test_a_canary_needs_fewer_for_a_higher_rate_and_more_for_a_smaller_step() -> None:
    usual = Canary(strategy="manual")
    assert sample_size(0.2, usual) < sample_size(0.1, usual) < sample_size(0.1, Canary(strategy="manual", times=1.5))


def test_the_schema_of_exams_in_the_folder_is_the_current_one() -> None:
    kept = json.loads((shipped.folder("scenarios") / "exam.schema.json").read_text(encoding="utf-8"))
    assert kept == json_schema(), "run: driftline schema --exam --out scenarios/exam.schema.json"


@pytest.mark.parametrize("name", shipped.exams())
def test_an_editor_can_check_a_shipped_exam(name: str) -> None:
    text = shipped.exams()[name].read_text(encoding="utf-8")
    assert "# yaml-language-server: $schema=../exam.schema.json" in text
    checker = jsonschema.Draft202012Validator(json_schema())
    data = YAML(typ="safe").load(text)
    checker.validate(data)
    for wrong in ({"titel": "x"}, {"questions": {}}, {"exam": 2}):
        assert not checker.is_valid({**data, **wrong})


def test_the_shipped_exam_has_every_kind_of_answer() -> None:
    assert {question.kind for question in load_exam("course").spec.questions.values()} == set(KINDS)


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped.exams())
def test_a_shipped_exam_decides_every_question_for_several_students(name: str) -> None:
    made = load_exam(name)
    for seed in (1, 2):
        paper = exam(made, seed=seed)
        for one in paper.questions:
            if one.options:
                assert one.answer.right in one.options
            else:
                assert one.answer.low < one.answer.high
        assert "{" not in paper.markdown() + paper.key()
