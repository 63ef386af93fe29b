"""How what a comment asks for joins the prompt of the version it stands on. Pure text, which the writer can change.

A model that makes something anew reads the old prompt with the wish as one more sentence, in the written shot that the
comment points at. A model that edits reads the wish alone. With a mask a model draws what is named, so what has to go
is not named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from studio.prompt.script.read_prompt import read_prompt
from studio.prompt.script.times import clip_times

HAN = re.compile(r"[\u4e00-\u9fff]")
ENDS = ".!?…。！？"
JOINTS = " \n\t,;:，；：、"
REMOVAL = re.compile(
    r"^\s*(?:(?:please|can you|could you)\s+)?(?:remove|delete|erase|get rid of|take (?:out|away)|paint out|clean up)\b"
    r"|^\s*(?:请|麻烦)?(?:把|将)?.{0,20}?(?:去掉|删除|移除|去除|拿掉|擦除|擦掉|删掉|抹掉)",
    re.IGNORECASE,
)
"""What asks for something to go."""
BACKGROUND = {False: "Only the undisturbed background in the marked area.", True: "标记区域只有完整的背景。"}
PLACES = {
    "top left": "左上方", "top": "上方", "top right": "右上方", "left": "左侧", "middle": "中间", "right": "右侧",
    "bottom left": "左下方", "bottom": "下方", "bottom right": "右下方",
}  # fmt: skip
"""Where in a picture something is, and the same in Chinese."""


@dataclass(frozen=True)
class RetakePrompt:
    """text: the whole prompt. wish: the part of it that the comment asks for. left_out: characters of the old prompt
    that did not fit. unnamed: the wish asks for something to go, and stands for the background instead."""

    text: str
    wish: str
    left_out: int = 0
    unnamed: bool = False


def wish_of(text: str, mentioned: Iterable[str] = ()) -> str:
    """What a comment asks for: its text on one line, without the people it calls on."""
    for name in sorted(mentioned, key=len, reverse=True):
        text = re.sub(rf"@{re.escape(name)}(?!\w)", " ", text)
    return " ".join(text.split()).strip(JOINTS)


def for_new_take(prompt: str, wish: str, *, limit: int | None = None, at_s: float | None = None) -> RetakePrompt:
    """The prompt with the wish as its last sentence, or as the last one of the written shot that is seen at `at_s`.

    limit: the most characters that the model reads; what has to be left out is the end of the old prompt, never the
    wish. Written shots are not shortened.
    """
    prompt = prompt.strip()
    sentence = _sentence(wish, _is_chinese(prompt or wish))
    if not prompt or not wish:
        return RetakePrompt(prompt or sentence, sentence if wish else "")
    if at_s is not None and (end := _shot_end(prompt, at_s)):
        head, tail = prompt[:end], prompt[end:]
        return RetakePrompt(_joined(head, sentence) + tail, sentence)
    joined = _joined(prompt, sentence)
    if not limit or len(joined) <= limit or read_prompt(prompt):
        return RetakePrompt(joined, sentence)
    kept = _shortened(prompt, limit - len(sentence) - 2)
    return RetakePrompt(_joined(kept, sentence) if kept else sentence, sentence, left_out=len(prompt) - len(kept))


def for_edit(wish: str, *, place: str = "") -> RetakePrompt:
    """The wish as an instruction. place: where in the picture, one of PLACES, for models that see no drawing."""
    chinese = _is_chinese(wish)
    if wish and place and not _names_place(wish):
        if chinese:
            wish = f"画面{PLACES[place]}：{wish}"
        else:
            where = {"middle": "In the middle", "left": "On the left", "right": "On the right"}
            wish = f"{where.get(place, f'At the {place}')} of the picture: {wish}"
    sentence = _sentence(wish, chinese)
    return RetakePrompt(sentence, sentence)


def for_mask(prompt: str, wish: str, *, limit: int | None = None) -> RetakePrompt:
    """What is to be seen with the marked area painted anew: the wish first, then the rest of the scene."""
    chinese = _is_chinese(prompt or wish)
    unnamed = bool(REMOVAL.match(wish))
    sentence = BACKGROUND[chinese] if unnamed else _sentence(wish, chinese)
    prompt = "" if unnamed and _names(prompt, REMOVAL.sub("", wish)) else prompt.strip()
    kept = prompt if not limit else _shortened(prompt, limit - len(sentence) - 1)
    text = f"{sentence}{'' if chinese else ' '}{kept}".strip()
    return RetakePrompt(text, sentence, left_out=len(prompt) - len(kept), unnamed=unnamed)


def _is_chinese(text: str) -> bool:
    return len(HAN.findall(text)) * 3 > len(text.replace(" ", ""))


def _sentence(wish: str, chinese: bool) -> str:
    if not wish:
        return ""
    wish = wish[0].upper() + wish[1:]
    return wish if wish[-1] in ENDS else wish + ("。" if chinese else ".")


def _joined(prompt: str, sentence: str) -> str:
    head = prompt.rstrip(JOINTS)
    chinese = _is_chinese(prompt)
    if not head:
        return sentence
    stop = "" if head[-1] in ENDS or head[-1] in "]】" else "。" if chinese else "."
    return f"{head}{stop}{'' if chinese else ' '}{sentence}"


def _shot_end(prompt: str, at_s: float) -> int | None:
    """Where the text of the written shot ends that is seen at this time; None where no shot has a time."""
    script = read_prompt(prompt)
    if script is None:
        return None
    begun = [
        shot
        for shot, time in zip(script.shots, clip_times(script), strict=True)
        if time.written and time.start_s <= at_s and shot.source_end > shot.source_start
    ]
    return begun[-1].source_end if begun else None


def _shortened(prompt: str, room: int) -> str:
    """The beginning of the prompt, up to the end of a sentence or word."""
    if len(prompt) <= room:
        return prompt
    head = prompt[: max(0, room)]
    sentence = max(head.rfind(end) for end in ENDS) + 1
    if sentence > room // 2:
        return head[:sentence]
    return head[: max(head.rfind(" "), head.rfind("，"), 0)].rstrip(JOINTS) if not _is_chinese(head) else head


def _names(prompt: str, thing: str) -> bool:
    """Whether the prompt has a word (or two Han characters in a row) of what has to go."""
    words = {word for word in re.findall(r"[a-z]{4,}", thing.lower()) if word not in ("from", "this", "that", "with")}
    words |= {thing[n : n + 2] for n in range(len(thing) - 1) if HAN.match(thing[n]) and HAN.match(thing[n + 1])}
    return any(word in prompt.lower() for word in words)


def _names_place(wish: str) -> bool:
    words = r"\b(left|right|top|bottom|upper|lower|middle|centre|center|corner)\b|[左右上下中]"
    return bool(re.search(words, wish, re.IGNORECASE))
