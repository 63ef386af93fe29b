"""Comments as a PDF to print or send: each with its frame and what was drawn over it, its timecode and its thread."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO

from fpdf.enums import XPos, YPos

from studio.messages import Message
from studio.review.handover.model import HandoverComment, Mark, ReviewHandover
from studio.review.handover.sequence import Placed, lay_out
from studio.review.handover.text import legible, one_line
from studio.review.printable import MISSING
from studio.review.sheet import CREATOR, DIM, FOOTER_MM, INK, MARGIN_MM, PAPER, RGB, RULE, Sheet, moment
from studio.review.timecode import timecode

PICTURE_MM = (78.0, 50.0)
GAP_MM, INDENT_MM = 8.0, 4.0
TEXT_PT, TEXT_MM = 9.5, 4.7
SMALL_PT, SMALL_MM = 8.0, 4.0
MIN_BLOCK_MM = 60.0
"""Of a comment that must fit on the rest of a page; what is longer goes on on the next one."""
COLOURS: dict[Mark, RGB] = {Mark.OPEN: (214, 69, 55), Mark.RESOLVED: (46, 125, 50), Mark.INTERNAL: (123, 63, 171)}


def write(
    review: ReviewHandover, pictures: Mapping[str, bytes], *, language: str, made_at: datetime, made_by: str
) -> bytes:
    """The document. pictures: comment id -> its frame with the drawing, as JPEG. Times are UTC and say so."""
    pdf = _Comments(review, language, made_at, made_by)
    pdf.head()
    for placed in lay_out(review):
        if placed.comments:
            pdf.clip(placed, pictures)
    pdf.end()
    return bytes(pdf.output())


class _Comments(Sheet):
    def __init__(self, review: ReviewHandover, language: str, made_at: datetime, made_by: str) -> None:
        self._review, self._made_at, self._made_by = review, made_at, made_by
        foot = f"{review.title} · {moment(made_at)}"
        super().__init__(
            title=review.title, foot=foot, page_words="reviewexport.page", language=language, made_at=made_at
        )

    def head(self) -> None:
        """What the document is, and how many comments there are."""
        self.add_page()
        self.ink(9, DIM)
        self.cell(0, 5, CREATOR, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(3)
        self.ink(10, DIM)
        self.paragraph(Message("reviewexport.comments_of_review").text(self.language), 5.5)
        self.ink(20)
        with self.strong(0.22):
            self.paragraph(one_line(self._review.title), 9.5)
        self.ln(1)
        comments = [comment for item in self._review.items for comment in item.comments]
        counts = Message("reviewexport.counts", open=sum(not c.resolved for c in comments), all=len(comments))
        self.ink(9, DIM)
        self.paragraph(_joined(counts.text(self.language), moment(self._made_at), self._made_by), SMALL_MM + 0.6)
        if not comments:
            self.ln(8)
            self.ink(11, DIM)
            self.paragraph(Message("reviewexport.no_comments").text(self.language), 6)

    def clip(self, placed: Placed, pictures: Mapping[str, bytes]) -> None:
        """A clip's heading and its comments; the heading stays with the first of them."""
        item = placed.item
        if self._room() < MIN_BLOCK_MM + 16:
            self.add_page()
        self.ln(5)
        self.set_draw_color(*INK)
        self.set_line_width(0.4)
        self.line(MARGIN_MM, self.get_y(), self.w - MARGIN_MM, self.get_y())
        self.ln(2.5)
        version = Message("reviewexport.version", number=item.number).text(self.language)
        rate = Message("reviewexport.rate", rate=f"{float(item.rate):.5g}").text(self.language) if item.rate else ""
        facts = self.drawable(_joined(version, rate))
        self.ink(9, DIM)
        wide = self.get_string_width(facts) + 2
        self.ink(13)
        with self.strong(0.16):
            self.cell(self.epw - wide, 6.5, self.fitting(one_line(item.title), self.epw - wide - 2))
        self.ink(9, DIM)
        self.cell(wide, 6.5, facts, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        for number, comment in enumerate(placed.comments):
            self._comment(placed, comment, pictures.get(comment.id), ruled=number > 0)

    def end(self) -> None:
        """What a reader has to know about characters that the font does not have."""
        if self.missed:
            self.ln(6)
            self.ink(SMALL_PT, DIM)
            self.paragraph(Message("reviewexport.missing_characters", sign=MISSING).text(self.language), SMALL_MM)

    def _comment(self, placed: Placed, comment: HandoverComment, picture: bytes | None, *, ruled: bool) -> None:
        wide, high = PICTURE_MM
        left = MARGIN_MM + wide + GAP_MM
        needed = self._height(comment, self.w - MARGIN_MM - left)
        if self._room() < min(max(high + 8, needed), self._page_room()):
            self.add_page()
        elif ruled:
            self.ln(3)
            self.set_draw_color(*RULE)
            self.set_line_width(0.2)
            self.line(MARGIN_MM, self.get_y(), self.w - MARGIN_MM, self.get_y())
        self.ln(4)
        page, top = self.page, self.get_y()
        high = self._picture(placed, picture, top)
        self.set_left_margin(left)
        self.set_xy(left, top)
        self._place(placed, comment)
        self.ink(TEXT_PT)
        self.paragraph(legible(comment.text), TEXT_MM)
        self._replies(comment, left)
        self.set_left_margin(MARGIN_MM)
        below = top + high if self.page == page else 0
        self.set_xy(MARGIN_MM, max(self.get_y(), below))

    def _picture(self, placed: Placed, picture: bytes | None, top: float) -> float:
        """Place the picture, or say why there is none; returns its height in mm."""
        wide, high = PICTURE_MM
        if picture is None:
            self.set_fill_color(*PAPER)
            self.rect(MARGIN_MM, top, wide, high, style="F")
            self.ink(9, DIM)
            self.set_xy(MARGIN_MM, top + high / 2 - 3)
            word = "reviewexport.sound" if placed.item.kind == "audio" else "reviewexport.no_picture"
            self.cell(wide, 6, self.say(Message(word)), align="C")
            return high
        item = placed.item
        scale = min(wide / item.width, high / item.height) if item.width and item.height else 1.0
        size = (item.width * scale, item.height * scale) if item.width and item.height else (wide, high)
        x = MARGIN_MM + (wide - size[0]) / 2
        self.image(BytesIO(picture), x=x, y=top, w=size[0], h=size[1])
        return size[1]

    def _place(self, placed: Placed, comment: HandoverComment) -> None:
        """Timecode and frame, then who wrote it and whether it is done."""
        first, frames = placed.span(comment)
        rate = placed.item.rate
        self.ink(12)
        with self.strong(0.14):
            if comment.frame_in is None or rate is None:
                self.paragraph(Message("reviewexport.whole_clip").text(self.language), 6)
            elif frames == 1:
                self.paragraph(timecode(first, rate), 6)
            else:
                self.paragraph(f"{timecode(first, rate)} – {timecode(first + frames - 1, rate)}", 6)
        if comment.frame_in is not None and rate is not None:
            self.ink(SMALL_PT, DIM)
            words = Message("reviewexport.frame", frame=first)
            if frames > 1:
                words = Message("reviewexport.frames", first=first, last=first + frames - 1)
            self.paragraph(words.text(self.language), SMALL_MM)
        self.ln(1.5)
        self._chip(comment)
        self.ink(SMALL_PT, DIM)
        self.paragraph(_joined(one_line(comment.author), _when(comment.created_at)), SMALL_MM)
        self.ln(1.6)

    def _chip(self, comment: HandoverComment) -> None:
        """Open or resolved by colour and in words."""
        x, y = self.get_x(), self.get_y()
        self.set_fill_color(*COLOURS[comment.mark])
        self.ellipse(x, y + 1.0, 2.4, 2.4, style="F")
        self.set_x(x + 4)
        words = [Message("reviewexport.resolved" if comment.resolved else "reviewexport.open").text(self.language)]
        words += [Message("reviewexport.internal").text(self.language)] if comment.internal else []
        self.ink(SMALL_PT + 0.5, INK)
        self.cell(0, 4.4, self.drawable(" · ".join(words)), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _replies(self, comment: HandoverComment, left: float) -> None:
        for reply in comment.replies:
            self.ln(2)
            self.set_left_margin(left + INDENT_MM)
            self.set_x(left + INDENT_MM)
            page, top = self.page, self.get_y()
            self.ink(SMALL_PT, DIM)
            self.paragraph(_joined(one_line(reply.author), _when(reply.created_at)), SMALL_MM)
            self.ink(TEXT_PT - 0.5)
            self.paragraph(legible(reply.text), TEXT_MM - 0.3)
            if self.page == page:
                self.set_draw_color(*RULE)
                self.set_line_width(0.5)
                self.line(left + 1, top + 0.6, left + 1, self.get_y() - 0.4)
            self.set_left_margin(left)

    def _height(self, comment: HandoverComment, wide: float) -> float:
        """How high a comment's words are, in mm."""
        self.ink(TEXT_PT)
        high = 24 + self.height_of(legible(comment.text), wide, TEXT_MM)
        self.ink(TEXT_PT - 0.5)
        for reply in comment.replies:
            high += 2 + SMALL_MM + self.height_of(legible(reply.text), wide - INDENT_MM, TEXT_MM - 0.3)
        return high

    def _room(self) -> float:
        """What is left of the page, in mm."""
        return self.h - FOOTER_MM - 4 - self.get_y()

    def _page_room(self) -> float:
        return self.h - FOOTER_MM - 4 - MARGIN_MM


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))


def _when(created_at: str) -> str:
    """A stored time as people read it."""
    return moment(datetime.fromisoformat(created_at))
