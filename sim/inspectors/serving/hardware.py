"""How much compute: what a computer takes for a phone, how much memory it has, and what an hour of it costs.

The times are of a phone's 12 images through a detector of the size of YOLOv8l, and of nothing else: capture is the
camera's time. Where they and the prices come from, and how far that carries, `driftline facts hardware` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from sim.document import Refusal
from sim.units import MS

Hardware = Literal["cpu", "jetson", "l4", "a100", "browser"]


class Computer(NamedTuple):
    """One computer of the catalogue."""

    service: int  #: mean time for the 12 images of a phone, in us
    memory: float  #: GB that a model can take
    price: float  #: $ an hour


HARDWARE: Mapping[str, Computer] = {
    "cpu": Computer(2640 * MS, 16.0, 0.05),
    "jetson": Computer(264 * MS, 16.0, 0.10),
    "l4": Computer(75 * MS, 24.0, 0.80),
    "a100": Computer(3 * MS, 40.0, 3.70),
    "browser": Computer(1320 * MS, 4.0, 0.0),
}

#: Of ln(time): as of the service that a file says nothing of.
SPREAD = 0.15


def filled(given: dict[str, Any]) -> dict[str, Any]:
    """Return what a file says of a version's servers, with the law and the price of its computer where it says none.

    >>> filled({"hardware": "l4", "price": "$1"})["price"], filled({"hardware": "l4"})["service"]["mean"]
    ('$1', '75000us')
    """
    name = given.get("hardware")
    if not isinstance(name, str) or name not in HARDWARE:
        return given
    computer = HARDWARE[name]
    law = {"law": "lognormal", "mean": f"{computer.service}us", "sigma": SPREAD}
    return {"service": law, "price": computer.price, **{key: own for key, own in given.items() if own is not None}}


def refusals(name: str | None, gigabytes: float) -> Iterator[Refusal]:
    """Yield that a model does not fit into the memory of its computer.

    >>> [told] = refusals("jetson", 20.0)
    >>> told
    (('gigabytes',), 'a model of 20 GB does not fit into the 16 GB of jetson: take l4 or a100, or a smaller model')
    """
    if name is None or gigabytes <= HARDWARE[name].memory:
        return
    larger = [other for other, computer in HARDWARE.items() if computer.memory >= gigabytes]
    remedy = f"take {' or '.join(larger)}, or a smaller model" if larger else "take a smaller model"
    yield (
        ("gigabytes",),
        f"a model of {gigabytes:g} GB does not fit into the {HARDWARE[name].memory:g} GB of {name}: {remedy}",
    )
