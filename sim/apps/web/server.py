"""The server: pages, and one websocket a visitor. It computes nothing itself, so it always answers.

What a page asks goes to the crew, what comes back goes to the page; a visitor costs a socket and a place in the queue.
Whoever is silent for long is let go: their page has all they did, in its address, and comes back at their next move.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sim.apps.talk import HELLO, KINDS, LOAD, Heard, Said
from sim.apps.web.crew import Crew, Visitor

#: Visitors at once: a course of 200, and some who have two pages open.
MOST_VISITORS = 300
#: Seconds of silence after which a visitor's place is freed.
IDLE_S = 1800.0
#: Characters of a message: a scenario of a hundred strategies fits.
LONGEST = 400_000
#: Messages for one page that may wait to be sent; who reads no faster is let go.
MOST_UNREAD = 200
#: Codes of closed sockets (4000 to 4999 are a program's own).
IDLE, FULL, REFUSED, SLOW = 4000, 4001, 4003, 4004
#: Host names that only a browser on this machine can mean: no other site's page can pretend to be ours.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_COOKIE = "driftline-token"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
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
    page : str
        The page, which loads ``app.js``.
    script : str
        That script.
    story : str
        The story that a page without one in its address shows.
    token : str, optional
        What a browser has to know; needed where others than this machine's can reach the server.
    idle_s, most : float, int
        After how long a silent visitor is let go, and how many there can be.
    """

    page: str
    script: str
    story: str
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
            Route("/", rooms.page),
            Route("/app.js", rooms.script),
            Route("/health", rooms.health),
            WebSocketRoute("/talk", rooms.talk),
        ],
        lifespan=life,
    )


class _Rooms:
    def __init__(self, site: Site, crew: Crew) -> None:
        self._site, self._crew = site, crew
        self._visitors = 0

    async def page(self, request: Request) -> Response:
        if not self._may_enter(request):
            return PlainTextResponse("the address of this sandbox has a ?token= at its end: ask for it\n", 403)
        answer = HTMLResponse(self._site.page, headers=_HEADERS)
        if self._site.token is not None:
            answer.set_cookie(_COOKIE, self._site.token, httponly=True, samesite="strict")
        return answer

    async def script(self, request: Request) -> Response:
        if not self._may_enter(request):
            return PlainTextResponse("the token is missing\n", 403)
        return Response(self._site.script, media_type="text/javascript", headers=_HEADERS)

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
            await _Talk(socket, self._crew, self._site).go_on()
        finally:
            self._visitors -= 1

    def _may_enter(self, asked: Request | WebSocket) -> bool:
        token = self._site.token
        if token is None:
            return _host(asked.headers.get("host", "")) in LOOPBACK
        said = asked.query_params.get("token") or asked.cookies.get(_COOKIE) or ""
        return secrets.compare_digest(said.encode(), token.encode())


class _Talk:
    """One visitor's conversation: what they ask goes to the crew, with the story that their page shows."""

    def __init__(self, socket: WebSocket, crew: Crew, site: Site) -> None:
        self._socket, self._crew, self._site = socket, crew, site
        self._loop = asyncio.get_running_loop()
        self._answers: asyncio.Queue[Said] = asyncio.Queue()
        self._loaded: str | None = None  # a scenario of the visitor's own, in place of the story's
        self._offered: str | None = None  # the same, until the crew has read it without complaint

    async def go_on(self) -> None:
        visitor = self._crew.enter(self._say)
        self._sending = asyncio.create_task(self._send())
        try:
            await self._hear(visitor)
        finally:
            self._crew.leave(visitor)
            self._sending.cancel()

    def _say(self, said: Said) -> None:
        with suppress(RuntimeError):  # the server has ended, and its loop with it
            self._loop.call_soon_threadsafe(self._queue, said)

    def _queue(self, said: Said) -> None:
        if self._answers.qsize() < MOST_UNREAD:
            self._answers.put_nowait(said)
        else:
            self._sending.cancel()  # nobody reads

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
                self._queue(Said({"kind": "refused", "say": message}))
                continue
            if message["kind"] == LOAD:
                self._offered = str(message.get("text", ""))
            self._crew.ask(
                visitor, {**message, "loaded": self._loaded, "default": self._site.story, "visitor": id(visitor)}
            )

    async def _send(self) -> None:
        """Send answers in their order: a line of JSON, then its binary parts."""
        while True:
            said = await self._answers.get()
            if said.message.get("kind") == HELLO:
                self._loaded = self._offered if said.message.get("loaded") else None
            try:
                await self._socket.send_text(json.dumps({**said.message, "buffers": len(said.buffers)}))
                for part in said.buffers:
                    await self._socket.send_bytes(part)
            except (WebSocketDisconnect, RuntimeError):
                return


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
    return message


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
