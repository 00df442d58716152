"""What a metric that is told with the truth says of itself, once, beside its arithmetic; tables and files ask it.

Each lies in `sim.measure.metrics`, comes with a package, or is defined in a notebook. "Leakage" is used in the field
for the escape rate and for DPPM alike, so the denominator is always said. Which phones are "decided", and over which
time is measured: `sim.measure.setting`.

A metric that is a ratio returns `ratio(part, whole)` of `sim.measure.tally`, which keeps both: replications are pooled
then, sum over sum, and one without a defective phone neither spoils leakage nor is lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Literal

from sim.deployment.telemetry.metric import Better, Kind
from sim.document.names import definition_of
from sim.measure.margin import ANY, Margin, parse_margin
from sim.measure.tally import Tally
from sim.plugins import Family, at_work, declared_by

#: The printed tables that a metric can stand in.
Table = Literal["phones", "quality", "flow", "money"]
#: Returns the metric of what was counted, NaN where it is undefined.
Measure = Callable[[Tally], float]
#: Tells of one strategy's metrics by name whether they make this one's column worth a first reader's time.
WorthAColumn = Callable[[Mapping[str, float]], bool]
#: Tells whether a time until the verdict is at least its value, since phones have none yet.
MoreThan = Callable[[Tally], bool]


def always(means: Mapping[str, float]) -> bool:
    """Say of a column that every reader needs it."""
    return True


def only_in_detail(means: Mapping[str, float]) -> bool:
    """Say of a column that a first reader does without it."""
    return False


def where_above_0(name: str) -> WorthAColumn:
    """Return what says of a metric's column that it is worth printing where the metric is not 0.

    >>> where_above_0("not_started")({"not_started": 3.0})
    True
    """
    return lambda means: means[name] > 0.0


@dataclass(frozen=True, slots=True)
class TrueMetric:
    """A metric of what really happened, and all that others have to know of it."""

    name: str
    unit: str  #: "share", "ppm", "s", "min", "1/h", "$", "phones"; it says how values are printed
    kind: Kind
    better: Better
    label: str  #: short, in running text
    column: str  #: the title of its column
    table: Table | None  #: the printed table that it stands in
    answer: str  #: how the answer of a comparison names it; "": the answer is not about it
    definition: str  #: one line, with its denominator
    of: Measure
    more_than: MoreThan | None = None  #: of a time until the verdict; None: phones without one don't make it longer
    worth_a_column: WorthAColumn = always  #: if it is of no strategy, its column is detail
    matters: Margin = ANY  #: smaller differences make nobody best or worse, however surely they are measured

    @property
    def home(self) -> str:
        """The module that declares it."""
        return self.of.__module__

    @property
    def counts_phones(self) -> bool:
        """Whether it is a share of counted phones, so that few of them have an exact interval."""
        return self.kind == "share" or self.unit == "ppm"


TRUE_METRICS: Family[TrueMetric] = Family(
    "true metric", "sim.measure.metrics", "driftline.true_metrics", declared_by("true_metric"), TrueMetric
)
"""Every metric by name, in the order in which tables and files show them."""


def true_metric(
    name: str,
    *,
    unit: str,
    label: str,
    kind: Kind = "share",
    better: Better = "neither",
    column: str = "",
    table: Table | None = None,
    answer: str = "",
    matters: str = "",
    place: float = math.inf,
    more_than: MoreThan | None = None,
    worth_a_column: WorthAColumn = always,
) -> Callable[[Measure], Measure]:
    """Declare a function ``(tally) -> float`` as the metric `name`; the first line of its docstring defines it.

    Parameters
    ----------
    name : str
        As files and results name it.
    unit : str
        "share", "ppm", "s", "min", "1/h", "$" or "phones": it says how values are printed; "" for a bare number.
    label : str
        Short, for tables.
    kind : {"share", "value", "count"}
        A share of phones, another number, or how many phones.
    better : {"low", "high", "neither"}
        Which way is good news.
    column : str, optional
        The title of its column, where it is another than the label.
    table : {"phones", "quality", "flow", "money"}, optional
        The printed table that it stands in; files hold every metric.
    answer : str, optional
        How the answer of a comparison names it. Default: the answer is not about it.
    matters : str, optional
        From which difference on it matters, in its unit or of the best: "0.5pt", "0.5s", "1%". A scenario can say
        otherwise. Default: every measurable difference does.
    place : float, optional
        Where it stands among the others; default: after them, by name.
    more_than : callable, optional
        Of a time until the verdict: whether the value falls among the phones without one, so that it is at least so
        much. On a line that does not keep up it always is, and strategies are not ranked by it.
    worth_a_column : callable, optional
        Of a metric that stands in a table: is told the metrics of one strategy by name (means over replications), and
        says whether a first reader should see this one's column. If it is so of no strategy, the column is printed
        with ``--detail`` only. Default: it is always printed.

    Examples
    --------
    >>> from sim.measure.tally import ratio
    >>> @true_metric("audited_share", unit="share", label="audited")
    ... def audited_share(tally):
    ...     '''Phones audited / phones decided.'''
    ...     return ratio(tally.audited, tally.decided)
    >>> TRUE_METRICS["audited_share"].of(Tally(decided=8, audited=2))
    0.25
    >>> list(TRUE_METRICS)[-1], TRUE_METRICS["audited_share"].definition
    ('audited_share', 'phones audited / phones decided')
    >>> TRUE_METRICS.forget("audited_share")
    """

    def declare(measure: Measure) -> Measure:
        margin = parse_margin(matters, unit) if matters else ANY
        TRUE_METRICS.register(name, place)(
            TrueMetric(
                name,
                unit,
                kind,
                better,
                label,
                column or label,
                table,
                answer,
                definition_of(measure),
                measure,
                more_than,
                worth_a_column,
                margin,
            )
        )
        return measure

    return declare


def measure(tally: Tally) -> tuple[dict[str, float], frozenset[str]]:
    """Return every metric by name, NaN where it is undefined; and of which of them the value is only a lower bound."""
    measured = {name: _measured(metric, tally) for name, metric in TRUE_METRICS.items()}
    return {name: value for name, (value, _) in measured.items()}, frozenset(
        name for name, (_, is_bound) in measured.items() if is_bound
    )


def _measured(metric: TrueMetric, tally: Tally) -> tuple[float, bool]:
    with at_work(f"the true metric {metric.name}", metric):
        value = metric.of(tally)
        if not isinstance(value, Real) or math.isinf(value):
            raise TypeError(f"it has to return a number, NaN where it is undefined, not {value!r}")
        # A ratio is a float that knows what it is made of: it stays one.
        number = value if isinstance(value, float) else float(value)
        return number, metric.more_than is not None and bool(metric.more_than(tally))
