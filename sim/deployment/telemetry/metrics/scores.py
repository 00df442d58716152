"""What models say of phones: P(defective), of the model that looked first and of versions that only look."""

from __future__ import annotations

import numpy as np

from sim.columns import Column
from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import Reading, mean, quantile
from sim.deployment.telemetry.tables import Scope, Tables


def scores(tables: Tables, arm: str | None, scope: Scope) -> Column:
    """Return the scores of an arm's phones (None: of all) at which a model looked.

    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> scores(by_hand(decisions={"score": [0.5, float("nan"), 0.25]}), "v1", Scope(0)).tolist()
    [0.5, 0.25]
    """
    (score,) = tables.by_arm(tables.decisions, arm, scope, "score")
    given: Column = score[~np.isnan(score)]
    return given


def mirrored_scores(tables: Tables, version: str | None, scope: Scope) -> Column:
    """Return the scores of the phones at which a version (None: any) looked without deciding."""
    (score,) = tables.by_version(tables.mirrors, version, scope, "score")
    return score


@observed("score_mean", unit="", kind="value")
def score_mean(tables: Tables, arm: str, scope: Scope) -> Reading:
    """Mean score of the phones at which a model looked.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(decisions={"score": [0.5, float("nan"), 0.25]}).read("score_mean", "v1", 0))
    0.375 (2 phones)
    """
    return mean(scores(tables, arm, scope))


@observed("score_p95", unit="", kind="value")
def score_p95(tables: Tables, arm: str, scope: Scope) -> Reading:
    """95 % quantile of the scores of the phones at which a model looked.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(decisions={"score": [0.0, 1.0]}).read("score_p95", "v1", 0))
    0.95 (2 phones)
    """
    return quantile(scores(tables, arm, scope), 0.95)


@observed("mirror_score_mean", unit="", kind="value", mirrored=True, compared_with="score_mean")
def mirror_score_mean(tables: Tables, version: str, scope: Scope) -> Reading:
    """Mean score of the phones at which the version looked without deciding.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(mirrors={"score": [0.5, 0.25]}).read("mirror_score_mean", "v1", 0))
    0.375 (2 phones)
    """
    return mean(mirrored_scores(tables, version, scope))


@observed("mirror_score_p95", unit="", kind="value", mirrored=True, compared_with="score_p95")
def mirror_score_p95(tables: Tables, version: str, scope: Scope) -> Reading:
    """95 % quantile of the scores of the phones at which the version looked without deciding.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(mirrors={"score": [0.0, 1.0]}).read("mirror_score_p95", "v1", 0))
    0.95 (2 phones)
    """
    return quantile(mirrored_scores(tables, version, scope), 0.95)
