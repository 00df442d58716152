"""People who change: slower and faster ones, who tire, watch less closely, and reject less where defects are rare.

What somebody says of a phone is signal detection as in `sim.inspectors.human.detection`, with a criterion and a d' of
the moment (FACTS 1 and 7, where each default has its source):

- **criterion** ``c = c50 + own + s ln((1 - q)/q) + A (1 - exp(-t/tau)) + night``, with the share q of phones that one
  has rejected lately and the time t since the break (or the shift's start): the prevalence effect is the criterion's
  alone (Wolfe 2007), and so is the vigilance decrement;
- **sensitivity** ``d' = (d'0 + own)(1 - phi h)``, with the hours h on shift;
- **search**: a flaw is found at all with probability ``S = (1 - exp(-(t - 1)/tau_s)) / (1 - exp(-17/tau_s))``, at most
  1, in t seconds of looking at the usual pace (Drury's two components: search, then decide).

Engines evaluate the functions below at each look, with + - * / and comparisons alone; logarithms and exponentials are
read from tables that both share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Floats
from sim.units import DAY, HOUR, MINUTE, SECOND, PositiveDuration

HANDLING_US = 3 * SECOND  #: of a look, what is no looking (FACTS 7, assumption)
LEAST_FELT, MOST_FELT = 0.002, 0.5  #: how rare or frequent defects can feel
FELT_STEPS = 16_384  #: of the table of log odds, from 0 to 1
TIME_STEP_US = 5 * SECOND  #: of the table of the time since the break
LOOK_STEP_US = SECOND // 16  #: of the table of a look's length
FROM_NIGHT_US, UNTIL_NIGHT_US = 22 * HOUR, 6 * HOUR
#: Inspectors' labels of logged phones are those of somebody in the middle of a shift, an hour after the break.
TYPICAL_SHIFT_US, TYPICAL_REST_US = 5 * HOUR, HOUR

Spread = Annotated[float, Field(ge=0.0, le=2.0)]


class People(BaseModel):
    """How inspectors differ from each other, and from themselves some hours ago. They need shifts.

    Examples
    --------
    >>> people = People()
    >>> rare, frequent = (people.typical(share)[1] for share in (0.01, 0.1))
    >>> rare > frequent, people.typical(0.01)[0] == people.typical(0.1)[0]
    (True, True)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # FACTS 7 has 3.1 and -0.45 for clear defects that are always found, and for q as it truly is. With borderline ones,
    # search, and q of one's own verdicts, these two meet the same 77 % hits at 2 % false alarms over a shift.
    d_prime: float = Field(3.6, ge=0.0, le=10.0, description="d' of somebody fresh (calibrated: 77 % hits, 2 % false)")
    c50: float = Field(
        -0.58,
        ge=-10.0,
        le=10.0,
        description="criterion of somebody fresh, who rejects half (calibrated likewise)",
    )
    prevalence_slope: float = Field(0.21, ge=0.0, le=2.0, description="criterion per ln((1-q)/q) (FACTS 1.3)")
    memory: float = Field(
        100.0, ge=1.0, le=100_000.0, description="phones that the felt share q goes back over (FACTS 7, assumption)"
    )
    vigilance: float = Field(
        0.4,
        ge=0.0,
        le=5.0,
        description="how far the criterion rises after a break (FACTS 1.4, its size: assumption)",
    )
    vigilance_tau: PositiveDuration = Field("20min", validate_default=True, description="how soon it does (FACTS 1.4)")
    fatigue: float = Field(0.016, ge=0.0, le=0.2, description="share of d' that is lost an hour on shift (FACTS 1.4)")
    night: float = Field(0.1, ge=0.0, le=5.0, description="added to the criterion from 22:00 to 06:00 (assumption)")
    search_tau: PositiveDuration = Field(
        "6s", validate_default=True, description="random search's time constant (FACTS 7, assumption)"
    )
    speed_spread: Spread = Field(0.45, description="between people: sd of the log of their pace (FACTS 1.2)")
    d_prime_spread: Spread = Field(0.30, description="between people: sd of d' (FACTS 7, assumption)")
    criterion_spread: Spread = Field(0.25, description="between people: sd of the criterion (FACTS 7, assumption)")

    def typical(self, defect_rate: float) -> tuple[float, float]:
        """Return d' and the criterion of an average person in the middle of a shift, used to a share of defects."""
        tables = Tables.of(self)
        felt = self.stationary(defect_rate)
        d_prime = sensitivity_at(self.d_prime, self.fatigue, TYPICAL_SHIFT_US)
        odds = read_off(tables.odds, felt * FELT_STEPS)
        return d_prime, float(self.c50 + odds + read_off(tables.vigilance, TYPICAL_REST_US / TIME_STEP_US))

    def stationary(self, defect_rate: float) -> float:
        """Return the share of rejects that somebody fresh settles at: where it is felt, it is also produced."""
        chance = NormalDist().cdf
        low, high = LEAST_FELT, MOST_FELT
        for _ in range(50):
            felt = (low + high) / 2.0
            c = self.c50 + self.prevalence_slope * math.log((1.0 - felt) / felt)
            hit, false = chance(self.d_prime / 2.0 - c), chance(-self.d_prime / 2.0 - c)
            if defect_rate * hit + (1.0 - defect_rate) * false > felt:
                low = felt
            else:
                high = felt
        return (low + high) / 2.0

    def crew(self, luck: Floats, defect_rate: float) -> Crew:
        """Return people of their own.

        Parameters
        ----------
        luck : ndarray of float, shape (people, 3)
            Standard normal draws: of the pace, of d', of the criterion.
        defect_rate : float
            What they are used to as the run begins.
        """
        spread = self.speed_spread
        pace = np.exp(spread * luck[:, 0] - spread * spread / 2.0)  # on average a look takes as long as it does
        return Crew(
            pace=pace,
            d_prime=np.maximum(self.d_prime + self.d_prime_spread * luck[:, 1], 0.0),
            criterion=self.c50 + self.criterion_spread * luck[:, 2],
            felt=self.stationary(defect_rate),
            fatigue=self.fatigue,
            night=self.night,
            memory=self.memory,
            tables=Tables.of(self),
        )


@dataclass(frozen=True, slots=True)
class Tables:
    """What people's state is read from."""

    odds: Floats  #: s ln((1 - q)/q), by q in steps of 1/FELT_STEPS
    vigilance: Floats  #: A (1 - exp(-t/tau)), by t in steps of TIME_STEP_US
    search: Floats  #: S, by the length of a look in steps of LOOK_STEP_US

    @classmethod
    def of(cls, people: People) -> Tables:
        q = np.clip(np.arange(FELT_STEPS + 1) / FELT_STEPS, 0.5 / FELT_STEPS, 1.0 - 0.5 / FELT_STEPS)
        t = np.arange(0, max(12 * people.vigilance_tau, MINUTE) + TIME_STEP_US, TIME_STEP_US)
        tau_s = people.search_tau / SECOND
        seconds = np.maximum((np.arange(0, 60 * SECOND, LOOK_STEP_US) - HANDLING_US) / SECOND - 1.0, 0.0)
        found = -np.expm1(-seconds / tau_s) / -math.expm1(-17.0 / tau_s)
        return cls(
            people.prevalence_slope * np.log((1.0 - q) / q),
            people.vigilance * -np.expm1(-t / people.vigilance_tau),
            np.minimum(found, 1.0),
        )


@dataclass(frozen=True, slots=True)
class Crew:
    """Who stands at a station: one entry a person, and what they have in common."""

    pace: Floats  #: how much longer a look takes than at the usual pace
    d_prime: Floats
    criterion: Floats
    felt: float
    fatigue: float
    night: float
    memory: float
    tables: Tables


def read_off(table: Sequence[float] | Floats, place: float) -> float:
    """Return a table's value between two of its rows, the last one's beyond its end."""
    row = int(place)
    if row >= len(table) - 1:
        return table[len(table) - 1]
    return table[row] + (place - row) * (table[row + 1] - table[row])


def sensitivity_at(d_prime: float, fatigue: float, on_shift_us: int) -> float:
    """Return d' after some time on shift."""
    left = 1.0 - fatigue * (on_shift_us / HOUR)
    return d_prime * left if left > 0.0 else 0.0


def criterion_at(own: float, odds: float, waning: float, night: float, now_us: int) -> float:
    """Return somebody's criterion by what defects feel like, how vigilance has waned since the break, and the hour."""
    c = own + odds + waning
    hour_us = now_us % DAY
    if hour_us >= FROM_NIGHT_US or hour_us < UNTIL_NIGHT_US:
        return c + night
    return c


def felt_after(felt: float, rejects: bool, memory: float) -> float:
    """Return the felt share of rejects after one more verdict of one's own."""
    moved = felt + ((1.0 if rejects else 0.0) - felt) / memory
    if moved < LEAST_FELT:
        return LEAST_FELT
    return MOST_FELT if moved > MOST_FELT else moved


def lasting(service_us: int, pace: float) -> int:
    """Return how long a look takes somebody, in whole microseconds, at least one."""
    taken = int(service_us * pace + 0.5)
    return taken if taken > 1 else 1
