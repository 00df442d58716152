"""The route in force, as arrays that the loop reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.columns import Times
from sim.line.engines.compiled.codes import DECIDERS, NONE
from sim.line.route import Arm, Route
from sim.line.rules import UNATTENDED


class InForce(NamedTuple):
    """The route as arrays; arms are rows of a table that only grows, since phones keep their arm."""

    bounds: Any
    arms: Times
    shares: Any
    mirror_station: Times
    mirror_arm: Times
    mirror_share: Any
    # those of the phone at the head of a standing line, if the route has changed since it arrived (REROUTED)
    head_station: Times
    head_arm: Times
    head_share: Any
    unattended: int  # the verdict while a model is down; NONE: people are asked
    decider: Times
    arm_station: Times
    low: Any
    high: Any
    advises: Any  # whether the human who is asked knows the model's opinion, which is reject above `opinion`
    opinion: Any
    follow_pass: Any
    follow_reject: Any
    triages: Any
    code: Times


class Mirrors(NamedTuple):
    """Who looks without deciding: station, row in the table of arms, and share of the phones."""

    station: Times
    arm: Times
    share: Any


def mirrors_of(route: Route, arms: Sequence[Arm], stations: Mapping[str, int]) -> Mirrors:
    """Return a route's mirrors as arrays."""
    return Mirrors(
        np.array([stations[arm.version] for arm, _ in route.mirrors], dtype=np.int64),
        np.array([arms.index(arm) for arm, _ in route.mirrors], dtype=np.int64),
        np.array([share / 100.0 for _, share in route.mirrors], dtype=np.float64),
    )


def in_force(
    route: Route,
    arms: Sequence[Arm],
    stations: Mapping[str, int],
    codes: Mapping[str, int],
    mirrors: Mirrors,
    head: Mirrors,
) -> InForce:
    """Return a route as arrays.

    Parameters
    ----------
    route : Route
        Who decides from now on.
    arms : sequence of Arm
        Every arm that there has been, in the order of the table's rows.
    stations, codes : mapping of str to int
        The number of a station, and of an arm in the log.
    mirrors, head : Mirrors
        Those of the route, and those of the phone at the conveyor's head.
    """
    deciding = {"nobody": -1, "humans": stations["humans"]}
    advice = [arm.advice for arm in arms]
    return InForce(
        bounds=np.array(route.bounds, dtype=np.float64),
        arms=np.array([arms.index(arm) for arm in route.arms], dtype=np.int64),
        shares=np.array(route.shares, dtype=np.float64),
        mirror_station=mirrors.station,
        mirror_arm=mirrors.arm,
        mirror_share=mirrors.share,
        head_station=head.station,
        head_arm=head.arm,
        head_share=head.share,
        unattended=NONE if route.fallback == "humans" else int(UNATTENDED[route.fallback][0]),
        decider=np.array([DECIDERS[arm.decider] for arm in arms], dtype=np.int64),
        arm_station=np.array(
            [stations[arm.version] if arm.version else deciding[arm.decider] for arm in arms], dtype=np.int64
        ),
        low=np.array([arm.low for arm in arms], dtype=np.float64),
        high=np.array([arm.high for arm in arms], dtype=np.float64),
        advises=np.array([each is not None for each in advice], dtype=np.bool_),
        opinion=np.array([each.threshold if each else 0.0 for each in advice], dtype=np.float64),
        follow_pass=np.array([each.follow_pass if each else 0.0 for each in advice], dtype=np.float64),
        follow_reject=np.array([each.follow_reject if each else 0.0 for each in advice], dtype=np.float64),
        triages=np.array([arm.triage for arm in arms], dtype=np.bool_),
        code=np.array([codes.get(arm.name, -1) for arm in arms], dtype=np.int64),
    )
