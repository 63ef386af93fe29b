"""The `request` table of a row says what goes over the wire, in the shapes of ten providers; what a row must not do."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from studio.catalogue import Model
from studio.domain import JSON, REQUEST, Asset, Kind
from studio.engines import mapping
from studio.engines.base import Input, Job

KINDS = {"png": (Kind.IMAGE, "image/png"), "mp4": (Kind.VIDEO, "video/mp4"), "mp3": (Kind.AUDIO, "audio/mpeg")}
ASKED: JSON = {
    "prompt": "a paper boat",
    "tier": "720P",
    "aspect": "16:9",
    "width": 1280,
    "height": 720,
    "duration_s": 5.0,
    "audio": False,
    "first_frame": "a.png",
    "references": ["b.png", "c.mp4"],
    "reference_voices": {"b.png": "v.mp3"},
    "params": {"expand": True, "shots": "multi", "steps": 20.0},
}
FILE = {"kinds": ["image", "video", "audio"], "max": 5}
PARAMS: JSON = {
    "expand": {"type": "bool", "label": "Enhance"},
    "shots": {"type": "choice", "label": "Shots", "choices": ["single", "multi"]},
    "steps": {"type": "int", "label": "Steps", "max": 50},
}
REST = {"ignored.*": "params", "ignored.prompt": "prompt", "ignored.seed": "seed", "ignored.audio": "audio"}
REST |= {"ignored.duration": "duration_s", "ignored.first": "first_frame"}
REST |= {"ignored.list": {"from": "references", "entry": {"u": "$url", "voice": "$voice"}, "list": True}}
"""What the row takes and the case does not look at; it must be sent somewhere."""


def row(request: JSON, **facts: Any) -> Model:
    return Model.model_validate(
        {
            "id": "one/m", "provider": "one", "label": "M", "family": "wan", "tasks": ["reference-to-video"],
            "source": "https://example.test", "checked": date(2026, 11, 29), "audio": "optional", "seeds": {},
            "durations": {"choices": [5, 10]}, "tiers": ["720P", "1080P"], "params": PARAMS, "request": request,
            "inputs": {"first_frame": FILE, "references": FILE, "reference_voices": FILE},
        } | facts
    )  # fmt: skip


def job(model: Model, folder: Path, **changes: Any) -> Job:
    asked = REQUEST.validate_python({"task": "reference-to-video", "model": "one/m"} | ASKED | changes)
    inputs = {}
    for name in (i for ids in asked.media().values() for i in ids):
        kind, mime = KINDS[name[-3:]]
        (folder / name).write_bytes(b"x")
        inputs[name] = Input(Asset(id=name, kind=kind, mime=mime), folder / name)
    uploads = {name: f"https://up.test/{name}" for name in inputs if name != "a.png"}
    return Job("r1", asked, model, 7, folder, inputs, uploads)


def wire(table: JSON, folder: Path, **changes: Any) -> JSON:
    """What these fields send, without the rest of the row."""
    made = mapping.body(job(row(REST | {"ignored.tier": "tier"} | table), folder, **changes), model="their-model")
    return {name: value for name, value in made.items() if name != "ignored"}


INLINE = "data:image/png;base64,eA=="
SHAPES: dict[str, tuple[JSON, JSON]] = {
    "fal": (
        {
            "duration": {"from": "duration_s", "type": "text"},
            "resolution": {"from": "tier", "values": {"720P": "720p"}},
            "image_url": "first_frame",
            "enable_prompt_expansion": "expand",
            "multi_shots": {"from": "shots", "values": {"multi": True, "single": False}},
        },
        {
            "duration": "5",
            "resolution": "720p",
            "image_url": INLINE,
            "enable_prompt_expansion": True,
            "multi_shots": True,
        },
    ),
    "wavespeed": (
        {
            "size": {"format": "{width}*{height}"},
            "duration": {"from": "duration_s", "type": "int"},
            "seed": {"from": "seed", "default": -1},
        },
        {"size": "1280*720", "duration": 5, "seed": 7},
    ),
    "kie": (
        {
            "model": "model",
            "input.image_urls": {"from": "first_frame", "list": True},
            "input.duration": {"from": "duration_s", "type": "text"},
        },
        {"model": "their-model", "input": {"image_urls": [INLINE], "duration": "5"}},
    ),
    "runware": (
        {
            "positivePrompt": "prompt",
            "width": "width",
            "inputs.frameImages": [{"from": "first_frame", "entry": {"image": "$url", "frame": "first"}}],
            "providerSettings.alibaba.shotType": "shots",
            "includeCost": {"value": True},
        },
        {
            "positivePrompt": "a paper boat",
            "width": 1280,
            "inputs": {"frameImages": [{"image": INLINE, "frame": "first"}]},
            "providerSettings": {"alibaba": {"shotType": "multi"}},
            "includeCost": True,
        },
    ),
    "apimart": (
        {
            "image_with_roles": [{"from": "first_frame", "entry": {"url": "$url", "role": "first_frame"}}],
            "aspect_ratio": "aspect",
        },
        {"image_with_roles": [{"url": INLINE, "role": "first_frame"}], "aspect_ratio": "16:9"},
    ),
    "atlascloud": (
        {"videos": {"from": "references", "list": True}, "generate_audio": "audio"},
        {"videos": ["https://up.test/b.png", "https://up.test/c.mp4"], "generate_audio": False},
    ),
    "replicate": (
        {"input.prompt": "prompt", "input.*": "params"},
        {"input": {"prompt": "a paper boat", "expand": True, "shots": "multi", "steps": 20}},
    ),
    "vtrix": (
        {
            "input.messages[0].role": {"value": "user"},
            "input.messages[0].content": [
                {"from": "prompt", "entry": {"text": "$value"}},
                {"from": "first_frame", "entry": {"image": "$url"}},
            ],
        },
        {"input": {"messages": [{"role": "user", "content": [{"text": "a paper boat"}, {"image": INLINE}]}]}},
    ),
    "mindstudio": (
        {"step.videoModelOverride.model": "model", "step.videoModelOverride.config.aspect": "aspect"},
        {"step": {"videoModelOverride": {"model": "their-model", "config": {"aspect": "16:9"}}}},
    ),
    "generic": (
        {"image": "first_frame", "parameters.resolution": {"format": "{width}x{height}"}, "parameters.steps": "steps"},
        {"image": INLINE, "parameters": {"resolution": "1280x720", "steps": 20}},
    ),
    "lists by kind of file, frames for seconds": (
        {
            "reference_images": {"from": "references", "list": True, "kind": "image"},
            "reference_videos": {"from": "references", "list": True, "kind": "video"},
            "reference_audios": {"from": "references", "list": True, "kind": "audio"},
            "num_frames": {"from": "duration_s", "type": "int", "scale": 16},
        },
        {
            "reference_images": ["https://up.test/b.png"],
            "reference_videos": ["https://up.test/c.mp4"],
            "num_frames": 80,
        },
    ),
    "wan 3.0": (
        {
            "input.media": [
                {
                    "from": "references",
                    "entry": {
                        "type": {"by_kind": {"image": "reference_image", "video": "reference_video"}},
                        "url": "$url",
                        "voice": "$voice",
                    },
                }
            ],
            "parameters.ratio": {
                "first_of": [{"from": "aspect", "when": {"first_frame": False}}, {"value": "adaptive"}]
            },
        },
        {
            "input": {
                "media": [
                    {"type": "reference_image", "url": "https://up.test/b.png", "voice": "https://up.test/v.mp3"},
                    {"type": "reference_video", "url": "https://up.test/c.mp4"},
                ]
            },
            "parameters": {"ratio": "adaptive"},
        },
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_table_gives_the_shape_of_the_provider(name: str, tmp_path: Path) -> None:
    table, expected = SHAPES[name]
    assert wire(table, tmp_path) == expected


def test_what_is_not_set_is_left_out(tmp_path: Path) -> None:
    unset: JSON = {"width": None, "height": None, "aspect": None, "audio": None, "first_frame": None, "references": []}
    unset |= {"reference_voices": {}, "params": {}}
    for table, expected in SHAPES.values():
        assert "None" not in str(wire(table, tmp_path, **unset)), expected


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"p": "prompt"}, "takes audio, duration_s, expand"),
        (REST, "takes tier, but does not send it"),
        (REST | {"t": "tier", "x": "nonsense"}, "no nonsense"),
        (REST | {"t": "tier", "a..b": "aspect"}, "not a path"),
        (REST | {"t": "tier", "all": "params"}, "belong together"),
        (REST | {"t": {"from": "tier", "value": 1}}, "exactly one of"),
        (REST | {"t": {"from": "tier", "typ": "int"}}, "typ"),
    ],
)
def test_a_row_that_would_drop_or_misspell_something_is_refused_when_it_is_read(table: JSON, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        row(table)
