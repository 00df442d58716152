"""How much people and servers had to do, and how much of them was paid for."""

from __future__ import annotations

from sim.measure.metric import only_in_detail, true_metric
from sim.measure.tally import Tally, ratio
from sim.units import MINUTE


@true_metric("inspector_utilisation", unit="share", kind="value", label="inspectors busy", table="money", place=130)
def inspector_utilisation(tally: Tally) -> float:
    """Inspectors' busy time / rostered time.

    From the warm-up's end until the horizon; what somebody does then counts up to there.

    >>> inspector_utilisation(Tally(inspectors_busy_us=MINUTE, inspectors_rostered_us=4 * MINUTE))
    0.25
    """
    return ratio(tally.inspectors_busy_us, tally.inspectors_rostered_us)


@true_metric("server_utilisation", unit="share", kind="value", label="servers busy", table="money", place=140)
def server_utilisation(tally: Tally) -> float:
    """Model servers' busy time / the time for which their replicas ran.

    A replica runs while a route asks for its version (with traffic, mirrored or kept warm; down in an outage, too), and
    after that as long as it is at work: a queue that a rollback leaves behind is worked off. Busy is who looks at a
    phone, mirrored looks and looks lost in a crash included; a server that only holds a phone which finds no inspector
    is not. Both count from the warm-up's end until the horizon.

    >>> server_utilisation(Tally(servers_busy_us=MINUTE, servers_deployed_us=8 * MINUTE))
    0.125
    """
    return ratio(tally.servers_busy_us, tally.servers_deployed_us)


@true_metric(
    "busy_minutes_per_1000", unit="min", kind="value", label="labour busy", column="labour busy per 1,000",
    better="low", table="money", place=150, worth_a_column=only_in_detail,
)  # fmt: skip
def busy_minutes_per_1000(tally: Tally) -> float:
    """Inspectors' busy minutes per 1,000 phones decided.

    >>> busy_minutes_per_1000(Tally(decided=500, inspectors_busy_us=30 * MINUTE))
    60.0
    """
    return ratio(tally.inspectors_busy_us / MINUTE, tally.decided, times=1000.0)


@true_metric(
    "rostered_minutes_per_1000", unit="min", kind="value", label="labour rostered", column="labour rostered per 1,000",
    better="low", table="money", place=160, worth_a_column=only_in_detail,
)  # fmt: skip
def rostered_minutes_per_1000(tally: Tally) -> float:
    """Inspectors' rostered minutes per 1,000 phones decided.

    >>> rostered_minutes_per_1000(Tally(decided=500, inspectors_rostered_us=60 * MINUTE))
    120.0
    """
    return ratio(tally.inspectors_rostered_us / MINUTE, tally.decided, times=1000.0)
