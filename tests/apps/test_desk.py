"""A desk: whoever asks never waits, the newest move wins, and what is cancelled is not shown."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event, current_thread

import pytest

from sim.apps.desk import Desk
from sim.apps.stories import load_story
from sim.apps.talk import Heard, Said, Stale
from sim.apps.visit import Visit


class Slow:
    """Answers in parts, each when it is let go, as long as somebody waits for them."""

    def __init__(self, parts: int = 3) -> None:
        self.go, self.begun = Event(), Event()
        self.taken: list[object] = []
        self.seen: list[object] = []
        self._parts = parts

    def __call__(self, message: Heard, stale: Stale) -> Iterator[Said]:
        self.taken.append(message["serial"])
        self.seen.append(message.get("seen"))
        for part in range(self._parts):
            self.begun.set()
            self.go.wait(5)
            yield Said({"kind": "answer", "serial": message["serial"], "part": part, "replications": 7})
            if stale():
                return


def serials(heard: list[Said]) -> list[object]:
    return [said.message["serial"] for said in heard]


def test_who_asks_does_not_wait_and_hears_on_another_thread() -> None:
    slow, heard, threads = Slow(1), [], []
    desk = Desk(slow, lambda said: (heard.append(said), threads.append(current_thread())))  # type: ignore[func-returns-value]
    began = time.monotonic()
    desk.ask({"kind": "show", "serial": 1})
    assert time.monotonic() - began < 1
    assert not desk.wait(0.01)
    slow.go.set()
    assert desk.wait(5)
    assert threads[0] is not current_thread()
    desk.close()


def test_of_a_held_key_the_part_in_hand_and_the_newest_are_shown() -> None:
    slow, heard = Slow(), []
    desk = Desk(slow, heard.append)
    desk.ask({"kind": "show", "serial": 0})
    assert slow.begun.wait(5)
    for serial in range(1, 20):
        desk.ask({"kind": "show", "serial": serial})
    slow.go.set()
    assert desk.wait(5)
    assert slow.taken == [0, 19]
    assert serials(heard) == [0, 19, 19, 19]
    desk.close()


def test_what_refines_waits_until_nothing_else_does_and_goes_on_where_it_was_left_off() -> None:
    slow, heard = Slow(), []
    desk = Desk(slow, heard.append)
    desk.ask({"kind": "refine", "serial": 1})
    assert slow.begun.wait(5)
    desk.ask({"kind": "reel", "serial": 2})
    slow.go.set()
    assert desk.wait(5)
    assert serials(heard) == [1, 2, 2, 2, 1, 1, 1]
    assert slow.seen == [None, None, 7], "it is told how many replications the page has seen"
    desk.close()


def test_what_refines_is_not_gone_on_with_after_a_move() -> None:
    slow, heard = Slow(), []
    desk = Desk(slow, heard.append)
    desk.ask({"kind": "refine", "serial": 1})
    assert slow.begun.wait(5)
    desk.ask({"kind": "show", "serial": 2})
    slow.go.set()
    assert desk.wait(5)
    assert serials(heard) == [1, 2, 2, 2]
    desk.close()


def test_a_newer_picture_to_compare_with_takes_the_place_of_an_older_one() -> None:
    slow, heard = Slow(), []
    desk = Desk(slow, heard.append)
    desk.ask({"kind": "show", "serial": 1, "ghost": True})
    assert slow.begun.wait(5)
    desk.ask({"kind": "show", "serial": 2, "ghost": True})
    slow.go.set()
    assert desk.wait(5)
    assert serials(heard) == [1, 2, 2, 2]
    desk.close()


def test_what_is_cancelled_is_not_shown() -> None:
    slow, heard = Slow(), []
    desk = Desk(slow, heard.append)
    desk.ask({"kind": "show", "serial": 1})
    assert slow.begun.wait(5)
    desk.ask({"kind": "reel", "serial": 1})
    desk.ask({"kind": "cancel"})
    slow.go.set()
    assert desk.wait(5)
    assert heard == []
    desk.ask({"kind": "show", "serial": 2})
    assert desk.wait(5)
    assert serials(heard) == [2, 2, 2]
    desk.close()


def test_a_picture_to_compare_with_does_not_take_the_place_of_the_picture() -> None:
    slow, heard = Slow(1), []
    desk = Desk(slow, heard.append)
    desk.ask({"kind": "reel", "serial": 0})
    assert slow.begun.wait(5)
    desk.ask({"kind": "show", "serial": 1})
    desk.ask({"kind": "show", "serial": 2, "ghost": True})
    slow.go.set()
    assert desk.wait(5)
    assert serials(heard) == [0, 1, 2]
    desk.close()


def test_a_mistake_of_ours_is_told_and_logged_and_the_next_message_is_answered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(message: Heard, stale: Stale) -> Iterator[Said]:
        raise RuntimeError("a hole")
        yield

    heard: list[Said] = []
    desk = Desk(broken, heard.append)
    desk.ask({"kind": "show", "serial": 1})
    assert desk.wait(5)
    assert heard[0].message["say"] == "driftline failed at this: RuntimeError: a hole; please report it"
    desk.ask({"kind": "show", "serial": 2})
    assert desk.wait(5)
    assert len(heard) == 2
    assert "RuntimeError: a hole" in caplog.text
    desk.close()


def test_a_desk_answers_with_a_visits_runs() -> None:
    heard: list[Said] = []
    desk = Desk(Visit(load_story("lamp")).take, heard.append)
    desk.ask({"kind": "show", "serial": 3, "state": {"lamp": "60%"}})
    desk.ask({"kind": "yaml", "state": {"lamp": "60%"}})
    desk.ask({"kind": "reel", "serial": 3, "state": {"lamp": "61%"}})
    assert desk.wait(60)
    desk.close()
    kinds = [said.message["kind"] for said in heard]
    assert kinds[0] == "progress"
    assert kinds[-3:] == ["answer", "yaml", "refused"]
    assert heard[-3].message["done"] is True
    assert "the nearest is 60%" in heard[-1].message["say"]


def test_each_view_of_a_widget_hears_its_own_answer() -> None:
    """Two cells showed one widget: the second's first question left the first's unanswered, which waited for ever."""
    slow, heard = Slow(), []
    desk = Desk(slow, heard.append)
    desk.ask({"kind": "show", "serial": 1, "view": "one"})
    assert slow.begun.wait(5)
    desk.ask({"kind": "show", "serial": 2, "view": "other"})
    desk.ask({"kind": "show", "serial": 3, "view": "other"})
    slow.go.set()
    assert desk.wait(5)
    desk.close()
    parts = [serial for serial in serials(heard) if serial == 1]
    assert len(parts) == slow._parts
    assert serials(heard)[-1] == 3
    assert 2 not in serials(heard)


def test_what_is_cancelled_in_one_view_goes_on_in_another() -> None:
    slow, heard = Slow(), []
    desk = Desk(slow, heard.append)
    desk.ask({"kind": "show", "serial": 1, "view": "one"})
    assert slow.begun.wait(5)
    desk.ask({"kind": "cancel", "serial": 2, "view": "other"})
    slow.go.set()
    assert desk.wait(5)
    desk.close()
    assert serials(heard) == [1] * slow._parts


def test_who_cancels_at_any_moment_stops_nobody_for_good() -> None:
    """Between the choice of what is next and its taking a cancel could empty the place, and the desk's thread ended."""
    heard: list[Said] = []
    desk = Desk(lambda message, stale: iter([Said({"kind": "answer", "serial": message["serial"]})]), heard.append)
    for serial in range(300):
        desk.ask({"kind": "show", "serial": serial, "view": f"view {serial % 3}"})
        desk.ask({"kind": "cancel", "serial": serial, "view": f"view {(serial + serial // 7) % 3}"})
    desk.ask({"kind": "show", "serial": "last"})
    assert desk.wait(5)
    desk.close()
    assert serials(heard)[-1] == "last"
    assert not desk._views or all(waiting.is_empty for waiting in desk._views.values())
