"""A contact sheet as PDF: every shot with its picture, time, words and status, for approval on paper or by mail."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from studio.film.timeline import Timeline
from studio.storyboard.model import Board, Shot, ShotStatus

FONT = Path(__file__).parents[2] / "assets" / "fonts"
COLUMNS, MARGIN_MM, GAP_MM = 3, 12.0, 6.0
TEXT_MM = 24.0
"""Height of the words under a picture."""

STATUS_COLOURS = {
    ShotStatus.APPROVED: (46, 125, 50),
    ShotStatus.RETAKE: (198, 40, 40),
    ShotStatus.IN_REVIEW: (239, 108, 0),
    ShotStatus.DRAFT: (117, 117, 117),
}


def write(board: Board, timeline: Timeline, pictures: Mapping[str, Path], out: Path) -> int:
    """Write the sheet (A4, landscape) and return its number of pages. pictures: shot id -> a still of it."""
    from fpdf import FPDF

    pdf = FPDF(orientation="landscape", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_title(board.title)
    pdf.set_creator("Wan Studio")
    font = next(FONT.glob("*.otf"), None) or next(FONT.glob("*.ttf"))
    pdf.add_font("studio", fname=str(font))
    cell_width = (pdf.w - 2 * MARGIN_MM - (COLUMNS - 1) * GAP_MM) / COLUMNS
    cell_height = min(cell_width * board.height / board.width, (pdf.h - 40) / 2 - TEXT_MM)
    rows = max(1, int((pdf.h - 2 * MARGIN_MM - 10) // (cell_height + TEXT_MM)))
    for index, shot in enumerate(board.shots):
        slot = index % (rows * COLUMNS)
        if slot == 0:
            _page(pdf, board, timeline)
        x = MARGIN_MM + slot % COLUMNS * (cell_width + GAP_MM)
        y = MARGIN_MM + 12 + slot // COLUMNS * (cell_height + TEXT_MM)
        pdf.set_fill_color(235, 235, 238)
        pdf.rect(x, y, cell_width, cell_height, style="F")
        if picture := pictures.get(shot.id):
            pdf.image(str(picture), x=x, y=y, w=cell_width, h=cell_height, keep_aspect_ratio=True)
        pdf.set_xy(x, y + cell_height + 1)
        pdf.set_font("studio", size=8)
        pdf.set_text_color(*STATUS_COLOURS[shot.status])
        pdf.cell(cell_width, 4, caption(board, timeline, index))
        pdf.set_xy(x, y + cell_height + 5)
        pdf.set_text_color(40, 40, 40)
        pdf.multi_cell(cell_width, 3.6, _truncate(words(shot)), align="L")
    if not board.shots:
        _page(pdf, board, timeline)
    pdf.output(str(out))
    return pdf.pages_count


def words(shot: Shot) -> str:
    """A shot's words under its picture: camera and place, what happens, what is said."""
    said = shot.dialogue.splitlines()
    parts = (shot.shot_size, shot.angle, shot.move, shot.place, shot.prompt, *said, shot.voice_over, shot.music)
    return " · ".join(filter(None, map(str.strip, parts)))


def caption(board: Board, timeline: Timeline, index: int) -> str:
    """What stands under a shot's picture: its number, when the film shows it, its status."""
    shot, start_s = board.shots[index], timeline.starts_s()[index]
    number = f"{index + 1} ({shot.number})" if shot.number else f"{index + 1}"
    return f"{number}   {start_s:.1f}-{start_s + timeline.shown_s(index):.1f} s   {_status_label(shot.status)}"


def _page(pdf: object, board: Board, timeline: Timeline) -> None:
    pdf.add_page()  # type: ignore[attr-defined]
    pdf.set_font("studio", size=13)  # type: ignore[attr-defined]
    pdf.set_text_color(20, 20, 24)  # type: ignore[attr-defined]
    pdf.set_xy(MARGIN_MM, MARGIN_MM - 2)  # type: ignore[attr-defined]
    pdf.cell(0, 8, f"{board.title}   {timeline.length_s:.1f} s, {len(board.shots)} shots")  # type: ignore[attr-defined]


def _status_label(status: ShotStatus) -> str:
    return status.value.replace("_", " ")


def _truncate(text: str, max_chars: int = 190) -> str:
    return text if len(text) <= max_chars else text[: max_chars - 1] + "…"
