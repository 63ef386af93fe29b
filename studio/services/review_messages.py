"""What a message about a review says: who mentioned or answered whom, that a retake is ready, what status a take got.

Like a prompt, a comment is quoted only where the person allows it: the lock screen shows messages to whoever looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from studio.domain import JSON
from studio.messages import Message, joined
from studio.store.review_news import Place

PREFIX = "review."
TALK, MARKS, RETAKE = "review.talk", "review.marks", "review.retake"
QUOTED_CHARS = 120


def is_ours(body: JSON) -> bool:
    """Whether this message is about a review."""
    return body["type"].startswith(PREFIX)


def body_of(kind: str, place: Place, who: str, **more: object) -> JSON:
    """A new message. who: the name of the person who did it."""
    data: JSON = {"who": who, "n": 1, "tag": f"review-{place.review}-{kind}", **vars(place), **more}
    return {"type": kind, "text": "", "data": data}


def merged(before: JSON, after: JSON) -> JSON:
    """One message for two of a kind that follow one another: it counts both and shows the later one."""
    old, new = before["data"], after["data"]
    counts = {name: old[name] + new[name] for name in ("n", "mentions", "answers") if name in old and name in new}
    return after | {"data": new | counts}


def title_of(body: JSON) -> Message:
    """One line: what happened."""
    data = body["data"]
    who = data["who"] or Message("reviewpush.somebody")
    if body["type"] == RETAKE:
        return Message("reviewpush.retake_yours" if data["yours"] else "reviewpush.retake")
    if body["type"] == MARKS:
        return Message("reviewpush.marked", who=who, n=data["n"])
    if data["n"] > 1:
        return Message("reviewpush.wrote", who=who, n=data["n"])
    return Message("reviewpush.mentioned" if data["mentions"] else "reviewpush.answered", who=who)


def sentences(body: JSON, *, quoted: bool) -> Sequence[str]:
    """What it is about. quoted: with what was written."""
    data = body["data"]
    parts: list[str] = [Message("reviewpush.place", review=data["title"], item=data["item_title"], n=data["number"])]
    if body["type"] == MARKS:
        parts.append(_status(data))
    if quoted and data.get("quote"):
        parts.append(f"“{data['quote']}”")
    return parts


def path_of(body: JSON) -> str:
    """Where a press on it leads: the version and frame that it is about."""
    data = body["data"]
    place = {"tab": "review", "review": data["review"], "item": data["item"], "version": data["version"]}
    return "?" + urlencode(place | ({} if data["frame"] is None else {"frame": data["frame"]}))


def quote(text: str) -> str:
    """The beginning of what was written, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= QUOTED_CHARS else line[: QUOTED_CHARS - 1].rstrip() + "…"


def _status(data: JSON) -> Message:
    """The status as it was called when it was set; the studio's own ones in the reader's language."""
    name: str = data["status_name"]
    try:
        own = Message(f"reviewstatus.{data['status']}")
    except KeyError:
        own = None
    return own if own is not None and own == name else joined(name)
