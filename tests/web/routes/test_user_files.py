"""The routes of the user's own models and providers: valid examples, checks with lines, saving, taking back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio.engines.fake import FakeEngine
from studio.settings import Settings
from studio.studio import Studio
from tests.support.kit import QUICK
from tests.support.web import serving

BAD = 'provider = "fal"\n[[model]]\nname = "x"\nbase = "nope"\n'


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    settings = Settings(data=tmp_path / "data")
    with (
        Studio.open(settings, engines={"fake": FakeEngine()}, timing=QUICK, start=False) as studio,
        serving(studio) as url,
        httpx.Client(base_url=url, timeout=20) as made,
    ):
        yield made


def post(client: httpx.Client, word: str, kind: str, name: str, **more: Any) -> httpx.Response:
    return client.post(f"/ui/user-files/{word}", json={"kind": kind, "name": name, **more})


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_each_example_is_valid_as_it_stands_and_counts_when_saved(client: httpx.Client, language: str) -> None:
    client.headers["accept-language"] = language
    for kind, name, models in (("models", "mine", 1), ("providers", "my-service", 1)):
        text = client.get("/ui/user-files/example", params={"kind": kind}).json()["text"]
        checked = post(client, "check", kind, name, text=text).json()
        assert (checked["problems"], len(checked["models"])) == ([], models)
        assert post(client, "save", kind, name, text=text).status_code == 200
    listed = {f["path"]: f for f in client.get("/ui/user-files").json()["files"]}
    assert listed["models/mine.toml"]["corrects"] == ["fal/wan2.6-t2v"]
    assert "MY_SERVICE_API_KEY" in listed["providers/my-service.toml"]["missing"]
    opened = client.get("/ui/user-files/text", params={"kind": "models", "name": "mine"}).json()
    edited = opened["text"].replace("my-wan", "our-wan")
    saved = post(client, "save", "models", "mine", text=edited, revision=opened["revision"]).json()
    (file,) = (f for f in saved["files"] if f["name"] == "mine")
    assert ([m["id"] for m in file["models"]], file["has_previous"]) == (["fal/our-wan"], True)
    restored = post(client, "restore", "models", "mine").json()
    assert "fal/my-wan" in str(restored)
    assert post(client, "remove", "models", "mine").json()["files"][0]["kind"] == "providers"
    assert post(client, "reload", "models", "mine").status_code == 200


def test_mistakes_come_with_their_line_in_the_readers_language(client: httpx.Client) -> None:
    (problem,) = post(client, "check", "models", "mine", text=BAD).json()["problems"]
    assert problem == {"line": 4, "message": "There is no model fal/nope."}
    client.headers["accept-language"] = "zh-CN"
    (problem,) = post(client, "check", "models", "mine", text=BAD).json()["problems"]
    assert problem["message"] == "没有模型 fal/nope。"
    refused = post(client, "save", "models", "mine", text=BAD)
    assert (refused.status_code, "第 4 行" in refused.json()["error"]) == (422, True)


NAMES = [("models", "../../x"), ("models", "a/b"), ("other", "x"), ("providers", "draft"), ("models", "é")]


def test_a_name_that_leads_out_of_the_folder_is_refused(client: httpx.Client) -> None:
    for kind, name in NAMES:
        answers = [post(client, word, kind, name, text="") for word in ("check", "save", "remove", "restore")]
        answers.append(client.get("/ui/user-files/text", params={"kind": kind, "name": name}))
        assert [a.status_code for a in answers if not 400 <= a.status_code < 500] == [], name
