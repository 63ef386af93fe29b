"""Comments as a table for spreadsheets and scripts: CSV in UTF-8 with a byte order mark, a comment a row.

Frames and `timecode_in/_out` are the clip's own, as the player shows them; `sequence_in` is where the timelines of the
other formats have the comment, from 01:00:00:00. Ends are included. Cells that a spreadsheet would take for formulas
begin with an apostrophe.
"""

from __future__ import annotations

import csv
import io

from studio.media.csv_cells import BYTE_ORDER_MARK, plain_cell
from studio.review.handover.model import HandoverComment, ReviewHandover
from studio.review.handover.sequence import Placed, lay_out
from studio.review.handover.text import legible, said_by
from studio.review.timecode import hour, timecode

COLUMNS = (
    *("item", "version", "file", "rate", "timecode_in", "timecode_out", "frame_in", "frame_out", "sequence_in"),
    *("author", "text", "replies", "resolved", "internal", "drawing", "created_at", "id"),
)


def write(review: ReviewHandover) -> bytes:
    """The table."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS)
    table.writeheader()
    for placed in lay_out(review):
        for comment in placed.comments:
            table.writerow({name: plain_cell(cell) for name, cell in _row(placed, comment).items()})
    return (BYTE_ORDER_MARK + text.getvalue()).encode("utf-8")


def _row(placed: Placed, comment: HandoverComment) -> dict[str, object]:
    item, (first, frames) = placed.item, placed.span(comment)
    row: dict[str, object] = dict.fromkeys(COLUMNS, "")
    if comment.frame_in is not None and item.rate:
        last = first + frames - 1
        row |= {"timecode_in": timecode(first, item.rate), "timecode_out": timecode(last, item.rate)}
        row |= {"frame_in": first, "frame_out": last}
    row |= {"item": legible(item.title), "version": item.number, "file": item.file, "rate": str(item.rate or "")}
    row |= {"sequence_in": timecode(hour(placed.sequence_rate) + placed.at(first), placed.sequence_rate)}
    row |= {"author": legible(comment.author), "text": legible(comment.text)}
    row |= {"replies": "\n".join(said_by(reply.author, reply.text) for reply in comment.replies)}
    row |= {"resolved": _yes(comment.resolved), "internal": _yes(comment.internal)}
    return row | {"drawing": _yes(bool(comment.drawing)), "created_at": comment.created_at, "id": comment.id}


def _yes(value: bool) -> str:
    return "yes" if value else "no"
