"""Hand-over to other programs: OpenTimelineIO with its EDL and FCPXML adapters, and a shot list as CSV.

OpenTimelineIO writes the formats; we only say what is where. Clips are named by shot number, notes are markers.
"""

# pyright: basic
# OpenTimelineIO has no types.

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from studio.film.timeline import Segment, Transition, frame_exact_length_s, nearest_frame
from studio.media.csv_cells import plain_cell
from studio.storyboard import to_timeline
from studio.storyboard.model import Board, Shot
from studio.storyboard.script_writers.prose import spoken_lines, without_marks
from studio.storyboard.to_script import to_script
from studio.storyboard.to_timeline import Clips

if TYPE_CHECKING:
    from opentimelineio.schema import Clip as TimelineClip
    from opentimelineio.schema import Timeline

WORDS = (
    *("prompt", "dialogue", "voice_over", "sound", "music", "shot_size", "angle", "lens", "move", "place", "notes"),
)
"""Columns of the shot list that are words of the shot."""
FORMATS = {"otio": "otio_json", "edl": "cmx_3600", "fcpxml": "fcpx_xml"}
"""Ending -> OpenTimelineIO's adapter."""

COLUMNS = (
    *("number", "start_s", "length_s", "status", "prompt", "dialogue", "voice_over", "sound", "music"),
    *("shot_size", "angle", "lens", "move", "place", "model", "transition", "cast", "notes", "take", "file"),
)


MAX_MARKER_CHARS = 200


def timeline(board: Board, clips: Clips, *, folder: str = "media") -> Timeline:
    """The board as an OpenTimelineIO timeline; media are relative to the file, in `folder`."""
    import opentimelineio as otio

    result = otio.schema.Timeline(board.title)
    result.metadata["wan_studio"] = {"board": board.id, "style": board.style}
    track = otio.schema.Track("Picture", kind=otio.schema.TrackKind.Video)
    lead = 0
    for index, (shot, segment) in enumerate(zip(board.shots, to_timeline.timeline(board, clips).segments, strict=True)):
        tail = segment.overlap - segment.overlap // 2
        track.append(_clip(board, index, clips, folder, segment, lead=lead, tail=tail))
        lead = segment.overlap - tail  # what the next clip gives to the transition
        if shot.id in clips and segment.overlap:
            track.append(
                otio.schema.Transition(
                    name=shot.transition.value,
                    in_offset=otio.opentime.RationalTime(lead, board.fps),
                    out_offset=otio.opentime.RationalTime(tail, board.fps),
                    transition_type=otio.schema.TransitionTypes.SMPTE_Dissolve
                    if shot.transition is Transition.CROSSFADE else otio.schema.TransitionTypes.Custom,
                )
            )  # fmt: skip
    result.tracks.append(track)
    return result


def _clip(
    board: Board, index: int, clips: Clips, folder: str, segment: Segment, *, lead: int, tail: int
) -> TimelineClip:
    """A shot's clip, less `lead` and `tail` frames that its transitions share with the neighbours: editing programs lay
    transitions over cuts."""
    import opentimelineio as otio

    shot, rate = board.shots[index], board.fps
    clip = clips.get(shot.id)

    def span(first: int, last: int) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(first, rate), otio.opentime.RationalTime(max(1, last - first), rate)
        )

    media: otio.schema.ExternalReference | otio.schema.MissingReference = otio.schema.MissingReference()
    if clip:
        name = file_name(board, shot.id, clip.path.suffix)
        media = otio.schema.ExternalReference(f"{folder}/{name}", span(0, _media_frames(clip, segment, rate)))
        media.name = name
    result = otio.schema.Clip(f"Shot {index + 1:03d}", media, span(segment.first + lead, segment.last - tail))
    result.metadata["wan_studio"] = {"shot": shot.id, "status": shot.status.value, **_words(shot)}
    for mark in _marks(shot):
        result.markers.append(otio.schema.Marker(mark, span(segment.first, segment.first + 1)))
    return result


def _words(shot: Shot) -> dict[str, str]:
    """What the shot says of itself, as far as it says something."""
    names = (
        "number",
        "prompt",
        "shot_size",
        "angle",
        "lens",
        "move",
        "place",
        "dialogue",
        "voice_over",
        "sound",
        "music",
    )
    words: dict[str, str] = {name: getattr(shot, name) for name in names}
    words["cast"] = ", ".join(shot.mentions())
    return {name: value for name, value in words.items() if value or name == "prompt"}


def _marks(shot: Shot) -> list[str]:
    """A marker each: the shot's own number with its place, who is heard, and its notes."""
    marks = {
        "": " ".join(filter(None, (shot.number, shot.place))),
        "Dialogue: ": shot.dialogue,
        "Voice-over: ": shot.voice_over,
        "Music: ": shot.music,
    }
    lines = [f"{label}{' '.join(words.split())}" for label, words in marks.items() if words.strip()]
    return [line[:MAX_MARKER_CHARS] for line in [*lines, " ".join(shot.notes.split())] if line]


def _media_frames(clip: to_timeline.Clip, segment: Segment, rate: int) -> int:
    """Frames of the whole file at the board's rate."""
    length_s = frame_exact_length_s(clip.asset.duration_s or 0.0, clip.asset.fps)
    return max(segment.last, nearest_frame(length_s, Fraction(rate)))


def write(board: Board, clips: Clips, out: Path, form: str) -> None:
    """The timeline as a file of this form (a key of FORMS)."""
    import opentimelineio as otio

    otio.adapters.write_to_file(timeline(board, clips), str(out), adapter_name=FORMATS[form])


def file_name(board: Board, shot_id: str, suffix: str) -> str:
    """The name of a shot's media file in a hand-over: shot_003.mp4."""
    number = [s.id for s in board.shots].index(shot_id) + 1
    return f"shot_{number:03d}{suffix}"


def shot_list(board: Board, clips: Clips, takes: Mapping[str, str]) -> str:
    """The shots as CSV, one a line, as the studio reads it again. takes: shot id -> name of the take in the film.

    Words of the shot have no @ before names: the column cast has them. A cell that a spreadsheet would run as a formula
    is written with a leading apostrophe.
    """
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS)
    table.writeheader()
    timing = to_timeline.timeline(board, clips)
    told = to_script(board).shots
    for index, (shot, start) in enumerate(zip(board.shots, timing.starts_s(), strict=True)):
        row: dict[str, object] = {
            "number": shot.number or index + 1,
            "start_s": round(start, 3),
            "length_s": round(timing.shown_s(index), 3),
        }
        row |= {"status": shot.status.value}
        row |= {k: without_marks(getattr(shot, k)) for k in WORDS}
        row |= {"model": shot.model or board.model, "transition": shot.transition.value}
        row |= {
            "cast": ", ".join(told[index].cast),
            "dialogue": spoken_lines(told[index]),
            "take": takes.get(shot.id, ""),
        }
        row |= {"file": file_name(board, shot.id, clips[shot.id].path.suffix) if shot.id in clips else ""}
        table.writerow({k: plain_cell(v) for k, v in row.items()})
    return text.getvalue()
