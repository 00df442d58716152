"""A trial in words: what a page hears of the phones that it deals out, and of what a visitor's answers come to."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from sim.apps.me import HANDLING_S, Me
from sim.apps.state import MOST_SEED
from sim.apps.trial import (
    DEFECTIVE,
    FEWEST,
    FEWEST_WRONG,
    PHONES,
    WRONG,
    Look,
    Trial,
    light_at,
    looks_in,
    shows,
)
from sim.document import checks_failed
from sim.scenario import Scenario
from sim.stats.detection import Answers, Bias, Detection, bias, detection
from sim.stats.intervals import Interval

SEEMS = ("much smaller than", "smaller than", "about as large as", "larger than", "much larger than")


def dealt(scenario: Scenario, clock_s: int, heard: Mapping[str, Any]) -> dict[str, Any]:
    """Return the next hand of a trial's phones; a page that names no seed gets one that nobody knows.

    Examples
    --------
    >>> from sim.scenario import build
    >>> told = dealt(build(), 0, {"trial": 5, "first": 0})
    >>> told["trial"], len(told["phones"]), told["light"]["brightness"]
    (5, 12, 1.0)
    """
    light = light_at(scenario, float(clock_s))
    seed = secrets.randbelow(MOST_SEED) if heard.get("trial") is None else _whole(heard, "trial", MOST_SEED)
    first = _whole(heard, "first", PHONES)
    return {
        "trial": seed,
        "first": first,
        "phones": Trial.of(scenario, seed).dealt(first, shown=shows(light)),
        "kinds": list(scenario.factory.kind_names()),
        "seems": SEEMS,
        "light": light,
        "about": {"defective": DEFECTIVE, "wrong": WRONG, "fewest": FEWEST},
    }


def _whole(heard: Mapping[str, Any], name: str, most: int) -> int:
    given = heard.get(name, 0)
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= most:
        raise checks_failed(None, [((name,), f"expected a whole number from 0 to {most:,}")])
    return given


def summed_up(scenario: Scenario, heard: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a trial's answers come to, in numbers and words.

    Examples
    --------
    >>> from sim.scenario import build
    >>> told = summed_up(build(), {"trial": 5, "answers": [[0, 1, 0, 900]]})
    >>> told["me"], told["title"]
    (None, 'Too few phones to say what kind of an inspector you are.')
    """
    trial = Trial.of(scenario, _whole(heard, "trial", MOST_SEED))
    looks = looks_in(heard.get("answers"))
    alone = [look for look in looks if not look.advised]
    at_alarms, at_passes = trial.advised(looks)
    counted = trial.answers(alone)
    told: dict[str, Any] = {"rows": _rows(trial, alone, [*at_alarms, *at_passes]), "bells": [], "me": None}
    words = []
    if min(counted.bad, counted.good) < FEWEST:
        told["title"] = "Too few phones to say what kind of an inspector you are."
        words.append(
            f"Without advice you judged {counted.bad} defective and {counted.good} good phones: below {FEWEST} of "
            "each nothing can be said of a d′."
        )
    else:
        found = detection(counted)
        seconds = fmean(look.ms for look in alone) / 1000.0
        me = Me.of(found.d_prime.mean, found.criterion.mean, seconds)
        told["me"] = me.text
        kind = f"a d′ of {_signed(found.d_prime.mean)} and a criterion of {_signed(found.criterion.mean)}"
        told["title"] = f"You inspect with {kind}."
        if found.d_prime.mean < 0.0:
            words.append("You rejected good phones oftener than defective ones: on the line this counts as a d′ of 0.")
        told["bells"] = _bells(scenario, found)
        words += _of_you(scenario, found, counted, seconds)
    words.append(_of_bias(counted, trial.answers(at_alarms), trial.answers(at_passes)))
    words.append(
        f"Drawn phones are not a factory. Of these {100 * DEFECTIVE:.0f} % were defective, on the line "
        f"{100 * scenario.factory.defect_rate:.1f} % are: where defects are rare people reject less and miss more "
        "(Wolfe 2005). Borderline phones, about which inspectors disagree, were left out."
    )
    told["words"] = words
    return told


def _of_you(scenario: Scenario, found: Detection, counted: Answers, seconds: float) -> list[str]:
    d_prime, criterion, people = found.d_prime, found.criterion, scenario.inspectors
    count = counted.bad + counted.good
    told = [
        f"The 95 % interval of your d′ is {_span(d_prime)}, that of your criterion {_span(criterion)}: {count} phones "
        "say no more. Of a hundred people who try, about 95 have their own d′ within theirs."
    ]
    if d_prime.low > people.d_prime:
        against = "You tell good from bad better than"
    elif d_prime.high < people.d_prime:
        against = "You tell good from bad less well than"
    else:
        against = "So it cannot be told whether you see more or less than"
    leans = "Whether you lean to passing or to rejecting cannot be told."
    if criterion.low > 0:
        leans = "In doubt you pass."
    elif criterion.high < 0:
        leans = "In doubt you reject."
    return [
        *told,
        f"{against} this factory’s inspectors with their d′ of {people.d_prime:g} and criterion of "
        f"{people.criterion:g}. {leans}",
        f"A look took you {seconds:.1f} s; on the line come {HANDLING_S:g} s for handling each phone.",
    ]


def _of_bias(alone: Answers, at_alarms: Answers, at_passes: Answers) -> str:
    wrong_alarms, wrong_passes = at_alarms.good, at_passes.bad
    if not wrong_alarms + wrong_passes:
        return "You had no wrong advice, so nothing can be said of automation bias."
    moved: Bias = bias(alone, at_alarms, at_passes)
    told = [
        _followed(
            f"rejected {at_alarms.false_alarms} of {wrong_alarms} good phones at a wrong alarm",
            *(alone.false_alarms, alone.good, moved.commission, wrong_alarms),
        ),
        _followed(
            f"passed {at_passes.misses} of {wrong_passes} defective ones at a wrong pass",
            *(alone.misses, alone.bad, moved.omission, wrong_passes),
        ),
    ]
    shift = ""
    if moved.shift.low > 0:
        shift = f" An alarm lowered your criterion by {moved.shift.mean:.1f} ({_span(moved.shift)}) against a pass."
    return f"Automation bias: you {told[0]}; you {told[1]}.{shift}"


def _followed(what: str, plain: int, of_plain: int, more: Interval, wrong: int) -> str:
    if wrong < FEWEST_WRONG or not of_plain:
        return f"{what}, which is too few to say more"
    ends = f"{100 * more.low:+.0f} to {100 * more.high:+.0f} points".replace("-", "−")
    sure = "" if more.excludes_zero else ", which may be chance"
    return f"{what}, without advice {plain} of {of_plain} ({ends}{sure})"


def _rows(trial: Trial, alone: Sequence[Look], advised: Sequence[Look]) -> list[dict[str, str]]:
    right = [look for look in advised if trial.advice[look.phone] == trial.defective[look.phone]]
    wrong = [look for look in advised if trial.advice[look.phone] != trial.defective[look.phone]]
    rows = []
    for say, looks in (("Without advice", alone), ("With right advice", right), ("With wrong advice", wrong)):
        found = trial.answers(looks)
        rows.append({
            "say": say,
            "hits": f"{found.hits} of {found.bad}",
            "misses": f"{found.misses} of {found.bad}",
            "false_alarms": f"{found.false_alarms} of {found.good}",
            "time": f"{fmean(look.ms for look in looks) / 1000:.1f} s" if looks else "–",
        })  # fmt: skip
    return rows


def _bells(scenario: Scenario, found: Detection) -> list[dict[str, Any]]:
    """Return whose bells are drawn: in standard deviations of one look, good phones left and bad ones right."""
    people = scenario.inspectors
    return [
        {"say": "You", "d_prime": max(found.d_prime.mean, 0.0), "criterion": found.criterion.mean,
         "low": found.criterion.low, "high": found.criterion.high},
        {"say": "This factory’s inspectors", "d_prime": people.d_prime, "criterion": people.criterion},
    ]  # fmt: skip


def _signed(value: float) -> str:
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "−")  # nobody leans by −0.0


def _span(found: Interval) -> str:
    return f"{_signed(found.low)} to {_signed(found.high)}"
