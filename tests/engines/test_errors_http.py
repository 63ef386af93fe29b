"""What an HTTP status means for a run, before an engine knows anything of its provider's codes."""

from __future__ import annotations

import httpx
import pytest

from studio.domain import JSON
from studio.engines import errors_http
from studio.engines.http import Reply
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

CLASSES: list[tuple[int, errors_http.Call, type[EngineError]]] = [
    (400, "submit", Refused), (401, "submit", Unauthorised), (402, "submit", OutOfCredit), (403, "poll", Unauthorised),
    (404, "submit", Refused), (404, "poll", UnknownHandle), (408, "submit", Unavailable), (409, "submit", Refused),
    (410, "poll", UnknownHandle), (413, "other", Refused), (422, "submit", Refused), (429, "submit", RateLimited),
    (429, "poll", RateLimited), (500, "submit", UnknownOutcome), (500, "poll", Unavailable),
    (503, "other", Unavailable), (400, "poll", Unavailable), (422, "poll", Unavailable),
]  # fmt: skip


@pytest.mark.parametrize(("status", "call", "kind"), CLASSES)
def test_the_status_decides_the_class(status: int, call: errors_http.Call, kind: type[EngineError]) -> None:
    error = errors_http.of_reply(Reply(status, {"retry-after": "7"}, is_json=True), "Provider", call=call)
    assert type(error) is kind
    assert error.code == str(status)
    assert str(error).startswith(("Provider ", "The Provider account "))
    asked = kind is RateLimited or (kind is Unavailable and status not in (400, 422))
    assert error.retry_after_s == (7.0 if asked else None)


def test_a_page_in_the_place_of_a_task_does_not_say_that_the_task_is_lost() -> None:
    """A proxy's 404 page: the task may be paid, so it is asked about again."""
    assert type(errors_http.of_reply(Reply(404), "Provider", call="poll")) is Unavailable


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"code": "contentPolicyViolation", "message": "no"}, Moderated),
        (422, {"msg": "Your prompt was flagged as NSFW"}, Moderated),
        (403, {"error": {"message": "content rejected"}}, Moderated),
        (403, {"message": "not for this key"}, Unauthorised),
        (422, {"msg": "duration is not one of 5, 10"}, Refused),
    ],
)
def test_content_that_was_judged_unfit_is_told_from_a_wrong_call(
    status: int, body: JSON, kind: type[EngineError]
) -> None:
    assert type(errors_http.of_reply(Reply(status, body=body, is_json=True), "Provider", call="submit")) is kind


@pytest.mark.parametrize(
    ("code", "message", "kind", "words"),
    [
        ("500", "worker died.", EngineError, "(500: worker died). Check your Provider account"),
        ("", "", EngineError, "(no reason given)"),
        ("nsfwContentDetected", "", Moderated, "unsafe (nsfwContentDetected)"),
        ("422", "sensitive content in the result", Moderated, "Change the prompt or files."),
    ],
)
def test_a_failed_task_tells_what_is_known_of_its_bill(
    code: str, message: str, kind: type[EngineError], words: str
) -> None:
    error = errors_http.of_failure(code, message, "Provider", refunded=False)
    assert type(error) is kind
    assert words in str(error)
    assert not error.transient
    if kind is EngineError:
        assert "Nothing was billed" in str(errors_http.of_failure(code, message, "Provider", refunded=True))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            {"detail": [{"loc": ["body", "duration"], "msg": "one of 5, 10", "type": "one_of"}]},
            ("one_of", "duration: one of 5, 10"),
        ),
        ({"detail": "no such key."}, ("", "no such key")),
        ({"code": 402, "message": "balance  too\nlow"}, ("402", "balance too low")),
        ({"code": 422, "msg": "recordInfo is null"}, ("422", "recordInfo is null")),
        ({"errors": [{"code": "invalidApiKey", "message": "bad", "parameter": ["apiKey"]}]}, ("invalidApiKey", "bad")),
        ({"error": {"code": 401, "message": "invalid key", "type": "authentication_error"}}, ("401", "invalid key")),
        ({"error": "input image rejected"}, ("", "input image rejected")),
        ({"title": "Input validation failed", "status": 422}, ("", "Input validation failed")),
        ({"error": None, "detail": 5, "message": ["x"], "code": True}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_the_reason_is_found_where_providers_put_it(body: JSON, found: tuple[str, str]) -> None:
    assert errors_http.reason(body) == found


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (413, "", Refused), (400, "<Code>EntityTooLarge</Code>", Refused), (403, "expired", Unavailable),
        (503, "", Unavailable), (400, "bad header", Refused),
    ],
)  # fmt: skip
def test_an_upload_that_was_not_taken(status: int, text: str, kind: type[EngineError]) -> None:
    with pytest.raises(kind):
        errors_http.check_upload(httpx.Response(status, text=text))
    errors_http.check_upload(httpx.Response(204))
