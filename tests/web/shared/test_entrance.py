"""The page before a review: who gets in by a link, who does not, and what it tells before."""

from __future__ import annotations

import pytest

from tests.web.shared.conftest import Shared


def test_the_page_of_a_link_says_nothing_of_any_review(shared: Shared) -> None:
    """Programs that make previews of links get the same as everybody: no title, no picture, nothing to keep."""
    web = shared.nobody()
    answer = web.get("/shared/r", headers={"user-agent": "Slackbot-LinkExpanding 1.0"})
    assert answer.status_code == 200
    assert "Harbour film" not in answer.text
    assert 'name="robots" content="noindex' in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "og:" not in answer.text


def test_a_name_opens_the_review_and_the_cookie_is_for_shared_alone(shared: Shared) -> None:
    _, token = shared.link()
    web = shared.nobody()
    assert web.post("/shared/look", json={"token": token}).json()["title"] == "Harbour film"
    entered = web.post("/shared/enter", json={"token": token, "name": "  Ada   Lovelace "})
    header = entered.headers["set-cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    [cookie] = web.cookies.jar
    assert cookie.path == "/shared"  # by RFC 6265 of the address that set it, behind any prefix of a proxy
    assert shared.seen(web)["me"] == shared.seen(web)["me"] | {"name": "Ada Lovelace", "guest": True}
    page = web.get("/shared/")
    assert page.status_code == 200
    assert shared.review in page.text


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\u202eb", "a\x00b"])
def test_a_guest_needs_a_name_that_can_be_shown(shared: Shared, name: str) -> None:
    _, token = shared.link()
    web = shared.nobody()
    answer = web.post("/shared/enter", json={"token": token, "name": name})
    assert answer.status_code == 422
    assert not list(web.cookies.jar)


def test_a_password_keeps_the_title_and_the_review(shared: Shared) -> None:
    _, token = shared.link(password="open sesame")
    web = shared.nobody()
    shown = web.post("/shared/look", json={"token": token}).json()
    assert shown == {"needs_password": True, "title": "", "can_comment": True}
    for wrong in ("", "open sesam", "OPEN SESAME"):
        answer = web.post("/shared/enter", json={"token": token, "name": "Ada", "password": wrong})
        assert answer.status_code == 403
        assert not list(web.cookies.jar)
    shared.seen(shared.guest(token, password="open sesame"))


def test_wrong_passwords_are_counted_by_link_and_by_address(shared: Shared) -> None:
    """Ten a minute: then the right one does not get in either, by this address or for this link."""
    _, token = shared.link(password="open sesame")
    guests, _ = shared.studio.guests, token
    from studio.errors import LimitReached, NotAllowed

    for number in range(10):
        with pytest.raises(NotAllowed):
            guests.enter(token, name="Eve", password="wrong", address=f"198.51.100.{number}")
    with pytest.raises(LimitReached) as caught:
        guests.enter(token, name="Ada", password="open sesame", address="203.0.113.5")
    assert caught.value.retry_after_s
    _, other = shared.link(password="open sesame")
    for _ in range(10):
        with pytest.raises(NotAllowed):
            guests.enter(other, name="Eve", password="wrong", address="198.51.100.77")
    _, third = shared.link()
    with pytest.raises(LimitReached):
        guests.enter(third, name="Eve", password="", address="198.51.100.77")


def test_guessed_tokens_are_counted(shared: Shared) -> None:
    from studio.errors import LimitReached, NotAllowed

    guests = shared.studio.guests
    for number in range(10):
        with pytest.raises(NotAllowed):
            guests.look(f"guess-{number}", "198.51.100.99")
    _, token = shared.link()
    with pytest.raises(LimitReached):
        guests.look(token, "198.51.100.99")


def test_who_enters_again_stays_who_they_are(shared: Shared) -> None:
    _, token = shared.link()
    web = shared.guest(token, "Ada")
    before = shared.seen(web)["me"]["id"]
    web.post("/shared/enter", json={"token": token, "name": "Ada L."})
    after = shared.seen(web)["me"]
    assert (after["id"], after["name"]) == (before, "Ada L.")
    web.post("/shared/leave")
    assert web.get(f"/shared/api/reviews/{shared.review}").status_code == 401


def test_the_token_is_nowhere_on_the_disk(shared: Shared) -> None:
    """Of a link the hash is kept, and of a session: neither database nor backup lets anybody in."""
    _, token = shared.link()
    web = shared.guest(token)
    session = next(iter(web.cookies.jar)).value
    assert session
    shared.studio.context.store.write_one(lambda db: db.conn.execute("PRAGMA wal_checkpoint(PASSIVE)"))
    for path in shared.studio.settings.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert token.encode() not in content, path
            assert session.encode() not in content, path


def test_the_address_can_be_copied_again_until_the_link_ends(shared: Shared) -> None:
    link, token = shared.link()
    web = shared.member()
    place = f"/ui/reviews/{shared.review}/links/{link}"
    assert web.post(f"{place}/address").json()["token"] == token
    assert web.delete(place).json()["state"] == "revoked"
    assert web.post(f"{place}/address").status_code == 409
