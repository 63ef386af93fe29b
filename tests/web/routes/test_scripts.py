"""Scripts over real HTTP before anything is made of them: files as text, texts as shots with places in UTF-16."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from studio.prompt.utf16 import to_utf16
from studio.settings import Settings
from studio.studio import Studio
from tests.support.web import serving

JSON = dict[str, Any]
SEA = "A wave 🌊 breaks on the pier.\n\nA dog 🐕 runs."


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with Studio.open(Settings(data=tmp_path_factory.mktemp("data"), workers=1)) as studio, serving(studio) as url:
        yield httpx.Client(base_url=url, timeout=30)


def sliced(text: str, part: JSON) -> str:
    """What JavaScript's slice gives for the part."""
    return text.encode("utf-16-le")[2 * part["start"] : 2 * part["end"]].decode("utf-16-le")


def test_every_span_stands_where_javascript_counts(web: httpx.Client) -> None:
    found = web.post("/ui/scripts/read", json={"text": SEA}).json()
    prompts = ["A wave 🌊 breaks on the pier.", "A dog 🐕 runs."]
    assert [s["prompt"] for s in found["shots"]] == prompts
    spans = {(s["shot"], s["field"]): sliced(SEA, s) for s in found["spans"]}
    assert [spans[0, "prompt"], spans[1, "prompt"]] == prompts
    last = found["shots"][1]
    assert sliced(SEA, {"start": last["source_start"], "end": last["source_end"]}) == "A dog 🐕 runs."
    assert found["length_s"] == 8 and found["unread"] == []


def test_the_forms_are_named_in_the_language_of_the_page(web: httpx.Client) -> None:
    found = web.post("/ui/scripts/read", json={"text": SEA}, headers={"accept-language": "zh-CN"}).json()
    assert [f["id"] for f in found["forms"]][-1] == "paragraphs" and found["form"] in {f["id"] for f in found["forms"]}
    english = web.post("/ui/scripts/read", json={"text": SEA, "form": "paragraphs"}).json()
    assert english["form"] == "paragraphs" and english["label"] != found["forms"][-1]["label"]


def test_what_cannot_be_read_is_refused_in_words(web: httpx.Client) -> None:
    unknown = web.post("/ui/scripts/read", json={"text": SEA, "form": "runes"})
    assert unknown.status_code == 422 and "runes" in unknown.json()["error"]
    assert web.post("/ui/scripts/read", json={"text": "x" * 200_001}).status_code == 422
    nothing = web.post("/ui/scripts/read", json={"text": " \n"}).json()
    assert nothing["shots"] == [] and nothing["faults"]


def test_a_file_arrives_as_its_text(web: httpx.Client) -> None:
    def decoded(raw: bytes, name: str = "list.csv") -> httpx.Response:
        return web.post("/ui/scripts/decode", params={"name": name}, content=raw)

    text = "镜头,时长,画面\n1,3秒,海边的清晨\n"
    assert decoded(text.encode("gb18030")).json() == {"text": text}
    picture = decoded(b"\x89PNG\r\n\x1a\n\0\0", "../film.png")
    assert picture.status_code == 400 and picture.json()["error"].startswith("film.png is not a text file")
    assert "longer than 200,000" in decoded("镜".encode() * 200_001).json()["error"]
    assert "longer than 200,000" in decoded(b"x" * 900_000).json()["error"]
    assert decoded(b"").status_code == 404


def test_positions_beyond_the_basic_plane_count_two() -> None:
    text = "a🌊b🌊🌊c"
    place = to_utf16(text)
    assert [place(at) for at in range(len(text) + 1)] == [len(text[:at].encode("utf-16-le")) // 2 for at in range(7)]
    assert to_utf16("plain")(3) == 3 and to_utf16("")(0) == 0
