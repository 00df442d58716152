"""Hand-fed samples, and analyses that judge them: what the tests of judges are written in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.deployment.analysis.measurement import Phase, Sample
from sim.deployment.analysis.run import AnalysisRun
from sim.deployment.analysis.spec import AnalysisTemplate, Metric
from sim.units import HOUR

UNDECIDED = Phase.INCONCLUSIVE
HUMAN_HOLDS = {"approver": None}


def rates(candidate: int, stable: int, n: int = 1000, m: int | None = None) -> Sample:
    """Return so many bad phones of n under the candidate, and of m under the stable arm."""
    m = n if m is None else m
    return Sample(candidate / n, stable / m, n, baseline_samples=m)


def escapes(*by_candidate: bool, pi: float = 0.25) -> Sample:
    return Sample(
        None, samples=len(by_candidate), evidence=(np.array(by_candidate, dtype=bool), np.full(len(by_candidate), pi))
    )


def pairs(candidate_right: int, stable_right: int, both: int = 0, defective: bool = False) -> Sample:
    """Return phones on which the candidate alone, the stable arm alone, or both were right."""
    mine = np.array([True] * candidate_right + [False] * stable_right + [True] * both, dtype=bool)
    other = np.array([False] * candidate_right + [True] * stable_right + [True] * both, dtype=bool)
    return Sample(None, samples=len(mine), evidence=(mine, other, np.full(len(mine), defective)))


def judged(samples: Sequence[Sample], judge: dict[str, Any], *others: Any, **settings: Any) -> tuple[AnalysisRun, int]:
    """Run an analysis of one judged metric, one sample a measurement. Returns it and how many were taken."""
    own = {} if judge["kind"] in ("escapes", "pairs") else {"metric": "reject_rate"}
    metric = Metric(**{**own, "judge": judge, "interval": "1h", "count": len(samples), **settings})
    run, looks = AnalysisRun(AnalysisTemplate(metrics=(metric, *others)), 0), 0
    run.measure(0, lambda metric, since_us: Sample(None))
    while run.phase is Phase.RUNNING and looks < len(samples):
        run.measure((looks + 1) * HOUR, lambda metric, since_us: samples[looks])  # noqa: B023
        looks += 1
    return run, looks
