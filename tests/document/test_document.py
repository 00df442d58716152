"""A scenario file is data: what is wrong with it is told with its place, and nothing in it can do harm."""

from __future__ import annotations

import contextlib
import pickle
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from sim.document import Document, ScenarioError, checks_failed, read_document, suggest, validate
from sim.units import Duration, PositiveDuration, Share


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shadow(Strict):
    kind: Literal["shadow"] = "shadow"
    share: Share = Field("100%", validate_default=True)  # type: ignore[assignment]


class Canary(Strict):
    kind: Literal["canary"] = "canary"
    steps: tuple[Share, ...] = Field(min_length=1)
    hold: PositiveDuration = Field("4h", validate_default=True)  # type: ignore[assignment]
    canary: int | None = Field(None, ge=0, description="a field named like its tag")


class Inspector(Strict):
    recall: Share = Field("90%", validate_default=True)  # type: ignore[assignment]
    labels: Literal["inspectors", "experts"] = "inspectors"


class Line(Strict):
    name: str = Field("line", max_length=10, pattern="^[a-z]+$")
    takt: Duration = Field("20s", validate_default=True)  # type: ignore[assignment]
    replications: int = Field(10, ge=1, le=1000)
    spread: float = Field(0.5, gt=0.0)
    contain: bool = False
    inspectors: dict[str, Inspector] = Field(default_factory=dict)
    strategies: tuple[Annotated[Shadow | Canary, Field(discriminator="kind")], ...] = Field((), max_length=3)
    pause: Duration | Literal["never"] = "never"


@pytest.fixture
def check(tmp_path: Path) -> Any:
    """Return a function from a file's content to the error's text, with the folder cut off."""

    def message(content: str | bytes) -> str:
        file = tmp_path / "bad.yaml"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        with pytest.raises(ScenarioError) as caught:
            validate(read_document(file), Line)
        return str(caught.value).replace(f"{tmp_path}/", "")

    return message


def test_plain_data(tmp_path: Path) -> None:
    file = tmp_path / "good.yaml"
    text = "takt: 1.5s\nname: &n yes\nstrategies: [{kind: canary, steps: [5%, 0.25]}]\n"
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    document = read_document(file)
    assert document.data["name"] == "yes"
    line = validate(document, Line)
    assert line.takt == 1_500_000
    assert line.strategies[0].steps == (0.05, 0.25)  # type: ignore[union-attr]


def test_scalars_are_those_of_yaml_1_2(tmp_path: Path) -> None:
    file = tmp_path / "scalars.yaml"
    values = "12:30, no, 1e6, 010, 0o10, 0x1F, ~, 'true', true, 2020-01-01, 1_000, -.5, \"7\", ! 7"
    file.write_text(f"a: [{values}]")
    assert read_document(file).data["a"] == [
        "12:30", "no", 1e6, 10, 8, 31, None, "true", True, "2020-01-01", "1_000", -0.5, "7", "7"
    ]  # fmt: skip


def test_errors_look_like_this(check: Any) -> None:
    assert (
        check("""\
name: line
takt: 4.5 sec0nds
inspectors:
  anna: {recall: 90%, recal: 88%}
strategies:
  - kind: canary
    steps: [5%, 250]
    hold: 90
  - kind: canery
""")
        == """\
bad.yaml:2:7: error: expected a duration such as '150ms', '45min' or '2h', found the text '4.5 sec0nds'; the units are us, ms, s, min, h, d and w  [takt]
    2 | takt: 4.5 sec0nds
      |       ^^^^^^^^^^^
bad.yaml:4:23: error: unknown key 'recal' in inspectors.anna
    4 |   anna: {recall: 90%, recal: 88%}
      |                       ^^^^^ did you mean 'recall'?
bad.yaml:7:17: error: expected a share from 0% to 100%, such as '5%' or 0.05, found the number 250  [strategies.0.steps.1]
    7 |     steps: [5%, 250]
      |                 ^^^
bad.yaml:8:11: error: the unit is missing: write '90min', '90s' or '90h'  [strategies.0.hold]
    8 |     hold: 90
      |           ^^
bad.yaml:9:11: error: unknown kind 'canery' in strategies.1
    9 |   - kind: canery
      |           ^^^^^^ did you mean 'canary'? known kinds: shadow, canary"""
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nam: x", "1:1: error: unknown key 'nam'"),
        ("colour: x", "allowed here: name, takt, replications"),
        ("strategies:\n  - kind: canary", "2:5: error: missing key 'steps' in strategies.0"),
        ("strategies:\n  - {share: 5%}", "missing key 'kind' in strategies.0"),
        ("strategies: [{kind: }]", "expected one of the kinds, found nothing"),
        ("strategies: [{kind: [a]}]", "expected one of the kinds, found a list"),
        ("strategies: [canary]", "1:14: error: expected a mapping, found the text 'canary'"),
        ("strategies: [{kind: canary, steps: [1], canary: -1}]", "number -1  [strategies.0.canary]"),
        ("strategies: [{kind: canary, steps: []}]", "expected at least 1 entry, found 0"),
        ("strategies: [" + "{kind: shadow}, " * 4 + "]", "at most 3 entries, found 4"),
        ("strategies: {a: 1}", "expected a list, found a mapping"),
        ("inspectors: [a]", "expected a mapping, found a list"),
        ("inspectors:", "1:1: error: expected a mapping, found nothing"),
        ("inspectors: {a: {labels: inspector}}", "did you mean 'inspectors'?"),
        ("inspectors: {a: {labels: 5}}", "expected inspectors or experts, found the number 5"),
        ("replications: two", "a whole number that is at least 1 and at most 1,000, found the text 'two'"),
        ("replications: 1.5", "expected a whole number"),
        ("replications: 0", "expected a number that is at least 1 and at most 1,000, found the number 0"),
        ("replications: true", "1:15: error: expected a number, found true  [replications]"),
        ("spread: .inf", "expected a number, found infinity"),
        ("spread: .nan", "found nan"),
        ("spread: {}", "expected a number that is more than 0.0, found a mapping"),
        ("contain: 7", "expected true or false, found the number 7"),
        ("name: 7", "found the number 7  [name]\n    1 | name: 7\n      |       ^ write it in quotes"),
        ("name: abcdefghijklm", "expected a text of at most 10 characters, found 13"),
        ("name: A", "expected a text of the form ^[a-z]+$, found the text 'A'"),
        ("takt: -3s", "a duration cannot be negative"),
        ("pause: x", "'45min' or '2h', found the text 'x'; or expected never, found"),
    ],
)
def test_every_mistake_is_told_in_words(check: Any, content: str, message: str) -> None:
    found = check(content)
    assert message in found
    assert "nput should be" not in found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file holds no settings"),
        ("# only a comment\n", "the file holds no settings"),
        ("- a", "expected a mapping such as 'seed: 1' at the top, found a list"),
        ("name: a\n---\nname: b", "2:1: error: a second document starts here"),
        ("name: a\nname: b", "2:1: error: duplicate key 'name': it is already on line 1"),
        ("name: &a [*a]", "'*a' stands inside '&a'"),
        ("name: *a", "no anchor '&a' stands above"),
        (
            "name: !!python/object:os.system x",
            "the tag !!python/object:os.system is not allowed",
        ),
        ("name: !env X", "the tag !env is not allowed"),
        ("90: a", "1:1: error: a key is a text, found the number 90: write it in quotes, '90'"),
        ("? [a]\n: b", "a key is a plain text"),
        ("<<: {name: a}", "merge keys (<<) are not part of YAML 1.2"),
        ("name: a: b", "1:8: error: mapping values are not allowed here"),
        ("name: [a", "expected ',' or ']'"),
        ("name:\n\t- a", "YAML indents with spaces"),
        ("name: \x07", "a character that YAML does not allow: U+0007"),
        ('name: "\\ud800"', "U+D800 (half a character) is not allowed in a text"),
        ('name: "\\UFFFFFFFF"', "1:8: error: an escape such as"),
        ("takt: " + "9" * 5000, "a number of more than 400 digits"),
        ("%YAML 1.1\n---\nname: no", "scenarios are YAML 1.2"),
        (b"name: a\ntakt: \xff", "is not UTF-8: byte 0xff at offset 14, line 2; save it as UTF-8"),
        ("name: a".encode("utf-16"), "is not UTF-8"),
        (b"#" * 1_000_001, "is larger than 1 MB"),
    ],
)
def test_files_that_are_no_scenario(check: Any, content: str | bytes, message: str) -> None:
    assert message in check(content)


@pytest.mark.parametrize("bracket", ["[", "{a: ", "- ", "[a: "])
def test_deep_nesting_is_refused_at_once(check: Any, bracket: str) -> None:
    started = time.process_time()
    assert "nested deeper than 50 levels" in check(bracket * 100_000)
    assert time.process_time() - started < 5.0


def test_an_alias_bomb_is_refused_at_once(check: Any) -> None:
    lines = ["a: &a [" + ", ".join("1" * 9) + "]"]
    for last, name in zip("abcdefghi", "bcdefghij", strict=True):
        lines.append(f"{name}: &{name} [" + ", ".join([f"*{last}"] * 9) + "]")
    started = time.process_time()
    assert "aliases counted as copies" in check("\n".join(lines))
    assert time.process_time() - started < 2.0


def test_nesting_through_aliases_counts(check: Any) -> None:
    lines = ["a0: &a0 [[[[[[[[1]]]]]]]]"]
    lines += [f"a{level}: &a{level} [[[[[[[[*a{level - 1}]]]]]]]]" for level in range(1, 9)]
    assert "nested deeper than 50 levels" in check("\n".join(lines))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "standard.yaml").write_text("name: a")
    with pytest.raises(ScenarioError, match=r"there is no such file; did you mean '.*standard\.yaml'\?"):
        read_document(tmp_path / "standrad.yaml")
    with pytest.raises(ScenarioError, match="there is no folder"):
        read_document(tmp_path / "nowhere" / "a.yaml")
    with pytest.raises(ScenarioError, match="is a folder"):
        read_document(tmp_path)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab:- \n\t[]{},&*!|>'\"#?%@1.\\~", max_size=40))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(content)
    with contextlib.suppress(ScenarioError):
        assert isinstance(read_document(file).data, dict)


def test_a_mistake_in_python_has_a_path_and_no_place() -> None:
    with pytest.raises(ScenarioError) as caught:
        validate(Document.of({"strategies": [{"kind": "canery"}], "takt": 20}), Line)
    assert str(caught.value).splitlines() == [
        "takt: the unit is missing: write '20min', '20s' or '20h'",
        "strategies.0.kind: unknown kind 'canery' in strategies.0; did you mean 'canary'? known kinds: shadow, canary",
    ]


def test_checks_across_settings_are_placed(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("factory:\n  takt: 4s\n")
    document = read_document(file)
    error = checks_failed(document, [(("factory", "takt"), "too fast"), (("drift", 0), "nothing drifts")])
    assert [(one.line, one.column, one.width) for one in error.problems] == [(2, 9, 2), (1, 1, 7)]
    assert str(checks_failed(None, [(("engine",), "no such engine")])) == "engine: no such engine"


def test_an_error_survives_a_process_border() -> None:
    error = checks_failed(None, [(("seed",), "too small")])
    assert str(pickle.loads(pickle.dumps(error))) == "seed: too small"


def test_many_problems_are_cut_short() -> None:
    assert str(checks_failed(None, [((), "wrong")] * 25)).endswith("wrong\n... and 5 more")


def test_suggestions() -> None:
    assert suggest("canery", ["shadow", "canary"]) == "canary"
    assert suggest("Blue-Green", ["blue_green"]) == "blue_green"
    assert suggest("zzz", ["canary"]) is None
    assert suggest("x", []) is None
