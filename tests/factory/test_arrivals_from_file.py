"""Arrivals from a file: due when it says, once or again and again, in blocks of any size and on both engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from whole_runs import run_strategy, whole_world

import sim
from sim.document import ScenarioError
from sim.experiment.world_block import world_blocks, world_is_made_of
from sim.factory.arrivals import FromFile
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World
from sim.line.engines import ENGINES
from sim.units import HOUR, SECOND

SECONDS = [3.0, 3.0, 10.5, 61.25, 61.25, 100.0]
DAY_OF_MOMENTS = """\
serial,due
A1,2026-03-02T06:00:00{zone}
A2,2026-03-02T06:00:20.5{zone}
A3,2026-03-02 23:59:59{zone}
A4,2026-03-03T00:00:01{zone}
"""
MOMENTS_US = [6 * HOUR, 6 * HOUR + 20_500_000, 24 * HOUR - SECOND, 24 * HOUR + SECOND]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "due.csv"
    path.write_text("\n".join(map(str, SECONDS)) + "\n")
    return path


def arrivals(file: Path, **more: Any) -> FromFile:
    return FromFile.model_validate({"kind": "file", "file": str(file), **more})


def due(given: FromFile, *counts: int) -> list[int]:
    world = World(Factory(arrivals=given), (), Streams(3, 0))
    return [t for count in counts for t in world.take(count).due_us.tolist()]


def test_phones_are_due_when_the_file_says_and_then_no_more(file: Path) -> None:
    once = arrivals(file)
    expected = [int(each * SECOND) for each in SECONDS]
    assert due(once, 6) == expected
    world = World(Factory(arrivals=once), (), Streams(3, 0))
    assert world.until(50 * HOUR).due_us.tolist() == expected
    assert [once.expected(t) for t in (0, 3 * SECOND, 3 * SECOND + 1, HOUR)] == [0, 0, 2, 6]


def test_a_file_repeats(file: Path) -> None:
    again = arrivals(file, repeat="2min")
    expected = [int((each + 120 * lap) * SECOND) for lap in range(3) for each in SECONDS]
    assert due(again, 18) == expected
    for horizon in range(0, 300 * SECOND, 500_000):
        assert again.expected(horizon) == sum(t < horizon for t in expected)


@pytest.mark.parametrize("repeat", [None, "101s", "2min"])
@pytest.mark.parametrize("size", [1, 2, 5, 7, 1000])
def test_blocks_of_any_size_hold_the_same_phones(file: Path, repeat: str | None, size: int) -> None:
    given, horizon = arrivals(file, repeat=repeat), 10 * 60 * SECOND
    assert due(given, 1, 0, 4, 7) == due(given, 12)
    blocks = list(World(Factory(arrivals=given), (), Streams(3, 0)).blocks(horizon, size))
    cut = [t for phones, _ in blocks for t in phones.due_us.tolist()]
    assert cut == World(Factory(arrivals=given), (), Streams(3, 0)).until(horizon).due_us.tolist()
    assert len(cut) == given.expected(horizon)
    assert blocks[-1][1] == horizon


@pytest.mark.parametrize("zone", ["", "Z", "+02:00"])
def test_moments_begin_at_the_midnight_before_them_or_at_a_start(zone: str, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(DAY_OF_MOMENTS.format(zone=zone))
    assert arrivals(file, column="due").read().tolist() == MOMENTS_US
    later = arrivals(file, column="due", start=f"2026-03-02T05:30{zone}")
    assert later.read().tolist() == [t - 5 * HOUR - HOUR // 2 for t in MOMENTS_US]


@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize("unit", ["s", "ns"])
def test_moments_of_parquet(zone: str | None, unit: str, tmp_path: Path) -> None:
    moments = np.array(["2026-03-02T06:00:00", "2026-03-02T06:00:20"], dtype=f"datetime64[{unit}]")
    pq.write_table(pa.table({"due": pa.array(moments, pa.timestamp(unit, zone))}), tmp_path / "log.parquet")
    assert arrivals(tmp_path / "log.parquet").read().tolist() == [6 * HOUR, 6 * HOUR + 20 * SECOND]


MOMENTS = DAY_OF_MOMENTS.format(zone="").replace("serial,", "").replace("A1,", "").replace("A2,", "")
MOMENTS = MOMENTS.replace("A3,", "").replace("A4,", "")
WRONG = {
    "not in order": ("3\n5\n4\n", "", "file: .*row 3 is earlier than the one before: sort the file by time"),
    "negative": ("-3\n5\n", "", "file: .*a time is not negative; found -3 in row 1"),
    "no moment": ("2026-03-02T06:00\nlater\n", "", "file: .*a moment like the first one, .* found 'later' in row 2"),
    "moments and seconds": ("2026-03-02T06:00\n21600\n", "", "file: .*a moment like the first one, .* found '21600'"),
    "some with an offset": ("2026-03-02T06:00\n2026-03-02T06:01Z\n", "", "file: .*a moment like the first one"),
    "seconds from a start": ("3\n5\n", "start: 2026-03-02T00:00", "start: .*holds seconds since .* leave start out"),
    "no start": (MOMENTS, "start: monday", "start: 'monday' is no moment such as 2026-03-02T06:00"),
    "start too late": (MOMENTS, "start: 2026-03-02T07:00", "start: the first phone of .* is due before, on 2026-03-02T06"),
    "offset of start alone": (MOMENTS, "start: 2026-03-02T05:00Z", "start: .*start says how far from UTC it is, and"),
    "after all time": ("2026-03-02T06:00\n9999-01-01T00:00\n", "", "start: .*phones later than"),
    "again too soon": ("3\n5\n", "repeat: 5s", "repeat: the last of the file's phones is due 5s after the start: longer"),
    "none before the horizon": ("7200\n", "", "horizon: no phone is due before the horizon"),
    "gone": (None, "", "file: there is no file"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_file_is_refused_once_at_its_place(what: str, tmp_path: Path) -> None:
    text, more, message = WRONG[what]
    yaml = tmp_path / "line.yaml"
    yaml.write_text(
        "driftline: 1\nhorizon: 1h\nfactory:\n  arrivals:\n    kind: file\n    file: due.csv\n"
        f"    {more}\nstrategies: [{{pattern: manual}}]\n"
    )
    if text is not None:
        (tmp_path / "due.csv").write_text(text)
    with pytest.raises(ScenarioError, match=message.partition(": ")[2]) as refused:
        sim.load(yaml)
    (problem,) = refused.value.problems
    assert problem.loc[-1] == message.partition(":")[0]
    assert str(refused.value).startswith(f"{yaml}:")


def scenario(file: Path, **changes: Any) -> Any:
    looks = file.with_name("looks.csv")
    looks.write_text("s\n4\n9\n31\n")
    settings: dict[str, Any] = {
        "horizon": "1h",
        "seed": 5,
        "factory": {"arrivals": {"kind": "file", "file": str(file), "repeat": "101s"}, "defect_rate": "10%"},
        "inspectors": {"count": 1, "buffer": 2, "service": {"law": "empirical", "file": str(looks)}},
        "models": {},
        "deployment": {"candidate": "humans"},
        "strategies": [{"pattern": "manual"}],
    }
    return sim.build(**settings | changes)


def test_both_engines_run_a_file_bit_for_bit(file: Path) -> None:
    given = scenario(file)
    block = whole_world(given, {}, 0)
    first, *others = (run_strategy(given, given.strategies[0], {}, block, engine) for engine in ENGINES)
    assert set(first.log.looks.end_us - first.log.looks.start_us) >= {4 * SECOND, 9 * SECOND, 31 * SECOND}
    for other in others:
        assert first.log.differences(other.log) == []
        assert (first.events, first.routes) == (other.events, other.routes)
    cut = np.concatenate([each.phones.due_us for each in world_blocks(given, {}, 0, 13)])
    assert cut.tolist() == block.phones.due_us.tolist()


def test_a_worlds_key_holds_the_files_content(file: Path) -> None:
    before = world_is_made_of(scenario(file), 0)
    file.write_text(file.read_text().replace("10.5", "10.6"))
    after = world_is_made_of(scenario(file), 0)
    assert before["factory"] != after["factory"]
    assert before["looks"] == after["looks"]
