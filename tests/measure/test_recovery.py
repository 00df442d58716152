"""Recovery, on timelines made by hand: six bins a day, a hundred defective phones in each."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.measure.recovery import recovery
from sim.measure.timeline import Timeline
from sim.units import DAY


def timeline(*daily: float, replications: int = 3) -> Timeline:
    """Return a timeline with these shares of a day's defective phones escaped."""
    bins = 6 * len(daily)
    escaped = np.tile(np.repeat([round(100 * share) for share in daily], 6), (replications, 1))
    nothing = np.zeros_like(escaped)
    return Timeline(
        np.arange(bins + 1) * DAY // 6, np.full_like(escaped, 100), escaped, nothing, nothing, nothing, nothing, {}, {}, {},
        nothing, nothing, nothing,
    )  # fmt: skip


def after(*daily: float, at: int = 2) -> float:
    found = recovery(timeline(*daily), (0, at * DAY), at * DAY, len(daily) * DAY)
    assert found is not None
    return found.days


def test_it_is_back_after_the_first_day_from_which_it_stays_back():
    assert after(0.2, 0.2, 0.4, 0.4, 0.2, 0.2, 0.2) == pytest.approx(2 + 1, abs=0.5)
    assert after(0.2, 0.2, 0.4, 0.2, 0.4, 0.2, 0.2) == pytest.approx(3 + 1, abs=0.5)  # it had not come to stay


def test_a_quarter_more_is_back_and_a_little_more_is_not():
    assert after(0.2, 0.2, 0.4, 0.25, 0.25) == pytest.approx(2.0, abs=0.2)
    assert math.isnan(after(0.2, 0.2, 0.4, 0.26, 0.26))


def test_what_was_never_worse_needs_no_time():
    assert after(0.2, 0.2, 0.2, 0.22, 0.1) == 0.0


def test_the_figures():
    found = recovery(timeline(0.2, 0.2, 0.5, 0.3, 0.25), (0, 2 * DAY), 2 * DAY, 5 * DAY)
    assert (found.before, found.worst, found.last) == pytest.approx((0.2, 0.5, 0.25))
    assert found.ratio.mean == pytest.approx(1.25)


def test_without_a_day_on_either_side_there_is_nothing_to_say():
    assert recovery(timeline(0.2, 0.2), (0, 2 * DAY), 2 * DAY - 1, 2 * DAY) is None
    assert recovery(timeline(0.2, 0.2), (0, 0), 0, 2 * DAY) is None


def test_after_ends_with_the_next_drift():
    found = recovery(timeline(0.2, 0.2, 0.4, 0.2, 0.2, 0.9), (0, 2 * DAY), 2 * DAY, 5 * DAY)
    assert found.worst == pytest.approx(0.4)
    assert found.is_back


def test_last_over_before_is_the_ratio_of_sums() -> None:
    """A replication with two defective phones on the last day weighed as much as one with two hundred."""
    uneven = timeline(0.2, 0.2, 0.5, 0.3, 0.3)
    uneven.defective[0, -6:], uneven.escaped[0, -6:] = 1, 1
    found = recovery(uneven, (0, 2 * DAY), 2 * DAY, 5 * DAY)
    assert found.ratio.mean == pytest.approx(found.last / found.before)
    assert found.ratio.low < found.ratio.mean < found.ratio.high


def test_a_replication_without_a_defective_phone_on_the_last_day_is_not_lost() -> None:
    bare = timeline(0.2, 0.2, 0.5, 0.3, 0.3)
    bare.defective[0, -6:], bare.escaped[0, -6:] = 0, 0
    found = recovery(bare, (0, 2 * DAY), 2 * DAY, 5 * DAY)
    assert found.ratio.mean == pytest.approx(1.5)
    assert math.isfinite(found.ratio.high)


def test_without_an_escape_before_or_after_the_ratio_has_a_bound_or_none() -> None:
    gone = recovery(timeline(0.2, 0.2, 0.5, 0.0), (0, 2 * DAY), 2 * DAY, 4 * DAY)
    assert (gone.ratio.mean, gone.ratio.low) == (0.0, 0.0)
    assert 0.0 < gone.ratio.high < 0.1
    new = recovery(timeline(0.0, 0.0, 0.5, 0.2), (0, 2 * DAY), 2 * DAY, 4 * DAY)
    assert math.isnan(new.ratio.mean)
    assert new.ratio.high == math.inf


def test_replications_that_share_a_version_are_pooled_by_history() -> None:
    """Replications 0, 2 and 4 met one version, which keeps up, and the others one that does not."""
    shared = timeline(0.2, 0.2, 0.5, 0.3, 0.3, replications=6)
    shared.escaped[1::2, -6:] += 30
    summed = timeline(0.2, 0.2, 0.5, 0.3, 0.3, replications=2)
    for name in ("escaped", "defective"):
        getattr(summed, name)[:] = getattr(shared, name).reshape(3, 2, -1).sum(axis=0)
    when = (0, 2 * DAY), 2 * DAY, 5 * DAY
    found, alone = recovery(shared, *when, histories=2), recovery(shared, *when)
    assert found is not None
    assert alone is not None
    assert repr(found) == repr(recovery(summed, *when))
    assert found.ratio.mean == pytest.approx(alone.ratio.mean)
    assert (found.ratio.n, alone.ratio.n) == (2, 6)
    assert found.ratio.high > alone.ratio.high
