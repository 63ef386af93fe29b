"""What the user set is sent, or refused with field, value and limit, before anything is spent."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from studio.catalogue import pricing, validation
from studio.catalogue.loading import Catalogue
from studio.catalogue.schema import (
    Durations,
    Exclusion,
    FreeSize,
    InputSpec,
    Model,
    ParamSpec,
    Price,
    PromptSpec,
    Seeds,
    Size,
)
from studio.domain import JSON, Asset, Kind, Task
from studio.errors import CapabilityError, NotFound

SIZES = (
    Size(tier="720P", aspect="16:9", width=1280, height=720),
    Size(tier="1080P", aspect="1:1", width=1440, height=1440),
)
CLIP = Model(
    id="test/clip",
    provider="test",
    label="Clip",
    family="wan",
    tasks=(Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO),
    inputs={
        "first_frame": InputSpec(
            kinds=(Kind.IMAGE,), min=1, tasks=(Task.IMAGE_TO_VIDEO,), formats=("png",), max_bytes=1000,
            min_side_px=240, max_side_px=8000, alpha=False, label="First frame",
        ),
        "last_frame": InputSpec(kinds=(Kind.IMAGE,), tasks=(Task.IMAGE_TO_VIDEO,), needs=("first_frame",)),
    },
    params={
        "shot_type": ParamSpec(type="choice", label="Shots", choices=("single", "multi"), default="single"),
        "guidance": ParamSpec(type="float", label="Guidance", min=1, max=10),
        "steps": ParamSpec(type="int", label="Steps", min=1, max=50),
        "prompt_extend": ParamSpec(type="bool", label="Rewrite", default=True),
    },
    sizes=SIZES,
    default_size=(1280, 720),
    durations=Durations(min=2, max=15, default=5),
    prompt=PromptSpec(required=True, max_chars=20, beyond="cut"),
    negative_prompt=PromptSpec(max_chars=5),
    seeds=Seeds(min=0, max=100),
    audio="optional",
    max_n=4,
    prices=(
        Price(unit="second", usd=0.05, when={"tier": "720P", "audio": False}),
        Price(unit="second", usd=0.1, when={"tier": "720P"}),
        Price(unit="second", usd=0.15, when={"tier": "1080P", "region": "singapore"}),
    ),
    exclusions=(Exclusion(given={"audio": False}, never=("audio_file",), why="No sound file with audio off."),),
    source="https://example.org/docs",
    checked=date(2026, 11, 20),
)  # fmt: skip
FREE = CLIP.model_copy(
    update={
        "id": "test/free", "tasks": (Task.TEXT_TO_IMAGE,), "sizes": (), "default_size": (1280, 1280), "inputs": {},
        "free_size": FreeSize(min_pixels=768**2, max_pixels=2048**2, max_aspect=4, multiple=16),
    }
)  # fmt: skip
CATALOGUE = Catalogue([CLIP, FREE])
PICTURE = Asset(id="a1", kind=Kind.IMAGE, mime="image/png", name="a.png", bytes=900, width=640, height=480)


def problems(assets: dict[str, Asset] | None = None, **body: Any) -> list[CapabilityError]:
    request = validation.parse({"task": "text-to-video", "model": "test/clip", "prompt": "a cat"} | body, CATALOGUE)
    model = CATALOGUE.get(request.model)
    return validation.problems(validation.complete(request, model), model, assets or {})


def fields(assets: dict[str, Asset] | None = None, **body: Any) -> list[str]:
    return [p.field for p in problems(assets, **body)]


def test_a_request_within_the_row_has_no_problem() -> None:
    assert problems(seed=7, n=2, duration_s=15, shot_type="multi", guidance=3.5, audio=False) == []


@pytest.mark.parametrize(
    ("body", "field", "limit"),
    [
        ({"prompt": "x" * 21}, "prompt", 20),
        ({"prompt": "  "}, "prompt", "required"),
        ({"negative_prompt": "blurry"}, "negative_prompt", 5),
        ({"width": 640, "height": 480}, "width", "1280x720, 1440x1440"),
        ({"aspect": "9:16"}, "aspect", "16:9 720P, 1:1 1080P"),
        ({"duration_s": 16}, "duration_s", "2 to 15 seconds in steps of 1"),
        ({"duration_s": 2.5}, "duration_s", "2 to 15 seconds in steps of 1"),
        ({"fps": 24}, "fps", "only its native rate"),
        ({"seed": 101}, "seed", "0 to 100"),
        ({"n": 5}, "n", 4),
        ({"shot_type": "many"}, "shot_type", "one of single, multi"),
        ({"guidance": 11}, "guidance", "a number from 1 to 10"),
        ({"steps": 2.5}, "steps", "a whole number from 1 to 50"),
        ({"prompt_extend": "yes"}, "prompt_extend", "true or false"),
        ({"video": "a1"}, "video", 0),
    ],
)
def test_each_limit_is_enforced_by_name(body: JSON, field: str, limit: object) -> None:
    found = problems(**body)
    assert [p.field for p in found] == [field]
    assert found[0].limit == limit
    assert str(found[0]).endswith(".")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"bytes": 1001}, "MB"),
        ({"width": 100}, "pixels per side"),
        ({"mime": "image/gif"}, "gif"),
        ({"has_alpha": True}, "transparency"),
        ({"kind": Kind.AUDIO}, "audio"),
    ],
)
def test_each_limit_of_an_input_file_is_enforced(change: JSON, word: str) -> None:
    found = problems({"a1": PICTURE.model_copy(update=change)}, task="image-to-video", first_frame="a1")
    assert [p.field for p in found] == ["first_frame"]
    assert word in str(found[0])


def test_a_missing_or_lonely_input_is_refused() -> None:
    assert fields(task="image-to-video") == ["first_frame"]
    assert fields({"a1": PICTURE}, task="image-to-video", last_frame="a1") == ["first_frame", "last_frame"]
    assert fields(task="image-to-video", first_frame="gone") == ["first_frame"]


@pytest.mark.parametrize(
    ("width", "height", "good"),
    [
        (1280, 1280, True),
        (64, 64, False),
        (1280, 1290, False),
        (4096, 1024, True),
        (4096, 512, False),
        (4096, 4096, False),
    ],
)
def test_free_sizes_have_bounds_pixels_shape_and_multiple(width: int, height: int, good: bool) -> None:
    found = fields(model="test/free", task="text-to-image", width=width, height=height)
    assert (found == []) is good


def test_unknown_fields_models_and_types_are_named() -> None:
    wrong: list[JSON] = [{"sharpness": 3}, {"n": "many"}, {"task": "text-to-song"}]
    for body in wrong:
        with pytest.raises(CapabilityError) as error:
            problems(**body)
        assert [error.value.field] == list(body)
    with pytest.raises(NotFound):
        problems(model="test/none")


def test_what_was_left_open_is_completed_and_nothing_else_changes() -> None:
    request = validation.parse(
        {"model": "test/clip", "task": "text-to-video", "prompt": "a", "shot_type": "multi"}, CATALOGUE
    )
    full = validation.complete(request, CLIP)
    assert (full.width, full.height, full.tier, full.duration_s, full.audio) == (1280, 720, "720P", 5, True)
    assert full.params == {"shot_type": "multi", "prompt_extend": True}
    assert full.seed is None
    assert validation.complete(full, CLIP) == full


@pytest.mark.parametrize(
    ("body", "region", "usd"),
    [
        ({"duration_s": 4, "audio": True}, "beijing", 0.4),
        ({"duration_s": 4, "audio": False}, "beijing", 0.2),
        ({"duration_s": 4, "tier": "1080P"}, "singapore", 0.6),
        ({"duration_s": 4, "tier": "1080P"}, "beijing", None),
    ],
)
def test_the_price_follows_the_first_line_that_fits(body: JSON, region: str, usd: float | None) -> None:
    request = validation.parse({"model": "test/clip", "task": "text-to-video", "prompt": "a"} | body, CATALOGUE)
    assert pricing.price(validation.complete(request, CLIP), CLIP, {}, region=region) == usd


def test_a_model_switch_keeps_what_is_legal_and_says_what_changed() -> None:
    values = {"prompt": "a cat", "seed": 7, "duration_s": 5, "width": 1280, "height": 720, "shot_type": "multi"}
    kept, said = validation.carry_over(values, FREE, Task.TEXT_TO_IMAGE)
    assert (kept["prompt"], kept["seed"], kept["shot_type"]) == ("a cat", 7, "multi")
    assert (kept["width"], kept["height"]) == (1280, 720)
    kept, said = validation.carry_over(values | {"width": 100, "height": 100, "seed": 1000}, FREE, Task.TEXT_TO_IMAGE)
    assert "width" not in kept
    assert "seed" not in kept
    assert len(said) >= 2
