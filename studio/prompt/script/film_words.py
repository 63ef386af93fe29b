"""Words above or below all shots: title, style, negative words, cast, and what a chat program says to you."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, Protocol

from studio.messages import Message
from studio.prompt.script import labels
from studio.prompt.script.chat import is_chat
from studio.prompt.script.model import FilmField, MemberKind
from studio.prompt.script.source import Slice

_HEADING = re.compile(r"[ \t]{0,9}#{1,6}[ \t]{1,9}(?P<text>[^\n]*)")
_LABEL = re.compile(
    r"[ \t\u3000]{0,20}(?:[-*•·▪●>+][ \t]{1,9}|\d{1,2}[.)、][ \t]{1,9}|"
    r"[一二三四五六七八九十]{1,3}[、.．])?#{0,6}[ \t]{0,3}[*_【\[]{0,3}"
    r"(?P<label>[^:：\n|]{1,40}?)"
    r"[*_】\]]{0,3}[ \t]{0,3}[:：][*_]{0,3}[ \t]{0,9}(?P<value>.*)"
)
_BRACKETED = re.compile(
    r"[ \t]{0,9}(?:【(?P<a>[^【】\n]{1,24})】|\[(?P<b>[^\[\]\n]{1,24})\])[ \t]{0,9}(?P<value>[^\n]*)"
)
_NEXT_LABEL = re.compile(
    r"[;；.。|][ \t]{1,4}(?P<label>[A-Z][A-Za-z ]{2,24})[:：]|[;；。|][ \t]{0,4}(?P<han>[\u4e00-\u9fff]{2,8})[:：]"
)
_BULLET = re.compile(r"[ \t\u3000]{0,20}(?:[-*•·‣▪●○]|\d{1,2}[.)、])[ \t]{1,9}")
_RULE = re.compile(r"[ \t]*(?:[-=*_~—]{3,}|```\w*)[ \t]*")
_BOOK = re.compile(r"《([^《》\n]{1,80})》")
_TITLE_HEAD = re.compile(
    r"(?:the )?(?:storyboard|shot ?list|(?:video )?script)(?:\s+(?:for|of)\s+|\s*[:：–—-]\s*)|"
    r"(?:分镜头?脚本|分镜表|脚本)\s*[:：]\s*",
    re.IGNORECASE,
)
_TITLE_TAIL = re.compile(
    r"\s*[-–—:：|]?\s*(?:的)?(?:multi-?shot|video|shot|story|ai)?\s*"
    r"(?:storyboard|shot ?list|script|screenplay|prompt|video prompts?|"
    r"分镜头?(?:脚本|表|稿|剧本)?|镜头脚本|脚本|剧本)\s*$",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"[\s*_#>•·-]{0,12}(?:(?:(?:total|overall|full|film|video|target|estimated) ){0,2}(?:duration|length|"
    r"run ?time|running time|"
    r"screen time|time)|(?:视频|影片|目标|预计|全片|全剧)?(?:总)?(?:时长|片长)|全长|总长度?)[*_ ]{0,4}[:：]",
    re.IGNORECASE,
)
_SUMMED = re.compile(
    r"[\s*_#>•·-]{0,12}(?:total|overall|full|film|video|target|视频|影片|目标|全片|全剧|总|片长|全长)", re.IGNORECASE
)
_NO_FIELD = re.compile(
    r"[\s*_#>•·-]{0,12}(?:client|agency|log ?line|synopsis|premise|(?:target )?audience|platform|deliverables?|"
    r"date|authors?|writer|"
    r"written by|director|producer|version|draft|goal|objective|call to action|cta|budget|product|brand|"
    r"aspect ratio|resolution|frame rate|fps|"
    r"copyright|contact|"
    r"画幅|比例|画面比例|视频比例|分辨率|帧率|客户|受众|目标受众|目标人群|平台|日期|作者|编剧|导演|版本|梗概|"
    r"剧情梗概|故事梗概|简介|一句话故事|目的|"
    r"主题句|发布平台)[*_ ]{0,4}[:：]",
    re.IGNORECASE,
)
_BOXED_MEMBER = re.compile(
    r"\[(?P<name>(?:Character|Person|角色) ?\w{1,20})[:：]\s{0,3}(?P<about>[^\[\]]{1,400})\]", re.IGNORECASE
)
"""`[Character A: detective, navy suit]`, as Kling's guide writes it."""
_COUNTED_HEAD = re.compile(r"[一二三四五六七八九十]{1,3}[、.．]\s{0,3}(?:分镜|镜头|脚本|正文|画面)[\u3400-\u9fff]{0,8}")
MAX_TITLE_CHARS = 120
_MARKS = " \t*_`#"


class FilmBuilder(Protocol):
    """What a builder takes of the film as a whole."""

    def film(self, field: FilmField, part: Slice, *, label: str = "") -> None:
        """The part belongs to the film."""
        ...

    def member(self, part: Slice, kind: MemberKind = "character", description: Slice | None = None) -> str:
        """One member of the cast."""
        ...

    def unread(self, part: Slice, reason: str = "") -> None:
        """What was not understood."""
        ...


Open = FilmField | Literal["", "rules"]


def no_field(line: str, *, in_shots: bool = False) -> Message | None:
    """Why a line about the work has no field: its whole length, its client or its author; None for any other line.

    in_shots: it stands among shots, which have lengths of their own.
    """
    if _TOTAL.match(line) and (not in_shots or _SUMMED.match(line)):
        return Message("scriptread.total_length")
    return Message("scriptread.no_field") if _NO_FIELD.match(line) else None


def read(build: FilmBuilder, part: Slice, *, titled: bool = True) -> None:
    """Put the lines of the part into the fields of the film. titled: a heading among them can be the film's title."""
    is_open, label, title_possible = "", "", titled
    for line in (piece for whole in part.lines() for piece in _split_labels(whole)):
        stripped = line.strip(_MARKS + "\r\n\u3000")
        if not stripped or _RULE.fullmatch(line.text):
            if not line.strip() and is_open != "cast":
                is_open = ""
            continue
        if boxed := _BOXED_MEMBER.fullmatch(line.text.strip()):
            inner = line.strip()
            build.member(inner.group(boxed, "name"), "character", inner.group(boxed, "about"))
            continue
        if _COUNTED_HEAD.fullmatch(stripped.text):
            is_open = ""
            continue
        if reason := no_field(line.text):
            build.unread(line, reason)
            is_open = ""
            continue
        found = _labelled(line)
        if found:
            field, label, value = found
            if value.strip(_MARKS):
                _put(build, field, label, value)
            is_open = field
        elif is_chat(line.text):
            build.unread(line, Message("scriptread.chat"))
            is_open = ""
        elif not titled and _HEADING.match(line.text):
            build.unread(line)
            is_open = ""
        elif title_possible and (title := _title(line)):
            build.film("title", title)
            title_possible = False
        elif is_open and (is_open != "cast" or _BULLET.match(line.text) or label):
            bullet = _BULLET.match(line.text)
            _put(build, is_open, label, line.part(bullet.end()) if bullet and is_open != "cast" else line)
        else:
            is_open = ""
            bullet = _BULLET.match(line.text)
            build.film("style", line.part(bullet.end() if bullet else 0))


def _split_labels(line: Slice) -> Iterator[Slice]:
    """`Characters: @Lan, @Wei; Scene: @Tea-House.`: a line with several labels, parted where the next one begins."""
    at = 0
    for gap in _NEXT_LABEL.finditer(line.text):
        label = gap["label"] or gap["han"]
        if labels.film_field(label) or labels.member_kind(label):
            yield line.part(at, gap.start())
            at = gap.start("label" if gap["label"] else "han")
    yield line.part(at)


def _put(build: FilmBuilder, field: FilmField, label: str, value: Slice) -> None:
    if field == "title" and (title := title_words(value)):
        build.film("title", title)
    else:
        build.film(field, value, label=label)


def _labelled(line: Slice) -> tuple[FilmField, str, Slice] | None:
    for pattern in (_LABEL, _BRACKETED):
        if match := pattern.match(line.text):
            label = match["label"] if pattern is _LABEL else match["a"] or match["b"]
            if labels.film_field(label) or labels.member_kind(label):
                return labels.film_field(label) or "cast", label, line.group(match, "value")
    alone = line.text.strip()
    shouted = alone == alone.upper() and len(alone) < 40
    if (heading := _HEADING.match(line.text)) or alone.startswith("**") or shouted:
        label = (heading["text"] if heading else line.text).strip(_MARKS + ":：")
        if labels.film_field(label) or labels.member_kind(label):
            return labels.film_field(label) or "cast", label, line.part(len(line.text))
    return None


def _title(line: Slice) -> Slice | None:
    """A heading, or a name in book title marks, is the film's title."""
    if heading := _HEADING.match(line.text):
        return title_words(line.group(heading, "text"))
    book = _BOOK.search(line.text)
    if book and len(line.text.strip()) - len(book[0]) <= 24:
        return line.group(book, 1)
    return None


def title_words(part: Slice) -> Slice | None:
    """The title in a heading such as `Storyboard for "Harbour"` or `《末班车》分镜脚本`; None for a sentence."""
    part = part.strip(_MARKS)
    if book := _BOOK.search(part.text):
        return part.group(book, 1)
    if len(part.text) > MAX_TITLE_CHARS:
        return None
    if head := _TITLE_HEAD.match(part.text):
        part = part.part(head.end())
    tail = _TITLE_TAIL.search(part.text)
    words = part.part(0, tail.start()) if tail and tail.start() > 0 else part
    return words.strip(_MARKS + '"“”:：–—-') or None
