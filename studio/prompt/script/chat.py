"""Sentences of a chat program around a script: "Sure! Here is ...", "Let me know ...", 希望……: no part of it."""

from __future__ import annotations

import re

MAX_CHAT_CHARS = 600
"""Longest line that is taken for such a sentence."""

_BEFORE = re.compile(
    r"^(?:(?:sure(?: thing)?|certainly|of course|absolutely|great|got it|okay|ok|perfect|no problem|thanks|"
    r"thank you)(?=[!,.:—–])|"
    r"(?:video |veo |sora |kling |seedance |final |full )?prompt(?: for [\w .]{1,20})?:$|"
    r"here(?:'s| is| are)\b|below (?:is|are|you)\b|as requested\b|based on your\b|i(?:'ve| have|'d| would|"
    r"'ll)? \w{1,12}\b|"
    r"this (?:prompt|shot list|script|storyboard|version) (?:is|was|has|will|uses|should|works)\b|"
    r"好的(?=[！，。,!：:])|当然|没问题|以[下上](?:是|为|就是)|下面是|这是(?:一份|一个|为你|为您|根据)|根据(?:你|您)的|"
    r"我(?:已经|已|来)?(?:为|帮|给)(?:你|您))",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:your?|shot ?lists?|story ?boards?|scripts?|prompts?|break ?down|screenplay|version)\b|你|您|分镜|"
    r"脚本|剧本|提示词",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^(?:let me know\b|would you like\b|do you want\b|feel free\b|i hope (?:this|that|it|you)\b|hope (?:this|"
    r"that|it|you)\b|want me to\b|shall i\b|"
    r"should i\b|just (?:let me|tell me|say)\b|please let me\b|good luck\b|tell me (?:if|which|what)\b|"
    r"enjoy(?: your \w{1,12})?[!.]*$|"
    r"if you(?:'d| would| want| need| like|'re)\b.{0,200}\b(?:i|me|let|just|feel)\b|"
    r"i can (?:also |then |now )?(?:adapt|make|turn|write|expand|provide|generate|create|convert|add|adjust|"
    r"help|break|give|tailor)\b|"
    r"希望(?:这|以上|本|对你|对您|能|你|您)|如(?:果)?(?:你|您)?(?:需要?|想要?|有(?:其他|任何|"
    r"什么)).{0,60}(?:告诉|说|联系|可以|随时|我)|"
    r"需要我|要不要我|是否需要我?|有任何(?:问题|修改)|请告诉我|欢迎随时)",
    re.IGNORECASE,
)
_MARKS = re.compile(r"^[\s>*_#`\-–—•👇👉✨🎬😊]+")


def is_chat(line: str) -> bool:
    """Whether a line speaks to the person who asked for the script, rather than of the film."""
    words = _MARKS.sub("", line[: MAX_CHAT_CHARS + 1]).replace("’", "'").strip()
    if not words or len(line) > MAX_CHAT_CHARS:
        return False
    return bool(_AFTER.match(words) or (_BEFORE.match(words) and _ABOUT.search(words)))
