"""Guests of share links in review rooms: what they hear, what they never hear, and what ends their socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from studio.web.routes.review_rooms import CloseCode
from tests.support.room_page import RoomPage
from tests.web.shared.conftest import Shared

PEN = {"color": "#ff3b30", "size": 0.01}


@contextmanager
def joined(shared: Shared, web: httpx.Client, place: str = "shared/api") -> Iterator[RoomPage]:
    """The room as this browser has it."""
    address = f"{shared.url.replace('http', 'ws', 1)}/{place}/reviews/{shared.review}/room"
    cookies = "; ".join(f"{name}={value}" for name, value in web.cookies.items())
    with connect(address, additional_headers={"cookie": cookies}, close_timeout=1) as line:
        yield RoomPage(line)


def box(version: str, *, internal: bool) -> dict[str, Any]:
    shape = {"type": "box", "from": [0.1, 0.1], "to": [0.5, 0.5]} | PEN
    return {"type": "shape", "id": "b1", "version": version, "frame": 0, "internal": internal, "shape": shape}


def versions(shared: Shared) -> list[str]:
    content = shared.services.reviews.get(shared.review).content
    return [version.id for version in content.versions]


def test_a_guest_hears_what_is_for_them_and_nothing_that_is_for_the_team(shared: Shared) -> None:
    """Internal strokes, versions outside of the link, and members who only look on stay unheard."""
    _, token = shared.link(items=[shared.items[1]])
    outside, inside = versions(shared)
    with (
        joined(shared, shared.member(), "ui") as anna,
        joined(shared, shared.guest(token)) as ada,
        joined(shared, shared.guest(shared.link()[1], "Carl")) as carl,
    ):
        anna_seat, ada_seat = anna.seat(), ada.seat()
        carl.seat()
        anna.say(type="view", item=shared.items[1], version=inside, frame=1)
        anna.say(**box(inside, internal=True))
        anna.ask(1)
        ada.ask(1)
        assert {one["name"] for message in ada.heard for one in message.get("people", ())} == {"Ada"}
        assert not any(message.keys() & {"shapes", "views", "pointers"} for message in ada.heard)

        anna.say(**box(outside, internal=False))
        assert carl.wait(lambda message: message.get("shapes"))[0]["who"] == anna_seat
        anna.say(type="view", item=shared.items[0], version=outside, frame=1)
        assert ada.wait(lambda message: message.get("views"))[anna_seat].keys() == {"hidden", "age_ms"}
        assert not any(message.get("shapes") for message in ada.heard)

        anna.say(**box(inside, internal=False))
        assert ada.wait(lambda message: message.get("shapes"))[0]["version"] == inside
        ada.say(type="lead", on=True)
        assert anna.wait(lambda message: message.get("leader")) == ada_seat


def test_a_link_to_look_lets_nobody_draw_or_lead(shared: Shared) -> None:
    _, token = shared.link(can_comment=False)
    with joined(shared, shared.member(), "ui") as anna, joined(shared, shared.guest(token)) as ada:
        anna.seat()
        ada.seat()
        ada.say(**box(versions(shared)[1], internal=False))
        ada.say(type="lead", on=True)
        ada.ask(1)
        anna.ask(1)
        assert not any(message.get("shapes") or message.get("leader") for message in anna.heard)


def test_members_and_strangers_are_no_guests_and_guests_no_members(shared: Shared) -> None:
    for web in (shared.nobody(), shared.member()):
        with joined(shared, web) as page:
            assert page.code() == CloseCode.SIGN_IN
    with pytest.raises(InvalidStatus), joined(shared, shared.guest(shared.link()[1]), "ui"):
        pass


@pytest.mark.parametrize("end", ["revoked", "left"])
def test_the_room_ends_with_the_link_and_with_the_session(shared: Shared, end: str) -> None:
    link, token = shared.link()
    web = shared.guest(token)
    with joined(shared, web) as ada:
        ada.seat()
        if end == "revoked":
            shared.services.review_links.revoke(shared.review, link)
        else:
            web.post("/shared/leave")
        assert ada.code() == CloseCode.SIGN_IN
