"""The process mix: which finishes come, and how often. A new finish arrives, an old one is sold out."""

from __future__ import annotations

from collections.abc import Mapping

from sim.factory.cause import CAUSES, Cause, Quantity, Values
from sim.factory.finishes import FinishShares, whole_of
from sim.factory.spec import Factory


@CAUSES.register("process.finish", 9)
class FinishMix(Cause):
    """The share of phones of a finish; if one drifts, the others keep their proportions.

    Examples
    --------
    >>> FinishMix().quantities(Factory())["process.finish.gloss"].start
    1.0
    """

    def quantities(self, factory: Factory) -> Mapping[str, Quantity]:
        """Return every finish's share."""
        whole = whole_of(factory.finishes)
        shares = {f"process.finish.{finish.name}": finish.share / whole for finish in factory.finishes}
        return {what: Quantity(share, "data", high=1.0, neutral=share) for what, share in shares.items()}

    def on_finishes(self, shares: FinishShares, values: Values) -> None:
        """Let a finish that drifts take its share; another that starts elsewhere only has another proportion."""
        for finish in values.factory.finishes:
            what = f"process.finish.{finish.name}"
            if values.moves(what):
                shares.take(finish.name, values(what))
            elif values.in_play(what):
                shares.start_from(finish.name, values(what))
