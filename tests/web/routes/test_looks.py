"""A film's look over real HTTP: tables checked and each user's own, stills of what is being chosen, no foreign page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from studio.media import cube
from studio.settings import Settings
from studio.studio import Studio
from tests.support.web import serving

JSON = dict[str, Any]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio.open(Settings(data=tmp_path_factory.mktemp("data"), workers=1)) as opened:
        yield opened


@pytest.fixture(scope="module")
def web(studio: Studio) -> Iterator[httpx.Client]:
    with serving(studio) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def board(web: httpx.Client, studio: Studio) -> str:
    """A board whose first shot is drafted; its path."""
    body = {
        "title": "x",
        "script": "a harbour at dawn\n\na dog",
        "width": 256,
        "height": 144,
        "fps": 12,
        "draft": False,
    }
    made = web.post("/ui/boards", json=body).json()
    path = f"/ui/boards/{made['board']['id']}"
    web.post(f"{path}/draft", json={"shots": [made["board"]["shots"][0]["id"]]})
    studio.local.runs.wait([r.id for r in studio.local.runs.active()], timeout_s=60)
    return path


@pytest.fixture(scope="module")
def swap(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A table that exchanges red and blue."""
    path: Path = tmp_path_factory.mktemp("lut") / "swap.cube"
    return cube.write(path, cube.grid(9)[..., ::-1]).read_bytes()


def picture(answer: httpx.Response) -> np.ndarray:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp"), answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB"), int)


def test_a_still_shows_the_look_that_is_being_chosen(web: httpx.Client, board: str, swap: bytes) -> None:
    kept = web.post("/ui/luts?name=Swap.cube", content=swap).json()
    assert [lut["name"] for lut in kept["luts"]] == ["Swap"]
    plain = picture(web.post(f"{board}/still", json={"at_s": 0.5, "plain": True}))
    look = {"lut": kept["id"], "lut_strength": 1}
    shown = picture(web.post(f"{board}/still", json={"at_s": 0.5, "look": look}))
    assert plain.shape == (144, 256, 3) and np.abs(shown - plain[..., ::-1]).mean() < 4
    title = {"id": "a", "text": "海", "start_s": 0, "end_s": 1, "fade": False}
    titled = picture(web.post(f"{board}/still", json={"at_s": 0.5, "titles": [title]}))
    assert 0.001 < (np.abs(titled - plain).max(axis=-1) > 60).mean() < 0.2
    slate = picture(web.post(f"{board}/slate", json={"slate": {"on": True, "scene": "1"}}))
    assert slate.shape == (144, 256, 3) and slate[:8].max() > 220
    first = web.get(board).json()["board"]["shots"][0]["id"]
    assert picture(web.get(f"{board}/matched/{first}/first")).shape == (144, 256, 3)


def test_what_cannot_be_shown_is_said(web: httpx.Client, board: str) -> None:
    late = web.post(f"{board}/still", json={"at_s": 6})
    assert late.status_code == 404 and "Shot 2 has no picture yet" in late.json()["error"]
    assert web.post(f"{board}/still", json={"at_s": -1}).status_code == 422
    assert web.post(f"{board}/still", json={"at_s": 0, "look": {"lut": "../../etc/passwd"}}).status_code == 422
    gone = web.post(f"{board}/still", json={"at_s": 0, "look": {"lut": "0" * 64}})
    assert gone.status_code == 404 and "LUT" in gone.json()["error"]


def test_tables_are_checked_and_each_users_own(web: httpx.Client, board: str, swap: bytes) -> None:
    bad = web.post("/ui/luts?name=x.cube", content=b"LUT_3D_SIZE 2\n0 0 0\n")
    assert bad.status_code == 400 and "x.cube does not contain" in bad.json()["error"]
    large = web.post("/ui/luts?name=x.cube", content=b"#" * (cube.LARGEST_BYTES + 1))
    assert large.status_code == 400 and "larger than" in large.json()["error"]
    other = {"x-user": "mallory"}
    mine = web.post("/ui/luts?name=Mine.cube", content=swap.replace(b"0.00000", b"0.00001"), headers=other).json()
    assert mine["id"] not in [lut["id"] for lut in web.get("/ui/luts").json()["luts"]]
    change = web.post(f"{board}/edit", json={"op": "update", "look": {"lut": mine["id"]}})
    assert change.status_code == 404 and "not in the studio" in change.json()["error"]
    assert web.delete(f"/ui/luts/{mine['id']}").status_code == 404
    assert web.delete(f"/ui/luts/{mine['id']}", headers=other).json() == {"luts": []}


def test_no_foreign_page_and_no_other_user_gets_at_a_look(web: httpx.Client, board: str) -> None:
    foreign = {"origin": "https://evil.example"}
    for path in ("/ui/luts?name=x.cube", f"{board}/still", f"{board}/slate"):
        assert web.post(path, json={}, headers=foreign).status_code == 403
    other = {"x-user": "mallory"}
    assert web.post(f"{board}/still", json={"at_s": 0}, headers=other).status_code == 404
    assert web.post(f"{board}/slate", json={"slate": {}}, headers=other).status_code == 404


def test_a_wrong_look_changes_nothing(web: httpx.Client, board: str) -> None:
    before = web.get(board).json()["board"]
    for fields in (
        {"look": {"shadows": [0, 0, 9]}}, {"look": {"exposure": "bright"}}, {"slate": {"seconds": 900}},
        {"titles": [{"id": "a", "start_s": 2, "end_s": 1}]}, {"titles": [{"id": "a", "style": "drawtext"}]},
    ):  # fmt: skip
        assert web.post(f"{board}/edit", json={"op": "update", **fields}).status_code == 422
    assert web.get(board).json()["board"] == before
