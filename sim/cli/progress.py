"""How far a long verb is, on stderr; and how much it says there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Tick = Callable[[int, int], None]


@contextmanager
def progress(name: str, total: int, quiet: bool = False) -> Iterator[Tick | None]:
    """Show replications done: a bar on a terminal, else a line at each quarter."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        from tqdm import tqdm

        with tqdm(total=total, desc=name, unit=" replications", leave=False, file=sys.stderr) as bar:
            yield lambda done, _: bar.update(done - bar.n)
    else:
        quarters = {-(-total * quarter // 4) for quarter in range(1, 5)}

        def tick(done: int, of: int) -> None:
            if done in quarters:
                click.echo(f"{name}: {done} of {of} replications", err=True)

        yield tick


@contextmanager
def hushed(quiet: bool) -> Iterator[None]:
    """Keep warnings to ourselves if `quiet`, and only as long as this command runs: others share the process."""
    import logging  # late: `--help` has nothing to keep quiet about

    log = logging.getLogger("driftline")
    before = log.level
    if quiet:
        log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
