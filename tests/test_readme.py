"""The README's own words, run as a reader would run them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import sim

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    script = tmp_path / "example.py"
    script.write_text(example + "\nprint(*(strategy.name for strategy in result.strategies))\n")
    run = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=240, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[-2:] == ["manual", "cautious"]
    assert (tmp_path / "cautious.png").exists()


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"[\w/]+\.(?:yaml|ipynb|png)", README)) - {"my_line.yaml", "cautious.png"})
)
def test_every_file_it_names_is_there(path: str) -> None:
    assert (ROOT / path).exists() or (ROOT / "scenarios" / path).exists(), path


def test_every_shipped_scenario_but_none_else_is_mapped() -> None:
    named = set(re.findall(r"(\w+)\.yaml", README)) - {"my_line"}
    assert named == {file.stem for file in (ROOT / "scenarios").glob("*.yaml")}


def test_its_scenario_is_complete(tmp_path: Path) -> None:
    example, *_ = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    (tmp_path / "mine.yaml").write_text(example, encoding="utf-8")
    result = sim.run(sim.load(tmp_path / "mine.yaml"), replications=1)
    told = [event.kind for event in result.strategies[0].events]
    # It does what it shows: v1 goes out, the lamp is seen to age, and a new version goes out as v1 did.
    assert told.count("promote") == 2
    assert "abort" not in told
    assert told.index("promote") < told.index("alarm") < told.index("trained") < told.index("out")


def test_its_picture_of_the_house_names_real_rooms() -> None:
    (house,) = re.findall(r"```\nsim/\n(.*?)```", README, flags=re.DOTALL)
    rooms = [line.split()[0].rstrip("/") for line in house.splitlines() if line.strip()]
    assert [room for room in rooms if not (ROOT / "sim" / room).exists()] == []
    there = {path.name for path in (ROOT / "sim").iterdir() if not path.name.startswith(("_", "py."))}
    assert there == set(rooms)


def test_the_two_commands_set_everything_up() -> None:
    for marker, extra, last in (("quickstart", "lab", "driftline run"), ("tests", "test", "pytest")):
        (command,) = re.findall(rf"<!-- {marker} -->\n```sh\n(.*?)\n```", README)
        assert f"pip install -e '.[{extra}]'" in command
        assert last in command
