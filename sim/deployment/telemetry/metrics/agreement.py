"""A version's mirrored looks beside the line's verdicts, once both are known: who is right, nobody knows."""

from __future__ import annotations

from sim.columns import Flags
from sim.deployment.telemetry.metric import observed
from sim.deployment.telemetry.reading import NO_DATA, Reading, mean
from sim.deployment.telemetry.tables import Scope, Tables


def both_verdicts(tables: Tables, version: str | None, scope: Scope) -> tuple[Flags, Flags]:
    """Return whether the version (None: whichever looked) and the line rejected each phone that both judged.

    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(comparisons={"rejected": [True, False], "line_rejected": [False, False]})
    >>> [flags.tolist() for flags in both_verdicts(known, "v1", Scope(0))]
    [[True, False], [False, False]]
    """
    own, line = tables.by_version(tables.comparisons, version, scope, "rejected", "line_rejected")
    return own, line


@observed("disagreement", unit="share", mirrored=True)
def disagreement(tables: Tables, version: str, scope: Scope) -> Reading:
    """Phones on which the version and the line say different things / phones that both judged.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(comparisons={"rejected": [True, False, True, False], "line_rejected": [True] + 3 * [False]})
    >>> print(known.read("disagreement", "v1", 0))
    0.25 (4 phones)
    """
    own, line = both_verdicts(tables, version, scope)
    return mean(own != line)


@observed("kappa", unit="", kind="value", better="high", mirrored=True)
def kappa(tables: Tables, version: str, scope: Scope) -> Reading:
    """Agreement of the version and the line beyond chance / all that there could be beyond it: Cohen's kappa.

    Where both always say the same thing, chance would make them agree too, and it is unknown.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(comparisons={"rejected": [True, False, True, False], "line_rejected": [True] + 3 * [False]})
    >>> print(known.read("kappa", "v1", 0))
    0.5 (4 phones)
    """
    own, line = both_verdicts(tables, version, scope)
    if not len(own):
        return NO_DATA
    agreed, p, q = float((own == line).mean()), float(own.mean()), float(line.mean())
    chance = p * q + (1.0 - p) * (1.0 - q)
    return Reading(None if chance >= 1.0 else (agreed - chance) / (1.0 - chance), len(own))


@observed("recall_by_line", unit="share", better="high", mirrored=True)
def recall_by_line(tables: Tables, version: str, scope: Scope) -> Reading:
    """Rejects of the line that the version rejects too / rejects of the line.

    Its recall, if the line were always right.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(comparisons={"rejected": [True, False, True], "line_rejected": [True, True, False]})
    >>> print(known.read("recall_by_line", "v1", 0))
    0.5 (2 phones)
    """
    own, line = both_verdicts(tables, version, scope)
    return mean(own[line])


@observed("precision_by_line", unit="share", better="high", mirrored=True)
def precision_by_line(tables: Tables, version: str, scope: Scope) -> Reading:
    """Rejects of the version that the line rejects too / rejects of the version.

    Its precision, if the line were always right.

    Examples
    --------
    >>> from sim.deployment.telemetry.by_hand import by_hand
    >>> known = by_hand(comparisons={"rejected": [True, True, False], "line_rejected": [True, False, True]})
    >>> print(known.read("precision_by_line", "v1", 0))
    0.5 (2 phones)
    """
    own, line = both_verdicts(tables, version, scope)
    return mean(line[own])
