"""What a person does with a result: look at it, save it, read it again, hold it against another."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sim
from sim.experiment.result import Result
from sim.report.text.versus import print_versus
from sim.report.versus import versus


def ran(**settings: object) -> Result:
    line = {"horizon": "6h", "replications": 3, "strategies": [{"pattern": "manual"}, {"pattern": "full_automation"}]}
    return sim.run(sim.build(**{**line, **settings}), workers=1)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def result() -> Result:
    return ran()


@pytest.fixture(scope="module")
def folder(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return result.save(tmp_path_factory.mktemp("results") / "two")


def test_its_repr_is_one_short_line(result: Result) -> None:
    assert repr(result) == "<Result 'scenario': 2 strategies x 3 replications, seed 1>"
    assert repr(result["manual"]) == "<StrategyResult 'manual' (manual): 3 replications>"


def test_a_notebook_shows_the_judged_metrics_and_the_answer(result: Result) -> None:
    html = result._repr_html_()
    assert html.count("<tr>") == 3
    assert all(f"<li>{sentence}</li>" in unescape(html) for sentence in result.answer())


def test_names_are_escaped_in_html() -> None:
    html = ran(title="a <b> & c", strategies=[{"pattern": "manual", "name": "<script>"}])._repr_html_()
    assert "<script>" not in html
    assert "a &lt;b&gt; &amp; c" in html


def test_its_table_is_what_the_command_prints(result: Result) -> None:
    text = result.table()
    assert "leakage" in text.lower()
    assert all(len(line) <= 100 for line in text.splitlines())


def test_its_table_is_a_text_in_a_notebook_too(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    told = result.table()
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert result.table() == told


def test_a_frame_has_a_row_for_every_sample(result: Result) -> None:
    frame = result.to_frame()
    rows = frame.num_rows if hasattr(frame, "num_rows") else len(frame)
    assert rows == 2 * 3 * len(result.metrics)


def test_a_saved_result_gives_the_same_estimates(result: Result, folder: Path) -> None:
    again = sim.load_result(folder)
    assert again.scenario.model_dump(mode="json") == result.scenario.model_dump(mode="json")
    assert again.answer() == result.answer()
    assert again.answer(detail=True) == result.answer(detail=True) != result.answer()
    for detail in (False, True):
        assert again.table(detail=detail) == result.table(120, detail=detail)
    for strategy in result.strategies:
        for metric in result.metrics:
            saved = again[strategy.name]
            assert np.array_equal(saved.samples[metric.name], strategy.samples[metric.name], equal_nan=True)
            assert repr(saved.interval(metric.name)) == repr(strategy.interval(metric.name)), metric.name
    gap = result.difference("full_automation", "manual", "escape_rate")
    assert repr(again.difference("full_automation", "manual", "escape_rate")) == repr(gap)


def test_an_unknown_strategy_gets_the_nearest_name(folder: Path) -> None:
    with pytest.raises(KeyError, match="did you mean 'manual'"):
        sim.load_result(folder)["manuel"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda place: (place / "metrics.parquet").write_bytes(b"PAR1 and no more"), "metrics.parquet can't be read"),
        (lambda place: (place / "metrics.parquet").unlink(), "metrics.parquet can't be read"),
        (lambda place: (place / "result.json").write_text("{"), "result.json can't be read"),
        (lambda place: (place / "result.json").write_text("[]"), "result.json is no mapping"),
        (lambda place: (place / "run.json").write_text("{}"), "run.json says no versions"),
        (lambda place: (place / "run.json").unlink(), "there is no run.json in it"),
        (lambda place: (place / "scenario.yaml").unlink(), "there is no such file"),
        (
            lambda place: (place / "run.json").write_text('{"versions": 3, "engine": "simpy"}'),
            "run.json says no versions",
        ),
        (
            lambda place: (place / "result.json").write_text('{"answer": 1, "verdicts": []}'),
            "result.json says no answer",
        ),
        (lambda place: (place / "result.json").write_text("[" * 200_000), "result.json can't be read"),
        (
            lambda place: (place / "result.json").write_text('{"answer": [], "verdicts": [], "strategies": [{}]}'),
            "result.json does not say of which metrics only a lower bound is known",
        ),
        (lambda place: rewritten(place, lambda table: table.slice(1)), "has not 3 replications, as scenario.yaml says"),
        (lambda place: rewritten(place, lambda table: table.slice(0, 0)), "has other strategies than scenario.yaml"),
        (lambda place: rewritten(place, spelled_out), "metrics.parquet holds what is no sample"),
    ],
)
def test_a_damaged_folder_is_refused_in_words(folder: Path, tmp_path: Path, damage: object, message: str) -> None:
    place = tmp_path / "damaged"
    shutil.copytree(folder, place, ignore=shutil.ignore_patterns("figures"))
    damage(place)  # type: ignore[operator]
    with pytest.raises(sim.ScenarioError, match=message):
        sim.load_result(place)


def rewritten(place: Path, change: Callable[[Any], Any]) -> None:
    """Put other samples in the place of a result's."""
    table = pq.read_table(place / "metrics.parquet")
    pq.write_table(change(table), place / "metrics.parquet")


def spelled_out(table: Any) -> Any:
    """Return samples in words."""
    at = table.schema.names.index("value")
    return table.set_column(at, "value", pa.array(["many"] * table.num_rows))


def test_a_result_of_an_older_version_says_that_it_has_no_page_in_detail(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "older"
    shutil.copytree(folder, place, ignore=shutil.ignore_patterns("figures", "detail.txt"))
    with pytest.raises(sim.ScenarioError, match=r"damaged or older result: detail\.txt can't be read"):
        sim.load_result(place).table(detail=True)


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(sim.ScenarioError, match="is no folder"):
        sim.load_result(tmp_path / "nothing")
    with pytest.raises(sim.ScenarioError, match="holds no driftline result"):
        sim.load_result(tmp_path)


class TestVersus:
    def test_two_equal_runs_differ_in_nothing(self, result: Result, folder: Path) -> None:
        found = versus(result, sim.load_result(folder))
        assert (found.settings, found.versions, found.only_in_a, found.only_in_b) == ((), (), (), ())
        assert found.paired
        assert all(outcome.same or not np.isfinite(outcome.difference.mean) for outcome in found.outcomes)

    def test_another_crew_meets_the_same_phones(self, result: Result) -> None:
        found = versus(result, ran(inspectors={"count": 3}))
        assert found.paired
        assert [path for path, _, _ in found.settings] == ["inspectors.count"]
        cost = next(each for each in found.outcomes if (each.strategy, each.metric) == ("manual", "cost_per_1000"))
        assert cost.differs
        assert cost.difference.mean > 0

    def test_another_seed_makes_other_phones(self, result: Result) -> None:
        found = versus(result, ran(seed=2))
        assert not found.paired
        assert ("seed", 1, 2) in found.settings

    def test_strategies_of_one_alone_are_named(self, result: Result) -> None:
        found = versus(result, ran(strategies=[{"pattern": "manual"}, {"pattern": "shadow"}]))
        assert (found.only_in_a, found.only_in_b) == (("full_automation",), ("shadow",))

    def test_it_is_printed_in_eighty_columns(self, result: Result) -> None:
        import io

        from rich.console import Console

        text = io.StringIO()
        print_versus(versus(result, ran(inspectors={"count": 3})), Console(file=text, width=80, color_system=None))
        printed = text.getvalue()
        assert "inspectors.count" in printed
        assert "The same phones: differences are paired" in printed
        assert all(len(line) <= 80 for line in printed.splitlines())

    def test_what_is_only_a_lower_bound_is_neither_a_number_nor_a_difference(self, tmp_path: Path) -> None:
        """Half of the phones have no verdict yet: nobody knows by how much a second inspector would be quicker."""
        import io

        from rich.console import Console

        few, more = (
            ran(horizon="2h", factory={"arrivals": {"kind": "takt", "every": "10s"}}, inspectors={"count": count})
            for count in (1, 3)
        )
        saved = sim.load_result(few.save(tmp_path / "few"))
        assert saved.is_more_than(saved["manual"], "latency_p95_s")
        assert not saved.is_more_than(saved["manual"], "escape_rate")
        for found in (versus(few, more), versus(saved, more)):
            latency = next(each for each in found.outcomes if each.metric == "latency_p95_s")
            assert latency.unknown
            assert not latency.differs
            text = io.StringIO()
            print_versus(found, Console(file=text, width=100, color_system=None), everything=True)
            row = next(line for line in text.getvalue().splitlines() if "latency p95" in line)
            assert " > " in row
            assert "can't be compared" in text.getvalue()

    def test_a_result_beside_itself_is_all_equal(self, result: Result) -> None:
        """What is undefined in both, as the servers' work where there are none, is no uncertainty."""
        assert all(outcome.same for outcome in versus(result, result).outcomes)


def test_the_command_compares_folders(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from sim.cli import main as cli

    with pytest.raises(SystemExit) as ended:
        cli.main(["compare", str(folder), str(folder)])
    assert ended.value.code == 0
    assert "The scenarios are equal." in capsys.readouterr().out
    (tmp_path / "run.json").write_text(json.dumps({}))
    with pytest.raises(SystemExit) as ended:
        cli.main(["compare", str(folder), str(tmp_path)])
    assert ended.value.code == 2
    assert "run.json says no versions" in capsys.readouterr().err


def test_a_file_is_told_what_it_is_and_what_takes_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from sim import shipped
    from sim.cli import main as cli

    for file, message in (
        (shipped.scenarios()["quickstart"], "this is a scenario, and driftline compare takes folders of results"),
        (folder / "run.json", f"give it the folder: {folder}"),
    ):
        with pytest.raises(SystemExit) as ended:
            cli.main(["compare", str(file), str(folder)])
        assert ended.value.code == 2
        assert message in capsys.readouterr().err


def test_differences_of_few_phones_are_the_same_everywhere_and_never_certain(tmp_path: Path) -> None:
    """A shadow decides nothing, so it differs by nothing; full automation by what nobody can know."""
    found = ran(
        horizon="30min",
        strategies=[{"pattern": "manual"}, {"pattern": "shadow"}, {"pattern": "full_automation", "start": "0s"}],
    )
    saved = sim.load_result(found.save(tmp_path / "few"))
    shadow = found.difference("shadow", "manual", "escape_rate")
    assert (shadow.mean, shadow.low, shadow.high) == (0.0, 0.0, 0.0)
    for metric in ("escape_rate", "overkill_rate", "outgoing_dppm"):
        gap = found.difference("full_automation", "manual", metric)
        phones = min(found[name].quotients[metric].whole.sum() for name in ("full_automation", "manual"))
        times = found["manual"].quotients[metric].times
        assert gap.half_width >= 4.302652 * 2**0.5 * times / phones
        assert saved.difference("full_automation", "manual", metric) == gap
        assert found["full_automation"].minus(found["manual"], metric) == gap


def test_few_phones_of_two_independent_runs_are_no_certainty_either() -> None:
    one, other = (ran(horizon="30min", seed=seed) for seed in (1, 2))
    outcomes = {(each.strategy, each.metric): each for each in versus(one, other).outcomes}
    wholes = [each["manual"].quotients["escape_rate"].whole.sum() for each in (one, other)]
    least = (1 / wholes[0] ** 2 + 1 / wholes[1] ** 2) ** 0.5
    assert outcomes["manual", "escape_rate"].difference.half_width >= 2.776 * least
