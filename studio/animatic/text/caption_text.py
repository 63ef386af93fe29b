"""A shot's words as its caption tells them: what happens, without the framing and camera words that have a line of
their own, and what is said, in quotes.
"""

from __future__ import annotations

import re

from studio.animatic.text import disambiguation
from studio.animatic.text.lexicon import tokens
from studio.animatic.text.reading import PromptReading
from studio.animatic.text.script import sentences

_CLAUSE = re.compile(r"[^,，;；:：.。]+[,，;；:：.。]*\s*")
MAX_CHARACTERS = 4000
"""Characters, more than two lines of the widest frame hold: the rest is not looked at."""
_CAMERA = frozenset({"move", "pace", "direction", "shot", "lens", "angle", "plain"})
_LEAD = re.compile(
    r"^\s*(?:an?\s+|the\s+)?(?:(?:extreme|very|medium|slow|low|high|static|handheld|cinematic|tight|wide|full|tracking|"
    r"pov|aerial|drone|establishing|over[- ]the[- ]shoulder|close|two|macro|product|insert|long|top[- ]down|angle|"
    r"underwater|slow[- ]motion|motion)[\s,-]*)*"
    r"(?:shot|close[- ]?up|view)(?:\s+(?:of|on|over|through)\b|\s*[:,.，：])?\s*",
    re.IGNORECASE,
)


def action_text(reading: PromptReading) -> str:
    """What happens: the shot's own words, framing and camera clauses left out; all of them where nothing would stay."""
    words = reading.prompt.replace("@", "").strip()
    kept: list[str] = []
    for sentence in sentences(words):
        clauses = [c for c in _CLAUSE.findall(sentence) if not _is_camera(c)]
        text = "".join(clauses).strip().rstrip(",，;；:：")
        if sum(map(len, kept)) > MAX_CHARACTERS:
            break
        if text:
            kept.append(text if text[-1] in ".。!?！？" else text + ("。" if text[-1] > "\u2fff" else "."))
    text = _LEAD.sub("", " ".join(kept)).strip()
    return (text[0].upper() + text[1:]) if text else words


def speech_text(reading: PromptReading) -> str:
    """What is spoken, as `Maren: "Every night ..."`."""
    lines = (f"{who}: \u201c{words}\u201d" if who else f"\u201c{words}\u201d" for who, words in reading.speech)
    return "  ".join(lines)


def _is_camera(clause: str) -> bool:
    """True for a clause that says nothing but framing and camera."""
    known = [t for t in disambiguation.disambiguated(tokens(clause)) if t.kind not in ("glue", "stop")]
    if not known:
        return not re.search(r"\w", clause) or "mm" in clause
    return all(t.kind == "known" and set(t.meanings) & _CAMERA and not {"thing", "figure"} & set(t.meanings)
               for t in known)  # fmt: skip
