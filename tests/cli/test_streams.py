"""stdout holds results and nothing else; what can't be written there ends in one message."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sim.cli import main as cli

ROOT = Path(cli.__file__).resolve().parents[2]
#: A process with this engine starts in half the time: what moves the phones has no part in what is tested here.
FAST = ("--engine", "simpy")
LINE = "driftline: 1\nhorizon: 1h\nreplications: 2\nstrategies: [{pattern: loud}]\n"
LOUD = """
import os
import sim

print("imported")
os.write(1, b"imported below\\n")


@sim.pattern("loud")
def loud(rollout):
    "Tell what it does."
    print("begins")
    os.write(1, b"begins below\\n")
    yield from rollout.wait("30min")
    rollout.promote()
"""


def driftline(*arguments: str, folder: Path, **settings: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sim.cli.main", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder / "site")])},
        text=True,
        timeout=120,
        **settings,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a scenario whose package prints."""
    (tmp_path / "line.yaml").write_text(LINE)
    facts = tmp_path / "site" / "loud-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: loud\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[driftline.patterns]\nloud = loud\n")
    (tmp_path / "site" / "loud.py").write_text(LOUD)
    return tmp_path


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_a_package_prints_is_no_part_of_a_document(workers: str, folder: Path) -> None:
    run = ("run", "line.yaml", "--format", "json", "--workers", workers, *FAST)
    done = driftline(*run, folder=folder, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["scenario"] == "line"
    for said in ("imported", "imported below", "begins", "begins below"):
        assert said in done.stderr.splitlines()


@pytest.mark.parametrize("verb", [("validate", "line.yaml"), ("explain", "line.yaml"), ("schema",)])
def test_what_a_package_prints_is_no_part_of_any_verbs_results(verb: tuple[str, ...], folder: Path) -> None:
    done = driftline(*verb, folder=folder, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert "imported" in done.stderr.splitlines()
    assert "imported" not in done.stdout.splitlines()


VERBS = [("--help",), ("run", "--help"), ("--version",), ("list",), ("schema",)]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_full_stdout_is_one_message(verb: tuple[str, ...], tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        done = driftline(*verb, folder=tmp_path, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (1, "driftline: can't write to stdout: No space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
@pytest.mark.parametrize(
    "verb", [("validate", "line.yaml"), ("explain", "line.yaml"), ("compare", "r", "r")], ids=" ".join
)
@pytest.mark.usefixtures("one_figure")
def test_a_full_stdout_is_one_message_where_something_was_worked_out(
    verb: tuple[str, ...], folder: Path, call: Any
) -> None:
    (folder / "line.yaml").write_text(LINE.replace("loud", "manual"))
    if verb[0] == "compare":
        assert call("run", "line.yaml", "--quiet", "--out", "r")[0] == 0
    with open("/dev/full", "w") as full:
        done = driftline(*verb, folder=folder, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (1, "driftline: can't write to stdout: No space left on device\n")


#: No file takes more than so many bytes: what a full disk does, for a process that may mount none.
LITTLE = """\
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
sys.argv[0] = "driftline"
from sim.cli.main import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="a limit of POSIX")
@pytest.mark.parametrize(
    ("verb", "place"),
    [(("new", "mine.yaml"), "mine.yaml"), (("schema", "--out", "s.json"), "s.json"), (("run", "line.yaml", "--out", "r", *FAST), "r")],
    ids=["new", "schema", "run"],
)  # fmt: skip
def test_a_disk_that_gets_full_leaves_nothing_half_written(verb: tuple[str, ...], place: str, folder: Path) -> None:
    (folder / "line.yaml").write_text(LINE.replace("loud", "manual"))
    before = sorted(folder.iterdir())
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder / "site")]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", LITTLE, *verb], cwd=folder, env=env, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, f"driftline: can't write {place}: File too large")
    assert "Traceback" not in done.stderr
    assert sorted(folder.iterdir()) == before


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX closes the streams")
@pytest.mark.parametrize("streams", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_are_done_without(streams: str, folder: Path) -> None:
    engine = " ".join(FAST) if "<&-" not in streams else ""  # with nothing open, the usual one's libraries come up too
    command = f"'{sys.executable}' -m sim.cli.main run line.yaml --workers 2 {engine} --format csv {streams}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder / "site")])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert done.stdout.startswith("strategy,") is (">&-" not in streams.split())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_messages_that_nobody_can_read_stop_no_work(folder: Path) -> None:
    (folder / "line.yaml").write_text(LINE.replace("loud", "manual"))
    with open("/dev/full", "w") as full:
        done = driftline(
            "run", "line.yaml", *FAST, "--format", "csv", folder=folder, stdout=subprocess.PIPE, stderr=full
        )
    assert done.returncode == 0
    assert done.stdout.startswith("strategy,")
