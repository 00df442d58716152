"""A result read from its folder: its scenario, samples and answer. Reading runs no code of the folder's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.columns import Floats
from sim.document import checks_failed, unknown_name
from sim.experiment.result import Estimates
from sim.libraries import library
from sim.measure.estimates import Quotients
from sim.report.folder import MARKER
from sim.report.presenters import framed
from sim.scenario import Scenario, load
from sim.stats.intervals import PairedInterval


@dataclass(frozen=True, slots=True, repr=False)
class SavedStrategy(Estimates):
    """One strategy's samples, as `StrategyResult` has them."""

    name: str
    pattern: str
    samples: Mapping[str, Floats]
    quotients: Mapping[str, Quotients]
    trained: int = 1
    bounds: frozenset[str] = frozenset()  #: metrics of which only a lower bound is known

    def __repr__(self) -> str:
        return f"<SavedStrategy {self.name!r} ({self.pattern})>"


@dataclass(frozen=True, slots=True, repr=False)
class SavedResult:
    """A comparison that was written to a folder.

    Figures and events are in the folder as files; to have more than the samples, run `scenario` again: the same
    versions give the same bytes.
    """

    folder: Path
    scenario: Scenario
    strategies: tuple[SavedStrategy, ...]
    versions: Mapping[str, str]
    engine: str
    data: Mapping[str, Any]  #: what result.json holds

    @property
    def replications(self) -> int:
        return self.scenario.replications

    def __getitem__(self, strategy: str) -> SavedStrategy:
        for candidate in self.strategies:
            if candidate.name == strategy:
                return candidate
        raise KeyError(unknown_name("strategy", strategy, [each.name for each in self.strategies]))

    def difference(self, strategy: str, other: str, metric: str) -> PairedInterval:
        """Return by how much a strategy's estimate exceeds another's, with the paired 95 % interval."""
        return self[strategy].minus(self[other], metric)

    def is_more_than(self, strategy: SavedStrategy, metric: str) -> bool:
        """Return whether a time until the verdict is only known to be longer than its samples say."""
        return metric in strategy.bounds

    def answer(self, *, detail: bool = False) -> list[str]:
        """Return what the comparison said, with `detail` of every strategy."""
        return list(self.data["verdicts" if detail else "answer"])

    def table(self, *, detail: bool = False) -> str:
        """Return the tables as they are printed, with `detail` all of them."""
        name = "detail.txt" if detail else "table.txt"
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise _unreadable(self.folder, name, error) from None

    def to_frame(self) -> Any:
        """Return every sample: a pandas data frame where pandas is installed, else a pyarrow table."""
        return framed(_samples(self.folder))

    def __repr__(self) -> str:
        return f"<SavedResult {self.scenario.name!r} in {self.folder}: {len(self.strategies)} strategies>"


def load_result(folder: str | Path) -> SavedResult:
    """Read a result folder again.

    Parameters
    ----------
    folder : str or Path
        As `driftline run` or `Result.save` has written it.

    Raises
    ------
    ScenarioError
        If it is none, or damaged.

    Examples
    --------
    >>> import tempfile
    >>> import sim
    >>> result = sim.run(sim.build(horizon="1h", replications=2, strategies=[{"pattern": "manual"}]), workers=1)
    >>> with tempfile.TemporaryDirectory() as place:
    ...     again = load_result(result.save(place + "/manual"))
    >>> again["manual"].interval("escape_rate") == result["manual"].interval("escape_rate")
    True
    """
    place = Path(folder)
    if not place.is_dir():
        raise _refused(f"{place} is no folder: expected one that `driftline run` has written")
    if not (place / MARKER).is_file():
        raise _refused(f"{place} holds no driftline result: there is no {MARKER} in it")
    run = _said(place, MARKER, {"versions": dict, "engine": str})
    data = _said(place, "result.json", {"answer": list, "verdicts": list, "strategies": list})
    scenario = load(place / "scenario.yaml")
    try:
        strategies = _strategies(place, scenario.train_replications, _bounds(place, data))
    except (TypeError, ValueError) as error:
        raise _damaged(place, f"metrics.parquet holds what is no sample ({error})") from None
    if {each.name for each in strategies} != {each.title for each in scenario.strategies}:
        raise _damaged(place, "metrics.parquet has other strategies than scenario.yaml")
    if any(len(values) != scenario.replications for each in strategies for values in each.samples.values()):
        raise _damaged(place, f"metrics.parquet has not {scenario.replications} replications, as scenario.yaml says")
    return SavedResult(place, scenario, strategies, dict(run["versions"]), str(run["engine"]), data)


def _bounds(place: Path, data: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return of each strategy the metrics of which only a lower bound is known."""
    try:
        return {
            each["name"]: frozenset(name for name, said in each["metrics"].items() if said["more_than"])
            for each in data["strategies"]
        }
    except (AttributeError, KeyError, TypeError):
        raise _damaged(place, "result.json does not say of which metrics only a lower bound is known") from None


def _strategies(place: Path, trained: int, bounds: Mapping[str, frozenset[str]]) -> tuple[SavedStrategy, ...]:
    table = _samples(place)
    columns = {name: table[name].to_pylist() for name in ("strategy", "pattern", "metric")}
    numbers = {
        name: np.array(table[name].to_pylist(), dtype=np.float64) for name in ("value", "part", "whole", "times")
    }
    rows: dict[tuple[str, str], dict[str, list[int]]] = {}
    for row, (strategy, pattern, metric) in enumerate(zip(*columns.values(), strict=True)):
        rows.setdefault((strategy, pattern), {}).setdefault(metric, []).append(row)
    strategies = []
    for (name, pattern), by_metric in rows.items():
        quotients = {
            metric: Quotients(numbers["part"][mine], numbers["whole"][mine], float(numbers["times"][mine[0]]))
            for metric, mine in by_metric.items()
            if np.isfinite(numbers["times"][mine]).all()
        }
        samples = {metric: numbers["value"][mine] for metric, mine in by_metric.items()}
        strategies.append(SavedStrategy(name, pattern, samples, quotients, trained, bounds.get(name, frozenset())))
    return tuple(strategies)


def _samples(place: Path) -> Any:
    pa = library("pyarrow", needed_by="a saved result")
    parquet = library("pyarrow.parquet", needed_by="a saved result")
    try:
        table = parquet.read_table(str(place / "metrics.parquet"))
    except (pa.ArrowException, OSError) as error:
        raise _damaged(place, f"metrics.parquet can't be read ({' '.join(str(error).split())})") from None
    wanted = {"strategy", "pattern", "metric", "value", "part", "whole", "times"}
    if missing := sorted(wanted - set(table.column_names)):
        raise _damaged(place, f"metrics.parquet has no column {missing[0]}")
    return table


def _said(place: Path, name: str, needed: Mapping[str, type]) -> Mapping[str, Any]:
    """Return what a JSON file of the folder says, and at least this."""
    try:
        found = json.loads((place / name).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(place, name, error) from None
    if not isinstance(found, dict):
        raise _damaged(place, f"{name} is no mapping")
    if missing := [key for key, kind in needed.items() if not isinstance(found.get(key), kind)]:
        raise _damaged(place, f"{name} says no {missing[0]}")
    return found


def _unreadable(place: Path, name: str, error: Exception) -> Exception:
    why = error.strerror if isinstance(error, OSError) else error
    return _damaged(place, f"{name} can't be read ({why})")


def _damaged(place: Path, why: str) -> Exception:
    return _refused(f"{place} is a damaged or older result: {why}; run its scenario.yaml again")


def _refused(message: str) -> Exception:
    return checks_failed(None, [((), message)])
