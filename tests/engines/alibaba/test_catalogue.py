"""The rows of Alibaba Model Studio say what the provider's pages say. The tables here are typed from the pages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import SecretStr

from studio.catalogue import Catalogue, Model, load, validation
from studio.catalogue import pricing as rows
from studio.domain import JSON, REQUEST, Asset, Kind
from studio.engines.alibaba import AlibabaEngine, pricing
from studio.settings import Settings
from tests.providers import alibaba_rules as server

ROWS = load()
CNY, SINGAPORE = 6.97577, 7.33924
"""CNY for a dollar: between Alibaba's CNY and USD pages, and in the list of Singapore, which begins with dollars."""
MINE = [m for m in ROWS if m.provider == "alibaba"]
SIZES_26 = {
    (1280, 720), (720, 1280), (960, 960), (1088, 832), (832, 1088),
    (1920, 1080), (1080, 1920), (1440, 1440), (1632, 1248), (1248, 1632),
}  # fmt: skip
SIZES_27 = SIZES_26 - {(1088, 832), (832, 1088), (1632, 1248), (1248, 1632)} | {
    (1104, 832), (832, 1104), (1648, 1248), (1248, 1648),
}  # fmt: skip
SIZES_30 = SIZES_27 | {(832, 480), (480, 832), (624, 624), (720, 544), (544, 720)}
SIZES_25 = SIZES_26 | {(832, 480), (480, 832), (624, 624)}
SIZES_VACE = {(1280, 720), (720, 1280), (960, 960), (1088, 832), (832, 1088)}
ONE_TO_FIFTEEN = set(range(2, 16))
THREE_TO_FIFTEEN = set(range(3, 16))
# name: (sizes or tiers, seconds (None: as the input), prompt characters, negative prompt, sound)
VIDEO: dict[str, tuple[Any, Any, int, int | None, str]] = {
    "wan2.6-t2v": (SIZES_26, ONE_TO_FIFTEEN, 1500, 500, "always"),
    "wan2.6-t2v-us": (SIZES_26, {5, 10}, 1500, 500, "always"),
    "wan2.6-i2v": (["720P", "1080P"], ONE_TO_FIFTEEN, 1500, 500, "always"),
    "wan2.6-i2v-us": (["720P", "1080P"], {5, 10, 15}, 1500, 500, "always"),
    "wan2.6-i2v-flash": (["720P", "1080P"], ONE_TO_FIFTEEN, 1500, 500, "optional"),
    "wan2.6-r2v": (SIZES_26, set(range(2, 11)), 1500, 500, "always"),
    "wan2.6-r2v-flash": (SIZES_26, set(range(2, 11)), 1500, 500, "optional"),
    "wan2.2-kf2v-flash": (["480P", "720P", "1080P"], {5}, 800, 500, "never"),
    "wan2.2-s2v": (["480P", "720P"], None, 0, None, "always"),
    "wan2.2-animate-move": ([], None, 0, None, "always"),
    "wan2.2-animate-mix": ([], None, 0, None, "always"),
    "video-style-transform": (["720P", "540P"], None, 0, None, "never"),
    "wanx2.1-i2v-plus-effects": (["720P"], {5}, 0, None, "never"),
    "wanx2.1-i2v-turbo-effects": (["480P", "720P"], {5}, 0, None, "never"),
    "wanx2.1-kf2v-plus-effects": (["720P"], {5}, 0, None, "never"),
    "wan2.1-vace-reference": (SIZES_VACE, {5}, 800, 500, "never"),
    "wan2.1-vace-repaint": ([], None, 800, 500, "never"),
    "wan2.1-vace-edit": ([], None, 800, 500, "never"),
    "wan2.1-vace-extend": ([], {5}, 800, 500, "never"),
    "wan2.1-vace-outpaint": ([], None, 800, 500, "never"),
    "wan2.7-t2v": (SIZES_27, ONE_TO_FIFTEEN, 5000, 500, "always"),
    "wan2.7-i2v": (["720P", "1080P"], ONE_TO_FIFTEEN, 5000, 500, "always"),
    "wan2.7-r2v": (SIZES_27, ONE_TO_FIFTEEN, 5000, 500, "always"),
    "wan3.0-video": (SIZES_30, set(range(2, 31)), 20000, None, "optional"),
    "wan3.0-video-prime": (SIZES_30, set(range(2, 31)), 20000, None, "optional"),
    "wan2.7-videoedit": (["720P", "1080P"], set(range(2, 11)), 5000, 500, "always"),
    "wan2.5-t2v-preview": (SIZES_25, {5, 10}, 1500, 500, "always"),
    "wan2.5-i2v-preview": (["480P", "720P", "1080P"], {5, 10}, 1500, 500, "always"),
    "happyhorse-1.0-t2v": (SIZES_27, THREE_TO_FIFTEEN, 2500, None, "always"),
    "happyhorse-1.0-i2v": (["720P", "1080P"], THREE_TO_FIFTEEN, 2500, None, "always"),
    "happyhorse-1.0-r2v": (SIZES_27, THREE_TO_FIFTEEN, 2500, None, "always"),
    "happyhorse-1.0-video-edit": (["720P", "1080P"], None, 2500, None, "always"),
    "happyhorse-1.1-t2v": (SIZES_30, THREE_TO_FIFTEEN, 2500, None, "always"),
    "happyhorse-1.1-i2v": (["480P", "720P", "1080P"], THREE_TO_FIFTEEN, 2500, None, "always"),
    "happyhorse-1.1-r2v": (SIZES_30, THREE_TO_FIFTEEN, 2500, None, "always"),
}
# name: (prompt, negative prompt, pixels at least and at most, longest shape, tiers)
IMAGE: dict[str, tuple[int, int | None, tuple[int, int], float, tuple[str, ...]]] = {
    "wan2.6-t2i": (2100, 500, (1280 * 1280, 1440 * 1440), 4, ()),
    "wan2.6-image": (2000, 500, (768 * 768, 2048 * 2048), 4, ("1K", "2K")),
    "wan2.6-image-interleave": (2000, 500, (768 * 768, 1280 * 1280), 4, ()),
    "wan2.7-image": (5000, None, (768 * 768, 2048 * 2048), 8, ("1K", "2K")),
    "wan2.7-image-pro": (5000, None, (768 * 768, 2048 * 2048), 8, ("1K", "2K", "4K")),
    "wan2.5-t2i-preview": (2000, 500, (768 * 768, 1440 * 1440), 4, ()),
    "wan2.5-i2i-preview": (2000, 500, (768 * 768, 1280 * 1280), 4, ()),
}
# (name, input): (fewest, most, shortest and longest side, MB, seconds)
INPUTS: dict[tuple[str, str], tuple[int, int, tuple[Any, Any], float | None, tuple[Any, Any]]] = {
    ("wan2.6-t2v", "audio_file"): (0, 1, (None, None), 15, (3, 30)),
    ("wan2.6-i2v", "first_frame"): (1, 1, (240, 8000), 20, (None, None)),
    ("wan2.6-i2v-flash", "audio_file"): (0, 1, (None, None), 15, (3, 30)),
    ("wan2.6-r2v", "references"): (1, 5, (240, 8000), 20, (None, None)),
    ("wan2.6-image", "images"): (1, 4, (240, 8000), 10, (None, None)),
    ("wan2.6-image-interleave", "images"): (0, 1, (240, 8000), 10, (None, None)),
    ("wan2.2-kf2v-flash", "last_frame"): (1, 1, (360, 2000), 10, (None, None)),
    ("wan2.2-s2v", "image"): (1, 1, (400, 7000), None, (None, None)),
    ("wan2.2-animate-move", "image"): (1, 1, (200, 4096), 5, (None, None)),
    ("wan2.2-animate-mix", "video"): (1, 1, (200, 2048), 200, (2, 30)),
    ("video-style-transform", "video"): (1, 1, (256, 4096), 100, (None, 30)),
    ("wan2.1-vace-reference", "references"): (1, 3, (360, 2000), 10, (None, None)),
    ("wan2.1-vace-repaint", "video"): (1, 1, (None, None), 50, (None, 5)),
    ("wan2.1-vace-extend", "video"): (0, 1, (None, None), 50, (None, 3)),
    ("wan2.7-t2v", "audio_file"): (0, 1, (None, None), 15, (2, 30)),
    ("wan2.7-r2v", "reference_voices"): (0, 5, (None, None), 15, (1, 10)),
    ("wan2.7-videoedit", "video"): (1, 1, (None, None), 100, (2, 10)),
    ("wan3.0-video", "references"): (1, 20, (240, 8000), 20, (None, None)),
    ("wan3.0-video", "video"): (1, 1, (240, 4096), 100, (1, 15)),
    ("wan3.0-video-prime", "last_frame"): (0, 1, (240, 8000), 20, (None, None)),
    ("wan2.7-image", "images"): (0, 9, (240, 8000), 20, (None, None)),
    ("wan2.5-i2v-preview", "first_frame"): (1, 1, (360, 2000), 10, (None, None)),
    ("wan2.5-i2i-preview", "images"): (1, 3, (384, 5000), 10, (None, None)),
    ("happyhorse-1.1-i2v", "first_frame"): (1, 1, (300, None), 10, (None, None)),
    ("happyhorse-1.0-r2v", "references"): (1, 9, (400, None), 10, (None, None)),
    ("happyhorse-1.0-video-edit", "video"): (1, 1, (320, 2160), 100, (3, 15)),
    ("happyhorse-1.0-video-edit", "references"): (0, 5, (300, None), 10, (None, None)),
}


def row(name: str) -> Model:
    return ROWS.get(f"alibaba/{name}")


def problems(name: str, assets: dict[str, Asset] | None = None, **body: Any) -> list[str]:
    request = validation.parse({"model": f"alibaba/{name}", "prompt": "a fox"} | body, Catalogue(MINE))
    return [p.field for p in validation.problems(validation.complete(request, row(name)), row(name), assets or {})]


def asset(name: str, kind: Kind, **facts: Any) -> Asset:
    usual: JSON = {"mime": {"image": "image/png", "video": "video/mp4", "audio": "audio/mpeg"}[kind], "bytes": 1000}
    if kind != Kind.AUDIO:
        usual |= {"width": 1280, "height": 720}
    if kind != Kind.IMAGE:
        usual |= {"duration_s": 5.0}
    return Asset(id=name, kind=kind, name=name, **(usual | facts))


def test_every_row_stands_in_exactly_one_table() -> None:
    assert sorted(m.id for m in MINE) == sorted(f"alibaba/{n}" for n in [*VIDEO, *IMAGE])


@pytest.mark.parametrize("name", VIDEO)
def test_a_video_row_has_the_sizes_times_and_limits_of_its_page(name: str) -> None:
    sizes, seconds, prompt, negative, sound = VIDEO[name]
    model = row(name)
    assert ({(s.width, s.height) for s in model.sizes} if isinstance(sizes, set) else list(model.tiers)) == sizes
    times = model.durations
    assert times is not None
    if seconds is None:
        assert times.from_input
    else:
        tried = {s for s in range(33) if "duration_s" not in problems(name, task=model.tasks[0].value, duration_s=s)}
        assert tried == seconds
    assert (model.prompt.max_chars, model.audio) == (prompt, sound)
    assert (model.negative_prompt.max_chars if model.negative_prompt else None) == negative


@pytest.mark.parametrize("name", IMAGE)
def test_an_image_row_has_the_sizes_and_limits_of_its_page(name: str) -> None:
    prompt, negative, pixels, shape, tiers = IMAGE[name]
    model = row(name)
    free = model.free_size
    assert free is not None
    assert (free.min_pixels, free.max_pixels, free.max_aspect, model.tiers) == (*pixels, shape, tiers)
    assert (model.prompt.max_chars, model.negative_prompt and model.negative_prompt.max_chars) == (prompt, negative)


@pytest.mark.parametrize(("name", "field"), INPUTS)
def test_an_input_has_the_limits_of_its_page(name: str, field: str) -> None:
    fewest, most, sides, megabytes, seconds = INPUTS[name, field]
    spec = row(name).inputs[field]
    assert (spec.min, spec.max, (spec.min_side_px, spec.max_side_px)) == (fewest, most, sides)
    assert (spec.max_bytes and round(spec.max_bytes / 1e6, 3)) == megabytes
    assert (spec.min_s, spec.max_s) == seconds


@pytest.mark.parametrize("model", MINE, ids=lambda m: m.id)
def test_a_row_names_a_model_and_path_that_the_provider_has(model: Model) -> None:
    from studio.engines.alibaba.request import DIRECT_PATH, PATHS, model_name

    for region in model.regions or ("beijing", "singapore"):
        name = model_name(model, region)
        assert PATHS[model.engine["path"]] in server.PATHS[name]
        assert model.engine["path"] != "image" or DIRECT_PATH in server.PATHS[name]


@pytest.mark.parametrize("model", MINE, ids=lambda m: m.id)
def test_a_row_has_source_date_lifetime_and_prices_that_agree(model: Model) -> None:
    """Dollars are the list price in CNY at the rate of Alibaba's own pages; Singapore has a dollar list of its own."""
    assert model.source.startswith("https://")
    assert model.result_ttl_s == 86400
    assert model.latency_s
    assert model.prices
    for line in model.prices:
        assert line.native is not None
        region = line.when.get("region", "beijing" if model.regions != ("virginia",) else "singapore")
        assert line.usd == pytest.approx(line.native / (SINGAPORE if region == "singapore" else CNY), rel=1.5e-3)
    lists = {"3.0": date(2026, 10, 14), "1.0": date(2026, 8, 31), "1.1": date(2026, 8, 31)}
    assert model.priced == lists.get(model.version, date(2026, 5, 26))


OFFICIAL: list[tuple[str, str, str, JSON, float | None]] = [
    # row, region, unit, what was asked, dollars on Alibaba's own pages (None: not offered there)
    ("wan2.6-t2v", "beijing", "second", {"tier": "720P"}, 0.086012),
    ("wan2.6-t2v", "beijing", "second", {"tier": "1080P"}, 0.143353),
    ("wan2.6-t2v", "virginia", "second", {"tier": "720P"}, 0.086012),
    ("wan2.6-t2v", "frankfurt", "second", {"tier": "1080P"}, 0.143353),
    ("wan2.6-t2v", "singapore", "second", {"tier": "720P"}, 0.10),
    ("wan2.6-t2v", "singapore", "second", {"tier": "1080P"}, 0.15),
    ("wan2.6-t2v", "tokyo", "second", {"tier": "720P"}, None),
    ("wan2.6-t2v-us", "virginia", "second", {"tier": "720P"}, 0.10),
    ("wan2.6-t2v-us", "singapore", "second", {"tier": "720P"}, None),
    ("wan2.6-t2i", "singapore", "image", {}, 0.03),
    ("wan2.1-vace-repaint", "beijing", "second", {}, 0.100347),
    ("wan2.1-vace-repaint", "singapore", "second", {}, 0.10),
    ("wan2.2-s2v", "beijing", "second", {"tier": "480P"}, 0.071677),
    ("wan2.2-s2v", "beijing", "second", {"tier": "720P"}, 0.129018),
    ("wan2.2-s2v", "beijing", "run", {}, 0.000574),
    ("wan2.2-s2v", "singapore", "run", {}, None),
    ("wan3.0-video", "beijing", "second", {"tier": "480P"}, 0.043006),
    ("wan3.0-video", "singapore", "input_second", {"tier": "1080P"}, 0.20),
    ("wan3.0-video", "frankfurt", "second", {"tier": "720P"}, None),
    ("wan3.0-video-prime", "beijing", "second", {"tier": "1080P"}, 0.258037),
    ("wan2.5-t2v-preview", "beijing", "second", {"tier": "480P"}, 0.043006),
    ("wan2.5-i2v-preview", "singapore", "second", {"tier": "480P"}, 0.05),
    ("wan2.5-t2i-preview", "virginia", "image", {}, None),
    ("wan2.5-i2i-preview", "singapore", "image", {}, 0.03),
    ("happyhorse-1.0-t2v", "beijing", "second", {"tier": "1080P"}, 0.229365),
    ("happyhorse-1.0-video-edit", "singapore", "input_second", {"tier": "720P"}, 0.14),
    ("happyhorse-1.1-i2v", "beijing", "second", {"tier": "480P"}, 0.064509),
    ("happyhorse-1.1-t2v", "singapore", "second", {"tier": "720P"}, None),
    ("wan2.7-t2v", "tokyo", "second", {"tier": "720P"}, 0.086012),
    ("wan2.7-t2v", "tokyo", "second", {"tier": "1080P"}, 0.143353),
    *((f"wan2.7-{name}", region, "second", {"tier": "720P"}, usd)
      for name in ("t2v", "i2v", "r2v", "videoedit")
      for region, usd in (("beijing", 0.086012), ("singapore", 0.10), ("virginia", None), ("frankfurt", None))),
    *((f"wan2.7-{name}", "tokyo", "second", {"tier": "720P"}, None) for name in ("i2v", "r2v", "videoedit")),
    *((f"wan2.7-{name}", region, "image", {}, None)
      for name in ("image", "image-pro") for region in ("virginia", "frankfurt", "tokyo")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "region", "unit", "asked", "usd"), OFFICIAL, ids=lambda v: str(v))
def test_regions_and_dollars_are_those_of_the_official_pages(
    name: str, region: str, unit: str, asked: JSON, usd: float | None
) -> None:
    model = row(name)
    options = {"ALIBABA_REGION": region, "ALIBABA_WORKSPACE": "ws"}
    engine = AlibabaEngine(Settings(secrets={"DASHSCOPE_API_KEY": SecretStr("sk-x")}, options=options))
    assert (engine.unavailable(model) is None) == (usd is not None)
    if usd is not None:
        request = REQUEST.validate_python({"model": model.id, "task": model.tasks[0], **asked})
        assert rows.price_lines(request, model, region=region)[unit].usd == usd


@pytest.mark.parametrize("field", ["watermark", "prompt_extend", "shot_type"])
def test_what_the_provider_would_choose_by_itself_has_a_default_here(field: str) -> None:
    found = [m for m in MINE if field in m.params]
    assert found
    assert all(m.params[field].default is not None for m in found)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"model": "wan2.6-i2v-flash", "first_frame": "p", "audio_file": "s", "audio": False}, "audio_file"),
        ({"model": "wan2.6-t2v", "prompt_extend": False, "shot_type": "multi"}, "shot_type"),
        ({"model": "wan2.6-t2v", "task": "audio-to-video"}, "audio_file"),
        ({"model": "wan2.6-t2v", "prompt": "x" * 1501}, "prompt"),
        ({"model": "wan2.6-t2v", "width": 1280, "height": 720, "tier": "1080P"}, "tier"),
        ({"model": "wan2.6-r2v", "references": ["v", "v", "v", "v"]}, "references"),
        ({"model": "wan2.6-i2v", "first_frame": "alpha"}, "first_frame"),
        ({"model": "wan2.6-t2i", "width": 1280, "height": 1270}, "width"),
        ({"model": "wan2.6-image-interleave", "task": "image-edit"}, "images"),
        ({"model": "wan2.7-i2v", "task": "video-to-video", "video": "v", "audio_file": "s"}, "audio_file"),
        ({"model": "wan2.7-r2v", "references": ["v"], "duration_s": 11}, "duration_s"),
        ({"model": "wan2.7-image-pro", "task": "image-edit", "images": ["p"], "tier": "4K"}, "images"),
        ({"model": "wan3.0-video", "negative_prompt": "blur"}, "negative_prompt"),
        (
            {"model": "wan3.0-video", "task": "reference-to-video", "references": ["p"], "first_frame": "p"},
            "first_frame",
        ),
        ({"model": "wan3.0-video", "task": "image-to-video", "first_frame": "p", "last_frame": "alpha"}, "last_frame"),
        ({"model": "wan3.0-video", "task": "reference-to-video", "references": ["v", "v2", "long"]}, "references"),
        (
            {"model": "wan3.0-video", "task": "reference-to-video", "references": ["long"], "duration_s": 20},
            "duration_s",
        ),
        ({"model": "wan3.0-video", "task": "video-to-video", "video": "long", "duration_s": 19}, "duration_s"),
        ({"model": "wan3.0-video", "task": "video-to-video", "video": "slow"}, "video"),
        ({"model": "wan2.1-vace-edit", "video": "v"}, "image"),
        ({"model": "wan2.1-vace-edit", "video": "slow", "image": "p"}, "video"),
        ({"model": "wanx2.1-i2v-plus-effects", "first_frame": "p", "prompt": "a fox"}, "prompt"),
        ({"model": "wan2.2-animate-move", "image": "p", "video": "v", "prompt": "", "tier": "720P"}, "tier"),
    ],
)
def test_what_the_provider_would_drop_or_refuse_is_refused_here(body: JSON, field: str) -> None:
    files = {
        "p": asset("p", Kind.IMAGE),
        "alpha": asset("alpha", Kind.IMAGE, has_alpha=True),
        "v": asset("v", Kind.VIDEO, width=1280, height=720),
        "v2": asset("v2", Kind.VIDEO),
        "long": asset("long", Kind.VIDEO, duration_s=11.5),
        "slow": asset("slow", Kind.VIDEO, fps=12.0),
        "s": asset("s", Kind.AUDIO),
    }
    name = body.pop("model")
    body.setdefault("task", row(name).tasks[0].value)
    assert problems(name, files, **body) == [field]


def test_recommended_picture_sizes_are_allowed_although_two_lie_below_the_bounds() -> None:
    for width, height in ((1280, 1280), (1104, 1472), (1472, 1104), (960, 1696), (1696, 960)):
        assert problems("wan2.6-t2i", width=width, height=height) == []


@pytest.mark.parametrize(
    ("name", "body", "region", "cny"),
    [
        ("wan2.6-t2v", {"duration_s": 10, "aspect": "16:9", "tier": "1080P"}, "beijing", 10.0),
        ("wan2.6-t2v", {"duration_s": 10, "aspect": "16:9", "tier": "1080P"}, "singapore", 11.00886),
        ("wan2.6-i2v-flash", {"duration_s": 5, "tier": "720P", "audio": False, "first_frame": "p"}, "beijing", 0.75),
        ("wan2.6-i2v-flash", {"duration_s": 5, "tier": "720P", "audio": True, "first_frame": "p"}, "beijing", 1.5),
        ("wan2.6-r2v", {"duration_s": 8, "references": ["v12", "p"]}, "beijing", 6.3),
        ("wan2.6-t2i", {}, "frankfurt", 0.2),
        ("wan2.6-image-interleave", {"task": "text-to-image", "max_images": 3}, "beijing", 0.6),
        ("wan2.7-image", {"task": "text-to-image", "enable_sequential": True, "series_length": 4}, "beijing", 0.8),
        ("wan2.2-s2v", {"image": "p", "audio_file": "s", "tier": "720P", "prompt": ""}, "beijing", 4.504),
        ("wan2.2-animate-mix", {"image": "p", "video": "v12", "mode": "wan-pro", "prompt": ""}, "beijing", 10.8),
        ("wan2.7-videoedit", {"video": "v12", "duration_s": 5}, "beijing", 10.2),
        ("wan3.0-video", {"duration_s": 10, "tier": "1080P"}, "beijing", 12.0),
        ("wan3.0-video", {"open_length": True, "tier": "480P"}, "beijing", 9.0),
        ("wan3.0-video", {"task": "image-to-video", "first_frame": "p"}, "beijing", 3.0),
        ("wan3.0-video", {"task": "reference-to-video", "references": ["p", "v12"], "duration_s": 8}, "beijing", 12.0),
        ("wan3.0-video-prime", {"task": "video-to-video", "video": "v12", "duration_s": 5}, "singapore", 17.467),
    ],
)
def test_the_estimate_is_the_price_page_worked_out(name: str, body: JSON, region: str, cny: float) -> None:
    files = {"p": asset("p", Kind.IMAGE), "v12": asset("v12", Kind.VIDEO, duration_s=12.0), "s": asset("s", Kind.AUDIO)}
    body = {"model": f"alibaba/{name}", "prompt": "a", "task": row(name).tasks[0].value} | body
    request = validation.complete(validation.parse(body, ROWS), row(name))
    usd = pricing.estimate(request, row(name), files, region)
    assert usd == pytest.approx(cny / (SINGAPORE if region == "singapore" else CNY), rel=2e-3)


@pytest.mark.parametrize(
    ("link", "taken"),
    [
        ("https://example.com/shop?item=7", True),
        ("http://8.8.8.8/page", True),
        ("ftp://example.com/page", False),
        ("http://127.0.0.1/admin", False),
        ("http://printer.local/", False),
        ("http://localhost:7860/", False),
        ("a page of ours", False),
    ],
)
def test_a_page_to_read_must_be_public(link: str, taken: bool) -> None:
    engine = AlibabaEngine(Settings(secrets={"DASHSCOPE_API_KEY": SecretStr("sk-x")}))
    body = {
        "model": "alibaba/wan3.0-video",
        "task": "reference-to-video",
        "prompt": "a",
        "references": ["p"],
        "link": link,
    }
    found = engine.problems(validation.parse(body, ROWS), row("wan3.0-video"), {"p": asset("p", Kind.IMAGE)})
    assert [p.field for p in found] == ([] if taken else ["link"])
