"""The few events of a strategy that a picture tells of, each kind with its symbol, in a row per strategy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.axes import Axes

from sim.deployment.events import (
    AlarmRaised,
    CleaningOrdered,
    Event,
    Promoted,
    RolledBack,
    WeightChanged,
    WeightsChanged,
    WentOut,
)
from sim.experiment.result import Result, StrategyResult
from sim.line.route import Arm
from sim.measure.events import Drifted
from sim.report.drawing.layout import Panel, name_within, place, size_of, text_width
from sim.report.drawing.style import FAINT, INK, QUIET, Look
from sim.report.drawing.timeaxis import HOUR_US
from sim.report.endings import as_shown

ROW = 0.21  #: inches
SIZE = 9.5  #: points
APART = 0.3  #: inches between a symbol and what is written before the next, so that nobody takes it for the first's


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of milestone: what the legend says of it, its symbol, and which of one moment is told (0 first).

    What is written beside a symbol needs no legend if it has the verb.
    """

    says: str
    verb: str
    symbol: str | tuple[int, int, int] | int
    rank: int


ROLLED_BACK = Kind("rolled back", "rolled back", "x", 0)
PROMOTED = Kind("promoted", "promoted", 6, 1)
SWITCHED = Kind("gets all phones, on trial", "to ", ">", 2)
CLEANED = Kind("lens cleaned", "cleaned", (6, 2, 0), 3)
NEW_VERSION = Kind("new version goes out", " out", "+", 4)
ALARM = Kind("first alarm after a drift", "alarm", "|", 5)
KINDS = (SWITCHED, PROMOTED, ROLLED_BACK, NEW_VERSION, ALARM, CLEANED)


@dataclass(frozen=True, slots=True)
class Milestone:
    """One of them: when, and its label where there is room for it."""

    hours: float
    kind: Kind
    text: str
    brief: str = ""  #: where there is less


def milestones(result: Result, strategy: StrategyResult) -> list[Milestone]:
    """Return a strategy's milestones in the replication that is shown, at most one per moment, in order.

    Promotions of who decides already are none, nor are those at the start; of the alarms only the first after each
    drift is one (where nothing drifts, the first). That a candidate gets all phones is one where it is promoted later.
    """
    drifts = sorted({event.time_us for event in result.world_events if isinstance(event, Drifted)})
    found: dict[int, Milestone] = {}
    told: set[int] = set()
    stable = strategy.routes[0].route.stable.name
    newest = ""  #: the version that went out last
    for event in strategy.events:
        kind, text, brief_text = _kind(event, stable, newest)
        if isinstance(event, WentOut):
            newest = event.version
        if isinstance(event, (Promoted, RolledBack)):
            stable = event.arm.name
        if isinstance(event, AlarmRaised):
            since = sum(moment <= event.time_us for moment in drifts)
            kind = ALARM if since not in told and (since or not drifts) else None
            told.add(since)
        if kind is None or event.time_us == 0:
            continue
        other = found.get(event.time_us)
        if other is None or kind.rank < other.kind.rank:
            found[event.time_us] = Milestone(event.time_us / HOUR_US, kind, text, brief_text)
    return _without_what_lies_on_another(list(found.values()), result.scenario.horizon / HOUR_US)


def counted(result: Result, strategy: StrategyResult) -> list[Milestone]:
    """Return the milestones; an end that is not that of all replications says of how many it is.

    That holds for how the first rollout ended, and for versions that went out later and were rolled back.
    """
    ending = strategy.histories[strategy.shown].ending
    often = as_shown(strategy)
    found, late = milestones(result, strategy), rolled_back(strategy.events)
    for number, mark in enumerate(found):
        if mark.kind not in (PROMOTED, ROLLED_BACK):
            continue
        if ending is not None and often and mark.hours == ending.ended_us / HOUR_US:
            found[number] = replace(mark, text=f"{mark.text} {often} replications", brief=f"{mark.text} {often}")
        elif mark.kind is ROLLED_BACK and mark.brief in late and (some := of_all(strategy, mark.brief)):
            found[number] = replace(mark, text=f"{mark.text} in {some} replications", brief=some)
    return found


def of_all(strategy: StrategyResult, version: str) -> str:
    """Return in how many of all replications a version that went out later was rolled back; "" if in every one."""
    back = [version in set(rolled_back(history.events)) for history in strategy.histories]
    return "" if all(back) else f"{sum(back)} of {len(back)}"


def rolled_back(events: Iterable[Event]) -> list[str]:
    """Return the versions that went out and were rolled back, in order; "" is one that was there from the start."""
    versions, newest = [], ""
    for event in events:
        if isinstance(event, WentOut):
            newest = event.version
        elif isinstance(event, RolledBack):
            versions.append(newest)
    return versions


def _kind(event: Event, stable: str, newest: str) -> tuple[Kind | None, str, str]:
    if isinstance(event, RolledBack):
        return ROLLED_BACK, f"{newest} rolled back" if newest else "rolled back", newest or "back"
    if isinstance(event, Promoted) and event.arm.name != stable:
        return PROMOTED, f"{event.arm.name} promoted", event.arm.name
    if whole := _gets_all(event, stable):
        return SWITCHED, f"all phones to {whole}", f"to {whole}"
    if isinstance(event, WentOut):
        return NEW_VERSION, f"{event.version} out", event.version
    if isinstance(event, CleaningOrdered):
        return CLEANED, "lens cleaned", ""
    return (ALARM, "first alarm", "alarm") if isinstance(event, AlarmRaised) else (None, "", "")


def _gets_all(event: Event, stable: str) -> str:
    """Return the name of the candidate that gets every phone; "" if none does."""
    weights: Sequence[tuple[Arm, float]] = ()
    if isinstance(event, WeightChanged):
        weights = ((event.arm, event.weight),)
    elif isinstance(event, WeightsChanged):
        weights = event.weights
    return next((arm.name for arm, weight in weights if weight >= 100.0 and arm.name != stable), "")


def _without_what_lies_on_another(found: list[Milestone], hours: float) -> list[Milestone]:
    """Leave out a version that goes out where its end, or the end of the one before, would lie on it."""
    near = hours / 40
    ends = [mark.hours for mark in found if mark.kind in (PROMOTED, ROLLED_BACK)]
    return [
        mark for mark in found if mark.kind is not NEW_VERSION or all(abs(mark.hours - end) >= near for end in ends)
    ]


def symbol(axes: Axes, hours: float, height: float, kind: Kind, colour: str, **more: Any) -> None:
    """Draw a milestone's symbol at a place in data coordinates."""
    axes.plot([hours], [height], marker=kind.symbol, ms=7, mew=2.0, color=colour, clip_on=False, ls="", **more)


def draw_rows(
    panel: Panel, rows: Sequence[tuple[str, Look, Sequence[Milestone]]], left: float, top: float, width: float,
    hours: float,
) -> float:  # fmt: skip
    """Draw a row per strategy, named at its right end, and return the height used.

    What a symbol means is said above the rows, unless it is written beside each of its kind.
    """
    rows = [row for row in rows if row[2]]
    if not rows:
        return 0.0
    height, above = ROW * len(rows), 0.0
    labels = [_labels(marks, hours, width) for _, _, marks in rows]
    pairs = [pair for (_, _, marks), said in zip(rows, labels, strict=True) for pair in zip(marks, said, strict=True)]
    if unsaid := {mark.kind for mark, said in pairs if mark.kind.verb not in said.text}:
        legend(panel, unsaid, left, top - 0.5 * ROW)
        above = 1.1 * ROW
    axes = place(panel, left, top - above - height, width, height)
    axes.set(xlim=(0.0, hours), ylim=(len(rows), 0.0))
    axes.axis("off")
    across, _ = size_of(panel)
    for number, (name, look, marks) in enumerate(rows):
        y = number + 0.5
        axes.plot([0.0, hours], [y, y], color=FAINT, lw=0.8, zorder=1)
        said = name_within(name, across - left - width - 0.2, SIZE)
        axes.annotate(
            said, (1.0, y), xycoords=("axes fraction", "data"), xytext=(9, -0.5), textcoords="offset points", size=SIZE,
            weight="bold", color=look.text, va="center", annotation_clip=False,
        )  # fmt: skip
        for mark, label in zip(marks, labels[number], strict=True):
            symbol(axes, mark.hours, y, mark.kind, look.colour, zorder=4)
            if label.text:
                axes.annotate(
                    label.text, (mark.hours, y), xytext=(-8 if label.before else 8, -0.5), textcoords="offset points",
                    size=SIZE, color=look.text, va="center", ha="right" if label.before else "left", zorder=3,
                    annotation_clip=False,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
                )  # fmt: skip
    return height + above + 0.04


@dataclass(frozen=True, slots=True)
class Label:
    """What is written beside a symbol, and on which side of it."""

    text: str = ""
    before: bool = False


def _labels(marks: Sequence[Milestone], hours: float, width: float) -> list[Label]:
    """Return what is written beside each symbol: behind it up to the next one, or else ahead of it.

    Promotions that follow each other more closely are told together behind the last of them: "promoted in turn: a, b,
    c", and of many the first and the last.
    """
    found: list[Label] = []
    free = 0.0  #: inches from the left at which nothing is written
    unnamed: list[str] = []
    places = [mark.hours / hours * width for mark in marks]
    for mark, here, following in zip(marks, places, [*places[1:], width], strict=True):
        turn = [*unnamed, mark.brief] if unnamed and mark.kind is PROMOTED else []
        said = [f"promoted in turn: {', '.join(turn)}", f"promoted in turn: {turn[0]} … {turn[-1]}"] if turn else []
        said = [text for text in (*said, mark.text, mark.brief) if text]
        needed = {text: text_width(text, SIZE) + 0.28 for text in said}
        # Where no symbol follows, a text may go to the edge.
        room = following - here + (0.14 if mark is marks[-1] else 0.0)
        after = next((text for text in said if needed[text] <= room), "")
        ahead = next((text for text in (mark.text, mark.brief) if text and needed[text] <= here - free - APART), "")
        label = Label(after) if after else Label(ahead, before=True)
        found.append(label)
        free = here + (needed[after] if after else 0.14)
        unnamed = [*unnamed, mark.brief] if mark.kind is PROMOTED and not label.text else []
    return found


def legend(panel: Panel, kinds: Iterable[Kind], left: float, height: float) -> None:
    """Write what the symbols mean, in one line."""
    across, _ = size_of(panel)
    axes = place(panel, left, height - 0.1, across - left, 0.2)
    axes.set(xlim=(0.0, across - left), ylim=(0.0, 1.0))
    axes.axis("off")
    x = 0.06
    for kind in (kind for kind in KINDS if kind in set(kinds)):
        symbol(axes, x, 0.5, kind, INK)
        axes.text(x + 0.14, 0.48, kind.says, size=SIZE, color=QUIET, va="center")
        x += 0.14 + text_width(kind.says, SIZE) + 0.3
