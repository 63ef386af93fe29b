"""Review rooms over real WebSockets of the running application: who gets in, what they hear, and what ends a socket."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from studio.permissions import Role
from studio.review.model import NewComment
from studio.services.review_rooms import MAX_PAGES
from studio.settings import Settings
from studio.studio import Studio
from studio.web.middleware.connections import WEBSOCKET_MESSAGE_BYTES
from studio.web.routes.review_rooms import BURST, CHECK_S, CloseCode
from tests.support import samples
from tests.support.room_page import PATIENT_S, RoomPage

PEN = {"color": "#ff3b30", "size": 0.01}


@dataclass
class Room:
    """A studio that is served. Anna owns the review, Ben is a member, Vera may only look, Otto does not see it."""

    url: str
    studio: Studio
    cookie: str
    people: dict[str, str]
    project: str
    review: str
    version: str

    def address(self, review: str = "") -> str:
        return f"{self.url.replace('http', 'ws', 1)}/ui/reviews/{review or self.review}/room"

    def session(self, name: str) -> str:
        return self.studio.people.sign_in(self.people[name], method="password")

    @contextmanager
    def joined(self, name: str, *, review: str = "", token: str = "", **options: Any) -> Iterator[RoomPage]:
        cookie = f"{self.cookie}={token or self.session(name)}"
        with connect(
            self.address(review), additional_headers={"cookie": cookie}, close_timeout=1, max_size=2**20, **options
        ) as line:
            yield RoomPage(line)


def stroke(room: Room, points: int, **more: Any) -> dict[str, Any]:
    shape = {"type": "stroke", "points": [[0.1, 0.2, 0.5]] * points} | PEN
    said = {"type": "shape", "id": "s1", "version": room.version, "frame": 0, "internal": False, "start": 0}
    return said | {"shape": shape} | more


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    from studio.web.app import served
    from studio.web.middleware.security import authenticator_of

    folder: Path = tmp_path_factory.mktemp("rooms")
    settings = Settings(data=folder / "data", access="password", workers=1)
    with Studio.open(settings, engines={}) as studio:
        roles = {
            "anna": Role.CREATOR,
            "ben": Role.CREATOR,
            "vera": Role.VIEWER,
            "otto": Role.CREATOR,
            "pia": Role.ADMIN,
        }
        people = {name: studio.people.create(name, role=role, name=name.title()).id for name, role in roles.items()}
        project = studio.acting_for(people["pia"]).projects.create("Film").id
        for name in ("anna", "ben", "vera"):
            studio.acting_for(people["pia"]).projects.set_member(project, people[name], roles[name])
        anna = studio.acting_for(people["anna"])
        samples.corner_picture(320, 180).save(folder / "still.png")
        asset = anna.assets.add(folder / "still.png")
        review = anna.reviews.create("Cut one", project).id
        anna.reviews.add(review, asset_ids=[asset.id])
        version = anna.reviews.get(review).content.versions[0].id
        authenticator = authenticator_of(settings, studio.people)
        assert authenticator
        with served(studio, server_port=None) as url:
            yield Room(url.rstrip("/"), studio, authenticator.cookie, people, project, review, version)


def test_two_people_see_each_other_the_leaders_frame_and_a_stroke_as_it_grows(room: Room) -> None:
    with room.joined("anna") as anna:
        anna_seat = anna.seat()
        with room.joined("ben") as ben:
            ben_seat = ben.seat()
            people = anna.wait(lambda message: len(message.get("people", ())) == 2 and message["people"])
            assert [one["name"] for one in people] == ["Anna", "Ben"]
            anna.say(type="lead", on=True)
            assert ben.wait(lambda message: message.get("leader")) == anna_seat
            ben.say(type="follow", on=True)
            assert anna.wait(lambda message: any(one["following"] for one in message.get("people", ())))
            anna.say(type="view", item="ri_1", version=room.version, frame=41)
            assert ben.wait(lambda message: message.get("views"))[anna_seat]["frame"] == 41
            ben.say(**stroke(room, 3))
            assert len(anna.wait(lambda message: message.get("shapes"))[0]["shape"]["points"]) == 3
            ben.say(**stroke(room, 2, start=3))
            [piece] = anna.wait(lambda message: message.get("shapes"))
            assert (piece["start"], len(piece["shape"]["points"])) == (3, 2)
            ben.say(type="pointer", version=room.version, at=[0.25, 0.75])
            assert anna.wait(lambda message: message.get("pointers"))[ben_seat]["at"] == [0.25, 0.75]
        assert anna.wait(lambda message: message.get("gone")) == [[ben_seat, "s1"]]


def test_a_comment_and_a_status_are_told(room: Room) -> None:
    with room.joined("ben") as ben:
        ben.seat()
        comments = room.studio.acting_for(room.people["anna"]).review_comments
        comments.add(room.review, room.version, NewComment("Brighter"))
        assert ben.wait(lambda message: message.get("changed"))


def test_a_viewer_follows_and_is_not_heard(room: Room) -> None:
    with room.joined("vera") as vera, room.joined("ben") as ben:
        vera.seat()
        ben.seat()
        vera.say(**stroke(room, 3))
        vera.say(type="lead", on=True)
        vera.ask(1)
        ben.ask(2)
        assert not any(message.get("shapes") or message.get("leader") for message in ben.heard)
        ben.say(type="view", version=room.version, frame=7)
        assert vera.wait(lambda message: message.get("views"))


def test_nobody_gets_in_without_a_session(room: Room) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(room.address()):
        pass
    assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus), room.joined("anna", token="x" * 43):
        pass


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"host": "evil.example"}],
    ids=lambda headers: str(headers),
)
def test_pages_of_other_sites_get_no_socket_with_a_members_cookie(room: Room, headers: dict[str, str]) -> None:
    """Cross-site WebSocket hijacking: the browser sends the cookie along, and the Origin."""
    for path in (room.address(), room.address("rv_x")):
        told = {
            "connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "cookie": f"{room.cookie}={room.session('anna')}",
        }  # fmt: skip
        answer = httpx.get(path.replace("ws", "http", 1), headers=told | headers)
        assert answer.status_code == 403
    own = {"origin": room.url}
    assert httpx_upgrade(room, told | own) == 101


def httpx_upgrade(room: Room, headers: dict[str, str]) -> int:
    """The status of the answer to a handshake, by hand."""
    host = room.url.removeprefix("http://")
    with socket.create_connection((host.partition(":")[0], int(host.partition(":")[2])), timeout=PATIENT_S) as line:
        lines = "".join(f"{name}: {value}\r\n" for name, value in ({"host": host} | headers).items())
        line.sendall(f"GET /ui/reviews/{room.review}/room HTTP/1.1\r\n{lines}\r\n".encode())
        return int(line.recv(100).split()[1])


@pytest.mark.parametrize("review", ["rv_nothing", "%00", "x" * 200])
def test_a_review_that_is_not_there_answers_as_one_that_is_not_seen(room: Room, review: str) -> None:
    with room.joined("anna", review=review) as anna:
        assert anna.code() == CloseCode.GONE
    with room.joined("otto") as otto:
        assert otto.code() == CloseCode.GONE


@pytest.mark.parametrize("text", ["", "[]", '{"type":"view","frame":-1}', '{"type":"shout"}', "[" * 5000, b"\x00"])
def test_what_is_no_message_ends_the_socket(room: Room, text: str | bytes) -> None:
    with room.joined("anna") as anna:
        anna.seat()
        anna.line.send(text)
        assert anna.code() == CloseCode.MALFORMED


def test_a_message_that_is_too_long_ends_the_socket(room: Room) -> None:
    with room.joined("anna") as anna:
        anna.seat()
        anna.line.send("x" * (WEBSOCKET_MESSAGE_BYTES + 1))
        assert anna.code() == 1009


def test_a_flood_holds_up_nobody_but_who_sends_it(room: Room) -> None:
    """Ben sends as fast as he can; Anna's and Vera's messages go on as before, and his wait on his side."""
    flooding = threading.Event()
    with room.joined("anna") as anna, room.joined("vera") as vera, room.joined("ben") as ben:
        for one in (anna, vera, ben):
            one.seat()

        def flood() -> None:
            with suppress(ConnectionClosed):
                for n in range(1_000_000):
                    ben.say(type="pointer", version=room.version, at=[0.5, (n % 100) / 100])
                    if n == 10 * BURST:
                        flooding.set()

        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        assert flooding.wait(PATIENT_S)
        for n in range(20):
            anna.say(type="view", version=room.version, frame=n)
            assert vera.wait(lambda message, n=n: any(v.get("frame") == n for v in message.get("views", {}).values()))
        assert thread.is_alive(), "what was not read waits with who sent it"
        ben.line.socket.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENT_S)


def test_signing_out_ends_the_socket_of_that_session_alone(room: Room) -> None:
    token = room.session("ben")
    with room.joined("ben", token=token) as ben, room.joined("ben") as other:
        ben.seat()
        other.seat()
        began = time.monotonic()
        room.studio.people.sign_out(token)
        assert ben.code() == CloseCode.SIGN_IN
        assert time.monotonic() - began < CHECK_S + 5
        other.ask(1)


def test_unsharing_ends_the_members_socket_and_not_the_owners(room: Room) -> None:
    with room.joined("anna") as anna, room.joined("ben") as ben:
        anna.seat()
        ben.seat()
        reviews = room.studio.acting_for(room.people["anna"]).reviews
        reviews.unshare(room.review)
        try:
            assert ben.code() == CloseCode.GONE
            anna.wait(lambda message: len(message.get("people", ())) == 1)
        finally:
            reviews.share(room.review, room.project)


def test_a_disabled_person_is_out(room: Room) -> None:
    person = room.studio.people.create("dora", role=Role.ADMIN)
    room.people["dora"] = person.id
    room.studio.acting_for(room.people["pia"]).projects.set_member(room.project, person.id, Role.CREATOR)
    with room.joined("dora") as dora:
        dora.seat()
        room.studio.people.disable(person.id)
        assert dora.code() == CloseCode.SIGN_IN


def test_one_person_has_so_many_pages_and_no_more(room: Room) -> None:
    token = room.session("anna")
    with ExitStack() as stack:
        for _ in range(MAX_PAGES):
            stack.enter_context(room.joined("anna", token=token)).seat()
        with room.joined("anna", token=token) as one_more:
            assert one_more.code() == CloseCode.FULL


def test_the_server_stops_at_once(tmp_path: Path) -> None:
    from studio.web.app import served

    codes: list[int] = []
    with ExitStack() as stack, Studio.open(Settings(data=tmp_path / "data", workers=1), engines={}) as studio:
        review = studio.local.reviews.create("Mine", "").id
        with served(studio, server_port=None) as url:
            address = f"{url.rstrip('/').replace('http', 'ws', 1)}/ui/reviews/{review}/room"
            page = RoomPage(stack.enter_context(connect(address, close_timeout=1)))
            page.seat()
            reader = threading.Thread(target=lambda: codes.append(page.code()), daemon=True)
            reader.start()
            began = time.monotonic()
        took = time.monotonic() - began
        reader.join(PATIENT_S)
    assert codes == [CloseCode.RESTART]
    assert took < 5
