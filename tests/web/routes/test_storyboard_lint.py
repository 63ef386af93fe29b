"""Findings of a board's shots over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from studio.domain import JSON
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


def judged(web: httpx.Client, path: str, **headers: str) -> dict[str, list[JSON]]:
    """The findings of all shots, however often the studio wants to be asked."""
    for _ in range(20):
        answer = web.get(f"{path}/lint", headers=headers).json()
        if not answer["more"]:
            return answer["shots"]
    raise AssertionError("never done")


def test_every_doubtful_shot_is_named_with_places_as_a_page_counts(web: httpx.Client) -> None:
    made = web.post("/ui/boards", json={"script": SCRIPT, "draft": False}).json()
    path, ids = f"/ui/boards/{made['board']['id']}", [shot["id"] for shot in made["board"]["shots"]]
    found = judged(web, path)
    assert list(found) == ids[1:]
    [negated] = found[ids[1]]
    words = made["board"]["shots"][1]["prompt"].encode("utf-16-le")
    assert words[2 * negated["start"] : 2 * negated["end"]].decode("utf-16-le") == "no cars"
    assert [one["rule"] for one in found[ids[2]]] == ["foreign.weight"]
    assert any("(red:1.2)" in problem for problem in made["shots"][ids[2]]["problems"]), "and it is not sent"
    literal = web.post(f"{path}/edit", json={"op": "change", "shot": ids[2], "literal_prompt": True}).json()
    assert not any("(red:1.2)" in problem for problem in literal["shots"][ids[2]]["problems"])
    assert list(judged(web, path)) == [ids[1]]


def test_words_come_in_the_language_of_the_page(web: httpx.Client) -> None:
    made = web.post("/ui/boards", json={"script": SCRIPT, "draft": False}).json()
    found = judged(web, f"/ui/boards/{made['board']['id']}", **{"accept-language": "zh-CN"})
    assert found and all("模型" in one["message"] for several in found.values() for one in several)
