"""Two words of one shot that cannot both be seen."""

from __future__ import annotations

from collections.abc import Iterator

from studio.messages import Message
from studio.prompt.lint.items import without
from studio.prompt.lint.model import Facts, Finding
from studio.prompt.lint.source import Source
from studio.prompt.lint.words import CHANGES, Words, any_of

_ALONE = ("black and white", "黑白")
"""Whole-picture words that stand alone: a panda is black and white, too."""
PAIRS = tuple(
    (any_of(one, _ALONE if "monochrome" in one else ()), any_of(other), any_of(unless))
    for one, other, unless in (
        (
            ("night", "night-time", "nighttime", "midnight", "深夜", "夜晚",
             "午夜", "夜景"),
            ("noon", "midday", "in daylight", "in broad daylight", "bright sunlight", "sunny day", "daytime",
             "day time", "afternoon sun", "正午", "中午", "白天", "烈日", "阳光明媚"),
            ("time lapse", "timelapse", "day for night", "day to night", "延时", "昼夜", "夜以继日"),
        ),
        (
            ("in black and white", "black and white film", "black and white photo", "black and white photography",
             "black and white footage", "black and white movie", "black and white style",
             "black and white cinematography",
             "black and white video", "monochrome", "grayscale", "greyscale", "黑白画面", "黑白影像",
             "黑白电影", "黑白风格", "黑白色调"),
            ("vibrant colors", "vibrant colours", "vivid colors", "vivid colours", "colorful", "colourful",
             "saturated colors",
             "bright colors", "full color", "色彩鲜艳", "色彩斑斓", "五颜六色", "高饱和", "色彩明艳"),
            ("except", "only", "selective color", "splash of", "pop of", "accent", "唯一", "只有", "局部"),
        ),
        (
            ("slow motion", "slow-motion", "slo-mo", "慢动作", "升格"),
            ("time lapse", "timelapse", "time-lapse", "hyperlapse", "fast motion", "fast-forward", "延时摄影",
             "快动作", "快进"),
            ("speed ramp", "speed ramping", "变速"),
        ),
        (("shallow depth of field", "浅景深"), ("deep focus", "deep depth of field", "everything in focus",
         "大景深", "全景深"), ()),
        (("high contrast", "高对比度"), ("low contrast", "低对比度"), ()),
        (("high saturation", "highly saturated", "高饱和度"), ("low saturation", "desaturated", "低饱和度"), ()),
        (("extreme close up", "extreme close-up", "大特写"), ("extreme wide shot", "extreme long shot",
         "大远景", "大全景"), ()),
        (("one continuous take", "single continuous shot", "single take", "no cuts", "long take", "oner",
         "一镜到底", "长镜头"),
         ("jump cuts", "jump cut", "quick cuts", "fast cuts", "rapid cuts", "hard cut", "smash cut",
          "快速剪辑", "快切", "跳切"), ()),
        (("deserted", "empty street", "empty streets", "空无一人", "空荡荡的街"), ("crowded", "bustling crowd",
         "bustling crowds", "packed with people", "人山人海", "熙熙攘攘", "人潮"), ()),
        (("completely silent", "no sound", "全程无声"), ("loud music", "upbeat music", "背景音乐响起"), ()),
    )
)  # fmt: skip


def find(source: Source, _: Facts) -> Iterator[Finding]:
    """Each pair once a shot, unless the shot tells of a change."""
    for start, end, _seconds in source.shots:
        for one, other, unless in PAIRS:
            first, second = one.search(source.plain, start, end), other.search(source.plain, start, end)
            if first and second and not _is_told(source, unless, start, end):
                low, high = sorted((first.span(), second.span()))
                message = Message(
                    "lint.contradiction", first=source.text[slice(*low)], second=source.text[slice(*high)]
                )
                yield Finding(
                    rule="contradiction", severity="warning", start=low[0], end=high[1], message=message,
                    remedies=(*without(source.text, *low), *without(source.text, *high)),
                )  # fmt: skip


def _is_told(source: Source, unless: Words, start: int, end: int) -> bool:
    return bool(CHANGES.search(source.plain, start, end) or unless.search(source.plain, start, end))
