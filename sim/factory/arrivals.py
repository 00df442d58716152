"""When phones are due at the inspection point: `due_us`, the world's clock for everything else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sim.columns import Times
from sim.document import Refusal
from sim.document.data_file import Column, DataFile, DataFileError, moment_of
from sim.factory.streams import Streams
from sim.units import DAY, LONGEST, Duration, PositiveDuration, Share, format_duration

Due = tuple[Times, int]
"""When some phones are due, in microseconds, and what is done after the last of them: see `_Arrivals.after`."""


class _Arrivals(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def after(self, done: int, first: int, gaps: np.random.Generator, offsets: np.random.Generator, count: int) -> Due:
        """Return when the next `count` phones are due, never falling, and what is done after them.

        `first` is the number of the first of them. What is done is a whole number (of microseconds, of work), so that
        the same phones come in blocks of any size.
        """
        raise NotImplementedError

    def expected(self, horizon_us: int) -> int:
        """Return how many phones are due before the horizon, but for chance."""
        raise NotImplementedError

    def refusals(self) -> Iterator[Refusal]:
        """Yield what cannot be, though each value by itself could."""
        yield from ()

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it reads."""
        return ()

    def with_whole_paths(self, folder: Path) -> Self:
        """Return it with the files that it names made absolute; their paths start at `folder`."""
        return self

    @property
    def is_rig(self) -> bool:
        """Whether phones come when the line has had others: a test rig, on which each is due when it is released."""
        return False

    @property
    def clients(self) -> int | None:
        """How many clients bring phones, each the next one after the last one's verdict; None: nobody waits for one."""
        return None

    def think_us(self, rng: np.random.Generator, count: int) -> Times | None:
        """Return how long a client is away after each phone's verdict; None: there are none."""
        return None


class _Even(_Arrivals):
    """Arrivals with one mean time between phones: the turns of all, and by how much each is early or late."""

    every: PositiveDuration

    def after(self, done: int, first: int, gaps: np.random.Generator, offsets: np.random.Generator, count: int) -> Due:
        turns = done + np.cumsum(self.gaps_us(gaps, count))
        due: Times = turns + self.waits_us(first, count) + self.offsets_us(offsets, count)
        return due, int(turns[-1]) if count else done

    def expected(self, horizon_us: int) -> int:
        return horizon_us // self.every

    def gaps_us(self, rng: np.random.Generator, count: int) -> Times:
        return np.full(count, self.every, dtype=np.int64)

    def waits_us(self, first: int, count: int) -> Times | int:
        """Return how long each phone waits for others."""
        return 0

    def offsets_us(self, rng: np.random.Generator, count: int) -> Times | int:
        """Return by how much each phone is late."""
        return 0


class Takt(_Even):
    """One phone per takt, each early or late by up to `jitter` of it. FACTS 3: 20 s is Pegatron's 21 s a phone."""

    kind: Literal["takt"] = "takt"
    every: PositiveDuration = Field("20s", validate_default=True)
    jitter: Share = Field(
        "0%", validate_default=True, description="largest deviation, as a share of the takt; up to 50%"
    )

    def offsets_us(self, rng: np.random.Generator, count: int) -> Times:
        # Below half a takt phones can't overtake each other; above, due times would lose their order.
        reach = min(self.jitter, 0.5) * self.every
        return np.floor((2.0 * rng.random(count) - 1.0) * reach + 0.5).astype(np.int64)

    def refusals(self) -> Iterator[Refusal]:
        """Keep phones in order."""
        if self.jitter > 0.5:
            yield ("jitter",), "at most 50%: beyond it phones would overtake each other"


class Poisson(_Even):
    """Independent exponential gaps with the given mean: the arrivals of queueing theory."""

    kind: Literal["poisson"] = "poisson"
    every: PositiveDuration = Field("20s", validate_default=True, description="mean time between phones")

    def gaps_us(self, rng: np.random.Generator, count: int) -> Times:
        return np.floor(rng.standard_exponential(count) * self.every + 0.5).astype(np.int64)


class Trays(_Even):
    """Phones come in trays: `size` phones are due at the same instant, a tray every `size` takts."""

    kind: Literal["trays"] = "trays"
    every: PositiveDuration = Field("20s", validate_default=True, description="time per phone, averaged over a tray")
    size: int = Field(10, ge=1, le=10_000)

    def waits_us(self, first: int, count: int) -> Times:
        """Let every phone wait for the last of its tray."""
        number = first + np.arange(count)
        return (self.size - 1 - number % self.size) * self.every


class Batches(_Arrivals):
    """A lorry, a pallet, a furnace: every so often a batch comes, its phones `spacing` apart.

    Examples
    --------
    >>> Batches(every="10min", size=30).expected(3_600_000_000)
    180
    """

    kind: Literal["batches"] = "batches"
    every: PositiveDuration = Field(
        "10min", validate_default=True, description="from one batch to the next, on average"
    )
    size: int = Field(30, ge=1, le=100_000, description="phones of a batch")
    spacing: Duration = Field("0s", validate_default=True, description="between two phones of a batch")
    at_random: bool = Field(False, description="batches come by a Poisson process; their phones are due all at once")

    def after(self, done: int, first: int, gaps: np.random.Generator, offsets: np.random.Generator, count: int) -> Due:
        place = np.arange(first, first + count) % self.size
        begins = np.flatnonzero(place == 0)
        between = np.zeros(count, dtype=np.int64)
        between[begins] = self.every
        if self.at_random:
            between[begins] = np.floor(gaps.standard_exponential(len(begins)) * self.every + 0.5).astype(np.int64)
        came = done + np.cumsum(between)
        due: Times = came + place * self.spacing
        return due, int(came[-1]) if count else done

    def expected(self, horizon_us: int) -> int:
        return horizon_us // self.every * self.size

    def refusals(self) -> Iterator[Refusal]:
        """Keep phones in order: a batch has come before the next begins."""
        if self.at_random and self.spacing:
            yield ("spacing",), "0s where batches come at random: two of them may come within a moment"
        elif (self.size - 1) * self.spacing >= self.every:
            yield ("spacing",), f"{self.size:,} phones so far apart take as long as it is to the next batch, or longer"


class Stretch(BaseModel):
    """From a time of the day on, so many phones an hour."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Duration = Field(description="since the begin of the day, or of another period")
    per_hour: int = Field(ge=0, le=1_000_000, description="phones an hour, from then to the next")


class Profile(_Arrivals):
    """Phones an hour by the time of the day: a slow start, a night with less, and a day that repeats.

    The first day begins with the run. At random they are a Poisson process of these rates, by inverting their integral.

    Examples
    --------
    >>> quiet_night = Profile(rates=[{"at": "6h", "per_hour": 180}, {"at": "22h", "per_hour": 60}])
    >>> quiet_night.expected(86_400_000_000)
    3360
    """

    kind: Literal["profile"] = "profile"
    rates: tuple[Stretch, ...] = Field(
        min_length=1, max_length=1000, description="in order of `at`; until the first the last one's holds"
    )
    period: PositiveDuration = Field("1d", validate_default=True, description="after which it begins anew")
    at_random: bool = Field(True, description="phones come by a Poisson process of these rates; else evenly by them")

    def after(self, done: int, first: int, gaps: np.random.Generator, offsets: np.random.Generator, count: int) -> Due:
        if not count:
            return np.zeros(0, dtype=np.int64), done
        work = np.full(count, PHONE, dtype=np.int64)
        if self.at_random:
            work = np.floor(gaps.standard_exponential(count) * PHONE + 0.5).astype(np.int64)
        from_us, rates, before = self._pieces
        whole = int(before[-1])
        rounds, rest = divmod(done, whole)
        reached = rest + np.cumsum(work)
        # In each round from 1 to all of its work: what ends with a piece is due when that piece ends.
        later, within = np.divmod(reached - 1, whole)
        piece = np.searchsorted(before, within + 1) - 1
        into = -((before[piece] - within - 1) // rates[piece])  # rounded up
        due: Times = (rounds + later) * self.period + from_us[piece] + into
        return due, rounds * whole + int(reached[-1])

    def expected(self, horizon_us: int) -> int:
        from_us, rates, before = self._pieces
        rounds, rest = divmod(horizon_us, self.period)
        piece = int(np.searchsorted(from_us, rest, side="right")) - 1
        work = rounds * int(before[-1]) + int(before[piece]) + (rest - int(from_us[piece])) * int(rates[piece])
        return work // PHONE

    def refusals(self) -> Iterator[Refusal]:
        """Keep to the order of the day, and to a day in which something comes."""
        for number, (one, other) in enumerate(pairwise(self.rates), start=1):
            if other.at <= one.at:
                yield ("rates", number, "at"), "later than the one before is wanted"
        if self.rates[-1].at >= self.period:
            yield ("rates", len(self.rates) - 1, "at"), "earlier than the end of the period is wanted"
        if not any(each.per_hour for each in self.rates):
            yield ("rates",), "no phone ever comes: a rate above 0 is wanted"
        if self.period > MOST_PERIOD:
            yield ("period",), f"at most {format_duration(MOST_PERIOD)} is possible"

    @cached_property
    def _pieces(self) -> tuple[Times, Times, Times]:
        """From when on which rate holds, and the work that has come in by then, with that of the whole period."""
        starts = [(each.at, each.per_hour) for each in self.rates]
        if starts[0][0] > 0:
            starts.insert(0, (0, starts[-1][1]))
        ends = [*(at for at, _ in starts[1:]), self.period]
        work = [0, *((end - at) * rate for (at, rate), end in zip(starts, ends, strict=True))]
        at, rates = (np.array(column, dtype=np.int64) for column in zip(*starts, strict=True))
        return at, rates, np.cumsum(np.array(work, dtype=np.int64))


class FromFile(DataFile, _Arrivals):
    """Phones come when a file says: those of your line's log, or a day of it that repeats.

    Seconds since the run's start, or moments (ISO 8601, with an offset from UTC or without) in order of time; several
    phones may be due at once. After the file's last phone none comes, unless the file repeats.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "log.csv")
    ...     _ = file.write_text("due\\n2026-03-02T06:00:00\\n2026-03-02T06:00:20\\n2026-03-02T17:30:00.5\\n")
    ...     log = FromFile(kind="file", file=str(file), repeat="1d")
    ...     (log.read() / 3_600_000_000).round(4).tolist(), log.expected(10 * 86_400_000_000)
    ([6.0, 6.0056, 17.5001], 30)
    """

    kind: Literal["file"]
    start: str | None = Field(
        None,
        max_length=40,
        description="the moment at which the run begins; default: the midnight before the file's first moment",
    )
    repeat: PositiveDuration | None = Field(
        None, description="after which the file's phones come again, later than the last of them; none: they come once"
    )

    def read(self) -> Times:
        """Return when the file's phones are due, in microseconds, never falling."""
        try:
            return _due_times(self.column_of_file(), self.start)
        except DataFileError as error:
            error.asked_by = (*error.asked_by, self)
            raise

    def after(self, done: int, first: int, gaps: np.random.Generator, offsets: np.random.Generator, count: int) -> Due:
        due = self.read()
        number = np.arange(first, first + count)
        if self.repeat is None:
            return np.where(number < len(due), due[np.minimum(number, len(due) - 1)], NEVER), done
        rounds, number = np.divmod(number, len(due))
        return rounds * self.repeat + due[number], done

    def expected(self, horizon_us: int) -> int:
        """Return how many phones are due before the horizon; none where the file is refused."""
        try:
            due = self.read()
        except DataFileError:
            return 0
        rounds, rest = (0, horizon_us) if self.repeat is None else divmod(horizon_us, self.repeat)
        return rounds * len(due) + int(np.searchsorted(due, rest))

    def refusals(self) -> Iterator[Refusal]:
        """Read the file, and keep its phones in order when they come again."""
        try:
            if self.start is not None and moment_of(self.start) is None:
                yield ("start",), f"'{self.start}' is no moment such as 2026-03-02T06:00"
                return
            last = int(self.read()[-1])
        except DataFileError as error:
            yield ("start" if isinstance(error, StartError) else "file",), str(error)
            return
        if self.repeat is not None and self.repeat <= last:
            at = format_duration(last)
            yield ("repeat",), f"the last of the file's phones is due {at} after the start: longer than that is wanted"


@lru_cache(maxsize=8)
def _due_times(column: Column, start: str | None) -> Times:
    """Return the due times of a file's column, or raise a DataFileError."""
    if column.zoned is None:
        if start is not None:
            raise StartError(f"{column.path} holds seconds since the run's start: leave start out")
        due = column.seconds_us
    else:
        due = _since_start(column, start)
    falling = np.flatnonzero(np.diff(due) < 0)
    if len(falling):
        raise DataFileError(
            f"{column.path}: row {falling[0] + 2} is earlier than the one before: sort the file by time"
        )
    due.flags.writeable = False
    return due


def _since_start(column: Column, start: str | None) -> Times:
    """Return a file's moments as microseconds since the run's start."""
    try:
        due: Times = column.values.astype(np.int64) - column.moment_us(start)
    except DataFileError as error:
        raise StartError(str(error)) from None
    if due[0] < 0:
        raise StartError(f"the first phone of {column.path} is due before, on {column.first}")
    if due.max() > LONGEST:
        raise StartError(f"{column.path} has phones later than {format_duration(LONGEST)} after the start")
    return due


class StartError(DataFileError):
    """The moments of a file do not go with the moment at which the run begins."""


#: Later than any horizon: when phones are due that never come.
NEVER = 2 * LONGEST


class _Rig(_Arrivals):
    """A test rig of queueing theory: so many phones stand ready from the start, and come when the line has had others.

    Each is due when it is released; those that never are do not count. So strategies are not compared on a rig.
    """

    phones: int = Field(100_000, ge=1, le=10_000_000, description="that stand ready; the run must not outlast them")

    @property
    def is_rig(self) -> bool:
        return True

    def after(self, done: int, first: int, gaps: np.random.Generator, offsets: np.random.Generator, count: int) -> Due:
        return np.where(np.arange(first, first + count) < self.phones, 0, NEVER), done

    def expected(self, horizon_us: int) -> int:
        return self.phones


class Saturated(_Rig):
    """There is always a next phone: the line takes one as soon as it has room, so its full buffers have to block."""

    kind: Literal["saturated"] = "saturated"


class Clients(_Rig):
    """A closed loop: each of so many clients brings a phone, waits for its verdict, thinks, and brings the next one.

    Machines and their repairmen are the same: a machine that fails is a phone, and its time up is what a client thinks.
    """

    kind: Literal["clients"] = "clients"
    count: int = Field(16, ge=1, le=100_000, description="clients; all of them bring a phone at the start")
    think: Duration = Field("0s", validate_default=True, description="mean time from a verdict to the next phone")
    at_random: bool = Field(True, description="times to think are exponential; else always the same")

    @property
    def clients(self) -> int | None:
        return self.count

    def think_us(self, rng: np.random.Generator, count: int) -> Times:
        if not self.at_random:
            return np.full(count, self.think, dtype=np.int64)
        return np.floor(rng.standard_exponential(count) * self.think + 0.5).astype(np.int64)


#: The work of a phone is 1, in units in which a rate is a whole number of them a microsecond.
PHONE = 3_600_000_000
#: So that the work of one period is a number of 64 bits.
MOST_PERIOD = 28 * DAY

Arrivals = Annotated[
    Takt | Poisson | Trays | Batches | Profile | FromFile | Saturated | Clients, Field(discriminator="kind")
]


class DueTimes:
    """Due times in microseconds, block by block. The first phone is due one gap after the start."""

    def __init__(self, spec: _Arrivals, streams: Streams) -> None:
        self._spec = spec
        self._gaps = streams.open("arrivals.gap")
        self._offsets = streams.open("arrivals.offset")
        self._done = 0
        self._taken = 0

    def take(self, count: int) -> Times:
        """Return the next `count` due times, non-decreasing."""
        due, self._done = self._spec.after(self._done, self._taken, self._gaps, self._offsets, count)
        self._taken += count
        return due
