"""Review rooms: who has a review open now, who leads, what they look at, draw and point at. In memory only.

Each open page has a seat. What a seat has still to be told is no list of messages but marks of what has changed:
`take` makes one message of them, from the state of that moment. So a page that reads slowly gets fewer messages and
the newest state, and nothing piles up for it.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from studio.domain import JSON
from studio.errors import Conflict
from studio.messages import Message
from studio.review.drawing import DIGITS, MAX_POINTS, MAX_SHAPES, Stroke
from studio.services.review_room_messages import (
    Follow,
    Internal,
    Lead,
    Ping,
    Pointer,
    Remove,
    RoomMessage,
    Shape,
    View,
)

MAX_PEOPLE, MAX_GUESTS = 50, 30
"""Open pages in a room, and how many of them may be guests', so that a link never keeps the team out."""

MAX_PAGES = 20
"""Pages in rooms that one person or guest may have open."""

MAX_LIVE_POINTS = 8000
"""Points of all the strokes that one page is drawing."""

COLORS = (
    "#d1345b", "#2f6fde", "#1d8348", "#b9540b", "#7d3cc8", "#0e7c86", "#a8326e", "#5a6b00", "#b03a2e", "#3949ab",
)  # fmt: skip
"""Of people; white letters stand out on each (4.5:1)."""


@dataclass(frozen=True)
class Admission:
    """What the rights say of somebody who comes in. key: of the actor. link: by which a guest came; "" of a member.

    versions: those that a guest may see; None: all. may_comment: who may also draws, points and leads; the others look
    on and follow.
    """

    key: str
    name: str
    link: str = ""
    may_comment: bool = True
    versions: frozenset[str] | None = None

    @property
    def is_guest(self) -> bool:
        """Whether they came by a share link."""
        return bool(self.link)

    def sees(self, version: str | None) -> bool:
        """Whether this version is shown to them."""
        return self.versions is None or version in self.versions


@dataclass
class _LiveShape:
    """A shape so far. points: of a stroke, x, y, pressure in a row. edition: rises as it is replaced."""

    said: Shape
    points: array[float]
    edition: int

    @property
    def count(self) -> int:
        return len(self.points) // 3

    def from_point(self, start: int) -> JSON:
        """The shape's JSON; of a stroke, with the points from `start` on."""
        body = self.said.shape.model_dump(mode="json", by_alias=True)
        if isinstance(self.said.shape, Stroke):
            flat = [round(value, DIGITS) for value in self.points[3 * start :]]
            body["points"] = [flat[at : at + 3] for at in range(0, len(flat), 3)]
        return body


@dataclass
class _Marks:
    """What a seat has still to be told. Ids are of seats; shapes are (seat, shape)."""

    people: bool = True
    leader: bool = True
    changed: bool = False
    pong: int | None = None
    views: set[str] = field(default_factory=set)
    pointers: set[str] = field(default_factory=set)
    shapes: set[tuple[str, str]] = field(default_factory=set)

    def any(self) -> bool:
        return (
            bool(self.people or self.leader or self.changed or self.views or self.pointers or self.shapes)
            or self.pong is not None
        )


class Seat:
    """One open page in a room. wake: called, from any thread, when there is something to tell it."""

    def __init__(self, review: str, admission: Admission, number: int, color: str, wake: Callable[[], None]) -> None:
        self.id, self.review, self.admission = f"m_{secrets.token_hex(6)}", review, admission
        self.number, self.color, self.wake = number, color, wake
        self.view: View | None = None
        self.view_at = 0.0
        self.pointer: Pointer | None = None
        self.following, self.internal = False, True
        self.is_shown = False
        """Whether guests are told of this page: once its person leads, follows, or draws or points for them to see."""
        self.shapes: dict[str, _LiveShape] = {}
        self.marks = _Marks()
        self.told: dict[tuple[str, str], tuple[int, int]] = {}
        """Edition and points of the shapes that this page has been sent."""
        self.is_new = True


@dataclass
class _Room:
    seats: dict[str, Seat] = field(default_factory=dict)
    leader: str | None = None


class ReviewRooms:
    """Every room of the studio. Safe from any thread; nothing waits."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock, self._clock = threading.Lock(), clock
        self._rooms: dict[str, _Room] = {}
        self._salt = secrets.token_bytes(16)

    def open_reviews(self) -> list[str]:
        """Reviews that somebody has open."""
        with self._lock:
            return list(self._rooms)

    def join(self, review: str, admission: Admission, wake: Callable[[], None]) -> Seat:
        """A seat in the room of a review. Raises Conflict where it is full, or this person has too many pages."""
        with self._lock:
            room = self._rooms.get(review) or _Room()
            self._refuse_crowd(room, admission)
            numbers = {seat.number for seat in room.seats.values()}
            number = next(n for n in range(1, MAX_PEOPLE + 2) if n not in numbers)
            seat = Seat(review, admission, number, self._color(room, admission, number), wake)
            self._rooms[review] = room
            room.seats[seat.id] = seat
            seat.marks.views |= set(room.seats)
            seat.marks.pointers |= set(room.seats)
            seat.marks.shapes |= {(other.id, one) for other in room.seats.values() for one in other.shapes}
            self._tell(room, _people)
        wake()
        return seat

    def leave(self, seat: Seat) -> None:
        """The page has gone, and with it what it was drawing. Twice is once."""
        with self._lock:
            room = self._rooms.get(seat.review)
            if room is None or room.seats.pop(seat.id, None) is None:
                return
            if room.leader == seat.id:
                room.leader = None
                self._tell(room, _leader)
            self._tell(room, _people)
            self._remove(room, seat, list(seat.shapes))
            for other in room.seats.values():
                other.marks.views.discard(seat.id)
                other.marks.pointers.discard(seat.id)
            if not room.seats:
                del self._rooms[seat.review]

    def hear(self, seat: Seat, message: RoomMessage) -> None:
        """What a page said. What its person may not do is ignored: their page does not offer it."""
        with self._lock:
            room = self._rooms.get(seat.review)
            if room is None or seat.id not in room.seats:
                return
            match message:
                case View():
                    seat.view, seat.view_at = message, self._clock()
                    self._tell(room, _views(seat.id), but=seat)
                case Follow():
                    seat.following = message.on and room.leader != seat.id
                    self._show(room, seat)
                    self._tell(room, _people)
                case Ping():
                    seat.marks.pong = message.n
                    seat.wake()
                case Remove():
                    self._remove(room, seat, list(seat.shapes) if message.ids is None else message.ids)
                case Lead() | Shape() | Pointer() | Internal() if seat.admission.may_comment:
                    self._hear_speaker(room, seat, message)
                case _:
                    return

    def changed(self, review: str) -> None:
        """Comments, versions or statuses of a review changed: its pages should read it again."""
        with self._lock:
            if room := self._rooms.get(review):
                self._tell(room, _changed)

    def admit_again(self, seat: Seat, admission: Admission) -> None:
        """The rights say something else of this seat's person now."""
        with self._lock:
            room = self._rooms.get(seat.review)
            if room is None or seat.id not in room.seats or seat.admission == admission:
                return
            seat.admission = admission
            if not admission.may_comment:
                self._remove(room, seat, list(seat.shapes))
                seat.pointer = None
                self._tell(room, _pointers(seat.id), but=seat)
                if room.leader == seat.id:
                    room.leader = None
                    self._tell(room, _leader)
            seat.marks.views |= set(room.seats)
            seat.marks.pointers |= set(room.seats)
            seat.marks.shapes |= {(other.id, one) for other in room.seats.values() for one in other.shapes}
            self._tell(room, _people)

    def seats_of(self, review: str) -> list[Seat]:
        """The open pages of a review."""
        with self._lock:
            room = self._rooms.get(review)
            return list(room.seats.values()) if room else []

    def take(self, seat: Seat) -> JSON | None:
        """All that a page has still to be told as one message; None for nothing.

        you: its own seat, in the first message only. people: everybody, in the order they came. leader: a seat or
        null. views: by seat, `age_ms` old. pointers: by seat. shapes: what was drawn; of a stroke the points from
        `start` on. gone: shapes that are no longer there. changed: the review is to be read again.
        """
        with self._lock:
            room = self._rooms.get(seat.review)
            if room is None or seat.id not in room.seats or not seat.marks.any():
                return None
            marks, seat.marks = seat.marks, _Marks(people=False, leader=False)
            message: JSON = {}
            if seat.is_new:
                seat.is_new, message["you"] = False, seat.id
            if marks.people:
                message["people"] = [self._person(one) for one in room.seats.values() if _is_known(one, seat)]
            if marks.leader:
                message["leader"] = room.leader
            if marks.changed:
                message["changed"] = True
            if marks.pong is not None:
                message["pong"] = marks.pong
            told = (room.seats[i] for i in marks.views | marks.pointers if i in room.seats and i != seat.id)
            others = {one.id: one for one in told if _is_known(one, seat)}
            views = {
                i: self._view(one.view, one.view_at, seat) for i, one in others.items() if i in marks.views and one.view
            }
            if views:
                message["views"] = views
            if pointers := {i: _pointer(one, seat) for i, one in others.items() if i in marks.pointers}:
                message["pointers"] = pointers
            shapes, gone = self._drawn(room, seat, marks.shapes)
            if shapes:
                message["shapes"] = shapes
            if gone:
                message["gone"] = gone
            return message

    def _hear_speaker(self, room: _Room, seat: Seat, message: Lead | Shape | Pointer | Internal) -> None:
        match message:
            case Lead():
                if message.on:
                    self._show(room, seat)
                    room.leader, seat.following = seat.id, False
                elif room.leader == seat.id:
                    room.leader = None
                else:
                    return
                self._tell(room, _leader, _people)
            case Pointer():
                if message.at:
                    self._show(room, seat)
                seat.pointer = message if message.at else None
                self._tell(room, _pointers(seat.id), but=seat)
            case Internal():
                self._set_internal(room, seat, message.on)
            case Shape():
                self._set_internal(room, seat, message.internal)
                if _drawn_on(seat.shapes, message):
                    self._tell(room, _shapes(seat.id, [message.id]), but=seat)

    def _show(self, room: _Room, seat: Seat) -> None:
        if not seat.is_shown:
            seat.is_shown = True
            self._tell(room, _people, _views(seat.id), but=seat)

    def _set_internal(self, room: _Room, seat: Seat, on: bool) -> None:
        if not on:
            self._show(room, seat)
        if seat.internal != on:
            seat.internal = on
            self._tell(room, _shapes(seat.id, list(seat.shapes)), but=seat)

    def _remove(self, room: _Room, seat: Seat, ids: Iterable[str]) -> None:
        places = {(seat.id, one) for one in ids if seat.shapes.pop(one, None)}
        for other in room.seats.values():
            known = places & other.told.keys()
            other.marks.shapes -= places - known  # shapes that come and go unread leave nothing behind
            if known:
                other.marks.shapes |= known
                other.wake()

    def _drawn(self, room: _Room, seat: Seat, marked: set[tuple[str, str]]) -> tuple[list[JSON], list[list[str]]]:
        shapes: list[JSON] = []
        gone: list[list[str]] = []
        for place in marked:
            who, shape_id = place
            author = room.seats.get(who)
            shape = author.shapes.get(shape_id) if author else None
            if author is None or shape is None or not _is_shown(author, shape, seat):
                if seat.told.pop(place, None):
                    gone.append([who, shape_id])
                continue
            edition, count = seat.told.get(place, (0, 0))
            start = count if edition == shape.edition else 0
            seat.told[place] = (shape.edition, shape.count)
            said = shape.said
            shapes.append(
                {
                    "who": who,
                    "id": shape_id,
                    "version": said.version,
                    "frame": said.frame,
                    "start": start,
                    "done": said.done,
                    "shape": shape.from_point(start),
                }
            )
        return shapes, gone

    def _person(self, seat: Seat) -> JSON:
        """person: the same for pages of one person, and says nothing else; "" for the user of a studio without
        accounts, who may be several people."""
        key = seat.admission.key
        person = hashlib.blake2s(key.encode(), key=self._salt, digest_size=6).hexdigest() if key else ""
        return {
            "id": seat.id, "person": person, "name": seat.admission.name, "number": seat.number, "color": seat.color,
            "guest": seat.admission.is_guest, "following": seat.following, "may_lead": seat.admission.may_comment,
        }  # fmt: skip

    def _view(self, view: View, at: float, reader: Seat) -> JSON:
        """hidden: this page shows what the reader has no right to see. at: when it was told, by the clock."""
        age_ms = round((self._clock() - at) * 1000 + view.latency_ms, 1)
        if not all(reader.admission.sees(version) for version in _versions_of(view)):
            return {"hidden": True, "age_ms": age_ms}
        return view.model_dump(exclude={"type", "latency_ms"}) | {"age_ms": age_ms}

    def _refuse_crowd(self, room: _Room, admission: Admission) -> None:
        guests = sum(seat.admission.is_guest for seat in room.seats.values())
        if len(room.seats) >= MAX_PEOPLE or (admission.is_guest and guests >= MAX_GUESTS):
            raise Conflict(Message("reviewroom.full", limit=MAX_PEOPLE))
        own = sum(seat.admission.key == admission.key for each in self._rooms.values() for seat in each.seats.values())
        if admission.key and own >= MAX_PAGES:
            raise Conflict(Message("reviewroom.many_pages", limit=MAX_PAGES))

    def _color(self, room: _Room, admission: Admission, number: int) -> str:
        """The one that the person has on another page, else the first that is free."""
        for seat in room.seats.values():
            if admission.key and seat.admission.key == admission.key:
                return seat.color
        taken = {seat.color for seat in room.seats.values()}
        return next((color for color in COLORS if color not in taken), COLORS[number % len(COLORS)])

    @staticmethod
    def _tell(room: _Room, *mark: Callable[[_Marks], None], but: Seat | None = None) -> None:
        for seat in room.seats.values():
            if seat is not but:
                for one in mark:
                    one(seat.marks)
                seat.wake()


def _people(marks: _Marks) -> None:
    marks.people = True


def _leader(marks: _Marks) -> None:
    marks.leader = True


def _changed(marks: _Marks) -> None:
    marks.changed = True


def _views(seat: str) -> Callable[[_Marks], None]:
    return lambda marks: marks.views.add(seat)


def _pointers(seat: str) -> Callable[[_Marks], None]:
    return lambda marks: marks.pointers.add(seat)


def _shapes(seat: str, ids: list[str]) -> Callable[[_Marks], None]:
    return lambda marks: marks.shapes.update((seat, one) for one in ids)


def _versions_of(view: View) -> Iterator[str]:
    if view.version:
        yield view.version
    if view.compare:
        yield from view.compare.versions


def _is_known(seat: Seat, reader: Seat) -> bool:
    """Whether the reader is told of this page. Guests do not hear of who is there and only looks on, except of who came
    by the same link."""
    link = reader.admission.link
    return not link or seat.is_shown or seat.admission.link == link


def _is_shown(author: Seat, shape: _LiveShape, reader: Seat) -> bool:
    return not (author.internal and reader.admission.is_guest) and reader.admission.sees(shape.said.version)


def _pointer(seat: Seat, reader: Seat) -> JSON | None:
    pointer = seat.pointer
    if pointer is None or not reader.admission.sees(pointer.version):
        return None
    return {"version": pointer.version, "at": pointer.at}


def _drawn_on(shapes: dict[str, _LiveShape], message: Shape) -> bool:
    """Put the shape, or the next piece of a stroke, where it belongs. False where there is no room for it, or where a
    piece before it is missing: the page begins the stroke anew then."""
    known = shapes.get(message.id)
    if known is None and len(shapes) >= MAX_SHAPES:
        return False
    if not isinstance(message.shape, Stroke):
        shapes[message.id] = _LiveShape(message, array("f"), (known.edition if known else 0) + 1)
        return True
    points = array("f", (value for point in message.shape.points for value in point))
    before = known.count if known and message.start else 0
    in_all = sum(shape.count for key, shape in shapes.items() if key != message.id) + before + len(points) // 3
    if message.start != before or before + len(points) // 3 > MAX_POINTS or in_all > MAX_LIVE_POINTS:
        return False
    if known and message.start:
        known.points.extend(points)
        known.said = message
    else:
        shapes[message.id] = _LiveShape(message, points, (known.edition if known else 0) + 1)
    return True
