"""What guests see and may do: their link's items and nothing else, and only as long as it counts."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from studio.domain import now
from studio.errors import NotAllowed, StudioError
from studio.review.model import NewComment
from studio.services.review_links import LinkChange, LinkOptions
from studio.services.rights import GUESTS_MAY, RIGHTS
from studio.store.mapping import stamp
from tests.web.shared.conftest import PROMPT, Shared


def versions(body: dict) -> list[dict]:
    return [version for item in body["items"] for version in item["versions"]]


def test_a_guest_sees_no_prompt_no_model_and_no_people(shared: Shared) -> None:
    _, token = shared.link()
    shared.services.review_comments.add(
        shared.review, versions(shared.seen(shared.guest(token)))[0]["id"], NewComment("not for you", internal=True)
    )
    answer = shared.guest(token).get(f"/shared/api/reviews/{shared.review}")
    body = answer.json()
    for secret in (PROMPT, "secret", "draft/animatic", "not for you", '"seed"'):
        assert secret not in answer.text, secret
    beside_comments = str(body | {"comments": []})  # who wrote one is named
    assert "Anna" not in beside_comments
    assert shared.anna not in beside_comments
    assert body["people"] == []
    assert [item["title"] for item in body["items"]] == ["Take 1", "own.mp4"]
    assert body["me"]["may"] == {
        "comment": True, "edit": False, "share": False, "retake": False, "download": False, "internal": False,
    }  # fmt: skip


def test_a_title_that_somebody_gave_is_shown(shared: Shared) -> None:
    _, token = shared.link()
    title = shared.services.reviews.get(shared.review).content.items[0].title
    shared.services.reviews.change_item(shared.review, shared.items[0], title="Opening")
    assert shared.seen(shared.guest(token))["items"][0]["title"] == "Opening"
    with shared.studio.context.store.write() as db:
        db.conn.execute("UPDATE review_items SET title = ?, titled = 0 WHERE id = ?", [title, shared.items[0]])


def test_only_the_chosen_items_are_there(shared: Shared) -> None:
    """In the list, in comments, as files; and an item that is taken out of the link goes at the next request."""
    link, token = shared.link(items=[shared.items[1]])
    whole = shared.seen(shared.guest(shared.link()[1]))
    other = versions(whole)[0]["id"]
    web = shared.guest(token)
    assert [item["id"] for item in shared.seen(web)["items"]] == [shared.items[1]]
    assert web.get(f"/shared/media/{shared.clip}").status_code == 200
    assert web.get(f"/shared/media/{shared.take}").status_code == 404
    assert web.get(f"/shared/media/{shared.take}/thumb").status_code == 404
    base = f"/shared/api/reviews/{shared.review}"
    assert web.get(f"{base}/versions/{other}/drawings").status_code == 404
    assert web.get(f"{base}/versions/{other}/history").status_code == 404
    assert web.post(f"{base}/comments", json={"version": other, "text": "x"}).status_code == 404
    shared.services.review_links.change(shared.review, link, LinkChange(items=[shared.items[0]]))
    assert web.get(f"/shared/media/{shared.clip}").status_code == 404
    assert web.get(f"/shared/media/{shared.take}").status_code == 200
    shared.services.review_links.change(shared.review, link, LinkChange(show_all=True))
    assert len(shared.seen(web)["items"]) == 2


def works(shared: Shared, web: httpx.Client) -> list[int]:
    """Statuses of the review, of a file, and of a part of the file, as a player asks for it."""
    paths = (
        f"/shared/api/reviews/{shared.review}",
        f"/shared/media/{shared.clip}",
        f"/shared/media/{shared.clip}/thumb",
    )
    return [web.get(path).status_code for path in paths] + [
        web.get(f"/shared/media/{shared.clip}", headers={"range": "bytes=0-9"}).status_code
    ]


GONE = [401, 401, 401, 401]


def test_a_revoked_link_ends_at_the_next_request(shared: Shared) -> None:
    link, token = shared.link()
    web = shared.guest(token)
    key = shared.seen(web)["me"]["id"]
    assert works(shared, web) == [200, 200, 200, 206]
    shared.services.review_links.revoke(shared.review, link)
    assert works(shared, web) == GONE
    assert web.get("/shared/", follow_redirects=False).headers["location"] == "r"
    assert web.post("/shared/enter", json={"token": token, "name": "Ada"}).status_code == 403
    with pytest.raises(NotAllowed):
        shared.studio.acting_for(key)
    assert not shared.studio.guests.lives(key)


def test_an_expired_link_ends(shared: Shared) -> None:
    link, token = shared.link(days=1)
    web = shared.guest(token)
    past = stamp(now() - timedelta(seconds=1))
    with shared.studio.context.store.write() as db:
        db.conn.execute("UPDATE review_links SET expires_at = ? WHERE id = ?", [past, link])
    assert works(shared, web) == GONE
    shared.services.review_links.change(shared.review, link, LinkChange(days=3))
    assert works(shared, web) == [200, 200, 200, 206]


def test_another_password_asks_everybody_again(shared: Shared) -> None:
    link, token = shared.link(password="open sesame")
    web = shared.guest(token, password="open sesame")
    key = shared.seen(web)["me"]["id"]
    shared.services.review_links.change(shared.review, link, LinkChange(password="close sesame"))
    assert works(shared, web) == GONE
    assert web.post("/shared/enter", json={"token": token, "name": "Ada", "password": "open sesame"}).status_code == 403
    assert (
        web.post("/shared/enter", json={"token": token, "name": "Ada", "password": "close sesame"}).status_code == 200
    )
    assert shared.seen(web)["me"]["id"] == key


def test_a_review_in_the_trash_and_a_removed_item_are_gone(shared: Shared) -> None:
    _, token = shared.link()
    web = shared.guest(token)
    services = shared.services
    services.reviews.trash(shared.review)
    assert works(shared, web) == GONE
    services.reviews.restore(shared.review)
    assert works(shared, web) == [200, 200, 200, 206]
    own = services.reviews.create("Another", "").id
    item = services.reviews.add(own, asset_ids=[shared.clip])[0].id
    _, other = services.review_links.create(own, LinkOptions())
    guest = shared.guest(other)
    assert guest.get(f"/shared/media/{shared.clip}").status_code == 200
    services.reviews.remove_item(own, item)
    assert guest.get(f"/shared/media/{shared.clip}").status_code == 404
    assert guest.get(f"/shared/api/reviews/{shared.review}").status_code == 404


def test_guests_and_members_read_one_another(shared: Shared) -> None:
    _, token = shared.link()
    web, member, base = shared.guest(token, "Ada"), shared.member(), f"reviews/{shared.review}"
    version = versions(shared.seen(web))[1]
    box = {"shapes": [{"type": "box", "from": [0.1, 0.1], "to": [0.5, 0.5], "color": "#ff3b30", "size": 0.01}]}
    said = web.post(
        f"/shared/api/{base}/comments",
        json={"version": version["id"], "text": "Too dark", "frame_in": 3, "drawing": box},
    ).json()
    [seen] = [c for c in member.get(f"/ui/{base}").json()["comments"] if c["id"] == said["id"]]
    assert (seen["author_name"], seen["guest"], seen["mine"], seen["frame_in"]) == ("Ada", True, False, 3)
    assert said["id"] in member.get(f"/ui/{base}/versions/{version['id']}/drawings").json()
    body = {"version": version["id"], "text": "Lighter now", "parent": said["id"]}
    answer = member.post(f"/ui/{base}/comments", json=body).json()
    [read] = [c for c in shared.seen(web)["comments"] if c["id"] == answer["id"]]
    assert (read["author_name"], read["guest"], read["parent"]) == ("Anna", False, said["id"])
    place = f"/shared/api/{base}/comments"
    assert web.patch(f"{place}/{said['id']}", json={"text": "Still dark"}).json()["text"] == "Still dark"
    assert web.patch(f"{place}/{answer['id']}", json={"text": "mine now"}).status_code == 403
    assert web.delete(f"{place}/{answer['id']}").status_code == 403
    other = shared.guest(token, "Bob")
    assert other.delete(f"{place}/{said['id']}").status_code == 403
    assert web.delete(f"{place}/{said['id']}").status_code == 200


def test_a_link_to_look_only(shared: Shared) -> None:
    link, token = shared.link(can_comment=False)
    web = shared.guest(token)
    seen = shared.seen(web)
    version = versions(seen)[0]["id"]
    assert seen["me"]["may"]["comment"] is False
    assert seen["me"]["statuses"] == []
    base = f"/shared/api/reviews/{shared.review}"
    assert web.post(f"{base}/comments", json={"version": version, "text": "x"}).status_code == 403
    assert web.post(f"{base}/versions/{version}/status", json={"status": "retake"}).status_code == 403
    shared.services.review_links.change(shared.review, link, LinkChange(can_comment=True))
    assert web.post(f"{base}/versions/{version}/status", json={"status": "approved"}).status_code == 403
    told = web.post(f"{base}/versions/{version}/status", json={"status": "retake"}).json()
    assert [one["to"] for one in told["history"]] == ["retake"]
    shared.services.review_statuses.set(shared.review, version, "wip", "internal note")
    assert "internal note" not in web.get(f"{base}/versions/{version}/history").text


def test_downloads_are_as_the_link_says(shared: Shared) -> None:
    link, token = shared.link()
    web = shared.guest(token)
    shown = web.get(f"/shared/media/{shared.clip}")
    assert shown.headers["content-disposition"].startswith("inline")
    assert shown.headers["cache-control"] == "private, no-cache"
    assert web.get(f"/shared/media/{shared.clip}?download=1").status_code == 403
    shared.services.review_links.change(shared.review, link, LinkChange(can_download=True))
    kept = web.get(f"/shared/media/{shared.clip}?download=1")
    assert kept.headers["content-disposition"].startswith("attachment")
    assert kept.content == shown.content
    assert web.get(f"/shared/media/{shared.clip}", headers={"if-none-match": kept.headers["etag"]}).status_code == 304


def test_the_cookies_are_not_mixed_up(shared: Shared) -> None:
    """A member without having entered is nobody under /shared/, and a guest is nobody elsewhere."""
    _, token = shared.link()
    member, guest = shared.member(), shared.guest(token)
    assert member.get(f"/shared/api/reviews/{shared.review}").status_code == 401
    assert member.get(f"/shared/media/{shared.clip}").status_code == 401
    name, value = next((c.name, c.value) for c in guest.cookies.jar)
    planted = shared.nobody()
    planted.cookies.set(name, str(value))
    assert planted.get(f"/ui/reviews/{shared.review}").status_code == 401
    assert planted.get(f"/media/{shared.clip}").status_code == 401
    both = shared.member()
    both.cookies.set(name, str(value))
    assert both.get(f"/shared/api/reviews/{shared.review}").json()["me"]["guest"] is True
    assert both.get(f"/ui/reviews/{shared.review}").json()["me"]["guest"] is False


def test_only_who_may_edit_the_review_makes_links(shared: Shared) -> None:
    from studio.permissions import Role

    rita = shared.studio.people.create("rita", role=Role.REVIEWER).id
    otto = shared.studio.people.create("otto", role=Role.CREATOR).id
    for who in (rita, otto):
        with pytest.raises(StudioError):
            shared.studio.acting_for(who).review_links.all(shared.review)


def test_a_guest_calls_nothing_beside_the_table(shared: Shared) -> None:
    """Every method of every service: what is not in the table of guests is refused, whatever its action."""
    key = shared.seen(shared.guest(shared.link()[1]))["me"]["id"]
    services = shared.studio.acting_for(key)
    reached = set[str]()
    for name, methods in RIGHTS.items():
        for method in methods:
            try:
                getattr(getattr(services, name), method)
                reached.add(f"{name}.{method}")
            except NotAllowed:
                continue
    assert reached == {f"{name}.{method}" for name, methods in GUESTS_MAY.items() for method in methods}
