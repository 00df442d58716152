"""The judges of a rollout as pure statistics: they know counts and probabilities, nothing of the simulator."""

from sim.stats.anytime import (
    Sprt,
    always_valid_interval,
    always_valid_p,
    log_evidence_against_rate,
    mixture_variance,
    msprt,
    normal_mixture_bound,
)
from sim.stats.bayes import expected_loss, probability_cheapest, probability_worse
from sim.stats.escapes import EscapeEvidence, promotion_evidence, rollback_evidence
from sim.stats.kayenta import MetricRules, classify, conclude, score, shift, stage
from sim.stats.pairs import PairedEvidence, log_evidence, log_evidence_better
from sim.stats.planned import (
    PlannedLooks,
    RateThreshold,
    argo_aborts,
    crossing_probability,
    flagger_rolls_back,
    planned_phones,
    planned_power,
    two_proportion_z,
)

__all__ = [
    "EscapeEvidence",
    "MetricRules",
    "PairedEvidence",
    "PlannedLooks",
    "RateThreshold",
    "Sprt",
    "always_valid_interval",
    "always_valid_p",
    "argo_aborts",
    "classify",
    "conclude",
    "crossing_probability",
    "expected_loss",
    "flagger_rolls_back",
    "log_evidence",
    "log_evidence_against_rate",
    "log_evidence_better",
    "mixture_variance",
    "msprt",
    "normal_mixture_bound",
    "planned_phones",
    "planned_power",
    "probability_cheapest",
    "probability_worse",
    "promotion_evidence",
    "rollback_evidence",
    "score",
    "shift",
    "stage",
    "two_proportion_z",
]
