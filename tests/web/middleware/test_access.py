"""The shared password: everything is closed to who has not signed in, whole routes and every method, and it is nowhere
to be read afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AuthenticationError
from starlette.routing import BaseRoute, Route

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine, FakeProvider
from studio.permissions import Role
from studio.services.people import People
from studio.settings import Settings, hash_password
from studio.store import Store
from studio.studio import Studio
from studio.web.middleware import access
from studio.web.middleware.access import Authenticator, TooManyAttempts, is_open
from tests.support.kit import QUICK, image

PASSWORD = "correct horse battery é"
BEARER = {b"authorization": f"Bearer {PASSWORD}".encode()}
GRADIO_GET = (
    *("", "config", "theme.css", "static/x", "assets/x", "svelte/x", "monitoring", "manifest.json", "no/such/page"),
    *(f"gradio_api/{name}" for name in ("info", "openapi.json", "app_id", "file=x", "proxy=x", "heartbeat/x")),
    "gradio_api/queue/data",
)
GRADIO_POST = ("upload", "queue/join", "call/search", "cancel", "run/search", "reset", "component_server")
GRADIO = [*(f"GET /{path}" for path in GRADIO_GET), *(f"POST /gradio_api/{path}" for path in GRADIO_POST)]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[Studio]:
    folder: Path = tmp_path_factory.mktemp("access")
    made = {"fake": FakeEngine(name="fake", provider=FakeProvider(folder / "fake"))}
    settings = Settings(data=folder / "data", password_hash=hash_password(PASSWORD))
    with Studio.open(settings, engines=made, catalogue=catalogue, timing=QUICK) as opened:
        yield opened


@pytest.fixture(scope="module")
def url(studio: Studio) -> Iterator[str]:
    from studio.web.app import served

    with served(studio, server_port=None) as address:
        yield address.rstrip("/")


def sign_in(web: httpx.Client, password: str = PASSWORD) -> httpx.Response:
    return web.post("/login", data={"password": password})


def own_routes(studio: Studio) -> list[str]:
    """Every method and address of ours, its parts filled in with an x."""
    from studio.web.routes import forms, register

    found: list[BaseRoute] = [*register.build(studio).routes, *forms.router(studio).routes]
    made = [(r, re.sub(r"\{[^}]*\}", "x", r.path)) for r in found if isinstance(r, Route)]
    return [f"{method} {path}" for route, path in made for method in sorted(route.methods or ())]


def test_every_route_is_closed(url: str, studio: Studio) -> None:
    """Own routes are read from the routers, so that a new one is closed too."""
    listed = [*own_routes(studio), *GRADIO]
    assert len(listed) > 60
    with httpx.Client(base_url=url) as web:
        for method, path in (line.split(" ", 1) for line in listed):
            if not is_open(path):
                status = web.request(method, path).status_code
                assert status == (303 if (method, path) == ("GET", "/") else 401), f"{method} {path}: {status}"


def test_open_are_the_health_check_and_the_login_page_with_its_files(url: str) -> None:
    with httpx.Client(base_url=url) as web:
        assert web.get("/healthz").status_code == 200
        page = web.get("/?run=r_1", follow_redirects=True)
        assert page.url.path == "/login"
        assert "Password" in page.text
        files = re.findall(r'(?:href|src)="([^"]+)"', page.text)
        fonts = re.findall(r'url\("\.\./([^"]+)"\)', web.get(next(f for f in files if f.endswith("login.css"))).text)
        folder = files[0].rpartition("/icons/")[0]
        for file in [*files, *(f"{folder}/{font}" for font in fonts)]:
            assert web.get(f"/{file}").status_code == 200
        assert web.get(f"/{folder}/js/net.js").status_code == 401


def test_signing_in_and_out(url: str) -> None:
    with httpx.Client(base_url=url) as web:
        answer = web.post("/login?next=%2F%3Frun%3Dr_1", data={"password": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, "./?run=r_1")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=lax" in cookie
        assert web.get("/ui/runs").status_code == 200
        assert 'name="studio-access"' in web.get("/").text
        kept = dict(web.cookies)
        web.post("/logout")
        assert httpx.get(f"{url}/ui/runs", cookies=kept).status_code == 401  # revoked, not only forgotten
        assert web.get("/ui/runs").status_code == 401


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example/", "/\\evil.example", "javascript:1", "/x"])
def test_the_login_page_leads_to_the_studio_only(url: str, wanted: str) -> None:
    answer = httpx.post(f"{url}/login", params={"next": wanted}, data={"password": PASSWORD})
    assert answer.headers["location"] == "./"


@pytest.mark.parametrize(
    "body", [b"", b"password=", b"password=%00%ff%fe", b"password=" + b"x" * 20_000, b"{}", b"\xff"]
)
def test_another_password_is_refused_in_words(url: str, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "accept-language": "zh-CN,zh;q=0.9"}
    answer = httpx.post(f"{url}/login", content=body, headers=headers)
    assert answer.status_code == 401
    assert "密码错误" in answer.text
    assert "set-cookie" not in answer.headers


def test_programs_send_the_password_as_a_bearer_token(url: str) -> None:
    assert httpx.get(f"{url}/ui/runs", headers=BEARER).status_code == 200
    refused = httpx.get(f"{url}/ui/runs", headers={"authorization": "Bearer wrong"})
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.json()["error"].endswith(".")
    with pytest.raises(AuthenticationError):
        Client(url, verbose=False)


def test_gradio_client_works_with_the_token(tmp_path: Path, catalogue: Catalogue) -> None:
    """Submit, wait and the file itself. The client sends headers as ASCII."""
    from studio.web.app import served

    made = {"fake": FakeEngine(name="fake", provider=FakeProvider(tmp_path / "fake"))}
    settings = Settings(data=tmp_path / "data", password_hash=hash_password("long enough"))
    with (
        Studio.open(settings, engines=made, catalogue=catalogue, timing=QUICK) as studio,
        served(studio, server_port=None) as address,
    ):
        token = {"Authorization": "Bearer long enough"}
        client = Client(address, headers=token, verbose=False)
        runs = client.predict(image("a fox"), api_name="/submit")
        done = client.predict([r["id"] for r in runs], timeout_s=20, api_name="/wait")
        assert [r["status"] for r in done] == ["succeeded"]
        file = address.rstrip("/") + done[0]["assets"][0]["url"]
        assert httpx.get(file, headers=token).status_code == 200
        assert httpx.get(file).status_code == 401


def test_the_password_is_in_no_file_and_no_line(url: str, studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    with httpx.Client(base_url=url) as web, caplog.at_level("DEBUG"):
        pages = [sign_in(web).text, sign_in(web, PASSWORD + "!").text, web.get("/").text, web.get("/config").text]
        pages += [web.get("/ui/house").text]
    assert not [p for p in pages if PASSWORD in p]
    assert PASSWORD not in caplog.text
    assert len([r for r in caplog.records if "wrong password" in r.getMessage()]) == 1
    files = [p for p in studio.settings.data.rglob("*") if p.is_file()]
    assert files and not [p for p in files if PASSWORD.encode() in p.read_bytes()]


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    """Accounts with one administrator, whose password is "long enough"."""
    with closing(Store(tmp_path)) as store:
        accounts = People(store)
        accounts.bootstrap(hash_password("long enough"))
        yield accounts


def test_wrong_passwords_are_counted_by_address_and_right_ones_are_not(people: People) -> None:
    async def trial() -> None:
        authenticator = Authenticator(people)
        for _ in range(30):
            assert await authenticator.check("admin", b"long enough", "192.0.2.1")
        most = access.WRONG_PASSWORD_LIMITS[0].amount
        for n in range(most):
            assert not await authenticator.check(f"nobody {n}", b"wrong %d" % n, f"2001:db8::{n:x}")
        with pytest.raises(TooManyAttempts) as error:
            await authenticator.check("admin", b"wrong", "2001:db8::ffff")
        assert 0 < error.value.retry_s <= 60
        assert not await authenticator.check("admin", b"wrong", "192.0.2.7")

    anyio.run(trial)


def test_wrong_passwords_for_one_login_are_counted_over_all_addresses(people: People) -> None:
    async def trial() -> None:
        authenticator = Authenticator(people)
        for n in range(access.WRONG_PASSWORD_LIMITS[0].amount):
            assert not await authenticator.check("Admin", b"wrong %d" % n, f"192.0.2.{n}")
        with pytest.raises(TooManyAttempts):
            await authenticator.check("admin", b"wrong", "198.51.100.1")
        assert not await authenticator.check("ben", b"wrong", "198.51.100.1")

    anyio.run(trial)


def test_guesses_sent_at_once_are_counted_too(people: People) -> None:
    """Never more looks at the hash than the rate allows, however many come together."""

    async def trial() -> list[object]:
        authenticator = Authenticator(people)
        outcomes: list[object] = []

        async def guess(n: int) -> None:
            try:
                outcomes.append(await authenticator.check("admin", b"wrong %d" % n, "192.0.2.1"))
            except TooManyAttempts:
                outcomes.append("refused")

        async with anyio.create_task_group() as group:
            for n in range(40):
                group.start_soon(guess, n)
        return outcomes

    outcomes = anyio.run(trial)
    assert len(outcomes) == 40
    assert outcomes.count(None) <= access.WRONG_PASSWORD_LIMITS[0].amount
    assert set(outcomes) == {None, "refused"}


def test_a_changed_password_is_asked_for_at_once(people: People) -> None:
    async def trial() -> None:
        authenticator = Authenticator(people)
        admin = await authenticator.check("admin", b"long enough", "192.0.2.1")
        assert admin
        people.set_password(admin, "another one")
        assert await authenticator.check("admin", b"long enough", "192.0.2.1") is None
        assert await authenticator.check("admin", b"another one", "192.0.2.1") == admin

    anyio.run(trial)


def test_a_one_time_link_sets_a_password_once_and_signs_in(url: str, studio: Studio) -> None:
    anna = studio.people.create("Anna", role=Role.REVIEWER)
    token = studio.people.invite(anna.id)
    with httpx.Client(base_url=url) as web:
        assert "Welcome" in web.get("/join").text
        assert web.post("/join", data={"token": token, "password": "short"}).status_code == 422
        assert web.post("/join", data={"token": token, "password": "new and long"}).status_code == 303
        assert web.get("/ui/runs").status_code == 200
        assert web.get("/ui/house").status_code == 403
        assert web.post("/ui/queue/pause").status_code == 403
        assert httpx.post(f"{url}/join", data={"token": token, "password": "again and long"}).status_code == 403
        studio.people.disable(anna.id)
        assert web.get("/ui/runs").status_code == 401
    with httpx.Client(base_url=url) as web:
        answer = web.post("/login", data={"login": "anna", "password": "new and long"})
        assert answer.status_code == 401
        assert 'value="anna"' in answer.text


def test_signing_in_never_takes_over_a_session_that_was_there(url: str, studio: Studio) -> None:
    planted = studio.people.sign_in(studio.people.all()[0].id, method="password")
    [cookie] = list(httpx.post(f"{url}/login", data={"password": PASSWORD}).cookies)
    answer = httpx.post(f"{url}/login", data={"password": PASSWORD}, cookies={cookie: planted})
    assert answer.status_code == 303
    assert answer.cookies[cookie] != planted
    assert studio.people.key_of_session(planted) is None


def test_an_access_token_has_its_persons_rights_until_it_is_revoked(url: str, studio: Studio) -> None:
    ben = studio.people.create("ben", role=Role.CREATOR)
    token, text = studio.people.make_token(ben.id, "laptop")
    headers = {"authorization": f"Bearer {text}"}
    assert httpx.get(f"{url}/ui/runs", headers=headers).status_code == 200
    assert httpx.get(f"{url}/ui/connections", headers=headers).status_code == 403
    assert text.encode() not in b"".join(p.read_bytes() for p in studio.settings.data.glob("studio.db*"))
    studio.people.revoke_token(ben.id, token.id)
    assert httpx.get(f"{url}/ui/runs", headers=headers).status_code in (401, 429)  # wrong ones are counted
