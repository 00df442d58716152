"""Rows of telemetry as a line could have written them, for suites that any metric or stream must pass."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sim.deployment.telemetry.by_hand import by_hand
from sim.deployment.telemetry.store import Telemetry
from sim.line.rules import DecidedBy

Tables = dict[str, dict[str, np.ndarray]]
PHONES = 200


def rows(seed: int) -> Tables:
    """Return columns of every table but their own moments: phones of two arms, two versions, two finishes."""
    rng = np.random.default_rng(seed)

    def flags(share: float = 0.4) -> np.ndarray:
        return rng.random(PHONES) < share

    def codes() -> np.ndarray:
        return rng.integers(0, 2, PHONES).astype(np.int16)

    def of_phones(**columns: np.ndarray) -> dict[str, np.ndarray]:
        phone = np.sort(rng.choice(2 * PHONES, PHONES, replace=False))
        return {"phone": phone, "finish": rng.integers(0, 2, PHONES).astype(np.int8), **columns}

    arm, passed, audited_rejects, pi = codes(), flags(0.6), flags(), np.full(PHONES, 0.5)
    score = np.where(flags(0.2), np.nan, rng.random(PHONES))  # at one in five no model looked
    decisions = of_phones(
        arm=arm, pi=pi, rejected=~passed, decided_by=rng.choice([how for how in DecidedBy if how >= 0], PHONES),
        latency_us=rng.integers(1, 10**8, PHONES), brightness=2.0 * rng.random(PHONES), score=score,
        opinion=rng.integers(-1, 2, PHONES),
    )  # fmt: skip
    mirrors = of_phones(version=codes(), rejected=flags(), score=rng.random(PHONES))
    comparisons = of_phones(version=codes(), rejected=flags(), line_rejected=flags())
    audits = of_phones(
        arm=codes(), pi=pi, rejected=audited_rejects, defective=flags(), drawn=0.1 * rng.random(PHONES),
        probability=np.where(audited_rejects, 0.2, 0.1), decided_us=np.arange(PHONES),
        score=np.where(flags(0.2), np.nan, rng.random(PHONES)),
    )  # fmt: skip
    # Each is of a phone that was shipped, of its own finish, and comes back at once: else more come back than were sent.
    returns = of_phones(arm=arm, faulty=flags() & passed, decided_us=np.arange(1, PHONES + 1))
    returns |= {"phone": decisions["phone"], "finish": decisions["finish"]}
    return {
        "decisions": decisions, "mirrors": mirrors, "comparisons": comparisons, "audits": audits, "returns": returns,
        "queue": {"length": rng.integers(0, 50, PHONES)},
    }  # fmt: skip


def telemetry(tables: Tables) -> Telemetry:
    """Return a telemetry with these rows, known one microsecond after another."""
    return by_hand(**tables)


def in_blocks(tables: Tables, cuts: list[int]) -> Telemetry:
    """Return the telemetry of an instrument that was read several times: rows come in blocks."""
    known = by_hand()
    borders = [0, *sorted(cuts), PHONES]
    for first, last in pairwise(borders):
        for name, columns in tables.items():
            moments = {"at_us": np.arange(first + 1, last + 1)}
            rows = {column: values[first:last] for column, values in columns.items()}
            getattr(known, name).append(**moments, **rows)
    return known


def fingerprint(known: Telemetry) -> bytes:
    """Return every byte of every table."""
    tables = ("decisions", "mirrors", "comparisons", "audits", "returns", "queue")
    return b"".join(
        getattr(known, name)[column].tobytes() for name in tables for column in getattr(known, name).columns
    )
