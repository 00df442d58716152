"""Visitors of a server: the newest move wins, everybody has their turn, and a monster harms only who asked for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any

import pytest
import slow_work

from sim.apps.talk import Said
from sim.apps.web.crew import Crew, Visitor
from sim.apps.web.worker import MOST_BYTES

#: Seconds that a process may take to start on a busy machine.
START_S = 60.0


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    crew = Crew(slow_work.make, 1, limit_s=2.0)
    yield crew
    crew.close()


class Page:
    """A visitor's page: asks, and hears."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.heard: SimpleQueue[Said] = SimpleQueue()
        self.visitor: Visitor = crew.enter(self.heard.put)

    def ask(self, **message: Any) -> None:
        self.crew.ask(self.visitor, {"kind": "show", **message})

    def hears(self, timeout: float = START_S) -> dict[str, Any]:
        return dict(self.heard.get(timeout=timeout).message)

    def hears_until(self, serial: int) -> list[dict[str, Any]]:
        """Return all that is heard up to the first answer to a serial."""
        all_heard = [self.hears()]
        while all_heard[-1]["serial"] != serial:
            all_heard.append(self.hears())
        return all_heard

    def leave(self) -> None:
        self.crew.leave(self.visitor)


@pytest.fixture
def page(crew: Crew) -> Iterator[Page]:
    page = Page(crew)
    yield page
    page.leave()


def test_an_answer_comes_part_by_part(page: Page) -> None:
    page.ask(serial=1, parts=3)
    assert [page.hears()["part"] for _ in range(3)] == [0, 1, 2]


def test_the_newest_move_wins_and_the_part_in_hand_is_shown(page: Page) -> None:
    page.ask(serial=1, parts=5000, each=0.01)
    assert page.hears()["serial"] == 1
    for serial in range(2, 30):
        page.ask(serial=serial)
    heard = [each["serial"] for each in page.hears_until(29)]
    assert set(heard) == {1, 29}
    assert len(heard) < 1000


def test_an_answer_comes_whole_while_others_wait_for_theirs(crew: Crew, page: Page) -> None:
    other = Page(crew)
    page.ask(serial=1, parts=20, each=0.02)
    assert page.hears()["others_wait"] is False
    other.ask(serial=2)
    page.ask(serial=3)
    assert other.hears_until(2)[-1]["others_wait"] is True
    assert page.hears_until(3)[-1]["others_wait"] is False
    other.leave()


def test_a_message_of_another_kind_is_not_superseded_by_a_move(page: Page) -> None:
    page.ask(serial=1, parts=4, each=0.05)
    page.ask(kind="yaml", serial=2)
    page.ask(serial=3)
    heard = [each["serial"] for each in page.hears_until(3)]
    assert heard[-2:] == [2, 3]


def test_refining_waits_until_nobody_waits_for_a_first_picture_and_then_goes_on(crew: Crew, page: Page) -> None:
    other = Page(crew)
    page.ask(kind="refine", serial=1, parts=300, each=0.02)
    assert page.hears()["serial"] == 1
    other.ask(serial=2)
    assert other.hears(5.0)["serial"] == 2
    deadline = time.monotonic() + 20.0
    while "seen" not in (told := page.hears()):
        assert time.monotonic() < deadline, "left off for good"
    assert told["serial"] == 1
    page.ask(kind="cancel")
    other.leave()


def test_of_two_processes_one_is_kept_from_refining_for_the_next_move() -> None:
    crew = Crew(slow_work.make, 2)
    first, second = Page(crew), Page(crew)
    for page in (first, second):  # one that still starts would leave its message to the other
        page.ask(serial=0, each=5.0)
    assert first.hears()["by"] != second.hears()["by"]
    first.ask(kind="refine", serial=1, parts=10, each=0.2)
    assert first.hears()["serial"] == 1
    second.ask(kind="refine", serial=2)
    assert second.hears()["serial"] == 2
    assert first.heard.qsize() == 9, "both refined at once, and a move would have waited for a part"
    crew.close()


def test_what_is_cancelled_is_not_shown(page: Page) -> None:
    page.ask(serial=1, parts=1000, each=0.02)
    page.hears()
    page.ask(kind="reel", serial=1)
    page.ask(kind="cancel")
    while not page.heard.empty():
        page.hears()
    page.ask(serial=2)
    assert page.hears(10.0)["serial"] == 2


def test_who_moves_a_hundred_times_is_served_no_more_often_than_others(crew: Crew, page: Page) -> None:
    order: list[object] = []
    others = [crew.enter(lambda said: order.append(said.message["serial"])) for _ in range(5)]
    page.ask(serial=0, parts=5, each=0.1)
    page.hears()
    for number, other in enumerate(others, start=1000):
        crew.ask(other, {"kind": "show", "serial": number, "each": 0.05})
        page.ask(serial=number)
        page.ask(kind="reel", serial=number)
    page.hears_until(1004)
    # The page moved first, and between all of them; it waits for its turn behind everybody who waited already.
    assert order == [1000, 1001, 1002, 1003, 1004]
    for other in others:
        crew.leave(other)


def test_the_limit_is_for_one_part_of_an_answer_and_not_for_all_of_them(page: Page) -> None:
    page.ask(serial=1, parts=4, each=0.8)
    assert [page.hears()["part"] for _ in range(4)] == [0, 1, 2, 3]


def test_a_run_beyond_the_limit_is_ended_and_told_and_the_others_go_on(crew: Crew, page: Page) -> None:
    page.ask(serial=1)
    before = page.hears()["by"]
    other = Page(crew)
    page.ask(serial=2, hang=True)
    other.ask(serial=3)
    told = page.hears()
    assert (told["kind"], told["serial"], told["say"]) == ("refused", 2, "this takes more than 2 s: it was ended")
    after = other.hears()["by"]
    assert after != before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)
    other.leave()


def test_a_run_that_takes_long_is_put_behind_the_others_and_leaves_its_place_to_them() -> None:
    crew = Crew(slow_work.make, 1, limit_s=300.0, aside_s=0.3)  # behind all others little may take long
    long, other = Page(crew), Page(crew)
    long.ask(serial=0)
    before = long.hears()["by"]
    long.ask(serial=1, each=2.0)
    other.ask(serial=2)
    assert other.hears()["by"] == before  # who only waits, as for a core, is in nobody's way
    long.hears()
    long.ask(serial=1, works=1.0)
    while not long.visitor.waiting.is_empty:
        time.sleep(0.01)
    other.ask(serial=2)
    told = other.hears()
    assert told["by"] != before
    assert long.heard.empty()
    assert long.hears()["by"] != told["by"]  # it has its answer all the same
    long.ask(serial=3)
    assert long.hears()["by"] == told["by"]  # one process was asked for, and one is left
    crew.close()


def test_a_move_goes_before_the_phones_and_the_intervals_of_others(crew: Crew, page: Page) -> None:
    order: list[object] = []
    others = [crew.enter(lambda said: order.append(said.message["serial"])) for _ in range(3)]
    page.ask(serial=0, parts=5, each=0.1)
    page.hears()
    for other, kind, serial in zip(others, ("refine", "reel", "show"), (1, 2, 3), strict=True):
        crew.ask(other, {"kind": kind, "serial": serial})
    while len(order) < 3:
        time.sleep(0.01)
    assert order == [3, 2, 1]
    for other in others:
        crew.leave(other)


def test_phones_of_a_move_before_the_last_are_not_made(page: Page) -> None:
    page.ask(serial=1, parts=3, each=0.1)
    page.hears()
    page.ask(kind="reel", serial=1)
    page.ask(serial=2)
    page.ask(kind="yaml", serial=3)
    heard = [(each["serial"], each["part"]) for each in page.hears_until(3)]
    assert heard[-2:] == [(2, 0), (3, 0)]


def test_a_mistake_of_ours_costs_one_answer_and_no_process(page: Page) -> None:
    page.ask(serial=1)
    before = page.hears()["by"]
    page.ask(serial=2, fail=True)
    told = page.hears()
    assert (told["kind"], told["serial"]) == ("refused", 2)
    assert "driftline failed at this (TypeError)" in told["say"]
    page.ask(serial=3)
    assert page.hears()["by"] == before


def test_a_message_that_cannot_be_brought_to_a_process_costs_its_visitor_an_answer_and_nobody_their_server(
    page: Page,
) -> None:
    deep: list[Any] = []
    for _ in range(2000):
        deep = [deep]
    for serial in range(3):  # a crew of one has two who could fail
        page.ask(serial=serial, more=deep)
        told = page.hears()
        assert (told["kind"], told["serial"]) == ("refused", serial)
        assert "driftline failed at this" in told["say"]
    page.ask(serial=3)
    assert page.hears()["serial"] == 3


def test_who_asks_for_all_memory_is_refused_before_the_machine_has_none_left(page: Page) -> None:
    page.ask(serial=1)
    before = page.hears()["by"]
    page.ask(serial=2, eat=MOST_BYTES)
    assert "more memory than a sandbox has" in page.hears()["say"]
    page.ask(serial=3)
    assert page.hears()["by"] == before


def test_what_follows_a_move_is_for_the_process_that_answered_it() -> None:
    two = Crew(slow_work.make, 2)
    pages = [Page(two) for _ in range(4)]
    for number in range(6):
        for page in pages:
            page.ask(serial=number, each=0.01)
        moved = [page.hears()["by"] for page in pages]
        for page in pages:
            page.ask(kind="reel", serial=number, each=0.01)
        assert [page.hears()["by"] for page in pages] == moved
    two.close()


def test_a_process_that_dies_is_replaced_and_told(page: Page) -> None:
    page.ask(serial=1, die=True)
    assert page.hears()["say"] == "the process that computed this has ended (out of memory?)"
    page.ask(serial=2)
    assert page.hears()["serial"] == 2


def test_a_process_that_died_while_it_had_nothing_to_do_costs_nobody_an_answer(page: Page) -> None:
    page.ask(serial=1)
    process = page.hears()["by"]
    while page.visitor.busy:
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    time.sleep(0.2)
    page.ask(serial=2)
    assert page.hears()["serial"] == 2


def test_a_process_that_never_gets_ready_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = Crew(slow_work.never, 1, start_s=0.5)
    page = Page(stuck)
    page.ask(serial=1)
    assert page.hears()["say"] == "the process that should compute this did not start within 0.5 s"
    stuck.close()


LARGE = "x" * 400_000  #: more than a pipe holds that nobody reads


def test_a_large_text_does_not_wait_for_ever_for_a_process_that_never_gets_ready() -> None:
    crew = Crew(slow_work.never, 1, start_s=0.5)
    page = Page(crew)
    page.ask(serial=1, text=LARGE)
    assert "did not start within 0.5 s" in page.hears(20.0)["say"]
    crew.close()


def test_a_large_text_does_not_wait_for_ever_for_a_process_that_has_stopped_to_read() -> None:
    crew = Crew(slow_work.make, 1, limit_s=1.0)
    page = Page(crew)
    page.ask(serial=1)
    process = page.hears()["by"]
    while page.visitor.busy:  # or it is stopped before it has said that it has ended
        time.sleep(0.01)
    os.kill(process, signal.SIGSTOP)
    page.ask(serial=2, text=LARGE)
    assert "did not take this within 1 s" in page.hears(20.0)["say"]
    page.ask(serial=3, text=LARGE)
    assert page.hears()["by"] != process
    crew.close()


def test_of_what_is_asked_while_a_process_starts_the_newest_is_answered() -> None:
    crew = Crew(slow_work.make, 1)
    page = Page(crew)
    for serial in range(1, 4):
        page.ask(serial=serial)
        crew.ask(page.visitor, {"kind": "yaml", "serial": 9})
    assert {page.hears()["serial"] for _ in range(2)} == {3, 9}
    assert page.heard.empty()
    crew.close()


def test_a_machine_without_room_for_a_process_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    start = BaseProcess.start

    def no_room(process: BaseProcess) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(BaseProcess, "start", no_room)
    crowded = Crew(slow_work.make, 1)
    page = Page(crowded)
    page.ask(serial=1)
    assert "can't start a process now: try again" in page.hears()["say"]
    monkeypatch.setattr(BaseProcess, "start", start)
    page.ask(serial=2)
    assert page.hears()["serial"] == 2
    crowded.close()


def test_what_is_under_way_for_who_leaves_is_left_off(crew: Crew, page: Page) -> None:
    leaver = Page(crew)
    leaver.ask(serial=1, parts=10_000, each=0.02)
    leaver.hears()
    leaver.leave()
    page.ask(serial=2)
    assert page.hears(5.0)["serial"] == 2


def test_processes_end_when_the_server_is_killed() -> None:
    code = (
        "import os, slow_work, time\n"
        "from sim.apps.web.crew import Crew\n"
        "if __name__ == '__main__':\n"
        "    crew = Crew(slow_work.make, 2)\n"
        "    said = lambda said: os.write(1, b'%d\\n' % said.message['by'])\n"
        "    for each in (crew.enter(said), crew.enter(said)):\n"
        "        crew.ask(each, {'kind': 'show', 'each': 0.3, 'parts': 100000})\n"
        "    time.sleep(1000)\n"
    )
    path = os.pathsep.join(sys.path)
    server = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    assert server.stdout is not None
    try:
        computing = set()
        while len(computing) < 2:
            computing.add(int(server.stdout.readline()))
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()
    deadline = time.monotonic() + 10.0
    while any(_alive(pid) for pid in computing):
        assert time.monotonic() < deadline, "processes without a server"
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked for does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
