"""Thresholds: by a share of the phones or by recall, with and without weights, and the review band around them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

import sim
from sim.inspectors.model import ModelError, Ranked
from sim.inspectors.model.kinds.logistic import Logistic
from sim.inspectors.model.thresholds import NEVER, SCORE_GRID

PHONES = st.lists(
    st.tuples(st.integers(0, 40), st.booleans(), st.integers(1, 9)), min_size=1, max_size=60
)  # scores in steps of 1/64: many ties
SHARES = st.fractions(0, 1, max_denominator=200)


def ranked(phones: list[tuple[int, bool, int]], *, weighted: bool) -> Ranked:
    scores, labels, weights = (np.array(column) for column in zip(*phones, strict=True))
    return Ranked.of(scores / 64.0, labels, weights.astype(float) if weighted else None)


@given(PHONES, SHARES)
def test_without_weights_it_is_a_quantile(phones, share):
    found = ranked(phones, weighted=False)
    assume(0 < share < 1)
    assert found.exceeded_by(float(share)) == np.quantile(found.scores, 1.0 - float(share), method="higher")


@given(PHONES, st.integers(1, 99))
def test_with_weights_no_more_than_the_share_exceeds_it_and_it_is_the_lowest_such_score(phones, percent):
    found = ranked(phones, weighted=True)
    share, cut_off = Fraction(percent, 100), found.exceeded_by(percent / 100)
    assert found.share_above(cut_off) <= percent / 100 + 1e-12
    scores, weights = found.scores.tolist(), [Fraction(w) for w in found.weights]
    allowed = [
        score
        for i, score in enumerate(scores)
        if sum(weights[i + 1 :], Fraction()) <= share * (sum(weights) - weights[i])
    ]
    slack = [  # a tie of the two sides may fall either way in floating point
        score
        for i, score in enumerate(scores)
        if sum(weights[i + 1 :], Fraction()) < share * (sum(weights) - weights[i])
    ]
    assert min(allowed) <= cut_off <= min([*slack, scores[-1]])


@given(PHONES, SHARES, st.booleans())
def test_recall_is_reached_and_no_higher_cut_off_reaches_it(phones, recall, weighted):
    found = ranked(phones, weighted=weighted)
    assume(found.labels.any() and recall > 0)
    cut_off = found.rejecting(float(recall))
    scores, weights = found.scores[found.labels], found.weights[found.labels]

    def caught(above: float) -> Fraction:
        return Fraction(float(weights[scores > above].sum())) / Fraction(float(weights.sum()))

    assert caught(cut_off) >= recall
    assert caught(cut_off + 1.0 / SCORE_GRID) < recall


def test_nothing_and_everything():
    found = ranked([(1, False, 1), (2, True, 1), (3, True, 1)], weighted=False)
    assert found.exceeded_by(0.0) == found.rejecting(0.0) == NEVER
    assert found.share_above(found.exceeded_by(1.0)) == 1.0
    assert found.share_above(found.rejecting(1.0)) == 2 / 3


@given(PHONES, st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_a_review_band_lies_around_the_threshold_either_way(phones, share, review, by_recall):
    found = ranked(phones, weighted=True)
    assume(found.labels.any())
    spec = Logistic(recall=share) if by_recall else Logistic(reject_share=share)
    try:
        threshold = found.threshold(spec)
        low, high = found.cut_offs(spec, review)
    except ModelError:
        return  # equal scores at the cut
    assert low <= threshold <= high
    assert found.cut_offs(spec, None) == (threshold, threshold)


@pytest.mark.parametrize("setting", [{"recall": "90%"}, {"reject_share": "6%"}])
@pytest.mark.parametrize("review", [0.02, 0.1])
def test_a_review_band_takes_its_share_and_half_of_it_on_either_side(setting, review):
    rng = np.random.default_rng(1)
    labels = rng.random(50_000) < 0.05
    found = Ranked.of(np.floor(rng.beta(2 + 4 * labels, 6 - 3 * labels) * SCORE_GRID) / SCORE_GRID, labels)
    spec = Logistic(**setting)
    low, high = found.cut_offs(spec, review)
    above = found.share_above(found.threshold(spec))
    assert found.share_above(low) - found.share_above(high) == pytest.approx(min(review, above + review / 2), abs=1e-4)
    assert found.share_above(low) - above == pytest.approx(
        review / 2 if above > review / 2 else review - above, abs=1e-4
    )


def test_weights_of_a_biased_sample_give_the_thresholds_of_the_whole():
    """Horvitz and Thompson: phones that were audited with chance q stand for 1/q phones."""
    rng = np.random.default_rng(2)
    labels = rng.random(400_000) < 0.04
    scores = np.floor(rng.beta(1 + 4 * labels, 8 - 5 * labels) * SCORE_GRID) / SCORE_GRID
    q = np.where(scores > 0.4, 0.5, 0.05)
    drawn = rng.random(len(q)) < q
    audit = Ranked.of(scores[drawn], labels[drawn], 1.0 / q[drawn])
    naive = Ranked.of(scores[drawn], labels[drawn])
    for share in (0.02, 0.05, 0.2):
        # Of the weight above a cut-off, 1/q of every drawn phone's has the variance (1 - q)/q.
        above = scores > audit.exceeded_by(share)
        error = np.sqrt((((1 - q) / q) * (above - share) ** 2).sum()) / len(q)
        assert abs(above.mean() - share) < 4 * error
        assert abs((scores > naive.exceeded_by(share)).mean() - share) > 6 * error
    caught = scores[labels] > audit.rejecting(0.9)
    error = np.sqrt((((1 - q[labels]) / q[labels]) * (caught - 0.9) ** 2).sum()) / labels.sum()
    assert abs(caught.mean() - 0.9) < 4 * error
    assert abs((scores[labels] > naive.rejecting(0.9)).mean() - 0.9) > 6 * error


class TestEqualScores:
    """Equal scores get equal verdicts: a share that lies within a group of them is refused with those that can be kept."""

    def test_a_constant_model_is_refused_and_not_silently_blind(self):
        found = Ranked.of(np.full(1000, 0.25), np.arange(1000) < 30, name="v1")
        with pytest.raises(ModelError) as refused:
            found.threshold(Logistic(reject_share="5%"))
        assert str(refused.value) == (
            "model v1: reject_share: 5% can't be kept: 100% of the phones have the same score 0.25, so 0% or 100% are "
            "rejected, and nothing between. Write one of these, or recall in place of reject_share"
        )
        assert found.threshold(Logistic(recall="5%")) < 0.25

    @given(st.lists(st.integers(20, 2000), min_size=1, max_size=6), st.floats(0.001, 1.0))
    def test_what_is_not_refused_is_kept_nearly_and_what_the_message_proposes_is_not_refused(self, groups, share):
        scores = np.repeat(np.arange(len(groups)) / 8.0, groups)
        found = Ranked.of(scores, np.arange(len(scores)) == 0)
        spec = Logistic(reject_share=share)
        try:
            assert abs(found.share_above(found.threshold(spec)) - share) <= max(0.1 * share, 1.0 / len(scores))
        except ModelError as refused:
            words = str(refused).split(", so ")[1].split()
            for other in (words[0], words[2]):
                if other != "0%" and float(other[:-1]) / 100 > 0.01:  # of less, a tenth of a percent is much
                    found.threshold(Logistic(reject_share=other))

    def test_in_a_sample_of_phones_the_share_is_met_up_to_chance(self):
        """What is kept in training is kept on the line, up to a binomial error: three standard deviations of both."""
        rng = np.random.default_rng(7)
        for share in (0.01, 0.05, 0.3):
            threshold = Ranked.of(rng.random(20_000), np.arange(20_000) < 9).threshold(Logistic(reject_share=share))
            rejected = (rng.random(20_000) > threshold).mean()
            assert abs(rejected - share) < 3.3 * np.sqrt(2 * share * (1 - share) / 20_000)

    def test_a_review_band_of_equal_scores_is_refused(self):
        scores = np.repeat([0.1, 0.5, 0.9], [700, 200, 100])
        found = Ranked.of(scores, scores > 0.8, name="v1")
        spec = Logistic(reject_share="10%")
        assert found.cut_offs(spec, None) == (0.5, 0.5)
        with pytest.raises(
            ModelError, match=r"model v1: a review band of 8% of the phones can't be kept: it would hold"
        ):
            found.cut_offs(spec, 0.08)

    @pytest.mark.parametrize("engine", ["simpy", "compiled"])
    def test_a_file_with_three_scores_is_refused_at_its_place(self, tmp_path, engine):
        rows = ["0.1,0"] * 80 + ["0.5,0"] * 20 + ["0.9,1"] * 5
        (tmp_path / "three.csv").write_text("score,defective\n" + "\n".join(rows) + "\n")
        strategy = {"pattern": "full_automation"}
        model = {"kind": "scores", "file": str(tmp_path / "three.csv")}
        with pytest.raises(sim.ScenarioError, match=r"models.*model v1: reject_share: 5% can't be kept: .*2% or"):
            sim.run(sim.build(horizon="1h", models={"v1": model}, strategies=[strategy]), engine=engine, workers=1)
        kept = sim.build(horizon="1h", models={"v1": {**model, "recall": "90%"}}, strategies=[strategy], replications=1)
        assert sim.run(kept, engine=engine, workers=1).strategies


class TestSpec:
    def test_the_default_is_a_reject_share(self):
        assert (Logistic().reject_share, Logistic().recall) == (0.05, None)

    def test_recall_takes_its_place(self):
        model = Logistic(recall="90%")
        assert (model.reject_share, model.recall) == (None, 0.9)
        assert Logistic.model_validate(model.model_dump(mode="json")) == model

    @pytest.mark.parametrize("given", [{"recall": "90%", "reject_share": "5%"}, {"reject_share": None}])
    def test_exactly_one(self, given):
        with pytest.raises(ValidationError, match="by reject_share or by recall: give one of the two"):
            Logistic(**given)

    def test_both_are_refused_at_their_place(self, tmp_path):
        file = tmp_path / "both.yaml"
        file.write_text("driftline: 1\nmodels:\n  v1:\n    recall: 90%\n    reject_share: 5%\n")
        with pytest.raises(
            sim.ScenarioError, match=r"both.yaml:4:13: error: .*give one of the two  \[models.v1.recall\]"
        ):
            sim.load(file)
