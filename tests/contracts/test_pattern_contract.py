"""What every pattern must do, whoever wrote it: ours, a package's, a notebook's."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import Any

import numpy as np
import pytest
from acme import importable
from leaks import leaks
from matplotlib.markers import MarkerStyle
from whole_runs import Run, run_strategy, whole_world

import sim
from sim.deployment.declaration import Appearance, Decider, where_named
from sim.deployment.dry_run import dry_run
from sim.deployment.events import SAID, AnalysisSaid, Noted
from sim.deployment.strategy import PATTERNS, Strategy
from sim.experiment.replication import StrategySimulation
from sim.experiment.run import trained
from sim.experiment.world_block import WorldBlock, image_log
from sim.factory.records import Records
from sim.line.engines import ENGINES, default
from sim.line.rules import DecidedBy
from sim.report.text.labels import LONGEST, short
from sim.scenario import Scenario
from sim.units import HOUR, MINUTE, PositiveDuration

PACKAGES, NOTEBOOK = ("acme_ramp", "acme_leap", "acme_desk"), "two_shifts"
NAMES = [*PATTERNS.ours(), *PACKAGES, NOTEBOOK]
every = pytest.mark.parametrize("name", NAMES)

#: Settings without a default, and ones that make something happen within a few hours.
SETTINGS: dict[str, dict[str, Any]] = {
    "argo_canary": {"steps": [{"set_weight": 30}, {"pause": {"duration": "30min"}}]},
    "assisted": {"weight": 50, "hold": "30min"},
    "bandit": {"interval": "30min", "least": 5},
    "blue_green": {"pre_check": "30min", "bake": "30min", "pre_analysis": None, "post_analysis": None},
    "canary": {"steps": [20, 60], "hold": "30min", "analysis": None},
    "champion_challenger": {"interval": "10min", "alpha": 0.5},
    "flagger": {"interval": "20min", "step_weight": 20},
    "progressive_automation": {"hold": "20min", "interval": "10min", "alpha": 0.5},
    "sequential_canary": {"interval": "10min", "alpha": 0.4},
    "shadow": {"report": "1h"},
}


def two_shifts(
    rollout: Any, *, first: Decider | None = None, shift: PositiveDuration = "1h"  # type: ignore[assignment]
) -> Any:  # fmt: skip
    """The candidate decides for a `shift`, then whoever is `first`, or stable, and so on by turns."""
    other = rollout.stable if first is None else rollout.arm(first)
    while True:
        rollout.promote(rollout.candidate)
        yield from rollout.wait(shift)
        rollout.promote(other)
        yield from rollout.wait(shift)


@pytest.fixture(autouse=True, scope="module")
def _others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A notebook defines one; a package brings some, which a scenario names."""
    sim.pattern(NOTEBOOK, people=where_named)(two_shifts)
    with importable(tmp_path_factory.mktemp("site")):
        for name in PACKAGES:
            assert name in PATTERNS.plugins() or name in PATTERNS
            sim.build(strategies=[{"pattern": name}])
            assert name in PATTERNS
        yield
    PATTERNS.forget(NOTEBOOK)


def tiny(*strategies: dict[str, Any], **changes: Any) -> Scenario:
    """A fast line with many audits, soon known."""
    line: dict[str, Any] = {
        "seed": 3,
        "horizon": "4h",
        "factory": {"arrivals": {"kind": "takt", "every": "20s"}, "defect_rate": "20%"},
        "inspectors": {"count": 8},
        "models": {"v1": {"training": {"phones": 1500}}, "v2": {"training": {"phones": 3000, "labels": "experts"}}},
        "deployment": {"stable": "v1", "candidate": "v2", "fallback": "nobody"},
        "audits": {"of_passes": "50%", "of_rejects": "50%", "delay": "10min"},
    }
    return sim.build(**{**line, **changes, "strategies": list(strategies)})


def given(name: str, **changes: Any) -> dict[str, Any]:
    return {"pattern": name, **SETTINGS.get(name, {}), **changes}


@cache
def versions() -> Any:
    """Both models, trained once."""
    return trained(tiny(given("champion_challenger")))


@cache
def block_of(seed: int, horizon: int, every_us: int) -> WorldBlock:
    """The phones of a line; audits, staff and strategies are no part of them."""
    factory = {"arrivals": {"kind": "takt", "every": f"{every_us}us"}, "defect_rate": "20%"}
    return whole_world(tiny(given("stay"), seed=seed, horizon=f"{horizon}us", factory=factory), versions(), 0)


def played(scenario: Scenario, engine: str = "") -> Run:
    block = block_of(scenario.seed, scenario.horizon, scenario.factory.arrivals.every)
    return run_strategy(scenario, scenario.strategies[0], versions(), block, engine or default())


def same(one: Run, other: Run) -> None:
    """Two runs are one: what happened, who decided, and what the log holds."""
    assert one.events == other.events
    assert one.routes == other.routes
    for part in ("phones", "looks"):
        for column in fields(getattr(one.log, part)):
            mine, theirs = (getattr(getattr(run.log, part), column.name) for run in (one, other))
            np.testing.assert_array_equal(mine, theirs, err_msg=f"{part}.{column.name}")


@every
def test_it_is_deterministic_and_the_same_on_every_engine(name: str) -> None:
    scenario = tiny(given(name))
    runs = [played(scenario, engine) for engine in (*ENGINES, default())]
    for run in runs[1:]:
        same(runs[0], run)


@every
def test_it_tells_its_moments_in_order_and_within_the_run(name: str) -> None:
    scenario = tiny(given(name, start="30min"))
    moments = [event.time_us for event in played(scenario).events]
    assert moments == sorted(moments)
    assert all(30 * MINUTE <= moment <= scenario.horizon for moment in moments)


@every
def test_what_it_says_in_its_own_words_fits_a_label(name: str) -> None:
    """A reason brings its own words for it; those of somebody who gave words only are cut, and show it."""
    for event in played(tiny(given(name))).events:
        if isinstance(event, Noted | AnalysisSaid):
            assert event.reason.brief or event.reason.code == SAID, f"{event.reason.code} has no brief wording"
            assert 0 < len(short(event)) <= LONGEST, short(event)


@every
def test_no_truth_can_be_reached_from_it(name: str) -> None:
    scenario = tiny(given(name))
    block = block_of(scenario.seed, scenario.horizon, scenario.factory.arrivals.every)
    phones = block.phones
    truth: dict[str, Any] = {
        "ratio": phones.ratio, "defective": phones.defective, "what inspectors see": block.columns.human.view,
        "audit uniforms": phones.u_audit, "arm uniforms": phones.u_arm, "evidence noise": block.columns.human.z,
    }  # fmt: skip
    truth = {what: column.astype(np.float64) for what, column in truth.items()}
    images = image_log(scenario, scenario.strategies, versions(), len(phones))
    images.add(phones, block.columns.score, block.logging)
    simulation = StrategySimulation(
        scenario, scenario.strategies[0], versions(), default(), block, Records.of(phones), images
    )
    for hour in (1, 3):
        simulation.advance(hour * HOUR)
        assert leaks(simulation.controller._playbook, truth) == set()


@every
def test_without_any_label_it_comes_to_the_end(name: str) -> None:
    nobody_knows = {"of_passes": "0%", "of_rejects": "0%"}
    returns = {"of_escapes": "0%", "of_good": "0%"}
    run = played(tiny(given(name), audits=nobody_knows, returns=returns))
    assert len(run.log.phones.verdict_us) > 600


@every
def test_without_any_phone_it_comes_to_the_end(name: str) -> None:
    """The only phone passes before the rollout starts."""
    factory = {"arrivals": {"kind": "takt", "every": "3h"}, "defect_rate": "20%"}
    run = played(tiny(given(name, start="190min"), horizon="350min", factory=factory))
    assert len(run.log.phones.verdict_us) <= 2


def settings_of(name: str) -> list[str]:
    return [field for field in PATTERNS[name].model_fields if field not in Strategy.model_fields]


@every
@pytest.mark.parametrize("extreme", ["0s", "10000d", 0, 10**9, 1e-9, "100%"])
def test_an_extreme_setting_is_refused_or_comes_to_the_end(name: str, extreme: Any) -> None:
    """Waits of no length above all: a playbook that does not wait would never end."""
    ran = 0
    for setting in settings_of(name):
        try:
            scenario = tiny(given(name, **{setting: extreme}), horizon="40min")
        except sim.ScenarioError:
            continue
        ran += 1
        same(played(scenario), played(scenario))
    assert ran <= len(settings_of(name))


@every
def test_it_can_be_written_down_and_read_again(name: str) -> None:
    scenario = tiny(given(name))
    again = sim.build(**scenario.model_dump(mode="json"))
    assert again == scenario
    assert again.strategies[0].settings() == scenario.strategies[0].settings()
    assert type(again.strategies[0]) is PATTERNS[name]


@every
def test_its_dry_run_ends_and_says_who_decides_what(name: str) -> None:
    scenario = tiny(given(name, start="10min"))
    moments = dry_run(scenario.resolved(scenario.strategies[0]), scenario.horizon)
    times = [moment.event.time_us for moment in moments]
    assert times == sorted(times)
    assert all(10 * MINUTE <= time <= scenario.horizon for time in times)
    assert all(0.0 <= share <= 100.0 for moment in moments for share in (moment.share, moment.mirrored))


@every
def test_it_is_documented_to_its_last_setting(name: str) -> None:
    words = inspect.getdoc(PATTERNS[name]) or ""
    first = words.split("\n")[0]
    assert len(first) > 15
    assert first.endswith(".")
    for setting in settings_of(name):
        described = PATTERNS[name].model_fields[setting].description
        assert described or re.search(rf"`{setting}`", words), f"{name} does not say what {setting} is"


@pytest.mark.parametrize("stable", ["nobody", "v1", "humans"])
@every
def test_it_needs_inspectors_where_it_says_so_and_nowhere_else(name: str, stable: str) -> None:
    """With nobody rostered it is refused, or every phone finds its way without them."""
    nobody_there = given(name, staff=0, stable=stable)
    strategy = tiny({**nobody_there, "staff": 1}).strategies[0]
    needs_people = strategy.declared.needs_people(tiny({**nobody_there, "staff": 1}).resolved(strategy))
    if needs_people:
        with pytest.raises(sim.ScenarioError, match="at least one inspector"):
            tiny(nobody_there)
        return
    run = played(tiny(nobody_there))
    due = 4 * HOUR - 10 * MINUTE
    early = run.log.phones.verdict_us[: due // (20 * 1_000_000)]
    assert (early >= 0).all()
    people = (DecidedBy.HUMAN, DecidedBy.REVIEW, DecidedBy.ASSISTED, DecidedBy.FALLBACK)
    assert not np.isin(run.log.phones.decided_by, people).any()


#: Of these `people` depends on the strategy's stable decider alone, or not at all.
@pytest.mark.parametrize("name", [name for name in NAMES if name in PATTERNS.ours()])
def test_ours_say_whether_they_need_people(name: str) -> None:
    assert PATTERNS[name].declared.people is not None


@every
def test_where_it_says_that_it_needs_inspectors_some_phone_is_theirs(name: str) -> None:
    strategy = tiny(given(name, stable="nobody")).strategies[0]
    if strategy.declared.people is True:
        run = played(tiny(given(name, stable="nobody")))
        people = (DecidedBy.HUMAN, DecidedBy.REVIEW, DecidedBy.ASSISTED)
        assert np.isin(run.log.phones.decided_by, people).any()


def test_lists_show_ours_in_an_order_of_their_own() -> None:
    places = [PATTERNS._places[name] for name in PATTERNS.ours() if PATTERNS._places[name] < math.inf]
    assert places == sorted(set(places))
    assert [name for name in PATTERNS if name in NAMES][-4:] == ["acme_desk", "acme_leap", "acme_ramp", NOTEBOOK]


@every
def test_it_can_be_drawn_as_it_would_like(name: str) -> None:
    appearance = PATTERNS[name].declared.appearance
    if appearance is not None:
        MarkerStyle(appearance.marker)
        assert all(length > 0 for length in appearance.dash)


def test_two_that_always_look_the_same_do_not_share_a_colour() -> None:
    looks = [PATTERNS[name].declared.appearance for name in PATTERNS.ours()]
    always = [look.colour for look in looks if isinstance(look, Appearance) and look.always]
    assert len(always) == len(set(always)) == 7
