"""The loop that wakes a strategy while the line runs. It is the same for every engine.

Here, and only here, the two planes meet: instruments carry what can be seen from the line to the strategy's
telemetry, and the strategy's route to the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sim.deployment.dashboard import Series
from sim.deployment.events import Event
from sim.deployment.instruments import Instruments
from sim.deployment.monitoring.retraining import Delivery, Order
from sim.deployment.rollout import Rollout
from sim.deployment.strategy import PLAYBOOK, Strategy, play, playbook_refused, told_of
from sim.deployment.telemetry.store import Telemetry
from sim.deployment.telemetry.tables import MEMORY_US
from sim.line.engine import Engine
from sim.line.route import Arm, Route
from sim.plugins import at_work
from sim.units import SHORTEST_RHYTHM, format_duration, format_moment

#: So many wake-ups may follow one another at once, as many steps of a plan do.
_WAKES_AT_ONCE = 10_000


class Maintenance(Protocol):
    """Carries out what a strategy orders."""

    def fulfil(self, order: Order, telemetry: Telemetry, now_us: int) -> Delivery | None: ...


@dataclass(frozen=True, slots=True)
class RouteChange:
    """A route and the moment from which it holds."""

    time_us: int
    route: Route


class Controller:
    """A strategy in control, from its first route to the horizon.

    The playbook's code up to its first yield gives the initial route; if the rollout starts later, the stable arm
    decides alone until then. After each wait, everything up to and at that moment has happened before it wakes.

    Parameters
    ----------
    strategy : Strategy
        With the scenario's defaults filled in.
    rollout : Rollout
        What the strategy sees and acts on.
    engine, instruments, maintenance
        The line; what can be seen of it; and who fulfils what is ordered.

    Raises
    ------
    ScenarioError
        When the strategy sends phones to inspectors and none is rostered, hardly waits, or others' code in it fails.
    """

    def __init__(
        self, strategy: Strategy, rollout: Rollout, engine: Engine, instruments: Instruments, maintenance: Maintenance
    ) -> None:
        assert strategy.start is not None
        self._strategy = strategy
        self._rollout = rollout
        self._playbook = play(strategy, rollout)
        self._engine = engine
        self._instruments = instruments
        self._maintenance = maintenance
        self._horizon_us = rollout.horizon_us
        self._wake_us = min(strategy.start, self._horizon_us)
        self._over = False
        self._wakes = 0
        self._routes = [RouteChange(0, rollout.route)]
        if self._wake_us > 0:  # else the playbook acts before the first phone
            self._check_people(rollout.route, 0)
        instruments.follow(rollout.route)
        engine.set_route(rollout.route)

    @property
    def routes(self) -> tuple[RouteChange, ...]:
        """The routes so far, each with the moment from which it holds."""
        return tuple(self._routes)

    @property
    def arms(self) -> dict[str, Arm]:
        """Every arm that has been routed by now, by name, if only for a moment."""
        return dict(self._instruments.arms)

    @property
    def events(self) -> tuple[Event, ...]:
        """What has happened to the rollout so far, in order."""
        return tuple(self._rollout.events)

    @property
    def measured(self) -> tuple[Series, ...]:
        """What the team's dashboard has shown by now."""
        return self._rollout.dashboard.series()

    def advance(self, until_us: int) -> None:
        """Go on until everything up to and at `until_us` has happened, the strategy's wake-ups included."""
        while self._wake_us <= until_us:
            if self._wake_us > 0:
                self._move(self._wake_us)
            self._rollout.now = self._wake_us
            if self._wake_us >= self._horizon_us:
                with told_of(self._strategy, self._wake_us):
                    self._playbook.close()
                return
            self._wake()
        self._move(until_us)

    def _move(self, until_us: int) -> None:
        self._engine.advance(until_us)
        if not self._over:
            self._instruments.read(self._rollout.telemetry, until_us)
            self._rollout.telemetry.forget_before(until_us - MEMORY_US)

    def _wake(self) -> None:
        """The playbook acts, and says how long it waits."""
        now = self._wake_us
        self._check_rhythm(now)
        with told_of(self._strategy, now):
            try:
                pause = next(self._playbook)
            except StopIteration:
                pause, self._over = self._horizon_us, True  # and nobody looks at the dashboards any more
            with at_work(PLAYBOOK, self._strategy.declared.playbook):
                route = self._rollout.route
        if now == 0 or self._routes[-1].route != route:
            self._check_people(route, now)
        if self._routes[-1].route != route:
            if self._routes[-1].time_us == now:
                self._routes.pop()
            self._routes.append(RouteChange(now, route))
            self._instruments.follow(route)
            self._engine.set_route(route)
        for order in self._rollout.take_orders():
            delivery = self._maintenance.fulfil(order, self._rollout.telemetry, now)
            if delivery is not None:
                self._rollout.deliver(delivery)
        self._wake_us = min(now + pause, self._horizon_us)

    def _check_rhythm(self, now_us: int) -> None:
        """Refuse a strategy that hardly waits: the run would not end."""
        self._wakes += 1
        if self._wakes > _WAKES_AT_ONCE + now_us // SHORTEST_RHYTHM:
            raise playbook_refused(
                self._strategy.title,
                f"by {format_moment(now_us)} it has been woken {self._wakes:,} times, more often than once in"
                f" {format_duration(SHORTEST_RHYTHM)}: nobody looks so often, and the run would not end; wait longer",
            )

    def _check_people(self, route: Route, now_us: int) -> None:
        """Refuse a route to inspectors where none is rostered: its phones would wait for ever."""
        if self._strategy.staff == 0 and route.asks_humans:
            raise playbook_refused(
                self._strategy.title,
                f"at {format_moment(now_us)} it sends phones to inspectors, and none is rostered (staff: 0):"
                " roster at least one (staff: 1)",
            )
