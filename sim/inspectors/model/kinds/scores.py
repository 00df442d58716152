"""A model known by its scores alone: sampled by truth from a file, so that it does *not* drift by itself.

Its scores depend on whether a phone is defective and on nothing else: no lamp, no lens, no new finish moves them, and
when the standard moves they follow the truth at once. It says what such a model costs on a line that stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field

from sim.columns import Floats
from sim.document import Refusal
from sim.factory.cause import Quantity
from sim.factory.phones import Phones
from sim.factory.spec import Factory
from sim.inspectors.human.detection import Inspectors
from sim.inspectors.model.spec import KINDS, Model, ModelError, ModelVersion, Offline
from sim.inspectors.model.thresholds import Ranked, on_grid
from sim.libraries import library

#: Defects keep their order among themselves on a line that makes none (yet).
_RAREST = 1e-9
#: More rows say nothing more about a model, and would not fit a small machine's memory beside a run.
MOST_ROWS = 10_000_000
_COLUMNS = ("score", "defective")
_MOST_NAMED = 20


@KINDS.register("scores", 4)
class Scores(Model):
    """A file of scores with the truth beside them, sampled by truth: such a model does *not* drift by itself.

    A defective phone draws from the file's defective rows and a good one from its good rows, whatever becomes of
    the camera. `reject_share` is a share of the file's rows, mixed at the line's defect rate.

    Examples
    --------
    >>> Scores(kind="scores", file="vendor/scores.csv").remark
    'scores drawn by truth from scores.csv: not drifting by itself, whatever the camera sees'
    """

    kind: Literal["scores"]
    file: str = Field(
        min_length=1,
        description="CSV or Parquet with the columns score (0 to 1) and defective (0 or 1); its path starts at the "
        "scenario file. Sampled by truth: the model does not drift by itself",
    )

    def obtain(self, name: str, factory: Factory, inspectors: Inspectors, seed: int) -> SampledVersion:
        """Read its scores; the threshold is set for the line's defect rate."""
        return sampled(name, self, factory.defect_rate)

    def learns_from(self, factory: Factory, inspectors: Inspectors, seed: int) -> dict[str, Any]:
        """Go by the file as it is now, and by the defect rate."""
        try:
            found = Path(self.file).stat()
            written = [found.st_mtime_ns, found.st_size]
        except OSError:  # `obtain` says so
            written = []
        model = self.model_dump(mode="json", exclude={"reject_share", "recall", "serving"})
        return {"model": model, "written": written, "defect_rate": factory.defect_rate}

    def renewed(self, version: ModelVersion) -> ModelVersion | None:
        """Set its threshold anew, and how it is served."""
        if not isinstance(version, SampledVersion):
            return super().renewed(version)
        version.ranked.threshold(self)  # a share that can't be kept is refused before anybody goes by it
        return replace(version, spec=self)

    def refusals(self, quantities: Mapping[str, Quantity], horizon_us: int) -> Iterator[Refusal]:
        """Read the file: what is wrong with it is known before anything runs."""
        yield from super().refusals(quantities, horizon_us)
        try:
            read_scores(Path(self.file))
        except ModelError as error:
            yield ("file",), str(error)

    @property
    def files(self) -> tuple[str, ...]:
        """The one that it draws from."""
        return (self.file,)

    def with_whole_paths(self, folder: Path) -> Self:
        """Return it with its file's whole path."""
        return self.model_copy(update={"file": str((folder / self.file).absolute())})

    @property
    def remark(self) -> str:
        """Say that the model does not drift by itself."""
        return f"scores drawn by truth from {Path(self.file).name}: not drifting by itself, whatever the camera sees"

    @property
    def learnt_from(self) -> str:
        """Nobody knows: how its scores were calibrated is the file's affair."""
        return "the scores of its file"


@dataclass(frozen=True)
class SampledVersion:
    """A version whose scores are drawn from those of a file."""

    name: str
    spec: Scores
    good: Floats  #: scores of the file's good phones, rising
    defective: Floats  #: and of its defective ones
    ranked: Ranked  #: the file's rows, mixed at the line's defect rate

    @property
    def threshold(self) -> float:
        """A score above it is a reject."""
        return self.ranked.threshold(self.spec)

    @property
    def offline(self) -> Offline:
        """What it does with the phones of its file."""
        return self.ranked.offline(self.spec)

    def cut_offs(self, review: float | None) -> tuple[float, float]:
        """Return (low, high): reject above high, pass up to low, and between them ask a human."""
        return self.ranked.cut_offs(self.spec, review)

    def score_phones(self, phones: Phones, chance: np.random.Generator) -> Floats:
        """Draw each phone's score from the file's rows of the same truth: one uniform a phone."""
        u = chance.random(len(phones))
        return np.where(phones.defective, _drawn(self.defective, u), _drawn(self.good, u))


def _drawn(scores: Floats, u: Floats) -> Floats:
    drawn: Floats = scores[(u * len(scores)).astype(np.int64)]
    return drawn


def sampled(name: str, spec: Scores, defect_rate: float) -> SampledVersion:
    """Read a version's scores; `defect_rate` is the share of defective phones at which its threshold is set.

    Raises
    ------
    ModelError
        See `read_scores`.
    """
    scores, defective = read_scores(Path(spec.file))
    rate = max(defect_rate, _RAREST)
    weights = np.where(defective, rate / defective.sum(), (1.0 - rate) / (~defective).sum())
    ranked = Ranked.of(scores, defective, weights, name)
    ranked.threshold(spec)  # a share that can't be kept is refused before anybody goes by it
    return SampledVersion(name, spec, np.sort(scores[~defective]), np.sort(scores[defective]), ranked)


def read_scores(path: Path) -> tuple[Floats, Any]:
    """Read a file of scores.

    Parameters
    ----------
    path : Path
        A CSV (with a header) or Parquet file; other columns than `score` and `defective` don't matter.

    Returns
    -------
    scores, defective : arrays of shape (n,)
        Scores on the grid, and the truth beside them.

    Raises
    ------
    ModelError
        What is wrong with it, and in which row (from 1, the header not counted).

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "scores.csv")
    ...     _ = file.write_text("score,defective\\n0.25,0\\n0.75,1\\n")
    ...     read_scores(file)
    (array([0.25, 0.75]), array([False,  True]))
    """
    table = _table(path)
    if not table.num_rows:
        raise ModelError(f"{path} has no rows: a score and a truth are needed for each of some phones")
    scores, defective = _column(table, "score", path), _column(table, "defective", path)
    _refuse_rows(~((scores >= 0.0) & (scores <= 1.0)), scores, f"{path}: a score lies between 0 and 1")
    _refuse_rows((defective != 0.0) & (defective != 1.0), defective, f"{path}: defective is 0 or 1")
    for value, what in ((1, "defective"), (0, "good")):
        if not (defective == value).any():
            raise ModelError(f"{path} has no {what} row (defective = {value}): {what} phones would have no score")
    return on_grid(scores), defective == 1.0


def _table(path: Path) -> Any:
    """Return the two columns that matter; what is too large is refused before it is in the memory."""
    pa = library("pyarrow", needed_by="a file of scores")
    readers = {".csv": _csv, ".parquet": _parquet}
    if path.suffix.lower() not in readers:
        raise ModelError(f"{path} is neither .csv nor .parquet: save the scores as one of the two")
    if path.is_dir():
        raise ModelError(f"{path} is a folder; expected a .csv or .parquet file")
    if not path.is_file():
        raise ModelError(f"there is no file {path}: its path starts at the scenario file's folder")
    try:
        return readers[path.suffix.lower()](path)
    except (pa.ArrowException, OSError) as error:
        raise ModelError(f"{path} can't be read: {' '.join(str(error).split())}") from None


def _csv(path: Path) -> Any:
    pa = library("pyarrow", needed_by="a file of scores")
    csv = library("pyarrow.csv", needed_by="a file of scores")
    with csv.open_csv(str(path)) as head:
        _refuse_columns(head.schema.names, path)
    wanted = csv.ConvertOptions(include_columns=list(_COLUMNS))
    batches, rows = [], 0
    with csv.open_csv(str(path), convert_options=wanted) as reader:
        for batch in reader:
            batches.append(batch)
            rows += batch.num_rows
            _refuse_size(rows, path)
        return pa.Table.from_batches(batches, reader.schema)


def _parquet(path: Path) -> Any:
    parquet = library("pyarrow.parquet", needed_by="a file of scores")
    with parquet.ParquetFile(str(path)) as file:
        _refuse_columns(file.schema_arrow.names, path)
        _refuse_size(file.metadata.num_rows, path)
        return file.read(columns=list(_COLUMNS))


def _refuse_columns(names: list[str], path: Path) -> None:
    for name in _COLUMNS:
        if names.count(name) != 1:
            found = f"has {names.count(name)} columns" if name in names else "has no column"
            known = ", ".join(names[:_MOST_NAMED]) + (" ..." if len(names) > _MOST_NAMED else "")
            raise ModelError(f"{path} {found} '{name}'; expected score and defective, found: {known}")


def _refuse_size(rows: int, path: Path) -> None:
    if rows > MOST_ROWS:
        raise ModelError(f"{path} has more than {MOST_ROWS:,} rows: a sample of them says as much")


def _column(table: Any, name: str, path: Path) -> Floats:
    """Return a column's numbers."""
    pa = library("pyarrow", needed_by="a file of scores")
    column = table[name]
    if column.null_count:
        row = column.is_null().to_pylist().index(True) + 1
        raise ModelError(f"{path}: {name} is missing in row {row}: leave that row out")
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise ModelError(f"{path}: {name} is a number, but the column holds {kind}, such as '{column[0].as_py()}'")
    numbers: Floats = column.cast(pa.float64()).to_numpy()
    return numbers


def _refuse_rows(wrong: Any, values: Floats, message: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ModelError(f"{message}; found {values[row]:g} in row {row + 1}")
