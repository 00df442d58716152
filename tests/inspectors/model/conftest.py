"""A package of somebody else's, installed for the duration of a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from acme import importable


@pytest.fixture
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the package, which is on sys.path; afterwards it was never there."""
    with importable(tmp_path_factory.mktemp("site")) as folder:
        yield folder
