"""A small package as somebody else would install it: its code, and the metadata that names its entry points."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.plugins import FAMILIES

MODELS = '''
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


class Brightest(ClassifierMixin, BaseEstimator):
    """P(defect) rises with the largest feature: a class of its own, which workers have to find."""

    def __init__(self, sharpness=1.0):
        self.sharpness = sharpness

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        self.middle_ = np.average(X[:, :8].max(axis=1), weights=sample_weight)
        return self

    def predict_proba(self, X):
        p = 1.0 / (1.0 + np.exp(-self.sharpness * (X[:, :8].max(axis=1) - self.middle_)))
        return np.column_stack([1.0 - p, p])

    def predict(self, X):
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]


class Weightless(Brightest):
    def fit(self, X, y):
        return super().fit(X, y)


class TwoFaced(Brightest):
    """Behaves while it is trained (at most 3,000 phones), and fails on the line."""

    def predict_proba(self, X):
        if len(X) not in (600, 400):
            raise RuntimeError("the licence\\nserver is down")
        return super().predict_proba(X)


class Unportable(Brightest):
    def __getstate__(self):
        raise TypeError("holds a handle of the camera")


class Odd(Brightest):
    def predict_proba(self, X):
        return super().predict_proba(X) * (np.nan if self.sharpness < 0 else 3.0)


def forest(trees=20):
    return RandomForestClassifier(n_estimators=trees, min_samples_leaf=5)


def forest_in_a_pipeline(trees=20):
    return make_pipeline(StandardScaler(), forest(trees))


def not_a_classifier(sharpness=1.0):
    return StandardScaler()
'''

PATTERNS = '''
import sim
from sim.units import Percent, PositiveDuration


@sim.pattern("acme_ramp")
def ramp(rollout, *, by: Percent = 50, hold: PositiveDuration = "30min"):
    """Raise the weight by `by` percent after each `hold`, and forward."""
    weight = by
    while weight < 100:
        rollout.set_weight(weight)
        yield from rollout.wait(hold)
        weight += by
    rollout.promote()


def leap(rollout, *, after: PositiveDuration = "1h"):
    """All at once, `after` a while."""
    yield from rollout.wait(after)
    rollout.promote()


def no_generator(rollout):
    return None


def odd_settings(rollout, *, how: "NoSuchType" = 1):
    yield 1
'''

FIGURES = '''
from sim.report.drawing.layout import headline
from sim.report.drawing.style import Picture, house_style
from sim.report.figure import figure
from sim.report.text.values import plain_name


@figure("acme_rejects")
def rejects(result):
    """Draw how many phones each strategy rejected, as a list."""
    with house_style():
        picture = Picture(9.0, 1.5 + 0.4 * len(result.strategies))
        headline(picture, "Rejects of " + ", ".join(plain_name(s.name) for s in result.strategies[:1]))
        for row, strategy in enumerate(result.strategies):
            timeline = strategy.timeline
            count = int((timeline.defective - timeline.escaped + timeline.overkilled).sum())
            text = f"{plain_name(strategy.name)}: {count:,}"
            picture.text(0.05, 0.1 + 0.6 * row / len(result.strategies), text, size=11)
        return picture


@figure("acme_fails")
def fails(result):
    """Draw nothing at all."""
    raise RuntimeError("no\\n ink")


def undeclared(result):
    return None
'''

DESK = '''
import sim
from sim.units import Percent, PositiveDuration


@sim.pattern("acme_desk", people=True)
def desk(rollout, *, share: Percent = 20, hours: PositiveDuration = "1h"):
    """Inspectors get `share` percent of the phones for the first `hours`; then the candidate decides all."""
    rollout.set_weights({rollout.arm("humans"): share})
    yield from rollout.wait(hours)
    rollout.promote()
'''

USURPER = """
import sim


@sim.pattern("canary")
def canary(rollout):
    yield 1
"""

DETECTORS = '''
from typing import Literal

from sim.deployment.monitoring.detectors import DetectorSpec


class Jump(DetectorSpec):
    """Alarms where a value lies so far above the one before."""

    kind: Literal["acme_jump"] = "acme_jump"
    by: float = 0.3

    def reader(self):
        return Reader(self.by)


class Reader:
    learn, warns, statistic = 0, False, None

    def __init__(self, by):
        self.limit, self.before = by, None

    def learned(self, first):
        pass

    def read(self, values):
        for at, value in enumerate(values.tolist()):
            before, self.before = self.before, value
            if before is not None:
                self.statistic = value - before
                if self.statistic >= self.limit:
                    return at
        return None
'''

METRICS = '''
from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import mean
from sim.deployment.telemetry.stream import stream
from sim.measure.metric import true_metric
from sim.measure.tally import ratio


@observed("acme_glare", unit="share", better="low")
def glare(tables, arm, scope):
    """Phones with a picture brighter than 1 / phones decided.

    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> print(by_hand(decisions={"brightness": [1.5, 0.5]}).read("acme_glare", "v1", 0))
    0.5 (2 phones)
    """
    (brightness,) = tables.by_arm(tables.decisions, arm, scope, "brightness")
    return mean(brightness > 1.0)


@stream("acme_glaring", holds="events")
def glaring(tables, arm, scope):
    """1 for each decided phone with a picture brighter than 1, 0 for every other.

    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> by_hand(decisions={"brightness": [1.5, 0.5]}).stream("acme_glaring", "v1", 0)
    array([1., 0.])
    """
    return tables.by_arm(tables.decisions, arm, scope, "brightness")[0] > 1.0


@true_metric("acme_rework_share", unit="share", label="reworked")
def rework_share(tally):
    """Defective phones rejected / phones decided.

    >>> from sim.measure.tally import Tally
    >>> rework_share(Tally(decided=8, rejected=3, overkilled=1))
    0.25
    """
    return ratio(tally.rejected - tally.overkilled, tally.decided)


def plain(tables, arm, scope):
    """Declared by nobody."""
'''

CAUSES = '''
from sim.factory.cause import Cause, Quantity


class Glare(Cause):
    """A bright veil: a lamp shines into the lens.

    >>> from sim.factory.spec import Factory
    >>> Glare().quantities(Factory())["acme.glare"].start
    0.0
    """

    def quantities(self, factory):
        return {"acme.glare": Quantity(0.0, "data", neutral=0.0)}

    def on_camera(self, optics, values):
        glare = values("acme.glare")
        optics.brightness = optics.brightness + glare
        optics.lift = optics.lift + 0.3 * glare


class NoCause:
    pass
'''

PROFILES = '''
from typing import Literal

import numpy as np

from sim.factory.drift import Drift
from sim.units import PositiveDuration


class Fading(Drift):
    """There at once, and fading: after each half-life half of it is left.

    >>> import numpy as np
    >>> Fading(what="camera.haze", profile="acme_fading", at="0s", to=1, half_life="1h").weight(
    ...     np.array([0, 3_600_000_000]), np.empty(0)).tolist()
    [1.0, 0.5]
    """

    profile: Literal["acme_fading"]
    half_life: PositiveDuration

    @property
    def lasts_us(self):
        return self.half_life

    def weight(self, t, mix):
        return np.where(t >= self.at, 0.5 ** (np.maximum(t - self.at, 0) / self.half_life), 0.0)
'''

KINDS = '''
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from sim.inspectors.model import Model, Ranked
from sim.inspectors.model.thresholds import on_grid
from sim.inspectors.model.training import Training, history


class BrightestChannel(Model):
    """No learning: the brightest channel is the score, and only the threshold is set on logged phones.

    >>> BrightestChannel(kind="acme_channel", most=3).trainable
    False
    """

    kind: Literal["acme_channel"]
    most: float = 4.0

    def obtain(self, name, factory, inspectors, seed):
        features, labels = history(Training(phones=2000), factory, inspectors, seed)
        bare = Version(name, self, len(factory.kinds), None)
        return replace(bare, ranked=Ranked.of(bare.score(features), labels))


@dataclass(frozen=True)
class Version:
    name: str
    spec: Any
    kinds: int
    ranked: Any

    @property
    def threshold(self):
        return self.ranked.threshold(self.spec)

    @property
    def offline(self):
        return self.ranked.offline(self.spec)

    def cut_offs(self, review):
        return self.ranked.cut_offs(self.spec, review)

    def score(self, features):
        if len(features) == 0:
            return np.empty(0)
        return on_grid(np.clip(features[:, : self.kinds].max(axis=1).astype(np.float64) / self.spec.most, 0.0, 1.0))

    def score_phones(self, phones, chance):
        return self.score(phones.features)
'''

JUDGES = '''
from typing import Literal

from pydantic import BaseModel

from sim.deployment.analysis.judge import Assessment, Judge
from sim.deployment.analysis.measurement import Phase
from sim.deployment.events import Reason


class Gap(Judge):
    """Fails a candidate whose value lies so far above the stable arm's.

    >>> Gap(by=0.5).by
    0.5
    """

    kind: Literal["acme_gap"] = "acme_gap"
    by: float = 0.2

    def __str__(self):
        return f"at most {self.by:g} above stable's"

    def begin(self, context):
        return AtWork(self, context)


class AtWork:
    def __init__(self, judge, context):
        self.by, self.context = judge.by, context

    def take(self, sample, look):
        if (waiting := self.context.too_few(sample)) is not None:
            return waiting
        gap = sample.result - sample.baseline
        reason = Reason("gap", "{metric} is {value:.3g} above stable's", self.context.title, gap, self.by, sample.samples)
        return Assessment(Phase.FAILED if gap > self.by else Phase.SUCCESSFUL, reason)


class NoJudge(BaseModel):
    kind: Literal["acme_no_judge"] = "acme_no_judge"
'''

ENTRY_POINTS = """
[driftline.causes]
acme.glare = acme_line.causes:Glare
acme.nothing = acme_line.causes:NoCause

[driftline.profiles]
acme_fading = acme_line.profiles:Fading

[driftline.model_kinds]
acme_channel = acme_line.kinds:BrightestChannel

[driftline.detectors]
acme_jump = acme_line.detectors:Jump

[driftline.judges]
acme_gap = acme_line.judges:Gap
acme_no_judge = acme_line.judges:NoJudge

[driftline.metrics]
acme_glare = acme_line.metrics:glare
acme_plain = acme_line.metrics:plain

[driftline.models]
brightest = acme_line.models:Brightest
weightless = acme_line.models:Weightless
two_faced = acme_line.models:TwoFaced
unportable = acme_line.models:Unportable
odd = acme_line.models:Odd
forest = acme_line.models:forest
piped = acme_line.models:forest_in_a_pipeline
scaler = acme_line.models:not_a_classifier
gone = acme_line.no_such_module:Model
broken = acme_line.broken:Model

[driftline.figures]
acme_rejects = acme_line.figures:rejects
acme_undeclared = acme_line.figures:undeclared
acme_broken_figure = acme_line.broken:figure

[driftline.patterns]
acme_ramp = acme_line.patterns:ramp
acme_leap = acme_line.patterns:leap
acme_desk = acme_line.desk:desk
acme_call = acme_line.patterns:no_generator
acme_odd = acme_line.patterns:odd_settings
acme_broken = acme_line.broken:pattern
acme_canary = acme_line.usurper:canary

[driftline.streams]
acme_glaring = acme_line.metrics:glaring

[driftline.true_metrics]
acme_rework_share = acme_line.metrics:rework_share
"""


def install(folder: Path) -> Path:
    """Put the package into a folder, as `pip install --target` would, and return the folder."""
    code = folder / "acme_line"
    code.mkdir(parents=True)
    (code / "__init__.py").write_text("")
    (code / "models.py").write_text(MODELS)
    (code / "patterns.py").write_text(PATTERNS)
    (code / "detectors.py").write_text(DETECTORS)
    (code / "metrics.py").write_text(METRICS)
    (code / "figures.py").write_text(FIGURES)
    (code / "causes.py").write_text(CAUSES)
    (code / "profiles.py").write_text(PROFILES)
    (code / "kinds.py").write_text(KINDS)
    (code / "judges.py").write_text(JUDGES)
    (code / "desk.py").write_text(DESK)
    (code / "usurper.py").write_text(USURPER)
    (code / "broken.py").write_text("raise ImportError('acme needs\\n libcamera')\n")
    describe(folder, "acme-line", "1.2", ENTRY_POINTS)
    return folder


@contextmanager
def importable(folder: Path) -> Iterator[Path]:
    """Have the package on the path for a while; afterwards it was never there."""
    known = {group: set(family) for group, family in FAMILIES.items()}
    sys.path.insert(0, str(install(folder)))
    try:
        yield folder
    finally:
        sys.path.remove(str(folder))
        for group, family in FAMILIES.items():
            for name in set(family) - known.get(group, set(family.ours())):
                family.forget(name)
        for name in [name for name in sys.modules if name.split(".")[0] == "acme_line"]:
            del sys.modules[name]


def describe(folder: Path, name: str, version: str, entry_points: str) -> None:
    """Write a package's metadata."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(textwrap.dedent(entry_points))
