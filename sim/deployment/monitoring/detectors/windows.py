"""Window tests for what has no labels: are these phones' inputs still distributed like those of the reference?

The first `reference` values are what is normal; after them each full window is compared with that reference, once.
Several inputs may be watched together: the worst of them decides, against a limit that is corrected for their number
(Bonferroni). Without the correction 8 independent inputs at p < .05 alarm in 1 - .95^8 = 34 % of all windows.

`arl0` counts windows. Each window alarms by chance with probability 1/arl0 or less (KS), or about that (PSI), over
references and windows. Since all windows share one reference, the mean time to a false alarm is then `arl0` *or
longer* (Jensen): an unlucky reference alarms early, a lucky one hardly ever. All for independent values: the phones of
a lot are alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from sim.columns import Floats
from sim.deployment.monitoring.detectors.watch import DETECTORS, WARNING_SHARE, DetectorSpec, Polarity, Windows
from sim.stats.two_samples import ks_limit, psi, psi_limit

#: The limit on PSI that is handed on from credit scoring ("moderate change").
POPULAR_PSI = 0.1


class _WindowTest(DetectorSpec):
    unit: ClassVar[Literal["values", "windows"]] = "windows"

    arl0: float = Field(1000.0, ge=10.0, le=1e9, description="mean number of windows to a false alarm, at least")
    window: int = Field(500, ge=30, le=100_000, description="values in a window")
    reference: int = Field(2000, ge=30, le=100_000, description="first values, taken for normal")
    inputs: int = Field(1, ge=1, le=1000, description="inputs watched together; batches are (values, inputs)")
    correction: Literal["bonferroni", "none"] = Field(
        "bonferroni", description="for several inputs; none: each input has its false alarms, and they add up"
    )

    @property
    def columns(self) -> int:
        return self.inputs

    def level(self, share: float = 1.0) -> float:
        """Return the chance with which one input of one window may alarm, for an ARL0 of `share` times what was asked.

        >>> Ks(arl0=1000, inputs=8).level(), Ks(arl0=1000, inputs=8, correction="none").level()
        (0.000125, 0.001)
        """
        return min(1.0, 1.0 / (share * self.arl0)) / (self.inputs if self.correction == "bonferroni" else 1)


@DETECTORS.register("ks", 10)
class Ks(_WindowTest):
    """The two-sample Kolmogorov-Smirnov test of each window against the reference, exact.

    For values that are all different; ties (0 or 1, whole numbers) only make it more cautious. A rise looks for larger
    values, a fall for smaller ones, either for any change of the distribution.

    Examples
    --------
    >>> import numpy as np
    >>> random = np.random.default_rng(1)
    >>> watch = Ks(window=100, reference=500).start()
    >>> watch.update(random.normal(0.0, 1.0, 700)), watch.update(random.normal(1.0, 1.0, 700))
    (None, 99)
    """

    kind: Literal["ks"] = "ks"
    polarity: Polarity = Field(Polarity.EITHER, description="larger values, smaller ones, or any other distribution")

    def reader(self) -> _WindowReader:
        two_sided = self.polarity is Polarity.EITHER
        alarm, warning = (
            ks_limit(self.reference, self.window, self.level(share), two_sided) for share in (1.0, WARNING_SHARE)
        )
        scale = 1.0 / (self.reference * self.window)

        def prepare(reference: Floats) -> Callable[[Floats], float]:
            ordered = np.sort(reference)
            return lambda window: _distance(ordered, np.sort(window), self.polarity) * scale

        # Half a step lower: distances are whole multiples of the scale, and floating point may round them.
        return _WindowReader(self, prepare, (alarm - 0.5) * scale, (warning - 0.5) * scale)


@DETECTORS.register("psi", 11)
class Psi(_WindowTest):
    """The population stability index of each window against the reference, in bins of the reference's quantiles.

    With no drift at all PSI is about (1/window + 1/reference) times a chi-square of bins - 1 degrees of freedom, and
    that gives the limit. The popular rule, alarm above 0.1, ignores the size of the samples: with nothing wrong,
    windows of 100 fire four times in five against a reference of 100, and nearly every other time against 500, while
    windows of 2000 overlook what is there. Half a value is added to each bin, so that an empty one is not infinite
    evidence. The chi-square is an approximation: asked for one alarm in 1000, windows of 500 keep to it in 10 bins, and
    windows of 100 alarm half again as often.

    Examples
    --------
    >>> round(psi_limit(500, 100, bins=10, level=0.001), 3)
    0.335
    """

    kind: Literal["psi"] = "psi"
    polarity: Polarity = Field(Polarity.EITHER, description="always either: PSI has no direction")
    bins: int = Field(10, ge=2, le=100)
    rule: Literal["chi_square", "popular"] = Field("chi_square", description="popular: alarm above 0.1, a trap")

    @model_validator(mode="after")
    def _without_direction(self) -> Self:
        if self.polarity is not Polarity.EITHER:
            raise ValueError(f"psi has no direction: polarity either, not {self.polarity.value}")
        return self

    def reader(self) -> _WindowReader:
        alarm, warning = (
            psi_limit(self.reference, self.window, self.bins, self.level(share)) for share in (1.0, WARNING_SHARE)
        )
        if self.rule == "popular":
            alarm = warning = POPULAR_PSI

        def prepare(reference: Floats) -> Callable[[Floats], float]:
            edges = np.unique(np.quantile(reference, np.arange(1, self.bins) / self.bins))
            expected = _shares(reference, edges)
            return lambda window: psi(expected, _shares(window, edges))

        return _WindowReader(self, prepare, alarm, warning)


class _WindowReader:
    def __init__(
        self,
        spec: _WindowTest,
        prepare: Callable[[Floats], Callable[[Floats], float]],
        limit: float,
        warning: float,
    ) -> None:
        self.learn = spec.reference
        self.statistic: float | None = None
        self.limit: float | None = limit
        self.warns = False
        self._alarm_at, self._warning_at = limit, warning
        self._prepare = prepare
        self._windows = Windows(spec.window)
        self._distances: list[Callable[[Floats], float]] = []

    def learned(self, first: Floats) -> None:
        self._distances = [self._prepare(column) for column in _columns(first)]

    def read(self, values: Floats) -> int | None:
        for at, window in self._windows.cut(values):
            parts = zip(self._distances, _columns(window), strict=True)
            self.statistic = max(distance(column) for distance, column in parts)
            self.warns = self.statistic >= self._warning_at
            if self.statistic >= self._alarm_at:
                return at
        return None


def _distance(reference: Floats, window: Floats, polarity: Polarity) -> int:
    """Return the distance of two ordered samples in units of 1/(reference x window)."""
    m, n = len(reference), len(window)
    # The empirical distributions are furthest apart at the window's values, or just below them.
    below = np.searchsorted(reference, window, "left") * n - np.searchsorted(window, window, "left") * m
    upto = np.searchsorted(window, window, "right") * m - np.searchsorted(reference, window, "right") * n
    larger, smaller = int(below.max()), int(upto.max())
    return larger if polarity is Polarity.RISE else smaller if polarity is Polarity.FALL else max(larger, smaller)


def _shares(values: Floats, edges: Floats) -> Floats:
    counts = np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1) + 0.5
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def _columns(values: Floats) -> Floats:
    return values[None, :] if values.ndim == 1 else values.T
