"""The paired benchmark says what is wrong with what it is asked, before it runs anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("paired.py")


@pytest.mark.parametrize(
    ("asked", "told"),
    [((), "which other version?"), ((".", "nothing"), "no workload called nothing: there is standard")],
)
def test_a_mistake_is_told_in_one_line(asked: tuple[str, ...], told: str) -> None:
    done = subprocess.run([sys.executable, SCRIPT, *asked], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert told in done.stderr
    assert not done.stdout
