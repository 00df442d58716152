"""A package of somebody else's, installed for the duration of a test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from acme import install

from sim.deployment.strategy import PATTERNS


@pytest.fixture
def acme(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the package, which is on sys.path; afterwards it was never there."""
    folder = install(tmp_path_factory.mktemp("site"))
    monkeypatch.syspath_prepend(str(folder))
    known = set(PATTERNS)
    yield folder
    for name in set(PATTERNS) - known:
        PATTERNS.forget(name)
    for name in [name for name in sys.modules if name.split(".")[0] == "acme_line"]:
        del sys.modules[name]
