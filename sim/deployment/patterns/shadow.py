"""Shadow: the candidate sees every phone and decides none."""

from __future__ import annotations

from collections.abc import Callable

from sim.deployment.dashboard import Gauge
from sim.deployment.declaration import Appearance, where_named
from sim.deployment.events import ANALYSIS, Reason
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.deployment.telemetry.reading import Reading
from sim.units import Percent, Rhythm

NONE_SEEN = "no phones seen by both"
OPINIONS = "{share} {by_line} if the line were always right, {by_audits} by audits"


@pattern("shadow", people=where_named, usual=True, appearance=Appearance("sky", (5, 2), "s", always=True), place=2)
def shadow(rollout: Rollout, *, share: Percent = 100.0, report: Rhythm = "1d") -> Playbook:  # type: ignore[assignment]
    """The candidate mirrors the stable decider; its verdicts are logged, compared and used for nothing.

    It sees `share` percent of the phones. Every `report`, and at the end over the whole time, the log book holds
    two opinions of the candidate's recall and precision: with the line's verdicts taken for the truth, which blames
    it for the inspectors' mistakes, and by adjudicated audits of the same phones. Each with its 95 % interval.
    """
    rollout.set_mirror(share)
    first = rollout.now
    while rollout.left_us > report:
        began = rollout.now
        yield from rollout.wait(report)
        _compare(rollout, began)
    yield max(rollout.left_us - 1, 1)  # just before the end, when nobody could be woken any more
    _compare(rollout, first, all_in_all=True)


def _compare(rollout: Rollout, began_us: int, all_in_all: bool = False) -> None:
    version = rollout.candidate.version

    def read(metric: str) -> Reading:
        return rollout.telemetry.read(metric, version, began_us)

    apart = read("disagreement")
    _show(rollout, read, all_in_all)
    wording = NONE_SEEN if apart.value is None else "{value:.1%} of {samples:,} phones"
    disagrees = Reason("disagreement", wording, "disagreement", apart.value, samples=apart.samples)
    brief = NONE_SEEN if apart.value is None else "{version} disagrees on {percent:.1f} %"
    opinions = [
        Reason("opinions", OPINIONS, more={
            "share": share,
            "by_line": with_interval(f"{share}_by_line", read(f"{share}_by_line")),
            "by_audits": with_interval(f"mirror_audit_{share}", read(f"mirror_audit_{share}")),
        })
        for share in ("recall", "precision")
    ]  # fmt: skip
    figures = {"version": version, "opinions": Reason.together(opinions), "percent": 100 * (apart.value or 0.0)}
    compared = Reason(
        "compared",
        ("all in all: " if all_in_all else "") + "{version} disagrees on {cause}; {opinions}",
        more=figures,
        cause=disagrees,
        brief=("all in all " if all_in_all else "") + brief,
    )
    rollout.note(ANALYSIS, compared)


def _show(rollout: Rollout, read: Callable[[str], Reading], all_in_all: bool) -> None:
    """Show both opinions beside one another."""
    for share in ("recall", "precision"):
        opinions = {"by the line’s verdicts": read(f"{share}_by_line"), "by audits": read(f"mirror_audit_{share}")}
        gauges = (
            Gauge(each.value, "share", of=whose, interval=each.interval, samples=each.samples)
            for whose, each in opinions.items()
        )
        verdict = "all in all" if all_in_all else ""
        rollout.show(f"{share} of {rollout.candidate.version}", *gauges, verdict=verdict, run=int(all_in_all))


def with_interval(metric: str, reading: Reading) -> Reason:
    """Return a share with its 95 % interval.

    >>> half = with_interval("recall_by_line", Reading(0.5, 100))
    >>> half.value, half.wording.format(**half.more)
    (0.5, '50 % (40 to 60)')
    >>> with_interval("recall_by_line", Reading(None, 0)).wording
    'unknown'
    """
    if reading.value is None or reading.interval is None:
        return Reason("unknown", "unknown", metric, samples=reading.samples)
    low, high = reading.interval
    percents = {"percent": 100 * reading.value, "low": 100 * low, "high": 100 * high}
    wording = "{percent:.0f} % ({low:.0f} to {high:.0f})"
    return Reason("share", wording, metric, reading.value, samples=reading.samples, more=percents)
