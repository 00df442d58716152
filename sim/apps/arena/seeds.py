"""Seeds out of a teacher's secret: who does not know it can neither foresee the worlds nor fit a strategy to them."""

from __future__ import annotations

import hashlib
import hmac

from sim.document import Problem, ScenarioError

#: A shorter secret can be guessed by trying, from the scores that a leaderboard shows.
SHORTEST_SECRET = 8
#: What everybody's worlds come from where nobody gives a secret: for practice.
PRACTICE = "practice"


def seed_of(secret: str | None, arena: str, number: int) -> int:
    """Return the seed of an arena's scenario: an HMAC (SHA-256, RFC 2104) of its place, keyed by the secret.

    Parameters
    ----------
    secret : str, optional
        The teacher's; None: the public worlds for practice.
    arena : str
        Its name.
    number : int
        The scenario's, from 0.

    Raises
    ------
    ScenarioError
        If the secret is too short to be one.

    Examples
    --------
    >>> seed_of(None, "factory", 0) == seed_of(None, "factory", 0), seed_of(None, "factory", 0) == 1
    (True, False)
    >>> seed_of("a long secret", "factory", 0) == seed_of("another secret", "factory", 0)
    False
    >>> seed_of("hush", "factory", 0)
    Traceback (most recent call last):
    sim.document.problems.ScenarioError: secret: it has 4 letters and can be guessed; take at least 8
    """
    if secret is not None and len(secret) < SHORTEST_SECRET:
        what = f"it has {len(secret)} letters and can be guessed" if secret else "it is empty"
        raise ScenarioError([Problem(what, path="secret", hint=f"take at least {SHORTEST_SECRET}")])
    kind, key = ("hidden", secret) if secret is not None else (PRACTICE, PRACTICE)
    place = "\0".join(["driftline arena", kind, arena, str(number)])
    return int.from_bytes(hmac.new(key.encode(), place.encode(), hashlib.sha256).digest()[:4], "big")
