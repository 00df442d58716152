"""Closed forms that the simulator must meet, worked out here independently of its code.

Queues: Erlang C and Pollaczek-Khinchine. Humans: the integral of Phi(v(s) d'/2 - c) over the severity law.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import optimize, special, stats


def erlang_c_wait(arrival_rate: float, service_rate: float, servers: int) -> float:
    """Mean waiting time in the queue of M/M/c."""
    load = arrival_rate / service_rate
    rho = load / servers
    idle = sum(load**k / math.factorial(k) for k in range(servers))
    busy = load**servers / math.factorial(servers) / (1.0 - rho)
    return busy / (idle + busy) / (servers * service_rate - arrival_rate)


def pollaczek_khinchine_wait(arrival_rate: float, mean: float, variance: float) -> float:
    """Mean waiting time in the queue of M/G/1."""
    rho = arrival_rate * mean
    return arrival_rate * (variance + mean**2) / (2.0 * (1.0 - rho))


def erlang_b(load: float, servers: int, places: int = 0) -> float:
    """Share of arrivals that M/M/c/c+places turns away; without places to wait, Erlang's B."""
    weights = [load**k / math.factorial(k) for k in range(servers + 1)]
    weights += [weights[-1] * (load / servers) ** extra for extra in range(1, places + 1)]
    return weights[-1] / sum(weights)


def queue_with_breakdowns(arrival_rate: float, service_rate: float, up: float, repair: float) -> dict[str, float]:
    """M/M/1 whose breakdowns lose all that is in it, and which takes nothing until it is repaired, as shares.

    While it is up, `n` are in it with probability `available * (1 - z) * z**n`: of `mu z^2 - (lambda + mu + 1/up) z +
    lambda = 0`, which balances the states from 1 on, z is the root below 1.

    Returns
    -------
    dict
        `available`: of the time, up; `busy`: of the time, at work; `lost`: of all arrivals, in it at a breakdown;
        `fallen_back`: of all arrivals, lost or turned away.
    """
    total = arrival_rate + service_rate + 1.0 / up
    z = (total - math.sqrt(total**2 - 4.0 * arrival_rate * service_rate)) / (2.0 * service_rate)
    available = up / (up + repair)
    lost = available * z / (1.0 - z) / up / arrival_rate
    return {"available": available, "busy": available * z, "lost": lost, "fallen_back": 1.0 - available + lost}


def machine_repair(machines: int, up: float, repair: float, repairmen: int) -> float:
    """Repairs per unit of time where exponential machines wait for exponential repairmen (M/M/c//N)."""
    weights = [1.0]
    for down in range(1, machines + 1):
        weights.append(weights[-1] * (machines - down + 1) / up * repair / min(down, repairmen))
    total = sum(weights)
    return sum(weight / total * min(down, repairmen) / repair for down, weight in enumerate(weights))


def batch_wait(batch_rate: float, size: int, mean: float, variance: float) -> float:
    """Mean waiting time in the queue of M^[c]/G/1: that of a batch as one customer, and of a phone within its batch."""
    whole = pollaczek_khinchine_wait(batch_rate, size * mean, size * variance)
    return whole + (size - 1) * mean / 2.0


def human_rates(
    *,
    defect_rate: float,
    minor_per_defect: float,
    sigma: float,
    cv: float,
    bad_share: float,
    bad_factor: float,
    d_prime: float,
    criterion: float,
    width: float,
) -> tuple[float, float]:
    """Return (escape rate, overkill rate) of an inspector with fixed d' and c, all kinds sharing one sigma.

    Of all kinds together, flaws of a lot with multiplier m are a Poisson number with mean (1 + r) h m; each has
    ln s ~ N(mu, sigma) with P(s > 1) = 1 / (1 + r). So the worst severity M has P(M <= y | m) = exp(-(1 + r) h m
    P(s > y)), averaged over gamma lots by Gauss-Laguerre quadrature here (the program uses their Laplace transform).
    """  # fmt: skip
    r = minor_per_defect
    mu = sigma * stats.norm.ppf(1.0 / (1.0 + r))
    scale = 1.0 / (1.0 - bad_share + bad_share * bad_factor)
    nodes, masses = special.roots_genlaguerre(60, 1.0 / cv**2 - 1.0)
    ordinary, masses = nodes * cv**2, masses / masses.sum()
    lots = np.concatenate([ordinary, ordinary * bad_factor]) * scale
    weights = np.concatenate([masses * (1.0 - bad_share), masses * bad_share])

    def survival(x: Any) -> Any:
        return np.exp(-np.multiply.outer(x, lots)) @ weights

    hazard = optimize.brentq(lambda h: 1.0 - survival(h) - defect_rate, 1e-9, 10.0, xtol=1e-14)

    def below(log_y: Any) -> Any:
        """P(ln M <= log_y)."""
        return survival((1.0 + r) * hazard * stats.norm.sf((log_y - mu) / sigma))

    def reject(log_ratio: Any) -> Any:
        view = np.clip(log_ratio / width, -1.0, 1.0)
        return stats.norm.cdf(view * d_prime / 2.0 - criterion)

    # Integrate P(reject | ln M) against the law of ln M, by parts over a fine grid within the borderline.
    def expected(low: float, high: float) -> float:
        grid = np.linspace(low, high, 4001)
        middle = 0.5 * (grid[1:] + grid[:-1])
        return float(np.diff(below(grid)) @ reject(middle))

    rejected_defects = expected(0.0, width) + (1.0 - below(width)) * reject(math.inf)
    rejected_good = below(-width) * reject(-math.inf) + expected(-width, 0.0)
    return float(1.0 - rejected_defects / defect_rate), float(rejected_good / (1.0 - defect_rate))


def priority_waits(rate: float, urgent: float, mean: float, second: float) -> tuple[float, float]:
    """Mean waits of M/G/1 with two classes, work never interrupted (Cobham 1954): of urgent customers, of the others.

    `urgent` is their share, `second` the second moment of everybody's service.
    """
    load, own = rate * mean, rate * urgent * mean
    rest = rate * second / 2.0
    return rest / (1.0 - own), rest / ((1.0 - own) * (1.0 - load))


def preemptive_stays(rate: float, urgent: float, mean: float, second: float) -> tuple[float, float]:
    """Mean times in M/G/1 with two classes, interrupted work being resumed: of urgent customers, of the others."""
    load, own = rate * mean, rate * urgent * mean
    first = mean + rate * urgent * second / 2.0 / (1.0 - own)
    return first, mean / (1.0 - own) + rate * second / 2.0 / ((1.0 - own) * (1.0 - load))


def series_throughput(*, buffers: tuple[int, ...], low: float, high: float, jobs: int, seed: int) -> float:
    """Jobs per unit of time that single servers in series let through, blocking after service, by a recursion.

    Job j leaves station i when it is done there, and when job j - b - 1 has left the next one, which has b places.
    """
    rng = np.random.default_rng(seed)
    left = [[-math.inf] * (buffer + 1) + [0.0] for buffer in buffers]  # by station: the last departures, newest last
    stations = len(buffers)
    times = rng.uniform(low, high, (jobs, stations)).tolist()
    for job in times:
        done = 0.0
        for i in range(stations):
            done = max(done, left[i][-1]) + job[i]
            if i + 1 < stations:
                done = max(done, left[i + 1][-buffers[i + 1] - 1])
            left[i].append(done)
            del left[i][0]
    return jobs / left[-1][-1]
