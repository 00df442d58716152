"""Laws of service time: their distributions against scipy.stats, their means, and what a change of them keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats

import sim
from sim.inspectors.serving.law import ServiceLaw
from sim.units import SECOND

S = float(SECOND)
LOGNORMAL = {"law": "lognormal", "mean": "10s", "sigma": 0.5}
EX_GAUSSIAN = {"law": "ex_gaussian", "mu": "15s", "sigma": "2s", "tau": "6s"}
#: Each law, and what it is called in scipy.stats, worked out here from the textbook's parameters.
LAWS: dict[str, tuple[dict[str, Any], Any]] = {
    "lognormal": (LOGNORMAL, stats.lognorm(0.5, scale=10 * S * np.exp(-0.125))),
    "exponential": ({"law": "exponential", "mean": "2s"}, stats.expon(scale=2 * S)),
    "uniform": ({"law": "uniform", "low": "1s", "high": "3s"}, stats.uniform(S, 2 * S)),
    "gamma, steady": ({"law": "gamma", "mean": "2s", "cv": 0.3}, stats.gamma(1 / 0.09, scale=0.18 * S)),
    "gamma, wild": ({"law": "gamma", "mean": "2s", "cv": 4.0}, stats.gamma(1 / 16, scale=32 * S)),
    "erlang": ({"law": "erlang", "mean": "2s", "phases": 4}, stats.erlang(4, scale=0.5 * S)),
    "weibull": ({"law": "weibull", "mean": "2s", "shape": 0.5}, stats.weibull_min(0.5, scale=S)),
    "weibull, wearing out": (
        {"law": "weibull", "mean": "2s", "shape": 3.0}, stats.weibull_min(3.0, scale=2 * S / 0.8929795115692493),
    ),
    "ex-gaussian": (EX_GAUSSIAN, stats.exponnorm(3.0, loc=15 * S, scale=2 * S)),
}  # fmt: skip
MIXTURE = {
    "law": "mixture",
    "parts": [{"weight": 3, "service": LOGNORMAL}, {"weight": 1, "service": EX_GAUSSIAN}],
}
DRAWS = 40_000


def law(document: dict[str, Any]) -> Any:
    return TypeAdapter(ServiceLaw).validate_python(document)


@pytest.mark.parametrize("name", LAWS)
def test_times_follow_the_law(name: str) -> None:
    document, theory = LAWS[name]
    times = law(document).draw_us(np.random.default_rng(5), DRAWS)
    # Times are whole microseconds, one at least: any place within its microsecond is as good.
    low, high = np.where(times == 1, 0.0, theory.cdf(times - 0.5)), theory.cdf(times + 0.5)
    assert stats.kstest(low + (high - low) * np.random.default_rng(6).random(DRAWS), "uniform").pvalue > 0.001
    assert law(document).mean == pytest.approx(theory.mean(), rel=1e-6)


@pytest.mark.parametrize("name", LAWS)
def test_a_uniform_stands_for_its_quantile(name: str) -> None:
    document, theory = LAWS[name]
    made = law(document)
    u = (np.arange(999) + 0.5) / 999
    if made.uniforms == 1:
        assert made.times_us(u[:, None]) == pytest.approx(theory.ppf(u), rel=1e-9)
    else:
        several = np.random.default_rng(7).random((DRAWS, made.uniforms))
        assert stats.kstest(theory.cdf(made.times_us(several)), "uniform").pvalue > 0.001


def test_a_mixture_has_the_shares_and_the_laws_of_its_parts() -> None:
    made = law(MIXTURE)
    times = made.draw_us(np.random.default_rng(8), DRAWS)
    first, second = LAWS["lognormal"][1], LAWS["ex-gaussian"][1]
    assert stats.kstest(0.75 * first.cdf(times) + 0.25 * second.cdf(times), "uniform").pvalue > 0.001
    assert made.mean == pytest.approx(0.75 * 10 * S + 0.25 * 21 * S)


@pytest.fixture
def measured(tmp_path: Path) -> dict[str, Any]:
    """Times of a file, in no order, some of them twice."""
    seconds = np.random.default_rng(11).choice([3.5, 7.25, 20.0, 20.0, 41.0, 0.0], 500)
    (tmp_path / "times.csv").write_text("\n".join(map(str, seconds)))
    return {"law": "empirical", "file": str(tmp_path / "times.csv"), "seconds": seconds}


def test_a_files_times_are_drawn_each_as_often_as_any_other(measured: dict[str, Any]) -> None:
    seconds = measured.pop("seconds")
    made = law(measured)
    assert made.times_us(((np.arange(500) + 0.5) / 500)[:, None]).tolist() == (np.sort(seconds) * S).tolist()
    times = made.draw_us(np.random.default_rng(5), DRAWS)
    values, counts = np.unique(np.maximum(seconds * S, 1), return_counts=True)
    found, drawn = np.unique(times, return_counts=True)
    assert found.tolist() == values.tolist()
    assert stats.chisquare(drawn, counts * (DRAWS / 500)).pvalue > 0.001
    assert made.mean == pytest.approx(seconds.mean() * S, abs=0.5)


def test_a_files_times_can_be_a_part_of_a_mixture_and_do_not_depend_on_blocks(measured: dict[str, Any]) -> None:
    del measured["seconds"]
    mixed = {"law": "mixture", "parts": [{"weight": 1, "service": measured}, {"weight": 1, "service": LOGNORMAL}]}
    for document in (measured, mixed):
        test_no_time_depends_on_how_a_run_is_cut_into_blocks(document)
    assert law(mixed).mean == round((law(measured).mean + 10 * S) / 2)


@pytest.mark.parametrize("document", [*(document for document, _ in LAWS.values()), MIXTURE], ids=[*LAWS, "mixture"])
def test_no_time_depends_on_how_a_run_is_cut_into_blocks(document: dict[str, Any]) -> None:
    whole, parts = np.random.default_rng(9), np.random.default_rng(9)
    made = law(document)
    cut = [made.draw_us(parts, count) for count in (1, 299, 0, 700)]
    assert made.draw_us(whole, 1000).tolist() == np.concatenate(cut).tolist()
    assert made.draw_us(whole, 9).min() >= 1


def test_a_slower_setting_is_slower_for_every_phone() -> None:
    quick, slow = (law({"law": "erlang", "mean": mean, "phases": 3}) for mean in ("2s", "3s"))
    draws = [each.draw_us(np.random.default_rng(10), 500) for each in (quick, slow)]
    assert np.allclose(draws[1], 1.5 * draws[0], atol=1.0)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"law": "uniform", "low": "3s", "high": "1s"}, "low must not be above high"),
        ({"law": "ex_gaussian", "mu": "5s", "sigma": "2s", "tau": "1s"}, "at most a third of mu"),
        ({"law": "gamma", "mean": "5s", "cv": 0}, "inspectors.service"),
        ({"law": "gama", "mean": "5s", "cv": 1}, "gamma"),
        ({"law": "mixture", "parts": [{"weight": 1, "service": LOGNORMAL}]}, "parts"),
        ({"law": "mixture", "parts": [{"weight": 1, "service": MIXTURE}] * 2}, "mixture"),
    ],
)
def test_a_law_that_cannot_be_is_refused_at_its_place(document: dict[str, Any], says: str) -> None:
    with pytest.raises(sim.ScenarioError, match=says) as refused:
        sim.build(horizon="1h", strategies=[{"pattern": "manual"}], inspectors={"service": document})
    assert "service" in str(refused.value)
    assert len(str(refused.value).splitlines()) < 6
