"""A column of numbers or of moments in a file that a scenario names: CSV with or without a header, or Parquet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import BaseModel, Field

from sim.columns import Floats, Times
from sim.document.positions import Refusal
from sim.libraries import MissingLibrary, library
from sim.plugins import PluginError
from sim.units import LONGEST, SECOND

#: A row for each phone of a year and more. A sample says as much of a law, and a file that repeats of a rhythm.
MOST_ROWS = 10_000_000
MOST_BYTES = 400_000_000
_NEEDED_BY = "a file of times"
_MOST_NAMED = 20


class DataFileError(PluginError):
    """A file that a scenario names can't be used. `asked_by` has the part of the scenario that names it."""


class DataFile(BaseModel):
    """The part of a specification that names a file, and a column in it.

    Once the scenario is loaded the path is whole, and `sha256` says which content is meant: so whatever is kept by a
    scenario's settings (results, worlds, versions) is kept by the content of its files, too.
    """

    file: str = Field(min_length=1, max_length=4096, description="CSV or Parquet; its path starts at the scenario file")
    column: str | None = Field(
        None, min_length=1, max_length=200, description="of the file; needed where it has several"
    )
    sha256: str | None = Field(
        None,
        pattern="^[0-9a-f]{64}$",
        description="of the file's bytes, which results name: a file that has changed since is refused; none: any",
    )

    @property
    def files(self) -> tuple[str, ...]:
        """The one that it reads."""
        return (self.file,)

    def with_whole_paths(self, folder: Path) -> Self:
        """Return it with its file's whole path, and with the content that is meant; `refusals` say if there is none."""
        path = (folder / self.file).absolute()
        given = {"file": str(path)}
        if self.sha256 is None:
            with suppress(DataFileError):
                given["sha256"] = hashlib.sha256(_bytes_of(path)).hexdigest()
        return self.model_copy(update=given)

    def refusals(self) -> Iterator[Refusal]:
        """Yield what is wrong with the file: it is read before anything runs."""
        try:
            self.read()
        except DataFileError as error:
            yield ("file",), str(error)

    def read(self) -> Any:
        """Return what is made of the file, or raise a DataFileError."""
        raise NotImplementedError

    def column_of_file(self) -> Column:
        """Return the column; it is read once as long as the file stays as it is.

        Raises
        ------
        DataFileError
            What is wrong with the file, and in which row (from 1, a header not counted).
        """
        path = Path(self.file)
        try:
            try:
                found = path.stat()
                column = _read(path, self.column, found.st_mtime_ns, found.st_size)
            except (OSError, ValueError) as error:
                if isinstance(error, DataFileError):
                    raise
                raise _not_there(path) from None
            if self.sha256 not in (None, column.sha256):
                raise DataFileError(
                    f"{path} is not the file that is meant (its sha256 is {column.sha256[:12]}..., not"
                    f" {str(self.sha256)[:12]}...): bring that one back, or leave sha256 out to go by the file as it is"
                )
        except DataFileError as error:
            error.asked_by = (*error.asked_by, self)
            raise
        return column


@dataclass(frozen=True, eq=False)
class Column:
    """What a column of a file holds."""

    path: Path
    sha256: str
    values: Floats | Times  #: seconds; or moments in microseconds since 1970
    zoned: bool | None  #: of moments: whether they name their offset from UTC; None: they are seconds
    first: str  #: the first cell as it is written

    @cached_property
    def seconds_us(self) -> Times:
        """Seconds in whole microseconds, rounded half up: 0 and more, and not beyond all time.

        Raises
        ------
        DataFileError
            If they are moments, or some are no such seconds.
        """
        if self.zoned is not None:
            raise DataFileError(f"{self.path} holds '{self.first}', a moment; times in seconds are wanted")
        values = self.values
        self.refuse_rows(~np.isfinite(values), "a time is a finite number of seconds")
        self.refuse_rows(values < 0.0, "a time is not negative")
        self.refuse_rows(values > LONGEST / SECOND, f"a time is at most {LONGEST // SECOND:,} s")
        return np.floor(values * SECOND + 0.5).astype(np.int64)

    @cached_property
    def sorted_us(self) -> Times:
        """The same, rising."""
        return np.sort(self.seconds_us)

    def moment_us(self, text: str | None) -> int:
        """Return a moment in microseconds since 1970, as the column counts them; None: the midnight before its first.

        Raises
        ------
        DataFileError
            If only one of the two names its offset from UTC.
        """
        moment = moment_of(self.first if text is None else text)
        if moment is None:
            raise DataFileError(f"{self.path}: '{text or self.first}' is no moment")
        if text is None:
            moment = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        if (moment.utcoffset() is not None) != self.zoned:
            names, lacks = ("its first moment", "start") if self.zoned else ("start", "its first moment")
            raise DataFileError(
                f"{self.path}: {names} says how far from UTC it is, and {lacks} does not: write it there, too"
            )
        since = moment.replace(tzinfo=moment.tzinfo or UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        return since // timedelta(microseconds=1)

    def refuse_rows(self, wrong: Any, rule: str) -> None:
        """Refuse the first row that breaks a rule."""
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataFileError(f"{self.path}: {rule}; found {self.values[row]:g} in row {row + 1}")


def _not_there(path: Path) -> DataFileError:
    return DataFileError(f"there is no file {path}: its path starts at the scenario file's folder")


def _bytes_of(path: Path) -> bytes:
    """Return a file's bytes; what is too large is refused before it is in the memory."""
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise DataFileError(f"{path} is neither .csv nor .parquet: save the times as one of the two")
    try:
        if path.is_dir():
            raise DataFileError(f"{path} is a folder; a .csv or .parquet file is wanted")
        if not path.is_file():
            raise _not_there(path)
        if path.stat().st_size > MOST_BYTES:
            raise DataFileError(
                f"{path} has more than {MOST_BYTES // 1_000_000:,} MB: a sample of it says as much, and a column alone "
                "is smaller"
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, DataFileError):
            raise
        raise DataFileError(f"{path} can't be read: {' '.join(str(error).split())}") from None


@lru_cache(maxsize=8)
def _read(path: Path, name: str | None, written_ns: int, size: int) -> Column:
    """Read a column. That `written_ns` and `size` are arguments makes a changed file be read again."""
    content = _bytes_of(path)
    try:
        pa = library("pyarrow", needed_by=_NEEDED_BY)
        cells = (_csv if path.suffix.lower() == ".csv" else _parquet)(path, content, name)
        if not len(cells):
            raise DataFileError(f"{path} has no rows: at least one time is needed")
        values, zoned = _values(path, cells)
        first = str(cells[0].as_py())
    except MissingLibrary as error:
        raise DataFileError(str(error)) from None
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise DataFileError(f"{path} can't be read: {' '.join(str(error).split())[:200]}") from None
    values.flags.writeable = False
    return Column(path, hashlib.sha256(content).hexdigest(), values, zoned, first)


def _csv(path: Path, content: bytes, name: str | None) -> Any:
    """Return a column's cells as texts. A first line without any number or moment is a header."""
    pa, csv = library("pyarrow", needed_by=_NEEDED_BY), library("pyarrow.csv", needed_by=_NEEDED_BY)
    _refuse_size(content.count(b"\n"), path)
    if not content.strip():
        raise DataFileError(f"{path} is empty: at least one time is needed")
    head = next(line for line in content.splitlines() if line.strip()).decode("utf-8-sig")
    if "\x00" in head:
        raise DataFileError(f"{path} is no text: save the times as CSV or Parquet")
    bare = any(_is_value(cell.strip().strip('"')) for cell in head.split(","))
    how = csv.ReadOptions(autogenerate_column_names=bare)
    with csv.open_csv(BytesIO(content), read_options=how) as beginning:
        names = beginning.schema.names
    if bare and name is not None:
        raise DataFileError(f"{path} has no header (its first line is '{head[:40]}'), and so no column '{name}'")
    chosen = _chosen(path, names, name, bare)
    as_text = csv.ConvertOptions(include_columns=[chosen], column_types={chosen: pa.string()})
    return csv.read_csv(BytesIO(content), read_options=how, convert_options=as_text)[chosen]


def _parquet(path: Path, content: bytes, name: str | None) -> Any:
    parquet = library("pyarrow.parquet", needed_by=_NEEDED_BY)
    with parquet.ParquetFile(BytesIO(content)) as file:
        _refuse_size(file.metadata.num_rows, path)
        chosen = _chosen(path, file.schema_arrow.names, name, bare=False)
        cells = file.read(columns=[chosen])[chosen]
    pa = library("pyarrow", needed_by=_NEEDED_BY)
    kind = cells.type
    return cells.cast(pa.timestamp("us", kind.tz), safe=False) if pa.types.is_timestamp(kind) else cells


def _chosen(path: Path, names: list[str], name: str | None, bare: bool) -> str:
    known = ", ".join(names[:_MOST_NAMED]) + (" ..." if len(names) > _MOST_NAMED else "")
    if name is None:
        if len(names) != 1:
            of_them = " and no header: give it one, and" if bare else f" ({known}):"
            raise DataFileError(f"{path} has {len(names)} columns{of_them} say by 'column' which one is meant")
        return names[0]
    if names.count(name) != 1:
        found = f"has {names.count(name)} columns" if name in names else "has no column"
        raise DataFileError(f"{path} {found} '{name}'; found: {known}")
    return name


def _refuse_size(rows: int, path: Path) -> None:
    if rows > MOST_ROWS:
        raise DataFileError(f"{path} has more than {MOST_ROWS:,} rows: a sample of them says as much")


def _is_value(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return moment_of(text) is not None
    return True


def moment_of(text: str) -> datetime | None:
    """Return the moment that a text names, as ISO 8601 writes it; None if it names none.

    Examples
    --------
    >>> moment_of("2026-03-02T06:00Z").hour, moment_of("soon")
    (6, None)
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _values(path: Path, cells: Any) -> tuple[Floats | Times, bool | None]:
    """Return numbers or moments, and of moments whether they name their offset from UTC."""
    pa, compute = library("pyarrow", needed_by=_NEEDED_BY), library("pyarrow.compute", needed_by=_NEEDED_BY)
    if cells.null_count:
        row = cells.is_null().to_pylist().index(True) + 1
        raise DataFileError(f"{path}: row {row} is empty: leave that row out")
    kind, zoned = cells.type, None
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        cells = compute.utf8_trim_whitespace(cells)
        first = moment_of(cells[0].as_py())
        if first is None:
            return np.array(_cast(path, cells, pa.float64(), "a number of seconds or a moment")), None
        zoned = first.utcoffset() is not None
        wanted = pa.timestamp("us", "UTC" if zoned else None)
        rule = f"a moment like the first one, {cells[0].as_py()},"
        return np.array(_cast(path, cells, wanted, rule).cast(pa.int64())), zoned
    if pa.types.is_timestamp(kind):
        return np.array(cells.cast(pa.int64())), kind.tz is not None
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return np.array(cells.cast(pa.float64())), None
    raise DataFileError(f"{path}: a time is a number of seconds or a moment, but the column holds {kind}")


def _cast(path: Path, cells: Any, kind: Any, rule: str) -> Any:
    """Return cells as another type, or refuse the first that is none."""
    pa = library("pyarrow", needed_by=_NEEDED_BY)
    try:
        return cells.cast(kind)
    except pa.ArrowInvalid:
        good, bad = 0, len(cells)  # the first so many can be cast; so many cannot
        while bad - good > 1:
            middle = (good + bad) // 2
            try:
                cells[good:middle].cast(kind)
                good = middle
            except pa.ArrowInvalid:
                bad = middle
        found = f"'{cells[good].as_py()[:40]}'" if cells[good].as_py() else "nothing"
        raise DataFileError(f"{path}: {rule} is wanted; found {found} in row {good + 1}") from None
