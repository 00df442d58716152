"""Inspectors and flaws against their integrals: what the line measures must be what the equations say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from closed_forms import human_rates
from scipy import integrate, optimize, stats

import sim
from sim.factory.flaws import Kind
from sim.factory.lots import Lots
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World

CLOSEST = 0.03
"""The half-width of an interval is at most this share of the value."""
FAMILY = 3
"""Escape rate, overkill rate and defect rate are judged together."""

SCENARIO = """
driftline: 1
seed: 30
replications: 24
horizon: {horizon}
factory:
  arrivals: {{kind: poisson, every: 20ms}}
  defect_rate: {rate:%}
  minor_per_defect: {minor}
  lots: {{size: 20, cv: {cv}, bad_share: {bad_share:%}, bad_factor: {bad_factor}}}
  kinds:
    - {{name: scratch, share: 50%, sigma: {sigma}}}
    - {{name: dent, share: 30%, sigma: {sigma}}}
    - {{name: crack, share: 20%, sigma: {sigma}}}
inspectors:
  count: 3
  service: {{law: fixed, mean: 1ms}}
  d_prime: {d_prime}
  criterion: {criterion}
  borderline_width: {width}
strategies: [{{pattern: manual}}]
"""

#: The factory's own calibration, and one that is nothing like it.
SETTINGS = {
    "calibrated": {
        "horizon": "8min", "rate": 0.1, "minor": 1.0, "cv": 0.8, "bad_share": 0.02, "bad_factor": 5.0, "sigma": 0.8,
        "d_prime": 3.0, "criterion": 0.56, "width": 0.2,
    },
    "coarse": {
        "horizon": "2min", "rate": 0.2, "minor": 3.0, "cv": 0.3, "bad_share": 0.1, "bad_factor": 3.0, "sigma": 0.5,
        "d_prime": 2.0, "criterion": 0.2, "width": 0.6,
    },
}  # fmt: skip


def interval(samples: np.ndarray, family: int = FAMILY * len(SETTINGS)) -> tuple[float, float]:
    """Return (mean, half-width): a t-interval that holds with 95 % for all `family` comparisons together."""
    quantile = stats.t.ppf(1.0 - 0.05 / family / 2.0, len(samples) - 1)
    return float(samples.mean()), float(quantile * samples.std(ddof=1) / np.sqrt(len(samples)))


@pytest.mark.parametrize("name", SETTINGS)
def test_error_rates_are_the_integral_of_phi(name: str, engine: str, tmp_path: Path):
    given = SETTINGS[name]
    path = tmp_path / "humans.yaml"
    path.write_text(SCENARIO.format(**given))
    result = sim.run(sim.load(path), engine=engine, workers=1)["manual"]
    escape, overkill = human_rates(
        defect_rate=given["rate"], minor_per_defect=given["minor"], sigma=given["sigma"], cv=given["cv"],
        bad_share=given["bad_share"], bad_factor=given["bad_factor"], d_prime=given["d_prime"],
        criterion=given["criterion"], width=given["width"],
    )  # fmt: skip
    counts = result.timeline
    defective = counts.defective.sum(axis=1) / (counts.defective + counts.good).sum(axis=1)
    for what, samples, theory in (
        ("escape_rate", result.samples["escape_rate"], escape),
        ("overkill_rate", result.samples["overkill_rate"], overkill),
        ("incoming defect rate", defective, given["rate"]),
    ):
        mean, half_width = interval(samples)
        assert half_width <= CLOSEST * theory, what
        assert abs(mean - theory) <= half_width, what


LOTS = (
    Lots(),
    Lots(cv=0.0, bad_share=0.0),
    Lots(cv=0.0, bad_share=0.3, bad_factor=10.0),
    Lots(cv=2.0, bad_share=0.0),
    Lots(cv=0.5, bad_share=1.0, bad_factor=7.0),
)


def survival_by_quadrature(lots: Lots, hazard: float) -> float:
    """Integrate exp(-hazard m) over the law of m: a gamma lot, or bad_factor times it, scaled to mean 1."""
    mean = 1.0 - lots.bad_share + lots.bad_share * lots.bad_factor
    total = 0.0
    for share, factor in ((1.0 - lots.bad_share, 1.0), (lots.bad_share, lots.bad_factor)):
        if lots.cv == 0.0:
            total += share * np.exp(-hazard * factor / mean)
            continue
        law = stats.gamma(1.0 / lots.cv**2, scale=lots.cv**2)
        # Over the quantiles, so that a density without bound at 0 does no harm.
        total += share * integrate.quad(lambda p, f=factor: np.exp(-hazard * f / mean * law.ppf(p)), 0, 1, limit=200)[0]  # noqa: B023
    return float(total)


@pytest.mark.parametrize("lots", LOTS, ids=lambda lots: f"cv {lots.cv:g}, bad {lots.bad_share:g} x {lots.bad_factor:g}")
class TestLots:
    def test_survival_is_the_mean_over_lots(self, lots):
        for hazard in (1e-4, 0.02, 0.3, 2.0):
            assert float(lots.survival(hazard)) == pytest.approx(survival_by_quadrature(lots, hazard), rel=1e-6)

    def test_hazard_is_its_inverse(self, lots):
        for rate in (1e-6, 0.02, 0.1, 0.5, 0.95):
            expected = optimize.brentq(lambda h, r=rate: 1.0 - float(lots.survival(h)) - r, 0.0, 1e9, xtol=1e-15)
            assert float(lots.hazard(rate)) == pytest.approx(expected, rel=1e-9)
            assert 1.0 - float(lots.survival(lots.hazard(rate))) == pytest.approx(rate, rel=1e-9)

    def test_no_defects_no_hazard(self, lots):
        assert float(lots.hazard(0.0)) == 0.0
        assert float(lots.survival(0.0)) == 1.0

    def test_many_rates_at_once_keep_their_places(self, lots):
        rates = np.array([[0.1, 0.02], [0.02, 0.0]])
        hazards = lots.hazard(rates)
        assert hazards.shape == rates.shape
        assert hazards.tolist() == [[float(lots.hazard(rate)) for rate in row] for row in rates]


def phones_in_replications(factory: Factory, count: int, replications: int = 20):
    return [World(factory, (), Streams(40, number)).take(count) for number in range(replications)]


def test_each_kind_has_its_share_of_the_defects():
    # Of kind k alone a phone of a lot with multiplier m has P(s_k > 1) = 1 - exp(-share_k h m).
    kinds = (
        Kind(name="a", share=0.6),
        Kind(name="b", share=0.3, sigma=0.3),
        Kind(name="c", share=0.1, sigma=1.5),
        Kind(name="d", share=0.0),
    )
    lots = Lots(size=20)
    factory = Factory(defect_rate=0.1, kinds=kinds, lots=lots)
    samples = np.array([(phones.severity > 1.0).mean(axis=0) for phones in phones_in_replications(factory, 40_000)])
    hazard = float(lots.hazard(0.1))
    for number, kind in enumerate(kinds[:3]):
        mean, half_width = interval(samples[:, number], family=3)
        theory = 1.0 - survival_by_quadrature(lots, kind.share * hazard)
        assert half_width <= CLOSEST * theory, kind.name
        assert abs(mean - theory) <= half_width, kind.name
    assert samples[:, 3].max() == 0.0


def test_minor_flaws_come_as_often_as_asked():
    # In hazards: (1 + r) h m for a flaw of any size, h m for a defect.
    lots = Lots(size=20)
    factory = Factory(defect_rate=0.05, minor_per_defect=3.0, kinds=(Kind(name="a", share=1.0),), lots=lots)
    samples = np.array([(phones.severity > 0.0).mean() for phones in phones_in_replications(factory, 20_000)])
    mean, half_width = interval(samples, family=1)
    theory = 1.0 - survival_by_quadrature(lots, 4.0 * float(lots.hazard(0.05)))
    assert half_width <= CLOSEST * theory
    assert abs(mean - theory) <= half_width


def test_severities_of_a_flaw_are_lognormal():
    # Rare flaws: the worst of a Poisson number is then the only one. KS at the 0.1 % level, critical value 1.95 / sqrt n.
    sigma, minor = 0.6, 2.0
    factory = Factory(
        defect_rate=0.001,
        minor_per_defect=minor,
        kinds=(Kind(name="a", share=1.0, sigma=sigma),),
        lots=Lots(cv=0.0, bad_share=0.0),
    )
    severity = World(factory, (), Streams(50, 0)).take(2_000_000).severity[:, 0]
    flawed = severity[severity > 0.0]
    law = stats.norm(sigma * stats.norm.ppf(1.0 / (1.0 + minor)), sigma)
    assert stats.kstest(np.log(flawed), law.cdf).statistic < 1.95 / np.sqrt(len(flawed))
    assert np.mean(flawed > 1.0) == pytest.approx(1.0 / (1.0 + minor), abs=3.3 * np.sqrt(2.0 / 9.0 / len(flawed)))
