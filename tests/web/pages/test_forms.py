"""What a form's handlers make of what the browser sends: files, order, drafts. No server; the Studio is real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from studio.domain import JSON, Task
from studio.errors import NotAllowed
from studio.studio import Studio
from studio.web.pages import form_files
from studio.web.pages.create import CreatePage
from studio.web.pages.page import PageContext

NOBODY = gr.Request(username=None)


@pytest.fixture
def page(studio: Studio) -> CreatePage:
    """The edit form over the scripted engine's rows."""
    with gr.Blocks():
        made = CreatePage(PageContext(studio), Task.IMAGE_EDIT, "edit")
        made.build()
    return made


def told(**data: object) -> gr.EventData:
    return gr.EventData(None, data)


def sent(page: CreatePage, files: JSON, **typed: object) -> list[Any]:
    """Everything the browser sends with an event, as the form stands."""
    return [{"id": "fake/image"}, {"files": files}, *(typed.get(key) for key in page.controls)]


def picture(studio: Studio, folder: Path, side: int = 64) -> str:
    """A noisy picture in the library, which no format makes small."""
    pixels = np.random.default_rng(side).integers(0, 255, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / f"{side}.png")
    return studio.local.assets.add(folder / f"{side}.png").id


def test_an_order_of_files_that_are_not_the_forms_is_ignored(page: CreatePage, studio: Studio, tmp_path: Path) -> None:
    mine, other = picture(studio, tmp_path), picture(studio, tmp_path, 80)
    changed = page.on_arrange(
        told(slot="image", ids=[other, mine, mine]), NOBODY, *sent(page, {"image": [{"id": mine}]})
    )
    assert [f["id"] for f in changed[page.media]["files"]["image"]] == [mine]


def test_a_file_that_is_too_large_offers_a_smaller_copy_and_only_the_wish_makes_it(
    page: CreatePage, studio: Studio, tmp_path: Path
) -> None:
    large = picture(studio, tmp_path, 700)
    files = {"image": [{"id": large}]}
    [shown] = page.on_arrange(told(slot="image", ids=[large]), NOBODY, *sent(page, files))[page.media]["files"]["image"]
    assert shown["id"] == large and shown["offer"] and "MB" in shown["problems"][0]
    changed = page.on_shrink(told(slot="image", id=large), NOBODY, *sent(page, {"image": [{"id": large}]}))
    [copy] = changed[page.media]["files"]["image"]
    assert copy["id"] != large and copy["problems"] == [] and copy["bytes"] <= 1_000_000
    assert studio.local.assets.get(large).bytes > 1_000_000


def test_only_uploads_are_taken_in(studio: Studio) -> None:
    folder = form_files.upload_folder(studio)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.png").write_bytes(b"x")
    (folder / "link").symlink_to("/etc/passwd")
    assert form_files.upload_path(studio, str(folder / "mine.png")) == (folder / "mine.png").resolve()
    for path in ("/etc/passwd", str(folder / "link"), f"{folder}/../secret", str(folder), None, 7):
        with pytest.raises(NotAllowed):
            form_files.upload_path(studio, path)


@pytest.mark.parametrize(
    "saved",
    [
        {
            "model": "gone/model",
            "values": {"aspect": "7:7", "n": None, "unknown": 1},
            "media": {"image": [{"id": "no"}]},
        },
        {"model": 7, "values": ["a"], "media": "text"},
        {},
    ],
)
def test_a_draft_of_another_time_gives_way_to_defaults(page: CreatePage, saved: JSON) -> None:
    changed = page.restored_updates(saved, actor="")
    assert changed[page.media]["files"] == {}
    assert changed[page.controls["prompt"]]["visible"] is True


def test_a_request_for_a_model_that_is_gone_says_so(page: CreatePage) -> None:
    changed = page.fill_updates({"task": "image-edit", "model": "gone/model", "prompt": "warmer"})
    assert changed[page.controls["prompt"]]["value"] == "warmer"
    assert {"key": "forms.changed_model", "from": "gone/model", "to": "Fake image"} in changed[page.notice]
    assert len(page.fill({"prompt": "x"})) == len(page.fill_outputs)
