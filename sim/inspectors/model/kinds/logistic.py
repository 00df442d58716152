"""Logistic regression: quick, robust, and blind to what no single channel shows."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from sim.inspectors.model.spec import KINDS
from sim.inspectors.model.training import TrainableModel


@KINDS.register("logistic", 1)
class Logistic(TrainableModel):
    """Logistic regression, trained on logged phones.

    Examples
    --------
    >>> Logistic(recall="90%").classifier().steps[-1][0]
    'logisticregression'
    """

    keeps: ClassVar[bool] = True

    kind: Literal["logistic"] = "logistic"

    def classifier(self) -> Any:
        """Return it on features of mean 0 and variance 1."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))
