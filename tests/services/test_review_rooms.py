"""Rooms without a network: who is told what, what guests never hear, and that nothing piles up for slow readers."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from studio.errors import Conflict
from studio.review.drawing import MAX_POINTS
from studio.services.review_room_messages import parsed
from studio.services.review_rooms import (
    MAX_GUESTS,
    MAX_LIVE_POINTS,
    MAX_PAGES,
    MAX_PEOPLE,
    Admission,
    ReviewRooms,
    Seat,
)

REVIEW = "rv_1"
VERSION = "rw_1"
PEN = {"color": "#ff3b30", "size": 0.01}


def member(name: str, **more: Any) -> Admission:
    return Admission(f"p_{name}", name, **more)


def guest(name: str, *versions: str, link: str = "sl_1") -> Admission:
    return Admission(f"g_{name}", name, link, versions=frozenset(versions))


class Clock:
    """Seconds that the test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def said(rooms: ReviewRooms, seat: Seat, **message: Any) -> None:
    rooms.hear(seat, parsed(json.dumps(message)))


def told(rooms: ReviewRooms, seat: Seat) -> dict[str, Any]:
    return rooms.take(seat) or {}


def sit(rooms: ReviewRooms, *who: Admission) -> list[Seat]:
    """Everybody is in, and has been told so."""
    seats = [rooms.join(REVIEW, one, lambda: None) for one in who]
    for seat in seats:
        rooms.take(seat)
    return seats


def stroke(points: int, start: int = 0, **more: Any) -> dict[str, Any]:
    shape = {"type": "stroke", "points": [[0.1, 0.2, 0.5]] * points} | PEN
    return (
        {"type": "shape", "id": "s1", "version": VERSION, "frame": 7, "internal": False, "start": start}
        | {"shape": shape}
        | more
    )


def test_the_first_message_says_who_is_there_and_what_is_drawn() -> None:
    rooms = ReviewRooms()
    [anna] = sit(rooms, member("Anna"))
    said(rooms, anna, type="view", item="ri_1", version=VERSION, frame=12)
    said(rooms, anna, type="lead", on=True)
    said(rooms, anna, **stroke(3))
    ben = rooms.join(REVIEW, member("Ben"), lambda: None)
    first = told(rooms, ben)
    assert first["you"] == ben.id
    assert [one["name"] for one in first["people"]] == ["Anna", "Ben"]
    assert first["leader"] == anna.id
    assert first["views"][anna.id]["frame"] == 12
    assert len(first["shapes"][0]["shape"]["points"]) == 3
    assert "you" not in told(rooms, anna)


def test_a_follower_hears_the_newest_frame_with_its_age() -> None:
    clock = Clock()
    rooms = ReviewRooms(clock)
    anna, ben = sit(rooms, member("Anna"), member("Ben"))
    for frame in (3, 4, 5):
        said(rooms, anna, type="view", version=VERSION, frame=frame, playing=True, latency_ms=20)
    clock.now += 0.25
    view = told(rooms, ben)["views"][anna.id]
    assert (view["frame"], view["playing"], view["age_ms"]) == (5, True, 270)
    assert told(rooms, ben) == {}


def test_taking_the_lead_takes_it_from_who_had_it_and_leaving_gives_it_up() -> None:
    rooms = ReviewRooms()
    anna, ben = sit(rooms, member("Anna"), member("Ben"))
    said(rooms, anna, type="lead", on=True)
    said(rooms, ben, type="follow", on=True)
    assert told(rooms, anna)["people"][1]["following"]
    said(rooms, ben, type="lead", on=True)
    message = told(rooms, anna)
    assert message["leader"] == ben.id
    assert not message["people"][1]["following"], "who leads follows nobody"
    said(rooms, anna, type="lead", on=False)
    assert told(rooms, anna) == {}, "only who leads gives it back"
    rooms.leave(ben)
    assert told(rooms, anna)["leader"] is None
    rooms.leave(ben)
    rooms.leave(anna)
    assert rooms.open_reviews() == []


def test_a_stroke_grows_by_its_new_points() -> None:
    rooms = ReviewRooms()
    anna, ben = sit(rooms, member("Anna"), member("Ben"))
    said(rooms, anna, **stroke(3))
    assert told(rooms, ben)["shapes"][0]["start"] == 0
    said(rooms, anna, **stroke(2, start=3))
    said(rooms, anna, **stroke(4, start=5, done=True))
    [piece] = told(rooms, ben)["shapes"]
    assert (piece["start"], len(piece["shape"]["points"]), piece["done"]) == (3, 6, True)
    said(rooms, anna, **stroke(1, start=90))
    assert told(rooms, ben) == {}, "a piece is missing before it"
    said(rooms, anna, **stroke(2))
    [anew] = told(rooms, ben)["shapes"]
    assert (anew["start"], len(anew["shape"]["points"])) == (0, 2)
    said(rooms, anna, type="remove", ids=["s1"])
    assert told(rooms, ben)["gone"] == [[anna.id, "s1"]]


def test_what_is_drawn_for_the_team_alone_never_reaches_a_guest() -> None:
    rooms = ReviewRooms()
    anna, ben, client = sit(rooms, member("Anna"), member("Ben"), guest("Client", VERSION))
    said(rooms, anna, **stroke(3, internal=True))
    assert "shapes" in told(rooms, ben)
    assert told(rooms, client) == {}
    late = rooms.join(REVIEW, guest("Late", VERSION), lambda: None)
    assert "shapes" not in told(rooms, late)
    said(rooms, anna, type="internal", on=False)
    assert len(told(rooms, client)["shapes"][0]["shape"]["points"]) == 3
    said(rooms, anna, type="internal", on=True)
    assert told(rooms, client)["gone"] == [[anna.id, "s1"]]


def test_a_guest_hears_nothing_of_versions_that_are_not_in_the_link() -> None:
    rooms = ReviewRooms()
    anna, client = sit(rooms, member("Anna"), guest("Client", "rw_2"))
    said(rooms, anna, type="lead", on=True)
    told(rooms, client)
    said(rooms, anna, type="view", item="ri_1", version=VERSION, frame=5)
    assert told(rooms, client)["views"] == {anna.id: {"hidden": True, "age_ms": pytest.approx(0, abs=500)}}
    compare = {"versions": ["rw_2", VERSION], "mode": "wipe"}
    said(rooms, anna, type="view", item="ri_2", version="rw_2", frame=5, compare=compare)
    assert told(rooms, client)["views"][anna.id]["hidden"]
    said(rooms, anna, **stroke(3))
    said(rooms, anna, type="pointer", version=VERSION, at=[0.5, 0.5])
    message = told(rooms, client)
    assert "shapes" not in message
    assert message["pointers"] == {anna.id: None}
    rooms.admit_again(client, guest("Client", "rw_2", VERSION))
    assert len(told(rooms, client)["shapes"]) == 1
    rooms.admit_again(client, guest("Client", "rw_2"))
    assert told(rooms, client)["gone"] == [[anna.id, "s1"]]


def test_a_guest_hears_of_who_takes_part_and_not_of_who_only_looks_on() -> None:
    rooms = ReviewRooms()
    anna, _, client, colleague = sit(rooms, member("Anna"), member("Ben"), guest("Client"), guest("Colleague"))
    sit(rooms, guest("Other client", link="sl_2"))
    said(rooms, anna, type="view", version=VERSION, frame=3)
    said(rooms, colleague, type="view", version=VERSION, frame=4)
    first = told(rooms, client)
    assert [one["name"] for one in first["people"]] == ["Client", "Colleague"]
    assert set(first["views"]) == {colleague.id}
    said(rooms, anna, type="lead", on=True)
    message = told(rooms, client)
    assert [one["name"] for one in message["people"]] == ["Anna", "Client", "Colleague"]
    assert set(message["views"]) == {anna.id}
    assert len(told(rooms, anna)["people"]) == 5


def test_who_may_not_comment_looks_on() -> None:
    rooms = ReviewRooms()
    anna, viewer = sit(rooms, member("Anna"), member("Viewer", may_comment=False))
    said(rooms, viewer, type="lead", on=True)
    said(rooms, viewer, **stroke(3))
    said(rooms, viewer, type="pointer", version=VERSION, at=[0.5, 0.5])
    assert told(rooms, anna) == {}
    said(rooms, viewer, type="follow", on=True)
    assert told(rooms, anna)["people"][1]["following"]


def test_who_may_comment_no_longer_loses_the_lead_and_what_was_drawn() -> None:
    rooms = ReviewRooms()
    anna, ben = sit(rooms, member("Anna"), member("Ben"))
    said(rooms, ben, type="lead", on=True)
    said(rooms, ben, **stroke(3))
    told(rooms, anna)
    rooms.admit_again(ben, member("Ben", may_comment=False))
    message = told(rooms, anna)
    assert message["leader"] is None
    assert message["gone"] == [[ben.id, "s1"]]


def test_pages_of_one_person_share_a_colour_and_others_have_their_own() -> None:
    rooms = ReviewRooms()
    _, _, ben = sit(rooms, member("Anna"), member("Anna"), member("Ben"))
    people = told(rooms, rooms.join(REVIEW, member("Cleo"), lambda: None))["people"]
    assert people[0]["person"] == people[1]["person"] != people[2]["person"]
    assert len({one["color"] for one in people}) == 3
    assert "p_" not in json.dumps(people), "no ids of accounts"
    assert ben.color == people[2]["color"]


def test_a_room_is_bounded_and_guests_never_fill_it() -> None:
    rooms = ReviewRooms()
    sit(rooms, *(guest(f"g{n}") for n in range(MAX_GUESTS)))
    with pytest.raises(Conflict):
        rooms.join(REVIEW, guest("one more"), lambda: None)
    sit(rooms, *(member(f"m{n}") for n in range(MAX_PEOPLE - MAX_GUESTS)))
    with pytest.raises(Conflict):
        rooms.join(REVIEW, member("one more"), lambda: None)
    for n in range(MAX_PAGES):
        rooms.join(f"rv_{n + 2}", member("busy"), lambda: None)
    with pytest.raises(Conflict):
        rooms.join("rv_x", member("busy"), lambda: None)


def test_what_waits_for_a_page_that_does_not_read_stays_small() -> None:
    """Ten thousand messages later its next one is no longer than what there is to see."""
    rooms = ReviewRooms()
    anna, asleep = sit(rooms, member("Anna"), member("Asleep"))
    for n in range(10_000):
        said(rooms, anna, type="view", version=VERSION, frame=n)
        said(rooms, anna, type="pointer", version=VERSION, at=[0.5, n / 10_000])
        said(rooms, anna, **stroke(20, id=f"s{n}"))
    said(rooms, anna, type="remove")
    for n in range(10_000):
        said(rooms, anna, **stroke(1, id=f"t{n}"))
        said(rooms, anna, type="remove", ids=[f"t{n}"])
    assert len(asleep.marks.shapes) <= 200
    said(rooms, anna, **stroke(20))
    message = told(rooms, asleep)
    assert len(message["shapes"]) == 1
    assert len(json.dumps(message)) < 10_000
    assert message["views"][anna.id]["frame"] == 9999


def test_a_page_can_draw_only_so_much() -> None:
    rooms = ReviewRooms()
    anna, ben = sit(rooms, member("Anna"), member("Ben"))
    for n in range(20):
        said(rooms, anna, **stroke(MAX_POINTS, id=f"s{n}"))
        said(rooms, anna, **stroke(1, id=f"s{n}", start=MAX_POINTS))
    points = [len(one["shape"]["points"]) for one in told(rooms, ben)["shapes"]]
    assert sum(points) == MAX_LIVE_POINTS
    assert max(points) == MAX_POINTS


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", '{"type":"view"', '{"type":"shout"}', '{"type":"view","frame":-1}',
        '{"type":"view","frame":1.5}',
        '{"type":"view","speed":NaN}', '{"type":"view","item":"<b>"}', '{"type":"view","name":"Anna"}',
        '{"type":"pointer","version":"rw_1","at":[9,0]}', '{"type":"lead"}',
        json.dumps(stroke(MAX_POINTS + 1)), json.dumps(stroke(1) | {"internal": None}),
        json.dumps({k: v for k, v in stroke(1).items() if k != "internal"}),
        json.dumps(stroke(1) | {"shape": {"type": "text", "at": [0, 0], "text": "x" * 501} | PEN}),
        json.dumps(stroke(1) | {"shape": {"type": "box", "from": [0, 0], "to": [1, 1]} | PEN | {"color": "red;x"}}),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        parsed(text)


def test_points_take_a_few_bytes_each() -> None:
    rooms = ReviewRooms()
    [anna] = sit(rooms, member("Anna"))
    said(rooms, anna, **stroke(MAX_POINTS))
    assert sys.getsizeof(anna.shapes["s1"].points) < 14 * MAX_POINTS
