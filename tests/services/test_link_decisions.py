"""Decisions by the link in a message: of exactly one person, about exactly one question, once, and never by a look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from studio.catalogue import Catalogue
from studio.domain import HeldReason, Run, Status, now
from studio.engines.fake import FakeProvider, FindingFake
from studio.errors import Conflict, NotAllowed
from studio.permissions import Role
from studio.settings import Settings
from studio.store import decision_links
from studio.store.mapping import stamp
from studio.studio import Studio
from tests.services.test_personal_notifications import TIMING, subscribed
from tests.support.kit import paid_image
from tests.support.push_service import Browser, PushService


@pytest.fixture
def service() -> Iterator[PushService]:
    with PushService() as service:
        yield service


class House:
    """A studio with a creator, whose paid runs need approval, and two producers with a device each."""

    def __init__(self, studio: Studio, service: PushService) -> None:
        self.studio = studio
        create = studio.people.create
        self.anna = create("anna", role=Role.CREATOR).id
        self.pia, self.paul = (create(name, role=Role.PRODUCER).id for name in ("pia", "paul"))
        self.device: Browser = subscribed(studio, service, self.pia)
        self.other: Browser = subscribed(studio, service, self.paul)

    def ask(self) -> Run:
        """A run of Anna's that waits for approval."""
        [run] = self.studio.acting_for(self.anna).requests.submit(paid_image("a harbour"))
        return run


@contextmanager
def opened(folder: Path, catalogue: Catalogue, service: PushService) -> Iterator[House]:
    environ = {"STUDIO_PUSH_SERVICE": SecretStr(service.url)}
    settings = Settings(data=folder / "data", access="password", environ=environ)
    engines = {"paid": FindingFake(name="paid", provider=FakeProvider(folder / "provider"))}
    with Studio.open(settings, engines=engines, catalogue=catalogue, timing=TIMING) as studio:
        studio.admin.set_limits(run_usd=0.05)
        yield House(studio, service)


def token_of(message: Any) -> str:
    path, _, token = message["url"].partition("#")
    assert path == "decide" and len(token) > 40
    return token


def test_a_producer_is_asked_on_the_device_and_approves_from_there(
    tmp_path: Path, catalogue: Catalogue, service: PushService
) -> None:
    with opened(tmp_path, catalogue, service) as house:
        run = house.ask()
        [asked] = service.wait(house.device, 1)
        assert asked["title"] == "Approval needed" and "anna asks for 1 run" in asked["body"]
        assert [a["action"] for a in asked["actions"]] == ["approve", "reject"]
        assert "harbour" not in str(asked), "the prompt was not allowed"
        links = house.studio.link_decisions
        shown = links.look(token_of(asked))
        assert (shown["who"], shown["runs"], shown["prompt"]) == ("anna", 1, "a harbour") and shown["usd"] > 0
        held = house.studio.local.runs.get(run.id)
        assert held.status is Status.HELD and held.held_reason in (HeldReason.BUDGET, HeldReason.APPROVAL)
        assert links.decide(token_of(asked), approve=True) == "Approved: 1 run starts now."
        assert house.studio.local.runs.wait([run.id], timeout_s=20)[0].status is Status.SUCCEEDED
        with pytest.raises(NotAllowed):
            links.decide(token_of(asked), approve=False)
        with pytest.raises(NotAllowed):  # the other producer's link, too: the question is answered
            links.look(token_of(service.wait(house.other, 1)[0]))


def test_a_rejection_ends_the_run(tmp_path: Path, catalogue: Catalogue, service: PushService) -> None:
    with opened(tmp_path, catalogue, service) as house:
        run = house.ask()
        token = token_of(service.wait(house.device, 1)[0])
        assert house.studio.link_decisions.decide(token, approve=False) == "Rejected: 1 run will not start."
        ended = house.studio.local.runs.get(run.id)
        assert ended.status is Status.CANCELLED and "pia" in (ended.error or "")


def test_a_link_is_over_after_its_time_and_with_its_person(
    tmp_path: Path, catalogue: Catalogue, service: PushService
) -> None:
    with opened(tmp_path, catalogue, service) as house:
        run, links = house.ask(), house.studio.link_decisions
        pia, paul = (token_of(service.wait(device, 1)[0]) for device in (house.device, house.other))
        house.studio.people.set_role(house.pia, Role.REVIEWER)
        with pytest.raises(Conflict):
            links.decide(pia, approve=True)
        house.studio.people.disable(house.pia)
        with pytest.raises(NotAllowed):
            links.decide(pia, approve=True)
        with house.studio.context.store.write() as db:
            db.conn.execute("UPDATE decision_links SET expires_at = ?", [stamp(now() - timedelta(seconds=1))])
        with pytest.raises(NotAllowed):
            links.look(paul)
        with pytest.raises(NotAllowed):
            links.look("")
        assert house.studio.local.runs.get(run.id).status is Status.HELD


def test_no_token_lies_in_the_database(tmp_path: Path, catalogue: Catalogue, service: PushService) -> None:
    with opened(tmp_path, catalogue, service) as house:
        house.ask()
        token = token_of(service.wait(house.device, 1)[0])
        with house.studio.context.store.read() as db:
            assert decision_links.find(db, token) is not None
        kept = b"".join(p.read_bytes() for p in (tmp_path / "data").glob("studio.db*"))
        assert token.encode() not in kept


def test_the_page_decides_nothing_by_being_opened_and_is_open_without_a_session(
    tmp_path: Path, catalogue: Catalogue, service: PushService
) -> None:
    from studio.web.app import served

    with opened(tmp_path, catalogue, service) as house, served(house.studio, server_port=None) as url:
        run = house.ask()
        token = token_of(service.wait(house.device, 1)[0])
        with httpx.Client(base_url=url) as web:
            page = web.get("/decide", headers={"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"})
            assert page.status_code == 200 and "Approve" in page.text
            assert page.headers["referrer-policy"] == "no-referrer" and page.headers["cache-control"] == "no-store"
            assert web.get("/decide", params={"token": token, "approve": "true"}).status_code == 200
            assert house.studio.local.runs.get(run.id).status is Status.HELD
            foreign = {"origin": "https://evil.example"}
            assert web.post("/decide", json={"token": token, "approve": True}, headers=foreign).status_code == 403
            assert web.post("/decide", json={"token": "x" * 43, "approve": True}).status_code == 403
            assert web.post("/decide", json={"token": token}).json()["asked"]["who"] == "anna"
            said = web.post("/decide", json={"token": token, "approve": True})
            assert said.json() == {"said": "Approved: 1 run starts now."}
            assert web.get("/ui/runs").status_code == 401, "the token is good for this one decision"
