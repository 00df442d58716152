"""Every file ends in a scenario or in a message: a small number of those that `tests/proofs/hostile_files.py` tries."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_files import Seconds, tried


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
def test_a_hostile_file_is_refused_in_words(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hostile_files.PATIENCE_S", 60.0)  # a busy machine is no defect
    monkeypatch.setattr("hostile_files.WAITS_S", 600.0)
    assert list(tried(1_000, seed, tmp_path)) == []


@pytest.mark.parametrize("slow", [Seconds(2.5, 2.5), Seconds(0.1, 11.0)])
def test_a_slow_wait_shows_as_a_slow_computation_does(
    slow: Seconds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hostile_files.seconds_of", lambda path: slow)
    (failure,) = tried(1, 1, tmp_path)
    assert failure.what == f"{slow}, again {slow}"
