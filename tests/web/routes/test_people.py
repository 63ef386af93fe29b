"""Accounts, the own account and the audit log over real HTTP, through the whole stack of middleware and the login."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from gradio_client import Client

from studio.catalogue import Catalogue
from studio.domain import now
from studio.engines.fake import FakeEngine, FakeProvider
from studio.permissions import Role
from studio.settings import Settings, hash_password
from studio.studio import Studio
from tests.support.kit import QUICK, image

PASSWORD = "correct horse battery"
NEW_PASSWORD = "a longer password"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[Studio]:
    folder: Path = tmp_path_factory.mktemp("people")
    made = {"fake": FakeEngine(name="fake", provider=FakeProvider(folder / "fake"))}
    settings = Settings(data=folder / "data", password_hash=hash_password(PASSWORD))
    with Studio.open(settings, engines=made, catalogue=catalogue, timing=QUICK) as opened:
        yield opened


@pytest.fixture(scope="module")
def url(studio: Studio) -> Iterator[str]:
    from studio.web.app import served

    with served(studio, server_port=None) as address:
        yield address.rstrip("/")


@pytest.fixture
def admin(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=20) as web:
        web.post("/login", data={"password": PASSWORD})
        yield web


@pytest.fixture
def invited(admin: httpx.Client, url: str, request: pytest.FixtureRequest) -> Iterator[tuple[str, httpx.Client]]:
    """Id and browser of a creator who was invited and joined."""
    login = request.node.name[:90]
    body = {"login": login, "name": "Ben Okri", "role": "creator"}
    link = admin.post("/ui/people", json=body).raise_for_status().json()
    with httpx.Client(base_url=url, timeout=20) as web:
        web.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
        assert web.post("/join", data={"token": link["token"], "password": PASSWORD}).status_code == 303
        yield link["person"]["id"], web


def person(admin: httpx.Client, person_id: str) -> dict[str, object]:
    return next(p for p in admin.get("/ui/people").json()["people"] if p["id"] == person_id)


def activity(web: httpx.Client, **asked: str) -> list[dict[str, object]]:
    return web.get("/ui/activity", params=asked).raise_for_status().json()["rows"]


def test_a_link_works_once_and_names_its_end(admin: httpx.Client, url: str) -> None:
    link = admin.post("/ui/people", json={"login": "once", "role": "viewer"}).json()
    assert link["expires_at"] > now().isoformat()
    assert person(admin, link["person"]["id"])["invited_until"]
    statuses = [
        httpx.post(f"{url}/join", data={"token": link["token"], "password": p}).status_code
        for p in ("short", PASSWORD, PASSWORD)
    ]
    assert statuses == [422, 303, 403]
    found = person(admin, link["person"]["id"])
    assert (found["invited_until"], found["has_password"]) == (None, True)


def test_a_taken_or_empty_name_is_refused_in_a_sentence(admin: httpx.Client) -> None:
    admin.post("/ui/people", json={"login": "twice", "role": "viewer"})
    taken = admin.post("/ui/people", json={"login": "TWICE", "role": "viewer"})
    assert (taken.status_code, taken.json()["error_id"]) == (409, "people.login_taken")
    for login, role in (("", "viewer"), ("\n", "viewer"), ("x" * 200, "viewer"), ("fine", "owner")):
        answer = admin.post("/ui/people", json={"login": login, "role": role})
        assert answer.status_code == 422 and answer.json()["error"].endswith(".")


def test_a_new_role_counts_at_the_next_request(admin: httpx.Client, invited: tuple[str, httpx.Client]) -> None:
    person_id, web = invited
    assert web.post("/ui/queue/pause").status_code == 403
    admin.post(f"/ui/people/{person_id}/role", json={"role": "producer"}).raise_for_status()
    assert web.post("/ui/queue/pause").status_code == 200
    web.post("/ui/queue/resume")


def test_who_is_disabled_or_signed_out_everywhere_must_sign_in(
    admin: httpx.Client, invited: tuple[str, httpx.Client]
) -> None:
    person_id, web = invited
    assert web.get("/ui/account/me").json()["name"] == "Ben Okri"
    assert admin.post(f"/ui/people/{person_id}/sign-out").json() == {"ended": 1}
    assert web.get("/ui/account/me").status_code == 401
    login = str(person(admin, person_id)["login"])
    assert web.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
    admin.post(f"/ui/people/{person_id}/disable").raise_for_status()
    assert web.get("/ui/account/me").status_code == 401
    assert web.post("/login", data={"login": login, "password": PASSWORD}).status_code == 401
    admin.post(f"/ui/people/{person_id}/enable").raise_for_status()
    assert web.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303


def test_the_last_administrator_stays(admin: httpx.Client) -> None:
    me = admin.get("/ui/account/me").json()["id"]
    for answer in (
        admin.post(f"/ui/people/{me}/disable"),
        admin.post(f"/ui/people/{me}/role", json={"role": "producer"}),
    ):
        assert (answer.status_code, answer.json()["error_id"]) == (409, "people.last_admin")
    assert admin.get("/ui/account/me").json()["role"] == "admin"


def test_accounts_are_for_administrators_alone(invited: tuple[str, httpx.Client], admin: httpx.Client) -> None:
    _, web = invited
    other = admin.post("/ui/people", json={"login": "another", "role": "viewer"}).json()["person"]["id"]
    assert web.get("/ui/people").status_code == 403
    assert web.post("/ui/people", json={"login": "mine", "role": "admin"}).status_code == 403
    for what, body in (
        ("role", {"role": "admin"}),
        ("link", {}),
        ("disable", {}),
        ("sign-out", {}),
        ("name", {"name": ""}),
    ):
        assert web.post(f"/ui/people/{other}/{what}", json=body).status_code == 403
    assert admin.post("/ui/people/p_unknown/link").status_code == 404


def test_the_money_of_this_month_stands_with_its_person(
    admin: httpx.Client, invited: tuple[str, httpx.Client], studio: Studio
) -> None:
    person_id, _ = invited
    with studio.context.store.write() as db:
        for day, usd in ((now().date().isoformat(), 1.25), ("2020-01-01", 40.0)):
            columns = "run, owner, model, day, at, kind, usd"
            values = ["r_x", person_id, "fake/image", day, now().isoformat(), "settle", usd]
            db.conn.execute(f"INSERT INTO ledger ({columns}) VALUES (?,?,?,?,?,?,?)", values)
    assert person(admin, person_id)["spent_usd"] == 1.25


def test_the_old_password_is_asked_and_other_browsers_end(url: str, invited: tuple[str, httpx.Client]) -> None:
    _, web = invited
    login = web.get("/ui/account").json()["login"]
    with httpx.Client(base_url=url) as phone:
        phone.post("/login", data={"login": login, "password": PASSWORD})
        assert len(web.get("/ui/account").json()["sessions"]) == 2
        wrong = web.post("/ui/account/password", json={"old": "not it", "new": NEW_PASSWORD})
        assert (wrong.status_code, wrong.json()["error_id"]) == (422, "people.old_password")
        short = web.post("/ui/account/password", json={"old": PASSWORD, "new": "short"})
        assert (short.status_code, short.json()["error_id"]) == (422, "people.password_short")
        assert phone.get("/ui/account/me").status_code == 200
        web.post("/ui/account/password", json={"old": PASSWORD, "new": NEW_PASSWORD}).raise_for_status()
        assert phone.get("/ui/account/me").status_code == 401
        assert web.get("/ui/account/me").status_code == 200
        assert phone.post("/login", data={"login": login, "password": PASSWORD}).status_code == 401
        assert phone.post("/login", data={"login": login, "password": NEW_PASSWORD}).status_code == 303


def test_one_browser_is_signed_out_by_another(url: str, invited: tuple[str, httpx.Client]) -> None:
    _, web = invited
    with httpx.Client(base_url=url) as phone:
        login = web.get("/ui/account").json()["login"]
        phone.post("/login", data={"login": login, "password": PASSWORD})
        sessions = web.get("/ui/account").json()["sessions"]
        [current], [other] = ([s for s in sessions if s["current"] is here] for here in (True, False))
        assert "Firefox" in current["device"] and current["address"]
        web.post(f"/ui/account/sessions/{other['id']}/end").raise_for_status()
        assert phone.get("/ui/account/me").status_code == 401


def test_a_token_is_shown_once_and_ends_when_it_is_revoked(url: str, invited: tuple[str, httpx.Client]) -> None:
    _, web = invited
    body = {
        "name": "render farm",
        "scope": "read",
        "usd_limit": 5,
        "last_day": "2099-01-31",
        "time_zone": "Asia/Shanghai",
    }
    made = web.post("/ui/account/tokens", json=body).raise_for_status().json()
    headers = {"authorization": f"Bearer {made['text']}"}
    assert made["expires_at"] == "2099-01-31T16:00:00+00:00"
    assert made["text"] not in web.get("/ui/account").text
    assert httpx.get(f"{url}/ui/runs", headers=headers).status_code == 200
    assert httpx.post(f"{url}/ui/queue/pause", headers=headers).status_code == 403
    assert httpx.post(f"{url}/ui/account/tokens", headers=headers, json=body).status_code == 403
    [token] = web.get("/ui/account").json()["tokens"]
    assert token["used_at"] and token["usd_limit"] == 5
    web.delete(f"/ui/account/tokens/{made['id']}").raise_for_status()
    assert httpx.get(f"{url}/ui/runs", headers=headers).status_code == 401
    assert {row["action"] for row in activity(web)} >= {"account.make_token", "token.first_use", "account.revoke_token"}


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"usd_limit": -1}, {"last_day": "2001-01-01"}, {"last_day": "soon"}, {"time_zone": "Nowhere"}],
)
def test_a_token_that_makes_no_sense_is_refused(admin: httpx.Client, wrong: dict[str, object]) -> None:
    answer = admin.post("/ui/account/tokens", json={"name": "x", "last_day": "2099-01-01"} | wrong)
    assert answer.status_code == 422 and answer.json()["error"]


def test_rows_say_from_where_and_by_which_session(admin: httpx.Client, invited: tuple[str, httpx.Client]) -> None:
    person_id, web = invited
    current = next(s for s in web.get("/ui/account").json()["sessions"] if s["current"])
    web.post("/ui/account/name", json={"name": "Ben"}).raise_for_status()
    [row] = activity(admin, person=person_id, action="account.rename")
    assert (row["via"], row["address"], row["change"]) == (current["id"], current["address"], {"name": "Ben"})
    [entered] = activity(admin, person=person_id, action="session.sign_in")
    assert entered["via"] == current["id"]
    assert {r["person"] for r in activity(web)} == {person_id}
    assert {r["person"] for r in activity(web, person="local")} == {person_id}


def test_a_queued_call_of_the_api_says_from_where_too(url: str, admin: httpx.Client, studio: Studio) -> None:
    made = admin.post("/ui/account/tokens", json={"name": "script"}).json()
    with ExitStack() as stack:
        client = Client(url, headers={"authorization": f"Bearer {made['text']}"}, verbose=False)
        stack.callback(client.close)
        client.predict(image("from a script"), api_name="/submit")
    [row] = activity(admin, text='"from a script"')
    assert (row["action"], row["via"]) == ("requests.submit_list", made["id"])
    assert row["address"] in ("127.0.0.1", "::1")


def test_a_wrong_password_is_recorded_without_what_was_typed(url: str, admin: httpx.Client) -> None:
    typed = "my-password-in-the-wrong-field"
    httpx.post(f"{url}/login", data={"login": typed, "password": "x"})
    httpx.post(f"{url}/login", data={"login": "admin", "password": "nearly-right-password"})
    rows = activity(admin, action="session.failed")
    assert {row["outcome"] for row in rows} == {"refused"}
    assert {"admin", ""} <= {str(row["name"]) for row in rows}
    assert typed not in json.dumps(rows) and "nearly-right" not in json.dumps(rows)


def test_the_export_is_a_file_that_reads_back(admin: httpx.Client, invited: tuple[str, httpx.Client]) -> None:
    person_id, web = invited
    answer = admin.get("/ui/activity/export", params={"form": "csv", "person": person_id})
    assert answer.headers["content-disposition"].endswith('.csv"')
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["person"] for row in rows} == {person_id}
    assert [row["action"] for row in rows][-1] == "people.join"
    lines = web.get("/ui/activity/export", params={"form": "jsonl"}).text.splitlines()
    assert {json.loads(line)["person"] for line in lines} == {person_id}
    assert admin.get("/ui/activity/export", params={"form": "xlsx"}).status_code == 422


def test_the_record_is_checked_and_kept_by_administrators(
    admin: httpx.Client, invited: tuple[str, httpx.Client]
) -> None:
    report = admin.post("/ui/activity/verify").json()
    assert report["broken"] is None and report["rows"] > 0 and len(report["hash"]) == 64
    assert admin.post("/ui/activity/months", json={"months": 24}).json() == {"removed": 0, "months": 24}
    choices = admin.get("/ui/activity/choices").json()
    assert choices["months"] == 24 and choices["sees_all"]
    assert "session.sign_in" in choices["actions"]
    _, web = invited
    assert web.post("/ui/activity/verify").status_code == 403
    assert web.post("/ui/activity/months", json={"months": 1}).status_code == 403
    own = web.get("/ui/activity/choices").json()
    assert (own["sees_all"], own["months"], own["names"]) == (False, None, {})


def test_bad_filters_are_refused_in_a_sentence(admin: httpx.Client) -> None:
    for wrong in ({"since": "yesterday"}, {"before": "-1"}, {"limit": "9999"}, {"time_zone": "X"}, {"text": "x" * 999}):
        answer = admin.get("/ui/activity", params={"since": "2026-01-01"} | wrong)
        assert answer.status_code == 422 and answer.json()["error"]
    for odd in ('"', "a OR b", "NEAR(", "*", "tags : x", "); DROP", "%_", "🦊"):
        assert admin.get("/ui/activity", params={"text": odd, "object": odd}).status_code == 200


def test_a_solo_studio_has_a_log_and_no_accounts(tmp_path: Path, catalogue: Catalogue) -> None:
    from studio.web.app import served

    with Studio.open(Settings(data=tmp_path / "data"), engines={}, catalogue=catalogue) as studio, ExitStack() as stack:
        url = stack.enter_context(served(studio, server_port=None))
        with httpx.Client(base_url=url, timeout=20) as web:
            me = web.get("/ui/account/me").json()
            assert (me["accounts"], me["role"]) == (False, Role.ADMIN)
            assert web.get("/ui/people").json() == {"accounts": False, "people": []}
            assert web.get("/ui/account").status_code == 404
            web.post("/ui/queue/pause")
            [row] = activity(web, action="queue.pause", person="local")
            assert row["person"] == "" and row["address"] in ("127.0.0.1", "::1")
