"""Edits and clips from a picture have the shape of what they are made from, on every engine; ComfyUI sends the authors'
negative prompts, as the local engine does. The tables are typed by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.catalogue import load, shapes, validation
from studio.domain import JSON, REQUEST, Asset, Kind, Task
from studio.engines import mapping
from studio.engines.base import Input, Job
from studio.engines.comfyui import build
from studio.engines.local import recipe
from tests.providers.comfyui import official_files

ROWS = load()
FOLLOWING = (Task.IMAGE_EDIT, Task.IMAGE_TO_VIDEO, Task.VIDEO_TO_VIDEO)
BY_THEMSELVES = {"comfyui/qwen-image-edit"}
"""The graph encodes the first picture, whose shape the result has."""


def job(model_id: str, task: Task, width: int, height: int, /, **more: object) -> Job:
    """A complete job with one input of this shape in every place."""
    model = ROWS.get(model_id)
    kind = Kind.VIDEO if task == Task.VIDEO_TO_VIDEO else Kind.IMAGE
    asset = Asset(id="p", kind=kind, mime="image/png", width=width, height=height, duration_s=2.0)
    given: JSON = {
        name: ["p"] if name in ("images", "references") else "p"
        for name, spec in model.inputs_for(task).items()
        if spec.min or name in ("first_frame", "images", "video")
    }
    asked = REQUEST.validate_python({"task": task, "model": model_id, "prompt": "x", **given, **more})
    request = validation.complete(asked, model)
    return Job("r1", request, model, 7, Path(), {"p": Input(asset, Path("p.png"))}, {"p": "p.png"})


@pytest.mark.parametrize("task", FOLLOWING)
def test_every_row_follows_its_input(task: Task) -> None:
    """By its provider's own rule (size_from_input), by the row, or by the graph. Pixels and aspect stay a choice."""
    rest = {
        m.id
        for m in ROWS.for_task(task)
        if not (m.size_from_input or m.follows_input(task, "size") or m.id in BY_THEMSELVES)
    }
    assert {i for i in rest if not i.startswith("alibaba/")} == set()


@pytest.mark.parametrize(
    ("model", "task", "given", "made"),
    [
        ("local/qwen-image-edit", Task.IMAGE_EDIT, (1920, 1080), (1360, 768)),
        ("local/flux2-klein-4b", Task.IMAGE_EDIT, (720, 1280), (768, 1360)),
        ("local/wan2.1-vace-14b", Task.VIDEO_TO_VIDEO, (720, 1280), (480, 832)),
        ("local/wan2.2-i2v-a14b", Task.IMAGE_TO_VIDEO, (720, 1280), (480, 832)),
        ("comfyui/flux2-dev", Task.IMAGE_EDIT, (1920, 1080), (1360, 768)),
        ("comfyui/wan2.2-i2v-a14b", Task.IMAGE_TO_VIDEO, (720, 1280), (480, 848)),
        ("comfyui/wan2.2-i2v-a14b", Task.IMAGE_TO_VIDEO, (1000, 1000), (624, 624)),
        ("comfyui/wan2.2-ti2v-5b", Task.IMAGE_TO_VIDEO, (1080, 1920), (704, 1280)),
        ("comfyui/ltx-2", Task.IMAGE_TO_VIDEO, (720, 1280), (480, 832)),
        ("comfyui/ltx-2", Task.IMAGE_TO_VIDEO, (9000, 100), (1920, 256)),
    ],
)
def test_the_shape_is_the_inputs_at_the_pixels_of_the_row(
    model: str, task: Task, given: tuple[int, int], made: tuple[int, int]
) -> None:
    asked = job(model, task, *given)
    assets = {"p": asked.inputs["p"].asset}
    assert shapes.size(asked.request, asked.model, assets) == made
    if model.startswith("local/"):
        assert tuple(recipe.size(asked).values()) == made
    free = asked.model.free_size
    if free:
        named = asked.request.model_copy(update={"width": made[0], "height": made[1]})
        assert validation.problems(named, asked.model, assets) == []


def graph(asked: Job) -> JSON:
    """What is posted for it."""
    files = official_files()
    nodes: JSON = {}
    for spec in asked.model.engine["files"].values():
        offered = files[spec["folder"]]
        nodes.setdefault(spec["node"], {"input": {"required": {}}})["input"]["required"][spec["field"]] = [offered]
    return build.graph(asked, nodes, {})


@pytest.mark.parametrize(
    ("model", "task", "given", "made"),
    [
        ("comfyui/flux2-dev", Task.IMAGE_EDIT, (1920, 1080), (1360, 768)),
        ("comfyui/wan2.2-i2v-a14b", Task.IMAGE_TO_VIDEO, (720, 1280), (480, 848)),
        ("comfyui/wan2.2-ti2v-5b", Task.IMAGE_TO_VIDEO, (1080, 1920), (704, 1280)),
        ("comfyui/ltx-2", Task.IMAGE_TO_VIDEO, (720, 1280), (480, 832)),
    ],
)
def test_the_graph_has_that_shape_and_crops_nothing(
    model: str, task: Task, given: tuple[int, int], made: tuple[int, int]
) -> None:
    posted = graph(job(model, task, *given))
    sizes = {(n["inputs"]["width"], n["inputs"]["height"]) for n in posted.values() if "width" in n["inputs"]}
    assert sizes == {made}
    assert not any("Kontext" in n["class_type"] and "Scale" in n["class_type"] for n in posted.values())


def test_a_size_that_was_asked_for_goes_first() -> None:
    asked = job("comfyui/wan2.2-i2v-a14b", Task.IMAGE_TO_VIDEO, 720, 1280, width=832, height=480)
    sizes = {n["inputs"].get("width") for n in graph(asked).values()} - {None}
    assert sizes == {832}


WAN, LTX = (
    "色调艳丽，过曝，静态，细节模糊不清，字幕",
    "blurry, low quality, still frame, frames, watermark, overlay, titles",
)


@pytest.mark.parametrize(
    ("model", "task", "beginning"),
    [
        ("comfyui/wan2.2-t2v-a14b", Task.TEXT_TO_VIDEO, WAN),
        ("comfyui/wan2.2-i2v-a14b", Task.IMAGE_TO_VIDEO, WAN),
        ("comfyui/wan2.2-ti2v-5b", Task.TEXT_TO_VIDEO, WAN),
        ("comfyui/wan2.1-vace-14b", Task.REFERENCE_TO_VIDEO, WAN),
        ("comfyui/ltx-2", Task.TEXT_TO_VIDEO, LTX),
        ("comfyui/qwen-image", Task.TEXT_TO_IMAGE, ""),
    ],
)
def test_the_authors_negative_prompt_is_sent_unless_the_user_has_one(model: str, task: Task, beginning: str) -> None:
    def texts(**more: object) -> list[str]:
        posted = graph(job(model, task, 720, 1280, **more))
        return [n["inputs"]["text"] for n in posted.values() if n["class_type"] == "CLIPTextEncode"]

    positive, negative = texts()
    assert (positive, negative.startswith(beginning), bool(negative)) == ("x", True, bool(beginning))
    assert texts(negative_prompt="mine") == ["x", "mine"]


@pytest.mark.parametrize(
    ("model", "more", "sent"),
    [
        ("fal/wan2.6-image", {}, {"image_size": {"width": 1365, "height": 768}}),
        ("fal/wan2.6-image", {"width": 1024, "height": 1024}, {"image_size": {"width": 1024, "height": 1024}}),
        ("atlascloud/wan2.6-image", {}, {"size": "1664*936"}),
    ],
)
def test_a_provider_is_told_the_size_that_follows_from_the_input(model: str, more: JSON, sent: JSON) -> None:
    body = mapping.body(job(model, Task.IMAGE_EDIT, 1920, 1080, **more))
    assert {name: body[name] for name in sent} == sent


@pytest.mark.parametrize(("tier", "made"), [("480P", (480, 832)), ("720P", (720, 1280)), (None, (480, 832))])
def test_the_tier_that_is_asked_for_counts_where_the_shape_is_the_inputs(
    tier: str | None, made: tuple[int, int]
) -> None:
    asked = job("local/wan2.2-i2v-a14b", Task.IMAGE_TO_VIDEO, 720, 1280, tier=tier)
    assert shapes.size(asked.request, asked.model, {"p": asked.inputs["p"].asset}) == made
