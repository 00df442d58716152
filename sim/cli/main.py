"""The `driftline` command: results to stdout, progress and messages to stderr.

Exit codes: 0 done, 2 the user's input (one message with place, cause and remedy), 130 interrupted.
Everything heavy is imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from sim.experiment.result import Result
    from sim.scenario.spec import Scenario

SHIPPED = Path(__file__).resolve().parents[2] / "scenarios"
INTERRUPTED = 130
#: What a shell reports of a program that a closed pipe ended.
PIPE_CLOSED = 141

STARTER = """\
# Would a canary have caught the ageing lamp? A start to change: every key has a default, so leave out what
# you don't need. `driftline schema --out scenario.schema.json` gives an editor completion and checks.
driftline: 1                      # version of the format
title: A lamp ages while a model is rolled out
seed: 1                           # same seed, same phones, same results
replications: 10                  # repeated with other phones: how sure the numbers are
horizon: 3d                       # how long the line is watched: us, ms, s, min, h, d, w
warm_up: 2h                       # the first phones find an empty line: not measured

factory:
  defect_rate: 2%                 # phones with at least one defect
  arrivals: {kind: takt, every: 20s}

drift:                            # how the world moves; leave out for a world that stays
  - name: lamp ages
    what: camera.contrast
    profile: incremental          # sudden, incremental, gradual, recurring, blip
    at: 1d 6h
    over: 12h
    to: 80%                       # of the contrast the camera had

inspectors:
  count: 2
  service: {law: lognormal, mean: 21s, sigma: 0.35}

models:
  v1:
    kind: logistic                # or boosted_trees; or your own: estimator, scores
    training: {phones: 20000, labels: inspectors}

deployment:                       # where every strategy starts
  stable: humans
  candidate: v1
  start: 4h

audits: {of_passes: 2%, of_rejects: 2%, delay: 4h}

strategies:                       # all of them see the same phones
  - pattern: manual
  - pattern: shadow
  - pattern: canary
    steps: [5, 25, 50, 100]       # percent of the phones on the candidate
    hold: 4h
    analysis:
      checks:
        - {metric: reject_rate, versus_stable_at_most: 2, min_samples: 200}
  - pattern: full_automation
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code.

    Examples
    --------
    >>> main(["run", "--seed", "-1"])
    Traceback (most recent call last):
    SystemExit: 2
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a letter shows its code instead of a traceback.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    try:
        code = cli.main(args=arguments, prog_name="driftline", standalone_mode=False)
    except click.ClickException as refused:
        refused.show()
        code = 2
    except click.Abort:
        click.echo("interrupted: nothing is left half written", err=True)
        code = INTERRUPTED
    sys.exit(code if isinstance(code, int) else 0)


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader has gone (`| head`): what Python would still flush at its end has nowhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(PIPE_CLOSED)
        return result


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("driftline")
    except PackageNotFoundError:
        number = "(not installed: run from a source folder)"
    click.echo(f"driftline {number}")
    ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version,
              help="Show the version and exit.")  # fmt: skip
def cli() -> None:
    """A phone factory's inspection line, a world that drifts, and the deployment strategies that decide who
    decides: defect leakage and latency of each, on the same phones.

    \b
    driftline new line.yaml      write a commented scenario to start from
    driftline run line.yaml      run it and compare its strategies
    """


_SCENARIOS = click.argument(
    "scenarios", nargs=-1, required=True, metavar="FILE|FOLDER...", type=click.Path(path_type=Path)
)


@cli.command()
@_SCENARIOS
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for the results; of several scenarios, each in DIR/NAME. "
    "[default: results/NAME with tables, none with json and csv]",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), metavar="N", help="In place of the scenario's own.")
@click.option("--replications", type=click.IntRange(1, 100_000), metavar="N", help="In place of the scenario's own.")
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    metavar="NAME",
    help="Run only this strategy; may be repeated. [default: all]",
)
@click.option("--engine", metavar="NAME", help="What moves the phones; results do not depend on it.")
@click.option(
    "--workers",
    type=click.IntRange(1, 4096),
    metavar="N",
    help="Processes; results do not depend on it. [default: one per core]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="What goes to stdout.",
)
@click.option("--quiet", is_flag=True, help="No progress, no messages.")
def run(
    scenarios: tuple[Path, ...],
    out: Path | None,
    seed: int | None,
    replications: int | None,
    strategies: tuple[str, ...],
    engine: str | None,
    workers: int | None,
    form: str,
    quiet: bool,
) -> None:
    """Run scenarios and compare their strategies.

    All files are checked before anything runs. A FOLDER means its *.yaml and *.yml files.

    \b
    driftline run line.yaml --seed 7 --strategy canary --strategy manual
    driftline run scenarios --format json > all.json
    """
    if quiet:
        logging.getLogger("driftline").setLevel(logging.ERROR)
    with _refusing():
        loaded = _load_all(scenarios)
        several = len(scenarios) > 1 or scenarios[0].is_dir()
        _check_strategies(loaded, strategies)
        places = _places(loaded, out, form, several)

        from sim.report.data.folder import check, write

        for place in places:
            if place is not None:
                check(place)

        from sim.experiment.run import run as compare

        results: list[Result] = []
        for scenario, place in zip(loaded.values(), places, strict=True):
            with _progress(scenario.name, replications or scenario.replications, quiet) as tick:
                result = compare(
                    scenario,
                    strategies=strategies or None,
                    seed=seed,
                    replications=replications,
                    engine=engine,
                    workers=workers,
                    progress=tick,
                )
            if place is not None:
                with _writing(place):
                    write(result, place)
                if not quiet:
                    click.echo(f"{scenario.name}: results are in {place}", err=True)
            # After the files: whoever reads stdout may close it early, and the results are safe then.
            if form == "table":
                _print_table(result)
            results.append(result)
        _print_all(results, form, several)


@cli.command()
@_SCENARIOS
def validate(scenarios: tuple[Path, ...]) -> None:
    """Check scenarios without running them."""
    with _refusing():
        from sim.units import format_duration

        def say(file: Path, scenario: Scenario) -> None:
            names = ", ".join(strategy.title for strategy in scenario.strategies)
            click.echo(f"{file}: ok: {format_duration(scenario.horizon)}, {scenario.replications} x {names}")

        _load_all(scenarios, say)


@cli.command()
@_SCENARIOS
@click.option("--strategy", "strategies", multiple=True, metavar="NAME", help="Only this one; can be repeated.")
def explain(scenarios: tuple[Path, ...], strategies: tuple[str, ...]) -> None:
    """Tell what each strategy will do, moment by moment, while all is healthy.

    No phone is made: every check passes, every human at a gate comes. So it tells how long a plan takes,
    whom it exposes to how much, and what each gate waits for.
    """
    with _refusing():
        loaded = _load_all(scenarios)
        _check_strategies(loaded, strategies)

        from sim.deployment.dry_run import dry_run
        from sim.report.text.tables import print_dry_run

        console = _console()
        for scenario in loaded.values():
            for remark in scenario.remarks():
                console.print(remark, highlight=False, soft_wrap=True)
            for given in scenario.strategies:
                if not strategies or given.title in strategies:
                    strategy = scenario.resolved(given)
                    print_dry_run(strategy, dry_run(strategy, scenario.horizon), scenario.horizon, console)


@cli.command()
@click.argument("file", required=False, default="scenario.yaml", type=click.Path(path_type=Path))
@click.option("--from", "shipped", metavar="NAME", help="Copy a shipped one; see `driftline list`.")
def new(file: Path, shipped: str | None) -> None:
    """Write a scenario to start from.

    FILE is scenario.yaml by default; a file that exists is never overwritten.
    """
    text = STARTER
    if shipped is not None:
        known = _shipped()
        if not known:
            raise click.ClickException(_NONE_SHIPPED)
        if shipped.removesuffix(".yaml") not in known:
            from sim.document import suggest

            near = suggest(shipped, list(known))
            hint = f"did you mean '{near}'?" if near else f"there is: {', '.join(known)}"
            raise click.ClickException(f"no shipped scenario is called '{shipped}'; {hint}")
        text = known[shipped.removesuffix(".yaml")].read_text(encoding="utf-8")
    with _writing(file):
        try:
            # "x" and not a test before: between the two someone else could write the file.
            with file.open("x", encoding="utf-8") as target:
                target.write(text)
        except FileExistsError:
            raise click.ClickException(f"{file} exists and is not overwritten; name another file") from None
    click.echo(f"{file} written; run it with: driftline run {file}", err=True)


@cli.command("list")
def list_() -> None:
    """List the shipped scenarios, the deployment patterns and the kinds of models.

    What installed packages bring is listed by name; none of their code is imported.
    """
    import inspect

    import sim.deployment.patterns  # noqa: F401  # registers them
    from sim.deployment.patterns.installed import pattern_plugins
    from sim.deployment.strategy import PATTERNS
    from sim.inspectors.model import KINDS

    known = _shipped()
    if known:
        click.echo("Scenarios (driftline new FILE --from NAME):")
        _columns((name, _first_comment(file.read_text(encoding="utf-8"))) for name, file in known.items())
        click.echo()
    else:
        click.echo(_NONE_SHIPPED, err=True)
    click.echo("Patterns:")
    _columns([
        *((name, (inspect.getdoc(model) or "").split("\n\n")[0]) for name, model in PATTERNS.items()),
        *((name, f"brought by {whose}") for name, whose in pattern_plugins().items()),
    ])  # fmt: skip
    click.echo()
    click.echo("Models (kind):")
    _columns([
        *(row for name, kind in KINDS.items() for row in kind.listed(name)),
        *((name, f"brought by {whose}") for name, whose in KINDS.brought().items()),
    ])  # fmt: skip


@cli.command()
@click.option("--on-the-line", is_flag=True, help="On two weeks of the standard line, with late and partial labels.")
@click.option("--repetitions", type=click.IntRange(min=20), metavar="N", help="Default: 2000; on the line 300.")
@click.option("--seed", type=click.IntRange(min=0, max=2**32 - 1), default=1, metavar="N", help="Default: 1.")
def judges(on_the_line: bool, repetitions: int | None, seed: int) -> None:
    """Compare the judges of a rollout: alone, or on a line.

    How often does each blame an equal candidate, how often does it catch one that leaks two or three times as
    much, and how late? Half a minute alone; on the line some minutes.
    """
    from sim.comparisons import judges as judging
    from sim.comparisons import judges_on_the_line as judging_on_the_line
    from sim.comparisons.judges_table import print_table, print_table_on_the_line

    if not on_the_line:
        print_table(judging.table(repetitions or 2000, seed), _console())
        return
    repetitions = repetitions or 300
    with _progress("judges", repetitions, quiet=False) as tick:
        found = judging_on_the_line.table(repetitions, seed, progress=tick)
    print_table_on_the_line(found, _console())


@cli.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--replications", type=click.IntRange(min=1), metavar="N", help="In place of the scenario's own.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes; results do not depend on it.")
def detectors(file: Path | None, replications: int | None, workers: int | None) -> None:
    """Score a scenario's alarms against the truth.

    How often does each cry wolf, which drifts does it find, and how late? Without a FILE: a month with twelve
    detectors (scenarios/drift_watch.yaml), half a minute.
    """
    with _refusing():
        if file is None and "drift_watch" not in _shipped():
            raise click.ClickException(f"give it a FILE: {_NONE_SHIPPED}")
        (scenario,) = _load_all([file or _shipped()["drift_watch"]]).values()
        from sim.comparisons.detectors import episodes, table
        from sim.comparisons.detectors_table import print_detectors

        count = replications or scenario.replications
        with _progress(scenario.name, count, quiet=False) as tick:
            rows = table(scenario, replications, workers, tick)
        drifts = sum(len(episodes(event, scenario.horizon)) for event in scenario.drift)
        print_detectors(rows, drifts, count, _console())


@cli.command()
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there, over an older one."
)
def schema(out: Path | None) -> None:
    """Print the scenario format as a JSON Schema, for editors. It knows the patterns of installed packages."""
    import json

    from sim.deployment.patterns.installed import load_plugin, pattern_plugins
    from sim.plugins import PluginError
    from sim.scenario.spec import json_schema

    for name in pattern_plugins():
        try:
            load_plugin(name)
        except PluginError as error:
            click.echo(f"left out: {error}", err=True)
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False)
    if out is None:
        click.echo(text)
        return
    with _writing(out):
        part = out.with_name(f".{out.name}.part")
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(out)
    click.echo(f"{out} written", err=True)


@contextmanager
def _refusing() -> Iterator[None]:
    """Show a user's mistake as a message, with exit code 2; the machine's trouble with 1."""
    from sim.document import ScenarioError
    from sim.experiment.workers import WorkersDied

    try:
        yield
    except ScenarioError as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(2) from None
    except WorkersDied as error:
        click.echo(f"driftline: {error}", err=True)
        raise click.exceptions.Exit(1) from None


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    """Refuse with a message when a result can't be written: a full disk, a folder that is not there."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"can't write {place}: {error.strerror or error}") from None


def _load_all(
    paths: Sequence[Path], say: Callable[[Path, Scenario], None] = lambda file, scenario: None
) -> dict[Path, Scenario]:
    """Load every scenario, or raise one error with the problems of all of them."""
    from sim.document import Problem, ScenarioError
    from sim.scenario.spec import load

    loaded: dict[Path, Scenario] = {}
    problems: list[Problem] = []
    for path in paths:
        files = sorted(file for file in path.glob("*.y*ml") if file.suffix in (".yaml", ".yml"))
        if path.is_dir() and not files:
            problems.append(Problem("the folder holds no *.yaml or *.yml file", name=str(path)))
        for file in files if path.is_dir() else [path]:
            if file in loaded:
                continue
            try:
                loaded[file] = load(file)
            except ScenarioError as error:
                problems.extend(error.problems)
            else:
                say(file, loaded[file])
    if problems:
        raise ScenarioError(problems)
    return loaded


def _check_strategies(loaded: dict[Path, Scenario], wanted: Sequence[str]) -> None:
    """Refuse a strategy that one of several scenarios lacks before the first of them has run for an hour."""
    from sim.document import Problem, ScenarioError, suggest

    problems = []
    for file, scenario in loaded.items():
        known = [strategy.title for strategy in scenario.strategies]
        for name in wanted:
            if name not in known:
                near = suggest(name, known)
                hint = f"did you mean '{near}'?" if near else f"it has: {', '.join(known)}"
                problems.append(Problem(f"no strategy is called '{name}'", name=str(file), hint=hint))
    if problems:
        raise ScenarioError(problems)


def _places(loaded: dict[Path, Scenario], out: Path | None, form: str, several: bool) -> list[Path | None]:
    """Return where each scenario's results go; None: nowhere."""
    from sim.document import Problem, ScenarioError

    if out is None and form != "table":
        return [None] * len(loaded)
    if out is not None and not several:
        return [out]
    taken: dict[str, Path] = {}
    places: list[Path | None] = []
    for file, scenario in loaded.items():
        # A name may come from a file's name, which can hold anything: the folder must not be '..'.
        name = re.sub(r"[^\w .-]", "-", scenario.name).strip(" .") or "scenario"
        if name.casefold() in taken:
            other = taken[name.casefold()]
            message = f"has the same name as {other}, '{name}': their results would overwrite each other"
            raise ScenarioError([Problem(message, name=str(file), hint="give one another `name`")])
        taken[name.casefold()] = file
        places.append((out or Path("results")) / name)
    return places


@contextmanager
def _progress(name: str, total: int, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show replications done on stderr: a bar on a terminal, else a line at each quarter."""
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


def _print_table(result: Result) -> None:
    from sim.report.text.tables import print_result

    print_result(result, _console())


def _print_all(results: list[Result], form: str, several: bool) -> None:
    """Print what has to wait for the last scenario: a summary, or the one document that holds them all."""
    if form == "table":
        if len(results) > 1:
            from sim.report.text.tables import print_summary

            print_summary(results, _console())
    elif form == "json":
        import json

        from sim.report.data.export import as_json

        found = [as_json(result) for result in results]
        click.echo(json.dumps(found if several else found[0], indent=2, ensure_ascii=False, allow_nan=False))
    else:
        from sim.report.data.export import as_csv

        texts = [(result.scenario.name, as_csv(result)) for result in results]
        click.echo(_joined_csv(texts) if several else texts[0][1], nl=False)


def _joined_csv(texts: Sequence[tuple[str, str]]) -> str:
    """Put several tables under one another, with the scenario's name as their first column."""
    import csv
    import io

    joined = io.StringIO()
    writer = csv.writer(joined, lineterminator="\n")
    for number, (name, text) in enumerate(texts):
        head, *rows = csv.reader(io.StringIO(text))
        if number == 0:
            writer.writerow(["scenario", *head])
        writer.writerows([name, *row] for row in rows)
    return joined.getvalue()


def _console() -> Console:
    from rich.console import Console

    class Printer(Console):
        def on_broken_pipe(self) -> None:
            # Rich would exit here with 1; one place decides what a closed pipe means.
            raise BrokenPipeError

    return Printer()


_NONE_SHIPPED = "the shipped scenarios are not here: they come with the source folder and `pip install -e .`"


def _shipped() -> dict[str, Path]:
    return {file.stem: file for file in sorted(SHIPPED.glob("*.yaml"))}


def _first_comment(text: str) -> str:
    """Return a file's first comment lines as one, editors' instructions aside."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#") or (lines and not line.strip("# ")):
            break
        if not line.startswith("# yaml-language-server"):
            lines.append(line.lstrip("# ").rstrip())
    return " ".join(lines).strip()


def _columns(rows: Iterable[tuple[str, str]]) -> None:
    formatter = click.HelpFormatter(max_width=100)
    with formatter.indentation():
        formatter.write_dl([(name, text or "-") for name, text in rows])
    click.echo(formatter.getvalue(), nl=False)


if __name__ == "__main__":
    main()
