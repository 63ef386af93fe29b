"""Words by which a cell or a line says that there is nothing in it."""

from __future__ import annotations

_NOTHING = {
    "", "none", "n/a", "na", "no", "nil", "null", "-", "--", "–", "—", "——", "/", "\\", "x", "无", "没有",
    "暂无", "空", "无台词", "无对白", "无音效", "无旁白", "no dialogue", "no dialog", "no sound", "no music",
    "silent", "none.", "…", "...", "tbd", "同上", "”", "\"",
}  # fmt: skip
MARKS = " \t\r\n\u3000*_`"
"""White space and marks of emphasis around a cell or a line."""
MAX_CHARS = 40


def is_nothing(text: str) -> bool:
    """Whether a cell or line only says that there is nothing: "none", "无", "-"."""
    return len(text) < MAX_CHARS and text.strip(MARKS).strip(".。 ").casefold() in _NOTHING
