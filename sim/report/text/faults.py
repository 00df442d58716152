"""What the report says of models that were down or refused: what the line did then, and with how many phones."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from rich.text import Text

from sim.columns import Floats
from sim.experiment.result import Event, Result, StrategyResult
from sim.factory.faults import joined
from sim.line.route import Fallback
from sim.measure.events import OutageBegan
from sim.report.text.grid import titled
from sim.report.text.page import Page
from sim.report.text.values import plain_name, show, show_interval
from sim.stats.intervals import t_interval
from sim.units import format_duration

#: What a line does with a model's phones while its server is down, in the words of the field.
REACTIONS: dict[Fallback, str] = {"humans": "fails over", "nobody": "fails open", "reject": "fails closed"}
_DECIDES: dict[Fallback, str] = {
    "humans": "inspectors decide", "nobody": "ships them unseen", "reject": "rejects them unseen",
}  # fmt: skip


def print_faults(result: Result, page: Page) -> None:
    """Print each strategy's reaction and the phones that it decided, where a model in use was down or refused."""
    used = any(result.outages(strategy) or _broken(result, strategy) for strategy in result.strategies)
    if not used and not any(np.nansum(strategy.samples["fallback_share"]) > 0.0 for strategy in result.strategies):
        return
    table = titled("While a model is down, or refuses")
    table.add_column("strategy", overflow="fold", min_width=12)
    for column in ("it", "so it", "phones", "of all"):
        table.add_column(column, justify="right" if column in ("phones", "of all") else "left", overflow="fold")
    for strategy in result.strategies:
        reactions = reactions_of(strategy)
        phones = strategy.samples["fallback_share"] * strategy.samples["phones"]
        table.add_row(
            Text(plain_name(strategy.name), style="bold"),
            Text(" or ".join(REACTIONS[each] for each in reactions) or "has none"),
            Text(" or ".join(_DECIDES[each] for each in reactions)),
            Text(show_interval(t_interval(np.nan_to_num(phones)), "phones")),
            Text(show(strategy.interval("fallback_share").mean, "share")),
        )
    page.console.print()
    page.console.print(table)
    for version in _versions(result):
        page.say(_said(result, version), style="dim")


def reactions_of(strategy: StrategyResult) -> tuple[Fallback, ...]:
    """Return the fallbacks that were in force while a model took part, in any replication."""
    routes = (change.route for history in strategy.histories for change in history.routes)
    return tuple(dict.fromkeys(route.fallback for route in routes if any(arm.version for arm in route.arms)))


def up_share(result: Result, version: str) -> Floats:
    """Return the share of the time measured for which a version's server was up, shape (replications,)."""
    first, last = result.scenario.warm_up, result.scenario.horizon
    shares = []
    for own in result.by_chance or [()] * result.replications:
        down = joined(
            (e.time_us, e.time_us + e.lasts_us) for e in _servers((*result.world_events, *own)) if e.version == version
        )
        shares.append(1.0 - sum(max(0, min(end, last) - max(begin, first)) for begin, end in down) / (last - first))
    return np.array(shares)


def _said(result: Result, version: str) -> str:
    up = show_interval(t_interval(up_share(result, version)), "share")
    breakdowns = result.scenario.models[version].serving.breakdowns
    if breakdowns is None:
        return f"{version}'s server is up for {up} of the time."
    mtbf, mttr = format_duration(breakdowns.mtbf), format_duration(breakdowns.mttr)
    return (
        f"{version}'s server is up for {up} of the time: its availability. MTBF {mtbf} and MTTR {mttr} make it "
        f"{show(breakdowns.availability, 'share')} in the long run."
    )


def _versions(result: Result) -> list[str]:
    """Return the versions whose servers go down, and that some strategy has used."""
    down = [event for each in result.strategies for event in (*_servers(result.outages(each)), *_broken(result, each))]
    return list(dict.fromkeys(event.version for event in down))


def _broken(result: Result, strategy: StrategyResult) -> list[OutageBegan]:
    used = {name for history in strategy.histories for change in history.routes for name in change.route.deployed}
    return [event for events in result.by_chance for event in _servers(events) if event.version in used]


def _servers(events: Iterable[Event]) -> list[OutageBegan]:
    return [event for event in events if type(event) is OutageBegan]  # of a partition the server knows nothing
