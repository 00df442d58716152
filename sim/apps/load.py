"""How busy whoever has most to do is, beside how long phones take: the picture of a story about capacity."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.experiment.result import Result, StrategyResult
from sim.inspectors.serving.law import Exponential
from sim.report.text.values import show
from sim.stats.one_queue import sojourn_quantile
from sim.units import SECOND

#: Who may have most to do, and what tells how much.
_WHO = {"server_utilisation": "servers", "inspector_utilisation": "inspectors"}
#: How busy the theory's servers are, at the points of its curve.
_BUSY = np.array([*np.arange(0.02, 0.9, 0.04), 0.9, 0.92, 0.94, 0.955, 0.97, 0.98])


def busiest(result: Result, strategy: StrategyResult) -> dict[str, Any] | None:
    """Return whose time is fullest under a strategy, and how full; None where nobody is ever busy.

    Examples
    --------
    >>> import sim
    >>> result = sim.run(sim.build(horizon="2h", replications=1, strategies=[{"pattern": "manual"}]), workers=1)
    >>> busiest(result, result.strategies[0])["who"]
    'inspectors'
    """
    shares = {who: strategy.interval(metric).mean for metric, who in _WHO.items() if metric in strategy.samples}
    who = max(shares, key=lambda each: shares[each] if shares[each] > 0.0 else 0.0, default="")
    return {"who": who, "value": shares[who], "say": f"{who} {show(shares[who], 'share')}"} if who else None


def theory(result: Result) -> dict[str, Any] | None:
    """Return the textbook's curve of the model's servers, where there is one law of service and it is exponential.

    Examples
    --------
    >>> import sim
    >>> one = {"service": {"law": "exponential", "mean": "5s"}, "replicas": 2}
    >>> line = sim.build(horizon="1h", models={"v1": {"serving": one}}, strategies=[{"pattern": "manual"}])
    >>> theory(sim.run(line, replications=1, workers=1))["say"]
    'theory: 2 servers, 5.0 s a phone, all by chance'
    """
    servings = {model.serving for model in result.scenario.models.values()}
    if len(servings) != 1:
        return None
    (serving,) = servings
    law, servers = serving.service, serving.replicas
    if not isinstance(law, Exponential) or serving.batch is not None or serving.breakdowns is not None:
        return None
    service = law.mean / SECOND
    each = "server" if servers == 1 else "servers"
    return {
        "say": f"theory: {servers} {each}, {show(service, 's')} a phone, all by chance",
        "busy": _BUSY,
        "p95_s": [sojourn_quantile(0.95, servers, service, busy) for busy in _BUSY.tolist()],
    }
