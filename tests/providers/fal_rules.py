"""What fal's Wan models take: the server's own knowledge, not the studio's rows.

Typed from fal's TypeScript client (types/endpoints.ts of 2026-08-02) and the llms.txt pages, apart from
studio/catalogue, so that a mistake in one shows in the other. Unlike fal itself, which ignores fields that it does not
know, this server refuses them: what is ignored was set for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.providers.field_rules import Fields, Rule, broken, read

JSON = dict[str, Any]
PICTURES = re.compile(
    r"to-image$|(?<!video-to-video)(?<!video)/edit$|flux-2|gpt-image|nano-banana|seedream|qwen-image|z-image|upscale/image"
)
"""Models that answer with pictures."""
RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4")
THREE = ("16:9", "9:16", "1:1")
HD, SD = ("720p", "1080p"), ("480p", "720p", "1080p")
OPEN = ("480p", "580p", "720p")
TEXT_S, LONG_S = ("5", "10", "15"), ("5", "10")

BASE: Fields = {"prompt": "text!", "seed": "int", "enable_safety_checker": "bool"}
NOT: Fields = {"negative_prompt": "text"}
EXPAND: Fields = {"enable_prompt_expansion": "bool"}
SHOTS: Fields = {"multi_shots": "bool"}
SOUND: Fields = {"audio_url": "url"}
PICTURE: Fields = {"image_size": "size"}
OPEN_VIDEO: Fields = BASE | EXPAND | {"resolution": OPEN, "acceleration": ("none", "regular")}
WAN30: Fields = BASE | {"resolution": SD, "duration": "2..30", "audio": "bool"}
ADAPTIVE = ("adaptive", *RATIOS)
V26 = BASE | NOT | EXPAND | SHOTS | {"resolution": HD}
V27 = BASE | NOT | {"resolution": HD, "duration": "2..15"}
FORMAT: Fields = {"output_format": ("jpeg", "png", "webp")}
FILES: Fields = {"image_url": "url!", "video_url": "url!"}
FRAMES: Fields = {"start_image_url": "url!", "end_image_url": "url"}
LISTS: Fields = {"image_urls": "urls 0..10", "video_urls": "urls 0..5", "audio_urls": "urls 0..5"}
ANIMATE: Fields = {"resolution": OPEN, "seed": "int", **FILES}

FAMILIES = read(Path(__file__).with_name("fal_families.json"))
"""Models of other families, and open Wan 2.2: fields as the client's types have them."""

MODELS: Mapping[str, Mapping[str, Rule]] = {
    "wan/v2.6/text-to-video": V26 | SOUND | {"aspect_ratio": RATIOS, "duration": TEXT_S},
    "wan/v2.6/image-to-video": V26 | SOUND | {"image_url": "url!", "duration": TEXT_S},
    "wan/v2.6/image-to-video/flash": V26 | SOUND | {"image_url": "url!", "duration": TEXT_S, "generate_audio": "bool"},
    "wan/v2.6/reference-to-video": V26 | {"aspect_ratio": RATIOS, "duration": LONG_S, "video_urls": "urls 1..3"},
    "wan/v2.6/reference-to-video/flash": V26
    | {
        "aspect_ratio": RATIOS,
        "duration": LONG_S,
        "video_urls": "urls 0..3",
        "image_urls": "urls 0..5",
        "generate_audio": "bool",
    },
    "wan/v2.6/text-to-image": BASE | NOT | PICTURE | {"image_url": "url", "max_images": (1, 2, 3, 4, 5)},
    "wan/v2.6/image-to-image": BASE | NOT | EXPAND | PICTURE | {"image_urls": "urls 1..3", "num_images": (1, 2, 3, 4)},
    "fal-ai/wan/v2.7/text-to-video": V27 | EXPAND | SOUND | {"aspect_ratio": RATIOS},
    "fal-ai/wan/v2.7/image-to-video": V27
    | EXPAND
    | SOUND
    | {"prompt": "text", "image_url": "url", "end_image_url": "url", "video_url": "url"},
    "fal-ai/wan/v2.7/reference-to-video": V27
    | SHOTS
    | {"duration": "2..10", "aspect_ratio": RATIOS}
    | {"reference_image_urls": "urls 0..5", "reference_video_urls": "urls 0..5"},
    "fal-ai/wan/v2.7/edit-video": BASE
    | {"resolution": HD, "aspect_ratio": RATIOS, "duration": "0..10", "audio_setting": ("auto", "origin")}
    | {"video_url": "url!", "reference_image_url": "url"},
    "fal-ai/wan/v2.7/text-to-image": BASE | NOT | PICTURE | FORMAT | {"num_images": (1, 2, 3, 4, 5)},
    "fal-ai/wan/v2.7/pro/text-to-image": BASE | NOT | PICTURE | FORMAT | {"num_images": (1, 2, 3, 4, 5)},
    **{
        f"fal-ai/wan/v2.7/{name}": BASE
        | NOT
        | EXPAND
        | PICTURE
        | FORMAT
        | {"image_urls": "urls 1..4", "num_images": (1, 2, 3, 4)}
        for name in ("edit", "pro/edit")
    },
    **{
        f"alibaba/{name}/{task}": WAN30 | more
        for name in ("wan-3.0", "wan-3.0-prime")
        for task, more in (
            ("text-to-video", {"aspect_ratio": ADAPTIVE}),
            ("image-to-video", {"prompt": "text", **FRAMES}),
            ("reference-to-video", {"prompt": "text", "aspect_ratio": ADAPTIVE, **LISTS}),
        )
    },
    "fal-ai/wan-25-preview/text-to-video": BASE
    | NOT
    | EXPAND
    | SOUND
    | {"aspect_ratio": THREE, "resolution": SD, "duration": LONG_S},
    "fal-ai/wan-25-preview/image-to-video": BASE
    | NOT
    | EXPAND
    | SOUND
    | {"image_url": "url!", "resolution": SD, "duration": LONG_S},
    "fal-ai/wan-25-preview/text-to-image": BASE | NOT | EXPAND | PICTURE | {"num_images": (1, 2, 3, 4)},
    "fal-ai/wan-25-preview/image-to-image": BASE
    | NOT
    | PICTURE
    | {"image_urls": "urls 1..2", "num_images": (1, 2, 3, 4)},
    "fal-ai/wan/v2.2-a14b/text-to-video": OPEN_VIDEO
    | NOT
    | {"aspect_ratio": THREE, "num_frames": "17..161", "frames_per_second": "4..60"},
    "fal-ai/wan/v2.2-a14b/text-to-video/turbo": OPEN_VIDEO | {"aspect_ratio": THREE},
    "fal-ai/wan/v2.2-a14b/image-to-video/turbo": OPEN_VIDEO
    | {"aspect_ratio": ("auto", *THREE), "image_url": "url!", "end_image_url": "url"},
    "fal-ai/wan/v2.2-14b/speech-to-video": BASE
    | NOT
    | {"resolution": OPEN, "image_url": "url!", "audio_url": "url!", "num_frames": "40..120"},
    "fal-ai/wan/v2.2-14b/animate/move": ANIMATE,
    "fal-ai/wan/v2.2-14b/animate/replace": ANIMATE,
    **FAMILIES,
}


def check(model: str, body: JSON) -> list[JSON]:
    """Why this body is refused, as fal lists it; empty where it is not."""
    return [{"loc": ["body", name], "msg": said, "type": "value_error"} for name, said in broken(MODELS[model], body)]
