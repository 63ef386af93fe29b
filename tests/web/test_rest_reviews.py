"""A review by a program over HTTP: made, commented, decided, retaken and reported, with the rights of its token."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter
from pypdf import PdfReader

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine, FakeProvider
from studio.permissions import Role, Scope
from studio.settings import Settings
from studio.studio import Studio
from studio.web.rest import schemas
from tests.stories.kill_app import free_port
from tests.support.kit import QUICK, image, paid_image


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[tuple[Studio, str]]:
    from studio.web.app import served

    folder = tmp_path_factory.mktemp("rest-reviews")
    made = {name: FakeEngine(name=name, provider=FakeProvider(folder / name)) for name in ("fake", "paid")}
    settings = Settings(data=folder / "data", access="password")
    with (
        Studio.open(settings, engines=made, catalogue=catalogue, timing=QUICK) as studio,
        served(studio, server_port=free_port()) as url,
    ):
        yield studio, url.rstrip("/")


def program(
    site: tuple[Studio, str], login: str, role: Role, scope: Scope = "full", usd_limit: float | None = None
) -> httpx.Client:
    """A client with a token of this person, who is made at first sight."""
    studio, url = site
    known = {person.login: person.id for person in studio.people.all()}
    person = known.get(login) or studio.people.create(login, role=role).id
    token = studio.people.make_token(person, "program", scope=scope, usd_limit=usd_limit)[1]
    return httpx.Client(base_url=f"{url}/api/v1/", timeout=30, headers={"authorization": f"Bearer {token}"})


def shaped(answer: httpx.Response, shape: Any, status: int = 200) -> Any:
    """The answer, which has exactly the shape that the document tells."""
    assert answer.status_code == status, answer.text
    TypeAdapter(shape).validate_python(answer.json())
    return answer.json()


def picture(http: httpx.Client, body: dict[str, object]) -> str:
    """The id of a finished run."""
    [run] = http.post("runs", json=body).json()
    [done] = http.post("runs/wait", json={"run_ids": [run["id"]], "timeout_s": 20}).json()
    assert done["status"] == "succeeded"
    return run["id"]


def test_a_review_from_its_items_to_the_report(site: tuple[Studio, str]) -> None:
    http = program(site, "pia", Role.PRODUCER)
    run = picture(http, image("a fox in the rain"))
    review = shaped(http.post("reviews", json={"title": "Round one", "runs": [run]}), schemas.Review, 201)
    at, version = f"reviews/{review['id']}", review["items"][0]["versions"][0]["id"]
    box = {"shapes": [{"type": "box", "from": [0.1, 0.1], "to": [0.4, 0.4], "color": "#ff3b30", "size": 0.01}]}
    body = {"version_id": version, "text": "Brighter", "drawing": box}
    said = shaped(http.post(f"{at}/comments", json=body), schemas.ReviewComment, 201)
    assert (said["has_drawing"], said["resolved"], said["author"]) == (True, False, "pia")
    refused = shaped(http.post(f"{at}/comments", json={"version_id": version}), schemas.Problem, 422)
    assert refused["field"] == "text"
    assert shaped(http.post(f"{at}/comments/{said['id']}/resolve"), schemas.ReviewComment)["resolved"] is True
    step = {"status": "approved", "note": "as on Monday"}
    history = shaped(http.post(f"{at}/versions/{version}/status", json=step), list[schemas.StatusStep])
    assert [(one["name"], one["approves"], one["by"]) for one in history] == [("Approved", True, "pia")]
    assert shaped(http.get(f"{at}/versions/{version}/history"), list[schemas.StatusStep]) == history
    whole = shaped(http.get(at), schemas.Review)
    assert [one["text"] for one in whole["comments"]] == ["Brighter"]
    [row] = [one for one in shaped(http.get("reviews"), list[schemas.ReviewRow]) if one["id"] == review["id"]]
    assert (row["items"], row["approved"], row["open_comments"]) == (1, 1, 0)
    report = http.get(f"{at}/report.pdf")
    assert report.headers["content-type"] == "application/pdf"
    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(report.content)).pages).replace("\0", "")
    assert "as on Monday" in words


def test_what_cannot_be_made_as_asked_leaves_no_review(site: tuple[Studio, str]) -> None:
    http = program(site, "pia", Role.PRODUCER)
    before = len(http.get("reviews").json())
    shaped(http.post("reviews", json={"title": "Nothing", "runs": ["r_unknown"]}), schemas.Problem, 404)
    assert len(http.get("reviews").json()) == before


def test_a_retake_is_planned_priced_and_started_once(site: tuple[Studio, str]) -> None:
    http = program(site, "pia", Role.PRODUCER, usd_limit=0.15)
    review = http.post("reviews", json={"title": "Retakes", "runs": [picture(http, paid_image("a hen"))]}).json()
    at, version = f"reviews/{review['id']}", review["items"][0]["versions"][0]["id"]
    comment = http.post(f"{at}/comments", json={"version_id": version, "text": "a red hen"}).json()["id"]
    choices = {"way": "again", "model": "paid/image"}
    plan = shaped(http.post(f"{at}/comments/{comment}/retake-plan", json=choices), schemas.RetakePlan)
    assert (plan["model"], plan["usd"]) == ("paid/image", 0.1)
    assert "A red hen" in plan["prompt"]
    over = shaped(http.post(f"{at}/comments/{comment}/retake", json=choices | {"max_usd": 0.2}), schemas.Problem, 409)
    assert "limit" in over["error"]  # of the token: 0.10 of 0.15 dollars are spent
    unpriced = shaped(http.post(f"{at}/comments/{comment}/retake", json=choices), schemas.Problem, 409)
    assert "0.10" in unpriced["error"]
    other = shaped(http.post(f"{at}/comments/{comment}/retake", json={"model": "no/such"}), schemas.Problem, 422)
    assert other["field"] == "model"
    assert len(http.get(at).json()["items"][0]["versions"]) == 1
    http = program(site, "pia", Role.PRODUCER)
    agreed = choices | {"max_usd": 0.1, "key": "one"}
    made = shaped(http.post(f"{at}/comments/{comment}/retake", json=agreed), schemas.Retake, 201)
    again = shaped(http.post(f"{at}/comments/{comment}/retake", json=agreed), schemas.Retake, 201)
    assert (again["run"]["id"], again["version"]) == (made["run"]["id"], made["version"])
    versions = http.get(at).json()["items"][0]["versions"]
    assert [one["answers"] for one in versions] == [None, comment]


@pytest.mark.parametrize(("role", "may"), [(Role.REVIEWER, {"comment"}), (Role.VIEWER, set[str]())])
def test_a_token_has_its_persons_rights(site: tuple[Studio, str], role: Role, may: set[str]) -> None:
    pia, other = program(site, "pia", Role.PRODUCER), program(site, role.value, role)
    studio, _ = site
    people = {person.login: person.id for person in studio.people.all()}
    acting = studio.acting_for(people["pia"])
    project = acting.projects.create(f"With {role}").id
    acting.projects.set_member(project, people[role.value], role)
    body = {"title": "Shared", "runs": [picture(pia, image("a cow"))], "project": project}
    review = pia.post("reviews", json=body).json()
    at, version = f"reviews/{review['id']}", review["items"][0]["versions"][0]["id"]
    assert other.get(at).status_code == 200
    comment = other.post(f"{at}/comments", json={"version_id": version, "text": "hm"})
    assert comment.status_code == (201 if "comment" in may else 403)
    assert other.post(f"{at}/versions/{version}/status", json={"status": "approved"}).status_code == 403
    assert other.post("reviews", json={"title": "Mine"}).status_code == 403
    reader = program(site, "pia", Role.PRODUCER, scope="read")
    assert reader.get(f"{at}/report.pdf").status_code == 200
    assert reader.post(f"{at}/versions/{version}/status", json={"status": "approved"}).status_code == 403
    stranger = program(site, "otto", Role.PRODUCER)
    assert {stranger.get(path).status_code for path in (at, f"{at}/report.pdf")} == {404}
