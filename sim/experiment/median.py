"""Which replication to show where only one can be: the median one, by when its rollouts ended."""

from __future__ import annotations

from collections.abc import Sequence

from sim.experiment.result import History
from sim.measure.rollouts import decisions

#: The rule in the words of a caption.
RULE = "the median by when rollouts ended"


def median(replications: Sequence[Sequence[History]], horizon_us: int) -> int:
    """Return the number of the median replication.

    Its moment is the mean, over its strategies, of the last promotion or rollback of the first candidate, as its ending
    has it (the horizon where there is none).
    Of an even number the earlier of the middle two is taken, of equal ones the lowest number.

    Parameters
    ----------
    replications : sequence of sequence of History
        Of each replication, every strategy's history.
    horizon_us : int
        When the run ends.

    Examples
    --------
    >>> from sim.deployment.controller import RouteChange
    >>> from sim.deployment.events import Promoted
    >>> from sim.line.route import HUMANS, NOBODY, Route
    >>> manual = (RouteChange(0, Route(NOBODY)),)
    >>> after = {hours: History((Promoted(time_us=hours, arm=HUMANS),), manual) for hours in (30, 10, 20)}
    >>> median([[history] for history in after.values()], horizon_us=100)
    2
    """
    moments = [sum(_decided_us(history, horizon_us) for history in histories) for histories in replications]
    order = sorted(range(len(moments)), key=lambda number: (moments[number], number))
    middle = moments[order[(len(order) - 1) // 2]]
    return moments.index(middle)


def _decided_us(history: History, horizon_us: int) -> int:
    found = decisions(history.events, history.routes)
    return found[-1].time_us if found else horizon_us
