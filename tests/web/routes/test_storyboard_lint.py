"""Findings of a board's shots over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from studio.settings import Settings
from studio.studio import Studio
from tests.support.web import serving

SCRIPT = "Shot 1 [0-2s] a harbour at dawn\nShot 2 [2-4s] 😀 a street, no cars, rain\nShot 3 [4-6s] a (red:1.2) dog"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        Studio.open(Settings(data=tmp_path_factory.mktemp("data"), workers=1)) as studio,
        serving(studio) as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        yield client


def test_every_doubtful_shot_is_named_with_places_as_a_page_counts(web: httpx.Client) -> None:
    made = web.post("/ui/boards", json={"script": SCRIPT, "draft": False}).json()
    path, ids = f"/ui/boards/{made['board']['id']}", [shot["id"] for shot in made["board"]["shots"]]
    found = web.get(f"{path}/lint").json()["shots"]
    assert list(found) == ids[1:]
    [negated] = found[ids[1]]
    words = made["board"]["shots"][1]["prompt"].encode("utf-16-le")
    assert words[2 * negated["start"] : 2 * negated["end"]].decode("utf-16-le") == "no cars"
    assert [one["rule"] for one in found[ids[2]]] == ["foreign.weight"]
    assert any("(red:1.2)" in problem for problem in made["shots"][ids[2]]["problems"]), "and it is not sent"
    literal = web.post(f"{path}/edit", json={"op": "change", "shot": ids[2], "literal_prompt": True}).json()
    assert not any("(red:1.2)" in problem for problem in literal["shots"][ids[2]]["problems"])
    assert list(web.get(f"{path}/lint").json()["shots"]) == [ids[1]]


def test_words_come_in_the_language_of_the_page(web: httpx.Client) -> None:
    made = web.post("/ui/boards", json={"script": SCRIPT, "draft": False}).json()
    found = web.get(f"/ui/boards/{made['board']['id']}/lint", headers={"accept-language": "zh-CN"}).json()
    assert all("模型" in one["message"] for several in found["shots"].values() for one in several)
