"""Libraries that only some runs need: imported there and then, so that the rest works where they are missing.

All of them come with driftline. A build for a browser, say, leaves out those that its runs do not need.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

#: Where a library is installed under another name than it is imported.
_INSTALLED_AS = {"sklearn": "scikit-learn"}


class MissingLibrary(ImportError):
    """A library is not installed, and something asked for needs it: ready to be shown."""


def library(module: str, *, needed_by: str, extra: str | None = None) -> Any:
    """Import a module of a library that may be missing.

    Parameters
    ----------
    module : str
        Its dotted name.
    needed_by : str
        What can't be done without it, as the start of a sentence.
    extra : str, optional
        Of driftline, which brings it. Default: it is installed by itself.

    Raises
    ------
    MissingLibrary
        With what to install.

    Examples
    --------
    >>> library("json", needed_by="an export").dumps([])
    '[]'
    >>> library("no_such_library.drift", needed_by="the detector adwin")
    Traceback (most recent call last):
    sim.libraries.MissingLibrary: the detector adwin needs the library no_such_library: pip install no_such_library
    >>> library("no_such_server", needed_by="driftline app", extra="app")
    Traceback (most recent call last):
    sim.libraries.MissingLibrary: driftline app needs the library no_such_server: pip install 'driftline[app]'
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        name = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != name:
            raise  # it is there and broken: its own words say how
        raise _missing(name, needed_by, extra) from None


def is_there(name: str, *, needed_by: str) -> None:
    """Refuse a library that is missing, without importing it: for what will be needed later, and must be told now.

    Parameters
    ----------
    name : str
        The library's, as it is imported.
    needed_by : str
        What can't be done without it, as the start of a sentence.

    Raises
    ------
    MissingLibrary
        With what to install.

    Examples
    --------
    >>> is_there("json", needed_by="an export")
    >>> is_there("no_such_library", needed_by="the detector adwin")
    Traceback (most recent call last):
    sim.libraries.MissingLibrary: the detector adwin needs the library no_such_library: pip install no_such_library
    """
    if find_spec(name) is None:
        raise _missing(name, needed_by, None)


def _missing(name: str, needed_by: str, extra: str | None) -> MissingLibrary:
    called = _INSTALLED_AS.get(name, name)
    to_install = called if extra is None else f"'driftline[{extra}]'"
    return MissingLibrary(f"{needed_by} needs the library {called}: pip install {to_install}")
