"""What Replicate's Wan models take: the server's own knowledge, not the studio's rows.

Typed from a copy of the models' schemas, apart from studio/catalogue, so that a mistake in one shows in the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.providers.field_rules import Fields, Rule, read

RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4")
HD, SD = ("720p", "1080p"), ("480p", "720p", "1080p")
WIDE = ("1280*720", "720*1280", "1920*1080", "1080*1920")
PICTURE = ("1K", "2K", "1024*1024", "2048*2048", "1280*720", "720*1280", "2048*1152", "1152*2048")
PICTURE += ("1024*768", "768*1024", "2048*1536", "1536*2048")
LARGE = ("4K", "4096*4096", "4096*2304", "2304*4096", "4096*3072", "3072*4096")

BASE: Fields = {"prompt": "text!", "seed": "int"}
SOUND: Fields = {"negative_prompt": "text", "audio": "url", "enable_prompt_expansion": "bool"}
SHOTS: Fields = {"multi_shots": "bool"}
I2V: Fields = BASE | SOUND | {"image": "url!"}
FAST: Fields = BASE | {"num_frames": "81..121", "frames_per_second": "5..30", "go_fast": "bool"}
IMAGE: Fields = BASE | {
    "images": "urls 0..9", "num_outputs": "1..12", "image_set_mode": "bool", "thinking_mode": "bool",
}  # fmt: skip

MODELS: Mapping[str, Mapping[str, Rule]] = {
    "wan-video/wan-2.6-t2v": BASE | SOUND | SHOTS | {"size": WIDE, "duration": (5, 10, 15)},
    "wan-video/wan-2.6-i2v": I2V | SHOTS | {"resolution": HD, "duration": (5, 10, 15)},
    "wan-video/wan2.6-i2v-flash": I2V | SHOTS | {"resolution": HD, "duration": (5, 10, 15), "audio_enabled": "bool"},
    "wan-video/wan-2.7-t2v": BASE | SOUND | {"resolution": HD, "aspect_ratio": RATIOS, "duration": "2..15"},
    "wan-video/wan-2.7-i2v": SOUND
    | {"prompt": "text", "seed": "int", "resolution": HD, "duration": "2..15"}
    | {"first_frame": "url", "last_frame": "url", "first_clip": "url"},
    "wan-video/wan-2.7-r2v": BASE
    | {"negative_prompt": "text", "resolution": HD, "aspect_ratio": RATIOS, "duration": "2..10"}
    | {"reference_images": "urls 0..5", "reference_videos": "urls 0..5", "shot_type": ("single", "multi")},
    "wan-video/wan-2.7-videoedit": BASE
    | {"video": "url!", "reference_image": "url", "resolution": HD, "aspect_ratio": ("auto", *RATIOS)}
    | {"duration": "0..10", "audio_setting": ("auto", "origin")},
    "wan-video/wan-2.7-image": IMAGE | {"size": PICTURE},
    "wan-video/wan-2.7-image-pro": IMAGE | {"size": (*PICTURE, *LARGE)},
    "wan-video/wan-2.5-t2v": BASE | SOUND | {"size": ("832*480", "480*832", *WIDE), "duration": (5, 10)},
    "wan-video/wan-2.5-i2v": I2V | {"resolution": SD, "duration": (5, 10)},
    "wan-video/wan-2.5-t2v-fast": BASE | SOUND | {"size": WIDE, "duration": (5, 10)},
    "wan-video/wan-2.5-i2v-fast": I2V | {"resolution": HD, "duration": (5, 10)},
    "wan-video/wan-2.2-t2v-fast": FAST | {"resolution": SD[:2], "aspect_ratio": RATIOS[:2], "optimize_prompt": "bool"},
    "wan-video/wan-2.2-i2v-fast": FAST | {"resolution": SD[:2], "image": "url!", "last_image": "url"},
    **read(Path(__file__).with_name("replicate_families.json")),
}
