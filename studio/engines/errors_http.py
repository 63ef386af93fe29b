"""HTTP answers as our error classes: the default for every engine, which adds only what its provider's own codes say.

A status below 500 is the provider's decision: nothing was accepted. A fault (5xx) of a call that may have started
something billed leaves the outcome unknown; of any other call it is passing, and the call may be repeated.
Source: RFC 9110 and the error tables in the providers' public documents, which agree on these.
"""

from __future__ import annotations

from typing import Any, Literal

from studio.domain import JSON
from studio.engines.http import Reply
from studio.engines.strict_json import rows, table
from studio.errors import (
    EngineError,
    OutOfCredit,
    RateLimited,
    Refused,
    Unauthorised,
    Unavailable,
    UnknownHandle,
    UnknownOutcome,
)
from studio.messages import Message, term

Call = Literal["submit", "poll", "other"]
"""submit: may have started something billed. poll: asks about a task that is on file. other: free, repeatable."""
PASSING = (408, 425)
MESSAGES = ("message", "msg", "detail", "error", "error_description", "title")
MAX_CHARS = 240


def of_reply(reply: Reply, label: str, *, call: Call = "other", code: str = "", message: str = "") -> EngineError:
    """The error of an answer whose status is no success.

    label: how the sentence names the provider. code, message: in the provider's words, where the engine read them;
    else they are looked for in the usual places.
    """
    own_code, own_message = reason(reply.body)
    code, message = code or own_code, message or own_message
    word, why = code or str(reply.status), f"{code or reply.status}{f': {message}' if message else ''}"
    if reply.status >= 500 and call == "submit":
        return UnknownOutcome(Message("engine.fault_answer", provider=term(label), why=word), code=word)
    if reply.status >= 500 or reply.status in PASSING:
        return Unavailable(
            Message("engine.unavailable", provider=term(label), why=word), code=word, retry_after_s=reply.retry_after_s
        )
    if reply.status == 429:
        return RateLimited(
            Message("engine.slow_down", provider=term(label), why=word), code=word, retry_after_s=reply.retry_after_s
        )
    if reply.status in (401, 403):
        return Unauthorised(Message("engine.key_refused", provider=term(label), why=why), code=word)
    if reply.status == 402:
        return OutOfCredit(Message("engine.no_credit", provider=term(label), why=why), code=word)
    if reply.status in (404, 410) and call == "poll":
        return UnknownHandle(Message("engine.task_unknown", provider=term(label), why=why), code=word)
    if not message and not code:
        return Refused(Message("engine.call_refused", provider=term(label), status=reply.status), code=word)
    return Refused(Message("engine.refused", provider=term(label), why=why), code=word)


def reason(body: JSON) -> tuple[str, str]:
    """(code, message) of an error, from the places where providers usually put them; "" where there is none."""
    first = next(iter(rows(body.get("errors"))), {})
    detail = next(iter(rows(body.get("detail"))), {})
    inner = next((t for t in (table(body.get("error")), first, table(body.get("data"))) if _code(t) or _text(t)), {})
    return _code(inner) or _code(body) or _code(detail), plain(_text(inner) or _text(body))


def plain(message: str) -> str:
    """The provider's own words, short, without a full stop."""
    return " ".join(message.split())[:MAX_CHARS].rstrip(".。 ")


def _code(place: JSON) -> str:
    found = next((place[n] for n in ("code", "error_code", "error_type", "type") if place.get(n)), "")
    return str(found)[:100] if isinstance(found, str | int) and not isinstance(found, bool) else ""


def _text(place: JSON) -> str:
    for name in MESSAGES:
        if text := _words(place.get(name)):
            return text
    return ""


def _words(value: Any) -> str:
    """A message, or the messages of a list such as [{"loc": ["body", "duration"], "msg": "too long"}]."""
    if isinstance(value, str):
        return value
    found = []
    for one in rows(value)[:3]:
        where = one.get("loc")
        name = f"{where[-1]}: " if isinstance(where, list) and where else ""
        text = one.get("msg") or one.get("message")
        found += [f"{name}{text}"] if isinstance(text, str) else []
    return "; ".join(found)
