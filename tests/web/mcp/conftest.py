"""A served studio with accounts, the draft engine, and a local server that speaks Alibaba's protocol and bills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from studio import engines
from studio.permissions import Role, Scope
from studio.settings import Settings
from studio.studio import Studio
from tests.providers.alibaba import AlibabaServer
from tests.support.kit import QUICK

MODEL = "alibaba/wan2.6-t2v"


@dataclass(frozen=True)
class Site:
    """The studio, its address and the provider."""

    url: str
    studio: Studio
    server: AlibabaServer

    def token(
        self, login: str, role: Role = Role.CREATOR, scope: Scope = "full", usd_limit: float | None = None
    ) -> str:
        """A new access token of this person, who is made at first sight."""
        known = {person.login: person.id for person in self.studio.people.all()}
        person = known.get(login) or self.studio.people.create(login, role=role).id
        return self.studio.people.make_token(person, f"agent of {login}", scope=scope, usd_limit=usd_limit)[1]


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from studio.web.app import served

    with AlibabaServer() as server:
        settings = Settings(
            data=tmp_path_factory.mktemp("mcp"), workers=1, access="password",
            secrets={"DASHSCOPE_API_KEY": SecretStr("sk-test")}, options={"ALIBABA_BASE_URL": f"{server.url}/api/v1"},
        )  # fmt: skip
        made = {name: engines.build(name, settings) for name in ("draft", "alibaba")}
        with Studio.open(settings, engines=made, timing=QUICK) as studio, served(studio, server_port=None) as url:
            yield Site(url.rstrip("/"), studio, server)
