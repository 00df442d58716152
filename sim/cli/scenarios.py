"""The verbs about scenarios: run, validate, explain, new, list, schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim import shipped
from sim.cli.console import console, print_columns
from sim.cli.headings import Verb
from sim.cli.loading import NONE_SHIPPED, check_strategies, in_its_file, load_all, overrides_option, scenarios_argument
from sim.cli.outputs import places_for, print_all, print_table, refuse_to_replace
from sim.cli.progress import hushed, progress
from sim.cli.refusing import refusing, whole_or_not_at_all, writing
from sim.cli.streams import say
from sim.cli.typed import TypedPath

if TYPE_CHECKING:
    from sim.experiment.result import Result
    from sim.scenario import Scenario


@click.command(cls=Verb)
@scenarios_argument
@click.option(
    "--out",
    type=TypedPath(),
    metavar="DIR",
    help="Folder for the results; of several scenarios, each in DIR/NAME. "
    "[default: results/NAME with tables, none with json and csv]",
)
@overrides_option
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), metavar="N", help="In place of the scenario's own.")
@click.option("--replications", type=click.IntRange(1, 100_000), metavar="N", help="In place of the scenario's own.")
@click.option(
    "--train-replications",
    type=click.IntRange(1, 10_000),
    metavar="K",
    help="In place of the scenario's own: train the models from K histories, so that intervals cover them, too.",
)
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    metavar="NAME",
    help="Run only this strategy; may be repeated. [default: all]",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    help="Measure this metric of an installed package too; may be repeated.",
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
@click.option("--detail", is_flag=True, help="Tables with all that a first reader does without.")
@click.option("--quiet", is_flag=True, help="No progress, no messages.")
def run(
    scenarios: tuple[Path, ...],
    out: Path | None,
    overrides: tuple[str, ...],
    seed: int | None,
    replications: int | None,
    train_replications: int | None,
    strategies: tuple[str, ...],
    metrics: tuple[str, ...],
    engine: str | None,
    workers: int | None,
    form: str,
    detail: bool,
    quiet: bool,
) -> None:
    """Run scenarios and compare their strategies.

    All files are checked before anything runs. A FOLDER means its *.yaml and *.yml files, a NAME a shipped scenario.

    \b
    driftline run quickstart
    driftline run line.yaml --seed 7 --strategy canary --strategy manual --out other
    driftline run scenarios --format json > all.json
    """
    with hushed(quiet), refusing():
        loaded = load_all(scenarios, overrides=overrides)
        several = len(scenarios) > 1 or scenarios[0].is_dir()
        check_strategies(loaded, strategies)
        places = places_for(loaded, out, form, several)
        if out is None:
            changed = {"seed": seed, "replications": replications, "train_replications": train_replications}
            refuse_to_replace(loaded, places, overrides, changed, strategies)

        from sim.report.folder import check, write

        for place in places:
            if place is not None:
                with writing(place):
                    check(place)

        from sim.experiment.run import run as compare

        if not quiet:
            _say_how_long(loaded, replications)
        results: list[Result] = []
        for (file, scenario), place in zip(loaded.items(), places, strict=True):
            histories = train_replications or scenario.train_replications
            ticking = progress(scenario.name, replications or scenario.replications, quiet)
            training = progress(scenario.name, histories, quiet or histories == 1, "trained histories")
            with in_its_file(file, overrides), training as trained, ticking as tick:
                result = compare(
                    scenario,
                    strategies=strategies or None,
                    seed=seed,
                    replications=replications,
                    train_replications=train_replications,
                    engine=engine,
                    workers=workers,
                    metrics=metrics,
                    progress=tick,
                    training=trained,
                )
            if place is not None:
                with writing(place):
                    write(result, place)
                if not quiet:
                    click.echo(f"{scenario.name}: results are in {place}", err=True)
            # After the files: whoever reads stdout may close it early, and the results are safe then.
            if form == "table":
                print_table(result, detail)
            results.append(result)
        print_all(results, form, several)


def _say_how_long(loaded: dict[Path, Scenario], replications: int | None) -> None:
    """Say before a long run about how long it will take."""
    from sim.scenario.warnings import WORTH_SAYING_MIN, minutes_of_one_core, said

    minutes = sum(
        minutes_of_one_core(scenario) * (replications or scenario.replications) / scenario.replications
        for scenario in loaded.values()
    )
    if minutes >= WORTH_SAYING_MIN:
        click.echo(f"this is about {said(minutes)} of one core", err=True)


@click.command(cls=Verb)
@scenarios_argument
@overrides_option
def validate(scenarios: tuple[Path, ...], overrides: tuple[str, ...]) -> None:
    """Check scenarios, stories, arenas and exams without running them.

    Of a story every end of every knob is tried, of an arena every rival in every scenario.
    """
    with refusing():
        from sim.scenario.warnings import warnings
        from sim.units import format_duration

        def tell(file: Path, scenario: Scenario) -> None:
            names = ", ".join(strategy.title for strategy in scenario.strategies)
            runs = f"{scenario.replications}"
            if scenario.train_replications > 1:
                runs += f" (trained from {scenario.train_replications} histories)"
            say(f"{file}: ok: {format_duration(scenario.horizon)}, {runs} x {names}")
            for place, message in warnings(scenario):
                at = "".join(f"{part}." for part in place).rstrip(".")
                click.echo(f"{file}: warning: {f'{at}: ' if at else ''}{message}", err=True)

        def tell_of_another(file: Path) -> None:
            from sim.apps.arena import load_arena
            from sim.apps.exam import load_exam
            from sim.apps.stories import load_story
            from sim.cli.kinds import ARENA, EXAM, STORY, kind_of
            from sim.document import Problem, ScenarioError

            kind = kind_of(file) or STORY
            if overrides:
                hint = f"write it in the {kind.noun.split()[-1]}: a story and an arena have `set:`"
                what = f"--set is for scenarios, and this is {kind.noun}"
                raise ScenarioError([Problem(what, name=str(file), hint=hint)])
            if kind is ARENA:
                arena = load_arena(file)
                say(f"{file}: ok: an arena with {', '.join(arena.rounds)} for {', '.join(arena.rivals)}")
                return
            if kind is EXAM:
                say(f"{file}: ok: an exam with {', '.join(load_exam(file).spec.questions)}")
                return
            story = load_story(file)
            say(f"{file}: ok: a story with {', '.join(story.knobs)}")

        load_all(scenarios, tell, overrides, tell_of_another)


@click.command(cls=Verb)
@scenarios_argument
@click.option("--strategy", "strategies", multiple=True, metavar="NAME", help="Only this one; can be repeated.")
@overrides_option
def explain(scenarios: tuple[Path, ...], strategies: tuple[str, ...], overrides: tuple[str, ...]) -> None:
    """Tell what each strategy will do, moment by moment, while all is healthy.

    No phone is made: every check passes, every human at a gate comes. So it tells how long a plan takes,
    whom it exposes to how much, and what each gate waits for.
    """
    with refusing():
        loaded = load_all(scenarios, overrides=overrides)
        check_strategies(loaded, strategies)

        from sim.deployment.dry_run import dry_run
        from sim.report.text.tables import print_dry_run

        printer = console()
        for scenario in loaded.values():
            if (histories := scenario.train_replications) > 1:
                said = f"Models of {histories} histories; replication r meets those of history r mod {histories}."
                printer.print(said, highlight=False, soft_wrap=True)
            for remark in scenario.remarks():
                printer.print(remark, highlight=False, soft_wrap=True)
            for given in scenario.strategies:
                if not strategies or given.title in strategies:
                    strategy = scenario.resolved(given)
                    print_dry_run(strategy, dry_run(strategy, scenario.horizon), scenario.horizon, printer)


@click.command(cls=Verb)
@click.argument("file", required=False, type=TypedPath())
@click.option("--story", is_flag=True, help="A story: a scenario with knobs, things to try and questions.")
@click.option("--arena", is_flag=True, help="An arena: what strategies meet, and what is scored.")
@click.option("--exam", is_flag=True, help="An exam: questions about a world of each student's own.")
@click.option("--from", "name", metavar="NAME", help="Copy a shipped one; see `driftline list`.")
def new(file: Path | None, story: bool, arena: bool, exam: bool, name: str | None) -> None:
    """Write a scenario, a story, an arena or an exam to start from.

    FILE is scenario.yaml, story.yaml and so on by default; a file that exists is never overwritten.
    """
    from importlib.resources import files

    noun = _kind_asked(story, arena, exam)
    file = file or Path(f"{noun}.yaml")
    first = {"arena": "factory", "exam": "course"}  # a shipped one is one to start from
    if name is not None or noun in first:
        text = _shipped(name or first[noun], noun).read_text(encoding="utf-8")
    else:
        starter = "starter_story.yaml" if story else "starter.yaml"
        text = files("sim.cli").joinpath(starter).read_text(encoding="utf-8")
    with writing(file):
        try:
            # "x" and not a test before: between the two someone else could write the file.
            target = file.open("x", encoding="utf-8")
        except FileExistsError:
            raise click.ClickException(f"{file} exists and is not overwritten; name another file") from None
        with whole_or_not_at_all(file), target:
            target.write(text)
    verbs = {
        "story": "open it with: driftline app",
        "arena": "hold it with: driftline arena",
        "exam": "give it to: driftline exam",
    }
    verb = verbs.get(noun, "run it with: driftline run")
    click.echo(f"{file} written; {verb} {file}", err=True)


@click.command("list", cls=Verb)
def list_() -> None:
    """List the shipped scenarios, the deployment patterns and the kinds of models.

    Whatever installed packages bring is listed by name; none of their code is imported.
    """
    import inspect

    from sim.deployment.strategy import PATTERNS
    from sim.inspectors.model import KINDS
    from sim.plugins import MODELS, groups, plugins

    known = shipped.scenarios()
    if known:
        say("Scenarios (driftline new FILE --from NAME):")
        for topic, files in _by_topic(known).items():
            say(f"\n{topic}")
            print_columns((name, _first_comment(text)) for name, text in files.items())
        say()
    else:
        click.echo(NONE_SHIPPED, err=True)
    if stories := shipped.stories():
        say("Stories (driftline app NAME):")
        print_columns((name, _first_comment(file.read_text(encoding="utf-8"))) for name, file in stories.items())
        say()
    if arenas := shipped.arenas():
        say("Arenas (driftline arena NAME):")
        print_columns((name, _first_comment(file.read_text(encoding="utf-8"))) for name, file in arenas.items())
        say()
    if exams := shipped.exams():
        say("Exams (driftline exam NAME):")
        print_columns((name, _first_comment(file.read_text(encoding="utf-8"))) for name, file in exams.items())
        say()
    say("Patterns:")
    print_columns([
        *((name, (inspect.getdoc(model) or "").split("\n\n")[0]) for name, model in PATTERNS.items()),
        *((name, f"brought by {whose}") for name, whose in PATTERNS.plugins().items()),
    ])  # fmt: skip
    say()
    say("Models (kind):")
    print_columns([
        *(row for name, kind in KINDS.items() for row in kind.listed(name)),
        *((name, f"brought by {whose}") for name, whose in KINDS.plugins().items()),
    ])  # fmt: skip
    for group in groups():
        if group not in (PATTERNS.group, KINDS.group, MODELS):  # these are listed with ours
            say(f"\n{group.removeprefix('driftline.').replace('_', ' ').capitalize()}:")
            print_columns((name, f"brought by {whose}") for name, whose in plugins(group).items())


@click.command(cls=Verb)
@click.option("--out", type=TypedPath(dir_okay=False), metavar="FILE", help="Write it there, over an older one.")
@click.option("--story", is_flag=True, help="The format of stories.")
@click.option("--arena", is_flag=True, help="The format of arenas.")
@click.option("--exam", is_flag=True, help="The format of exams.")
def schema(out: Path | None, story: bool, arena: bool, exam: bool) -> None:
    """Print the scenario format as a JSON Schema, for editors. It knows what installed packages bring."""
    import json

    from sim.cli.kinds import JSON_SCHEMA, kind_of
    from sim.document.choice import choices_in
    from sim.scenario import Scenario

    if out is not None and (other := kind_of(out)) is not None and other is not JSON_SCHEMA:
        raise click.ClickException(f"{out} is {other.noun} and is not overwritten; name another file")
    for choice in choices_in(Scenario):
        for wrong in choice.load_all():
            click.echo(f"left out: {wrong}", err=True)
    noun = _kind_asked(story, arena, exam)
    if noun == "arena":
        from sim.apps.arena.schema import json_schema
    elif noun == "exam":
        from sim.apps.exam.schema import json_schema
    elif noun == "story":
        from sim.apps.stories.schema import json_schema
    else:
        from sim.scenario import json_schema
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False)
    if out is None:
        say(text)
        return
    with writing(out):
        part = out.with_name(f".{out.name}.part")
        with whole_or_not_at_all(part):
            part.write_text(text + "\n", encoding="utf-8")
            part.replace(out)
    click.echo(f"{out} written", err=True)


def _kind_asked(story: bool, arena: bool, exam: bool) -> str:
    """Return which kind of file is asked for, a scenario without a word."""
    asked = [noun for noun, wanted in {"story": story, "arena": arena, "exam": exam}.items() if wanted]
    if len(asked) > 1:
        raise click.ClickException(
            f"one file is of one kind: give one of {' and '.join(f'--{noun}' for noun in asked)}"
        )
    return asked[0] if asked else "scenario"


def _shipped(name: str, noun: str) -> Path:
    """Return the file of a shipped scenario, story, arena or exam, or refuse a name that none has."""
    known = {
        "story": shipped.stories,
        "arena": shipped.arenas,
        "exam": shipped.exams,
        "scenario": shipped.scenarios,
    }[noun]()
    if not known:
        raise click.ClickException(NONE_SHIPPED)
    if name.removesuffix(".yaml") not in known:
        from sim.document import suggest

        near = suggest(name, list(known))
        hint = f"did you mean '{near}'?" if near else f"there is: {', '.join(known)}"
        raise click.ClickException(f"no shipped {noun} is called '{name}'; {hint}")
    return known[name.removesuffix(".yaml")]


#: In the order in which a course would take them.
_TOPICS = (
    "The lifecycle",
    "Drift",
    "Degrees of automation",
    "Whom to believe",
    "Monitoring and the way back",
    "Capacity and outages",
)


def _by_topic(files: Mapping[str, Path]) -> dict[str, dict[str, str]]:
    """Return the texts of the shipped scenarios under their headings; headings that nobody has planned come last."""
    texts = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
    # Not by reading the YAML: of two dozen files that would take longer than all the rest.
    found = {name: re.search(r"^topic: *(.+?) *$", text, re.MULTILINE) for name, text in texts.items()}
    topics = {name: "Others" if match is None else match.group(1) for name, match in found.items()}
    order = [topic for topic in (*_TOPICS, *sorted({*topics.values()} - {*_TOPICS})) if topic in topics.values()]
    return {topic: {name: texts[name] for name in texts if topics[name] == topic} for topic in order}


def _first_comment(text: str) -> str:
    """Return a file's first comment lines as one, editors' instructions aside."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#") or (lines and not line.strip("# ")):
            break
        if not line.startswith("# yaml-language-server"):
            lines.append(line.lstrip("# ").rstrip())
    return " ".join(lines).strip()
