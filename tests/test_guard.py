"""A studio bound to this machine answers to this machine's names, and to those it was told."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from studio.ui.guard import Guard, hosts_of
from tests.providers.serving import served

ORIGINS = ("https://studio.example",)


@pytest.mark.parametrize(
    ("bound", "host", "status"),
    [
        ("127.0.0.1", "127.0.0.1:7860", 200),
        ("127.0.0.1", "LOCALHOST:7860", 200),
        ("127.0.0.1", "[::1]:7860", 200),
        ("127.0.0.1", "studio.example", 200),
        ("127.0.0.1", "evil.example:7860", 421),
        ("127.0.0.1", "127.0.0.1.evil.example", 421),
        ("127.0.0.1", "not a host", 421),
        ("0.0.0.0", "anything.example", 200),
    ],
)
def test_a_name_that_is_not_ours_reads_nothing(bound: str, host: str, status: int) -> None:
    """A page may point its own name at 127.0.0.1 (DNS rebinding); the browser then sends that name."""
    guard = Middleware(Guard, origins=ORIGINS, hosts=hosts_of(bound, ORIGINS))
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("secret"))], middleware=[guard])
    with served(app) as url:
        answer = httpx.get(url, headers={"host": host})
    assert answer.status_code == status
    assert ("secret" in answer.text) is (status == 200)
