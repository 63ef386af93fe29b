"""Which answers go out compressed, and that streams, files and small ones stay as they are."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator

import brotli
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from studio.web.middleware.compression import Compression, accepted
from tests.providers.serving import served

TEXT = {"words": ["a red coat in the rain"] * 200}
LONG = {"words": ["a red coat in the rain"] * 20_000}


def long(request: Request) -> Response:
    return JSONResponse(LONG if "very" in request.query_params else TEXT, headers={"etag": '"v1"'})


def short(request: Request) -> Response:
    return JSONResponse({"ok": True})


def picture(request: Request) -> Response:
    return Response(b"x" * 5000, media_type="image/png")


def packed(request: Request) -> Response:
    return Response(gzip.compress(b"x" * 5000), media_type="text/plain", headers={"content-encoding": "gzip"})


async def events(request: Request) -> Response:
    async def lines() -> AsyncIterator[str]:
        yield f"data: {'x' * 3000}\n\n"
        await asyncio.sleep(30)

    return StreamingResponse(lines(), media_type="text/event-stream")


async def rows(request: Request) -> Response:
    async def lines() -> AsyncIterator[str]:
        for n in range(3):
            yield f"{n},{'x' * 2000}\n"

    return StreamingResponse(lines(), media_type="text/csv")


@pytest.fixture(scope="module")
def web() -> Iterator[httpx.Client]:
    routes = [Route(f"/{call.__name__}", call) for call in (long, short, picture, packed, events, rows)]
    app = Compression(Starlette(routes=routes))
    with served(app) as url, httpx.Client(base_url=url, timeout=10) as client:
        yield client


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("GZIP", "gzip"),
        ("identity", ""),
        ("br; q=0.000", ""),
        ("", ""),
    ],
)
def test_the_best_encoding_that_the_asker_takes(web: httpx.Client, header: str, encoding: str) -> None:
    answer = web.get("/long", headers={"accept-encoding": header})
    assert accepted(header) == encoding == answer.headers.get("content-encoding", "")
    assert answer.json() == TEXT and answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"] == ('W/"v1"' if encoding else '"v1"')


def test_a_very_long_answer(web: httpx.Client) -> None:
    with web.stream("GET", "/long?very=1", headers={"accept-encoding": "br"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert len(raw) < 5000 and int(answer.headers["content-length"]) == len(raw)
    assert b"red coat" in brotli.decompress(raw)


@pytest.mark.parametrize("path", ["/short", "/picture", "/rows"])
def test_what_stays_as_it_is(web: httpx.Client, path: str) -> None:
    answer = web.get(path, headers={"accept-encoding": "br"})
    assert "content-encoding" not in answer.headers and len(answer.content) > 10


def test_what_is_compressed_already_is_not_compressed_again(web: httpx.Client) -> None:
    assert web.get("/packed", headers={"accept-encoding": "br, gzip"}).text == "x" * 5000


def test_the_head_of_an_answer_has_its_headers(web: httpx.Client) -> None:
    answer = web.head("/long", headers={"accept-encoding": "br"})
    assert answer.status_code == 200 and answer.headers["vary"] == "Accept-Encoding"


def test_events_are_not_held_back(web: httpx.Client) -> None:
    with web.stream("GET", "/events", headers={"accept-encoding": "br"}, timeout=5) as answer:
        assert next(answer.iter_lines()).startswith("data: xxx")
