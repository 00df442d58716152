"""What the line makes and how the camera sees it, before anything drifts: the world as a scenario file describes it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from sim.document import Refusal, under
from sim.factory.arrivals import Arrivals, Takt
from sim.factory.camera import Camera, feature_names
from sim.factory.finishes import Finish
from sim.factory.flaws import PHONE_KINDS, Kind
from sim.factory.lots import Lots
from sim.units import Share


class Factory(BaseModel):
    """What the line makes and how the camera sees it, before anything drifts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arrivals: Arrivals = Takt()
    defect_rate: Share = Field(
        "2%", validate_default=True, description="share of phones with at least one defect (assumption)"
    )
    minor_per_defect: float = Field(1.0, ge=0.01, le=100.0, description="tolerable flaws per defect")
    kinds: tuple[Kind, ...] = Field(PHONE_KINDS, min_length=1, max_length=64)
    lots: Lots = Lots()
    finishes: tuple[Finish, ...] = Field((Finish(name="gloss"),), min_length=1, max_length=16)
    camera: Camera = Camera()

    def kind_names(self) -> tuple[str, ...]:
        """Return the kinds of flaws, in order."""
        return tuple(kind.name for kind in self.kinds)

    def feature_names(self) -> tuple[str, ...]:
        """Return what a model sees of a phone, in order."""
        return feature_names(self.kind_names(), tuple(finish.name for finish in self.finishes))

    def kind_share(self, kind: Kind) -> float:
        """Return which part of the defect rate a kind makes up."""
        return kind.share / sum(other.share for other in self.kinds)

    def refusals(self) -> Iterator[Refusal]:
        """Yield what cannot be, though each value by itself could.

        Examples
        --------
        >>> list(Factory(defect_rate="99%").refusals())
        [(('defect_rate',), 'at most 95% of the phones can be defective')]
        """
        named: dict[str, list[Kind | Finish]] = {"kinds": [*self.kinds], "finishes": [*self.finishes]}
        for field, items in named.items():
            names = [item.name for item in items]
            for number, name in enumerate(names):
                if name in names[:number]:
                    yield (field, number, "name"), f"'{name}' is there twice"
            if sum(item.share for item in items) <= 0.0:
                yield (field,), "their shares add up to nothing"
        if self.defect_rate > 0.95:
            yield ("defect_rate",), "at most 95% of the phones can be defective"
        yield from under(("arrivals",), self.arrivals.refusals())
