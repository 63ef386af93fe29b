"""What Alibaba Model Studio accepts and bills for the Wan family: the server's own knowledge, not the studio's rows.

Written from the provider's public API pages, apart from studio/catalogue, so that a mistake in one shows in the other.
`check` returns (code, message) for a refused body; `usage` what a finished task reports.
"""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]
Refusal = tuple[str, str] | None

VIDEO, FRAMES, SYNC, ASYNC = (
    "/services/aigc/video-generation/video-synthesis",
    "/services/aigc/image2video/video-synthesis",
    "/services/aigc/multimodal-generation/generation",
    "/services/aigc/image-generation/generation",
)
TEXT2IMAGE, IMAGE2IMAGE = "/services/aigc/text2image/image-synthesis", "/services/aigc/image2image/image-synthesis"
TASKS = (VIDEO, FRAMES, ASYNC, TEXT2IMAGE, IMAGE2IMAGE)
DETECT = "/services/aigc/image2video/face-detect"
T2V = ("wan2.6-t2v", "wan2.6-t2v-us")
I2V = ("wan2.6-i2v", "wan2.6-i2v-flash", "wan2.6-i2v-us")
R2V = ("wan2.6-r2v", "wan2.6-r2v-flash")
MEDIA27 = ("wan2.7-i2v", "wan2.7-r2v", "wan2.7-videoedit")
T2V25, I2V25, IMAGES25 = "wan2.5-t2v-preview", "wan2.5-i2v-preview", ("wan2.5-t2i-preview", "wan2.5-i2i-preview")
HORSE = (
    *(f"happyhorse-1.0-{name}" for name in ("t2v", "i2v", "r2v", "video-edit")),
    *(f"happyhorse-1.1-{name}" for name in ("t2v", "i2v", "r2v")),
)
WAN3 = ("wan3.0-video", "wan3.0-video-prime")
EFFECTS = ("wanx2.1-i2v-plus", "wanx2.1-i2v-turbo")
VACE = ("wanx2.1-vace-plus", "wan2.1-vace-plus")
IMAGES = ("wan2.6-t2i", "wan2.6-image", "wan2.7-image", "wan2.7-image-pro")
PATHS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            *(*T2V, *I2V, *R2V, T2V25, I2V25, "wan2.7-t2v", *MEDIA27, *WAN3, *HORSE, *EFFECTS, *VACE),
            "video-style-transform",
        ),
        (VIDEO,),
    ),
    IMAGES25[0]: (TEXT2IMAGE,),
    IMAGES25[1]: (IMAGE2IMAGE,),
    **dict.fromkeys(
        ("wan2.2-kf2v-flash", "wanx2.1-kf2v-plus", "wan2.2-animate-move", "wan2.2-animate-mix", "wan2.2-s2v"), (FRAMES,)
    ),
    "wan2.2-s2v-detect": (DETECT,),
    **dict.fromkeys(IMAGES, (SYNC, ASYNC)),
}
SIZES = {
    "1280*720", "720*1280", "960*960", "1088*832", "832*1088",
    "1920*1080", "1080*1920", "1440*1440", "1632*1248", "1248*1632",
}  # fmt: skip
RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4")
MOST_WAN3 = {
    "first_frame": 1, "last_frame": 1, "reference_image": 10, "reference_video": 5, "reference_audio": 5,
    "file": 1, "link": 1,
}  # fmt: skip
FUNCTIONS = {
    "image_reference": ("ref_images_url",),
    "video_repainting": ("video_url",),
    "video_edit": ("video_url",),
    "video_extension": (),
    "video_outpainting": ("video_url",),
}


def check(model: str, given: JSON, params: JSON, *, stream: bool = False) -> Refusal:
    """Why this body is refused, or None. Unknown fields are ignored, over-long prompts are cut elsewhere."""
    for group, rule in _RULES:
        if model in group and (wrong := rule(model, given, params, stream)):
            return "InvalidParameter", wrong
    return None


def voices(model: str, given: JSON, sounds: dict[str, tuple[float, int]]) -> Refusal:
    """Why the voice of a reference is refused, or None. sounds: address -> seconds and bytes of the uploaded ones.

    A voice goes with a reference picture or clip of wan2.7-r2v: wav or mp3 at an address, 1 to 10 s, 15 MB at most.
    """
    for entry in given.get("media") or []:
        if not (url := entry.get("reference_voice")):
            continue
        if model != "wan2.7-r2v" or not entry["type"].startswith("reference_"):
            return "InvalidParameter", "reference_voice is not supported here"
        seconds, size = sounds.get(url, (5.0, 0))
        if url.rpartition(".")[2].partition("?")[0] not in ("wav", "mp3"):
            return "InvalidParameter", "The format of reference_voice must be wav or mp3"
        if not 1 <= seconds <= 10 or size > 15_000_000:
            return "InvalidParameter", "The duration of reference_voice must be 1 to 10 seconds, its size 15 MB at most"
    return None


def _t2v(model: str, given: JSON, params: JSON, _: bool) -> str | None:
    if not given.get("prompt"):
        return "Field required: input.prompt"
    if "resolution" in params:
        return "The resolution is not supported by this model, use size"
    if params.get("size", "1920*1080") not in SIZES:
        return "The size is not match xxxxxx"
    return _duration(params, {5, 10} if model.endswith("-us") else set(range(2, 16)))


def _i2v(model: str, given: JSON, params: JSON, _: bool) -> str | None:
    if not given.get("img_url"):
        return "Field required: input.img_url"
    if "size" in params or params.get("resolution", "1080P") not in ("720P", "1080P"):
        return "The resolution must be 720P or 1080P"
    return _duration(params, {5, 10, 15} if model.endswith("-us") else set(range(2, 16)))


def _r2v(_model: str, given: JSON, params: JSON, _: bool) -> str | None:
    if not given.get("prompt"):
        return "Field required: input.prompt"
    if not 1 <= len(given.get("reference_urls", [])) <= 5:
        return "input.reference_urls must have 1 to 5 items"
    if params.get("size", "1920*1080") not in SIZES:
        return "The size is not match xxxxxx"
    if not {"prompt_extend", "resolution"}.isdisjoint(params):
        return "prompt_extend and resolution are not supported by this model"
    return _duration(params, set(range(2, 11)))


def _t2v27(_model: str, given: JSON, params: JSON, _: bool) -> str | None:
    if not given.get("prompt"):
        return "Field required: input.prompt"
    if "size" in params or params.get("ratio", "16:9") not in ("16:9", "9:16", "1:1", "4:3", "3:4"):
        return "The ratio is not supported"
    return _duration(params, set(range(2, 16)))


def _media27(model: str, given: JSON, params: JSON, _: bool) -> str | None:
    media = given.get("media")
    if not media:
        return "Field required: input.media"
    kinds = sorted(m["type"] for m in media)
    if model == "wan2.7-i2v":
        first, clip = ["first_frame"], ["first_clip"]
        sets = [first, ["driving_audio", *first], [*first, "last_frame"], ["driving_audio", *first, "last_frame"]]
        if kinds not in [*sets, clip, [*clip, "last_frame"]]:
            return f"input.media: the combination {kinds} is not supported"
        return _duration(params, set(range(2, 16)))
    if model == "wan2.7-r2v":
        if not 1 <= sum(k.startswith("reference_") for k in kinds) <= 5 or kinds.count("first_frame") > 1:
            return "input.media must have 1 to 5 references and at most one first_frame"
        return _duration(params, set(range(2, 11 if "reference_video" in kinds else 16)))
    if kinds.count("video") != 1 or kinds.count("reference_image") > 4:
        return "input.media must have one video and at most 4 reference_image"
    return _duration(params, {0, *range(2, 11)})


def _t2v25(_model: str, given: JSON, params: JSON, _: bool) -> str | None:
    if not given.get("prompt"):
        return "Field required: input.prompt"
    if "resolution" in params or params.get("size", "1920*1080") not in SIZES | {"832*480", "480*832", "624*624"}:
        return "The size is not match xxxxxx"
    return _duration(params, {5, 10})


def _i2v25(_model: str, given: JSON, params: JSON, _: bool) -> str | None:
    if not given.get("img_url"):
        return "Field required: input.img_url"
    if "size" in params or params.get("resolution", "1080P") not in ("480P", "720P", "1080P"):
        return "The resolution must be 480P, 720P or 1080P"
    return _duration(params, {5, 10})


def _image25(model: str, given: JSON, params: JSON, _: bool) -> str | None:
    if not given.get("prompt") or "messages" in given:
        return "Field required: input.prompt"
    if not 1 <= params.get("n", 4) <= 4:
        return "n must be 1 to 4"
    if model == IMAGES25[0]:
        return _pixels(params, 768 * 768, 1440 * 1440)
    if not 1 <= len(given.get("images") or []) <= 3:
        return "input.images must have 1 to 3 items"
    return _pixels(params, 768 * 768, 1280 * 1280)


def _horse(model: str, given: JSON, params: JSON, _: bool) -> str | None:
    kinds = [m["type"] for m in given.get("media") or []]
    fits = {
        "t2v": not kinds,
        "i2v": kinds == ["first_frame"],
        "r2v": 1 <= len(kinds) <= 9 and set(kinds) == {"reference_image"},
        "video-edit": kinds.count("video") == 1 and kinds.count("reference_image") == len(kinds) - 1 <= 5,
    }
    manner = model.split("-", 2)[2]
    if not fits[manner]:
        return f"input.media: {kinds} is not supported by this model"
    if manner != "i2v" and not given.get("prompt"):
        return "Field required: input.prompt"
    tiers = ("720P", "1080P") if model.startswith("happyhorse-1.0") else ("480P", "720P", "1080P")
    if params.get("resolution", "1080P") not in tiers or {"size", "negative_prompt", "prompt_extend"} & {
        *params,
        *given,
    }:
        return "The resolution is not supported, or a parameter that this model does not have"
    if "ratio" in params and (manner in ("i2v", "video-edit") or params["ratio"] not in RATIOS):
        return "The ratio is not supported"
    if manner == "video-edit":
        return None if params.get("audio_setting", "auto") in ("auto", "origin") else "audio_setting is not supported"
    return _duration(params, set(range(3, 16)))


def _wan3(_model: str, given: JSON, params: JSON, _: bool) -> str | None:
    if not given.get("prompt"):
        return "Field required: input.prompt"
    count = {kind: sum(m["type"] == kind for m in given.get("media") or []) for kind in MOST_WAN3}
    if sum(count.values()) != len(given.get("media") or []):
        return "input.media: a type is not supported"
    if any(count[kind] > most for kind, most in MOST_WAN3.items()) or count["file"] + count["link"] > 1:
        return "input.media: too many items of a type"
    frames = count["first_frame"] + count["last_frame"]
    if frames and frames < sum(count.values()):
        return "first_frame and last_frame cannot be combined with references"
    if count["last_frame"] and not count["first_frame"]:
        return "last_frame needs a first_frame"
    if {"size", "negative_prompt", "prompt_extend"} & {*params, *given}:
        return "size, negative_prompt and prompt_extend are not supported by this model"
    if params.get("resolution", "1080P") not in ("480P", "720P", "1080P"):
        return "The resolution must be 480P, 720P or 1080P"
    if params.get("ratio", "adaptive") not in ("adaptive", "16:9", "9:16", "1:1", "4:3", "3:4"):
        return "The ratio is not supported"
    return _duration(params, {-1, *range(2, 31)})


def _frames(model: str, given: JSON, params: JSON, _: bool) -> str | None:
    needed = ("first_frame_url",) if given.get("template") else ("first_frame_url", "last_frame_url")
    for name in needed:
        if not given.get(name):
            return f"Field required: input.{name}"
    if params.get("resolution", "720P") not in ("480P", "720P", "1080P"):
        return "The resolution is not supported"
    return None


def _person(model: str, given: JSON, params: JSON, _: bool) -> str | None:
    second = "audio_url" if model == "wan2.2-s2v" else "video_url"
    for name in ("image_url", second):
        if not given.get(name):
            return f"Field required: input.{name}"
    if model.startswith("wan2.2-animate") and params.get("mode") not in ("wan-std", "wan-pro"):
        return "Field required: parameters.mode"
    return None


def _vace(_model: str, given: JSON, params: JSON, _: bool) -> str | None:
    function = given.get("function")
    if function not in FUNCTIONS:
        return "input.function is not supported"
    for name in ("prompt", *FUNCTIONS[function]):
        if not given.get(name):
            return f"Field required: input.{name}"
    if function == "video_repainting" and "control_condition" not in params:
        return "Field required: parameters.control_condition"
    if function == "video_edit" and ("mask_image_url" in given) == ("mask_video_url" in given):
        return "Give one of input.mask_image_url and input.mask_video_url"
    return None


def _style(_model: str, given: JSON, params: JSON, _: bool) -> str | None:
    if not given.get("video_url"):
        return "Field required: input.video_url"
    if params.get("style") not in range(8) or params.get("min_len", 720) not in (540, 720):
        return "parameters.style must be 0 to 7 and min_len 540 or 720"
    return None


def _effects(_model: str, given: JSON, params: JSON, _: bool) -> str | None:
    return None if given.get("img_url") and given.get("template") else "Field required: input.img_url, input.template"


def _image(model: str, given: JSON, params: JSON, stream: bool) -> str | None:
    messages = given.get("messages") or []
    parts = messages[0].get("content", []) if len(messages) == 1 else []
    texts, pictures = [p for p in parts if "text" in p], [p for p in parts if "image" in p]
    if len(texts) != 1:
        return "input.messages must be one message with exactly one text"
    if model == "wan2.6-t2i":
        if pictures:
            return "This model takes no image"
        return _pixels(params, 1280 * 1280, 1440 * 1440, {"1104*1472", "1472*1104", "960*1696", "1696*960"})
    if model == "wan2.6-image":
        if params.get("enable_interleave"):
            if params.get("n", 4) != 1:
                return "num_images_per_prompt must be 1"
            if len(pictures) > 1 or not 1 <= params.get("max_images", 5) <= 5:
                return "Interleaved output takes at most one image and max_images 1 to 5"
            return _pixels(params, 768 * 768, 1280 * 1280)
        if stream:
            return "stream needs enable_interleave"
        if not 1 <= len(pictures) <= 4 or not 1 <= params.get("n", 4) <= 4:
            return "1 to 4 images and n 1 to 4 are needed"
        return None if params.get("size", "1K") in ("1K", "2K") else _pixels(params, 768 * 768, 2048 * 2048)
    if len(pictures) > 9 or not 1 <= params.get("n", 1) <= (12 if params.get("enable_sequential") else 4):
        return "too many images, or n out of range"
    tiers = ("1K", "2K", "4K") if model.endswith("pro") and not pictures else ("1K", "2K")
    return None if params.get("size", "2K") in tiers else _pixels(params, 768 * 768, 4096 * 4096)


def _pixels(params: JSON, low: int, high: int, also: set[str] = frozenset()) -> str | None:  # type: ignore[assignment]
    size = params.get("size")
    if size is None or size in also:
        return None
    try:
        width, height = (int(side) for side in str(size).split("*"))
    except ValueError:
        return f"The size {size} is not understood"
    return None if low <= width * height <= high else "The size is not match xxxxxx"


def _duration(params: JSON, allowed: set[int]) -> str | None:
    return None if params.get("duration", 5) in allowed else "The duration is out of range"


_RULES = (
    (T2V, _t2v),
    (I2V, _i2v),
    (R2V, _r2v),
    (("wan2.7-t2v",), _t2v27),
    (MEDIA27, _media27),
    ((T2V25,), _t2v25),
    ((I2V25,), _i2v25),
    (IMAGES25, _image25),
    (HORSE, _horse),
    (WAN3, _wan3),
    (("wan2.2-kf2v-flash", "wanx2.1-kf2v-plus"), _frames),
    (("wan2.2-animate-move", "wan2.2-animate-mix", "wan2.2-s2v"), _person),
    (VACE, _vace),
    (("video-style-transform",), _style),
    (EFFECTS, _effects),
    (IMAGES, _image),
)


def usage(model: str, params: JSON, *, clip_s: list[float], references: int, seconds: float) -> JSON:
    """What the finished task reports as used. clip_s: lengths of the input clips; references: how many in all."""
    size, tier = params.get("size"), params.get("resolution", "720P")
    if size and "*" in str(size):
        width, height = (int(side) for side in str(size).split("*"))
        tier = "1080P" if width * height > 1_300_000 else "720P"
    common: JSON = {"video_count": 1, "SR": int(tier.removesuffix("P"))}
    if model in (*T2V, T2V25):
        return {
            **common,
            "duration": seconds,
            "size": size,
            "input_video_duration": 0,
            "output_video_duration": seconds,
        }
    if model in (*I2V, I2V25):
        sound = {"audio": params.get("audio", True)} if model.endswith("flash") else {}
        return {**common, "duration": seconds, "input_video_duration": 0, "output_video_duration": seconds, **sound}
    if model in R2V or model == "wan2.7-r2v":
        count = references if model in R2V else len(clip_s)
        cap = {1: 5, 2: 2.5, 3: 1.65, 4: 1.25, 5: 1}.get(count, 5)
        billed = sum(min(s, cap) for s in clip_s)
        times = {"input_video_duration": billed, "output_video_duration": seconds}
        return {**common, "SR": str(common["SR"]), "duration": float(billed + seconds), "size": size, **times}
    if model in ("wan2.7-videoedit", "happyhorse-1.0-video-edit", *WAN3):
        billed = sum(clip_s)
        return {
            **common,
            "duration": billed + seconds,
            "input_video_duration": billed,
            "output_video_duration": seconds,
        }
    if model.startswith("wan2.2-animate"):
        return {"video_duration": seconds, "video_ratio": "pro" if params.get("mode") == "wan-pro" else "standard"}
    if model in ("wan2.2-s2v", "video-style-transform"):
        return {"duration": seconds, "SR": params.get("min_len") or common["SR"], "video_count": 1}
    if model in ("wan2.7-t2v", "wan2.7-i2v", *HORSE):
        return {**common, "duration": seconds, "output_video_duration": seconds, "ratio": params.get("ratio", "16:9")}
    return {"video_duration": seconds, "video_count": 1, "video_ratio": "standard", "SR": common["SR"]}
