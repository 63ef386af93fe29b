"""A guest's comment is answered by a retake: a member makes it, and the guest sees it on the page, without its run."""

from __future__ import annotations

from studio.services.retake_ways import RetakeChoices
from tests.web.shared.conftest import Shared


def test_a_guest_asks_for_nothing_and_sees_the_answer(shared: Shared) -> None:
    web = shared.guest(shared.link()[1])
    version = shared.seen(web)["items"][0]["versions"][0]["id"]
    base = f"/shared/api/reviews/{shared.review}/comments"
    comment = web.post(base, json={"version": version, "text": "make the boat blue"}).json()["id"]
    for method, path in (("GET", "retake"), ("POST", "retake/plan"), ("POST", "retake"), ("GET", "retake/frame")):
        assert web.request(method, f"{base}/{comment}/{path}", json={}).status_code in (404, 405), path
        member_path = f"/ui/reviews/{shared.review}/comments/{comment}/{path}"
        assert web.request(method, member_path, json={}, follow_redirects=False).status_code in (302, 303, 401), path

    anna = shared.services
    choices = RetakeChoices("again", "draft/animatic")
    chosen = anna.retakes.plan(shared.review, comment, choices).chosen
    assert chosen
    run, made = anna.retakes.start(shared.review, comment, choices, terms=chosen.terms)
    assert anna.runs.wait([run.id], timeout_s=60)[0].status == "succeeded"
    try:
        seen = shared.seen(web)
        [told] = [one["retake"] for one in seen["comments"] if one["id"] == comment]
        assert told == {"version": made, "state": "ready"}
        [take] = [one for one in seen["items"][0]["versions"] if one["id"] == made]
        assert web.get(f"/shared/media/{take['asset']}").status_code == 200
    finally:
        anna.reviews.remove_version(shared.review, made)
        anna.review_comments.remove(shared.review, comment)
