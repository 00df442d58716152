"""The sliders, the picture and its words as one notebook widget."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from sim.apps.quickstart.bench import KNOBS, Bench, Knob, Settings
from sim.apps.quickstart.picture import QuickstartPicture
from sim.apps.quickstart.words import summary
from sim.scenario import Scenario

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
    In a notebook: ``sandbox = sim.apps.quickstart.Quickstart()``, then ``sandbox`` in a cell's last line.
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
