"""HTTP answers as our error classes: the default for every engine, which adds only what its provider's own codes say.

A status below 500 is the provider's decision: nothing was accepted. A fault (5xx) of a call that may have started
something billed leaves the outcome unknown; of any other call it is passing, and the call may be repeated.
Source: RFC 9110 and the error tables in the providers' public documents, which agree on these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import httpx

from studio.domain import JSON
from studio.engines.http import Reply
from studio.engines.strict_json import number, rows, table
from studio.errors import (
    EngineError,
    Moderated,
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
MODERATION = re.compile(
    r"nsfw|moderat|sensitive|inappropriate|unsafe|safety|prohibited|content.?polic|policy.?violat|datainspection"
    r"|content.{0,12}(reject|block|filter|flag)|(prompt|image).?blocked",
    re.IGNORECASE,
)
"""Words by which providers without a code of its own for it say that prompt, input or result was judged unfit."""


def of_reply(reply: Reply, label: str, *, call: Call = "other", code: str = "", message: str = "") -> EngineError:
    """The error of an answer whose status is no success.

    label: how the sentence names the provider. code, message: in the provider's words, where the engine read them;
    else they are looked for in the usual places. No answer to a poll fails a run that may be paid: what concerns
    neither the key, the account nor the task is passing, and asked again.
    """
    error = _of_status(reply, label, call, code, message)
    if call == "poll" and type(error) in (Refused, Moderated):
        return Unavailable(Message("engine.no_usable_answer", provider=term(label), word=error.code), code=error.code)
    return error


def of_failure(code: str, message: str, label: str, *, refunded: bool, cost_usd: float | None = None) -> EngineError:
    """The error of a task that the provider accepted and then failed. Never transient: looking at the same task again
    changes nothing.

    refunded: it is certain that such tasks cost nothing. cost_usd: what the provider says that it billed; 0 is nothing.
    """
    message = plain(message)
    why = f"{code}: {message}" if code and message else message or code or Message("engine.no_reason")
    billed = bool(cost_usd)
    maybe_billed = not refunded and cost_usd is None
    if moderated(code, message):
        refusal = Message("engine.moderated", provider=term(label), why=why)
        return Moderated(
            refusal, code=code or "moderation", billed=billed, maybe_billed=maybe_billed, cost_usd=cost_usd or None
        )
    if billed:
        failure = Message("engine.failed_billed", provider=term(label), why=why, usd=f"{cost_usd:.4g}")
    else:
        unknown = "engine.failed_maybe_billed" if maybe_billed else "engine.failed_making"
        failure = Message(unknown, provider=term(label), why=why)
    return EngineError(
        failure, code=code or "failed", billed=billed, maybe_billed=maybe_billed, cost_usd=cost_usd or None
    )


def moderated(code: str, message: str) -> bool:
    """Whether the provider's words say that the content was judged unfit."""
    return bool(MODERATION.search(code) or MODERATION.search(message))


def _of_status(reply: Reply, label: str, call: Call, code: str, message: str) -> EngineError:
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
    if reply.status in (400, 403, 422) and moderated(code, message):
        return Moderated(Message("engine.moderated", provider=term(label), why=why), code=word)
    if reply.status in (401, 403):
        return Unauthorised(Message("engine.key_refused", provider=term(label), why=why), code=word)
    if reply.status == 402:
        return OutOfCredit(Message("engine.no_credit", provider=term(label), why=why), code=word)
    if reply.status in (404, 410) and call == "poll" and reply.is_json:
        return UnknownHandle(Message("engine.task_unknown", provider=term(label), why=why), code=word)
    if not message and not code:
        return Refused(Message("engine.call_refused", provider=term(label), status=reply.status), code=word)
    return Refused(Message("engine.refused", provider=term(label), why=why), code=word)


def with_body_code(reply: Reply, meaning: Mapping[int, int] | None = None) -> Reply:
    """The answer with the status that its body tells in `code`, for providers whose errors come inside HTTP 200.

    meaning: codes of the provider's own -> the HTTP status that means the same. A page, and a body without such a
    number, keep the status of HTTP.
    """
    code = number(reply.body.get("code"))
    if code is None or not 100 <= code < 600:
        return reply
    return replace(reply, status=(meaning or {}).get(int(code), int(code)))


def check_upload(reply: httpx.Response) -> None:
    """Raise for a file that the provider's file host did not take: Unavailable where a new try may succeed."""
    if reply.is_success:
        return
    status, text = reply.status_code, plain(reply.text)
    if status == 413 or "EntityTooLarge" in text:
        raise Refused(Message("engine.file_host_size"), code="EntityTooLarge")
    if status in (403, 408, 429) or status >= 500:  # an expired permission is simply asked for anew
        raise Unavailable(Message("engine.upload_not_taken", status=status), code=str(status))
    raise Refused(Message("engine.file_host_refused", why=text or status), code=str(status))


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
