"""Units read what people write, refuse what they can't have meant, and write what reads back identically."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from sim import units
from sim.units import DAY, HOUR, MINUTE, MS, SECOND, WEEK


class Everything(BaseModel):
    duration: units.Duration = Field("2h", validate_default=True)  # type: ignore[assignment]
    positive: units.PositiveDuration = Field("90s", validate_default=True)  # type: ignore[assignment]
    share: units.Share = Field("5%", validate_default=True)  # type: ignore[assignment]
    percent: units.Percent = 5.0
    factor: units.Factor = 1.0
    money: units.Money = Field("$1.50", validate_default=True)  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20us", 20), ("150ms", 150 * MS), ("90s", 90 * SECOND), ("45min", 45 * MINUTE), ("45m", 45 * MINUTE),
        ("2h", 2 * HOUR), ("1.5h", 90 * MINUTE), ("3d", 3 * DAY), ("2w", 2 * WEEK), ("1d 6h", 30 * HOUR),
        ("1d6h", 30 * HOUR), (" 2 h ", 2 * HOUR), ("0.5us", 1), ("0.4us", 0), ("1.1ms", 1100),
        (0, 0), ("0", 0),
    ],
)  # fmt: skip
def test_durations(text: object, expected: int) -> None:
    assert units.parse_duration(text) == expected


@pytest.mark.parametrize("bare", [90, "90", 90.0])
def test_a_duration_without_unit_is_refused(bare: object) -> None:
    with pytest.raises(ValueError, match="the unit is missing: write '90min', '90s' or '90h'"):
        units.parse_duration(bare)


@pytest.mark.parametrize(
    "wrong",
    [-3, "-3h", "- 3h", True, False, None, math.nan, math.inf, "", "h", "2 hours", "4.5 sec0nds", "1e3s",
     "2h 5", "٣h", [1], {}, "99999999d",
     pytest.param(10**6000, id="huge"), pytest.param("1" * 5000 + "h", id="long")],
)  # fmt: skip
def test_what_is_no_duration(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"expected a duration|too long"):
        units.parse_duration(wrong)


def test_a_positive_duration_is_at_least_a_microsecond() -> None:
    assert units.parse_positive_duration("0.5us") == 1
    for nothing in (0, "0s", "0.4us"):
        with pytest.raises(ValueError, match="longer than 0"):
            units.parse_positive_duration(nothing)


def test_a_wrong_unit_is_answered_with_the_units() -> None:
    with pytest.raises(ValueError, match="the units are us, ms, s, min, h, d and w"):
        units.parse_duration("2 hours")


def test_decimal_scaling() -> None:
    assert units.parse_share("1.1%") == 0.011 != 1.1 * 0.01
    assert units.parse_factor("110%") == 1.1


@pytest.mark.parametrize(
    ("parse", "given", "expected"),
    [
        (units.parse_share, "5%", 0.05), (units.parse_share, 0.05, 0.05), (units.parse_share, "0.05", 0.05),
        (units.parse_share, 1, 1.0), (units.parse_share, "1e-3", 0.001), (units.parse_percent, 5, 5.0),
        (units.parse_percent, 0.5, 0.5), (units.parse_percent, "5 %", 5.0), (units.parse_percent, "5", 5.0),
        (units.parse_factor, "80%", 0.8), (units.parse_factor, 2, 2.0), (units.parse_factor, 0, 0.0),
        (units.parse_money, "$1.50", 1.5), (units.parse_money, "$ 2", 2.0), (units.parse_money, 1.5, 1.5),
    ],
)  # fmt: skip
def test_numbers(parse: object, given: object, expected: float) -> None:
    assert parse(given) == expected  # type: ignore[operator]


@pytest.mark.parametrize("parse", [units.parse_share, units.parse_percent, units.parse_factor, units.parse_money])
@pytest.mark.parametrize("wrong", [True, None, math.nan, math.inf, -math.inf, -1, "-1", "x", "", [], 10**400, "1e999"])
def test_what_is_no_number(parse: object, wrong: object) -> None:
    with pytest.raises(ValueError, match=r"expected .* such as .*, found "):
        parse(wrong)  # type: ignore[operator]


def test_a_share_above_one_was_percent() -> None:
    with pytest.raises(ValueError, match=r"found the number 5 \(did you mean '5%'\?\)"):
        units.parse_share(5)


def test_negative_zero_is_zero() -> None:
    assert math.copysign(1.0, units.parse_factor(-0.0)) == 1.0


@given(st.integers(0, units.LONGEST))
def test_every_duration_reads_back(us: int) -> None:
    assert units.parse_duration(units.format_duration(us)) == us


@given(st.floats(0.0, 1.0), st.floats(0.0, 100.0), st.floats(0.0, 1e299), st.integers(1, units.LONGEST))
def test_a_dump_reads_back_identically(share: float, percent: float, large: float, us: int) -> None:
    whole = Everything.model_construct(
        duration=us, positive=us, share=share, percent=percent, factor=large, money=large
    )
    assert Everything.model_validate(json.loads(whole.model_dump_json())) == whole


@given(st.floats(0.0, 1.0).filter(lambda share: share == 0.0 or share > 1e-300))
def test_every_share_has_an_exact_percentage(share: float) -> None:
    assert units.parse_share(units.format_share(share)) == share


def test_formats() -> None:
    durations = (0, 2 * HOUR, 30 * HOUR, 150 * MS, 4500 * MS, 90 * SECOND, 20)
    texts = ["0s", "2h", "1d 6h", "150ms", "4.5s", "1min 30s", "20us"]
    assert [units.format_duration(us) for us in durations] == texts
    assert units.format_share(0.05) == "5%"
    assert units.format_moment(0) == "day 1 00:00"
    moment = 2 * DAY + 6 * HOUR + 10 * MINUTE + 5 * SECOND
    assert units.format_moment(moment) == "day 3 06:10"
    assert units.format_moment(moment, seconds=True) == "day 3 06:10:05"


def test_a_dump_is_what_people_write() -> None:
    assert Everything().model_dump(mode="json") == {
        "duration": "2h", "positive": "1min 30s", "share": "5%",
        "percent": 5.0, "factor": 1.0, "money": "$1.50",
    }  # fmt: skip
    assert Everything().duration == 2 * HOUR


def test_models_refuse_bare_microseconds() -> None:
    with pytest.raises(ValidationError, match="the unit is missing"):
        Everything(duration=7_200_000_000)


def test_json_schema_describes_each_unit() -> None:
    properties = Everything.model_json_schema()["properties"]
    for name, schema in properties.items():
        assert schema["description"], name
        assert schema["examples"], name


@pytest.mark.parametrize("name", list(Everything.model_fields))
def test_examples_of_the_schema_are_accepted_by_parser_and_pattern(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = Everything.model_json_schema()["properties"][name]
    for example in schema["examples"]:
        Everything.model_validate({name: example})
        jsonschema.validate(example, schema)
    for wrong in (True, "x", -1, []):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
