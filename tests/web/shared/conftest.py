"""A studio with accounts, Anna's review of two takes and a clip of her own, and a link to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from studio import engines
from studio.permissions import Role
from studio.services.acting import UserServices
from studio.services.review_links import LinkOptions
from studio.settings import Settings
from studio.studio import Studio
from studio.web.middleware import security
from tests.support.samples import clip

PROMPT = "a secret harbour at dawn"


@dataclass
class Shared:
    """What the tests share. take, clip: files. link: id of the link that the guests of `guest` come by."""

    url: str
    studio: Studio
    anna: str
    cookies: dict[str, str]
    review: str
    items: list[str]
    take: str
    clip: str
    opened: list[httpx.Client] = field(default_factory=list)

    @property
    def services(self) -> UserServices:
        return self.studio.acting_for(self.anna)

    def link(self, **options: object) -> tuple[str, str]:
        """Id and token of a new link."""
        state, token = self.services.review_links.create(self.review, LinkOptions(**options))  # type: ignore[arg-type]
        return state.id, token

    def nobody(self) -> httpx.Client:
        return self._client({})

    def guest(self, token: str, name: str = "Ada", password: str = "") -> httpx.Client:
        """A browser that has entered by the link of this token."""
        web = self.nobody()
        answer = web.post("/shared/enter", json={"token": token, "name": name, "password": password})
        assert answer.status_code == 200, answer.text
        return web

    def member(self) -> httpx.Client:
        return self._client(self.cookies)

    def _client(self, cookies: dict[str, str]) -> httpx.Client:
        self.opened.append(httpx.Client(base_url=self.url, cookies=cookies, timeout=20))
        return self.opened[-1]

    def seen(self, web: httpx.Client) -> dict:
        answer = web.get(f"/shared/api/reviews/{self.review}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    from studio.web.app import served

    folder: Path = tmp_path_factory.mktemp("shared")
    settings = Settings(data=folder / "data", workers=1, access="password")
    with Studio.open(settings, engines={"draft": engines.build("draft", settings)}) as studio:
        anna = studio.people.create("anna", role=Role.PRODUCER, name="Anna").id
        services = studio.acting_for(anna)
        body = {"task": "text-to-image", "model": "draft/animatic", "prompt": PROMPT, "width": 640, "height": 384}
        [run] = services.runs.wait([services.requests.submit(body)[0].id], timeout_s=60)
        own = services.assets.add(clip(folder / "own.mp4", seconds=1), name="own.mp4")
        review = services.reviews.create("Harbour film", "").id
        items = [i.id for i in services.reviews.add(review, run_ids=[run.id], asset_ids=[own.id])]
        authenticator = security.authenticator_of(settings, studio.people)
        assert authenticator
        cookies = {authenticator.cookie: studio.people.sign_in(anna, method="password")}
        with served(studio, server_port=None) as url:
            made = Shared(url.rstrip("/"), studio, anna, cookies, review, items, run.assets[0].id, own.id)
            yield made
            for web in made.opened:
                web.close()
