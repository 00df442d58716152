"""How long do thirty visitors of one sandbox wait, what does their server take, and whom does a monster harm?

`python tests/proofs/thirty_visitors.py [--browsers 5] [--connections 25] [--seconds 120] [--processes N] [--nice 5]`
serves the sandbox, opens pages in a real Chromium and more connections that talk as a page does, staggered over a minute, each with
one of the shipped stories. Every three seconds each moves a knob, some of which train models; once its answer is there it
asks for the phones, and for more replications. In the middle one more visitor loads a scenario whose training is seen to
take far too long before it begins, and then one of which nobody can tell: it trains for each hour of two months. Then all
fall silent. It prints how long moves took to the first picture and to the whole comparison, the memory
of the server with all its processes, what became of the monster, and when the silent had been let go. It ends with 1 if a
visitor failed, 95 % of the moves took more than two seconds, or the server more than 1.5 GB.

A class's browsers have machines of their own; these five, and the connections, play on the server's. So they run at a
lower priority, `--nice`, which is printed: the server goes first where both want a core, and what the pages need is still
taken from it. With `--nice 0` they are as important as it is. A browser is a session of its own, and Linux may share its
cores among sessions first (`sched_autogroup_enabled`): there the session as a whole is lowered, which is printed too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
from websockets.asyncio.client import connect

from sim import shipped
from sim.apps.stories import Story, load_story

ROOT = Path(__file__).resolve().parents[2]
#: Seconds of silence after which this server lets a visitor go; a class's has half an hour.
IDLE_S = 60.0
EVERY_S = 3.0
LONGEST_S, MOST_BYTES = 2.0, 1.5e9
SERVER = f"""
import sys
from sim import shipped
from sim.apps.web.learned import learn_ahead
from sim.apps.web.pages import files, listed, menu_page, sandbox_page
from sim.apps.web.server import Site
from sim.apps.web.serving import address, listening_at, serve
from sim.apps.web.visits import make
if __name__ == "__main__":
    listening = listening_at("127.0.0.1", 0)
    site = Site(sandbox_page(), menu_page(listed(shipped.stories())), files(), idle_s={IDLE_S})
    where = address("127.0.0.1", listening.getsockname()[1], None)
    try:
        serve(site, make, int(sys.argv[1]), listening, lambda: print(where, flush=True), learn_ahead)
    except KeyboardInterrupt:
        pass
"""
FORESEEN = """
driftline: 1
horizon: 8h
models: {v2: {kind: boosted_trees, reject_share: 8%, training: {phones: 2000000}}}
deployment: {stable: humans, candidate: v2}
strategies: [{pattern: full_automation}]
"""
MONSTER = """
driftline: 1
horizon: 60d
models: {v2: {kind: boosted_trees, reject_share: 8%}}
audits: {of_passes: 50%, of_rejects: 100%}
deployment: {stable: humans, candidate: v2}
strategies:
  - pattern: full_automation
    retraining: {every: 1h, window: 5d, training: 1min, sign_off: 1min, at_least: 50, at_least_defects: 10}
"""


@dataclass
class Seen:
    """What the visitors went through."""

    first_s: list[tuple[float, float]] = field(default_factory=list)  #: when a move was made, and its first picture
    whole_s: list[tuple[float, float]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    foreseen: str = "never answered"
    monster: str = "never answered"
    monster_s: tuple[float, float] = (0.0, 0.0)
    memory: list[float] = field(default_factory=list)
    load: list[float] = field(default_factory=list)
    nice: list[int] = field(default_factory=list)  #: of the processes that the pages are in
    sessions: list[str] = field(default_factory=list)  #: the sessions' own priorities, where the system has such


class Connection:
    """A visitor without a page, who asks for what a page asks for."""

    def __init__(self, address: str, story: Story, seen: Seen, chance: random.Random) -> None:
        self._address = address.replace("http", "ws") + "talk"
        self._story, self._seen, self._chance = story, seen, chance
        self._state = {"story": story.name}
        self._serial = 0

    async def visit(self, after_s: float, until: float, idle: bool) -> None:
        await asyncio.sleep(after_s)
        async with connect(self._address, max_size=None) as self._socket:
            await self._say(kind="ready")
            await self._hear("hello")
            while time.monotonic() < until:
                begun = time.monotonic()
                await self._move(begun)
                await asyncio.sleep(max(0.0, begun + EVERY_S - time.monotonic()))
            if idle:
                await self._socket.wait_closed()

    async def _move(self, begun: float) -> None:
        knob = self._chance.choice(list(self._story.knobs.values()))
        self._state[knob.name] = self._chance.choice(knob.values)
        self._serial += 1
        await self._say(kind="show")
        told = await self._hear("answer")
        self._seen.first_s.append((begun, time.monotonic() - begun))
        while told["done"] is False:
            told = await self._hear("answer")
        self._seen.whole_s.append((begun, time.monotonic() - begun))
        await self._say(kind="reel")
        await self._hear("reel")
        if time.monotonic() - begun < EVERY_S - 0.7:
            await self._say(kind="refine")

    async def _say(self, kind: str) -> None:
        await self._socket.send(json.dumps({"kind": kind, "serial": self._serial, "state": self._state}))

    async def _hear(self, kind: str) -> dict[str, Any]:
        """Return the next message of a kind about the last move; what else comes meanwhile is read, as a page does."""
        while True:
            told: dict[str, Any] = json.loads(await asyncio.wait_for(self._socket.recv(), 60))
            for _ in range(told["buffers"]):
                await self._socket.recv()
            if told["kind"] == "refused":
                raise AssertionError(told["say"])
            if told["kind"] == kind and told.get("serial", self._serial) == self._serial:
                return told


async def in_a_browser(
    page: Any, address: str, story: Story, seen: Seen, after_s: float, until: float, chance: random.Random
) -> None:
    """Visit with a real page: its knobs are moved by keyboard, and a move is over when the page has drawn its answer."""
    await asyncio.sleep(after_s)
    page.on("console", lambda said: seen.failures.append(f"{story.name}: {said.text}"))
    page.on("pageerror", lambda error: seen.failures.append(f"{story.name}: {error}"))
    await page.goto(f"{address}?story={story.name}")
    app = "document.querySelector('.dl-root')?.driftline"
    while not await page.evaluate(f"Boolean({app}?.told)"):
        await asyncio.sleep(0.1)
    sliders = [knob for knob in story.knobs.values() if knob.kind != "choices"]
    while time.monotonic() < until:
        begun = time.monotonic()
        slider = page.get_by_role("slider", name=chance.choice(sliders).label, exact=True)
        before = await page.evaluate(f"{app}.serial")
        await slider.press(chance.choice(["ArrowLeft", "ArrowRight", "PageUp", "PageDown"]))
        moved = await page.evaluate(
            f"""async (before) => {{ const app = {app}; const until = performance.now() + 60000;
            const told = (done) => app.told.serial > before && app.told.serial === app.serial && (!done || app.told.done !== false);
            const pause = () => new Promise((go) => setTimeout(go, 5));
            await pause(); await new Promise(requestAnimationFrame);
            if (app.serial === before) return null;
            const begun = performance.now(); let first = null;
            while (performance.now() < until) {{
              if (first === null && told(false)) first = performance.now() - begun;
              if (told(true)) return [first, performance.now() - begun];
              await pause();
            }}
            throw new Error("no answer for a minute"); }}""",
            before,
        )
        if moved is not None:  # at an end of its knob a key moves nothing
            seen.first_s.append((begun, moved[0] / 1000))
            seen.whole_s.append((begun, moved[1] / 1000))
        await asyncio.sleep(max(0.0, begun + EVERY_S - time.monotonic()))


async def monster(address: str, seen: Seen, after_s: float) -> None:
    """Ask for what takes far too long, twice, and hear what is said of it."""
    await asyncio.sleep(after_s)
    begun = time.monotonic()
    async with connect(address.replace("http", "ws") + "talk", max_size=None) as socket:
        state = {"story": "own"}
        await socket.send(json.dumps({"kind": "load", "text": FORESEEN}))
        seen.foreseen = json.loads(await asyncio.wait_for(socket.recv(), 120)).get("say", "loaded")
        await socket.send(json.dumps({"kind": "load", "text": MONSTER}))
        while json.loads(await asyncio.wait_for(socket.recv(), 120))["kind"] != "hello":
            pass
        await socket.send(json.dumps({"kind": "show", "serial": 1, "state": state}))
        while (told := json.loads(await asyncio.wait_for(socket.recv(), 120)))["kind"] not in ("refused", "answer"):
            pass
    seen.monster = told.get("say", "answered")
    seen.monster_s = begun, time.monotonic()


async def watch(server: subprocess.Popen[str], seen: Seen) -> None:
    while True:
        seen.memory.append(await asyncio.to_thread(memory, server.pid))
        seen.load.append(os.getloadavg()[0])
        await asyncio.sleep(2)


def memory(pid: int) -> float:
    """Return the bytes of a process and all below it, shared pages counted once."""
    total = 0.0
    try:
        for here in family(pid):
            rollup = Path(f"/proc/{here}/smaps_rollup").read_text()
            total += 1024 * sum(float(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # one has ended meanwhile: the next look tells
    return total


def cpu(pid: int) -> float:
    """Return the seconds that a process and all below it have worked."""
    return sum(
        sum(map(int, Path(f"/proc/{here}/stat").read_text().rpartition(")")[2].split()[11:13])) for here in family(pid)
    ) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    found = [pid]
    for here in found:
        for thread in Path(f"/proc/{here}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    return found


async def all_of_them(server: subprocess.Popen[str], address: str, chosen: argparse.Namespace) -> tuple[Seen, float]:
    from playwright.async_api import async_playwright

    sys.path.append(str(ROOT / "tests" / "support"))
    from served import CHROMIUM

    seen, chance = Seen(), random.Random(chosen.seed)
    stories = [story for name in shipped.stories() if (story := load_story(name)).knobs]
    many = chosen.browsers + chosen.connections
    begun = time.monotonic()
    until = begun + chosen.staggered + chosen.seconds
    watching = asyncio.create_task(watch(server, seen))
    async with async_playwright() as playwright:
        with tempfile.TemporaryDirectory() as folder:
            behind = Path(folder, "chromium")
            session = f"{{ echo {chosen.nice} > /proc/self/autogroup; }} 2>/dev/null || true"
            chromium = f'exec {stays_lowered(chosen.nice)} {shutil.which("chromium")} "$@"'
            behind.write_text(f"#!/bin/sh\n{session}\n{chromium}\n")
            behind.chmod(0o755)
            browser = await playwright.chromium.launch(executable_path=str(behind), args=CHROMIUM)
        visits: list[Any] = []
        for number in range(many):
            story = stories[number % len(stories)]
            after_s = chosen.staggered * number / many
            own = random.Random(chance.random())
            if number % (many // chosen.browsers) == 0 and number // (many // chosen.browsers) < chosen.browsers:
                page = await (await browser.new_context()).new_page()
                visits.append(in_a_browser(page, address, story, seen, after_s, until, own))
            else:
                visits.append(Connection(address, story, seen, own).visit(after_s, until, idle=True))
        middle = monster(address, seen, chosen.staggered + chosen.seconds / 2)
        for ended in await asyncio.gather(*visits, middle, return_exceptions=True):
            if isinstance(ended, BaseException):
                seen.failures.append(f"{type(ended).__name__}: {ended}")
        deadline = time.monotonic() + 3 * IDLE_S
        while not visitors(address).startswith("0 ") and time.monotonic() < deadline:
            await asyncio.sleep(0.5)
        let_go = time.monotonic() - until
        if not visitors(address).startswith("0 "):
            seen.failures.append(f"silent visitors were not let go: {visitors(address)}")
        seen.nice, seen.sessions = pages_at(os.getpid())
        await browser.close()
    watching.cancel()
    return seen, let_go


def stays_lowered(nice: int) -> str:
    """Return what begins a command that can't go before us: root's Chromium would take its own priority."""
    keeps = os.getuid() == 0 and nice > 0 and shutil.which("setpriv") is not None
    return "setpriv --bounding-set -sys_nice --inh-caps -sys_nice" if keeps else ""


def pages_at(pid: int) -> tuple[list[int], list[str]]:
    """Return the priorities at which the pages below a process have run, and those of their sessions."""
    found = [here for here in family(pid) if b"--type=renderer" in Path(f"/proc/{here}/cmdline").read_bytes()]
    groups = [Path(f"/proc/{here}/autogroup") for here in found]
    sessions = {path.read_text().strip() for path in groups if path.exists()}
    return sorted({os.getpriority(os.PRIO_PROCESS, here) for here in found}), sorted(sessions)


def visitors(address: str) -> str:
    with urlopen(f"{address}health") as answer:
        return str(answer.read().decode().strip())


def told(name: str, took: list[float]) -> str:
    half, most, last = np.quantile(took, [0.5, 0.95, 1.0])
    return f"{name:<42}{len(took):>6} moves  median {half:.2f} s  95 % {most:.2f} s  longest {last:.2f} s"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--browsers", type=int, default=5)
    parser.add_argument("--connections", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=120.0, help="of moves, after all have come")
    parser.add_argument("--staggered", type=float, default=60.0, help="seconds in which they come")
    parser.add_argument("--processes", type=int, default=min(os.cpu_count() or 1, 4))
    parser.add_argument("--nice", type=int, default=5, help="of all pages, which stand for others' machines")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SERVER, str(chosen.processes)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert server.stdout is not None
    try:
        address = server.stdout.readline().strip()
        os.nice(chosen.nice)
        seen, let_go = asyncio.run(all_of_them(server, address, chosen))
        after, worked = memory(server.pid), cpu(server.pid)
        at = os.getpriority(os.PRIO_PROCESS, server.pid)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
    begun, ended = seen.monster_s
    meanwhile = [took for at, took in seen.first_s if begun <= at <= ended]
    print(told("to the first picture", [took for _, took in seen.first_s]))
    print(told("to the whole comparison", [took for _, took in seen.whole_s]))
    if meanwhile:
        print(told("first pictures while the monster ran", meanwhile))
    print(f"the one that was foreseen: {seen.foreseen}")
    print(f"the monster, after {ended - begun:.0f} s: {seen.monster}")
    print(f"the silent were let go {let_go:.0f} s after their last move (allowed: {IDLE_S:.0f} s of silence)")
    print(
        f"memory: {max(seen.memory) / 1e6:.0f} MB at most, {after / 1e6:.0f} MB when all had gone; load {np.mean(seen.load):.1f}"
    )
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    print(f"the browsers' pages ran at nice {seen.nice}, the connections at {ours}, the server at {at}")
    print(f"the browsers' sessions: {', '.join(seen.sessions) or 'not told by this system'}")
    print(f"the server's processes worked for {worked:.0f} s, those that were ended not counted")
    print(f"{len(seen.failures)} failures", *seen.failures[:20], sep="\n  ")
    slow = np.quantile([took for _, took in seen.whole_s], 0.95) > LONGEST_S
    return int(bool(seen.failures) or slow or max(seen.memory) > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
