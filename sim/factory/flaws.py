"""Kinds of flaw: how often they come, how severe they are, and from when on they count.

Of kind k a phone carries a Poisson number of flaws with independent severities ``ln s ~ N(mu, sigma)``; what
matters is the worst, ``s_k``. Severity is size in units of the tolerance at the start, so ``s_k > 1`` is a defect,
and ``mu`` follows from asking for `minor_per_defect` tolerable flaws per defect. The worst severity comes from ONE
exponential draw E by inversion: with hazard h, lot multiplier m and r minor flaws per defect,

    flawed     iff  E < (1 + r) h m
    defective  iff  E < h m
    ln s_k = mu + sigma Phi^-1(1 - E / ((1 + r) h m))

so a higher rate or a worse lot only ever makes the same phone worse, which keeps comparisons between settings sharp.
"""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.special import ndtri

from sim.columns import Floats, Severities
from sim.units import Share


class Kind(BaseModel):
    """A kind of flaw; its `share` says which part of the defect rate it makes up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    share: Share = Field(
        validate_default=True, description="part of the defect rate; 0% for a kind that does not occur yet"
    )
    sigma: float = Field(0.8, gt=0.0, le=3.0, description="spread of ln(severity)")
    counts: bool = Field(
        True, description="false: tolerated at any size until standard.tolerance.NAME drifts to a number"
    )


PHONE_KINDS = (
    # FACTS 3, Types: shares are assumptions (grade A) in the order of the literature's classes.
    Kind(name="scratch", share="35%"),
    Kind(name="dent", share="15%"),
    Kind(name="dust", share="12%"),
    Kind(name="gap", share="10%"),
    Kind(name="colour", share="8%"),
    Kind(name="pixel", share="8%"),
    Kind(name="stain", share="7%"),
    Kind(name="crack", share="5%"),
)


class ByKind(dict[str, Floats]):
    """Values by the name of a kind of flaw; a factor that nobody has set is 1.

    Examples
    --------
    >>> growth = ByKind()
    >>> growth.scale("dent", np.asarray(2.0))
    >>> growth.scale("dent", np.asarray(1.5))
    >>> float(growth["dent"]), "scratch" in growth
    (3.0, False)
    """

    def scale(self, kind: str, factor: Floats) -> None:
        """Multiply a kind's value."""
        self[kind] = self[kind] * factor if kind in self else factor


def severities(
    exponential: Floats, hazard: Floats, multiplier: Floats, minor_per_defect: float, sigma: float
) -> Severities:
    """Return the worst severity of one kind per phone, 0 where there is no flaw.

    Parameters
    ----------
    exponential, multiplier : (n,) arrays
        Each phone's standard exponential draw and its lot's hazard multiplier.
    hazard : (n,) array or scalar array
        Hazard of a *defect* of this kind (see `sim.factory.lots.Lots.hazard`).
    """
    ceiling = (1.0 + minor_per_defect) * hazard * multiplier
    flawed = exponential < ceiling
    result = np.zeros(len(exponential), dtype=np.float32)
    # In a lot that is bad beyond measure the draw is next to nothing of the hazard: its worst flaw is still finite.
    position = np.maximum(exponential[flawed] / np.broadcast_to(ceiling, flawed.shape)[flawed], 2.0**-53)
    mu = sigma * ndtri(1.0 / (1.0 + minor_per_defect))
    result[flawed] = np.exp(mu + sigma * ndtri(1.0 - position))
    return result
