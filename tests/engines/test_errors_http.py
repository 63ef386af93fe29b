"""What an HTTP status means for a run, before an engine knows anything of its provider's codes."""

from __future__ import annotations

import pytest

from studio.domain import JSON
from studio.engines import errors_http
from studio.engines.http import Reply
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

CLASSES: list[tuple[int, errors_http.Call, type[EngineError]]] = [
    (400, "submit", Refused), (401, "submit", Unauthorised), (402, "submit", OutOfCredit), (403, "poll", Unauthorised),
    (404, "submit", Refused), (404, "poll", UnknownHandle), (408, "submit", Unavailable), (409, "submit", Refused),
    (410, "poll", UnknownHandle), (413, "other", Refused), (422, "submit", Refused), (429, "submit", RateLimited),
    (429, "poll", RateLimited), (500, "submit", UnknownOutcome), (500, "poll", Unavailable),
    (503, "other", Unavailable),
]  # fmt: skip


@pytest.mark.parametrize(("status", "call", "kind"), CLASSES)
def test_the_status_decides_the_class(status: int, call: errors_http.Call, kind: type[EngineError]) -> None:
    error = errors_http.of_reply(Reply(status, {"retry-after": "7"}), "Provider", call=call)
    assert type(error) is kind
    assert error.code == str(status)
    assert str(error).startswith(("Provider ", "The account at Provider "))
    assert error.retry_after_s == (7.0 if kind in (RateLimited, Unavailable) else None)


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
