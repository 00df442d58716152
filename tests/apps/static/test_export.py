"""What a page of its own holds: every position of its grid, in the very words of a server; and how it comes to a folder."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim import shipped
from sim.apps.session import Kept
from sim.apps.static import folder
from sim.apps.static import record as recording
from sim.apps.static.grid import Grid, grid_of
from sim.apps.static.page import story_page
from sim.apps.static.record import record
from sim.apps.stories import load_story
from sim.apps.talk import Said
from sim.apps.visit import Visit
from sim.document import ScenarioError
from sim.document.writing import yaml_text
from tests.support.exported import STORY, HeldPage

SEEDS, RUNS = 2, 3


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("story") / "small.yaml"
    file.write_text(STORY)
    return file


@pytest.fixture(scope="module")
def grid(story: Path) -> Grid:
    return grid_of(load_story(story), 3)


@pytest.fixture(scope="module")
def page(grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("page") / "small.html"
    place.write_text(story_page(record(grid, SEEDS, RUNS)), encoding="utf-8")
    return place


class TestGrid:
    def test_two_knobs_are_crossed_and_the_others_move_alone(self, grid: Grid) -> None:
        start, knobs = grid.story.start, grid.story.knobs
        moved = [{name for name in knobs if position[name] != start[name]} for position in grid.positions]
        assert grid.positions[0] == start
        assert grid.cross == ("lamp", "at")
        assert sum(each <= {"lamp", "at"} for each in moved) == len(knobs["lamp"].values) * len(knobs["at"].values)
        assert [each for each in moved if not each <= {"lamp", "at"} and len(each) > 1] == [{"lamp", "share"}]  # a try
        for name in ("share", "people"):
            assert sum(each == {name} for each in moved) == len(knobs[name].values) - 1

    def test_start_both_ends_and_whatever_is_tried_are_among_the_values(self, story: Path, grid: Grid) -> None:
        whole = load_story(story)
        assert grid.story.knobs["lamp"].values == ("10%", "20%", "85%", "100%")
        assert grid.story.knobs["people"].values == whole.knobs["people"].values
        for name, knob in grid.story.knobs.items():
            assert {knob.values[0], knob.values[-1]} == {whole.knobs[name].values[0], whole.knobs[name].values[-1]}
            assert len(knob.says) == len(knob.values)

    @pytest.mark.parametrize("name", list(shipped.stories()))
    def test_every_shipped_story_has_a_grid_that_is_worth_walking(self, name: str) -> None:
        grid = grid_of(load_story(name))
        assert [len(grid.story.knobs[knob].values) >= 5 for knob in grid.cross] == [True, True]
        for one in grid.story.tries:
            assert {**grid.story.start, **one.settings} in grid.positions
        assert len({grid.key(position) for position in grid.positions}) == len(grid.positions) <= 60

    def test_a_story_says_which_knobs_are_crossed(self, story: Path) -> None:
        def wrong(cross: str) -> str:
            other = story.with_name("wrong.yaml")
            other.write_text(STORY.replace("[lamp, at]", cross))
            with pytest.raises(ScenarioError) as refused:
                load_story(other)
            return str(refused.value)

        assert "7:24: error: unknown knob 'shar': did you mean 'share'?" in wrong("[lamp, shar]")
        assert "name two different knobs" in wrong("[lamp, lamp]")


class TestRecord:
    def test_every_position_is_there_in_every_seed(self, grid: Grid, page: Path) -> None:
        there = HeldPage(page).data["there"]
        assert list(there) == [f"{seed}:{grid.key(position)}" for seed in (8, 9) for position in grid.positions]

    def test_messages_are_those_of_a_server_byte_for_byte(self, grid: Grid, page: Path) -> None:
        held = HeldPage(page)
        visit = Visit(grid.story, Kept(), refined=RUNS)  # of another day: nothing of the page's runs is kept
        some = [*grid.positions[:3], *grid.positions[-2:]]
        for seed, position in ((seed, position) for seed in (9, 8) for position in some):
            state = {**position, "seed": str(seed)}
            answer, *reels = held.data["there"][f"{seed}:{grid.key(position)}"]
            *_, said = visit.take({"kind": "refine", "state": state})
            assert held.message(answer) == (said.message, b"")
            assert (said.message["replications"], said.message["done"]) == (RUNS, True)
            for strategy, number in zip(grid.story.strategies, reels, strict=True):
                (said,) = visit.take({"kind": "reel", "state": {**state, "strategy": strategy}})
                assert held.message(number) == (said.message, said.buffers[0])

    def test_a_scenario_is_that_of_its_position(self, grid: Grid, page: Path) -> None:
        texts = HeldPage(page).scenarios
        position = grid.positions[-1]
        assert texts[f"9:{grid.key(position)}"] == yaml_text(grid.story.data(position, 9))

    def test_hello_offers_the_grids_values_and_no_others(self, grid: Grid, page: Path) -> None:
        held = HeldPage(page)
        (hello,) = Visit(grid.story, refined=RUNS).take({"kind": "ready"})
        assert held.data["hello"] == {**hello.message, "trial": False}  # nobody is there to deal phones
        assert held.data["hello"]["story"]["knobs"][0]["values"] == ["10%", "20%", "85%", "100%"]
        assert held.data["seeds"] == ["8", "9"]

    def test_what_is_the_same_is_there_once(self, page: Path) -> None:
        parts = HeldPage(page).data["parts"]
        assert len(set(parts)) == len(parts)

    def test_the_same_runs_make_the_same_page(self, grid: Grid) -> None:
        assert story_page(record(grid, 1, 1)) == story_page(record(grid, 1, 1, workers=2))

    def test_a_story_that_fails_as_it_begins_is_refused(self, grid: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Visit, "take", lambda *_: iter([Said({"kind": "refused", "say": "v1 can't be trained"})]))
        with pytest.raises(ScenarioError, match="v1 can't be trained"):
            record(grid, 1, 1)

    def test_a_position_that_the_scenario_refuses_is_in_the_page_as_its_refusal(self, story: Path) -> None:
        other = story.with_name("refused.yaml")
        long = "  long: {path: horizon, label: How long, values: [20min, 30min]}\n"
        other.write_text(STORY.replace("[lamp, at]", "[long, at]").replace("  share:", f"{long}  share:", 1))
        grid = grid_of(load_story(other), 2)
        recorded = record(grid, 1, 1)
        key = grid.key({**grid.story.start, "long": "20min", "at": "25min"})
        for number in recorded.there[f"8:{key}"]:
            assert '"say":"refused.yaml:16:72: error: the drift starts after' in _text(recorded, number)
            assert str(story.parent) not in _text(recorded, number)  # nobody's folders are anybody's business

    def test_where_a_page_would_be_too_large_phones_are_left_out_first(
        self, grid: Grid, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recording, "MOST_WITH_REELS", 60_000)
        recorded = record(grid, 1, 1)
        first, last = (list(recorded.there.values())[number][1] for number in (0, -1))
        assert '"columns"' in _text(recorded, first)
        assert "The phones of these settings are not in this page" in _text(recorded, last)
        assert f"At {recorded.without_reels} of them the phones are left out." in story_page(recorded)

    def test_a_page_that_is_too_large_even_so_is_refused_at_once(
        self, grid: Grid, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recording, "MOST_BYTES", 100_000)
        with pytest.raises(ScenarioError, match=r"positions fill a page of .*: take fewer --seeds or --values"):
            record(grid, 1, 1)


def _text(recorded: recording.Recorded, number: int) -> str:
    import base64
    import gzip

    return gzip.decompress(base64.b64decode(recorded.parts.texts[number])).decode()


class TestPage:
    def test_it_names_nothing_that_would_be_fetched(self, page: Path) -> None:
        head = page.read_text(encoding="utf-8").split('id="held"')[0]
        assert "default-src 'none'" in head
        assert 'src="' not in head
        assert [part.split('"')[0] for part in head.split('href="')[1:] if not part.startswith("data:")] == []

    def test_it_says_how_large_it_is_and_what_it_holds(self, grid: Grid, page: Path) -> None:
        text = page.read_text(encoding="utf-8")
        assert f"all that it shows ({len(text.encode()) / 1e6:.1f} MB)" in text
        assert f"real runs at {len(grid.positions)} settings of the knobs, each with 2 seeds, 3 runs of" in text


class TestFolder:
    NAMES = ("one.html", "index.html")

    def pages(self, say: str = "new") -> Iterator[tuple[str, str]]:
        for name in self.NAMES:
            yield name, f'<meta name="generator" content="driftline export">{say}'

    def test_a_new_folder_is_made_with_its_parents(self, tmp_path: Path) -> None:
        folder.write(tmp_path / "a" / "b", self.NAMES, self.pages())
        assert sorted(os.listdir(tmp_path / "a" / "b")) == sorted(self.NAMES)
        assert os.listdir(tmp_path) == ["a"]

    def test_pages_of_an_earlier_export_are_replaced_and_other_files_stay(self, tmp_path: Path) -> None:
        (tmp_path / "mine.html").write_text("mine")
        folder.write(tmp_path, self.NAMES, self.pages("old"))
        folder.write(tmp_path, self.NAMES, self.pages("new"))
        assert (tmp_path / "one.html").read_text().endswith("new")
        assert (tmp_path / "mine.html").read_text() == "mine"
        assert sorted(os.listdir(tmp_path)) == ["index.html", "mine.html", "one.html"]

    @pytest.mark.parametrize("kind", ["file", "link", "folder"])
    def test_somebodys_own_file_of_that_name_is_never_replaced(self, tmp_path: Path, kind: str) -> None:
        own = tmp_path / "index.html"
        if kind == "file":
            own.write_text("my page")
        elif kind == "link":
            own.symlink_to(tmp_path / "elsewhere")
        else:
            own.mkdir()
        before = own.lstat()
        with pytest.raises(ScenarioError, match=r"index\.html is there, and `driftline export` has not written it"):
            folder.write(tmp_path, self.NAMES, self.pages())
        assert own.lstat() == before
        assert os.listdir(tmp_path) == ["index.html"]

    def test_what_appears_there_meanwhile_is_not_replaced_either(self, tmp_path: Path) -> None:
        def pages() -> Iterator[tuple[str, str]]:
            yield from self.pages()
            (tmp_path / "one.html").write_text("mine")

        with pytest.raises(ScenarioError, match="has not written it"):
            folder.write(tmp_path, self.NAMES, pages())
        assert os.listdir(tmp_path) == ["one.html"]

    def test_a_file_in_the_place_of_the_folder_or_above_it_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        for out in (tmp_path / "file", tmp_path / "file" / "deep"):
            with pytest.raises(ScenarioError, match="is a file, and pages are put into a folder: choose another DIR"):
                folder.check(out, self.NAMES)

    @pytest.mark.parametrize("trouble", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
    def test_whatever_goes_wrong_leaves_everything_as_it_was(self, tmp_path: Path, trouble: BaseException) -> None:
        def pages() -> Iterator[tuple[str, str]]:
            yield next(self.pages())
            raise trouble

        folder.write(tmp_path / "there", self.NAMES, self.pages("old"))
        for out in (tmp_path / "there", tmp_path / "new" / "deep"):
            with pytest.raises(type(trouble)):
                folder.write(out, self.NAMES, pages())
        assert os.listdir(tmp_path) == ["there"]
        assert sorted(os.listdir(tmp_path / "there")) == sorted(self.NAMES)
        assert (tmp_path / "there" / "one.html").read_text().endswith("old")

    def test_what_a_killed_process_left_is_swept_by_the_next(self, tmp_path: Path) -> None:
        left = tmp_path / f".driftline-export-{'0' * 16}"
        left.mkdir()
        folder.write(tmp_path, self.NAMES, self.pages())
        assert not left.exists()

    def test_a_place_that_takes_nothing_is_told(self) -> None:
        place = Path("/proc/driftline")
        if not place.parent.is_dir():
            pytest.skip("a Linux machine's own folder")
        with pytest.raises(
            ScenarioError, match=r"nothing can be written to /proc/driftline \(.*\): choose another DIR"
        ):
            folder.check(place, self.NAMES)


def test_the_tests_do_not_know_more_than_a_reader(page: Path) -> None:
    held: dict[str, Any] = HeldPage(page).data
    assert sorted(held) == ["cross", "hello", "parts", "scenarios", "seeds", "there", "words"]
