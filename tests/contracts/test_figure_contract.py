"""What every figure must do, whoever wrote it: ours, a package's, a notebook's."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from acme import install
from drawn_text import outside, overlapping, written
from made_results import SIX, make
from matplotlib.figure import Figure
from matplotlib.text import Text

import sim
from sim.document import ScenarioError
from sim.experiment.result import Result
from sim.report import folder
from sim.report.drawing.layout import headline, place, size_of
from sim.report.drawing.style import Picture, house_style, png, svg
from sim.report.figure import FIGURES, figure, figures_of
from sim.report.text.values import plain_name

FIFTEEN = tuple(f"{pattern}_{i}" for i in range(3) for pattern in SIX)[:15]
LONG = tuple(f"a strategy with a very long name, variant number {i}" for i in range(3))
RETRAINED: dict[str, Any] = {"strategies": ("retrained", "kept"), "patterns": ("retrained", "manual")}
CASES: dict[str, dict[str, Any]] = {
    "six": {},
    "one strategy": {"strategies": ("canary",)},
    "one replication": {"replications": 1},
    "fifteen strategies": {"strategies": FIFTEEN, "patterns": tuple(name[:-2] for name in FIFTEEN)},
    "every kind of arm": {"strategies": ("assisted", "triage", "sampling", "partial_automation")},
    "no drift": {"drift": False},
    "no phone decided": {"decided": False},
    "no event at all": {"drift": False, "events": False},
    "no defectives": {"defect_rate": 0.0},
    "one defective in a thousand, two replications": {"defect_rate": 0.001, "replications": 2},
    "no latency": {"latency": False},
    "many events": {"world_events": 20},
    "long names": {"strategies": LONG, "patterns": ("canary", "canary", "mystery")},
    "half a day": {"days": 0.5, "bins": 12, "drift": False},
    "a quarter of a year": {"days": 90, "bins": 72, "replications": 2},
    "one bin": {"days": 1, "bins": 1, "drift": False},
    "retrained": RETRAINED,
    "one retrained": {"strategies": ("retrained",), "replications": 1},
    "retrained, no phone decided": {**RETRAINED, "decided": False},
    "six with people": {"people": True},
    "one with people": {"people": True, "strategies": ("canary",), "replications": 1},
    "people, fifteen strategies": {
        "people": True, "strategies": FIFTEEN, "patterns": tuple(name[:-2] for name in FIFTEEN),
    },
    "people, long names": {"people": True, "strategies": LONG, "patterns": ("canary", "canary", "mystery")},
    "people who saw no defect": {"people": True, "decided": False},
}  # fmt: skip
#: Figures that only some comparisons have: the word that their cases have in their names, and the first of these.
OWN_CASES = {"lifecycle": ("retrained", "one retrained"), "people": ("people", "six with people")}
#: Cases in which no text may lie on another.
CLOSE = (
    "six",
    "every kind of arm",
    "one replication",
    "many events",
    "long names",
    "fifteen strategies",
    "no phone decided",
    "six with people",
    "one with people",
    "people, fifteen strategies",
    "people, long names",
    "people who saw no defect",
)

OURS = FIGURES.ours()
OTHERS = ("of_a_notebook", "acme_rejects")


@pytest.fixture(autouse=True, scope="module")
def _others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Define a figure, as a notebook does, and install a package that brings some."""

    @figure("of_a_notebook")
    def of_a_notebook(result: Result) -> Figure:
        """Draw one bar per strategy: how many phones it decided."""
        with house_style():
            picture = Picture(9.0, 1.6 + 0.5 * len(result.strategies))
            phones = [int(s.timeline.good.sum() + s.timeline.defective.sum()) for s in result.strategies]
            top = headline(picture, f"At most {max(phones):,} phones were decided")
            across, up = size_of(picture)
            axes = place(picture, 4.6, 0.6, across - 5.0, up - top - 0.8)
            axes.barh([plain_name(s.name) for s in result.strategies], phones)
            return picture

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(install(tmp_path_factory.mktemp("site"))))
        figures_of(make(("canary",), replications=1))
        yield
        for name in (*OTHERS, "acme_fails"):
            FIGURES.forget(name)


def drawn(name: str, **case: Any) -> Figure:
    """Draw a figure of a made-up comparison."""
    result = make(**case)
    assert FIGURES[name].when(result)
    picture: Figure = FIGURES[name].draw(result)
    return picture


every = pytest.mark.parametrize("name", [*OURS, *OTHERS])


def belongs(name: str, case: str) -> bool:
    """Whether a figure is drawn of a case: a life, and people, only where there are any."""
    return next((figure for figure, (word, _) in OWN_CASES.items() if word in case), None) == (
        name if name in OWN_CASES else None
    )


DRAWN = [(name, case) for name in (*OURS, *OTHERS) for case in CASES if belongs(name, case)]


@pytest.mark.parametrize(("name", "case"), DRAWN)
@pytest.mark.filterwarnings("error")
def test_it_draws_whatever_comes_and_says_what_it_shows(name: str, case: str) -> None:
    picture = drawn(name, **CASES[case])
    texts = written(picture)
    sizes = {text.get_text(): text.get_fontsize() for text in picture.findobj(Text) if text.get_text().strip()}
    assert max(sizes.values()) >= 12, "a title"
    assert min(sizes.values()) >= 8.5, "large enough to project"
    assert outside(picture, texts) == []
    if case in CLOSE:
        assert overlapping(texts) == []


@every
def test_it_names_every_strategy(name: str) -> None:
    _, case = OWN_CASES.get(name, ("", "six"))
    texts = " ".join(text.replace("\n", " ") for text, _ in written(drawn(name, **CASES[case])))
    assert [s.name for s in make(**CASES[case]).strategies if plain_name(s.name) not in texts] == []


@every
def test_the_same_comparison_gives_the_same_bytes(name: str) -> None:
    case = CASES[OWN_CASES[name][1]] if name in OWN_CASES else {}
    first, second = drawn(name, **case), drawn(name, **case)
    assert png(first, dpi=60) == png(second, dpi=60)
    vector = svg(first)
    assert vector == svg(second)
    assert b"<dc:date>" not in vector


@every
def test_it_is_documented(name: str) -> None:
    words = inspect.getdoc(FIGURES[name].draw) or ""
    assert len(words.split("\n")[0]) > 20
    assert FIGURES[name].definition


def test_ours_come_in_the_order_of_a_report_and_others_after_them() -> None:
    order = (
        "overview leakage_over_time traffic latency cost_leakage cost_of_quality threshold_cost deployment people "
        "lifecycle"
    )
    assert tuple(order.split()) == OURS
    assert list(FIGURES)[: len(OURS)] == list(OURS)
    assert {*OTHERS} <= {*FIGURES}


def test_a_life_is_drawn_only_of_those_who_have_one() -> None:
    assert "lifecycle" not in figures_of(make(("canary",), replications=1))
    assert "lifecycle" in figures_of(make(("retrained",), replications=1))


def test_people_are_drawn_only_where_they_come_and_go() -> None:
    assert "people" not in figures_of(make(("manual",), replications=1))
    assert "people" in figures_of(make(("manual",), replications=1, people=True))


def test_plot_draws_by_name() -> None:
    result = make(("canary",), replications=2)
    assert png(sim.plot(result, "of_a_notebook"), dpi=50)
    assert png(sim.plot(result), dpi=50) == png(result.plot(), dpi=50)
    with pytest.raises(ScenarioError, match="no figure called 'latencies': did you mean 'latency'"):
        sim.plot(result, "latencies")
    with pytest.raises(ScenarioError, match="this comparison has no figure 'lifecycle'"):
        sim.plot(result, "lifecycle")
    with pytest.raises(ScenarioError, match=r"acme_undeclared.*needs a docstring"):
        sim.plot(result, "acme_undeclared")
    with pytest.raises(ScenarioError, match=r"acme_broken_figure.*acme needs libcamera"):
        sim.plot(result, "acme_broken_figure")


def test_a_result_folder_holds_them_and_no_failure_of_others_costs_a_result(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write(make(("canary",), replications=1), tmp_path / "out")
    files = {path.name for path in (tmp_path / "out" / "figures").iterdir()}
    assert {"of_a_notebook.png", "acme_rejects.svg", "overview.png"} <= files
    assert not any("fails" in name or "broken" in name for name in files)
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "figure 'acme_fails' is left out: the figure acme_fails fails: RuntimeError: no ink (figures.py:" in said
    assert "figure 'acme_broken_figure' is left out" in said


def test_a_failure_of_ours_is_never_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("sim.report.figures.latency.draw_latency", fail)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        folder.write(make(("canary",), replications=1), tmp_path / "out")
