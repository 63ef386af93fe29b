"""Every route of the running application, Gradio's too: closed to who has not signed in, and to pages of other sites.

The routes are read from the application itself, so that a new one is held to this from its first day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from studio.permissions import Role
from studio.services.review_links import LinkOptions
from studio.settings import Settings, hash_password
from studio.studio import Studio

PASSWORD = "correct horse battery"
OPEN = {
    "GET /healthz", "HEAD /healthz", "GET /login", "POST /login", "GET /join", "POST /join",
    "GET /decide", "POST /decide", "GET /gradio_api/startup-events", "HEAD /gradio_api/startup-events",
    "GET /shared/r", "POST /shared/look", "POST /shared/enter", "POST /shared/leave",
    *(f"{method} /shared/x" for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")),
}  # fmt: skip
"""All that answers who has not signed in, beside the files of these pages and one-time addresses that carry a token.

/decide is one page for everybody, and does nothing without the one-time token of a message, in the body of a POST. The
same goes for /shared/r and the token of a share link; what no route below /shared/ answers is not found there.
"""
WEBSOCKETS = {"/ui/reviews/{review_id}/room", "/shared/api/reviews/{review_id}/room"}
"""Held to the same by tests/web/routes/test_review_rooms.py."""
SILENT = {"GET /gradio_api/heartbeat/x", "GET /gradio_api/queue/data", "GET /events/runs"}
"""Streams without an end, which are asked as nobody only."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder: Path = tmp_path_factory.mktemp("routes")
    settings = Settings(data=folder, access="password", password_hash=hash_password(PASSWORD), workers=1)
    with Studio.open(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def site(studio: Studio) -> Iterator[tuple[str, list[str]]]:
    """The address, and each method with its path, parameters filled in with an x."""
    from studio.web.app import launched

    with launched(studio, server_port=None) as (app, url):
        yield url.rstrip("/"), sorted(set(listed(app.routes)))


def listed(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[str]:
    for route in routes:
        if isinstance(route, Mount):
            path = prefix + re.sub(r"\{[^}]*\}", "x", route.path)
            yield from listed(route.routes or (), path)
            yield from (f"{method} {path}/x" for method in ("GET", "POST"))
        elif isinstance(route, Route):
            path = prefix + re.sub(r"\{[^}]*\}", "x", route.path)
            yield from (f"{method} {path}" for method in route.methods or ("GET", "POST"))
        elif isinstance(route, WebSocketRoute):
            assert route.path in WEBSOCKETS, "a websocket needs a check of its own"


def asked(web: httpx.Client, line: str, **headers: str) -> httpx.Response:
    method, path = line.split(" ", 1)
    return web.request(method, path or "/", headers=headers)


def signed_in(url: str, studio: Studio, person_id: str) -> httpx.Client:
    from studio.web.middleware.security import authenticator_of

    authenticator = authenticator_of(studio.settings, studio.people)
    assert authenticator
    token = studio.people.sign_in(person_id, method="password")
    return httpx.Client(base_url=url, cookies={authenticator.cookie: token}, timeout=20)


def test_nobody_is_answered_but_on_the_list(site: tuple[str, list[str]]) -> None:
    url, lines = site
    assert len(lines) > 150
    with httpx.Client(base_url=url, timeout=20) as web:
        answered = {line for line in lines if asked(web, line).status_code not in (401, 303, 405)}
        led = {line for line in lines if asked(web, line).status_code == 303}
    assert answered <= OPEN, f"open to everybody: {answered - OPEN}"
    assert led <= {"GET /", "HEAD /", "POST /logout", "GET /shared/"}, f"led somewhere: {led}"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"},
        {"origin": "https://evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https"},
        {"host": "evil.example"},
        {"host": "evil.example", "x-forwarded-host": "localhost"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_pages_of_other_sites_are_refused_with_the_cookie_of_an_administrator(
    site: tuple[str, list[str]], studio: Studio, headers: dict[str, str]
) -> None:
    url, lines = site
    status = 421 if "host" in headers else 403
    with signed_in(url, studio, studio.people.all()[0].id) as web:
        for line in lines:
            answer = asked(web, line, **headers)
            assert answer.status_code == status, f"{line}: {answer.status_code}"
            assert not [name for name in answer.headers if name.startswith("access-control-")], line


def test_no_answer_can_be_framed_or_sniffed(site: tuple[str, list[str]], studio: Studio) -> None:
    url, lines = site
    with signed_in(url, studio, studio.people.all()[0].id) as web:
        for line in (one for one in lines if one.startswith("GET ") and one not in SILENT):
            headers = asked(web, line).headers
            assert headers["x-frame-options"] == "DENY", line
            assert "frame-ancestors 'none'" in headers["content-security-policy"], line
            assert headers["x-content-type-options"] == "nosniff", line


def test_a_viewer_changes_nothing_by_any_route(site: tuple[str, list[str]], studio: Studio) -> None:
    """With an empty body, so that shapes are refused, too: the rights themselves are held by the table of rights."""
    url, lines = site
    before = studio.people.all()
    viewer = studio.people.create("viewer", role=Role.VIEWER)
    changing = [line for line in lines if not line.startswith(("GET ", "HEAD ", "POST /gradio_api", "POST /log"))]
    with signed_in(url, studio, viewer.id) as web:
        done = {line for line in changing if asked(web, line).status_code < 300}
    assert len(changing) > 60
    assert {line for line in done if "/ui/account" not in line} <= {
        "POST /ui/boards-read", "POST /ui/queue/clear", "POST /shared/leave",  # its own runs, and no guest: none
    }, done  # fmt: skip
    assert [person.id for person in studio.people.all()] == [*(p.id for p in before), viewer.id]


def test_a_guest_reaches_nothing_outside_of_shared(site: tuple[str, list[str]], studio: Studio) -> None:
    """With the cookie of a guest sent everywhere, as no browser would."""
    url, lines = site
    anna = studio.people.create("anna", role=Role.CREATOR).id
    services = studio.acting_for(anna)
    review = services.reviews.create("Harbour", "").id
    _, token = services.review_links.create(review, LinkOptions())
    with httpx.Client(base_url=url, timeout=20) as web:
        assert web.post("/shared/enter", json={"token": token, "name": "Ada"}).status_code == 200
        [cookie] = web.cookies.jar
        with httpx.Client(base_url=url, cookies={cookie.name: str(cookie.value)}, timeout=20) as planted:
            assert planted.get(f"/shared/api/reviews/{review}").status_code == 200
            elsewhere = [line for line in lines if " /shared" not in line]
            answered = {line for line in elsewhere if asked(planted, line).status_code not in (401, 303, 405)}
            known = {line: asked(planted, line).status_code for line in lines if line.startswith("GET /shared/")}
    assert answered <= OPEN
    below = {line for line, status in known.items() if status == 200}
    assert below == {"GET /shared/", "GET /shared/r", "GET /shared/api/copies"}, known
    assert set(known.values()) <= {200, 404, 422}, known
