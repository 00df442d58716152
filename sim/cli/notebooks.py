"""The verb about notebooks: lab."""

from __future__ import annotations

from pathlib import Path

import click

from sim import shipped
from sim.cli.headings import Verb
from sim.cli.refusing import refusing, writing


@click.command(cls=Verb)
@click.option(
    "--port", type=click.IntRange(1, 65535), metavar="N", help="Where to listen. [default: 8888, or a free one]"
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def lab(port: int | None, no_browser: bool) -> None:
    """Open JupyterLab on the notebooks.

    They are opened where they are in a source folder. Out of an installed package they are copied to
    ./driftline-notebooks first; a file that is there and differs stays as it is. Nothing is asked of the network.

    \b
    driftline lab
    driftline lab --port 9000 --no-browser
    """
    with refusing():
        from sim.apps.lab import COPIES, arguments, check, opened, serve

        check()
        with writing(Path(COPIES)):
            place = opened(shipped.folder("notebooks"), Path.cwd())
        for name in place.kept:
            click.echo(f"{place.folder / name} differs from ours, and stays as it is", err=True)
        serve(arguments(place.folder, port, browser=not no_browser))
