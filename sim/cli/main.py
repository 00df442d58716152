"""The `driftline` command: results to stdout, progress and messages to stderr.

Exit codes: 0 done, 1 the machine's trouble, 2 the user's input (one message with place, cause and remedy), 130
interrupted, 141 nobody reads on. Everything heavy is imported inside the verbs, so that `--help` answers at once.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

import click

from sim.cli.headings import Heading, VerbsUnderHeadings
from sim.cli.interrupts import INTERRUPTED, ending_as_by_ctrl_c, hear_no_more
from sim.cli.streams import StdoutGone, streams_of_a_command

#: What a shell reports of a program that a closed pipe ended.
PIPE_CLOSED = 141
#: How many new objects have the garbage collector look: libraries bring a quarter of a million that stay, and looking
#: through them again and again was a twentieth of a run with its figures.
SELDOM = (20_000, 10, 10)

#: The verbs in the order of `driftline --help`. Each heading is a file of this folder.
HEADINGS = (
    Heading("Scenarios", "sim.cli.scenarios", ("run", "validate", "explain", "new", "list", "schema")),
    Heading("Sandbox", "sim.cli.apps", ("app", "export")),
    Heading("Competitions", "sim.cli.arena", ("arena",)),
    Heading("Teaching", "sim.cli.exam", ("exam",)),
    Heading("Notebooks", "sim.cli.notebooks", ("lab",)),
    Heading("Results", "sim.cli.results", ("compare",)),
    Heading("Inspectors and models", "sim.cli.gauge", ("gauge",)),
    Heading("Background", "sim.cli.facts", ("facts",)),
    Heading("Comparisons of methods", "sim.cli.comparisons", ("judges", "detectors")),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code.

    Examples
    --------
    >>> main(["run", "--seed", "-1"])
    Traceback (most recent call last):
    SystemExit: 2
    """
    if arguments is None:  # this process is the command
        gc.set_threshold(*SELDOM)
    with ending_as_by_ctrl_c():
        code = _code_of(arguments)
        if arguments is None:
            hear_no_more()
    sys.exit(code)


def _code_of(arguments: Sequence[str] | None) -> int:
    try:
        with streams_of_a_command():
            return _code_of_verb(arguments)
    except StdoutGone as gone:
        if gone.reader_gone:  # `| head`
            return PIPE_CLOSED
        with streams_of_a_command():
            click.echo(f"driftline: can't write to stdout: {gone}", err=True)
        return 1
    except KeyboardInterrupt:  # a second one, while the first is told
        return INTERRUPTED


def _code_of_verb(arguments: Sequence[str] | None) -> int:
    try:
        code = cli.main(args=arguments, prog_name="driftline", standalone_mode=False)
    except click.ClickException as refused:
        refused.show()
        return 2
    except click.Abort:
        click.echo("interrupted: nothing is left half written", err=True)
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    import sim

    click.echo(f"driftline {sim.__version__}")
    ctx.exit()


@click.group(cls=VerbsUnderHeadings, headings=HEADINGS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version,
              help="Show the version and exit.")  # fmt: skip
def cli() -> None:
    """A phone factory's inspection line, a world that drifts, and the deployment strategies that decide who
    decides: defect leakage and latency of each, on the same phones.

    \b
    driftline run quickstart     run a shipped scenario and compare its strategies
    driftline new line.yaml      write a commented scenario to start from
    driftline run line.yaml      run it
    """


if __name__ == "__main__":
    main()
