"""Final Cut Pro: the sequence as FCPXML 1.10, each comment a to-do marker of its clip, ticked when it is resolved.

Times are fractions of a second on frames; a marker's is on its clip's own clock. The DTD has markers on clips alone, in
this order: note, timing, anchored items, markers. Source: Apple, FCPXML document type definition, version 1.10.
"""

from __future__ import annotations

from fractions import Fraction
from urllib.parse import quote
from xml.etree.ElementTree import Element

from studio.review.handover.model import Mark, ReviewHandover
from studio.review.handover.sequence import Placed, clip_markers, lay_out
from studio.review.handover.text import one_line, threads
from studio.review.handover.xml_text import child, document
from studio.review.timecode import drops, hour

Formats = dict[tuple[Fraction | None, int, int], str]
"""Frame rate, width and height -> id of the format; no rate for pictures."""


def write(review: ReviewHandover, *, folder: str = "media") -> bytes:
    """The project in a library of its own; media are in `folder` beside the file."""
    clips = lay_out(review)
    root = Element("fcpxml", {"version": "1.10"})
    resources = child(root, "resources")
    formats: Formats = {}
    size = next(((item.width, item.height) for item in review.items if item.width), (1920, 1080))
    whole = _format(resources, formats, review.rate, *size)
    for number, placed in enumerate(clips, 1):
        _asset(resources, formats, number, placed, folder)
    name = one_line(review.title)
    project = child(child(child(root, "library"), "event", name=name), "project", name=name)
    start, end = hour(review.rate), clips[-1].end if clips else 0
    counted = "DF" if drops(review.rate) else "NDF"
    times = {"duration": _time(end, review.rate), "tcStart": _time(start, review.rate), "tcFormat": counted}
    spine = child(child(project, "sequence", format=whole, **times), "spine")
    for number, placed in enumerate(clips, 1):
        _clip(spine, number, placed, start)
    return document(root, "fcpxml")


def _clip(spine: Element, number: int, placed: Placed, start: int) -> None:
    tag = "video" if placed.item.kind == "image" else "asset-clip"
    rate = placed.sequence_rate
    times = {"offset": _time(start + placed.start, rate), "start": "0s", "duration": _time(placed.frames, rate)}
    clip = child(spine, tag, ref=f"a{number}", name=one_line(placed.item.title) or placed.item.file, **times)
    for marker in clip_markers(placed):
        at, length = _time(marker.frame, placed.rate), _time(marker.frames, placed.rate)
        done = "1" if marker.mark is Mark.RESOLVED else "0"
        words = {"value": threads(marker.comments), "note": one_line(marker.authors), "completed": done}
        child(clip, "marker", start=at, duration=length, **words)


def _asset(resources: Element, formats: Formats, number: int, placed: Placed, folder: str) -> None:
    item = placed.item
    facts: dict[str, object] = {"name": item.file, "start": "0s"}
    facts["duration"] = "0s" if item.kind == "image" else _time(placed.length, placed.rate)
    if item.kind != "audio":
        rate = None if item.kind == "image" else placed.rate
        facts |= {"hasVideo": 1, "format": _format(resources, formats, rate, item.width, item.height)}
    if item.has_audio or item.kind == "audio":
        facts |= {"hasAudio": 1, "audioSources": 1, "audioChannels": 2}
    asset = child(resources, "asset", id=f"a{number}", **facts)
    child(asset, "media-rep", kind="original-media", src=f"{folder}/{quote(item.file)}")


def _format(resources: Element, formats: Formats, rate: Fraction | None, width: int, height: int) -> str:
    key = (rate, width, height)
    if key not in formats:
        formats[key] = f"f{len(formats) + 1}"
        facts: dict[str, object] = {"frameDuration": _time(1, rate)} if rate else {"name": "FFVideoFormatRateUndefined"}
        child(resources, "format", id=formats[key], **facts, width=width, height=height)
    return formats[key]


def _time(frames: int, rate: Fraction) -> str:
    seconds = frames / rate
    return f"{seconds.numerator}s" if seconds.denominator == 1 else f"{seconds.numerator}/{seconds.denominator}s"
