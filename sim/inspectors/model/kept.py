"""Trained versions that are kept on disk for the next run: a file for each, whole or not there at all.

A file is named after everything that training goes by: the phones and their labels, the settings, our own code, the
libraries and the processor, whose last bits differ. So what is found is what training would give, bit for bit. Whatever
is wrong with a file or its folder, the version is trained, as if nothing had been kept.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import re
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

#: Names another folder; empty: nothing is kept, nor looked for.
VARIABLE = "DRIFTLINE_MODELS"
#: More is not kept: the files that have been asked for longest ago go first.
MOST_BYTES = 256_000_000
#: Before what is kept stands the digest of it, of so many bytes.
_DIGEST = 32
_ENDING, _DRAFT = ".version", "draft-"
_OURS = re.compile(r"([0-9a-f]{40}|draft-.*)\.version")
_MADE_BY = ("numpy", "scipy", "scikit-learn", "joblib")


def folder() -> Path | None:
    """Return where trained versions are kept, whether it is there or not; None: nowhere."""
    if (asked := os.environ.get(VARIABLE)) is not None:
        return Path(asked) if asked else None
    if sys.platform == "emscripten":  # a browser's tab forgets its files
        return None
    try:
        return Path.home() / ".cache" / "driftline" / "models"
    except RuntimeError:  # nobody's home
        return None


def obtain(key: str, make: Callable[[], Any]) -> Any:
    """Return what is kept under a key, which is never None; if it is not there, make it and keep it.

    Examples
    --------
    >>> import tempfile
    >>> before = os.environ.get(VARIABLE)
    >>> with tempfile.TemporaryDirectory() as place:
    ...     os.environ[VARIABLE] = place
    ...     obtain("example", lambda: [1.5]), obtain("example", lambda: "not made again")
    ([1.5], [1.5])
    >>> _ = os.environ.pop(VARIABLE) if before is None else os.environ.update({VARIABLE: before})
    """
    place = folder()
    if place is None or not _is_ours_alone(place):
        return make()
    file = place / f"{key}{_ENDING}"
    if (found := _read(file)) is not None:
        return found
    made = make()
    with suppress(OSError):  # a full disk, a folder that can't be written: the next run trains, too
        _write(file, made)
        _forget_the_oldest(place)
    return made


def key_of(*parts: bytes | str) -> str:
    """Return the name of what is made of these parts by this code, these libraries and this processor."""
    made_of = hashlib.blake2b(digest_size=20)
    for part in (*parts, *_circumstances()):
        content = part.encode() if isinstance(part, str) else part
        made_of.update(len(content).to_bytes(8, "little") + content)
    return made_of.hexdigest()


@cache
def _circumstances() -> tuple[str | bytes, ...]:
    code = tuple(each.read_bytes() for each in sorted(Path(__file__).parent.rglob("*.py")))
    vectors = np.show_config(mode="dicts")["SIMD Extensions"]
    return (
        *code, str(sys.implementation.cache_tag), platform.machine(), repr(vectors),
        *(f"{name} {_version(name)}" for name in _MADE_BY),
    )  # fmt: skip


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _is_ours_alone(place: Path | int) -> bool:
    """Whether nobody else may have written a folder or an open file: what is kept runs in our name when it is read."""
    try:
        found = os.stat(place)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True  # elsewhere a home is its owner's alone
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _read(file: Path) -> Any:
    """Return what a file keeps; None: it is not there, or no good and deleted."""
    try:
        with file.open("rb") as opened:
            content = opened.read() if _is_ours_alone(opened.fileno()) else b""
    except FileNotFoundError:
        return None
    except OSError:
        content = b""
    kept = content[_DIGEST:]
    if content and content[:_DIGEST] == _digest(kept):
        with suppress(OSError):
            os.utime(file)  # asked for now
        with suppress(Exception):  # a library that can't read what it has written: train
            return pickle.loads(kept)
    with suppress(OSError):
        file.unlink()
    return None


def _write(file: Path, thing: Any) -> None:
    """Keep a thing in a file that is there as a whole or not at all, however many processes write it at once."""
    content = pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL)
    for missing in reversed([each for each in (file.parent, *file.parent.parents) if not each.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    number, draft = tempfile.mkstemp(dir=file.parent, prefix=_DRAFT, suffix=_ENDING)
    try:
        with open(number, "wb") as opened:
            opened.write(_digest(content) + content)
        os.replace(draft, file)
    except BaseException:
        os.unlink(draft)
        raise


def _forget_the_oldest(place: Path) -> None:
    """Delete what has been asked for longest ago, until the rest fits."""
    files = []
    for file in (each for each in place.iterdir() if _OURS.fullmatch(each.name)):
        with suppress(FileNotFoundError):  # another process tidies up, too
            found = file.stat()
            files.append((found.st_mtime_ns, found.st_size, file))
    total = sum(size for _, size, _ in files)
    for _, size, file in sorted(files):
        if total <= MOST_BYTES:
            return
        with suppress(FileNotFoundError):
            file.unlink()
        total -= size


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST).digest()
