"""The approval report as a PDF: who approved what and when, and where each picture comes from. For clients and lawyers.

Times are UTC and say so, so that two readers in two places read the same.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from studio.messages import Message
from studio.review.printable import MISSING, printable
from studio.review.report_facts import ApprovalReport, ReportItem, StatusMark, StatusStep

FONTS = Path(__file__).parents[2] / "assets" / "fonts"
MARGIN_MM, FOOTER_MM = 18.0, 16.0
LABEL_MM, LINE_MM = 38.0, 4.6
PICTURE_MM = (84.0, 50.0)
MAX_PROMPT_CHARS = 20_000
INK, DIM, RULE, PAPER = (26, 28, 34), (98, 102, 112), (214, 217, 223), (245, 246, 248)
CREATOR = "Wan Studio"


def write(report: ApprovalReport, language: str, out: Path) -> int:
    """Write the report (A4) in this language and return its number of pages."""
    pdf = _Document(report, language)
    pdf.title_page()
    for item in report.items:
        pdf.item(item)
    pdf.output(str(out))
    return pdf.pages_count


class _Document(FPDF):
    """The pages, top to bottom. The font has one weight: what stands out is drawn with a line around its letters."""

    def __init__(self, report: ApprovalReport, language: str) -> None:
        super().__init__(format="A4")
        self._report, self._language = report, language
        font = str(next(FONTS.glob("*.otf")))
        self.add_font("studio", fname=font)
        self._covered: Collection[int] = TTFont(font, lazy=True)["cmap"].getBestCmap() or ()
        self.set_margins(MARGIN_MM, MARGIN_MM)
        self.c_margin = 0.0
        self.set_auto_page_break(True, FOOTER_MM + 4)
        self.set_title(self._drawable(f"{self._say(Message('approval_report.title'))}: {report.title}"))
        self.set_creator(f"{CREATOR} {report.studio_version}")
        self.set_creation_date(report.made_at)
        self.alias_nb_pages()

    def footer(self) -> None:
        """The review and the moment on every page, so that a single sheet is known."""
        self.set_y(-FOOTER_MM)
        self.set_draw_color(*RULE)
        self.line(MARGIN_MM, self.get_y(), self.w - MARGIN_MM, self.get_y())
        self.ln(2)
        self._ink(7.5, DIM)
        left = f"{self._report.title} · {_moment(self._report.made_at)} · {self._report.review}"
        self.cell(self.epw - 30, 4, self._fitting(left, self.epw - 32))
        page = self._say(Message("approval_report.page", n=self.page_no(), all="{nb}"))
        self.cell(30, 4, page, align="R")

    def title_page(self) -> None:
        """What the report is about, and each item in a line."""
        report = self._report
        self.add_page()
        self._ink(9, DIM)
        self.cell(0, 5, CREATOR, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(16)
        self._ink(11, DIM)
        self.cell(0, 6, self._say(Message("approval_report.title")), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._ink(24, INK)
        with self._strong(0.25):
            self.multi_cell(0, 11, self._drawable(report.title), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(6)
        self._fact(
            Message("approval_report.project"), report.project or self._say(Message("approval_report.no_project"))
        )
        self._fact(Message("approval_report.made"), f"{_moment(report.made_at)}, {report.made_by}")
        self._fact(Message("approval_report.studio"), f"{CREATOR} {report.studio_version}")
        self._fact(Message("approval_report.review_id"), report.review)
        outcome = Message("approval_report.outcome", done=report.approved, all=len(report.items))
        self._fact(Message("approval_report.result"), self._say(outcome))
        self.ln(6)
        self._summary()
        self.ln(4)
        self._ink(8, DIM)
        notes = [Message("approval_report.note_hash"), Message("approval_report.note_version")]
        if self._has_missing():
            notes.append(Message("approval_report.note_characters", sign=MISSING))
        for note in notes:
            self.multi_cell(0, 4, self._say(note), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            self.ln(1)

    def _summary(self) -> None:
        heads = (
            Message("approval_report.item"), Message("approval_report.version"), Message("approval_report.status"),
            Message("approval_report.approved_by"), Message("approval_report.when"),
        )  # fmt: skip
        rows: list[tuple[str, ...]] = []
        for item in self._report.items:
            approval = item.approval
            by, at = (approval.by, _moment(approval.at)) if approval else ("–", "–")
            rows.append((item.title, f"v{item.version}", item.status.name, by, at))
        if rows:
            self._table(heads, rows, (58, 16, 32, 32, 36))
        else:
            self._ink(10, DIM)
            self.cell(0, 6, self._say(Message("approval_report.empty")), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def item(self, item: ReportItem) -> None:
        """The page of one item: its frame and standing, then how it was made, then what was decided."""
        self.add_page()
        self._ink(9, DIM)
        place = Message("approval_report.item_of", n=item.number, all=len(self._report.items))
        self.cell(0, 5, self._say(place), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._ink(16, INK)
        with self._strong(0.2):
            self.multi_cell(0, 8, self._drawable(item.title), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(2)
        self._standing(item)
        self._heading(Message("approval_report.file"))
        self._fact(Message("approval_report.file_name"), item.file_name or "–")
        self._fact(Message("approval_report.sha256"), item.sha256 or self._say(Message("approval_report.no_file")))
        self._fact(Message("approval_report.format"), item.format or "–")
        self._fact(Message("approval_report.added"), f"{_moment(item.added_at)}, {item.added_by}")
        self._made(item)
        self._sentences(Message("approval_report.consent"), item.consent)
        self._sentences(Message("approval_report.label"), item.marks)
        self._history(item.steps)

    def _standing(self, item: ReportItem) -> None:
        """The frame on the left, status and approval beside it."""
        top, (wide, high) = self.get_y(), PICTURE_MM
        self.set_fill_color(*PAPER)
        self.rect(MARGIN_MM, top, wide, high, style="F")
        if item.picture:
            self.image(str(item.picture), x=MARGIN_MM, y=top, w=wide, h=high, keep_aspect_ratio=True)
        else:
            self._ink(9, DIM)
            self.set_xy(MARGIN_MM, top + high / 2 - 3)
            self.cell(wide, 6, self._say(Message("approval_report.no_picture")), align="C")
        left = MARGIN_MM + wide + 8
        self.set_left_margin(left)
        self.set_xy(left, top)
        self._chip(item.status)
        self.ln(3)
        approval = item.approval
        said = self._say(Message("approval_report.not_approved"))
        if approval:
            said = self._say(Message("approval_report.approved", by=approval.by, at=_moment(approval.at)))
        self._ink(10.5, INK)
        self.multi_cell(0, 5.4, self._drawable(said), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if approval and approval.note:
            self._ink(9, DIM)
            self.multi_cell(0, 4.6, self._drawable(approval.note), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(2)
        version = Message("approval_report.version_of", n=item.version, all=item.versions)
        self._pair(Message("approval_report.version"), self._say(version))
        if item.shot:
            self._pair(Message("approval_report.shot"), item.shot)
        counts = Message("approval_report.comment_counts", open=item.open_comments, resolved=item.resolved_comments)
        self._pair(Message("approval_report.comments"), self._say(counts))
        self.set_left_margin(MARGIN_MM)
        self.set_xy(MARGIN_MM, max(self.get_y(), top + high) + 3)

    def _chip(self, status: StatusMark) -> None:
        """The status in its colour; the words are there for whoever sees no colours."""
        words = self._drawable(status.name)
        self._ink(10, INK)
        x, y = self.get_x(), self.get_y()
        self.set_fill_color(*_rgb(status.color))
        self.ellipse(x, y + 1.1, 3.4, 3.4, style="F")
        self.set_x(x + 5.4)
        with self._strong(0.18):
            self.cell(0, 5.6, self._fitting(words, self.w - MARGIN_MM - x - 6), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _made(self, item: ReportItem) -> None:
        made = item.making
        self._heading(Message("approval_report.making"))
        if made is None:
            self._fact(Message("approval_report.origin"), item.origin)
            return
        self._fact(Message("approval_report.model"), made.model)
        self._fact(Message("approval_report.provider"), made.provider)
        self._fact(Message("approval_report.run"), made.run)
        if made.made_at:
            self._fact(Message("approval_report.made_at"), _moment(made.made_at))
        self._fact(Message("approval_report.seed"), "–" if made.seed is None else str(made.seed))
        if made.usd is not None:
            self._fact(Message("approval_report.cost"), f"${made.usd:,.4f}")
        self._fact(Message("approval_report.prompt"), made.prompt[:MAX_PROMPT_CHARS] or "–")
        if made.negative_prompt:
            self._fact(Message("approval_report.negative_prompt"), made.negative_prompt[:MAX_PROMPT_CHARS])

    def _history(self, steps: tuple[StatusStep, ...]) -> None:
        self._heading(Message("approval_report.history"))
        if not steps:
            self._ink(9, DIM)
            self.cell(0, LINE_MM, self._say(Message("approval_report.no_history")), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            return
        heads = (
            Message("approval_report.when"), Message("approval_report.version"), Message("approval_report.change"),
            Message("approval_report.by"), Message("approval_report.note"),
        )  # fmt: skip
        rows = [
            (_moment(s.at), f"v{s.version}", f"{s.before} \u2192 {s.after.name}", s.by, s.note or "–") for s in steps
        ]
        self._table(heads, rows, (36, 16, 42, 32, 48))

    def _sentences(self, title: Message, sentences: tuple[str, ...]) -> None:
        self._heading(title)
        self._ink(9, INK)
        for sentence in sentences:
            self.multi_cell(0, LINE_MM, self._drawable(sentence), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _heading(self, words: Message) -> None:
        if self.get_y() > self.h - FOOTER_MM - 30:
            self.add_page()
        self.ln(3)
        self.set_draw_color(*RULE)
        self.line(MARGIN_MM, self.get_y(), self.w - MARGIN_MM, self.get_y())
        self.ln(2)
        self._ink(10, INK)
        with self._strong(0.18):
            self.cell(0, 6, self._say(words), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _fact(self, label: Message, value: str) -> None:
        """A line of label and value; a long value goes on below itself, over pages where it must."""
        self._ink(9, DIM)
        self.cell(LABEL_MM, LINE_MM, self._say(label))
        self._ink(9, INK)
        self.set_left_margin(MARGIN_MM + LABEL_MM)
        self.multi_cell(0, LINE_MM, self._drawable(value), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_left_margin(MARGIN_MM)
        self.set_x(MARGIN_MM)
        self.ln(0.6)

    def _pair(self, label: Message, value: str) -> None:
        """A short label above its value, in the narrow column."""
        self._ink(8, DIM)
        self.cell(0, 4, self._say(label), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._ink(9.5, INK)
        self.multi_cell(0, 4.8, self._drawable(value), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)

    def _table(self, heads: tuple[Message, ...], rows: list[tuple[str, ...]], widths: tuple[int, ...]) -> None:
        """Rows under heads, which are repeated on every page; widths in mm."""
        self._ink(8.5, INK)
        self.set_draw_color(*RULE)
        self.set_fill_color(255, 255, 255)
        self.set_line_width(0.2)
        heading = FontFace(color=DIM, fill_color=PAPER, emphasis="")
        with self.table(
            col_widths=widths, width=self.epw, borders_layout="HORIZONTAL_LINES", line_height=LINE_MM, padding=(1, 1.5),
            text_align="LEFT", align="LEFT", headings_style=heading, v_align="TOP",
        ) as table:  # fmt: skip
            for row in (tuple(self._say(head) for head in heads), *rows):
                drawn = table.row()
                for value in row:
                    drawn.cell(self._drawable(value))

    def _ink(self, size: float, colour: tuple[int, int, int]) -> None:
        self.set_font("studio", size=size)
        self.set_text_color(*colour)

    def _strong(self, line: float):
        """Letters with an outline of their own colour, as a heavier weight of the font would have."""
        return self.local_context(text_mode="FILL_STROKE", line_width=line, draw_color=self.text_color)

    def _say(self, words: Message) -> str:
        return self._drawable(words.text(self._language))

    def _drawable(self, text: str) -> str:
        return printable(text, self._covered)

    def _fitting(self, text: str, width: float) -> str:
        """The text cut to a width in mm."""
        text = self._drawable(text)
        while text and self.get_string_width(text) > width:
            text = text[:-2].rstrip() + "…" if len(text) > 2 else ""
        return text

    def _has_missing(self) -> bool:
        report = self._report
        texts = [report.title, report.project, report.made_by]
        for item in report.items:
            texts += [item.title, item.shot, item.file_name, item.added_by, item.status.name, item.origin]
            texts += [item.making.prompt, item.making.negative_prompt] if item.making else []
            texts += [text for step in item.steps for text in (step.by, step.note, step.before, step.after.name)]
        return any(MISSING in self._drawable(text) and MISSING not in text for text in texts)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
