"""How long a look takes: laws of service time, in integer microseconds.

A law turns uniforms into times by its quantile function, a fixed number of them for each phone. So a phone's luck stays
its own whatever the law is set to: two settings are compared on the same phones, and no block of phones depends on how
the run is cut into blocks. The three oldest laws draw as they always did, and their numbers stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.columns import Floats, Times
from sim.document import Refusal, under
from sim.document.data_file import DataFile
from sim.units import Duration, PositiveDuration


def whole_microseconds(seconds_us: Floats) -> Times:
    """Round half up to whole microseconds; every service lasts at least one."""
    return np.maximum(np.floor(seconds_us + 0.5), 1.0).astype(np.int64)


class _Law(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    #: How many uniforms a time takes.
    uniforms: ClassVar[int] = 1

    def draw_us(self, rng: np.random.Generator, count: int) -> Times:
        """Return the next times, shape (count,)."""
        return whole_microseconds(self.times_us(rng.random((count, self.uniforms))))

    def times_us(self, u: Floats) -> Floats:
        """Return the times that these uniforms in [0, 1) stand for, shape (count,); u: (count, uniforms)."""
        raise NotImplementedError

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it reads."""
        return ()

    def with_whole_paths(self, folder: Path) -> Self:
        """Return it with the files that it names made absolute; their paths start at `folder`."""
        return self

    def refusals(self) -> Iterator[Refusal]:
        """Yield what is wrong with a file that it reads."""
        yield from ()


class Lognormal(_Law):
    """A long right tail, as inspection times have (FACTS 1.2); `sigma` is the spread of ln(time)."""

    law: Literal["lognormal"] = "lognormal"
    mean: PositiveDuration
    sigma: float = Field(0.35, ge=0.0, le=3.0)

    def draw_us(self, rng: np.random.Generator, count: int) -> Times:
        return whole_microseconds(self.mean * np.exp(self.sigma * rng.standard_normal(count) - 0.5 * self.sigma**2))

    def times_us(self, u: Floats) -> Floats:
        times: Floats = self.mean * np.exp(self.sigma * _normal(u[:, 0]) - 0.5 * self.sigma**2)
        return times


class Exponential(_Law):
    """Memoryless service: the M of queueing theory."""

    law: Literal["exponential"]
    mean: PositiveDuration

    def draw_us(self, rng: np.random.Generator, count: int) -> Times:
        return whole_microseconds(self.mean * rng.standard_exponential(count))

    def times_us(self, u: Floats) -> Floats:
        return self.mean * _exponential(u[:, 0])


class Fixed(_Law):
    """The same time for every phone: the D of queueing theory."""

    law: Literal["fixed"]
    mean: PositiveDuration

    def draw_us(self, rng: np.random.Generator, count: int) -> Times:
        return np.full(count, max(self.mean, 1), dtype=np.int64)

    def times_us(self, u: Floats) -> Floats:
        return np.full(len(u), float(self.mean))


class Uniform(_Law):
    """Any time from `low` to `high` alike.

    Examples
    --------
    >>> law = Uniform(law="uniform", low="1s", high="3s")
    >>> law.mean, law.times_us(np.array([[0.0], [0.25]])).tolist()
    (2000000, [1000000.0, 1500000.0])
    """

    law: Literal["uniform"]
    low: Duration
    high: PositiveDuration

    @property
    def mean(self) -> int:
        """The mean, in microseconds."""
        return (self.low + self.high) // 2

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError("low must not be above high")
        return self

    def times_us(self, u: Floats) -> Floats:
        return self.low + (self.high - self.low) * u[:, 0]


class Gamma(_Law):
    """Any spread from nearly fixed to far beyond exponential: `cv` is standard deviation / mean (1: exponential)."""

    law: Literal["gamma"]
    mean: PositiveDuration
    cv: float = Field(gt=0.0, le=10.0, description="coefficient of variation, standard deviation / mean")

    def times_us(self, u: Floats) -> Floats:
        return self.mean * _gamma(u[:, 0], 1.0 / self.cv**2)


class Erlang(_Law):
    """So many exponential phases one after the other: the E_k of queueing theory, with a cv of 1/sqrt(phases)."""

    law: Literal["erlang"]
    mean: PositiveDuration
    phases: int = Field(ge=1, le=1000)

    def times_us(self, u: Floats) -> Floats:
        return self.mean * _gamma(u[:, 0], float(self.phases))


class Weibull(_Law):
    """Times whose end comes the nearer the longer they last (`shape` above 1), or the farther (below 1)."""

    law: Literal["weibull"]
    mean: PositiveDuration
    shape: float = Field(ge=0.2, le=50.0, description="1: exponential")

    def times_us(self, u: Floats) -> Floats:
        from scipy.special import gamma

        times: Floats = self.mean / gamma(1.0 + 1.0 / self.shape) * _exponential(u[:, 0]) ** (1.0 / self.shape)
        return times


class ExGaussian(_Law):
    """A normal time and an exponential one after it, as reaction times of people are described (Luce 1986).

    A sum below a microsecond counts as one.

    Examples
    --------
    >>> ExGaussian(law="ex_gaussian", mu="15s", sigma="2s", tau="6s").mean
    21000000
    """

    law: Literal["ex_gaussian"]
    mu: PositiveDuration = Field(description="mean of the normal part")
    sigma: Duration = Field(description="its standard deviation; at most a third of mu, so that no time is negative")
    tau: PositiveDuration = Field(description="mean of the exponential part: the tail")
    uniforms: ClassVar[int] = 2

    @property
    def mean(self) -> int:
        """The mean, in microseconds."""
        return self.mu + self.tau

    @model_validator(mode="after")
    def _times_are_positive(self) -> Self:
        if 3 * self.sigma > self.mu:
            raise ValueError("sigma must be at most a third of mu: else some looks would end before they begin")
        return self

    def times_us(self, u: Floats) -> Floats:
        times: Floats = self.mu + self.sigma * _normal(u[:, 0]) + self.tau * _exponential(u[:, 1])
        return times


class Empirical(DataFile, _Law):
    """The times of a file, each as often as any other: those that were measured on your line, say.

    The quantile function of the file's times: of n times in order, a uniform u stands for number floor(u n). No time
    between two of them is made up, and none beyond the longest.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "times.csv")
    ...     _ = file.write_text("seconds\\n31\\n12.5\\n18\\n")
    ...     law = Empirical(law="empirical", file=str(file))
    ...     law.mean, law.times_us(np.array([[0.0], [0.4], [0.9]])).tolist()
    (20500000, [12500000.0, 18000000.0, 31000000.0])
    """

    law: Literal["empirical"]

    def read(self) -> Times:
        """Return the file's times in microseconds, rising."""
        return self.column_of_file().sorted_us

    @property
    def mean(self) -> int:
        """The mean of the file's times, in microseconds."""
        return int(whole_microseconds(self.read().mean()))

    def times_us(self, u: Floats) -> Floats:
        times = self.read()
        return times[(u[:, 0] * len(times)).astype(np.int64)].astype(np.float64)


SimpleLaw = Annotated[
    Lognormal | Exponential | Fixed | Uniform | Gamma | Erlang | Weibull | ExGaussian | Empirical,
    Field(discriminator="law"),
]


class Part(BaseModel):
    """One of a mixture's laws."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weight: float = Field(gt=0.0, le=1e6, description="how often, against the weights of the others")
    service: SimpleLaw


class Mixture(_Law):
    """Now this law, now that one: most looks are short, and some take a second look.

    Examples
    --------
    >>> short = {"weight": 3, "service": {"law": "fixed", "mean": "10s"}}
    >>> long = {"weight": 1, "service": {"law": "fixed", "mean": "50s"}}
    >>> law = Mixture(law="mixture", parts=[short, long])
    >>> law.mean, law.draw_us(np.random.default_rng(1), 4).tolist()
    (20000000, [10000000, 10000000, 10000000, 50000000])
    """

    law: Literal["mixture"]
    parts: tuple[Part, ...] = Field(min_length=2, max_length=100)

    @property
    def mean(self) -> int:
        """The mean, in microseconds."""
        total = sum(part.weight for part in self.parts)
        return round(sum(part.weight * part.service.mean for part in self.parts) / total)

    def draw_us(self, rng: np.random.Generator, count: int) -> Times:
        width = 1 + max(part.service.uniforms for part in self.parts)
        return whole_microseconds(self.times_us(rng.random((count, width))))

    def times_us(self, u: Floats) -> Floats:
        weights = np.array([part.weight for part in self.parts])
        upto = np.cumsum(weights) / weights.sum()
        chosen = np.minimum(np.searchsorted(upto, u[:, 0], side="right"), len(self.parts) - 1)
        times = np.empty(len(u))
        for number, part in enumerate(self.parts):
            mine = chosen == number
            times[mine] = part.service.times_us(u[mine, 1:])
        return times

    @property
    def files(self) -> tuple[str, ...]:
        """Those of its parts."""
        return tuple(file for part in self.parts for file in part.service.files)

    def with_whole_paths(self, folder: Path) -> Self:
        """Return it with its parts' whole paths."""
        whole = [each.model_copy(update={"service": each.service.with_whole_paths(folder)}) for each in self.parts]
        return self.model_copy(update={"parts": tuple(whole)})

    def refusals(self) -> Iterator[Refusal]:
        """Yield what is wrong with its parts."""
        for number, part in enumerate(self.parts):
            yield from under(("parts", number, "service"), part.service.refusals())


ServiceLaw = Annotated[
    Lognormal | Exponential | Fixed | Uniform | Gamma | Erlang | Weibull | ExGaussian | Empirical | Mixture,
    Field(discriminator="law"),
]

WhenFull = Literal["block", "ship", "reject"]
"""What a full buffer does: the line stops, or the phone passes unseen, or it is rejected unseen."""


def _exponential(u: Floats) -> Floats:
    """Return the quantiles of the exponential law with mean 1."""
    return -np.log1p(-u)


def _normal(u: Floats) -> Floats:
    """Return the quantiles of the standard normal law; a uniform of exactly 0 is taken for the least that is drawn."""
    from scipy.special import ndtri

    quantiles: Floats = ndtri(np.maximum(u, 2.0**-54))
    return quantiles


def _gamma(u: Floats, shape: float) -> Floats:
    """Return the quantiles of the gamma law with mean 1."""
    from scipy.special import gammaincinv

    quantiles: Floats = gammaincinv(shape, u) / shape
    return quantiles
