"""What scripts call a transition, in English and Chinese, as the transitions that a film has."""

from __future__ import annotations

import re

from studio.film.timeline import Transition

_WORDS: dict[Transition, tuple[str, ...]] = {
    Transition.CROSSFADE: (
        "crossfade", "cross fade", "cross dissolve", "dissolve", "dissolves", "dissolve to", "lap dissolve",
        "mix", "ripple dissolve", "fade through", "blend", "叠化", "叠化转场", "溶解", "溶接", "交叉淡化",
        "化入", "化出", "渐变", "叠",
    ),
    Transition.DIP_BLACK: (
        "dip to black", "dip black", "fade", "fade out", "fade to black", "fade through black", "black",
        "blackout", "fade out and in", "fade out fade in", "黑场", "渐黑", "淡出", "淡出淡入", "淡入淡出",
        "黑场过渡", "黑屏", "切黑",
    ),
    Transition.DIP_WHITE: (
        "dip to white", "dip white", "fade to white", "fade through white", "white", "white out", "whiteout",
        "flash", "flash to white", "white flash", "白场", "渐白", "闪白", "淡出至白", "白屏",
    ),
    Transition.WIPE: (
        "wipe", "wipe to", "wipe left", "wipe right", "划像", "划变", "划入", "划出", "擦除", "滑像",
    ),
    Transition.CUT: (
        "cut", "cut to", "cuts to", "hard cut", "straight cut", "smash cut", "smash cut to", "jump cut",
        "match cut", "match cut to", "jump cut to", "quick cut", "cut back to", "back to", "none", "切", "切至",
        "切到", "硬切", "直切", "跳切", "切镜", "切换", "直接切换", "匹配剪辑", "无",
    ),
}  # fmt: skip
_BY_WORD = {word: kind for kind, words in _WORDS.items() for word in words}
_PLAIN_CUTS = frozenset(
    {"cut", "cut to", "hard cut", "straight cut", "none", "切", "切至", "切到", "硬切", "直切", "无"}
)
MAX_TRANSITION_CHARS = 60
"""A longer text describes something else."""


def transition(words: str) -> tuple[Transition | None, str]:
    """The transition that these words name, None for none; and what the words say beyond it, "" for nothing.

    A match cut is a cut that says more than one; words that name no transition come back as they are.
    """
    plain = _plain(words)
    if len(plain) > MAX_TRANSITION_CHARS:
        return None, words.strip()
    kind = _BY_WORD.get(plain) or _BY_WORD.get(plain.removesuffix(" to"))
    if kind is None:
        return None, words.strip()
    return kind, words.strip() if kind is Transition.CUT and plain not in _PLAIN_CUTS else ""


def _plain(words: str) -> str:
    text = re.sub(r"[\s_-]+", " ", words.casefold().strip(" \t\r\n:：.。>-—[]【】()（）"))
    return text.removesuffix(" transition").removesuffix("转场").strip()
