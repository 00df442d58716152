"""Scoring alarms on a line: right and false ones, the ends of the scale, and any number of workers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sim
from sim.comparisons import detectors as detecting
from sim.comparisons.detectors import ALWAYS, NEVER, episodes
from sim.comparisons.detectors_table import print_detectors
from sim.factory.drift.profiles.blip import Blip
from sim.factory.drift.profiles.recurring import Recurring
from sim.factory.drift.profiles.sudden import Sudden
from sim.units import DAY

DARK = {"kind": "cusum", "mean": 1.0, "sd": 0.02, "k": 2.0, "polarity": "fall", "arl0": 1e8}
LAMP = {"what": "camera.brightness", "profile": "sudden", "at": "30h", "to": 0.8}


def line(**settings: Any) -> Any:
    return sim.build(**{
        "horizon": "3d", "seed": 3, "replications": 3, "models": {"v1": {"training": {"phones": 3000}}},
        "drift": [{**LAMP, "cleaning": True}],
        "strategies": [
            {"pattern": "full_automation", "alarms": [
                {"name": "sees it", "watch": "brightness", "detector": DARK, "then": "clean"},
                {"name": "asleep", "watch": "brightness", "detector": {"kind": "never"}},
            ]},
        ], **settings,
    })  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> dict[str, detecting.Watched]:
    return {row.alarm: row for row in detecting.table(line(), workers=1)}


def test_right_alarms_are_right_and_in_time(rows):
    assert (rows["sees it"].far, rows["sees it"].recall) == (0.0, 1.0)
    assert rows["sees it"].delays_h.tolist() == [1.0] * 3
    assert rows["asleep"].recall == 0.0


def test_between_the_ends_of_the_scale(rows):
    assert (rows[NEVER].far, rows[NEVER].recall, len(rows[NEVER].delays_h)) == (0.0, 0.0, 0)
    # It alarms with the first look, and after each quiet day: at 1, 26 of the 30 calm hours.
    assert rows[ALWAYS].far == pytest.approx(2 / (30 / 720))
    assert rows[ALWAYS].recall == 1.0


def test_nothing_is_done_about_an_alarm(rows):
    """The lens stays as it is, or the others would have nothing to find."""
    again = {row.alarm: row for row in detecting.table(line(horizon="4d"), workers=1)}
    assert again["sees it"].recall == 1.0
    assert list(rows) == ["sees it", "asleep", NEVER, ALWAYS]


def test_workers_change_nothing(rows):
    for row in detecting.table(line(), workers=2):
        np.testing.assert_equal(row.delays_h, rows[row.alarm].delays_h)
        assert row.far == rows[row.alarm].far


def test_when_a_drift_is_there():
    def hours(event: Any) -> list[tuple[float, float]]:
        return episodes(event, 3 * DAY)

    where = {"what": "camera.brightness", "to": 0.8}
    assert hours(Sudden(at="1d", **where)) == [(24.0, 72.0)]
    assert hours(Blip(profile="blip", at="1d", over="6h", **where)) == [(24.0, 30.0)]
    recurring = Recurring(profile="recurring", at="12h", over="6h", every="1d", **where)
    assert hours(recurring) == [(12.0, 18.0), (36.0, 42.0), (60.0, 66.0)]


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"strategies": [{"pattern": "stay"}]}, "no strategy has alarms"), ({"drift": []}, "nothing drifts")],
)
def test_nothing_to_score_is_told(settings, said):
    plain = {"name": "x", "watch": "brightness", "detector": DARK}
    given = {"strategies": [{"pattern": "full_automation", "alarms": [plain]}], **settings}
    with pytest.raises(sim.ScenarioError, match=said):
        detecting.table(line(**given))


@pytest.mark.parametrize("width", [80, 150])
def test_the_table_fits(rows, width):
    import io

    from rich.console import Console

    console = Console(width=width, record=True, file=io.StringIO())
    print_detectors(list(rows.values()), 1, 3, console)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= width
    assert "1 h" in text
