"""What the README says of the house is so. (Its snippets and commands are run in tests/docs/test_pages.py.)"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sim

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"[\w/]+\.(?:yaml|ipynb|png)", README)) - {"my_line.yaml", "cautious.png"})
)
def test_every_file_it_names_is_there(path: str) -> None:
    assert (ROOT / path).exists() or (ROOT / "scenarios" / path).exists(), path


CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"(?:sim|tests|docs)/[\w./-]*", CONTRIBUTING)) - {"docs/_build/html"})
)
def test_contributing_sends_nobody_to_a_file_that_is_not_there(path: str) -> None:
    assert (ROOT / path.rstrip(".")).exists(), path


def test_every_shipped_scenario_but_none_else_is_mapped() -> None:
    named = set(re.findall(r"(\w+)\.yaml", README)) - {"my_line"}
    assert named == {file.stem for file in (ROOT / "scenarios").glob("*.yaml")}


def test_its_scenario_is_complete(tmp_path: Path) -> None:
    example, *_ = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    (tmp_path / "mine.yaml").write_text(example, encoding="utf-8")
    result = sim.run(sim.load(tmp_path / "mine.yaml"), replications=1)
    kinds = [event.kind for event in result.strategies[0].events]
    # It does what it shows: v1 goes out, the lamp is seen to age, and a new version goes out as v1 did.
    assert kinds.count("promote") == 2
    assert "abort" not in kinds
    assert kinds.index("promote") < kinds.index("alarm") < kinds.index("trained") < kinds.index("out")


def test_its_picture_of_the_house_names_real_rooms() -> None:
    (house,) = re.findall(r"```text\nsim/[^\n]*\n(.*?)```", README, flags=re.DOTALL)
    rooms = [line.split()[0].rstrip("/") for line in house.splitlines() if re.match(r"  \S", line)]
    assert [room for room in rooms if not (ROOT / "sim" / room).exists()] == []
    there = {path.name for path in (ROOT / "sim").iterdir() if not path.name.startswith(("_", "py."))}
    assert there == set(rooms)


def test_the_two_commands_set_everything_up() -> None:
    for marker, extra, last in (("quickstart", "lab", "driftline run"), ("tests", "test", "pytest")):
        (command,) = re.findall(rf"<!-- {marker} -->\n```sh\n(.*?)\n```", README)
        assert f"pip install -e '.[{extra}]'" in command
        assert last in command


def test_whoever_types_its_commands_in_order_is_never_told_that_results_are_there() -> None:
    """A look with other values at what was run before is refused, unless it says where to."""
    ran: set[str] = set()
    for name, rest in re.findall(r"driftline run ([\w.]+)([^\n#`]*)", README):
        refused = name in ran and re.search(r"--(set|seed|replications|train-replications|strategy) ", rest)
        assert not refused or "--out" in rest, f"driftline run {name}{rest}"
        if "--out" not in rest:
            ran.add(name)
