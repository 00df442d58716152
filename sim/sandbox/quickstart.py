"""The quickstart's sandbox: five sliders, two shifts of an inspection line, and five deployment strategies.

A move is answered by a real run: every strategy on the same phones, drawn from the same seed, so the picture
changes only by what the slider changes. Nothing is interpolated, and `sim.run` gives the same numbers for
`Quickstart.scenario`.

The sliders leave the history alone on which the model was trained, so it is trained once per seed. That is why the
defect rate is not among them: it would change the training phones, and a move would take seconds. It is higher
than the shipped scenario's, so that one short run holds enough defects to count.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from html import escape
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.deployment.pattern import Strategy
from sim.experiment.replication import StrategyRun, replicate
from sim.experiment.result import Result, StrategyResult
from sim.experiment.run import library_versions, trained
from sim.inspectors.model import ModelVersion
from sim.line.engines import DEFAULT
from sim.measure import story
from sim.report.figures.layout import place, spread
from sim.report.figures.timeaxis import HOUR_US, time_axis
from sim.report.style import FAINT, INK, QUIET, VERMILLION, Look, Picture, house_style, strategy_looks
from sim.report.values import plain_name, show
from sim.sandbox.live_figure import LiveFigure
from sim.scenario import Scenario, build

HOURS = 16  #: two shifts
START_H = 1  #: the rollouts start
#: What a canary and blue/green watch while they watch: rejects against the inspectors', and the picture itself.
WATCH: Mapping[str, Any] = {
    "interval": "30min",
    "checks": [
        {"metric": "reject_rate", "versus_stable_at_most": 3, "min_samples": 60},
        {"metric": "brightness", "at_least": 0.9, "min_samples": 60},
    ],
}
#: The scenario's seed at the start: one whose run lies near the mean of many seeds, not the most striking one.
SEED = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """What the sliders say, in their own units."""

    lamp: int = 20  #: % of its brightness that the lamp keeps
    fails_at: int = 8  #: hours from the start
    canary: int = 10  #: % of the phones
    review: int = 10  #: % of the model's training phones inside the review band
    inspectors: int = 2
    seed: int = SEED


@dataclass(frozen=True, slots=True)
class Knob:
    """A slider: which setting, between which ends, and what it says beside it."""

    setting: str
    label: str
    low: int
    high: int
    step: int
    hint: str


KNOBS = (
    Knob("lamp", "Lamp brightness after it fails (%)", 10, 100, 5, "100 % is a lamp that does not fail"),
    Knob("fails_at", "The lamp fails after (hours)", 0, HOURS - 1, 1, "hours from the start of the first shift"),
    Knob("canary", "Canary's share of the phones (%)", 1, 50, 1, "the share the new model decides while watched"),
    Knob("review", "Review band (%)", 0, 40, 2, "share of phones for which partial automation asks an inspector"),
    Knob("inspectors", "Inspectors on duty", 1, 4, 1, "one phone comes every 20 s; a look takes 21 s on average"),
)


def scenario_of(settings: Settings) -> Scenario:
    """Return the whole scenario behind one position of the sliders; `sim.run` takes it as it is."""
    return build(
        name="quickstart-sandbox",
        title="Two shifts, a new model, and a lamp that fails",
        seed=settings.seed,
        replications=1,
        horizon=f"{HOURS}h",
        factory={"arrivals": {"kind": "takt", "every": "20s", "jitter": "10%"}, "defect_rate": "6%"},
        inspectors={"count": settings.inspectors},
        models={"v2": {"kind": "boosted_trees", "reject_share": "8%", "training": {"phones": 12_000}}},
        deployment={"stable": "humans", "candidate": "v2", "start": f"{START_H}h"},
        drift=[
            {
                "name": "lamp fails",
                "what": "camera.brightness",
                "profile": "sudden",
                "at": f"{settings.fails_at}h",
                "to": f"{settings.lamp}%",
            }
        ],
        strategies=[
            {"pattern": "manual"},
            {"pattern": "canary", "steps": [settings.canary], "hold": "9h", "analysis": WATCH},
            {"pattern": "blue_green", "pre_check": "2h", "bake": "4h", "post_analysis": WATCH},
            {"pattern": "partial_automation", "review": f"{settings.review}%"},
            {"pattern": "full_automation"},
        ],
    )


class Bench:
    """Runs slider-sized comparisons; what a slider cannot have changed is not run again.

    Parameters
    ----------
    engine : str
        Which engine moves the phones.
    """

    #: Runs kept; one is some 20 kB.
    MOST = 400

    def __init__(self, engine: str = DEFAULT) -> None:
        self._engine = engine
        self._versions: dict[int, dict[str, ModelVersion]] = {}
        self._runs: OrderedDict[tuple[object, ...], StrategyRun] = OrderedDict()

    def is_trained(self, seed: int) -> bool:
        """Whether the model for this seed is there, so that an answer takes a blink and not a second."""
        return seed in self._versions

    def answer(self, settings: Settings) -> Result:
        """Return what `sim.run(scenario_of(settings))` returns, without evidence of drift."""
        scenario = scenario_of(settings)
        runs = self._runs_of(scenario, settings)
        return Result(
            scenario=scenario,
            strategies=tuple(
                StrategyResult(
                    name=strategy.title,
                    pattern=strategy.pattern,
                    samples={name: np.array([value]) for name, value in run.metrics.items()},
                    timeline=run.timeline,
                    events=run.events,
                    routes=run.routes,
                )
                for strategy, run in zip(scenario.strategies, runs, strict=True)
            ),
            world_events=story.of_the_world(scenario.factory, scenario.drift, {}),
            drift=(),
            versions=library_versions(),
            engine=self._engine,
        )

    def _runs_of(self, scenario: Scenario, settings: Settings) -> list[StrategyRun]:
        # A strategy's numbers depend on the world, the staff and its own settings, never on the other strategies.
        shared = (settings.seed, settings.lamp, settings.fails_at, settings.inspectors)
        keys = [(*shared, strategy.model_dump_json()) for strategy in scenario.strategies]
        missing = [i for i, key in enumerate(keys) if key not in self._runs]
        if missing:
            wanted: list[Strategy] = [scenario.strategies[i] for i in missing]
            new = replicate(scenario, wanted, self._trained(scenario), 0, self._engine)
            self._runs.update((keys[i], run) for i, run in zip(missing, new, strict=True))
        for key in keys:
            self._runs.move_to_end(key)
        found = [self._runs[key] for key in keys]
        while len(self._runs) > self.MOST:
            self._runs.popitem(last=False)
        return found

    def _trained(self, scenario: Scenario) -> dict[str, ModelVersion]:
        """Train once per seed: no slider touches the history, which the tests make sure of."""
        if scenario.seed not in self._versions:
            self._versions[scenario.seed] = trained(scenario)
        return self._versions[scenario.seed]


# -- what it says ---------------------------------------------------------------------------------------------


def message(result: Result) -> str:
    """Return what the picture shows in one line: who leaks least and who leaks most.

    Whole percents: one short run does not know more.
    """
    leaks = {s.name: round(100 * float(s.samples["escape_rate"][0])) for s in result.strategies}
    low, high = min(leaks.values()), max(leaks.values())
    if low == high:
        return f"Every strategy leaks {low} %"
    ends = [[plain_name(name) for name, leak in leaks.items() if leak == end] for end in (low, high)]
    said = _headline(ends, low, high, most=2)
    # A headline is one line: where two names at either end are too many, the number of them has to do.
    return said if len(said) <= LONGEST_HEADLINE else _headline(ends, low, high, most=1)


LONGEST_HEADLINE = 58


def _headline(ends: list[list[str]], low: int, high: int, most: int) -> str:
    words = {2: "two strategies", 3: "three strategies", 4: "four strategies"}
    best, worst = (" and ".join(names) if len(names) <= most else words[len(names)] for names in ends)
    return f"{best[0].upper()}{best[1:]} {'leaks' if len(ends[0]) == 1 else 'leak'} {low} %, {worst} {high} %"


def watch_of(strategy: StrategyResult) -> tuple[float, str]:
    """Return until which hour a strategy watched its candidate, and how that ended."""
    for event in strategy.events:
        if event.kind in ("abort", "promote"):
            return event.time_us / HOUR_US, "rolled back" if event.kind == "abort" else "promoted"
    return float(HOURS), "still watched"


def summary(result: Result, settings: Settings) -> str:
    """Return the picture in words, as HTML that a screen reader reads out when it changes."""
    if settings.lamp == 100:
        lamp = "The lamp does not fail."
    else:
        lamp = f"After {settings.fails_at} h the lamp falls to {settings.lamp} % of its brightness."
    watched = []
    for name in WATCHERS:
        hour, end = watch_of(result[name])
        watched.append(f"{plain_name(name).capitalize()}: {end} after {hour:.4g} h.")
    rows = "".join(
        f"<tr><td>{escape(plain_name(s.name))}</td>"
        f"<td>{int(s.timeline.escaped.sum())} of {int(s.timeline.defective.sum())}</td>"
        f"<td>{show(float(s.samples['latency_p95_s'][0]), 's')}</td></tr>"
        for s in result.strategies
    )
    return (
        '<div class="driftline-summary" role="status" aria-live="polite">'
        f"<p><b>{escape(message(result))}.</b> {lamp} {' '.join(watched)}</p>"
        f"<table><tr><th></th><th>leaked</th><th>95 % within</th></tr>{rows}</table></div>"
    )


# -- the picture ----------------------------------------------------------------------------------------------


class QuickstartPicture:
    """Who was watching, defective phones shipped so far, and three figures per strategy, in one live figure.

    Axes stay as they are while sliders move; only another seed may change the height of the upper panel.
    """

    def __init__(self, result: Result) -> None:
        looks = strategy_looks((s.name, s.pattern) for s in result.strategies)
        with house_style():
            picture = Picture(WIDTH, HEIGHT)
            self._title = _text(picture, 0.12, HEIGHT - 0.12, size=17, color=INK, weight="bold", va="top")
            self._detail = _text(picture, 0.12, HEIGHT - 0.5, size=11, color=QUIET, va="top")
            self._lanes = _Lanes(picture, looks)
            self._lines = _Lines(picture, looks)
            self._board = _Board(picture, looks)
            self.live = LiveFigure(picture)
        self._seed: int | None = None

    def show(self, result: Result) -> bytes:
        """Draw a result, in the widget too if there is one, and return the PNG."""
        seed = result.scenario.seed
        if seed != self._seed:
            self._seed = seed
            self._lines.make_room_for(result)
        phones = max(int(s.samples["phones"][0]) for s in result.strategies)
        self._title.set_text(message(result))
        self._detail.set_text(
            f"Leakage = defective phones shipped / defective phones decided. One run, {phones:,} phones, seed {seed}."
        )
        self._lanes.show(result)
        self._lines.show(result)
        self._board.show(result)
        with house_style():
            return self.live.draw()


WATCHERS = ("canary", "blue_green")  #: the strategies that look at their candidate before they promote it
WATCHED = {
    "rolled back": "watched, rolled back",
    "promoted": "watched until promoted",
    "still watched": "watched to the end",
}
WIDTH, HEIGHT = 8.6, 6.2  #: inches, a hundred pixels of the page each
LEFT, RIGHT, BOTTOM, TOP = 1.02, 2.13, 2.5, 4.6  #: where the panel over time is, in inches
LANE = 0.27  #: inches per lane
ROW = 0.27  #: inches per strategy below


class _Lanes:
    """Above the panel over time: when the lamp failed, and until when the careful strategies watched."""

    def __init__(self, picture: Figure, looks: Mapping[str, Look]) -> None:
        count = 1 + len(WATCHERS)
        self._axes = place(picture, LEFT, TOP + 0.08, WIDTH - LEFT - RIGHT, count * LANE)
        self._axes.set(xlim=(0, HOURS), ylim=(0, count))
        self._axes.axis("off")
        lamp = Look(VERMILLION, marker="v")
        self._heights = {name: count - 1.5 - i for i, name in enumerate(WATCHERS)}
        self._spans = {}
        for name, height in self._heights.items():
            (span,) = self._axes.plot([START_H, START_H], [height, height], color=looks[name].colour, animated=True)
            span.set(linewidth=5, alpha=0.45, solid_capstyle="butt")
            self._spans[name] = span
        self._marks = {"lamp": self._mark(lamp, count - 0.5, "the line", INK)}
        for name, height in self._heights.items():
            self._marks[name] = self._mark(looks[name], height, plain_name(name), looks[name].text)
        self._drop = self._axes.axvline(0, color="#5A5A5A", lw=1.0, ls=(0, (1, 2)), zorder=1, animated=True)

    def show(self, result: Result) -> None:
        (event,) = result.scenario.drift
        hour = event.at / HOUR_US
        said = f"lamp fails: {event.to:.0%} brightness left".replace("%", " %")
        self._put("lamp", hour, said if event.to < 1 else "lamp stays as it is")
        self._drop.set_xdata([hour, hour])
        for name, span in self._spans.items():
            end, how = watch_of(result[name])
            span.set_xdata([START_H, end])
            self._put(name, end, WATCHED[how])

    def _mark(self, look: Look, height: float, name: str, ink: str) -> tuple[Any, Any]:
        (mark,) = self._axes.plot([0], [height], look.marker, color=look.colour, ms=8, clip_on=False, animated=True)
        text = self._axes.annotate(
            "", (0, height), xytext=(9, -0.5), textcoords="offset points", size=10.5, color=ink, va="center",
            animated=True, annotation_clip=False, zorder=3, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
        self._axes.annotate(
            name, (0, height), xytext=(-9, -0.5), textcoords="offset points", size=10.5, color=ink,
            ha="right", va="center", annotation_clip=False,
        )  # fmt: skip
        return mark, text

    def _put(self, which: str, hour: float, said: str) -> None:
        mark, text = self._marks[which]
        mark.set_xdata([hour])
        # Only the lamp's label turns to the left: beside it there is no span, and those of the spans are short.
        late = which == "lamp" and hour > 0.6 * HOURS
        text.set_text(said)
        text.xy = (hour, text.xy[1])
        text.set(x=-9 if late else 9, ha="right" if late else "left")


class _Lines:
    """Defective phones shipped so far: a failing lamp is a bend, a rollback is the bend back."""

    def __init__(self, picture: Figure, looks: Mapping[str, Look]) -> None:
        width = WIDTH - LEFT - RIGHT
        self._axes = place(picture, LEFT, BOTTOM, width, TOP - BOTTOM)
        time_axis(self._axes, HOURS * int(HOUR_US), width)
        self._axes.grid(axis="y")
        self._axes.set_ylabel("defective phones\nshipped so far")
        self._drop = self._axes.axvline(0, color="#5A5A5A", lw=1.0, ls=(0, (1, 2)), zorder=1, animated=True)
        self._lines, self._labels = {}, {}
        for name, look in looks.items():
            (self._lines[name],) = self._axes.plot([], [], color=look.colour, ls=look.dash, animated=True)
            self._labels[name] = self._axes.annotate(
                "", (1, 0), xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
                size=11, weight="bold", color=look.text, va="center", animated=True, annotation_clip=False,
            )  # fmt: skip

    def make_room_for(self, result: Result) -> None:
        """Set the axis for a seed: up to all its defective phones, which a blind line would ship."""
        defective = max(int(s.timeline.defective.sum()) for s in result.strategies)
        self._axes.set_ylim(0, 20 * np.ceil(defective / 20))

    def show(self, result: Result) -> None:
        hour = result.scenario.drift[0].at / HOUR_US
        self._drop.set_xdata([hour, hour])
        ends = []
        for strategy in result.strategies:
            shipped = np.concatenate([[0], np.cumsum(strategy.timeline.escaped.sum(axis=0))])
            self._lines[strategy.name].set_data(strategy.timeline.edges_us / HOUR_US, shipped)
            self._labels[strategy.name].set_text(f"{plain_name(strategy.name)} {shipped[-1]}")
            ends.append(float(shipped[-1]))
        top = self._axes.get_ylim()[1]
        gap = 0.185 / (TOP - BOTTOM) * top
        heights = spread([min(end, top) for end in ends], gap, 0.3 * gap, top)
        for label, height in zip(self._labels.values(), heights, strict=True):
            label.xy = (1, height)


class _Board:
    """One row per strategy, always in the same order: leakage, good phones rejected, and the time it takes."""

    def __init__(self, picture: Figure, looks: Mapping[str, Look]) -> None:
        self._names = list(looks)
        left, width, gap = 1.75, 1.98, 0.25
        panels = [place(picture, left + i * (width + gap), 0.3, width, ROW * len(looks)) for i in range(3)]
        self._leak = _Bars(panels[0], looks, "leakage", 1.0, lambda share: f"{100 * share:.0f} %")
        self._false = _Bars(panels[1], looks, "good phones rejected", 0.06, lambda share: f"{100 * share:.1f} %")
        self._wait = _Dots(panels[2], looks, "95 % decided within")
        for row, (name, look) in enumerate(looks.items()):
            panels[0].annotate(
                plain_name(name), (0, row), xytext=(-8, -0.5), textcoords="offset points", size=11, weight="bold",
                color=look.text, ha="right", va="center", annotation_clip=False,
            )  # fmt: skip

    def show(self, result: Result) -> None:
        for row, name in enumerate(self._names):
            samples = result[name].samples
            self._leak.show(row, float(samples["escape_rate"][0]))
            self._false.show(row, float(samples["overkill_rate"][0]))
            self._wait.show(row, float(samples["latency_p95_s"][0]))


class _Bars:
    """Shares from zero to `most`; a longer bar is cut there and its label tells."""

    def __init__(
        self, axes: Axes, looks: Mapping[str, Look], title: str, most: float, say: Callable[[float], str]
    ) -> None:
        self._most, self._say = most, say
        _frame(axes, title, len(looks))
        axes.set_xlim(0, 1.3 * most)  # room for a label beyond the longest bar
        axes.set_xticks([0, most / 2, most], [f"{50 * i * most:.0f} %" for i in range(3)])
        self._bars = axes.barh(range(len(looks)), 0, height=0.62, color=[look.colour for look in looks.values()])
        for bar in self._bars:
            bar.set_animated(True)
        self._labels = [_label(axes, row, look) for row, look in enumerate(looks.values())]

    def show(self, row: int, value: float) -> None:
        value = value if np.isfinite(value) else 0.0
        self._bars[row].set_width(min(value, self._most))
        self._labels[row].set_text(self._say(value))
        self._labels[row].xy = (min(value, self._most), row)


class _Dots:
    """Seconds to hours on a logarithmic axis: dots, since a bar needs a zero."""

    FROM, TO = 3.0, 7200.0

    def __init__(self, axes: Axes, looks: Mapping[str, Look], title: str) -> None:
        _frame(axes, title, len(looks))
        axes.set_xscale("log")
        axes.set_xlim(self.FROM, 12 * self.TO)
        axes.set_xticks([10, 120, 3600], ["10 s", "2 min", "1 h"])
        axes.set_xticks([], minor=True)
        self._dots = []
        for row, look in enumerate(looks.values()):
            (dot,) = axes.plot([], [], look.marker, color=look.colour, ms=8, animated=True, clip_on=False)
            dot.set_ydata([row])
            self._dots.append(dot)
        self._labels = [_label(axes, row, look, 8) for row, look in enumerate(looks.values())]

    def show(self, row: int, value: float) -> None:
        at = float(np.clip(value, self.FROM, self.TO)) if np.isfinite(value) else self.FROM
        self._dots[row].set_data([at], [row])
        self._labels[row].set_text(show(value, "s"))
        self._labels[row].xy = (at, row)


def _frame(axes: Axes, title: str, rows: int) -> None:
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_yticks([])
    axes.grid(axis="x", color=FAINT, linewidth=0.8)
    axes.tick_params(axis="x", length=0, labelsize=9.5, pad=2)
    axes.spines[["bottom"]].set_visible(False)
    axes.set_title(title, loc="left", size=11, color=INK, pad=4)


def _label(axes: Axes, row: int, look: Look, offset: float = 5) -> Any:
    return axes.annotate(
        "", (0, row), xytext=(offset, -0.5), textcoords="offset points", size=11, color=look.text, va="center",
        animated=True, annotation_clip=False,
    )  # fmt: skip


def _text(picture: Figure, left: float, up: float, **style: Any) -> Text:
    return picture.text(left / WIDTH, up / HEIGHT, "", animated=True, **style)


# -- the widgets ----------------------------------------------------------------------------------------------

#: Controls and words beside the picture where there is room; else controls above it in rows, and words below, so
#: that slider and picture are in view together on a small screen too.
_CSS = """<style>
.driftline-quickstart {container-type: inline-size; width: 100%;}
.driftline-grid {
  display: grid; column-gap: 18px; align-items: start;
  grid-template: "controls picture" auto "words picture" auto / 330px 860px;
}
@container (max-width: 1208px) {
  .driftline-grid {grid-template: "controls" auto "picture" auto "words" auto / minmax(0, 1fr);}
}
.driftline-controls {grid-area: controls; display: flex; flex-flow: row wrap; align-items: center;}
.driftline-picture {grid-area: picture;}
.driftline-words {grid-area: words;}
.driftline-quickstart .widget-hslider .widget-label {text-align: left; width: 100%; font-size: 15px;}
.driftline-quickstart .widget-readout {font-size: 15px; min-width: 44px;}
.driftline-quickstart .noUi-handle:focus-visible {outline: 3px solid #0072B2; outline-offset: 2px;}
.driftline-summary {font-size: 14px; line-height: 1.35;}
.driftline-summary p {margin: 4px 0; min-height: 96px;}
.driftline-summary td, .driftline-summary th {
  padding: 0 0 0 12px; text-align: right; font-weight: normal; white-space: nowrap;
}
.driftline-summary td:first-child {padding: 0; text-align: left;}
</style>"""


class Quickstart:
    """The sandbox as a notebook shows it: five sliders, a picture, the picture in words, and two buttons.

    The page holds a slider's values back while a run is under way and then sends the newest one only (ipywidgets
    does so by itself), so nothing queues up: the latest value wins, and there is no waiting time on purpose.

    Examples
    --------
    In a notebook: ``sandbox = sim.sandbox.quickstart.Quickstart()``, then ``sandbox`` in a cell's last line.
    """

    def __init__(self, settings: Settings | None = None, bench: Bench | None = None) -> None:
        import ipywidgets

        self._start = settings or Settings()
        self.settings = self._start  #: what the picture shows
        self._bench = bench or Bench()
        self._held = False
        self.sliders = {knob.setting: self._slider(knob) for knob in KNOBS}
        self._summary = ipywidgets.HTML(layout=ipywidgets.Layout(height="255px", width="325px"))
        self.result = self._bench.answer(self.settings)
        self._picture = QuickstartPicture(self.result)
        self._picture.show(self.result)
        reset = ipywidgets.Button(description="Reset all", tooltip="All sliders and the seed as at the start")
        another = ipywidgets.Button(description="New seed", tooltip="Other phones, other training phones: was it luck?")
        reset.on_click(lambda _: self.reset())
        another.on_click(lambda _: self.new_seed())
        buttons = ipywidgets.HBox([reset, another], layout=ipywidgets.Layout(width="310px"))
        controls = ipywidgets.Box([*self.sliders.values(), buttons])
        grid = ipywidgets.Box([controls, self.picture, self._summary])
        self.panel = ipywidgets.VBox([ipywidgets.HTML(_CSS, layout=ipywidgets.Layout(display="none")), grid])
        boxes = {"quickstart": self.panel, "grid": grid, "controls": controls}
        for name, box in {**boxes, "picture": self.picture, "words": self._summary}.items():
            box.add_class(f"driftline-{name}")
        self._summary.value = summary(self.result, self.settings)

    @property
    def scenario(self) -> Scenario:
        """The scenario that the picture shows: give it to `sim.run` for intervals."""
        return self.result.scenario

    @property
    def picture(self) -> Any:
        """The widget that holds the picture."""
        return self._picture.live.widget

    @property
    def words(self) -> str:
        """The picture in words, as HTML."""
        return str(self._summary.value)

    def set(self, **values: int) -> None:
        """Move several sliders (and `seed`) at once and run once."""
        self._held = True
        try:
            for name, value in values.items():
                if name in self.sliders:
                    self.sliders[name].value = value
        finally:
            self._held = False
        self._show(replace(self.settings, **values))

    def reset(self) -> None:
        """Put everything back as it was at the start."""
        self.set(**asdict(self._start))

    def new_seed(self) -> None:
        """Take the next seed: other phones, and a model trained on other phones."""
        self.set(seed=self.settings.seed + 1)

    def _slider(self, knob: Knob) -> Any:
        import ipywidgets

        slider = ipywidgets.IntSlider(
            value=getattr(self._start, knob.setting), min=knob.low, max=knob.high, step=knob.step,
            description=knob.label, tooltip=knob.hint, style={"description_width": "100%"},
            layout=ipywidgets.Layout(flex_flow="row wrap", width="310px", height="auto"),
        )  # fmt: skip
        slider.observe(lambda change: self._moved(knob.setting, int(change["new"])), names="value")
        return slider

    def _moved(self, setting: str, value: int) -> None:
        if not self._held:
            self._show(replace(self.settings, **{setting: value}))

    def _show(self, settings: Settings) -> None:
        if not self._bench.is_trained(settings.seed):
            self._summary.value = f'<div class="driftline-summary">Training the model of seed {settings.seed} …</div>'
        with _no_garbage_collection():
            self.settings, self.result = settings, self._bench.answer(settings)
            self._picture.show(self.result)
            self._summary.value = summary(self.result, settings)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.panel._repr_mimebundle_(**options)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Put the collector off until the answer is out: in the middle of a move its pause of 100 ms can be seen."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
