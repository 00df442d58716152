"""The queue of the textbooks, M/M/c: phones come and looks last as chance has it, first come first served.

With `a` the load in servers' worth of work and C(c, a) Erlang's probability that all c servers are busy, the time in
the system T of one who comes has (Gross, Shortle, Thompson & Harris, "Fundamentals of Queueing Theory", 2018, ch. 3.3)

    P(T > t) = exp(-t/s) * (1 + C * (1 - exp(-(c - 1 - a) * t/s)) / (c - 1 - a)).
"""

from __future__ import annotations

import math


def all_busy(servers: int, load: float) -> float:
    """Return Erlang's C: the probability that one who comes finds all servers busy.

    Parameters
    ----------
    servers : int
    load : float
        Work that comes, in servers' worth of it: less than `servers`.

    Examples
    --------
    >>> round(all_busy(1, 0.5), 4), round(all_busy(2, 1.0), 4)
    (0.5, 0.3333)
    """
    lost = 1.0  # Erlang's B, by its recursion
    for count in range(1, servers + 1):
        lost = load * lost / (count + load * lost)
    return lost / (1.0 - load / servers * (1.0 - lost))


def longer_than(t: float, servers: int, load: float) -> float:
    """Return the probability of being in the system for longer than `t` mean service times.

    Examples
    --------
    >>> round(longer_than(2.0, 1, 0.5), 4), round(math.exp(-1.0), 4)
    (0.3679, 0.3679)
    """
    waits, spare = all_busy(servers, load), servers - 1 - load
    looked = math.exp(-t)
    # Where c - 1 - a is 0, the quotient is its limit. Both exponents are negative, however long t is.
    among = t * looked if abs(spare) < 1e-9 else (looked - math.exp(-(1.0 + spare) * t)) / spare
    return looked + waits * among


def sojourn_quantile(share: float, servers: int, service: float, busy: float) -> float:
    """Return within which time a share of all is served, waiting included, in the unit of `service`.

    Parameters
    ----------
    share : float
        Such as 0.95.
    servers : int
    service : float
        The mean time of a look.
    busy : float
        The share of its time that a server is busy, at least 0 and less than 1.

    Examples
    --------
    One server: exponential with mean service / (1 - busy).

    >>> round(sojourn_quantile(0.95, 1, 5.0, 0.625), 3), round(5.0 * math.log(20.0) / 0.375, 3)
    (39.943, 39.943)
    """
    low, high = 0.0, 1.0
    while longer_than(high, servers, servers * busy) > 1.0 - share:
        low, high = high, 2.0 * high
    for _ in range(60):
        middle = (low + high) / 2.0
        if longer_than(middle, servers, servers * busy) > 1.0 - share:
            low = middle
        else:
            high = middle
    return service * high
