"""A session: the numbers of `sim.run`, whatever was asked before, and no more work than a move needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread

import pytest
from equal import difference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sim
from sim.apps.kept import Shelf, size_of
from sim.apps.session import Kept, Part, Session
from sim.apps.stories import Story, load_story
from sim.document import ScenarioError
from sim.experiment.result import Result
from sim.scenario import Scenario

WALK = """
story: 1
title: A line that is moved in every way
about: A knob for each part of a scenario.
aim: Show that no key forgets anything.
scenario:
  seed: 3
  replications: 2
  horizon: 3h
  factory: {arrivals: {kind: takt, every: 30s, jitter: 10%}, defect_rate: 8%}
  inspectors: {count: 2, service: {law: lognormal, mean: 21s}}
  models:
    v1: {kind: logistic, training: {phones: 3000}}
    v2: {kind: logistic, reject_share: 8%, training: {phones: 3000, labels: experts}}
  deployment: {stable: humans, candidate: v2, start: 20min}
  drift: [{name: lamp fails, what: camera.brightness, profile: sudden, at: 1h, to: 40%}]
  strategies:
    - {pattern: manual}
    - {pattern: canary, steps: [20], hold: 1h}
    - {pattern: full_automation}
    - {pattern: full_automation, name: the old one, candidate: v1}
knobs:
  lamp: {path: drift.lamp fails.to, label: lamp, values: [40%, 90%]}
  at: {path: drift.lamp fails.at, label: at, values: [1h, 2h]}
  staff: {path: inspectors.count, label: staff, values: [1, 2]}
  sharp: {path: inspectors.d_prime, label: sharp, values: [2.0, 3.0]}
  look: {path: inspectors.service.mean, label: look, values: [21s, 40s]}
  share: {path: strategies.canary.steps.0, label: share, values: [20, 60]}
  threshold: {path: models.v2.reject_share, label: threshold, values: [4%, 8%]}
  escape: {path: costs.escape, label: escape, values: [$80, $200]}
  audited: {path: audits.of_passes, label: audited, values: [2%, 30%]}
  start: {path: deployment.start, label: start, values: [20min, 1h]}
  warm_up: {path: warm_up, label: warm-up, values: [0s, 30min]}
  horizon: {path: horizon, label: horizon, values: [3h, 4h]}
"""


@dataclass(frozen=True)
class At:
    settings: Mapping[str, str] = field(default_factory=dict)
    seed: int = 3
    me: None = None


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Story:
    file = tmp_path_factory.mktemp("stories") / "walk.yaml"
    text = WALK
    costs = sim.load("quickstart").costs.escape
    file.write_text(text.replace("$80", f"${costs:g}"), encoding="utf-8")
    return load_story(file)


@pytest.fixture(scope="module")
def lamp() -> Story:
    return load_story("lamp")


@pytest.fixture(scope="module")
def kept() -> Kept:
    return Kept()


def run_of(scenario: Scenario, replications: int = 1) -> Result:
    """Return what a run says, but for its histograms of scores: a figure of reports alone is drawn of them."""
    return replace(sim.run(scenario, replications=replications, workers=1), scores={})


def last(parts: Iterator[Part]) -> Part:
    *_, part = parts
    return part


_KNOBS = (
    "lamp", "at", "staff", "sharp", "look", "share", "threshold", "escape", "audited", "start", "warm_up", "horizon",
)  # fmt: skip


@pytest.mark.parametrize("knob", _KNOBS)
def test_no_key_forgets_what_a_knob_moves(walk: Story, kept: Kept, knob: str) -> None:
    session = Session(walk, kept)
    last(session.parts(At()))
    for value in walk.knobs[knob].values:
        part = last(session.parts(At({knob: value}), evidence=True))
        assert difference(part.result, run_of(walk.scenario({knob: value}, 3))) is None


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moved=st.dictionaries(st.sampled_from(_KNOBS), st.integers(0, 1), max_size=6),
    seed=st.integers(3, 4),
    replications=st.integers(1, 2),
)
def test_whatever_was_asked_before_an_answer_is_that_of_a_run(
    walk: Story, kept: Kept, moved: dict[str, int], seed: int, replications: int
) -> None:
    at = At({name: walk.knobs[name].values[number] for name, number in moved.items()}, seed)
    part = last(Session(walk, kept).parts(at, replications, evidence=True))
    assert part.done
    run = run_of(walk.scenario(at.settings, seed), replications)
    assert difference(part.result, run) is None


def test_a_knob_of_one_strategy_runs_that_strategy_alone(
    lamp: Story, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(lamp, kept)
    last(session.parts(At(seed=8)))
    ran: list[str] = []
    from sim.apps import session as module

    real = module.run_all
    monkeypatch.setattr(
        module,
        "run_all",
        lambda scenario, given, *rest: ran.extend(g.title for g in given) or real(scenario, given, *rest),
    )
    last(session.parts(At({"canary": "11"}, seed=8)))
    assert ran == ["canary"]
    last(session.parts(At({"canary": "10"}, seed=8)))
    assert ran == ["canary"], "and what has been seen is not run again"


def test_the_staff_moves_and_the_world_stays(lamp: Story) -> None:
    kept = Kept()
    session = Session(lamp, kept)
    for staff in ("1", "2", "3"):
        last(session.parts(At({"inspectors": staff}, seed=8)))
    assert len(kept.worlds) == 1
    assert len(kept.versions) == 1


def test_what_is_there_first_comes_first_and_the_rest_is_as_it_was(lamp: Story, kept: Kept) -> None:
    session = Session(lamp, kept)
    before = last(session.parts(At({"lamp": "90%"}, seed=8))).result
    first, whole = session.parts(At({"lamp": "35%"}, seed=8), first="canary", patience_s=0.0)
    assert (first.fresh, first.done) == ({"canary"}, False)
    assert [each.name for each in first.result.strategies] == list(lamp.strategies)
    assert difference(first.result["manual"].samples, before["manual"].samples) is None
    assert difference(first.result["canary"].samples, whole.result["canary"].samples) is None
    assert whole.done
    assert whole.fresh == set(lamp.strategies)


def test_what_is_only_compared_with_fills_up_no_later_answer(lamp: Story, kept: Kept) -> None:
    session = Session(lamp, kept)
    before = last(session.parts(At({"lamp": "90%"}, seed=8))).result
    last(session.parts(At({"lamp": "10%"}, seed=8), aside=True))
    first, _ = session.parts(At({"lamp": "25%"}, seed=8), first="canary", patience_s=0.0)
    assert difference(first.result["full_automation"].samples, before["full_automation"].samples) is None


def test_at_first_there_are_only_those_that_have_run(lamp: Story, kept: Kept) -> None:
    first, *_ = Session(lamp, kept).parts(At({"lamp": "15%"}, seed=8), patience_s=0.0)
    assert [each.name for each in first.result.strategies] == sorted(first.fresh)


def test_who_holds_a_key_down_sees_what_is_there_and_the_rest_is_left(lamp: Story, kept: Kept) -> None:
    asked: list[None] = []

    def stale() -> bool:
        asked.append(None)
        return len(asked) > 2

    parts = list(Session(lamp, kept).parts(At({"lamp": "45%"}, seed=8), stale=stale, patience_s=9.0))
    assert [len(part.fresh) for part in parts] == [2]
    assert len(asked) == 3, "two strategies ran, and the third was not begun"


def test_intervals_come_with_more_replications(lamp: Story, kept: Kept) -> None:
    part = last(Session(lamp, kept).parts(At(seed=8), 3))
    assert part.result.replications == 3
    assert part.result["manual"].interval("escape_rate").half_width > 0


def test_training_is_told_and_done_once(walk: Story) -> None:
    kept, told = Kept(), []
    session = Session(walk, kept)
    assert not session.is_trained(At())
    last(session.parts(At(), progress=lambda done, of: told.append((done, of))))
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert session.is_trained(At())
    assert session.is_trained(At({"threshold": "4%"})), "a threshold is set after training"
    assert not session.is_trained(At({"sharp": "2.0"})), "the inspectors' verdicts are v1's labels"
    last(session.parts(At({"sharp": "2.0"}), progress=lambda done, of: told.append((done, of))))
    assert told[3:] == [(0, 1), (1, 1)], "v2 learned from experts"


def test_a_monster_is_refused_with_a_remedy(tmp_path: Path) -> None:
    file = tmp_path / "long.yaml"
    file.write_text(
        "story: 1\ntitle: t\nabout: a\naim: a\n"
        "scenario: {horizon: 1d, factory: {arrivals: {kind: takt, every: 20s}}, strategies: [{pattern: manual}]}\n"
        "knobs:\n  takt: {path: factory.arrivals.every, label: takt, values: [20s, 5s]}\n"
    )
    with pytest.raises(ScenarioError, match="give the scenario to `driftline run`"):
        last(Session(load_story(file)).parts(At(seed=1), 100_000))


def test_several_histories_are_refused_with_a_remedy(tmp_path: Path) -> None:
    file = tmp_path / "histories.yaml"
    file.write_text(WALK.replace("replications: 2", "replications: 10\n  train_replications: 5").replace("$80", "$90"))
    with pytest.raises(ScenarioError, match="one history of the line for its models: take 1, or give the scenario to"):
        load_story(file)


def test_a_world_too_large_to_be_kept_is_made_once_a_move(lamp: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.apps import session as module

    made: list[int] = []
    real = module.world_blocks
    monkeypatch.setattr(module, "world_blocks", lambda *given: made.append(1) or real(*given))
    kept = Kept()
    kept.worlds = Shelf(1)
    last(Session(lamp, kept).parts(At({"lamp": "55%"}, seed=8)))
    assert made == [1]


def test_the_phones_of_a_move_are_those_of_its_world_and_no_other_is_made_for_them(
    lamp: Story, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, there = Session(lamp, kept), At({"lamp": "35%"}, seed=4)
    last(session.parts(there))
    monkeypatch.setattr("sim.apps.session.world_blocks", None)
    monkeypatch.setattr("sim.apps.reel.world_blocks", None)
    assert session.reel(there, "canary").message["strategy"] == "canary"


@pytest.mark.parametrize("name", ["lamp", "concept"])
def test_the_phones_of_the_strategy_that_is_watched_are_not_run_again_and_are_the_same(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, kept = load_story(name), Kept()
    strategy, there = story.strategies[-1], At({}, story.seed)
    anew = Session(story, kept).reel(there, strategy)
    session = Session(story, kept)
    whole = last(session.parts(there, first=strategy, evidence=True)).result
    assert difference(whole, run_of(story.scenario())) is None
    monkeypatch.setattr("sim.apps.session.reel_of", None)
    told = session.reel(there, strategy)
    assert (told.message, told.packed.data) == (anew.message, anew.packed.data)
    monkeypatch.undo()
    assert session.reel(there, strategy).packed.data == anew.packed.data, "who asks a second time gets them too"


def test_a_session_itself_holds_no_runs(lamp: Story) -> None:
    kept = Kept()
    session = Session(lamp, kept)
    last(session.parts(At({"lamp": "90%"}, seed=8)))
    assert all(kept.runs.has(key) for key in session._before.values())
    assert "_before" in vars(session), "or the above says nothing"
    kept.runs = Shelf(0)
    parts = list(session.parts(At({"lamp": "70%"}, seed=8), patience_s=0.0))
    assert len(parts[0].result.strategies) == 1, "what is not on the shelf any more is not shown beside the new"


def test_another_engine_or_another_code_of_a_model_is_another_run(walk: Story) -> None:
    from sim.apps import session as module

    scenario = walk.scenario()
    keys = module._version_keys(scenario)
    kind = type(scenario.models["v2"])
    other = type(kind.__name__, (kind,), {"__module__": kind.__module__})
    models = {**scenario.models, "v2": other.model_construct(**vars(scenario.models["v2"]))}
    anew = module._version_keys(scenario.model_copy(update={"models": models}))
    assert (anew["v1"], anew["v2"]) == (keys["v1"], anew["v2"])
    assert anew["v2"] != keys["v2"]
    runs = [module._Runs(Kept(), scenario, {}, keys, engine).keys for engine in ("simpy", "compiled")]
    assert not set(runs[0].values()) & set(runs[1].values())


def test_many_may_look_at_once(walk: Story) -> None:
    kept = Kept()
    ends = [At({"share": "60"}), At({"share": "20"}), At({"lamp": "90%"}), At({"staff": "1"})]
    answers: dict[int, Part] = {}
    threads = [
        Thread(target=lambda n=number: answers.update({n: last(Session(walk, kept).parts(ends[n % 4]))}))  # type: ignore[misc]
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, part in answers.items():
        run = run_of(walk.scenario(ends[number % 4].settings, 3))
        assert difference(part.result.strategies, run.strategies) is None
    assert len(answers) == 8


def test_what_is_kept_is_bounded_in_bytes() -> None:
    shelf: Shelf[bytes] = Shelf(2_000)
    for key in range(100):
        shelf.put(key, b"")
        assert shelf.bytes <= 2_000
    assert len(shelf) == 2_000 // size_of(b"")
