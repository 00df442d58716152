"""Truth is coupled: the same draws under a harder setting never make a phone better. And what the camera makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.factory.camera import GAUGE_NOISE, Camera, Optics, view
from sim.factory.cause import causes_of, quantities_of
from sim.factory.causes.haze import GLOW
from sim.factory.drift import Course, Values
from sim.factory.finishes import Finish
from sim.factory.flaws import Kind, severities
from sim.factory.lots import Lots
from sim.factory.spec import Factory
from sim.factory.streams import Streams
from sim.factory.world import World

COUNT = 4000


def phones(seed: int = 6, **changes: object):
    return World(Factory().model_copy(update=changes), (), Streams(seed, 0)).take(COUNT)


class TestMonotoneCoupling:
    @settings(max_examples=30, deadline=None, derandomize=True)
    @given(
        seed=st.integers(0, 2**32 - 1), rates=st.lists(st.floats(0.0, 0.9), min_size=2, max_size=2, unique=True),
        minor=st.sampled_from([0.01, 0.3, 1.0, 10.0, 100.0]),
    )  # fmt: skip
    def test_a_higher_rate_never_makes_a_phone_better(self, seed, rates, minor):
        low, high = (phones(seed, defect_rate=rate, minor_per_defect=minor) for rate in sorted(rates))
        assert (low.severity <= high.severity).all()
        assert (low.defective <= high.defective).all()

    def test_a_higher_rate_makes_phones_worse(self):
        low, high = (phones(defect_rate=rate) for rate in (0.02, 0.04))
        assert (high.severity > low.severity)[low.severity > 0].all()
        assert high.defective.sum() > low.defective.sum()

    def test_a_worse_lot_never_makes_a_phone_better(self):
        good, bad = (
            phones(lots=Lots(cv=0.0, bad_share=share, bad_factor=4.0), defect_rate=0.1) for share in (0.0, 0.3)
        )
        worse = np.isin(
            bad.lot,
            [
                lot
                for lot in np.unique(bad.lot)
                if (bad.severity[bad.lot == lot] > good.severity[good.lot == lot]).any()
            ],
        )
        # A lot is bad or not: in a lot all phones are worse or equal, or all are better or equal (the mean is kept).
        assert (bad.severity[worse] >= good.severity[worse]).all()
        assert (bad.severity[~worse] <= good.severity[~worse]).all()
        assert 0 < worse.sum() < COUNT

    @settings(max_examples=50, deadline=None, derandomize=True)
    @given(
        draw=st.floats(1e-9, 5.0), hazard=st.floats(1e-6, 3.0), more=st.floats(1.0, 10.0), sigma=st.floats(0.05, 3.0),
        minor=st.floats(0.01, 100.0),
    )  # fmt: skip
    def test_severity_rises_with_the_hazard_and_falls_with_the_draw(self, draw, hazard, more, sigma, minor):
        def severity(e: float, h: float) -> float:
            return float(severities(np.array([e]), np.array([h]), np.array([1.0]), minor, sigma)[0])

        assert severity(draw, hazard) <= severity(draw, hazard * more)
        assert severity(draw * more, hazard) <= severity(draw, hazard)


class TestSeverities:
    def test_flawed_and_defective_by_the_draw(self):
        # With hazard h, multiplier m and r minor flaws per defect: flawed iff E < (1 + r) h m, defective iff E < h m.
        draws = np.array([0.0999, 0.1001, 0.2999, 0.3001])
        found = severities(draws, np.asarray(0.05), np.full(4, 2.0), 2.0, 0.8)
        assert (found > 1.0).tolist() == [True, False, False, False]
        assert (found > 0.0).tolist() == [True, True, True, False]

    def test_the_median_flaw(self):
        # E halfway up: Phi^-1(1/2) = 0, so s = exp(mu); with one minor flaw per defect mu = 0 and s = 1.
        assert severities(np.array([0.1]), np.asarray(0.1), np.ones(1), 1.0, 0.8)[0] == pytest.approx(1.0, abs=1e-6)

    def test_no_hazard_no_flaw(self):
        assert severities(np.array([1e-12]), np.asarray(0.0), np.ones(1), 1.0, 0.8).tolist() == [0.0]

    def test_defective_is_the_worst_ratio_above_one(self):
        made = phones(defect_rate=0.3)
        assert made.defective.tolist() == (made.severity > 1.0).any(axis=1).tolist()
        assert made.ratio == pytest.approx(made.severity.max(axis=1), rel=1e-6)

    def test_a_line_without_defects(self):
        made = phones(defect_rate=0.0)
        assert not made.severity.any()
        assert not made.defective.any()

    def test_a_kind_that_does_not_count_makes_no_defect(self):
        kinds = (Kind(name="a", share="50%", counts=False), Kind(name="b", share="50%"))
        made = phones(defect_rate=0.3, kinds=kinds)
        assert made.defective.tolist() == (made.severity[:, 1] > 1.0).tolist()
        assert (made.severity[:, 0] > 1.0).sum() > 100


class TestCamera:
    def seen(self, severity: float = 1.0, finish: int = 0, **quantities: float) -> list[float]:
        finishes = (Finish(name="gloss"), Finish(name="matte", gain=0.5, texture=0.25))
        factory, optics = Factory(camera=Camera(**quantities), finishes=finishes), Optics()
        values = Values(factory, Course(quantities_of(factory), ()), np.zeros(1, dtype=np.int64), {})
        for cause, _ in causes_of(factory):
            cause.on_camera(optics, values)
        return view(
            optics,
            np.array([[severity, 0.0]], dtype=np.float32), np.array([finish], dtype=np.int8), finishes,
            np.array([[0.0, 0.5]], dtype=np.float32), np.array([[1.0, -1.0]], dtype=np.float32),
        )[0].tolist()  # fmt: skip

    def test_by_hand(self):
        log2 = float(np.log1p(1.0))
        plain = [log2, 0.5, 1.0 + GAUGE_NOISE, 1.0 - GAUGE_NOISE, 1.0, 0.0]
        for given_, expected in (
            ({}, plain),
            ({"contrast": 0.5}, [0.5 * log2, *plain[1:]]),
            ({"brightness": 0.5}, [0.5 * log2, 0.5, 0.5 + GAUGE_NOISE, *plain[3:]]),
            ({"haze": 0.25}, [log2 + 0.25, 0.75, 1.0 + GLOW * 0.25 + GAUGE_NOISE, *plain[3:]]),
            ({"blur": 1.0}, [np.log1p(0.5), 0.5, plain[2], 0.5 - GAUGE_NOISE, 1.0, 0.0]),
            ({"finish": 1}, [0.5 * log2 + 0.25, 0.75, plain[2], plain[3], 0.0, 1.0]),
        ):
            assert self.seen(**given_) == pytest.approx(expected, abs=1e-6), given_

    def test_noise_is_as_large_as_asked(self):
        made = phones(defect_rate=0.0, camera=Camera(noise=0.3))
        noise = made.features[:, :8]
        assert float(noise.std()) == pytest.approx(0.3, abs=4.0 * 0.3 / np.sqrt(2 * noise.size))
        assert abs(float(noise.mean())) < 4.0 * 0.3 / np.sqrt(noise.size)

    def test_the_truth_is_not_among_the_features(self):
        made = phones(defect_rate=0.3)
        assert made.features.shape[1] == len(Factory().feature_names()) == 11
        for column in made.features.T:
            for truth in (made.ratio, made.defective, *made.severity.T):
                assert not np.array_equal(column, truth)
