"""The shops' engines by the names of the line's: both mean the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sim.columns import Times
from sim.line.shop.log import VisitLog
from sim.line.shop.reference import SimpyShop
from sim.line.shop.stations import Draws, Gone, Shop


class ShopEngine(Protocol):
    """All that a shop's engine can do: take phones, advance, and show who is through and what was done."""

    def feed(self, number: Times, comes_us: Times, draws: Draws) -> None: ...
    def advance(self, until_us: int) -> None: ...
    def gone(self) -> Gone: ...
    def inside(self) -> tuple[Times, Times]: ...
    def settle(self) -> VisitLog: ...
    def log(self) -> VisitLog: ...


def _compiled(shop: Shop) -> ShopEngine:
    """Make the compiled one. Importing numba takes most of a second: only when it is wanted."""
    from sim.line.shop.compiled import CompiledShop

    return CompiledShop(shop)


SHOPS: dict[str, Callable[[Shop], ShopEngine]] = {"simpy": SimpyShop, "compiled": _compiled}
