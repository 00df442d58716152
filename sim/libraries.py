"""Libraries that only some runs need: imported there and then, so that the rest works where they are missing.

All of them come with driftline. A build for a browser, say, leaves out those that its runs do not need.
"""

from __future__ import annotations

from importlib import import_module
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
        called = _INSTALLED_AS.get(name, name)
        to_install = called if extra is None else f"'driftline[{extra}]'"
        raise MissingLibrary(f"{needed_by} needs the library {called}: pip install {to_install}") from None
