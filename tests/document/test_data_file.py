"""Files of times that scenarios name: every form that is read, and one message with place, cause and remedy else."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sim
from sim.document import ScenarioError, read_document
from sim.document.data_file import DataFile, DataFileError
from sim.inspectors.serving.law import Empirical
from sim.scenario import from_document

SCENARIO = """\
driftline: 1
horizon: 1h
inspectors:
  service:
    law: empirical
    file: times.csv{more}
strategies: [{{pattern: manual}}]
"""
READ = {
    "no header": ("31\n12.5\n18\n", {}),
    "a header": ("seconds\n31\n12.5\n18\n", {}),
    "a header in quotes and Windows' line ends": ('\ufeff"look, s"\r\n"31"\r\n12.5\r\n18\r\n', {}),
    "blanks and empty lines": ("\n seconds\n 31\n\n12.5 \n1.8e1\n\n", {}),
    "one column of several": ("who,seconds\nAnn,31\nBo,12.5\nAnn,18\n", {"column": "seconds"}),
}
WRONG = {
    "no such file": (None, "", "there is no file .*times.csv: its path starts at the scenario file's folder"),
    "a folder": ("folder", "", "is a folder; a .csv or .parquet file is wanted"),
    "empty": ("", "", "times.csv is empty: at least one time is needed"),
    "a header alone": ("seconds\n", "", "has no rows: at least one time is needed"),
    "negative": ("seconds\n3\n-4.5\n", "", "a time is not negative; found -4.5 in row 2"),
    "a text": ("seconds\n3\n4\nfive\n6\n", "", "a number of seconds or a moment is wanted; found 'five' in row 3"),
    "two texts": ("law\nfast\nslow\n", "", "found 'fast' in row 1"),
    "not a number": ("3\nnan\n", "", "a time is a finite number of seconds; found nan in row 2"),
    "endless": ("3\n4\ninf\n", "", "a time is a finite number of seconds; found inf in row 3"),
    "beyond all time": ("3\n1e300\n", "", r"a time is at most 3,155,760,000 s; found 1e\+300 in row 2"),
    "a hole": ('a,b\n1,x\n,y\n', "\n    column: a", "found nothing in row 2"),
    "moments": ("2026-03-02T06:00:00\n2026-03-02T06:01:00\n", "", "holds '2026-.*', a moment; times in seconds"),
    "which of two": ("a,b\n1,2\n", "", r"has 2 columns \(a, b\): say by 'column' which one is meant"),
    "which of two without names": ("1,2\n", "", "has 2 columns and no header: give it one, and say by 'column'"),
    "decimal commas": ("s;t\n1,5;2\n", "", "can't be read: CSV parse error"),
    "no such column": ("a,b\n1,2\n", "\n    column: c", "has no column 'c'; found: a, b"),
    "twice the column": ("a,a\n1,2\n", "\n    column: a", "has 2 columns 'a'"),
    "a column without a header": ("1\n2\n", "\n    column: a", r"has no header \(its first line is '1'\), and so no"),
    "ragged": ("a,b\n1,2\n3\n", "\n    column: a", "can't be read: CSV parse error"),
    "no text at all": ("\x00\xff\x00\n\x01", "", "can't be read|is no text"),
    "another content": ("1\n", f"\n    sha256: {'a' * 64}", "is not the file that is meant .* or leave sha256 out"),
}  # fmt: skip


def times(file: Path, **more: str) -> list[int]:
    law = Empirical.model_validate({"law": "empirical", "file": str(file), **more})
    return law.column_of_file().seconds_us.tolist()


@pytest.mark.parametrize("what", READ)
def test_a_column_is_read_in_any_usual_form(what: str, tmp_path: Path) -> None:
    text, more = READ[what]
    file = tmp_path / "times.csv"
    file.write_bytes(text.encode())
    assert times(file, **more) == [31_000_000, 12_500_000, 18_000_000]


@pytest.mark.parametrize("column", [[31.0, 12.5, 18.0], [31, 12, 18]])
def test_parquet_is_read_as_well(column: list[float], tmp_path: Path) -> None:
    pq.write_table(pa.table({"who": ["a", "b", "c"], "s": column}), tmp_path / "times.parquet")
    assert times(tmp_path / "times.parquet", column="s") == [round(1e6 * each) for each in column]


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_file_is_refused_at_its_place_before_anything_runs(what: str, tmp_path: Path) -> None:
    text, more, message = WRONG[what]
    yaml, file = tmp_path / "line.yaml", tmp_path / "times.csv"
    yaml.write_text(SCENARIO.format(more=more))
    if text == "folder":
        file.mkdir()
    elif text is not None:
        file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ScenarioError, match=message) as refused:
        sim.load(yaml)
    assert str(refused.value).startswith(f"{yaml}:6:11: error: ")
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize("name", ["times.csv", "times.parquet"])
def test_what_is_too_large_is_refused_before_it_is_read(name: str, tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / name
    table = pa.table({"s": list(range(100))})
    file.write_text("\n".join(map(str, range(100))) + "\n") if name == "times.csv" else pq.write_table(table, file)
    monkeypatch.setattr("sim.document.data_file.MOST_ROWS", 99)
    with pytest.raises(DataFileError, match="has more than 99 rows: a sample of them says as much"):
        times(file)
    monkeypatch.setattr("sim.document.data_file.MOST_BYTES", 100)
    with pytest.raises(DataFileError, match=r"has more than 0 MB: a sample of it"):
        times(file)


@pytest.mark.parametrize("name", ["times.xlsx", "times.parquet", "times", "\x00.csv", "x" * 4000 + ".csv"])
def test_no_name_and_no_content_ends_otherwise(name: str, tmp_path: Path) -> None:
    if len(name) < 99 and "\x00" not in name:
        (tmp_path / name).write_text("PAR1 it is not")
    with pytest.raises(DataFileError, match=r"neither .csv nor .parquet|can't be read|there is no file"):
        times(tmp_path / name)


def test_the_content_is_part_of_the_scenario(tmp_path: Path) -> None:
    yaml, file = tmp_path / "line.yaml", tmp_path / "times.csv"
    yaml.write_text(SCENARIO.format(more=""))
    file.write_text("10\n")
    first = sim.load(yaml)
    assert sim.build(**first.model_dump(mode="json")) == first  # and so with the whole path, from anywhere
    file.write_text("20\n")
    assert sim.load(yaml) != first
    with pytest.raises(ScenarioError, match=r"inspectors\.service.*is not the file that is meant"):
        sim.run(first.model_copy(update={"replications": 1}), workers=1)
    file.unlink()
    with pytest.raises(ScenarioError, match="there is no file"):
        sim.run(first.model_copy(update={"replications": 1}), workers=1)


@pytest.mark.parametrize(
    "service", ["inspectors: {service: LAW}", "models: {v1: {serving: {service: {law: mixture, parts: [W, W]}}}}"]
)
def test_a_stranger_may_name_no_file(service: str, tmp_path: Path, monkeypatch) -> None:
    law = "{law: empirical, file: /etc/times.csv}"
    yaml = tmp_path / "line.yaml"
    service = service.replace("LAW", law).replace("W", f"{{weight: 1, service: {law}}}")
    yaml.write_text(f"driftline: 1\n{service}\nstrategies: [{{pattern: canary}}]\n")
    monkeypatch.setattr(DataFile, "with_whole_paths", None)  # nor is one looked for
    with pytest.raises(ScenarioError, match=r"files are not read here \(/etc/times.csv"):
        from_document(read_document(yaml), "line", may_name_files=False)
