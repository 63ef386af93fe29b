"""What WaveSpeedAI's Wan models take: the server's own knowledge, not the studio's rows.

Typed from a copy of the request schemas of its API, apart from studio/catalogue, so that a mistake in one shows in the
other.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.providers.field_rules import Fields, Rule

RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4")
HD, SD = ("720p", "1080p"), ("480p", "720p", "1080p")
WIDE = ("1280*720", "720*1280", "1920*1080", "1080*1920")
SMALL = ("832*480", "480*832")

SEED: Fields = {"seed": "-1..2147483647"}
BASE: Fields = {"prompt": "text!", **SEED}
EXPAND: Fields = {"enable_prompt_expansion": "bool"}
FULL: Fields = BASE | EXPAND | {"negative_prompt": "text"}
SHOTS: Fields = {"shot_type": ("single", "multi")}
SOUND: Fields = {"audio": "url"}
V26 = FULL | SHOTS | SOUND
W30: Fields = BASE | EXPAND | {"resolution": SD, "duration": "2..30", "enable_audio": "bool"}
SIZE: Fields = {"size": "text"}

MODELS: Mapping[str, Mapping[str, Rule]] = {
    "alibaba/wan-2.6/text-to-video": V26 | {"size": WIDE, "duration": (5, 10, 15)},
    "alibaba/wan-2.6/image-to-video": V26 | {"image": "url!", "resolution": HD, "duration": (5, 10, 15)},
    "alibaba/wan-2.6/image-to-video-flash": V26
    | {"image": "url!", "resolution": HD, "duration": "2..15", "enable_audio": "bool"},
    "alibaba/wan-2.6/image-to-video-pro": V26
    | {"image": "url!", "resolution": ("1080p", "2k", "4k"), "duration": (5, 10, 15)},
    "alibaba/wan-2.6/reference-to-video": V26 | {"videos": "urls 1..3", "size": WIDE, "duration": (5, 10)},
    "alibaba/wan-2.6/reference-to-video-flash": V26
    | {"reference_urls": "urls 1..5", "size": WIDE, "duration": (5, 10), "enable_audio": "bool"},
    "alibaba/wan-2.6/video-extend": V26 | {"video": "url!", "resolution": HD, "duration": (5, 10, 15)},
    "alibaba/wan-2.6/text-to-image": BASE | EXPAND | SIZE,
    "alibaba/wan-2.6/image-edit": BASE | EXPAND | {"images": "urls 1..3"},
    "alibaba/wan-2.7/text-to-video": FULL
    | SOUND
    | {"resolution": HD, "aspect_ratio": RATIOS, "duration": "2..15"},
    "alibaba/wan-2.7/image-to-video": FULL
    | SOUND
    | {"image": "url!", "last_image": "url", "resolution": HD, "duration": "2..15"},
    "alibaba/wan-2.7/reference-to-video": FULL
    | {"videos": "urls 1..5", "reference_images": "urls 1..5", "image": "url"}
    | {"resolution": HD, "aspect_ratio": RATIOS, "duration": "2..10"},
    "alibaba/wan-2.7/video-edit": FULL
    | {"video": "url!", "images": "urls 0..3", "resolution": HD, "duration": "0..10"}
    | {"audio_setting": ("auto", "origin")},
    "alibaba/wan-2.7/video-extend": FULL | SOUND | {"video": "url!", "resolution": HD, "duration": "5..15"},
    "alibaba/wan-2.7/text-to-image": BASE | SIZE | {"thinking_mode": "bool"},
    "alibaba/wan-2.7/text-to-image-pro": BASE | SIZE | {"thinking_mode": "bool"},
    "alibaba/wan-2.7/image-edit": BASE | SIZE | {"images": "urls 1..9"},
    "alibaba/wan-2.7/image-edit-pro": BASE | SIZE | {"images": "urls 1..9"},
    **{
        f"alibaba/{name}/{task}": W30 | more
        for name in ("wan-3.0", "wan-3.0-prime")
        for task, more in (
            ("text-to-video", Fields(aspect_ratio=RATIOS)),
            ("image-to-video", Fields(image="url!", last_image="url")),
            (
                "reference-to-video",
                Fields(
                    aspect_ratio=RATIOS, reference_images="urls 1..10", reference_videos="urls 1..5",
                    reference_audios="urls 1..5",
                ),
            ),
        )
    },
    **{
        f"alibaba/{name}/{task}": BASE | EXPAND | {"video": "url!", "resolution": SD} | more
        for name in ("wan-3.0", "wan-3.0-prime")
        for task, more in (
            ("video-extend", Fields(duration="2..30", enable_audio="bool")),
            ("video-edit", Fields(duration="2..15", generate_audio="bool")),
        )
    },
    "alibaba/wan-2.5/text-to-video-fast": FULL | SOUND | {"size": WIDE, "duration": (5, 10)},
    "alibaba/wan-2.5/text-to-video": FULL | SOUND | {"size": (*SMALL, *WIDE), "duration": (5, 10)},
    "alibaba/wan-2.5/image-to-video": FULL | SOUND | {"image": "url!", "resolution": SD, "duration": "3..10"},
    "alibaba/wan-2.5/image-to-video-fast": FULL | SOUND | {"image": "url!", "resolution": HD, "duration": "3..10"},
    "alibaba/wan-2.5/video-extend": FULL | SOUND | {"video": "url!", "resolution": SD, "duration": "3..10"},
    "alibaba/wan-2.5/text-to-image": FULL | SIZE,
    "alibaba/wan-2.5/image-edit": BASE | {"negative_prompt": "text", "images": "urls 1..2"},
    "alibaba/wan-2.2/t2v-plus-480p": FULL | {"size": SMALL, "duration": (5,)},
    "alibaba/wan-2.2/t2v-plus-1080p": FULL | {"size": WIDE[2:], "duration": (5,)},
    "alibaba/wan-2.2/i2v-plus-480p": FULL | {"prompt": "text", "image": "url!", "duration": (5,)},
    "alibaba/wan-2.2/i2v-plus-1080p": FULL | {"prompt": "text", "image": "url!", "duration": (5,)},
    "alibaba/happyhorse-1.0/text-to-video": BASE | {"aspect_ratio": RATIOS, "resolution": HD, "duration": "3..15"},
    **{
        f"kwaivgi/kling-v3.0-{mode}/{task}-to-video": {"prompt": "text!", "duration": "3..15", "sound": "bool", **more}
        for mode in ("std", "pro")
        for task, more in (("text", {"aspect_ratio": RATIOS[:3]}), ("image", {"image": "url!"}))
    },
    "wavespeed-ai/infinitetalk": SEED
    | {"prompt": "text", "image": "url!", "audio": "url!", "mask_image": "url", "resolution": SD[:2]},
    "bytedance/seedream-v4.5": {"prompt": "text!", "size": "text"},
    "bytedance/latentsync": {"video": "url!", "audio": "url!"},
}  # fmt: skip
