"""What a form's events make of what the browser sends: files, order, drafts, presses. No server; the Studio is real."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain import JSON, Task
from studio.errors import CapabilityError, NotAllowed, NotFound
from studio.studio import Studio
from studio.web.forms import files as form_files
from studio.web.forms.events import FormEvents
from studio.web.forms.send_to import TARGETS
from studio.web.forms.tasks import CREATE_TASKS
from studio.web.static import ASSETS


@pytest.fixture
def forms(studio: Studio) -> FormEvents:
    """Over the scripted engine's rows."""
    return FormEvents(studio)


def held(files: JSON | None = None, **values: object) -> JSON:
    """What the browser sends of the edit form."""
    return {"model": "fake/image", "media": files or {}, "values": values}


def picture(studio: Studio, folder: Path, side: int = 64) -> str:
    """A noisy picture in the library, which no format makes small."""
    pixels = np.random.default_rng(side).integers(0, 255, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / f"{side}.png")
    return studio.local.assets.add(folder / f"{side}.png").id


def arranged(forms: FormEvents, files: JSON, ids: list[str]) -> list[JSON]:
    told = {"slot": "image", "ids": ids}
    return forms.answer("edit", "arrange", held(files), told, "")["parts"]["media"]["files"]["image"]


def test_an_order_of_files_that_are_not_the_forms_is_ignored(forms: FormEvents, studio: Studio, tmp_path: Path) -> None:
    mine, other = picture(studio, tmp_path), picture(studio, tmp_path, 80)
    assert [f["id"] for f in arranged(forms, {"image": [{"id": mine}]}, [other, mine, mine])] == [mine]


def test_a_file_that_is_too_large_offers_a_smaller_copy_and_only_the_wish_makes_it(
    forms: FormEvents, studio: Studio, tmp_path: Path
) -> None:
    large = picture(studio, tmp_path, 700)
    files = {"image": [{"id": large}]}
    [shown] = arranged(forms, files, [large])
    assert shown["id"] == large and shown["offer"] and "MB" in shown["problems"][0]
    changed = forms.answer("edit", "shrink", held({"image": [{"id": large}]}), {"slot": "image", "id": large}, "")
    [copy] = changed["parts"]["media"]["files"]["image"]
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
        {"values": {"prompt": 7, "width": "wide"}},
        {},
    ],
)
def test_a_draft_of_another_time_gives_way_to_defaults(forms: FormEvents, saved: JSON) -> None:
    state = forms.answer("edit", "open", {}, {"saved": saved}, "")
    assert state["parts"]["media"]["files"] == {}
    [prompt] = [one for one in state["controls"] if one["key"] == "prompt"]
    assert prompt["visible"] is True and prompt["value"] == ""


def test_a_fresh_form_is_open_with_what_it_would_do(forms: FormEvents) -> None:
    """So that the line above Generate needs no second question, and a press of it is the press of this very line."""
    state = forms.answer("t2i", "open", {}, {}, "")
    line = state["parts"]["bar"]
    assert (line["turn"], line["runs"]) == (0, 1)
    values = {one["key"]: as_a_browser_says_it(one.get("value")) for one in state["controls"]}
    form = {"model": state["parts"]["picker"]["id"], "media": {}, "values": values}
    assert forms.answer("t2i", "check", form, {"turn": 1}, "")["parts"]["bar"]["terms"] == line["terms"]


def as_a_browser_says_it(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def test_a_press_that_comes_twice_makes_one_batch_and_one_of_other_terms_none(
    forms: FormEvents, studio: Studio
) -> None:
    form = held(prompt="a fox", n=2)
    line = forms.answer("t2i", "check", form, {"turn": 1}, "")["parts"]["bar"]
    refused = forms.answer("t2i", "generate", form, {"key": "k0", "terms": "other"}, "")["parts"]["bar"]
    assert refused["changed"] and "submitted" not in refused
    press = {"key": "k1", "terms": line["terms"]}
    told = [forms.answer("t2i", "generate", form, press, "") for _ in range(2)]
    answers = [one["parts"]["bar"] for one in told]
    assert [run["id"] for run in told[0]["runs"]] == answers[0]["submitted"], "shown at once"
    assert answers[0]["submitted"] == answers[1]["submitted"] and len(answers[0]["submitted"]) == line["runs"] == 2
    assert studio.local.gallery.search().total == 2


def test_what_was_typed_meanwhile_is_not_sent_back(forms: FormEvents) -> None:
    """A switch of model answers only what it changes; a request that fills the form changes all of it."""
    form = held(prompt="a fox", n=1)
    changed = forms.answer("t2i", "pick", form, {"id": "fake/image"}, "")
    assert "value" not in changed["controls"]["prompt"]
    forms.answer("t2i", "preset_save", form, {"name": "mine"}, "")
    filled = forms.answer("t2i", "preset_load", {}, {"name": "mine"}, "")
    assert filled["controls"]["prompt"]["value"] == "a fox" and filled["controls"]["seed"]["value"] is None


def test_a_request_for_a_model_that_is_gone_says_so(forms: FormEvents) -> None:
    changed = forms.pages["edit"].filled({"task": "image-edit", "model": "gone/model", "prompt": "warmer"}, actor="")
    assert changed["controls"]["prompt"]["value"] == "warmer"
    assert {"key": "forms.changed_model", "from": "gone/model", "to": "Fake image"} in changed["parts"]["notice"]


@pytest.mark.parametrize(("page", "event"), [("t2i", "no"), ("no", "open"), ("t2i", "__init__")])
def test_there_is_no_other_page_or_event(forms: FormEvents, page: str, event: str) -> None:
    with pytest.raises(NotFound):
        forms.answer(page, event, {}, {}, "")


def test_a_file_goes_only_to_the_form_of_its_task(forms: FormEvents, studio: Studio, tmp_path: Path) -> None:
    told = {"to": "image", "asset": picture(studio, tmp_path)}
    sent = forms.answer("edit", "send", held(), told, "")["parts"]["media"]["files"]
    assert [one["id"] for one in sent["image"]] == [told["asset"]]
    with pytest.raises(CapabilityError):
        forms.answer("t2i", "send", held(), told, "")


def test_the_scripts_know_the_same_tabs() -> None:
    """tasks.js and early.js run before the studio could tell them."""
    tasks = (ASSETS / "js" / "tasks.js").read_text("utf-8")
    pages = dict(re.findall(r'"([\w-]+)": "(\w+)"', tasks))
    assert {Task(task): page for task, page in pages.items()} == {task: page for page, task in CREATE_TASKS.items()}
    sends = dict(re.findall(r'  (\w+): "(\w+)"', tasks.partition("SEND_TABS")[2]))
    assert sends == {name: pages[task.value] for name, (task, _) in TARGETS.items()}
    early = (ASSETS / "js" / "early.js").read_text("utf-8")
    assert re.findall(r'"(\w+)"', early.partition("CREATE = [")[2].partition("]")[0]) == list(CREATE_TASKS)
