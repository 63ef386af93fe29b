"""Words around a table or JSON: headings, the film's own lines, and what a chat program says to its user."""

from __future__ import annotations

import re

from studio.messages import Message
from studio.prompt.script import film_words
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.labels import MAX_LABEL_CHARS, film_field, member_kind, plain
from studio.prompt.script.source import Slice

_HEADING = re.compile(r"\s{0,3}(?:#{1,6}\s+|\*\*(?=[^*]{1,200}\*\*\s*$)|【(?=[^】]{1,80}】\s*$))")
_LABEL = re.compile(r"[\s>#*_•·-]{0,12}([^:：|\n]{1,60}?)[\s*_]{0,6}[:：]")
_LIST_NAME = re.compile(
    r"(?:the )?(?:shot list|shotlist|storyboard|shots?|shooting script|(?:shot |scene )?breakdown|table|json|scenes?|"
    r"(?:video |camera )?script|overview|details|csv)(?: (?:table|script|plan|for|of|breakdown)){0,4}"
    r"|(?:分镜头?|镜头)?(?:脚本|表格?|列表|清单|设计|拍摄表|剧本)?",
)


def is_heading(line: Slice) -> bool:
    """Whether a line is a Markdown heading, or stands alone in bold."""
    return bool(_HEADING.match(line.text))


def heading_words(line: Slice) -> Slice:
    """The words of a heading, without its marks."""
    found = _HEADING.match(line.text)
    return line.part(found.end() if found else 0).strip(" \t#*_【】:：")


def label_of(line: Slice) -> str:
    """The label at the beginning of a line; "" without one."""
    found = _LABEL.match(line.text)
    return found[1].strip(" *_") if found else ""


def is_list_name(words: str) -> bool:
    """Whether a heading only says what stands below it: "Shot list", "分镜表", "Characters"."""
    return bool(_LIST_NAME.fullmatch(plain(words)) or member_kind(words)) and len(words) <= MAX_LABEL_CHARS


def put_heading(build: ScriptBuilder, line: Slice) -> None:
    """A heading above the table: the title, or the name of what follows."""
    words = heading_words(line)
    if film_field(label_of(words)):
        build.read_film(words)
    elif is_list_name(words.text):
        return
    elif title := film_words.title_words(words):
        build.film("title", title)
    else:
        put_words(build, words)


def put_words(build: ScriptBuilder, part: Slice, *, below: bool = False) -> None:
    """A line or paragraph beside the table. below: it stands after it, where only labelled lines are the film's."""
    part = part.strip()
    if not part:
        return
    label = label_of(part)
    if film_words.is_chat(part.text) or part.text[-1] in "?？":
        build.unread(part, Message("scriptread.chat"))
    elif film_field(label) or member_kind(label):
        build.read_film(part)
    elif below or 0 < len(label) <= MAX_LABEL_CHARS or part.text[-1] in ":：":  # "Director: Ann Lee" is no style
        build.unread(part, Message("tables.beside"))
    else:
        build.read_film(part)
