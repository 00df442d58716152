"""How long phones took, and how long of it they waited."""

from __future__ import annotations

from sim.measure.metric import only_in_detail, true_metric
from sim.measure.tally import Tally, ratio
from sim.units import SECOND


def mostly_undecided(tally: Tally) -> bool:
    """Return whether half of the phones have no verdict.

    >>> import numpy as np
    >>> mostly_undecided(Tally(decided=1, on_line=2, waited_us=np.array([3, 4])))
    True
    """
    return tally.more_than[0]


@true_metric(
    "latency_mean_s", unit="s", kind="value", label="latency mean", better="low", table="flow", place=70,
    more_than=mostly_undecided, worth_a_column=only_in_detail,
)  # fmt: skip
def latency_mean_s(tally: Tally) -> float:
    """Verdict - due, mean over decided phones.

    >>> import numpy as np
    >>> latency_mean_s(Tally(decided=2, latency_us=np.array([1_000_000, 2_000_000])))
    1.5
    """
    return ratio(float(tally.latency_sum_us), SECOND * tally.decided)


@true_metric(
    "latency_p50_s",
    unit="s",
    kind="value",
    label="latency p50",
    better="low",
    table="flow",
    place=80,
    more_than=mostly_undecided,
)
def latency_p50_s(tally: Tally) -> float:
    """Median of verdict - due over decided phones; among those without a verdict: of all, until the horizon.

    >>> import numpy as np
    >>> latency_p50_s(Tally(decided=3, latency_us=np.array([1_000_000, 9_000_000, 2_000_000])))
    2.0
    """
    return tally.latency_quantiles_s[0]


@true_metric(
    "latency_p95_s",
    unit="s",
    kind="value",
    label="latency p95",
    better="low",
    table="flow",
    answer="Latency (95 % of decided phones have their verdict within)",
    matters="0.5s",
    place=90,
    more_than=lambda tally: tally.more_than[1],
)
def latency_p95_s(tally: Tally) -> float:
    """95 % quantile of verdict - due over decided phones; among those without a verdict: of all, until the horizon.

    >>> import numpy as np
    >>> latency_p95_s(Tally(decided=2, latency_us=np.array([0, 1_000_000])))
    0.95
    """
    return tally.latency_quantiles_s[1]


@true_metric(
    "latency_p99_s",
    unit="s",
    kind="value",
    label="latency p99",
    better="low",
    table="flow",
    place=100,
    more_than=lambda tally: tally.more_than[2],
)
def latency_p99_s(tally: Tally) -> float:
    """99 % quantile of verdict - due over decided phones; among those without a verdict: of all, until the horizon.

    >>> import numpy as np
    >>> latency_p99_s(Tally(decided=2, latency_us=np.array([0, 1_000_000])))
    0.99
    """
    return tally.latency_quantiles_s[2]


@true_metric(
    "wait_mean_s", unit="s", kind="value", label="wait mean", better="low", table="flow", place=110,
    more_than=mostly_undecided, worth_a_column=only_in_detail,
)  # fmt: skip
def wait_mean_s(tally: Tally) -> float:
    """Latency less the looks' own time, mean over decided phones.

    >>> import numpy as np
    >>> wait_mean_s(Tally(decided=2, latency_us=np.array([1_000_000, 3_000_000]), looks_us=2_000_000))
    1.0
    """
    return ratio(tally.latency_sum_us - tally.looks_us, SECOND * tally.decided)
