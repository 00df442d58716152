"""The server: pages, and one websocket a visitor. It computes nothing itself, so it always answers.

What a page asks goes to the crew, what comes back goes to the page; a visitor costs a socket and a place in the queue.
Whoever is silent for long is let go: their page has all they did, in its address, and comes back at their next move.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sim.apps.talk import KINDS, Heard, Said, refused
from sim.apps.web.crew import Crew, Visitor

#: Visitors at once: a course of 200, and some who have two pages open.
MOST_VISITORS = 300
#: Seconds of silence after which a visitor's place is freed.
IDLE_S = 1800.0
#: Characters of a message: a scenario of a hundred strategies fits.
LONGEST = 400_000
#: How far what a message holds may be within one another: a page's answers are lists in a list in a message.
DEEPEST = 8
#: Bytes for one page that may wait to be sent; who reads no faster is let go.
MOST_UNREAD = 16_000_000
#: Codes of closed sockets (4000 to 4999 are a program's own).
IDLE, FULL, REFUSED, SLOW = 4000, 4001, 4003, 4004
#: Host names that only a browser on this machine can mean: no other site's page can pretend to be ours.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
        "blob:; connect-src 'self'; base-uri 'none'; form-action 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Site:
    """What is served, and to whom.

    Parameters
    ----------
    page, menu : str
        The sandbox, and the list of stories.
    files : mapping of str to (str, str)
        What they load, by name: its type, and the text.
    story : str, optional
        The story that an address without one opens, by its name or file. Default: the list.
    token : str, optional
        What a browser has to know; needed where others than this machine's can reach the server.
    idle_s, most : float, int
        After how long a silent visitor is let go, and how many there can be.
    """

    page: str
    menu: str
    files: Mapping[str, tuple[str, str]]
    story: str | None = None
    token: str | None = None
    idle_s: float = IDLE_S
    most: int = MOST_VISITORS


def application(site: Site, crew: Crew) -> Starlette:
    """Return the web application over a crew, which it closes when it ends."""
    rooms = _Rooms(site, crew)

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await asyncio.to_thread(crew.close)

    return Starlette(
        routes=[
            Route("/", rooms.home),
            Route("/stories", rooms.stories),
            Route("/health", rooms.health),
            *(Route(f"/{name}", partial(rooms.file, name)) for name in site.files),
            WebSocketRoute("/talk", rooms.talk),
        ],
        lifespan=life,
    )


class _Rooms:
    def __init__(self, site: Site, crew: Crew) -> None:
        self._site, self._crew = site, crew
        self._visitors = 0
        self._numbers = itertools.count(1)

    async def home(self, request: Request) -> Response:
        """Show the sandbox of the story in the address; where there is none, the server's, or the list."""
        if (instead := self._instead(request)) is not None:
            return instead
        if "story" in request.query_params:
            return HTMLResponse(self._site.page, headers=_HEADERS)
        if self._site.story is not None:
            given = [*request.query_params.multi_items(), ("story", Path(self._site.story).stem)]
            return RedirectResponse(f"./?{urlencode(given)}", 303, _HEADERS)
        return HTMLResponse(self._site.menu, headers=_HEADERS)

    async def stories(self, request: Request) -> Response:
        return self._instead(request) or HTMLResponse(self._site.menu, headers=_HEADERS)

    async def file(self, name: str, request: Request) -> Response:
        media_type, text = self._site.files[name]
        if not self._may_enter(request):
            return PlainTextResponse("the token is missing\n", 403)
        return Response(text, media_type=media_type, headers=_HEADERS)

    def _instead(self, request: Request) -> Response | None:
        """Return what comes in a page's place: a refusal, or its address without the token, which a cookie keeps."""
        if not self._may_enter(request):
            for_others = "the address of this sandbox has a ?token= at its end: ask for it\n"
            for_us = "this sandbox is for browsers on its own machine: open it by the address that it printed\n"
            return PlainTextResponse(for_us if self._site.token is None else for_others, 403)
        if self._site.token is None or "token" not in request.query_params:
            return None
        rest = [(name, text) for name, text in request.query_params.multi_items() if name != "token"]
        place = request.url.path.rpartition("/")[2] or "./"
        answer = RedirectResponse(f"{place}?{urlencode(rest)}" if rest else place, 303, _HEADERS)
        answer.set_cookie(_cookie(request), self._site.token, httponly=True, samesite="lax")
        return answer

    async def health(self, _: Request) -> Response:
        return PlainTextResponse(f"{self._visitors} visitors\n")

    async def talk(self, socket: WebSocket) -> None:
        """Carry messages between one page and the crew until either leaves."""
        if not self._may_enter(socket) or not _from_our_page(socket):
            await socket.close(REFUSED)
            return
        await socket.accept()
        if self._visitors >= self._site.most:
            await socket.close(FULL, f"{self._site.most} visitors are here, which is all that there is room for")
            return
        self._visitors += 1
        try:
            await _Talk(socket, self._crew, self._site, next(self._numbers)).go_on()
        finally:
            self._visitors -= 1

    def _may_enter(self, asked: Request | WebSocket) -> bool:
        token = self._site.token
        if token is None:
            return _host(asked.headers.get("host", "")) in LOOPBACK
        said = asked.query_params.get("token") or asked.cookies.get(_cookie(asked)) or ""
        return secrets.compare_digest(said.encode(), token.encode())


def _cookie(asked: Request | WebSocket) -> str:
    """Return a cookie's name: two sandboxes on one machine have each their own, since cookies know no ports."""
    _, port = asked.scope["server"]
    return f"driftline-token-{port}"


class _Letter(NamedTuple):
    """An answer as it is sent: a line of JSON, then its binary parts."""

    text: str
    buffers: tuple[bytes, ...]
    loaded: tuple[str, str] | None = None  #: what the visitor's page shows from now on, see `Visits`

    @property
    def size(self) -> int:
        return len(self.text) + sum(map(len, self.buffers))


def _letter(said: Said) -> _Letter:
    loaded = said.message.get("loaded")
    told = {**said.message, "buffers": len(said.buffers)} | ({} if loaded is None else {"loaded": True})
    try:
        return _Letter(json.dumps(told), said.buffers, loaded)
    except (TypeError, ValueError):  # a mistake of ours costs this answer, and not the thread that brings it
        logging.getLogger(__name__).exception("an answer that is no JSON")
        broken = "driftline failed to write this answer down: the details are in the server's log"
        return _Letter(json.dumps({**refused(told, broken).message, "buffers": 0}), ())


class _Talk:
    """One visitor's conversation: what they ask goes to the crew, with the text that their page has loaded."""

    def __init__(self, socket: WebSocket, crew: Crew, site: Site, number: int) -> None:
        self._socket, self._crew, self._site, self._number = socket, crew, site, number
        self._loop = asyncio.get_running_loop()
        self._letters: asyncio.Queue[_Letter] = asyncio.Queue()
        self._unread = 0
        self._loaded: tuple[str, str] | None = None

    async def go_on(self) -> None:
        visitor = self._crew.enter(self._say)
        self._sending = asyncio.create_task(self._send())
        try:
            await self._hear(visitor)
        finally:
            self._crew.leave(visitor)
            self._sending.cancel()

    def _say(self, said: Said) -> None:
        letter = _letter(said)
        with suppress(RuntimeError):  # the server has ended, and its loop with it
            self._loop.call_soon_threadsafe(self._queue, letter)

    def _queue(self, letter: _Letter) -> None:
        if self._unread and self._unread + letter.size > MOST_UNREAD:
            self._sending.cancel()  # nobody reads
            return
        self._unread += letter.size
        self._letters.put_nowait(letter)

    async def _hear(self, visitor: Visitor) -> None:
        while True:
            hearing = asyncio.ensure_future(self._socket.receive_text())
            done, _ = await asyncio.wait(
                {hearing, self._sending}, timeout=self._site.idle_s, return_when="FIRST_COMPLETED"
            )
            if hearing not in done:
                hearing.cancel()
                code, why = (SLOW, "the page does not read its answers") if done else (IDLE, "nothing moved for long")
                await _closed(self._socket, code, why)
                return
            try:
                text = hearing.result()
            except (WebSocketDisconnect, RuntimeError, KeyError):  # the last one: a binary message, which no page sends
                return
            message = _message(text)
            if isinstance(message, str):
                self._queue(_letter(refused({}, message)))
                continue
            ours = {"loaded": self._loaded, "default": self._site.story, "visitor": self._number}
            self._crew.ask(visitor, {**message, **ours})

    async def _send(self) -> None:
        """Send answers in their order."""
        while True:
            letter = await self._letters.get()
            self._loaded = letter.loaded or self._loaded
            try:
                await self._socket.send_text(letter.text)
                for part in letter.buffers:
                    await self._socket.send_bytes(part)
            except (WebSocketDisconnect, RuntimeError):
                return
            self._unread -= letter.size


def _message(text: str) -> Heard | str:
    """Return a page's message, or what is wrong with it."""
    if len(text) > LONGEST:
        return f"a message of {len(text):,} characters: at most {LONGEST:,} are read"
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return "a message that is no JSON"
    if not isinstance(message, dict) or message.get("kind") not in KINDS:
        return f"a message has a kind, one of {', '.join(KINDS)}"
    if _is_deeper(message, DEEPEST):
        return f"a message has things within one another: at most {DEEPEST} are"
    if not isinstance(message.get("serial"), int | None):
        return "a message's serial is a whole number"
    return message


def _is_deeper(value: object, levels: int) -> bool:
    """Whether more things than so many are within one another: too many can't be written down again."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(levels == 0 or _is_deeper(each, levels - 1) for each in inner)


def _from_our_page(socket: WebSocket) -> bool:
    """Whether it is a page of ours that talks, or a program: another site's page in a visitor's browser is neither."""
    origin = socket.headers.get("origin")
    return origin is None or origin.partition("://")[2] == socket.headers.get("host", "")


def _host(named: str) -> str:
    """Return the host of a Host header, without its port.

    >>> _host("127.0.0.1:8000"), _host("[::1]:8000"), _host("localhost")
    ('127.0.0.1', '[::1]', 'localhost')
    """
    return named if named.endswith("]") else named.rpartition(":")[0] or named


async def _closed(socket: WebSocket, code: int, why: str) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):  # the page has left already
        await socket.close(code, why)
