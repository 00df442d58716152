"""The textbook's queue against its two parts: a wait that is none or exponential, and then a look."""

from __future__ import annotations

import math

import pytest
from scipy.integrate import quad

from sim.stats.one_queue import all_busy, longer_than, sojourn_quantile


def erlang_c(servers: int, load: float) -> float:
    """Return it from its definition, a sum."""
    last = load**servers / math.factorial(servers) / (1.0 - load / servers)
    return last / (sum(load**n / math.factorial(n) for n in range(servers)) + last)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.9), (2, 1.0), (3, 2.0), (5, 4.5), (40, 36.0)])
def test_the_time_in_the_system_is_a_wait_and_a_look(servers: int, load: float) -> None:
    waits, rate = erlang_c(servers, load), servers - load
    assert all_busy(servers, load) == pytest.approx(waits)
    for t in (0.3, 1.0, 4.0):
        # Who waits for w, exponential with this rate, is still there at t if w > t, or the look takes longer than t - w.
        both, _ = quad(lambda w, t=t: rate * math.exp(-rate * w) * math.exp(-(t - w)), 0.0, t)
        expected = (1.0 - waits) * math.exp(-t) + waits * (both + math.exp(-rate * t))
        assert longer_than(t, servers, load) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("servers", [1, 2, 7])
def test_a_quantile_is_exceeded_by_the_rest(servers: int) -> None:
    t = sojourn_quantile(0.95, servers, 5.0, 0.8)
    assert longer_than(t / 5.0, servers, 0.8 * servers) == pytest.approx(0.05, rel=1e-9)


def test_a_queue_grows_without_end_as_servers_get_busier() -> None:
    times = [sojourn_quantile(0.95, 2, 1.0, busy) for busy in (0.0, 0.5, 0.9, 0.99, 0.999)]
    assert times == sorted(times)
    assert times[0] == pytest.approx(math.log(20.0))
    assert times[-1] > 1000.0
