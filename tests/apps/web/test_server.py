"""The server from a browser's side: who may enter, what is refused, and that everybody's answers are their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import slow_work
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from sim.apps.web.crew import Crew
from sim.apps.web.pages import files
from sim.apps.web.server import FULL, IDLE, LONGEST, REFUSED, Site, application

FILES = {"app.js": ("text/javascript", "script()")}
HERE = {"host": "127.0.0.1:8000"}


def client_of(**site: Any) -> TestClient:
    crew = Crew(slow_work.make, 1, limit_s=5.0)
    return TestClient(application(Site("<p>page</p>", "<p>menu</p>", FILES, **site), crew), headers=HERE)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with client_of() as client:
        yield client


def ask(talk: Any, **message: Any) -> None:
    talk.send_text(json.dumps({"kind": "show", **message}))


def test_page_and_script_are_served_and_nothing_from_elsewhere_is_allowed(client: TestClient) -> None:
    page = client.get("/?story=lamp")
    assert (page.status_code, page.text) == (200, "<p>page</p>")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert client.get("/app.js").text == "script()"
    assert client.get("/nothing").status_code == 404


def test_an_address_without_a_story_opens_the_list_or_the_servers_story(client: TestClient) -> None:
    assert client.get("/").text == client.get("/stories").text == "<p>menu</p>"
    with client_of(story="folder/mine.yaml") as own:
        opened = own.get("/?lamp=60%25")
        assert (opened.url.query, opened.text) == (b"lamp=60%25&story=mine", "<p>page</p>")
        assert own.get("/stories").text == "<p>menu</p>"


def test_two_visitors_hear_their_own_answers(client: TestClient) -> None:
    with client.websocket_connect("/talk") as one, client.websocket_connect("/talk") as other:
        ask(one, serial=1, parts=2)
        ask(other, serial=7)
        assert [one.receive_json()["serial"] for _ in range(2)] == [1, 1]
        assert other.receive_json()["serial"] == 7


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "has a kind"),
        ('{"kind": "format the disk"}', "has a kind"),
        ('{"kind": {}}', "has a kind"),
        (f'{{"kind": "show", "serial": {"[" * 800}1{"]" * 800}}}', "within one another"),
        ('{"kind": "show", "state": ' + '{"a":' * 800 + "1" + "}" * 801, "within one another"),
        ('{"kind": "show", "serial": NaN}', "serial is a whole number"),
        ('{"kind": "show", "serial": {"a": 1}}', "serial is a whole number"),
        ('{"kind": "load", "text": "%s"}' % ("x" * 500_000), "500,0"),
    ],
)  # fmt: skip
def test_a_message_that_makes_no_sense_is_refused_and_the_talk_goes_on(client: TestClient, text: str, why: str) -> None:
    with client.websocket_connect("/talk") as talk:
        talk.send_text(text)
        refused = talk.receive_json()
        assert refused["kind"] == "refused"
        assert why in refused["say"]
        ask(talk, serial=1)
        assert talk.receive_json()["serial"] == 1


def test_a_page_knows_how_much_the_server_reads() -> None:
    assert f"const LONGEST = {LONGEST:_};" in files()["app.js"][1]


def test_a_binary_message_ends_the_talk_and_no_other(client: TestClient) -> None:
    with client.websocket_connect("/talk") as talk:
        talk.send_bytes(b"\x00")
    with client.websocket_connect("/talk") as talk:
        ask(talk, serial=1)
        assert talk.receive_json()["serial"] == 1


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", ""])
def test_another_name_for_this_machine_opens_nothing(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 403
    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/talk", headers={"host": host}):
        pass
    assert closed.value.code == REFUSED


def test_another_sites_page_cannot_talk(client: TestClient) -> None:
    headers = {**HERE, "origin": "http://evil.example"}
    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/talk", headers=headers):
        pass
    assert closed.value.code == REFUSED


def test_an_exposed_server_wants_its_token_once() -> None:
    with client_of(token="secret") as client:
        assert client.get("/").status_code == 403
        assert client.get("/app.js").status_code == 403
        assert client.get("/?token=wrong").status_code == 403
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/talk"):
            pass
        entered = client.get("/?story=lamp&token=secret&lamp=60%25")
        assert (entered.status_code, entered.url.query) == (200, b"story=lamp&lamp=60%25"), "a state has no token"
        assert client.get("/app.js").status_code == 200  # by its cookie
        with client.websocket_connect("/talk") as talk:
            ask(talk, serial=1)
            assert talk.receive_json()["serial"] == 1


def test_who_is_silent_for_long_is_let_go() -> None:
    with client_of(idle_s=0.2) as client:
        with client.websocket_connect("/talk") as talk, pytest.raises(WebSocketDisconnect) as closed:
            talk.receive_json()
        assert closed.value.code == IDLE
        assert client.get("/health").text == "0 visitors\n"


def test_one_too_many_is_told_so() -> None:
    with client_of(most=1) as client, client.websocket_connect("/talk") as first:
        with client.websocket_connect("/talk") as second, pytest.raises(WebSocketDisconnect) as closed:
            second.receive_json()
        assert (closed.value.code, "room for" in closed.value.reason) == (FULL, True)
        ask(first, serial=1)
        assert first.receive_json()["serial"] == 1
