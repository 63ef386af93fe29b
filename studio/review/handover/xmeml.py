"""Adobe Premiere Pro: the sequence as Final Cut Pro 7 XML (xmeml 5), with markers on the sequence and on each clip.

Premiere, Resolve and older programs import it. Markers end before `out`; -1 is a single frame. `pproColor` is the
colour as Premiere writes it (0xAABBGGRR); green, its own default, has none. Source: Apple, Final Cut Pro XML
Interchange Format.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from urllib.parse import quote
from xml.etree.ElementTree import Element

from studio.review.handover.model import Mark, ReviewHandover
from studio.review.handover.sequence import Marker, Placed, clip_markers, lay_out, sequence_markers
from studio.review.handover.text import one_line, threads
from studio.review.handover.xml_text import child, document
from studio.review.timecode import drops, hour, nominal, timecode

PREMIERE_COLOURS = {Mark.OPEN: 4281740498, Mark.INTERNAL: 4289825711}
CHANNELS = 2


def write(review: ReviewHandover, *, folder: str = "media") -> bytes:
    """The project with one sequence; media are in `folder` beside the file."""
    clips = lay_out(review)
    root = Element("xmeml", {"version": "5"})
    sequence = child(root, "sequence", id="review")
    child(sequence, "name", one_line(review.title))
    child(sequence, "duration", clips[-1].end if clips else 0)
    _rate(sequence, review.rate)
    _timecode(sequence, review.rate, hour(review.rate))
    media = child(sequence, "media")
    video = child(media, "video")
    facts = child(child(video, "format"), "samplecharacteristics")
    _rate(facts, review.rate)
    size = next(((item.width, item.height) for item in review.items if item.width), (1920, 1080))
    child(facts, "width", size[0])
    child(facts, "height", size[1])
    _track(video, [(n, placed) for n, placed in enumerate(clips, 1) if placed.item.kind != "audio"], folder)
    heard = [(n, p) for n, p in enumerate(clips, 1) if p.item.has_audio or p.item.kind == "audio"]
    if heard:
        sound = child(media, "audio")
        for channel in range(1, CHANNELS + 1):
            _track(sound, heard, folder, channel)
    _markers(sequence, sequence_markers(clips))
    return document(root, "xmeml")


def _track(parent: Element, clips: list[tuple[int, Placed]], folder: str, channel: int = 0) -> None:
    """The clips by their number in the sequence. channel: of the sound, from 1; 0 is the picture."""
    track = child(parent, "track")
    for number, placed in clips:
        item, kind = placed.item, "audio" if channel else "video"
        clip = child(track, "clipitem", id=f"clip-{number}-{kind}{channel or ''}")
        child(clip, "name", one_line(item.title) or item.file)
        child(clip, "enabled", "TRUE")
        child(clip, "duration", placed.length)
        _rate(clip, placed.rate)
        child(clip, "start", placed.start)
        child(clip, "end", placed.end)
        child(clip, "in", 0)
        child(clip, "out", placed.length)
        first = channel == (1 if item.kind == "audio" else 0)
        _file(clip, number, placed, folder) if first else child(clip, "file", id=f"file-{number}")
        source = child(clip, "sourcetrack")
        child(source, "mediatype", kind)
        child(source, "trackindex", max(1, channel))
        if first:
            _markers(clip, clip_markers(placed))


def _file(clip: Element, number: int, placed: Placed, folder: str) -> None:
    item = placed.item
    file = child(clip, "file", id=f"file-{number}")
    child(file, "name", item.file)
    child(file, "pathurl", f"{folder}/{quote(item.file)}")
    _rate(file, placed.rate)
    child(file, "duration", placed.length)
    _timecode(file, placed.rate, 0)
    media = child(file, "media")
    if item.kind != "audio":
        facts = child(child(media, "video"), "samplecharacteristics")
        child(facts, "width", item.width)
        child(facts, "height", item.height)
    if item.has_audio or item.kind == "audio":
        child(child(media, "audio"), "channelcount", CHANNELS)


def _rate(parent: Element, rate: Fraction) -> None:
    made = child(parent, "rate")
    child(made, "timebase", nominal(rate))
    child(made, "ntsc", "TRUE" if rate.denominator == 1001 else "FALSE")


def _timecode(parent: Element, rate: Fraction, frame: int) -> None:
    made = child(parent, "timecode")
    _rate(made, rate)
    child(made, "string", timecode(frame, rate))
    child(made, "frame", frame)
    child(made, "displayformat", "DF" if drops(rate) else "NDF")


def _markers(parent: Element, markers: Iterable[Marker]) -> None:
    for marker in markers:
        made = child(parent, "marker")
        child(made, "comment", threads(marker.comments))
        child(made, "name", one_line(marker.authors))
        child(made, "in", marker.frame)
        child(made, "out", marker.frame + marker.frames if marker.frames > 1 else -1)
        if colour := PREMIERE_COLOURS.get(marker.mark):
            child(made, "pproColor", colour)
