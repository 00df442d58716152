"""How far a long verb is, on stderr; and how much it says there."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from sim.cli.interrupts import end_if_asked

Tick = Callable[[int, int], None]


@contextmanager
def progress(
    name: str, total: int, quiet: bool = False, unit: str = "replications", alike: bool = True
) -> Iterator[Tick]:
    """Show what is done and about how long the rest will take: a bar on a terminal, else a line at each quarter.

    The time counts from the tick that says that none is done: what goes before it, such as training, does not come
    again. Of parts that are not `alike` nobody knows how long the rest takes, so that is not said.
    A tick ends the work if somebody has asked for that.
    """
    if quiet:
        yield lambda done, of: end_if_asked()
    elif sys.stderr.isatty():
        from tqdm import tqdm

        left = ", about {remaining} left" if alike else ""
        form = f"{{desc}}: {{percentage:3.0f}}% |{{bar}}| {{n_fmt}} of {{total_fmt}} {unit}{left}"
        with tqdm(total=total, desc=name, leave=False, file=sys.stderr, bar_format=form) as bar:

            def move(done: int, of: int) -> None:
                end_if_asked()
                bar.update(done - bar.n)
                if not done:
                    bar.reset()

            yield move
    else:
        began = time.monotonic()
        quarters = {-(-total * quarter // 4) for quarter in range(1, 5)}

        def tick(done: int, of: int) -> None:
            nonlocal began
            end_if_asked()
            if not done:
                began = time.monotonic()
            elif done in quarters:
                left = (time.monotonic() - began) * (of - done) / done if alike else 0.0
                click.echo(f"{name}: {done} of {of} {unit}{_about(left)}", err=True)

        yield tick


def _about(seconds: float) -> str:
    """Say how long the rest will take, if that is worth a word.

    >>> _about(0.2), _about(41.3), _about(340.0)
    ('', ', about 41 s left', ', about 6 min left')
    """
    if seconds < 1.0:
        return ""
    return f", about {seconds:.0f} s left" if seconds < 120.0 else f", about {seconds / 60:.0f} min left"


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
