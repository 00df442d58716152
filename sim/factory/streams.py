"""Named random streams: one per column, so that adding a column never changes another.

A stream is known by its name alone. Draws are taken in phone order and the generator keeps its state between
takes, so cutting a world into blocks changes nothing.
"""

from __future__ import annotations

import hashlib

import numpy as np


def words(name: str) -> list[int]:
    """Return the name as four 32-bit words: the first 16 bytes of its blake2b digest.

    Python's own ``hash()`` differs from process to process and would break reproducibility.

    >>> words("factory.takt") == words("factory.takt")
    True
    """
    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
    return [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]


class Streams:
    """The random streams of one replication of one seed.

    Parameters
    ----------
    seed : int
        The scenario's seed, 0 to 2**32 - 1.
    replication : int
        The replication, from 0.

    Examples
    --------
    >>> a = Streams(seed=7, replication=0).open("takt").random(2)
    >>> b = Streams(seed=7, replication=0).open("takt").random(2)
    >>> bool((a == b).all())
    True
    """

    def __init__(self, seed: int, replication: int, prefix: str = "") -> None:
        self.seed = seed
        self.replication = replication
        self._prefix = prefix

    def branch(self, name: str) -> Streams:
        """Return streams of the same replication whose names all begin with `name`: another world's."""
        return Streams(self.seed, self.replication, f"{self._prefix}{name}/")

    def open(self, name: str) -> np.random.Generator:
        """Return the named stream from its beginning."""
        sequence = np.random.SeedSequence([self.seed, self.replication, *words(self._prefix + name)])
        return np.random.Generator(np.random.PCG64(sequence))
