"""The approval report as a PDF: who approved what and when, and where each picture comes from. For clients and lawyers.

Times are UTC and say so, so that two readers in two places read the same.
"""

from __future__ import annotations

from pathlib import Path

from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from studio.messages import Message
from studio.review.printable import MISSING
from studio.review.report_facts import ApprovalReport, ReportItem, StatusMark, StatusStep
from studio.review.sheet import CREATOR, DIM, FOOTER_MM, INK, MARGIN_MM, PAPER, RULE, Sheet, moment

LABEL_MM, LINE_MM = 38.0, 4.6
PICTURE_MM = (84.0, 50.0)
MAX_PROMPT_CHARS = 20_000


def write(report: ApprovalReport, language: str, out: Path) -> int:
    """Write the report (A4) in this language and return its number of pages."""
    pdf = _Document(report, language)
    pdf.title_page()
    for item in report.items:
        pdf.item(item)
    pdf.output(str(out))
    return pdf.pages_count


class _Document(Sheet):
    """The pages, top to bottom."""

    def __init__(self, report: ApprovalReport, language: str) -> None:
        self._report = report
        super().__init__(
            title=f"{Message('approval_report.title').text(language)}: {report.title}",
            foot=f"{report.title} · {moment(report.made_at)} · {report.review}",
            page_words="approval_report.page",
            language=language,
            made_at=report.made_at,
        )
        self.set_creator(f"{CREATOR} {report.studio_version}")

    def title_page(self) -> None:
        """What the report is about, and each item in a line."""
        report = self._report
        self.add_page()
        self.ink(9, DIM)
        self.cell(0, 5, CREATOR, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(16)
        self.ink(11, DIM)
        self.cell(0, 6, self.say(Message("approval_report.title")), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ink(24, INK)
        with self.strong(0.25):
            self.paragraph(report.title, 11)
        self.ln(6)
        self._fact(
            Message("approval_report.project"), report.project or self.say(Message("approval_report.no_project"))
        )
        self._fact(Message("approval_report.made"), f"{moment(report.made_at)}, {report.made_by}")
        self._fact(Message("approval_report.studio"), f"{CREATOR} {report.studio_version}")
        self._fact(Message("approval_report.review_id"), report.review)
        outcome = Message("approval_report.outcome", done=report.approved, all=len(report.items))
        self._fact(Message("approval_report.result"), self.say(outcome))
        self.ln(6)
        self._summary()
        self.ln(4)
        self.ink(8, DIM)
        notes = [Message("approval_report.note_hash"), Message("approval_report.note_version")]
        if self._has_missing():
            notes.append(Message("approval_report.note_characters", sign=MISSING))
        for note in notes:
            self.paragraph(note.text(self.language), 4)
            self.ln(1)

    def _summary(self) -> None:
        heads = (
            Message("approval_report.item"), Message("approval_report.version"), Message("approval_report.status"),
            Message("approval_report.approved_by"), Message("approval_report.when"),
        )  # fmt: skip
        rows: list[tuple[str, ...]] = []
        for item in self._report.items:
            approval = item.approval
            by, at = (approval.by, moment(approval.at)) if approval else ("–", "–")
            rows.append((item.title, f"v{item.version}", item.status.name, by, at))
        if rows:
            self._table(heads, rows, (58, 16, 32, 32, 36))
        else:
            self.ink(10, DIM)
            self.cell(0, 6, self.say(Message("approval_report.empty")), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def item(self, item: ReportItem) -> None:
        """The page of one item: its frame and standing, then how it was made, then what was decided."""
        self.add_page()
        self.ink(9, DIM)
        place = Message("approval_report.item_of", n=item.number, all=len(self._report.items))
        self.cell(0, 5, self.say(place), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ink(16, INK)
        with self.strong(0.2):
            self.paragraph(item.title, 8)
        self.ln(2)
        self._standing(item)
        self._heading(Message("approval_report.file"))
        self._fact(Message("approval_report.file_name"), item.file_name or "–")
        self._fact(Message("approval_report.sha256"), item.sha256 or self.say(Message("approval_report.no_file")))
        self._fact(Message("approval_report.format"), item.format or "–")
        self._fact(Message("approval_report.added"), f"{moment(item.added_at)}, {item.added_by}")
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
            self.ink(9, DIM)
            self.set_xy(MARGIN_MM, top + high / 2 - 3)
            self.cell(wide, 6, self.say(Message("approval_report.no_picture")), align="C")
        left = MARGIN_MM + wide + 8
        self.set_left_margin(left)
        self.set_xy(left, top)
        self._chip(item.status)
        self.ln(3)
        approval = item.approval
        said = self.say(Message("approval_report.not_approved"))
        if approval:
            said = self.say(Message("approval_report.approved", by=approval.by, at=moment(approval.at)))
        self.ink(10.5, INK)
        self.paragraph(said, 5.4)
        if approval and approval.note:
            self.ink(9, DIM)
            self.paragraph(approval.note, 4.6)
        self.ln(2)
        version = Message("approval_report.version_of", n=item.version, all=item.versions)
        self._pair(Message("approval_report.version"), self.say(version))
        if item.shot:
            self._pair(Message("approval_report.shot"), item.shot)
        counts = Message("approval_report.comment_counts", open=item.open_comments, resolved=item.resolved_comments)
        self._pair(Message("approval_report.comments"), self.say(counts))
        self.set_left_margin(MARGIN_MM)
        self.set_xy(MARGIN_MM, max(self.get_y(), top + high) + 3)

    def _chip(self, status: StatusMark) -> None:
        """The status in its colour; the words are there for whoever sees no colours."""
        words = self.drawable(status.name)
        self.ink(10, INK)
        x, y = self.get_x(), self.get_y()
        self.set_fill_color(*_rgb(status.color))
        self.ellipse(x, y + 1.1, 3.4, 3.4, style="F")
        self.set_x(x + 5.4)
        with self.strong(0.18):
            self.cell(0, 5.6, self.fitting(words, self.w - MARGIN_MM - x - 6), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

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
            self._fact(Message("approval_report.made_at"), moment(made.made_at))
        self._fact(Message("approval_report.seed"), "–" if made.seed is None else str(made.seed))
        if made.usd is not None:
            self._fact(Message("approval_report.cost"), f"${made.usd:,.4f}")
        self._fact(Message("approval_report.prompt"), made.prompt[:MAX_PROMPT_CHARS] or "–")
        if made.negative_prompt:
            self._fact(Message("approval_report.negative_prompt"), made.negative_prompt[:MAX_PROMPT_CHARS])

    def _history(self, steps: tuple[StatusStep, ...]) -> None:
        self._heading(Message("approval_report.history"))
        if not steps:
            self.ink(9, DIM)
            self.cell(0, LINE_MM, self.say(Message("approval_report.no_history")), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            return
        heads = (
            Message("approval_report.when"), Message("approval_report.version"), Message("approval_report.change"),
            Message("approval_report.by"), Message("approval_report.note"),
        )  # fmt: skip
        rows = [
            (moment(s.at), f"v{s.version}", f"{s.before} \u2192 {s.after.name}", s.by, s.note or "–") for s in steps
        ]
        self._table(heads, rows, (36, 16, 42, 32, 48))

    def _sentences(self, title: Message, sentences: tuple[str, ...]) -> None:
        self._heading(title)
        self.ink(9, INK)
        for sentence in sentences:
            self.paragraph(sentence, LINE_MM)

    def _heading(self, words: Message) -> None:
        if self.get_y() > self.h - FOOTER_MM - 30:
            self.add_page()
        self.ln(3)
        self.set_draw_color(*RULE)
        self.line(MARGIN_MM, self.get_y(), self.w - MARGIN_MM, self.get_y())
        self.ln(2)
        self.ink(10, INK)
        with self.strong(0.18):
            self.cell(0, 6, self.say(words), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _fact(self, label: Message, value: str) -> None:
        """A line of label and value; a long value goes on below itself, over pages where it must."""
        self.ink(9, DIM)
        self.cell(LABEL_MM, LINE_MM, self.say(label))
        self.ink(9, INK)
        self.set_left_margin(MARGIN_MM + LABEL_MM)
        self.paragraph(value, LINE_MM)
        self.set_left_margin(MARGIN_MM)
        self.set_x(MARGIN_MM)
        self.ln(0.6)

    def _pair(self, label: Message, value: str) -> None:
        """A short label above its value, in the narrow column."""
        self.ink(8, DIM)
        self.cell(0, 4, self.say(label), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ink(9.5, INK)
        self.paragraph(value, 4.8)
        self.ln(1)

    def _table(self, heads: tuple[Message, ...], rows: list[tuple[str, ...]], widths: tuple[int, ...]) -> None:
        """Rows under heads, which are repeated on every page; widths in mm."""
        self.ink(8.5, INK)
        self.set_draw_color(*RULE)
        self.set_fill_color(255, 255, 255)
        self.set_line_width(0.2)
        heading = FontFace(color=DIM, fill_color=PAPER, emphasis="")
        with self.table(
            col_widths=widths, width=self.epw, borders_layout="HORIZONTAL_LINES", line_height=LINE_MM, padding=(1, 1.5),
            text_align="LEFT", align="LEFT", headings_style=heading, v_align="TOP",
        ) as table:  # fmt: skip
            for row in (tuple(self.say(head) for head in heads), *rows):
                drawn = table.row()
                for value in row:
                    drawn.cell(self.drawable(value))

    def _has_missing(self) -> bool:
        report = self._report
        texts = [report.title, report.project, report.made_by]
        for item in report.items:
            texts += [item.title, item.shot, item.file_name, item.added_by, item.status.name, item.origin]
            texts += [item.making.prompt, item.making.negative_prompt] if item.making else []
            texts += [text for step in item.steps for text in (step.by, step.note, step.before, step.after.name)]
        return any(MISSING in self.drawable(text) and MISSING not in text for text in texts)


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
