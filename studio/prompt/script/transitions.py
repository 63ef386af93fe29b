"""Words for how one shot follows another, as they stand alone in a text: "hard cut", "dissolve to", "硬切转场"."""

from __future__ import annotations

import re

MAX_CHARS = 40
_EN = (
    r"(?:(?:hard|smash|jump|match|straight|quick|fast|invisible|whip|j|l)[ -])?cut(?: to| in| on action| to black)?"
    r"|(?:match|smash|jump|hard)[ -]cut.{0,12}|cross[ -]?fade|(?:cross |slow )?dissolves?(?: to)?"
    r"|(?:slow )?fade(?:s)?[ -](?:in|out|to black|to white|from black|from white|through black)"
    r"|(?:dip|cut) to (?:black|white)|(?:iris|clock|soft|left|right)?[ ]?wipe|flash to white"
    r"|whip[ -]pan (?:transition|to)"
    r"|(?:hard|smooth|seamless|match) transition"
)
_ZH = (
    r"(?:硬|跳|直|快|闪|匹配|直接|快速|切|无缝|自然|动作|遮挡|甩镜|溶解|叠化|淡入|淡出|黑场){1,2}"
    r"(?:切|转场|剪辑|切换|衔接|过渡)(?:镜头)?"
    r"|硬切|跳切|直切|切至|切换|切镜|叠化|溶解|淡入|淡出|淡入淡出|黑场|闪白|闪黑|渐黑|渐隐|渐显|划像|甩镜头?转场"
)
_TRANSITION = re.compile(rf"(?:{_EN}|{_ZH})", re.IGNORECASE)


def is_transition(phrase: str) -> bool:
    """Whether the phrase is a transition and nothing else."""
    phrase = phrase.strip(" \t\r\n.。:：,，>*_")
    return 1 < len(phrase) <= MAX_CHARS and _TRANSITION.fullmatch(phrase) is not None
