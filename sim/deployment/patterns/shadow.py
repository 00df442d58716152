"""Shadow: the candidate sees every phone and decides none."""

from __future__ import annotations

from sim.deployment.declaration import Appearance, where_named
from sim.deployment.rollout import Playbook, Rollout
from sim.deployment.strategy import pattern
from sim.deployment.telemetry.reading import Reading
from sim.units import Percent, PositiveDuration


@pattern("shadow", people=where_named, usual=True, appearance=Appearance("sky", (5, 2), "s", always=True), place=2)
def shadow(rollout: Rollout, *, share: Percent = 100.0, report: PositiveDuration = "1d") -> Playbook:  # type: ignore[assignment]
    """The candidate mirrors the stable decider; its verdicts are logged, compared and used for nothing.

    Every `report`, and at the end over the whole time, the log book holds two opinions of the candidate's recall and
    precision: with the line's verdicts taken for the truth, which blames it for the inspectors' mistakes, and by
    adjudicated audits of the same phones. Each with its 95 % interval.
    """
    rollout.set_mirror(share)
    first = rollout.now
    while rollout.left_us > report:
        began = rollout.now
        yield from rollout.wait(report)
        _compare(rollout, began, "")
    yield max(rollout.left_us - 1, 1)  # just before the end, when nobody could be woken any more
    _compare(rollout, first, "all in all: ")


def _compare(rollout: Rollout, began_us: int, when: str) -> None:
    version = rollout.candidate.version

    def read(metric: str) -> Reading:
        return rollout.telemetry.read(metric, version, began_us)

    found = read("disagreement")
    said = "no phones seen by both" if found.value is None else f"{found.value:.1%} of {found.samples:,} phones"
    judged = (
        f"{name} {_with_interval(read(f'{name}_by_line'))} if the line were always right,"
        f" {_with_interval(read(f'mirror_audit_{name}'))} by audits"
        for name in ("recall", "precision")
    )
    rollout.note("analysis", f"{when}{version} disagrees on {said}; {'; '.join(judged)}")


def _with_interval(found: Reading) -> str:
    """Say a share with its 95 % interval.

    >>> _with_interval(Reading(0.5, 100)), _with_interval(Reading(None, 0))
    ('50 % (40 to 60)', 'unknown')
    """
    if found.value is None or found.interval is None:
        return "unknown"
    low, high = found.interval
    return f"{100 * found.value:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
