"""What executed pages begin with, unseen: an empty folder, and commands that may not fail in silence."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import Any


def begin(*expected: int, columns: int = 90) -> None:
    """Go to an empty folder, and let `!command` stop the build for an exit code that is none of the expected.

    Parameters
    ----------
    *expected : int
        Exit codes beside 0 that the page is about.
    columns : int
        How wide the page's terminal is.
    """
    from IPython import get_ipython

    os.chdir(tempfile.mkdtemp())
    os.environ["COLUMNS"] = str(columns)
    shell: Any = get_ipython()

    def system(command: str) -> None:
        done = subprocess.run(command, shell=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        print(done.stdout, end="")
        if done.returncode not in (0, *expected):
            raise RuntimeError(f"exit code {done.returncode}: {command}\n{done.stdout}")

    shell.system = system
