"""Other programs' reading of each form: where its comments stand, in frames of the sequence, and what they say."""

from __future__ import annotations

import csv
import io
import re
import tempfile
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from studio.review.handover.model import ReviewHandover


@otio.core.register_type
class Annotation(otio.schema.Effect):
    """OpenRV's effect, which OpenTimelineIO does not read without a class for it. Layers stay as they are written."""

    _serializable_label = "Annotation.1"
    _name = "Annotation"

    layers = otio.core.serializable_field("layers", required_type=list)
    hold = otio.core.serializable_field("hold", required_type=bool)


Read = list[tuple[int, int, str]]
"""First frame in the sequence, number of frames, text."""


def table(data: bytes) -> list[dict[str, str]]:
    """Rows of a CSV as a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def edl(data: bytes, rate: Fraction) -> Read:
    """A strict reading of marker lists: events and marker lines in turn, nothing else."""
    lines = data.decode("utf-8").split("\r\n")
    assert lines[0].startswith("TITLE: ")
    assert lines[1] == ("FCM: DROP FRAME" if rate.denominator == 1001 and rate > 25 else "FCM: NON-DROP FRAME")
    assert lines[2] == lines[-1] == ""
    found: Read = []
    for number, (event, marker, blank) in enumerate(zip(*[iter(lines[3:-1])] * 3, strict=True), 1):
        times = r"(\d\d:\d\d:\d\d[:;]\d\d)"
        read = re.fullmatch(rf"(\d{{3}})  001      V     C        {times} {times} {times} {times}  ", event)
        assert read, event
        assert (int(read[1]), read[2], read[3], blank) == (number, read[4], read[5], "")
        at = [in_sequence(read[n], rate) for n in (4, 5)]
        assert at[1] == at[0] + 1
        said = re.fullmatch(r" \|C:ResolveColor(?:Red|Green|Purple) \|M:([^|]*) \|D:(\d+)", marker)
        assert said, marker
        found.append((at[0], int(said[2]), said[1]))
    return found


def avid(data: bytes, rate: Fraction) -> Read:
    """Rows of the marker list."""
    found: Read = []
    for line in data.decode("utf-8").split("\r\n")[:-1]:
        _author, label, track, colour, text, length = line.split("\t")
        assert (track, colour in ("red", "green", "magenta")) == ("V1", True)
        found.append((in_sequence(label, rate), int(length), text))
    return found


def through_otio(data: bytes, suffix: str, **options: Any) -> otio.schema.Timeline:
    """A file as an adapter of OpenTimelineIO reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"read{suffix}"
        path.write_bytes(data)
        found = otio.adapters.read_from_file(str(path), **options)
    return (
        found.find_children(otio.schema.Timeline)[0] if isinstance(found, otio.schema.SerializableCollection) else found
    )


def on_clips(timeline: otio.schema.Timeline, text: Any) -> Read:
    """Markers of the clips in frames of the sequence, for sequences of one rate."""
    found: Read = []
    for clip in timeline.find_clips():
        start = clip.range_in_parent().start_time.value - clip.source_range.start_time.value
        for marker in clip.markers:
            first, length = marker.marked_range.start_time.value, marker.marked_range.duration.value
            found.append((round(start + first, 6), round(length, 6), text(marker)))
    return found


def expected(review: ReviewHandover) -> Read:
    """Where the comments stand, computed without the code under test: clips of one rate, one after the other."""
    found: Read = []
    start = 0
    for item in review.items:
        for one in item.comments:
            first, last = (0, (item.frames or 1) - 1) if one.frame_in is None else (one.frame_in, one.frame_out or 0)
            found.append((start + first, last - first + 1, one.text))
        start += item.frames or 1
    return sorted(found)


def frames(label: str, rate: Fraction) -> int:
    """Drop-frame labels as OpenTimelineIO counts them, the others by plain counting."""
    if ";" in label:
        return otio.opentime.from_timecode(label, float(rate)).to_frames()
    hours, minutes, seconds, frames = (int(part) for part in label.split(":"))
    return ((hours * 60 + minutes) * 60 + seconds) * round(rate) + frames


def hour(rate: Fraction) -> int:
    return frames("01:00:00;00" if rate.denominator == 1001 and rate > 25 else "01:00:00:00", rate)


def fcpxml(data: bytes, rate: Fraction) -> Read:
    """FCPXML by its own clock: seconds as fractions, a clip's markers on the clip's time."""
    sequence = ET.fromstring(data).find("library/event/project/sequence")  # noqa: S314  what we wrote
    assert sequence is not None
    begin = _seconds(sequence, "tcStart")
    assert begin * rate == hour(rate)
    found: Read = []
    for clip in sequence.iterfind("spine/*"):
        for marker in clip.iterfind("marker"):
            at = _seconds(clip, "offset") - begin + _seconds(marker, "start") - _seconds(clip, "start")
            first, length = at * rate, _seconds(marker, "duration") * rate
            assert (first.denominator, length.denominator) == (1, 1)
            found.append((int(first), int(length), marker.get("value", "")))
    return found


def _seconds(element: ET.Element, name: str) -> Fraction:
    value = element.get(name, "")
    assert value.endswith("s")
    return Fraction(value[:-1])


def in_sequence(label: str, rate: Fraction) -> int:
    """A timecode of the sequence in frames from its beginning."""
    return frames(label, rate) - hour(rate)
