"""Who gets an answer: the studio's own pages and programs; not another site's page, and not under a foreign name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from studio.settings import Settings
from studio.web.middleware.forwarded import Forwarded
from studio.web.middleware.security import protected
from tests.providers.serving import served

ORIGINS = ("https://studio.example",)
METHODS = ["GET", "POST"]
FOREIGN = "http://evil.example"
CROSS = {"sec-fetch-site": "cross-site"}
LINK = CROSS | {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


def site(folder: Path, host: str) -> Iterator[str]:
    settings = Settings(origins=ORIGINS, data=folder)
    secret = PlainTextResponse("secret", headers={"access-control-allow-origin": "*"})
    app = Starlette(routes=[Route("/{path:path}", lambda _: secret, methods=METHODS)])
    with served(protected(app, settings, None, host=host, uploads=folder)) as url:
        yield url


@pytest.fixture(scope="module")
def loopback(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from site(tmp_path_factory.mktemp("loopback"), "127.0.0.1")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from site(tmp_path_factory.mktemp("network"), "0.0.0.0")


@pytest.mark.parametrize(
    ("bound", "host", "status"),
    [
        ("loopback", "127.0.0.1:7860", 200),
        ("loopback", "LOCALHOST:7860", 200),
        ("loopback", "[::1]:7860", 200),
        ("loopback", "studio.example", 200),
        ("loopback", "evil.example:7860", 421),
        ("loopback", "127.0.0.1.evil.example", 421),
        ("loopback", "not a host", 421),
        ("loopback", "192.168.1.20:7860", 421),
        ("network", "localhost:7860", 200),
        ("network", "192.168.1.20:7860", 200),
        ("network", "[fd00::12]:7860", 200),
        ("network", "nas:7860", 200),
        ("network", "nas.local:7860", 200),
        ("network", "studio.example", 200),
        ("network", "evil.example:7860", 421),
        ("network", "192.168.1.20.evil.example", 421),
        ("network", "nas.local.evil.example", 421),
        ("network", "", 421),
    ],
)
def test_a_name_that_is_not_ours_reads_nothing(
    request: pytest.FixtureRequest, bound: str, host: str, status: int
) -> None:
    """A page may point its own name at the studio (DNS rebinding); the browser then sends that name. Addresses, names
    without a dot and private endings are nobody's to register."""
    url = request.getfixturevalue(bound)
    answer = httpx.get(f"{url}/ui/runs", headers={"host": host, "x-forwarded-host": "studio.example"})
    assert answer.status_code == status
    assert ("secret" in answer.text) is (status == 200)


@pytest.mark.parametrize("path", ["/", "/ui/runs", "/media/a", "/events/runs", "/gradio_api/info", "/config"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": FOREIGN},
        {"origin": FOREIGN, "x-forwarded-host": "evil.example", "x-forwarded-proto": "http"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "http://localhost.evil.example"},
        {"origin": "https://studio.example.evil.example"},
        CROSS | {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        CROSS | {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    ],
    ids=str,
)
def test_another_sites_page_gets_nothing_on_any_route(
    network: str, path: str, method: str, headers: dict[str, str]
) -> None:
    answer = httpx.request(method, f"{network}{path}", headers=headers)
    assert answer.status_code == 403
    assert "secret" not in answer.text
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", LINK, 200),
        ("/?run=r_1", LINK, 200),
        ("/ui/runs", LINK, 403),
        ("/media/a", LINK, 403),
        ("/media/a", {"referer": "http://evil.example/page"}, 403),
        ("/", {"referer": "http://evil.example/page"}, 200),
        ("/ui/runs", {}, 200),
        ("/ui/runs", {"sec-fetch-site": "same-origin"}, 200),
        ("/ui/runs", {"origin": "https://studio.example", "sec-fetch-site": "same-origin"}, 200),
    ],
)
def test_links_to_the_page_programs_and_own_pages_pass(
    network: str, path: str, headers: dict[str, str], status: int
) -> None:
    assert httpx.get(f"{network}{path}", headers=headers).status_code == status


def test_a_preflight_is_never_answered(loopback: str) -> None:
    """Also not for a page of our own address, which needs none."""
    asks = {"origin": loopback, "access-control-request-method": "POST"}
    answer = httpx.options(f"{loopback}/ui/queue/pause", headers=asks)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_every_answer_forbids_frames_other_sites_and_guessed_types(loopback: str) -> None:
    answer = httpx.get(f"{loopback}/media/a")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("proxies", "told"),
    [((), ("127.0.0.1", "http", "own.example")), (("127.0.0.0/8",), ("203.0.113.9", "https", "studio.example"))],
)
def test_forwarded_headers_count_from_named_proxies_only(proxies: tuple[str, ...], told: tuple[str, ...]) -> None:
    def tell(request: Request) -> PlainTextResponse:
        assert request.client
        return PlainTextResponse(" ".join((request.client.host, request.url.scheme, request.headers["host"])))

    sent = {"host": "own.example", "x-forwarded-host": "studio.example"}
    sent |= {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}
    with served(Forwarded(Starlette(routes=[Route("/", tell)]), proxies), proxy_headers=False) as url:
        assert tuple(httpx.get(url, headers=sent).text.split()) == told
