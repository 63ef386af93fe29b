"""A page of a printed report: A4, the project's font, a line of facts at the foot of each page."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from studio.messages import Message
from studio.review.printable import MISSING, printable

FONTS = Path(__file__).parents[2] / "assets" / "fonts"
MARGIN_MM, FOOTER_MM = 18.0, 16.0
INK, DIM, RULE, PAPER = (26, 28, 34), (98, 102, 112), (214, 217, 223), (245, 246, 248)
CREATOR = "Wan Studio"
ALL_PAGES = "{nb}"
"""Stands for the number of pages until FPDF knows it."""
RGB = tuple[int, int, int]


class Sheet(FPDF):
    """A document that writes top to bottom. The font has one weight: what stands out gets a line around its letters.

    foot: stands on every page beside its number. page_words: id of the message "page {n} of {all}".
    """

    def __init__(self, *, title: str, foot: str, page_words: str, language: str, made_at: datetime) -> None:
        super().__init__(format="A4")
        self.language, self._foot, self._page_words = language, foot, page_words
        self.missed = False
        """Whether a character was left out that the font does not have."""
        self.add_font("studio", fname=str(next(FONTS.glob("*.otf"))))
        font = self.fonts["studio"]
        self._covered: Collection[int] = font.cmap.keys() if isinstance(font, TTFFont) else ()
        self.set_margins(MARGIN_MM, MARGIN_MM)
        self.c_margin = 0.0
        self.set_auto_page_break(True, FOOTER_MM + 4)
        self.set_title(self.drawable(title))
        self.set_creator(CREATOR)
        self.set_creation_date(made_at)
        self.alias_nb_pages()

    def footer(self) -> None:
        """Called by FPDF at the end of each page."""
        self.set_y(-FOOTER_MM)
        self.set_draw_color(*RULE)
        self.set_line_width(0.2)
        self.line(MARGIN_MM, self.get_y(), self.w - MARGIN_MM, self.get_y())
        self.ln(2)
        self.set_x(MARGIN_MM)
        self.ink(7.5, DIM)
        width = self.w - 2 * MARGIN_MM
        wider = self.get_string_width(ALL_PAGES) - self.get_string_width("0")  # as long as its number is not known
        self.cell(width - 30, 4, self.fitting(self._foot, width - 32))
        self.cell(30 + wider, 4, self.say(Message(self._page_words, n=self.page_no(), all=ALL_PAGES)), align="R")

    def ink(self, size: float, colour: RGB = INK) -> None:
        """Write in this size (points) and colour from here on."""
        self.set_font("studio", size=size)
        self.set_text_color(*colour)

    def strong(self, line: float):
        """Letters with an outline (mm) of their own colour, as a heavier weight of the font would have."""
        return self.local_context(text_mode="FILL_STROKE", line_width=line, draw_color=self.text_color)

    def paragraph(self, text: str, height: float) -> None:
        """Text over the width between the margins, on to the next page where it must; height of a line in mm."""
        self.multi_cell(0, height, self.drawable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def height_of(self, text: str, width: float, height: float) -> float:
        """How high a paragraph of this width would be, in mm, in the size that is set."""
        return float(self.multi_cell(width, height, self.drawable(text), align="L", dry_run=True, output="HEIGHT"))  # pyright: ignore[reportArgumentType]

    def say(self, words: Message) -> str:
        """A message in the document's language."""
        return self.drawable(words.text(self.language))

    def drawable(self, text: str) -> str:
        """The text in characters that the font has."""
        drawn = printable(text, self._covered)
        self.missed = self.missed or drawn.count(MISSING) > text.count(MISSING)
        return drawn

    def fitting(self, text: str, width: float) -> str:
        """The text cut to a width in mm."""
        text = self.drawable(text)
        while text and self.get_string_width(text) > width:
            text = text[:-2].rstrip() + "…" if len(text) > 2 else ""
        return text


def moment(at: datetime) -> str:
    """A time as reports have it: UTC, and saying so, so that two readers in two places read the same."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
