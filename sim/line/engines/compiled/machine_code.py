"""Machine code that is kept for the next time: one file for each kernel and processor, whole or not there at all.

Numba's own cache believes what it finds. This one runs nothing that is damaged or that others may have written.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import pickle
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

#: Where processes that this one starts find what is kept for this run only.
FOR_THIS_RUN = "DRIFTLINE_KERNELS"
#: Before the code stands the digest of it, of so many bytes.
_DIGEST = 32

# Numba has no types.
_packed: Any = dumps
_rebuilt: Any = CompileResult._rebuild

_log = logging.getLogger("driftline")


class MachineCode:
    """A kernel's machine code: numba asks for it before it compiles, and hands it over afterwards.

    Parameters
    ----------
    what : str
        What is compiled, in words.
    name : str
        The kernel's name and everything that it is made of: another name as soon as any of it changes.
    takes : str
        How long compiling takes, in words.
    """

    def __init__(self, what: str, name: str, takes: str) -> None:
        self._what = what
        self._name = name
        self._takes = takes
        self._folder: Path | None = usual_folder()

    @property
    def cache_path(self) -> str:
        """Where the code is kept: numba shows it among a function's statistics."""
        return str(self._folder / self._name) if self._folder else ""

    @property
    def is_kept(self) -> bool:
        """Whether code of this name is there, and nobody else wrote it: then it is loaded and not compiled.

        That is said without reading it: if it is another processor's (a home on several machines), or damaged, this
        one compiles after all.
        """
        folder = usual_folder()
        return risk_of(folder) is None and any(folder.glob(f"{self._name}-*.code"))

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Return the code that is kept for these types and this processor; None: it has to be compiled."""
        context.refresh()
        self._folder = usual_folder()
        if (risk := risk_of(self._folder)) is not None:
            _log.warning(
                "%s: %s, and machine code from there would run in your name: it is not used, and %s is compiled for"
                " this run only. Make the folder yours alone (chmod go-w), or delete it",
                self._folder, risk, self._what,
            )  # fmt: skip
            self._folder = folder_for_this_run()
        code = None if self._folder is None else read(self._file(self._folder, signature, context.codegen()))
        if code is None:
            _log.warning("compiling %s: once on this machine, %s", self._what, self._takes)
            return None
        return _rebuilt(context, *pickle.loads(code))

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep what was compiled; where that is not possible, for this run and the processes that it starts."""
        if self._folder is None:
            return
        code = _packed(compiled._reduce())
        try:
            write(self._file(self._folder, signature, compiled.codegen), code)
        except OSError as error:
            _log.warning(
                "%s: %s can't be kept there (%s): it was compiled for this run only. Make room there, or make the"
                " folder writable, and it is compiled once",
                self._folder, self._what, error.strerror or error,
            )  # fmt: skip
            self._folder = folder_for_this_run()
            if self._folder is not None:
                with suppress(OSError):  # no room there either: then every process compiles
                    write(self._file(self._folder, signature, compiled.codegen), code)

    def _file(self, folder: Path, signature: Any, codegen: Any) -> Path:
        target = hashlib.blake2b(repr((signature, codegen.magic_tuple())).encode(), digest_size=8)
        return folder / f"{self._name}-{target.hexdigest()}.code"


def usual_folder() -> Path:
    """Return where machine code is kept, whether the folder is there or not."""
    if FOR_THIS_RUN in os.environ:
        return Path(os.environ[FOR_THIS_RUN])
    return Path.home() / ".cache" / "driftline"


def folder_for_this_run() -> Path | None:
    """Return a folder for this run, and for the processes that it starts; None: there is no room for one.

    No fixed name in /tmp: a folder that others can guess may hold others' machine code.
    """
    if FOR_THIS_RUN not in os.environ or risk_of(Path(os.environ[FOR_THIS_RUN])) is not None:
        try:
            os.environ[FOR_THIS_RUN] = folder = tempfile.mkdtemp(prefix="driftline-")
        except OSError:
            return None
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(os.environ[FOR_THIS_RUN])


def risk_of(place: Path | int) -> str | None:
    """Return who else may have written a folder or an open file; None: nobody, or it is not there."""
    try:
        found = os.stat(place)
    except OSError:
        return None
    if not hasattr(os, "getuid"):
        return None  # elsewhere a home is its owner's alone
    if found.st_uid not in (os.getuid(), 0):
        return f"it belongs to another user ({found.st_uid})"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "others can write to it"
    return None


def read(file: Path) -> bytes | None:
    """Return what a file keeps; None: there is none. What is no good is deleted, with a word about it."""
    try:
        with file.open("rb") as opened:
            risk = risk_of(opened.fileno())
            content = opened.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        wrong = f"it can't be read ({error.strerror})"
    else:
        code = content[_DIGEST:]
        if risk is None and content[:_DIGEST] == _digest(code):
            return code
        wrong = risk or "it is damaged"
    _log.warning("%s: %s: deleted, and compiled again", file, wrong)
    with suppress(OSError):  # then it can't be written either, and that is told
        shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink()
    return None


def write(file: Path, code: bytes) -> None:
    """Keep code in a file that is there as a whole or not at all, however many processes write it at once.

    Raises
    ------
    OSError
        If that is not possible; then nothing is left behind.
    """
    folder = file.parent
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, draft = tempfile.mkstemp(dir=folder)
        try:
            with open(number, "wb") as opened:
                opened.write(_digest(code) + code)
            os.replace(draft, file)
        except BaseException:
            os.unlink(draft)
            raise
    except BaseException:
        for path in made:
            with suppress(OSError):  # another process may have put something into it
                path.rmdir()
        raise


def _digest(code: bytes) -> bytes:
    return hashlib.blake2b(code, digest_size=_DIGEST).digest()
