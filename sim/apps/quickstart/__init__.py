"""The quickstart's sandbox: five sliders, two shifts of an inspection line, and five deployment strategies.

A move is answered by a real run: every strategy on the same phones, drawn from the same seed, so the picture
changes only by what the slider changes. Nothing is interpolated, and `sim.run` gives the same numbers for
`Quickstart.scenario`.

The sliders leave the history alone on which the model was trained, so it is trained once per seed. That is why the
defect rate is not among them: it would change the training phones, and a move would take seconds. It is higher
than the shipped scenario's, so that one short run holds enough defects to count.
"""

from sim.apps.quickstart.bench import Bench, Settings, scenario_of
from sim.apps.quickstart.widgets import Quickstart

__all__ = ["Bench", "Quickstart", "Settings", "scenario_of"]
