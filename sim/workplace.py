"""A folder for as long as work goes on: claimed while somebody lives who works there, swept afterwards by the next.

Whatever ends a process, even in the middle of a word, the folder that it worked in says by itself that nobody works
there any more: the claim is a lock, and locks end with their process.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: nothing can be claimed there, and so nothing is swept
    fcntl = None  # type: ignore[assignment]

_RANDOM_BYTES = 8

#: What whoever asks cannot mend by asking for something else.
_OF_THE_MACHINE = {
    getattr(errno, name)
    for name in ("ENOSPC", "EFBIG", "EDQUOT", "EIO", "EMFILE", "ENFILE", "ENOMEM")
    if hasattr(errno, name)
}


def of_the_machine(error: OSError) -> bool:
    """Return whether the machine is in trouble (a full disk), rather than the place that was asked for wrong.

    Examples
    --------
    >>> of_the_machine(OSError(errno.ENOSPC, "No space left on device")), of_the_machine(FileNotFoundError())
    (True, False)
    """
    return error.errno in _OF_THE_MACHINE


@contextmanager
def workplace(parent: Path, prefix: str, rescue: Callable[[Path], None] = lambda folder: None) -> Iterator[Path]:
    """Make a private folder and remove it in the end; remove those that killed processes left.

    Parameters
    ----------
    parent : Path
        Where it is made.
    prefix : str
        How its name begins. What begins so, ends as ours do and nobody works in is ours to remove.
    rescue : callable, optional
        Called with each folder that was left, before it is removed: something in it may be worth keeping.

    Examples
    --------
    >>> import tempfile
    >>> with workplace(Path(tempfile.gettempdir()), "driftline-example-") as folder:
    ...     folder.is_dir()
    True
    >>> folder.exists()
    False
    """
    _sweep(parent, prefix, rescue)
    folder, claim = _claimed(parent, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _let_go(claim)


def _claimed(parent: Path, prefix: str) -> tuple[Path, int | None]:
    while True:
        folder = parent / f"{prefix}{secrets.token_hex(_RANDOM_BYTES)}"
        folder.mkdir(mode=0o700)
        try:
            claim = _claim(folder)
        except OSError:
            if folder.exists():
                return folder, None  # a file system without locks: nobody can claim it, and nobody will sweep it
            continue
        if claim is None or _is_at(folder, claim):
            return folder, claim
        _let_go(claim)  # somebody swept it between the two lines above


def _claim(folder: Path) -> int | None:
    """Lock a folder, if nobody has; an OSError says that somebody works there, or that it can't be locked."""
    if fcntl is None:
        return None
    claim = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(claim)
        raise
    return claim


def _is_at(folder: Path, claim: int) -> bool:
    try:
        return os.path.samestat(os.fstat(claim), os.lstat(folder))
    except FileNotFoundError:
        return False


def _let_go(claim: int | None) -> None:
    if claim is not None:
        os.close(claim)


def _sweep(parent: Path, prefix: str, rescue: Callable[[Path], None]) -> None:
    ours = re.compile(re.escape(prefix) + f"[0-9a-f]{{{2 * _RANDOM_BYTES}}}")
    for folder in [entry for entry in parent.iterdir() if ours.fullmatch(entry.name)]:
        try:
            claim = _claim(folder)
        except OSError:
            continue
        if claim is None:
            continue
        try:
            if os.fstat(claim).st_uid == os.geteuid() and _is_at(folder, claim):
                rescue(folder)
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            _let_go(claim)
