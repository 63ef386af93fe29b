"""Shots as a table: CSV, TSV and Markdown, a row a shot, in the columns of shot list templates."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from studio.media.csv_cells import plain_cell
from studio.prompt.script.model import Script, ScriptShot
from studio.storyboard.script_writers.prose import spoken_lines, without_marks

COLUMNS = (
    *("Shot", "Duration (s)", "Shot Size", "Camera Angle", "Lens", "Camera Movement", "Location", "Characters"),
    *("Description", "Dialogue", "Voice-over", "Sound", "Music", "Transition", "Notes"),
)


def comma_separated(script: Script) -> str:
    """CSV. A cell that a spreadsheet would run as a formula has a leading apostrophe."""
    return _separated(script, "excel")


def tab_separated(script: Script) -> str:
    """TSV, as spreadsheets copy it."""
    return _separated(script, "excel-tab")


def markdown(script: Script) -> str:
    """A Markdown table. Line breaks in a cell are <br>."""
    rows = [COLUMNS, ["---"] * len(COLUMNS), *(list(map(_cell, _row(shot))) for shot in script.shots)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _separated(script: Script, dialect: str) -> str:
    text = io.StringIO()
    table = csv.writer(text, dialect, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows([plain_cell(cell) for cell in _row(shot)] for shot in script.shots)
    return text.getvalue()


def _row(shot: ScriptShot) -> Iterator[str]:
    yield from (shot.number, f"{shot.duration_s:g}", shot.shot_size, shot.angle, shot.lens, shot.move, shot.place)
    yield ", ".join(shot.cast)
    yield without_marks(shot.prompt)
    yield spoken_lines(shot)
    yield from (shot.voice_over, shot.sound, shot.music, shot.transition, shot.notes)


def _cell(words: str) -> str:
    return "<br>".join(words.strip().splitlines()).replace("|", "\\|")
