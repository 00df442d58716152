"""A camera that is stuck, and features that are missing: pictures move and the truth does not, in whatever blocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from sim.factory.camera_faults import FaultyCamera
from sim.factory.drift import PROFILES
from sim.factory.faults import Breakdowns, CameraNulls, CameraStuck, Trouble
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.units import HOUR, MINUTE

STUCK = CameraStuck(at="10min", lasts="5min")  # of a phone every 20 s: numbers 30 to 44
NULLS = CameraNulls(at="12min", lasts="10min", share="25%")
DUST = PROFILES["incremental"](
    what="camera.haze", profile="incremental", at="0s", over="1h", to=0.4, cleaning=True
)  # fmt: skip


def world(*faults: Trouble, drift: tuple = (), seed: int = 3) -> World:
    streams = Streams(seed, 0)
    return World(Factory(), drift, streams, camera=FaultyCamera.of(faults, streams, HOUR))


def columns(phones: Phones) -> Iterator[np.ndarray]:
    for name in (
        "due_us",
        "lot",
        "finish",
        "severity",
        "ratio",
        "u_arm",
        "u_mirror",
        "u_audit",
        "u_return",
        "return_z",
    ):
        yield getattr(phones, name)


def test_the_truth_and_every_draw_stay_as_they_are() -> None:
    plain, faulty = world().until(HOUR), world(STUCK, NULLS).until(HOUR)
    for one, other in zip(columns(plain), columns(faulty), strict=True):
        np.testing.assert_array_equal(one, other)


def test_while_it_is_stuck_every_phone_has_the_picture_of_the_last_one_before() -> None:
    plain, stuck = world().until(HOUR), world(STUCK).until(HOUR)
    away = (plain.due_us >= 10 * MINUTE) & (plain.due_us < 15 * MINUTE)
    (last, *_) = np.flatnonzero(away)
    assert 10 < away.sum() < 20
    assert (stuck.features[away] == plain.features[last - 1]).all()
    assert (stuck.features[~away] == plain.features[~away]).all()
    assert stuck.pictured.due_us[last] == plain.due_us[last - 1]
    assert world().until(HOUR).stuck is None


def test_a_camera_that_is_stuck_from_the_start_shows_the_first_phone() -> None:
    plain, stuck = world().until(HOUR), world(CameraStuck(at="0s", lasts="5min")).until(HOUR)
    away = plain.due_us < 5 * MINUTE
    assert away.sum() > 10
    assert (stuck.features[away] == plain.features[0]).all()
    assert (stuck.features[~away] == plain.features[~away]).all()


def test_a_frame_lasts_over_a_repair_that_no_phone_has_met() -> None:
    plain = world().take(40)
    before, after = (int(each) for each in plain.due_us[10:12])
    middle = (before + after) // 2
    # Stuck until between two phones, and again from then on: no picture was taken in between.
    camera = FaultyCamera(stuck=((before - 1, middle), (middle + 1, after + 1)), nulls=())
    stuck = World(Factory(), (), Streams(3, 0), camera=camera).take(40)
    assert (stuck.features[10:12] == plain.features[9]).all()


@pytest.mark.parametrize("size", [1, 7, 33, 44, 45])
def test_the_cuts_change_nothing(size: int) -> None:
    faults = (
        STUCK,
        NULLS,
        CameraStuck(at="16min", lasts="20min"),
        CameraNulls(breakdowns=Breakdowns(mtbf="9min", mttr="3min")),
    )
    whole, blocks = world(*faults, drift=(DUST,)), world(*faults, drift=(DUST,))
    expected = whole.until(HOUR)
    parts = [phones for phones, _ in blocks.blocks(HOUR, size)]
    np.testing.assert_array_equal(np.concatenate([part.features for part in parts]), expected.features)
    np.testing.assert_array_equal(np.concatenate([part.brightness for part in parts]), expected.brightness)
    cleaned = np.concatenate([blocks.cleaned(part, [11 * MINUTE, 20 * MINUTE]) for part in parts])
    np.testing.assert_array_equal(cleaned, whole.cleaned(expected, [11 * MINUTE, 20 * MINUTE]))


def test_cleaning_the_lens_moves_no_frame_that_was_taken_before() -> None:
    dusty = world(STUCK, drift=(DUST,))
    phones = dusty.until(HOUR)
    cleaned = dusty.cleaned(phones, [11 * MINUTE])
    stuck = (phones.due_us >= 10 * MINUTE) & (phones.due_us < 15 * MINUTE)
    later = phones.due_us >= 15 * MINUTE
    assert (cleaned[stuck] == phones.features[stuck]).all()
    assert (cleaned[later, 0] < phones.features[later, 0]).all()


def test_a_share_of_the_features_is_missing_and_never_the_finish() -> None:
    phones = world(CameraNulls(at="5min", lasts="50min", share="25%")).until(HOUR)
    away = (phones.due_us >= 5 * MINUTE) & (phones.due_us < 55 * MINUTE)
    missing = np.isnan(phones.features)
    assert not missing[~away].any()
    channels = len(Factory().kinds) + 2
    assert not missing[:, channels:].any()
    assert abs(missing[away, :channels].mean() - 0.25) < 0.04
    assert np.isfinite(phones.brightness).all()
    assert (phones.brightness[missing[:, channels - 2]] == 0.0).all(), "a team that reads it reads 0"
    all_of_them = world(CameraNulls(at="5min", lasts="50min")).until(HOUR)
    assert np.isnan(all_of_them.features[away, :channels]).all()


def test_another_fault_changes_no_draw_of_this_one() -> None:
    by_chance = CameraNulls(breakdowns=Breakdowns(mtbf="9min", mttr="3min"), share="30%")
    alone, together = world(by_chance).until(HOUR), world(CameraStuck(at="0s", lasts="1min"), by_chance).until(HOUR)
    np.testing.assert_array_equal(np.isnan(alone.features), np.isnan(together.features))
    assert np.isnan(alone.features).any()
