"""`--quiet`: that command says less, and no more than that command."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.usefixtures("one_figure")
def test_a_quiet_run_does_not_silence_what_comes_after_it(
    call: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "line.yaml").write_text("driftline: 1\nhorizon: 1h\nreplications: 1\nstrategies: [{pattern: manual}]\n")
    assert call("run", "line.yaml", "--quiet")[0] == 0
    logging.getLogger("driftline").warning("a figure is left out")
    assert [record.getMessage() for record in caplog.records] == ["a figure is left out"]
    (tmp_path / "line.yaml").write_text("driftline: 1\nno such thing: 1\n")
    assert call("run", "line.yaml", "--quiet")[0] == 2
    logging.getLogger("driftline").warning("nor after a refusal")
    assert caplog.records[-1].getMessage() == "nor after a refusal"
