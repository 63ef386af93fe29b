"""The Notifications section over HTTP: what it tells, in whose language, and that no address or secret comes back."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from studio.settings import Settings
from studio.studio import Studio
from tests.support.keyrings import NoKeyring, used
from tests.support.web import serving

PATH = "/ui/notifications"
CHINESE = {"cookie": "studio_language=zh-CN"}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    settings = Settings(data=tmp_path_factory.mktemp("notifications"), public_url="https://studio.example")
    with (
        used(NoKeyring()),
        Studio.open(settings, engines={}) as studio,
        serving(studio) as url,
        httpx.Client(base_url=url) as web,
    ):
        yield web


def test_an_address_is_taken_and_only_its_host_told(web: httpx.Client) -> None:
    assert web.get(PATH).json()["host"] is None
    given = {"url": " https://hooks.example.com/T0/abc ", "make_secret": True}
    secret = web.post(f"{PATH}/webhook", json=given, headers=CHINESE).json()["secret"]
    assert secret.startswith("whsec_")
    state = web.get(PATH)
    assert "T0/abc" not in state.text and secret not in state.text
    expected = {"host": "hooks.example.com", "signed": True, "source": "memory", "keyring": None}
    assert {name: state.json()[name] for name in expected} == expected
    assert state.json()["public_url"] == "https://studio.example"
    assert state.json()["choices"]["language"] == "zh-CN", "messages speak the language of who set them up"
    chosen = web.post(f"{PATH}/choices", json={"succeeded": False, "drafts": True}).json()["choices"]
    assert chosen == {"succeeded": False, "failed": True, "held": True, "drafts": True, "language": "en"}
    assert web.post(f"{PATH}/webhook", json={"url": ""}).json()["host"] is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/webhook", {"url": "https://10.0.0.1/x"}),
        ("/webhook", {"url": "https://hooks.example.com/x", "secret": "short"}),
        ("/webhook", {"url": "https://hooks.example.com/x", "secret": "whsec_not base64"}),
        ("/test", {}),
    ],
)
def test_a_refusal_is_one_sentence_in_the_readers_language(web: httpx.Client, path: str, body: dict[str, str]) -> None:
    for headers, language in (({}, "en"), (CHINESE, "zh")):
        answer = web.post(PATH + path, json=body, headers=headers)
        assert 400 <= answer.status_code < 500
        words = answer.json()["error"]
        assert any("\u4e00" <= character <= "\u9fff" for character in words) == (language == "zh")
    assert web.get(PATH).json()["host"] is None, "nothing was taken"


def test_named_users_have_no_part_in_it(web: httpx.Client) -> None:
    assert web.get(PATH, headers={"x-user": "ann"}).status_code == 403
