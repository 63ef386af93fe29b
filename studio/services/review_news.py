"""Who is told of what happened in reviews: mentions, answers, retakes of one's comments, statuses of one's takes.

Nobody is told of their own doings, and what somebody writes in one go is one message: while it waits to be sent, what
follows joins it. Guests have no account and are not told; they see it on the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from studio.domain import JSON
from studio.services import review_messages as words
from studio.services.personal_messages import PersonalChoices
from studio.store import notifications as outbox
from studio.store import review_news, reviews
from studio.store.notifications import RunChange
from studio.store.review_news import Answered, Marked, Place, Written

MAX_NEWS = 500
"""Comments, and status changes, of one look."""


@dataclass(frozen=True)
class Listener:
    """Somebody who can be told. targets: of the outbox."""

    choices: PersonalChoices
    targets: tuple[str, ...]


@dataclass(frozen=True)
class _News:
    """A message to one person. key: news of the same key, while not sent, are one message; "" joins nothing."""

    person: str
    place: Place
    body: JSON
    key: str = ""


def collect(db: Database, changes: Sequence[RunChange], listeners: Mapping[str, Listener], *, burst_s: float) -> None:
    """Write messages for what has happened since the last look. burst_s: for how long a message waits for more."""
    written, marked = review_news.take(db, MAX_NEWS)
    ready = review_news.answered(db, [one.run for one in changes if one.status == "succeeded"])
    found = [*_talk(written, listeners), *_marks(marked, listeners), *_retakes(ready, listeners)]
    for one in found:
        if one.place.review in reviews.visible_ids(db, [one.place.review], one.person):
            for target in listeners[one.person].targets:
                _put(db, one, target, burst_s)


def _talk(written: Sequence[Written], listeners: Mapping[str, Listener]) -> Iterator[_News]:
    for one in written:
        for person, listener in listeners.items():
            if person == one.author:
                continue
            mentioned = listener.choices.mentions and person in one.mentions
            answered = listener.choices.answers and one.answered == person
            if mentioned or answered:
                counts = {"mentions": int(mentioned), "answers": int(answered and not mentioned)}
                body = words.body_of(words.TALK, one.place, one.author_name, quote=words.quote(one.text), **counts)
                yield _News(person, one.place, body, f"talk-{one.author}")


def _marks(marked: Sequence[Marked], listeners: Mapping[str, Listener]) -> Iterator[_News]:
    for one in marked:
        for person in one.makers - {one.person}:
            if (listener := listeners.get(person)) and listener.choices.statuses:
                status = {"status": one.status, "status_name": one.status_name}
                body = words.body_of(words.MARKS, one.place, one.person_name, **status)
                yield _News(person, one.place, body, f"marks-{one.person}")


def _retakes(ready: Sequence[Answered], listeners: Mapping[str, Listener]) -> Iterator[_News]:
    for one in ready:
        for person in {one.author, *one.mentions} - {one.owner}:
            if (listener := listeners.get(person)) and listener.choices.retakes:
                body = words.body_of(words.RETAKE, one.place, "", yours=person == one.author)
                yield _News(person, one.place, body, f"retake-{one.run}")


def _put(db: Database, one: _News, target: str, burst_s: float) -> None:
    prefix = f"review-{one.place.review}-{one.key}-"
    if waiting := outbox.waiting(db, prefix, target):
        outbox.rewrite(db, waiting.seq, words.merged(waiting.body, one.body))
        return
    after_s = 0.0 if one.body["type"] == words.RETAKE else burst_s
    outbox.add(db, f"{prefix}{outbox.next_seq(db)}", target, one.body, after_s=after_s)
