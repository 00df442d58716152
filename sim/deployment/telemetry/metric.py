"""What a metric that a team can see says of itself, once, beside its arithmetic; other code asks it and keeps no list.

Each lies in `sim.deployment.telemetry.metrics`, comes with a package, or is defined in a notebook.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel

from sim.deployment.telemetry.reading import Reading
from sim.deployment.telemetry.tables import Scope, Tables
from sim.document.names import definition_of, mark_in, named_in
from sim.plugins import Family, declared_by

#: Share: of phones, so that a binomial standard error says how far chance may move it. Value: any other number.
#: Count: a number of phones; it is 0 where there is none, and never missing.
Kind = Literal["share", "value", "count"]
Better = Literal["low", "high", "neither"]
Audited = Literal["passes", "rejects"]
#: Rounding may carry a share of phones so far beyond 0 or 1.
NEARLY = 1e-9
#: Returns the metric of an arm (of a mirrored version) over what became known in a scope; without data `NO_DATA`.
ReadMetric = Callable[[Tables, str, Scope], Reading]


@dataclass(frozen=True, slots=True)
class ObservedMetric:
    """A metric that a team can see, and all that others have to know of it."""

    name: str
    unit: str  #: "share", "s", "phones"; "": it has none
    kind: Kind
    better: Better
    mirrored: bool  #: of a version that looks without deciding; else of an arm that decides
    compared_with: str | None  #: the stable arm's metric that it is held against; None: it has none
    audits: frozenset[Audited]  #: without audits of these there is no data
    returns: bool  #: whether it reads labels that come after random times
    scores: bool  #: whether it believes a model's scores, put right by audits where passes and rejects are audited
    form: str  #: how its value is printed: a format specification
    definition: str  #: one line, with its denominator
    read: ReadMetric

    @property
    def home(self) -> str:
        """The module that declares it."""
        return self.read.__module__

    def checked(self, reading: Reading) -> Reading:
        """Return what was read, or refuse what this metric can't be."""
        if not isinstance(reading, Reading):
            raise TypeError(f"it has to return a Reading, not {reading!r}")
        for number in (reading.value, reading.samples, reading.error):
            if number is not None and not isinstance(number, float | int | Real):
                raise TypeError(f"a reading is made of numbers, not of {number!r}")
        if reading.value is not None and not math.isfinite(reading.value):
            raise ValueError(f"it gives {reading.value!r}: where there is nothing to read it has to return NO_DATA")
        if self.kind == "share" and reading.value is not None and not -NEARLY <= reading.value <= 1.0 + NEARLY:
            raise ValueError(f"it is a share, from 0 to 1, and gives {reading.value!r}")
        return reading

    def shown(self, value: float | None) -> str:
        """Return a value as text.

        >>> METRICS["reject_rate"].shown(0.04251), METRICS["reject_rate"].shown(None)
        ('0.0425', 'no data')
        """
        return "no data" if value is None else format(value, self.form)


METRICS: Family[ObservedMetric] = Family(
    "metric", "sim.deployment.telemetry.metrics", "driftline.metrics", declared_by("observed"), ObservedMetric
)
"""Every metric that a strategy can ask for, by name."""


class NamesMetric:
    """The mark of a setting that holds names of metrics."""


MetricName = Annotated[str, AfterValidator(named_in(METRICS, "a team can see")), NamesMetric()]
"""The name of a metric in a scenario file."""
MetricNameOrNone = Annotated[str, AfterValidator(named_in(METRICS, "a team can see", optional=True)), NamesMetric()]


def metrics_named(value: Any) -> Iterator[ObservedMetric]:
    """Yield every metric that a part of a scenario names, wherever its settings do.

    >>> from sim.deployment.analysis.checks import Analysis
    >>> analysis = Analysis(checks=[{"metric": "reject_rate", "at_most": 0.1}])
    >>> [metric.name for metric in metrics_named(analysis)]
    ['reject_rate']
    """
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            setting = getattr(value, name)
            if mark_in(field, NamesMetric) is None:
                yield from metrics_named(setting)
            else:
                named = (setting,) if isinstance(setting, str) else setting or ()
                yield from (METRICS[each] for each in named if each)
    elif isinstance(value, Mapping):
        yield from metrics_named(tuple(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from metrics_named(part)


def observed(
    name: str,
    *,
    unit: str,
    kind: Kind = "share",
    better: Better = "neither",
    mirrored: bool = False,
    compared_with: str | None = None,
    audits: tuple[Audited, ...] = (),
    returns: bool = False,
    scores: bool = False,
    form: str = ".3g",
) -> Callable[[ReadMetric], ReadMetric]:
    """Declare a function ``(tables, who, scope) -> Reading`` as the metric `name`; its docstring defines it.

    Parameters
    ----------
    name : str
        As scenario files and playbooks name it.
    unit : str
        "share", "s", "phones" ...; "" for a bare number.
    kind : {"share", "value", "count"}
        A share of phones, another number, or how many phones.
    better : {"low", "high", "neither"}
        Which way is good news.
    mirrored : bool
        Whether it is of a version that looks without deciding.
    compared_with : str, optional
        The stable arm's metric that it is held against. Default: the same; for a mirrored one: none.
    audits : tuple of {"passes", "rejects"}
        Without audits of these there is no data.
    returns : bool
        Whether it reads phones that customers send back: arms are compared on them only with a cut-off.
    scores : bool
        Whether it believes a model's scores, as `sim.deployment.telemetry.calibrated` puts them right: reports and
        `driftline explain` say then what it is relative to.
    form : str
        How its value is printed: a format specification.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> from sim.deployment.telemetry.reading import mean
    >>> @observed("slow_share", unit="share", better="low")
    ... def slow_share(tables, arm, scope):
    ...     '''Share of phones that waited for more than a minute.'''
    ...     (latency_us,) = tables.by_arm(tables.decisions, arm, scope, "latency_us")
    ...     return mean(latency_us > 60_000_000)
    >>> print(by_hand(decisions={"latency_us": [90_000_000, 5_000_000]}).read("slow_share", "v1", 0))
    0.5 (2 phones)
    >>> METRICS["slow_share"].definition
    'share of phones that waited for more than a minute'
    >>> METRICS.forget("slow_share")
    """

    def declare(read: ReadMetric) -> ReadMetric:
        against = compared_with if mirrored else compared_with or name
        METRICS.register(name)(
            ObservedMetric(
                name,
                unit,
                kind,
                better,
                mirrored,
                against,
                frozenset(audits),
                returns,
                scores,
                form,
                definition_of(read),
                read,
            )
        )
        return read

    return declare
