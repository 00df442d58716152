"""Plans replay to the weights over time that the real controllers would set, off-by-ones included.

Each trap is one where Argo's or Flagger's documentation says otherwise than the code; the code's meaning holds here.
"""

from __future__ import annotations

from typing import Any

import pytest
from replayed import BAD, GOOD, NOTHING, Script, always, from_minute, replay, text

import sim
from sim.deployment.analysis.measurement import Sample
from sim.deployment.analysis.spec import Metric
from sim.report.text.sentences import sentence
from sim.units import HOUR, MINUTE


def metric(**settings: Any) -> dict[str, Any]:
    return {"metric": "reject_rate", "success_condition": "result < 0.1", **settings}


class TestArgoCanary:
    def test_timed_pauses_and_the_jump_at_the_end(self) -> None:
        _, shares = replay(
            "argo_canary",
            steps=[
                {"set_weight": 20},
                {"pause": {"duration": "1h"}},
                {"set_weight": 80},
                {"pause": {"duration": "2h"}},
            ],
        )
        assert shares == [(0, 0.0), (0, 20.0), (60, 80.0), (180, 100.0)]  # from 80 to 100: unobserved

    def test_before_the_first_weight_the_share_is_nothing(self) -> None:
        _, shares = replay("argo_canary", steps=[{"pause": {"duration": "1h"}}, {"set_weight": 5}, {"pause": {}}])
        assert shares[:2] == [(0, 0.0), (60, 5.0)]

    def test_a_gate_waits_for_a_human(self) -> None:
        steps = [{"set_weight": 10}, {"pause": {}}]
        assert replay("argo_canary", steps=steps, approver={"delay": "45min"})[1][-1] == (45, 100.0)
        assert replay("argo_canary", steps=steps, approver=None)[1] == [(0, 0.0), (0, 10.0)]

    def test_an_inline_analysis_blocks_until_it_is_successful(self) -> None:
        inline = {"analysis": {"metrics": [metric(interval="10min", count=4)]}}
        rollout, shares = replay("argo_canary", steps=[{"set_weight": 10}, inline, {"set_weight": 50}, inline])
        assert shares == [(0, 0.0), (0, 10.0), (30, 50.0), (60, 100.0)]  # the first measurement comes at once
        assert len(rollout.query) == 8

    def test_without_interval_and_count_it_is_measured_once(self) -> None:
        rollout, shares = replay("argo_canary", steps=[{"set_weight": 10}, {"analysis": {"metrics": [metric()]}}])
        assert (len(rollout.query), shares[-1]) == (1, (0, 100.0))

    def test_a_failure_aborts_at_once(self) -> None:
        inline = {"analysis": {"metrics": [metric(interval="10min", count=4)]}}
        rollout, shares = replay("argo_canary", from_minute(15, BAD), steps=[{"set_weight": 10}, inline])
        assert shares == [(0, 0.0), (0, 10.0), (20, 0.0)]
        assert "Failed" in text(rollout, "abort")[0]

    @pytest.mark.parametrize(("limit", "minute"), [(0, 0), (1, 10), (3, 30)])
    def test_trap_1_the_failure_after_the_limit_fails(self, limit: int, minute: int) -> None:
        """The documentation: `failureLimit: 3` is three failures. The code: the fourth."""
        inline = {"analysis": {"metrics": [metric(interval="10min", failure_limit=limit)]}}
        _, shares = replay("argo_canary", always(BAD), steps=[{"set_weight": 10}, inline])
        assert shares == ([(0, 0.0)] if limit == 0 else [(0, 0.0), (0, 10.0), (minute, 0.0)])

    def test_failures_add_up_over_good_measurements(self) -> None:
        def every_other(now: int, metric: Metric) -> Sample:
            return BAD if (now // (10 * MINUTE)) % 2 else GOOD

        inline = {"analysis": {"metrics": [metric(interval="10min", failure_limit=2)]}}
        assert replay("argo_canary", every_other, steps=[{"set_weight": 10}, inline])[1][-1] == (50, 0.0)

    def test_trap_2_without_conditions_a_measurement_is_successful(self) -> None:
        inline = {"analysis": {"metrics": [{"metric": "reject_rate"}]}}
        assert replay("argo_canary", always(BAD), steps=[{"set_weight": 10}, inline])[1][-1] == (0, 100.0)

    def test_the_fifth_error_in_a_row_ends_it_after_forty_seconds(self) -> None:
        inline = {"analysis": {"metrics": [metric(interval="10min", count=3)]}}
        rollout, _ = replay("argo_canary", always(NOTHING), steps=[{"set_weight": 10}, inline])
        (abort,) = [note for note in rollout.events if note.kind == "abort"]
        assert (abort.time_us, len(rollout.query)) == (40_000_000, 5)
        assert "Error" in sentence(abort)

    def test_a_value_between_errors_resets_their_count(self) -> None:
        def flaky(now: int, metric: Metric) -> Sample:
            return GOOD if now in (40_000_000, 40_000_000 + 10 * MINUTE) else NOTHING

        inline = {"analysis": {"metrics": [metric(interval="10min", count=2)]}}
        rollout, shares = replay("argo_canary", flaky, steps=[{"set_weight": 10}, inline])
        assert shares[-1] == (10, 100.0)
        assert len(rollout.query) == 6

    def test_both_conditions_false_is_inconclusive_and_pauses(self) -> None:
        between = {"success_condition": "result < 0.05", "failure_condition": "result > 0.2"}
        inline = {"analysis": {"metrics": [{"metric": "reject_rate", **between}]}}
        steps = [{"set_weight": 10}, inline]
        unsure = always(Sample(0.1, 0.1, 1000))
        _, shares = replay("argo_canary", unsure, steps=steps, approver=None)
        assert shares == [(0, 0.0), (0, 10.0)]  # nobody comes: paused at this weight
        aborts = {"delay": "1h", "inconclusive": "abort"}
        assert replay("argo_canary", unsure, steps=steps, approver=aborts)[1][-1] == (60, 0.0)
        later_good = lambda now, metric: GOOD if now >= HOUR else Sample(0.1, 0.1, 1000)  # noqa: E731
        resumes = {"delay": "1h", "inconclusive": "resume"}
        rollout, shares = replay("argo_canary", later_good, steps=steps, approver=resumes)
        assert shares[-1] == (60, 100.0)  # resuming started a fresh run
        assert text(rollout, "analysis")[0].startswith("inconclusive")

    @pytest.mark.parametrize(
        ("conditions", "end"),
        [
            ({"success_condition": "result < 0.1"}, (0, 0.0)),
            ({"failure_condition": "result > 0.1"}, (0, 100.0)),
            ({"success_condition": "result < 0.1", "failure_condition": "result > 0.2"}, (30, 0.0)),
        ],
        ids=["failed", "successful", "inconclusive"],
    )
    def test_not_a_number(self, conditions: dict[str, str], end: tuple[int, float]) -> None:
        inline = {"analysis": {"metrics": [{"metric": "reject_rate", **conditions}]}}
        nan = always(Sample(float("nan"), 0.1, 1000))
        _, shares = replay("argo_canary", nan, steps=[{"set_weight": 10}, {"pause": {"duration": "1s"}}, inline])
        assert shares[-1] == end

    def test_the_background_analysis_never_holds_up_and_aborts_in_a_pause(self) -> None:
        steps = [{"set_weight": 10}, {"pause": {"duration": "1h"}}, {"set_weight": 50}, {"pause": {"duration": "1h"}}]
        watch = {"metrics": [metric(interval="10min")]}
        assert replay("argo_canary", steps=steps, analysis=watch)[1][-1] == (120, 100.0)
        _, shares = replay("argo_canary", from_minute(75, BAD), steps=steps, analysis=watch)
        assert shares == [(0, 0.0), (0, 10.0), (60, 50.0), (80, 0.0)]

    def test_the_background_analysis_starts_with_its_step_counted_from_0(self) -> None:
        steps = [{"set_weight": 10}, {"pause": {"duration": "1h"}}, {"set_weight": 50}, {"pause": {"duration": "1h"}}]
        watch = {"metrics": [metric(interval="10min")], "starting_step": 2}
        rollout, _ = replay("argo_canary", steps=steps, analysis=watch)
        assert rollout.query[0][0] == 60
        _, shares = replay("argo_canary", lambda now, m: BAD if now < HOUR else GOOD, steps=steps, analysis=watch)
        assert shares[-1] == (120, 100.0)

    def test_a_background_analysis_that_has_counted_to_its_end_watches_no_more(self) -> None:
        steps = [{"set_weight": 10}, {"pause": {"duration": "2h"}}]
        watch = {"metrics": [metric(interval="10min", count=3)]}
        rollout, shares = replay("argo_canary", from_minute(30, BAD), steps=steps, analysis=watch)
        assert shares[-1] == (120, 100.0)
        assert [minute for minute, _ in rollout.query] == [0, 10, 20]

    def test_the_initial_delay_is_the_metrics_own(self) -> None:
        metrics = [metric(), metric(name="late", initial_delay="25min")]
        rollout, shares = replay("argo_canary", steps=[{"set_weight": 10}, {"analysis": {"metrics": metrics}}])
        assert rollout.query == [(0, "reject_rate"), (25, "late")]
        assert shares[-1] == (25, 100.0)

    def test_one_failed_metric_ends_the_run_and_delayed_ones_never_start(self) -> None:
        metrics = [metric(interval="10min", count=2), metric(name="late", initial_delay="25min")]
        rollout, _ = replay("argo_canary", always(BAD), steps=[{"analysis": {"metrics": metrics}}])
        assert rollout.query == [(0, "reject_rate")]

    def test_consecutive_successes_end_a_metric(self) -> None:
        spec = metric(interval="10min", count=9, consecutive_success_limit=3, failure_limit=-1)
        rollout, shares = replay(
            "argo_canary",
            lambda now, m: BAD if now < 20 * MINUTE else GOOD,
            steps=[{"set_weight": 10}, {"analysis": {"metrics": [spec]}}],
        )
        assert shares[-1] == (40, 100.0)
        never = replay("argo_canary", always(BAD), steps=[{"set_weight": 10}, {"analysis": {"metrics": [spec]}}])
        assert never[1][-1] == (80, 0.0)  # the count is over: Failed where failures are free
        limited = {**spec, "failure_limit": 20}
        rollout, _ = replay(
            "argo_canary", always(BAD), steps=[{"set_weight": 10}, {"analysis": {"metrics": [limited]}}]
        )
        assert text(rollout, "analysis")[0].startswith("inconclusive")

    def test_a_dry_run_decides_nothing_but_is_waited_for(self) -> None:
        metrics = [metric(), metric(name="error-rate", interval="10min", count=3, failure_limit=9)]
        step = {"analysis": {"metrics": metrics, "dry_run": ["error"]}}  # unanchored: error-rate too
        script: Script = lambda now, m: BAD if m.name == "error-rate" else GOOD  # noqa: E731
        assert replay("argo_canary", script, steps=[{"set_weight": 10}, step])[1][-1] == (20, 100.0)

    def test_trap_3_a_star_is_no_wildcard(self) -> None:
        with pytest.raises(sim.ScenarioError, match=r"write '\.\*'"):
            replay("argo_canary", steps=[{"analysis": {"metrics": [metric()], "dry_run": ["*"]}}])

    def test_the_mirror_comes_on_top_and_goes(self) -> None:
        rollout, _ = replay(
            "argo_canary",
            steps=[
                {"set_mirror_route": {"percentage": 35}}, {"pause": {"duration": "1h"}},
                {"set_mirror_route": {"percentage": 0}}, {"set_weight": 10}, {"pause": {}},
            ],
            approver=None,
        )  # fmt: skip
        assert [sentence(note) for note in rollout.events][:2] == [
            "v1 looks at 35 % of the phones without deciding", "v1 no longer mirrored",
        ]  # fmt: skip

    def test_retries_start_at_the_first_step(self) -> None:
        steps = [{"set_weight": 10}, {"pause": {"duration": "1h"}}, {"set_weight": 50}, {"pause": {"duration": "1h"}}]
        script: Script = lambda now, m: BAD if HOUR < now < 2 * HOUR else GOOD  # noqa: E731
        watch = {"metrics": [metric(interval="30min")]}
        _, shares = replay("argo_canary", script, steps=steps, analysis=watch, retry_after="1h", retries=1)
        assert shares == [(0, 0.0), (0, 10.0), (60, 50.0), (90, 0.0), (150, 10.0), (210, 50.0), (270, 100.0)]

    def test_going_back_in_the_rollback_window_skips_all_steps(self) -> None:
        steps = [{"set_weight": 20}, {"pause": {"duration": "1h"}}, {"set_weight": 60}, {"pause": {"duration": "1h"}}]
        ramp = [(0, 0.0), (0, 20.0), (60, 60.0), (120, 100.0)]
        _, shares = replay("argo_canary", steps=steps, revert_after="3h", rollback_window=2)
        assert shares == [*ramp, (300, 0.0)]
        _, shares = replay("argo_canary", steps=steps, revert_after="3h")
        assert shares == [*ramp, (300, 80.0), (360, 40.0), (420, 0.0)]

    def test_nothing_rises_in_a_freeze_but_a_rollback_is_possible(self) -> None:
        steps = [{"set_weight": 10}, {"pause": {"duration": "23h"}}, {"set_weight": 50}, {"pause": {"duration": "1h"}}]
        _, shares = replay("argo_canary", steps=steps, freeze={"begins": "22h", "ends": "6h"})
        assert shares == [(0, 0.0), (6 * 60, 10.0), (30 * 60, 50.0), (31 * 60, 100.0)]
        watch = {"metrics": [metric(interval="1h")]}
        night = from_minute(23 * 60 - 30, BAD)
        _, shares = replay("argo_canary", night, steps=steps, freeze={"begins": "22h", "ends": "6h"}, analysis=watch)
        assert shares[-1] == (23 * 60, 0.0)


PRE = {"metrics": [metric(interval="10min", count=3)]}
LIMITS = [{"metric": "reject_rate", "max": 0.1}]


class TestArgoBlueGreen:
    def test_the_seconds_count_after_the_pre_promotion_analysis(self) -> None:
        """Trap 4: the documentation says that they cut the analysis short."""
        _, shares = replay("argo_blue_green", pre_promotion_analysis=PRE, auto_promotion_seconds="15min")
        assert shares == [(0, 0.0), (20 + 15, 100.0)]

    def test_a_failed_pre_promotion_analysis_never_switches(self) -> None:
        rollout, shares = replay("argo_blue_green", always(BAD), pre_promotion_analysis=PRE)
        assert shares == [(0, 0.0)]
        assert rollout.mirror_share == 0

    def test_without_auto_promotion_a_human_promotes_and_the_seconds_are_ignored(self) -> None:
        settings = {"auto_promotion_enabled": False, "auto_promotion_seconds": "5min", "approver": {"delay": "2h"}}
        assert replay("argo_blue_green", **settings)[1] == [(0, 0.0), (120, 100.0)]

    def test_a_failed_post_promotion_analysis_switches_back_at_once(self) -> None:
        post = {"metrics": [metric(interval="10min", count=6)]}
        _, shares = replay("argo_blue_green", from_minute(35, BAD), post_promotion_analysis=post)
        assert shares == [(0, 0.0), (0, 100.0), (40, 0.0)]

    def test_trap_5_the_old_stack_outlives_the_post_promotion_analysis(self) -> None:
        post = {"metrics": [metric(interval="10min", count=6)]}
        rollout, shares = replay("argo_blue_green", post_promotion_analysis=post, scale_down_delay="5min")
        promoted = [note.time_us // MINUTE for note in rollout.events if note.kind == "promote"]
        assert (promoted, shares[-1]) == ([50], (0, 100.0))

    def test_fast_rollback_while_the_old_stack_is_up(self) -> None:
        _, shares = replay("argo_blue_green", scale_down_delay="2h", revert_after="90min")
        assert shares == [(0, 0.0), (0, 100.0), (90, 0.0)]
        # Once it is gone, that is a rollout like any other, the analysis before the switch and all.
        _, shares = replay("argo_blue_green", pre_promotion_analysis=PRE, scale_down_delay="1h", revert_after="90min")
        assert shares == [(0, 0.0), (20, 100.0), (20 + 90 + 20, 0.0)]

    def test_the_rollback_window_skips_all_of_it(self) -> None:
        settings = {"scale_down_delay": "1h", "revert_after": "90min", "rollback_window": 1}
        _, shares = replay("argo_blue_green", pre_promotion_analysis=PRE, **settings)
        assert shares == [(0, 0.0), (20, 100.0), (20 + 90, 0.0)]


class TestFlagger:
    def test_the_maximum_weight_is_a_stop_test_and_no_cap(self) -> None:
        """Trap 6: 20 a tick and 50 at most gives 60."""
        _, shares = replay("flagger", interval="10min", max_weight=50, step_weight=20, metrics=LIMITS)
        assert shares == [(0, 0.0), (10, 20.0), (20, 40.0), (30, 60.0), (40, 100.0)]

    @pytest.mark.parametrize("threshold", [1, 2, 5])
    def test_the_rollback_comes_a_tick_late(self, threshold: int) -> None:
        _, shares = replay(
            "flagger", from_minute(15, BAD), interval="10min", step_weight=5, threshold=threshold, metrics=LIMITS
        )
        assert shares == [(0, 0.0), (10, 5.0), (20 + 10 * threshold, 0.0)]

    def test_a_failed_check_keeps_the_weight_and_good_ones_take_nothing_back(self) -> None:
        script: Script = lambda now, m: BAD if now // (10 * MINUTE) in (3, 5) else GOOD  # noqa: E731
        _, shares = replay("flagger", script, interval="10min", step_weight=10, threshold=2, metrics=LIMITS)
        assert shares == [(0, 0.0), (10, 10.0), (20, 20.0), (40, 30.0), (60, 0.0)]

    def test_no_value_is_a_failed_check_and_the_ends_are_inside(self) -> None:
        _, shares = replay("flagger", always(NOTHING), interval="10min", step_weight=10, metrics=LIMITS)
        assert shares == [(0, 0.0), (10, 10.0), (30, 0.0)]
        edge = always(Sample(0.1, None, 10))
        assert replay("flagger", edge, interval="10min", step_weight=50, metrics=LIMITS)[1][-1][1] == 100.0

    def test_the_first_tick_asks_no_metric(self) -> None:
        rollout, _ = replay("flagger", interval="10min", step_weight=50, metrics=LIMITS)
        assert rollout.query[0][0] == 20

    def test_the_mirror_comes_first(self) -> None:
        rollout, shares = replay("flagger", interval="10min", step_weight=50, mirror=True, metrics=LIMITS)
        assert shares == [(0, 0.0), (20, 50.0), (30, 100.0)]
        assert sentence(rollout.events[0]) == "v1 looks at 100 % of the phones without deciding"

    def test_step_weights_replace_the_maximum(self) -> None:
        _, shares = replay("flagger", interval="10min", step_weights=[1, 10, 80], max_weight=5, metrics=LIMITS)
        assert shares == [(0, 0.0), (10, 1.0), (20, 10.0), (30, 80.0), (40, 100.0)]

    def test_without_steps_it_is_stuck_for_ever(self) -> None:
        assert replay("flagger", interval="1h", metrics=LIMITS)[1] == [(0, 0.0)]

    def test_blue_green_by_iterations(self) -> None:
        _, shares = replay("flagger", interval="10min", iterations=3, metrics=LIMITS)
        assert shares == [(0, 0.0), (40, 100.0)]
        mirrored, _ = replay("flagger", interval="10min", iterations=3, mirror=True, metrics=LIMITS)
        assert [note.time_us // MINUTE for note in mirrored.events] == [10, 40, 40, 50]
        _, shares = replay("flagger", from_minute(25, BAD), interval="10min", iterations=3, metrics=LIMITS)
        assert shares == [(0, 0.0)]
        _, shares = replay("flagger", from_minute(45, BAD), interval="10min", iterations=3, metrics=LIMITS)
        assert shares == [(0, 0.0), (40, 100.0), (60, 0.0)]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([{"set_weight": 10, "pause": {}}], "one thing"),
        ([{"set_weight": 120}], "percent from 0 to 100"),
        ([{"setWeight": 10}], "did you mean 'set_weight'"),
        ([{"analysis": {"metrics": [{"metric": "truth"}]}}], "unknown metric 'truth'"),
        ([{"analysis": {"metrics": [metric(count=3)]}}], "needs an interval"),
        ([{"analysis": {"metrics": [metric(success_condition="reslt < 1")]}}], "means nothing in a condition"),
        ([{"analysis": {"metrics": [metric(), metric()]}}], "two metrics are called"),
    ],
)
def test_a_wrong_plan_is_refused(steps: list[Any], message: str) -> None:
    with pytest.raises(sim.ScenarioError, match=message):
        replay("argo_canary", steps=steps)
