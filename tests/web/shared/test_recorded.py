"""What is noted of links and guests, and what is not: no password and no token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from websockets.sync.client import connect

from studio.services.review_links import LinkChange
from studio.store.audit import Query, page
from studio.web.routes.review_rooms import CloseCode
from tests.support.room_page import RoomPage
from tests.web.shared.conftest import Shared


def test_links_and_guests_are_recorded_without_secrets(shared: Shared) -> None:
    link, token = shared.link(password="open sesame", label="Acme")
    shared.services.review_links.change(shared.review, link, LinkChange(password="close sesame"))
    shared.services.review_links.token(shared.review, link)
    shared.guest(token, "Grace", password="close sesame")
    shared.services.review_links.revoke(shared.review, link)
    shared.studio.audit_log.flush()
    with shared.studio.context.store.read() as db:
        rows, _ = page(db, Query(), limit=500)
    text = str(rows)
    for secret in ("open sesame", "close sesame", token):
        assert secret not in text
    done = {row.entry.action for row in rows}
    assert {f"review_links.{word}" for word in ("create", "change", "token", "revoke")} <= done
    assert [row.entry.name for row in rows if row.entry.action == "guest.enter"].count("Grace") == 1


@contextmanager
def in_room(shared: Shared, cookie: str) -> Iterator[RoomPage]:
    address = f"{shared.url.replace('http', 'ws', 1)}/shared/api/reviews/{shared.review}/room"
    with connect(address, additional_headers={"cookie": cookie}, close_timeout=1, max_size=2**20) as line:
        yield RoomPage(line)


def test_a_guest_is_put_out_of_an_open_room_when_the_link_is_revoked(shared: Shared) -> None:
    link, token = shared.link()
    [cookie] = shared.guest(token).cookies.jar
    with in_room(shared, f"{cookie.name}={cookie.value}") as room:
        assert room.seat()
        shared.services.review_links.revoke(shared.review, link)
        assert room.code() in (CloseCode.SIGN_IN, CloseCode.GONE)
    for nobody in ("", next(f"{name}={value}" for name, value in shared.cookies.items())):
        with in_room(shared, nobody) as room:
            assert room.code() in (CloseCode.SIGN_IN, CloseCode.GONE)
