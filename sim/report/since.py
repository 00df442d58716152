"""A part of a comparison: what leaked after the lamp had failed, say, where the whole run hides it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.experiment.result import Result, StrategyResult
from sim.measure.estimates import Quotients
from sim.report.same_phones import same_phones

METRIC = "escape_rate"


def leakage_since(result: Result, from_us: int) -> Result | None:
    """Return the comparison with the leakage of phones that were due from a moment on; see `leakage_between`.

    Examples
    --------
    >>> import sim
    >>> fails = {"at": "2h", "what": "camera.brightness", "to": 0.5, "profile": "sudden"}
    >>> line = sim.build(horizon="4h", replications=2, drift=[fails], strategies=[{"pattern": "manual"}])
    >>> result = sim.run(line, workers=1)
    >>> since = leakage_since(result, line.drift[0].at)
    >>> [metric.name for metric in since.metrics], len(since["manual"].samples["escape_rate"])
    (['escape_rate'], 2)
    """
    return leakage_between(result, from_us, result.scenario.horizon)


def leakage_between(result: Result, from_us: int, until_us: int) -> Result | None:
    """Return the comparison with the leakage of phones that were due in a stretch of time.

    Parameters
    ----------
    result : Result
        A comparison.
    from_us, until_us : int
        Moments between which bins of the timelines lie, as they do from a drift or an outage to its end.

    Returns
    -------
    Result or None
        With leakage as its only metric, to be judged as the whole run is. None where there is nothing in between, or
        where strategies decided other phones: those that all of them decided are not known by the time.
    """
    if same_phones(result) is not None:
        return None
    first, end = np.searchsorted(result.strategies[0].timeline.edges_us, (from_us, until_us))
    strategies = tuple(_of_bins(strategy, slice(int(first), int(end))) for strategy in result.strategies)
    if not all(strategy.quotients[METRIC].whole.sum() > 0 for strategy in strategies):
        return None
    return replace(result, strategies=strategies)


def _of_bins(strategy: StrategyResult, bins: slice) -> StrategyResult:
    escaped, defective = (
        counts[:, bins].sum(axis=1).astype(np.float64)
        for counts in (strategy.timeline.escaped, strategy.timeline.defective)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        samples = {METRIC: np.where(defective > 0, escaped / defective, np.nan)}
    return replace(strategy, samples=samples, quotients={METRIC: Quotients(escaped, defective)}, same_phones=())
