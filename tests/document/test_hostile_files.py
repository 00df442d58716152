"""Every file ends in a scenario or in a message: a small number of those that `tests/proofs/hostile_files.py` tries."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_files import tried


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
def test_a_hostile_file_is_refused_in_words(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hostile_files.PATIENCE_S", 60.0)  # a busy machine is no defect
    assert list(tried(1_000, seed, tmp_path)) == []
