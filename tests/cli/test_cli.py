"""The command line: quick help, exit codes, and one message for a user's mistake."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from acme import importable

from sim import shipped
from sim.cli import main as cli
from sim.cli.headings import Heading, Verb

HEAVY = ("numpy", "pydantic", "pyarrow", "numba", "matplotlib", "scipy", "sklearn", "ruamel.yaml", "rich")


def imported(*arguments: str) -> set[str]:
    """Return the names of all modules that a call of the command imports."""
    code = (
        "import sys, sim.cli.main\n"
        f"try: sim.cli.main.main({list(arguments)!r})\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    root = str(Path(cli.__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": root}
    )
    assert done.returncode == 0
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert imported(*arguments) & set(HEAVY) == set()


def test_a_verb_imports_its_own_family_only() -> None:
    assert "sim.cli.comparisons" not in imported("run", "--help")
    assert "sim.cli.scenarios" not in imported("judges", "--help")


def test_a_plan_that_is_only_read_starts_no_detector() -> None:
    """Their packages and limits took seconds, in `validate`, which reads no value of any stream."""
    assert imported("validate", "drift_watch") & {"river", "scipy.stats"} == set()


def test_help_groups_the_verbs_and_shows_no_empty_heading(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sections = call("--help")[1].split("\n\n")
    verbs = {text.split(":\n")[0]: [line.split()[0] for line in text.splitlines()[1:]] for text in sections}
    assert verbs["Scenarios"] == ["run", "validate", "explain", "new", "list", "schema"]
    assert verbs["Comparisons of methods"] == ["judges", "detectors"]
    monkeypatch.setattr(cli.cli, "headings", (*cli.HEADINGS, Heading("Studies", "sim.cli.studies", ())))
    assert "Studies" not in call("--help")[1]


@pytest.mark.parametrize("heading", cli.HEADINGS, ids=lambda heading: heading.title)
def test_a_heading_names_every_verb_of_its_file_and_no_other(heading: Heading) -> None:
    commands = [value for value in vars(import_module(heading.module)).values() if isinstance(value, click.Command)]
    assert {command.name for command in commands} == set(heading.verbs)


@pytest.mark.parametrize("verb", list(cli.cli.commands))
def test_every_verb_explains_itself(call: Any, verb: str) -> None:
    code, out, _ = call(verb, "--help")
    assert code == 0
    assert len(out.splitlines()[2].strip()) > 10


@pytest.mark.parametrize("verb", list(cli.cli.commands))
def test_no_verb_lets_a_package_print_into_its_results(verb: str) -> None:
    assert isinstance(cli.cli.commands[verb], Verb)


@pytest.mark.parametrize("module", ["sim", "driftline"])
def test_it_runs_as_a_module(module: str) -> None:
    root = Path(cli.__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "sim" / "_alias")])},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("driftline ")


def test_version(call: Any) -> None:
    code, out, _ = call("--version")
    assert code == 0
    assert out.startswith("driftline ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seed", "-1"], "'--seed': -1 is not in the range"),
        (["--seed", "x"], "'--seed': 'x' is not a valid integer"),
        (["--replications", "0"], "'--replications': 0 is not in the range"),
        (["--workers", "0"], "'--workers': 0 is not in the range"),
        (["--format", "xml"], "'--format': 'xml' is not one of 'table', 'json', 'csv'"),
        (["--sede", "1"], "No such option '--sede'"),
        ([], "Missing argument"),
    ],
)
def test_bad_options(call: Any, options: list[str], message: str) -> None:
    code, out, err = call("run", *(["a.yaml"] if options else []), *options)
    assert (code, out) == (2, "")
    assert message in err


def test_unknown_command(call: Any) -> None:
    code, _, err = call("runn")
    assert code == 2
    assert "Did you mean 'run'?" in err


@pytest.mark.parametrize("command", ["run", "validate"])
def test_one_bad_file_stops_all_and_all_are_told(call: Any, tmp_path: Path, command: str) -> None:
    (tmp_path / "a.yaml").write_text("driftline: 1\n")
    (tmp_path / "b.yaml").write_text("driftline: 1\nhorizon: 90\n")
    (tmp_path / "c.yml").write_text("driftline: 1\nseeed: 1\n")
    code, _, err = call(command, tmp_path)
    assert code == 2
    assert "b.yaml:2:10: error: the unit is missing" in err
    assert "c.yml:2:1: error: unknown key 'seeed'" in err
    assert not (tmp_path / "results").exists()


def test_an_empty_folder_and_a_missing_file(call: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, _, err = call("validate", "empty", "nothing.yaml")
    assert code == 2
    assert "empty: error: the folder holds no *.yaml or *.yml file" in err
    assert "nothing.yaml: error: there is no such file" in err


def test_a_strategy_that_one_file_lacks_stops_all(call: Any, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("driftline: 1\n")
    (tmp_path / "b.yaml").write_text("driftline: 1\nstrategies: [{pattern: shadow}]\n")
    code, _, err = call("run", "a.yaml", "b.yaml", "--strategy", "shadw")
    assert code == 2
    assert err.count("did you mean 'shadow'?") == 2


def test_two_scenarios_of_one_name_would_share_a_folder(call: Any, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("driftline: 1\nname: same\n")
    (tmp_path / "b.yaml").write_text("driftline: 1\nname: Same\n")
    code, _, err = call("run", "a.yaml", "b.yaml")
    assert code == 2
    assert "b.yaml: error: has the same name as a.yaml" in err


def test_new_writes_a_scenario_that_validates_and_never_overwrites(call: Any, tmp_path: Path) -> None:
    assert call("new", "mine.yaml")[0] == 0
    code, out, _ = call("validate", "mine.yaml")
    assert code == 0
    assert out.startswith("mine.yaml: ok: 3d, 10 x manual, shadow, canary, full_automation")
    (tmp_path / "mine.yaml").write_text("precious")
    code, _, err = call("new", "mine.yaml")
    assert code == 2
    assert "mine.yaml exists and is not overwritten" in err
    assert (tmp_path / "mine.yaml").read_text() == "precious"
    assert call("new", "nowhere/mine.yaml")[0] == 2


def test_list_and_new_from_shipped(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "shipped"
    folder.mkdir()
    comment = "# yaml-language-server: $schema=x\n# A lamp\n# ages.\n#\n# More.\n"
    (folder / "lamp.yaml").write_text(f"{comment}driftline: 1\n")
    monkeypatch.setattr(shipped, "folder", lambda name: folder)
    code, out, _ = call("list")
    assert code == 0
    assert ["lamp", "A", "lamp", "ages."] in [line.split() for line in out.splitlines()]
    assert "blue_green" in out
    assert call("new", "copy.yaml", "--from", "lamp")[0] == 0
    assert (tmp_path / "copy.yaml").read_text() == (folder / "lamp.yaml").read_text()
    code, _, err = call("new", "other.yaml", "--from", "lamb")
    assert code == 2
    assert "did you mean 'lamp'?" in err


def test_without_shipped_scenarios_it_says_so(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "folder", lambda name: tmp_path / "gone")
    code, out, err = call("list")
    assert code == 0
    assert "manual" in out
    assert "not here" in err
    assert call("new", "x.yaml", "--from", "lamp")[0] == 2


def test_schema(call: Any, tmp_path: Path) -> None:
    code, out, _ = call("schema")
    assert code == 0
    assert json.loads(out)["title"] == "driftline scenario"
    assert call("schema", "--out", "schema.json")[0] == 0
    assert json.loads((tmp_path / "schema.json").read_text()) == json.loads(out)
    assert call("schema", "--out", "schema.json")[0] == 0
    assert [file.name for file in tmp_path.iterdir()] == ["schema.json"]


def test_schema_is_not_written_over_a_scenario(call: Any, tmp_path: Path) -> None:
    (tmp_path / "line.yaml").write_text("driftline: 1\n")
    code, _, err = call("schema", "--out", "line.yaml")
    assert code == 2
    assert "line.yaml is a scenario and is not overwritten" in err
    assert (tmp_path / "line.yaml").read_text() == "driftline: 1\n"


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Put a runner and reporters of three lines in place of the real ones; return the calls of the runner."""
    calls: list[Any] = []

    def run(scenario: Any, *, progress: Any, training: Any, **settings: Any) -> Any:
        calls.append({"name": scenario.name, **settings})
        training(1, 1)
        for done in range(1, scenario.replications + 1):
            progress(done, scenario.replications)
        return SimpleNamespace(name=scenario.name, scenario=scenario)

    def write(result: Any, out: Path) -> None:
        out.mkdir(parents=True)

    tables = SimpleNamespace(
        print_result=lambda result, console, detail: console.print(f"table of {result.name}" + " in detail" * detail),
        print_summary=lambda results, console: console.print(f"summary of {len(results)}"),
    )
    export = SimpleNamespace(
        as_json=lambda result: {"scenario": result.name},
        as_csv=lambda result: "strategy,mean\nmanual,1\n",
    )
    folder = SimpleNamespace(check=lambda out: None, write=write)
    for name, module in (("text.tables", tables), ("data.export", export), ("folder", folder)):
        monkeypatch.setitem(sys.modules, f"sim.report.{name}", module)
    monkeypatch.setitem(sys.modules, "sim.experiment.run", SimpleNamespace(run=run))
    return calls


def test_run_shows_a_table_and_writes_a_folder(call: Any, tmp_path: Path, stubs: list[Any]) -> None:
    (tmp_path / "a.yaml").write_text("driftline: 1\n")
    code, out, err = call("run", "a.yaml", "--seed", "7", "--strategy", "canary")
    assert (code, out) == (0, "table of a\n")
    assert err.splitlines() == [
        "a: 3 of 10 replications", "a: 5 of 10 replications", "a: 8 of 10 replications",
        "a: 10 of 10 replications", "a: results are in results/a",
    ]  # fmt: skip
    assert (tmp_path / "results" / "a").is_dir()
    asked = {
        "strategies": ("canary",), "seed": 7, "replications": None, "train_replications": None, "engine": None,
        "workers": None, "metrics": (),
    }  # fmt: skip
    assert stubs == [{"name": "a", **asked}]
    assert call("run", "a.yaml", "--detail", "--out", "again", "--quiet") == (0, "table of a in detail\n", "")


def test_run_of_several(call: Any, tmp_path: Path, stubs: list[Any]) -> None:
    for name in "ba":
        (tmp_path / f"{name}.yaml").write_text("driftline: 1\n")
    code, out, err = call("run", ".", "--quiet", "--out", "here")
    assert (code, out, err) == (0, "table of a\ntable of b\nsummary of 2\n", "")
    assert sorted(place.name for place in (tmp_path / "here").iterdir()) == ["a", "b"]
    assert json.loads(call("run", ".", "--format", "json")[1]) == [{"scenario": "a"}, {"scenario": "b"}]
    assert json.loads(call("run", "a.yaml", "--format", "json")[1]) == {"scenario": "a"}
    assert call("run", ".", "--format", "csv")[1] == "scenario,strategy,mean\na,manual,1\nb,manual,1\n"
    assert call("run", "a.yaml", "--format", "csv")[1] == "strategy,mean\nmanual,1\n"
    assert not (tmp_path / "results").exists()


def test_an_interrupted_run_says_so(call: Any, tmp_path: Path, stubs: list[Any], monkeypatch: Any) -> None:
    def interrupted(scenario: Any, **settings: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "sim.experiment.run", SimpleNamespace(run=interrupted))
    (tmp_path / "a.yaml").write_text("driftline: 1\n")
    code, out, err = call("run", "a.yaml")
    assert (code, out) == (130, "")
    assert "interrupted" in err
    assert not (tmp_path / "results").exists()


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise on Windows")
def test_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    root = str(Path(cli.__file__).resolve().parents[2])
    with subprocess.Popen(
        [sys.executable, "-m", "sim.cli.main", "schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == cli.PIPE_CLOSED


def test_explain_tells_the_plan_and_makes_no_phone(call: Any, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("driftline: 1\nstrategies:\n  - {pattern: canary, steps: [7], hold: 3h}\n")
    code, out, err = call("explain", "a.yaml")
    assert (code, err) == (0, "")
    assert "7 % of the phones to v1" in out
    assert "day 1 03:00    100 %" in out
    assert call("explain", "a.yaml", "--strategy", "canery")[0] == 2


def test_judges_prints_its_table(call: Any) -> None:
    code, out, err = call("judges", "--repetitions", "20")
    assert code == 0
    assert re.search(r"^judges: (\d+) of \1 judges$", err, re.MULTILINE)
    assert "The judges alone: 20,000 phones" in out
    assert call("judges", "--repetitions", "1")[0] == 2


def test_the_list_names_what_packages_bring_to_every_family(call: Any, tmp_path: Path) -> None:
    with importable(tmp_path / "site"):
        code, out, _ = call("list")
    assert code == 0
    for name in (
        "acme_gap",
        "acme_jump",
        "acme_glare",
        "acme_glaring",
        "acme_rework_share",
        "acme_fading",
        "acme.glare",
    ):
        assert re.search(rf"^  {name} +brought by acme-line 1.2$", out, re.MULTILINE), name


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is a thing of Linux")
def test_a_full_disk_is_the_machines_trouble_wherever_it_shows(
    call: Any, tmp_path: Path, stubs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Path.open
    full = lambda self, mode="r", **how: really(Path("/dev/full"), "w") if mode == "x" else really(self, mode, **how)  # noqa: E731
    monkeypatch.setattr(Path, "open", full)
    code, _, err = call("new", "mine.yaml")
    assert (code, err) == (1, "driftline: can't write mine.yaml: No space left on device\n")
    monkeypatch.undo()


def test_a_full_disk_that_a_run_meets_is_the_machines_trouble(
    call: Any, tmp_path: Path, stubs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "a.yaml").write_text("driftline: 1\n")
    for when in ("check", "write"):
        monkeypatch.setattr(sys.modules["sim.report.folder"], when, full)
        code, _, err = call("run", "a.yaml", "--quiet")
        assert (code, err) == (1, "driftline: can't write results/a: No space left on device\n")
        monkeypatch.setattr(sys.modules["sim.report.folder"], when, lambda *given: None)


def test_how_long_the_rest_takes_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sim.cli import progress as said

    clock = iter([100.0, 130.0, 160.0, 190.0, 220.0])
    monkeypatch.setattr(said.time, "monotonic", lambda: next(clock))
    with said.progress("line", 4) as tick:
        assert tick is not None
        for done in range(1, 5):
            tick(done, 4)
    assert capsys.readouterr().err.splitlines() == [
        "line: 1 of 4 replications, about 90 s left", "line: 2 of 4 replications, about 60 s left",
        "line: 3 of 4 replications, about 30 s left", "line: 4 of 4 replications",
    ]  # fmt: skip


def test_what_comes_once_does_not_count_in_how_long_the_rest_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Models are trained, and a kernel compiled, before the first replication and never again."""
    from sim.cli import progress as said

    clock = iter([100.0, 500.0, 510.0, 520.0])
    monkeypatch.setattr(said.time, "monotonic", lambda: next(clock))
    with said.progress("line", 2) as tick:
        assert tick is not None
        for done in range(3):
            tick(done, 2)
    assert capsys.readouterr().err.splitlines() == [
        "line: 1 of 2 replications, about 10 s left",
        "line: 2 of 2 replications",
    ]


def test_a_run_says_when_its_training_is_over() -> None:
    import sim

    line = sim.build(horizon="1h", replications=2, strategies=[{"pattern": "manual"}])
    told: list[tuple[str, int]] = []
    sim.run(
        line,
        progress=lambda done, of: told.append(("replications", done)),
        training=lambda done, of: told.append(("histories", done)),
    )
    assert told == [("histories", 1), ("replications", 0), ("replications", 1), ("replications", 2)]


@pytest.mark.parametrize(
    "typed",
    [["run", ""], ["run", "a.yaml", "--out", ""], ["validate", ""], ["explain", ""], ["new", ""], ["schema", "--out", ""],
     ["compare", "", "b"], ["detectors", ""], ["app", ""]],
    ids=" ".join,
)  # fmt: skip
def test_a_name_that_is_empty_is_not_the_folder_we_are_in(call: Any, tmp_path: Path, typed: list[str]) -> None:
    """As by `driftline run "$FILE"` where FILE is not set: it ran all that lay around."""
    (tmp_path / "a.yaml").write_text("driftline: 1\nhorizon: 1h\nreplications: 1\nstrategies: [{pattern: manual}]\n")
    code, out, err = call(*typed)
    assert (code, out) == (2, "")
    assert "it is empty, as a variable of a shell is that nobody has set; name a file or folder" in err
    assert [file.name for file in tmp_path.iterdir()] == ["a.yaml"]


@pytest.mark.parametrize(
    "typed",
    [["detectors", "--replications", "99999999999"], ["detectors", "--workers", "1000000"], ["judges", "--repetitions", "99999999999"]],
    ids=" ".join,
)  # fmt: skip
def test_a_count_beyond_reason_is_refused_before_it_fills_the_memory(call: Any, typed: list[str]) -> None:
    code, _, err = call(*typed)
    assert code == 2
    assert f"{typed[2]} is not in the range" in err


def test_a_file_is_not_written_into_a_folder_that_is_not_there(call: Any) -> None:
    code, _, err = call("new", "no/such/line.yaml")
    assert code == 2
    assert "can't write no/such/line.yaml: No such file or directory; make the folder no/such first" in err


def test_a_scenario_by_stdin_is_told_to_come_as_a_file(call: Any) -> None:
    assert "what comes by stdin is not read: save it to a file" in call("run", "-")[2]


def test_workers_that_die_under_the_judges_are_one_message(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.comparisons import judges_on_the_line
    from sim.experiment.workers import WorkersDied

    def dying(*given: Any, **named: Any) -> Any:
        raise WorkersDied("a worker process died")

    monkeypatch.setattr(judges_on_the_line, "table", dying)
    code, _, err = call("judges", "--on-the-line")
    assert (code, err) == (1, "driftline: a worker process died\n")
