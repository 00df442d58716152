"""What stops a verb becomes one message and an exit code, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click


@contextmanager
def refusing() -> Iterator[None]:
    """Show a user's mistake as a message, with exit code 2; the machine's trouble with 1."""
    from sim.document import ScenarioError
    from sim.experiment.workers import WorkersDied, WorkersUnready, WorkFailed
    from sim.libraries import MissingLibrary

    try:
        yield
    except ScenarioError as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(2) from None
    except (MissingLibrary, WorkersDied, WorkersUnready, WorkFailed) as error:
        click.echo(f"driftline: {error}", err=True)
        raise click.exceptions.Exit(1) from None


@contextmanager
def whole_or_not_at_all(file: Path) -> Iterator[None]:
    """Take away what was begun of a file if it does not come to its end, on a full disk or by Ctrl+C."""
    try:
        yield
    except BaseException:
        file.unlink(missing_ok=True)
        raise


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Say in a message why something can't be written: 2 for a folder that is not there, 1 for a full disk."""
    try:
        yield
    except OSError as error:
        from sim.workplace import of_the_machine  # late: `--help` writes nothing

        if of_the_machine(error):
            click.echo(f"driftline: can't write {place}: {error.strerror}", err=True)
            raise click.exceptions.Exit(1) from None
        missing = isinstance(error, FileNotFoundError) and not place.parent.exists()
        remedy = f"; make the folder {place.parent} first" if missing else ""
        raise click.ClickException(f"can't write {place}: {error.strerror or error}{remedy}") from None
