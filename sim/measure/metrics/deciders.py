"""Who decided in somebody else's place."""

from __future__ import annotations

from sim.measure.metric import true_metric, where_above_0
from sim.measure.tally import Tally, ratio


@true_metric(
    "review_load", unit="share", label="reviewed", table="phones", place=180,
    worth_a_column=where_above_0("review_load"),
)  # fmt: skip
def review_load(tally: Tally) -> float:
    """Phones decided by a human after a model was unsure / phones.

    >>> review_load(Tally(decided=10, reviewed=1))
    0.1
    """
    return ratio(tally.reviewed, tally.decided)


@true_metric(
    "fallback_share", unit="share", label="fallback", table="phones", place=190,
    worth_a_column=where_above_0("fallback_share"),
)  # fmt: skip
def fallback_share(tally: Tally) -> float:
    """Phones decided by the fallback / phones decided.

    >>> fallback_share(Tally(decided=10, fallen_back=2))
    0.2
    """
    return ratio(tally.fallen_back, tally.decided)
