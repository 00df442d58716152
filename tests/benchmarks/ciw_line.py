"""What Ciw can express of the line: inspectors only. Phones come at random, the looks are lognormal, one queue."""

from __future__ import annotations

import math
from importlib.util import find_spec
from typing import Any

import numpy as np
from whole_runs import run_strategy, whole_world

import sim
from sim.experiment.replication import replicate
from sim.scenario import Scenario

#: Seconds between phones and per look, the spread of ln(look), and how many look: 7 are busy half of their time.
EVERY_S, LOOK_S, SIGMA, INSPECTORS = 6.0, 21.0, 0.35, 7


def installed() -> bool:
    return find_spec("ciw") is not None


def run_ciw(phones: int, seed: int = 1) -> Any:
    """Run Ciw until so many phones are through, and return its records."""
    import ciw

    mu = math.log(LOOK_S) - SIGMA**2 / 2.0
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=1.0 / EVERY_S)],
        service_distributions=[ciw.dists.Lognormal(mean=mu, sd=SIGMA)],
        number_of_servers=[INSPECTORS],
    )
    ciw.seed(seed)
    line = ciw.Simulation(network)
    line.simulate_until_max_customers(phones)
    return line.get_all_records()


def ciw_wait_s(records: Any) -> float:
    """Return the mean wait of Ciw's phones."""
    return float(np.mean([record.waiting_time for record in records]))


def scenario(phones: int) -> Scenario:
    """Return the same law for driftline."""
    return sim.build(
        horizon=f"{phones * EVERY_S}s",
        factory={"arrivals": {"kind": "poisson", "every": f"{EVERY_S}s"}},
        inspectors={"count": INSPECTORS, "service": {"law": "lognormal", "mean": f"{LOOK_S}s", "sigma": SIGMA}},
        deployment={"stable": "humans", "candidate": "humans"},
        strategies=[{"pattern": "manual"}],
    )


def run_driftline(law: Scenario, engine: str) -> Any:
    """Run driftline with everything: flaws, pictures, the line, telemetry and metrics."""
    return replicate(law, law.strategies, {}, 0, engine)


def driftline_wait_s(law: Scenario, engine: str) -> float:
    """Return the mean wait of driftline's phones."""
    looks = run_strategy(law, law.strategies[0], {}, whole_world(law, {}, 0), engine).log.looks
    began = looks.start_us >= 0
    return float(np.mean(looks.start_us[began] - looks.enter_us[began])) / 1e6
