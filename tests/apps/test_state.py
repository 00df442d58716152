"""A state is a flat mapping of texts and back, whatever a visitor did; what is no state is refused with a remedy."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.apps.state import HIDEABLE, MOST_SEED, Pin, State
from sim.apps.stories import load_story
from sim.apps.stories.questions import options_of
from sim.apps.stories.values import text_of
from sim.document import ScenarioError

STORY = load_story("lamp")


def positions() -> st.SearchStrategy[Pin]:
    knobs = st.fixed_dictionaries({name: st.sampled_from(knob.values) for name, knob in STORY.knobs.items()})
    return st.builds(Pin, knobs, st.integers(0, MOST_SEED))


def some(names: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(names), unique=True, max_size=4).map(tuple)


@st.composite
def states(draw: st.DrawFn) -> State:
    here = draw(positions())
    said = {
        name: draw(st.sampled_from(list(options_of(STORY, question))))
        for name, question in STORY.questions.items() if draw(st.booleans())
    }  # fmt: skip
    pins = tuple(draw(st.lists(positions(), max_size=3, unique_by=lambda pin: (tuple(pin.settings.items()), pin.seed))))
    return State(
        here.settings, here.seed, draw(st.integers(0, 10**6)), draw(st.integers(0, 1000)),
        draw(st.sampled_from(STORY.strategies)), pins, draw(st.booleans()),
        draw(some([*HIDEABLE, *(f"knob.{name}" for name in STORY.knobs)])), draw(some([*STORY.knobs, "seed"])), said,
    )  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(state=states())
def test_a_state_is_read_as_it_was_written(state: State) -> None:
    texts = state.texts(STORY)
    assert all(isinstance(text, str) for text in texts.values())
    assert State.read(STORY, texts) == state
    assert State.of_query(STORY, f"?{state.query(STORY)}") == state


def test_the_start_is_only_the_storys_name() -> None:
    assert State.start(STORY).texts(STORY) == {"story": "lamp"}
    assert State.read(STORY, {}) == State.start(STORY)


def test_a_default_changed_back_is_left_out_again() -> None:
    moved = State.read(STORY, {"lamp": "60%"})
    assert State.read(STORY, {**moved.texts(STORY), "lamp": "20%"}).texts(STORY) == {"story": "lamp"}


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("lmp", "20%", "lmp: unknown setting 'lmp': did you mean 'lamp'?"),
        ("lamp", "22%", "lamp: '22%' is not among its values; the nearest is 20%"),
        ("lamp", "dark", "lamp: 'dark' is not among its values"),
        ("seed", "-1", "seed: expected a whole number from 0 to 4,294,967,295, found '-1'"),
        ("seed", "٣", "seed: expected a whole number"),
        ("strategy", "canery", "strategy: unknown strategy 'canery': did you mean 'canary'?"),
        ("story", "other", "story: this is the story lamp, not 'other'"),
        ("reveal", "yes", "reveal: expected 0 or 1, found 'yes'"),
        ("hide", "trut", "hide: there is no 'trut': did you mean 'truth'?"),
        ("fix", "story", "fix: there is no 'story'"),
        ("pin", "lmp=20%25", "pin: expected knob=value pairs such as lamp=…, found 'lmp=20%25'"),
        ("pin", "lamp=21%25", "pin: '21%' is not among its values; the nearest is 20%"),
        ("pin", ";".join(f"seed={n}" for n in range(9)), "pin: at most 3 positions can be kept, found 9"),
        ("said.leaks", "canary", "said.leaks: unknown question 'leaks': did you mean 'leaks_most'?"),
        ("said.leaks_most", "canery", "said.leaks_most: unknown answer 'canery': did you mean 'canary'?"),
    ],
)
def test_what_is_no_state_is_refused_with_a_remedy(key: str, text: str, said: str) -> None:
    with pytest.raises(ScenarioError) as error:
        State.of_query(STORY, urlencode({key: text}))
    assert str(error.value).startswith(said)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ScenarioError) as error:
        State.read(STORY, {"lmp": "1", "seed": "x"})
    assert len(error.value.problems) == 2


def test_what_a_teacher_hides_and_fixes_is_known() -> None:
    state = State.read(STORY, {"fix": "seed,lamp", "hide": "truth,knob.review"})
    assert (state.fix, state.hide) == (("seed", "lamp"), ("truth", "knob.review"))


@given(
    value=st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.lists(st.integers(), max_size=3))
)
def test_the_text_of_a_value_reads_as_that_value(value: object) -> None:
    from sim.apps.stories.values import read_plain

    try:
        read = read_plain(text_of(value))
    except ScenarioError:
        return
    assert read == value or (isinstance(value, str) and not value.isprintable())


@pytest.mark.parametrize(
    "key", ["lamp", "seed", "strategy", "said.leaks_most", "said.{}", "hide", "pin", "story", "{}"]
)
def test_a_refusal_shows_what_a_stranger_wrote_escaped_and_shortened(key: str) -> None:
    odd = f"a\u202eb\x00{'x' * 20_000}"
    story = load_story("lamp")
    with pytest.raises(ScenarioError) as refused:
        State.read(story, {key.format(odd): odd})
    assert "\\u202e" in str(refused.value)
    assert not {"\u202e", "\x00"} & set(str(refused.value))
    assert len(str(refused.value)) < 1_000
