"""Every route with an id in its path, called with what is somebody else's, answers as it does for an id of nothing.

The list comes from the running app: a new route is tried with the ids it names, or has to be named here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi.routing import APIRoute

from studio import engines
from studio.permissions import Role
from studio.review.model import NewComment
from studio.services.review_links import LinkOptions
from studio.settings import Settings
from studio.store import exports
from studio.store.mapping import new_id
from studio.studio import Studio
from studio.web.guest_session import GuestCookies
from studio.web.middleware import security
from studio.web.routes import register

IDS = {
    "run_id": "run", "asset_id": "asset", "board_id": "board", "film_id": "export", "export_id": "export",
    "comparison_id": "comparison", "project_id": "project", "claim": "claim", "seq": "claim",
    "review_id": "review", "item_id": "item", "version_id": "version", "comment_id": "comment",
    "link_id": "link",
}  # fmt: skip
"""Parameter of a path -> what it is an id of."""
OTHER = {
    "shot_id": "s1", "member_id": "c1", "which": "thumb", "person": "p_00000000000000000", "view": "cut",
    "end": "first", "edit": "x", "name": "x", "word": "pause", "form": "csv",
}  # fmt: skip
"""Parameters that only mean something inside what another one names."""


@dataclass(frozen=True)
class Team:
    url: str
    cookies: dict[str, str]
    ids: dict[str, str]
    routes: list[tuple[str, str]]


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Anna made one of everything; the cookies are Otto's, who is also a guest of a review of his own."""
    from studio.web.app import served

    settings = Settings(data=tmp_path_factory.mktemp("ids") / "data", workers=1, access="password")
    with Studio.open(settings, engines={"draft": engines.build("draft", settings)}) as studio:
        anna, otto = (studio.people.create(name, role=Role.PRODUCER).id for name in ("anna", "otto"))
        services = studio.acting_for(anna)
        body = {"task": "text-to-image", "model": "draft/animatic", "prompt": "x", "width": 320, "height": 192}
        runs = services.runs.wait([r.id for r in services.requests.submit_many([body] * 2)], timeout_s=60)
        board = services.storyboards.create("Hers", script="Shot 1 [0-2s] a harbour").board
        film = new_id("f_")
        with studio.context.store.write() as db:
            exports.add(db, film, board.id, anna, "shots", {}, {})
            exports.end(db, film, "succeeded", path="library/films/x.csv")
        review = services.reviews.create("Hers", "").id
        services.reviews.add(review, run_ids=[runs[0].id])
        content = services.reviews.get(review).content
        comment = services.review_comments.add(review, content.versions[0].id, NewComment("x")).id
        ids = {
            "link": services.review_links.create(review, LinkOptions())[0].id,
            "review": review, "item": content.items[0].id, "version": content.versions[0].id, "comment": comment,
            "run": runs[0].id, "asset": runs[0].assets[0].id, "board": board.id, "export": film,
            "comparison": services.comparisons.of_runs([r.id for r in runs]).id,
            "project": services.projects.create("Hers").id, "claim": "1",
        }  # fmt: skip
        authenticator = security.authenticator_of(settings, studio.people)
        assert authenticator
        cookies = {authenticator.cookie: studio.people.sign_in(otto, method="password")}
        own = studio.acting_for(otto)
        _, token = own.review_links.create(own.reviews.create("His", "").id, LinkOptions())
        guest = studio.guests.enter(token, name="Otto", password="", address="127.0.0.1")
        cookies |= {GuestCookies(studio).name: guest.token}
        routes = [
            (method, route.path)
            for route in register.build(studio).routes
            if isinstance(route, APIRoute) and "{" in route.path
            for method in sorted((route.methods or set()) - {"HEAD"})
        ]
        with served(studio, server_port=None) as url:
            yield Team(url.rstrip("/"), cookies, ids, routes)


def tried(team: Team) -> list[tuple[str, str, str, str]]:
    """Method, path, address with hers, and the same address with ids of nothing."""
    found: list[tuple[str, str, str, str]] = []
    for method, path in team.routes:
        names = re.findall(r"\{(\w+)(?::\w+)?\}", path)
        if not any(name in IDS for name in names):
            continue
        hers = nothing = path
        for name in names:
            one = team.ids[IDS[name]] if name in IDS else OTHER.get(name, "x")
            unknown = one[:-4] + "zzzz" if name in IDS and len(one) > 4 else ("999999" if name in IDS else one)
            pattern = re.compile(r"\{" + name + r"(?::\w+)?\}")
            hers, nothing = pattern.sub(one, hers), pattern.sub(unknown, nothing)
        found.append((method, path, hers, nothing))
    return found


def test_other_peoples_ids_answer_like_ids_of_nothing(team: Team) -> None:
    told: list[str] = []
    with httpx.Client(base_url=team.url, cookies=team.cookies, timeout=20) as otto:
        calls = tried(team)
        for method, path, hers, nothing in calls:
            bodies = [None] if method in ("GET", "DELETE") else [{}, BODY]
            for body in bodies:
                answers = [otto.request(method, address, json=body) for address in (hers, nothing)]
                texts = [a.text for a in answers]
                for one, unknown in zip(team.ids.values(), (i[:-4] + "zzzz" for i in team.ids.values()), strict=True):
                    texts = [text.replace(one, "ID").replace(unknown, "ID") for text in texts]
                if answers[0].status_code != answers[1].status_code or texts[0] != texts[1]:
                    told.append(f"{method} {path}: {[a.status_code for a in answers]} {texts}")
                elif answers[0].status_code < 400:
                    told.append(f"{method} {path}: answered {answers[0].status_code}")
            if answers[0].status_code not in (404, 422):
                told.append(f"{method} {path}: {answers[0].status_code} {answers[0].text[:120]}")
    assert told == []
    assert len(calls) > 40, "the list of routes is not whole"


BODY = {
    "seed": "same", "choice": "give_up", "stars": 3, "before": None, "priority": 1, "name": "x", "role": "viewer",
    "project": "", "best": "", "blind": False, "form": "shots", "options": {}, "title": "x", "shots": None,
}  # fmt: skip
"""What the routes want, taken together."""


def test_ids_in_a_body_are_judged_as_those_in_a_path(team: Team) -> None:
    ids, unknown = team.ids, team.ids["run"][:-4] + "zzzz"
    with httpx.Client(base_url=team.url, cookies=team.cookies, timeout=20) as otto:
        for path, body in (
            ("/ui/share", {"project": ids["project"]}), ("/ui/unshare", {}), ("/ui/move", {"project": ""}),
            ("/ui/trash", {}), ("/ui/restore", {}),
        ):  # fmt: skip
            hers, none = (otto.post(path, json=body | {"ids": [one]}) for one in (ids["run"], unknown))
            assert hers.status_code == none.status_code, path
        own = otto.post("/ui/reviews", json={"title": "His", "project": ""}).json()["id"]
        for kind, name in (("runs", "run"), ("assets", "asset"), ("films", "export")):
            added = [otto.post(f"/ui/reviews/{own}/items", json={kind: [i]}).status_code for i in (ids[name], unknown)]
            assert added == [404, 404], kind
        assert otto.post(f"/ui/reviews/{own}/items", json={"board": ids["board"]}).status_code == 404
        zips = [otto.get(f"/ui/zip?ids={one}") for one in (ids["run"], unknown)]
        assert [z.status_code for z in zips] == [404, 404]
