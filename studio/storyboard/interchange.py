"""Hand-over to other programs: OpenTimelineIO with its EDL and FCPXML adapters, and a shot list as CSV.

OpenTimelineIO writes the formats; we only say what is where. Clips are named by shot number, notes are markers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from studio.film.timeline import Transition
from studio.storyboard.model import Board, overlap_s
from studio.storyboard.to_timeline import Clips, part

if TYPE_CHECKING:
    from opentimelineio.schema import Clip as TimelineClip
    from opentimelineio.schema import Timeline

FORMATS = {"otio": "otio_json", "edl": "cmx_3600", "fcpxml": "fcpx_xml"}
"""Ending -> OpenTimelineIO's adapter."""

COLUMNS = (
    *("number", "start_s", "length_s", "status", "prompt", "dialogue", "sound", "shot_size", "lens", "move"),
    *("model", "transition", "cast", "notes", "take", "file"),
)


def timeline(board: Board, clips: Clips, *, folder: str = "media") -> Timeline:
    """The board as an OpenTimelineIO timeline; media are relative to the file, in `folder`."""
    import opentimelineio as otio

    made = otio.schema.Timeline(board.title)
    made.metadata["wan_studio"] = {"board": board.id, "style": board.style}
    track = otio.schema.Track("Picture", kind=otio.schema.TrackKind.Video)
    for index, shot in enumerate(board.shots):
        clip = clips.get(shot.id)
        after = board.shots[index + 1] if index + 1 < len(board.shots) else None
        overlap = overlap_s(shot, after) if after else 0.0
        before = overlap_s(board.shots[index - 1], shot) if index else 0.0
        track.append(_clip(board, index, clips, folder, lead_s=before / 2, tail_s=overlap / 2))
        if clip and overlap:
            half = otio.opentime.RationalTime(round(overlap / 2 * board.fps), board.fps)
            track.append(
                otio.schema.Transition(
                    name=shot.transition.value, in_offset=half, out_offset=half,
                    transition_type=otio.schema.TransitionTypes.SMPTE_Dissolve
                    if shot.transition is Transition.CROSSFADE else otio.schema.TransitionTypes.Custom,
                )
            )  # fmt: skip
    made.tracks.append(track)
    return made


def _clip(board: Board, index: int, clips: Clips, folder: str, *, lead_s: float, tail_s: float) -> TimelineClip:
    """A shot's clip. Half of each transition is cut off both neighbours: editing programs lay transitions over cuts."""
    import opentimelineio as otio

    shot, rate = board.shots[index], board.fps
    clip = clips.get(shot.id)
    start, end = part(shot, clip) if clip else (0.0, shot.length_s)

    def span(a: float, b: float) -> otio.opentime.TimeRange:
        first = round(a * rate)
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(first, rate), otio.opentime.RationalTime(max(1, round(b * rate) - first), rate)
        )

    media: otio.schema.ExternalReference | otio.schema.MissingReference = otio.schema.MissingReference()
    if clip:
        name = file_name(board, shot.id, clip.path.suffix)
        media = otio.schema.ExternalReference(f"{folder}/{name}", span(0, clip.asset.duration_s or end))
        media.name = name
    made = otio.schema.Clip(f"Shot {index + 1:03d}", media, span(start + lead_s, end - tail_s))
    made.metadata["wan_studio"] = {"shot": shot.id, "prompt": shot.prompt, "status": shot.status.value}
    if shot.notes:
        made.markers.append(otio.schema.Marker(shot.notes[:200], span(start, start + 1 / rate)))
    return made


def write(board: Board, clips: Clips, out: Path, form: str) -> None:
    """The timeline as a file of this form (a key of FORMS)."""
    import opentimelineio as otio

    otio.adapters.write_to_file(timeline(board, clips), str(out), adapter_name=FORMATS[form])


def file_name(board: Board, shot_id: str, suffix: str) -> str:
    """The name of a shot's media file in a hand-over: shot_003.mp4."""
    number = [s.id for s in board.shots].index(shot_id) + 1
    return f"shot_{number:03d}{suffix}"


def shot_list(board: Board, clips: Clips, takes: Mapping[str, str]) -> str:
    """The shots as CSV, one a line. takes: shot id -> name of the take in the film.

    A cell that a spreadsheet would run as a formula is written with a leading apostrophe.
    """
    made = io.StringIO()
    table = csv.DictWriter(made, COLUMNS)
    table.writeheader()
    for number, (shot, start) in enumerate(zip(board.shots, board.starts_s(), strict=True), 1):
        row = {"number": number, "start_s": start, "length_s": round(shot.length_s, 3), "status": shot.status.value}
        row |= {k: getattr(shot, k) for k in ("prompt", "dialogue", "sound", "shot_size", "lens", "move", "notes")}
        row |= {"model": shot.model or board.model, "transition": shot.transition.value}
        row |= {"cast": " ".join(shot.mentions()), "take": takes.get(shot.id, "")}
        row |= {"file": file_name(board, shot.id, clips[shot.id].path.suffix) if shot.id in clips else ""}
        table.writerow({k: _inert(v) for k, v in row.items()})
    return made.getvalue()


def _inert(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
