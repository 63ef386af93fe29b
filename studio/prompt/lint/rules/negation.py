"""What must not be in the picture: a model draws the thing that is named."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio.messages import Message
from studio.prompt.lint.model import Edit, Facts, FieldChange, Finding, Remedy
from studio.prompt.lint.source import Source

MAX_FINDINGS = 6
_THINGS = (
    r"text|texts|subtitles?|captions?|watermarks?|logos?|letters|typography|people|persons?|humans?|pedestrians"
    r"|crowds?|cars?|"
    r"vehicles?|traffic|buildings?|trees?|clouds?|animals?|birds?|hands|faces?|blur|motion blur|grain|noise"
    r"|artifacts?|artefacts?|"
    r"distortions?|deformit\w+|flicker(?:ing)?|glitch(?:es)?|extra (?:limbs|fingers|hands|people|objects)"
    r"|lens flares?|borders?|frames?|"
    r"overlays?|ui|hud|shadows?|reflections?|furniture|clutter|jewell?ery|glasses|makeup|blood|gore|weapons?"
)
_LISTED = re.compile(
    r"(?:(?<=[,.;:(\n-])|^)\s{0,3}(?P<cut>(?:and\s)?(?:no|without|avoid|exclude)\s(?:any\s|visible\s)?"
    r"(?P<what>(?:[a-z'-]{2,20}\s){0,3}[a-z'-]{2,20}))\s{0,3}(?=[,.;)\n]|$)",
    re.IGNORECASE,
)
"""`..., no cars, ...`: an order that stands alone between commas."""
_INSIDE = re.compile(
    rf"\b(?P<cut>(?:with\s)?(?:no|without)\s(?:any\s|visible\s)?(?P<what>(?:[a-z-]{{2,20}}\s)?(?:{_THINGS})))\b",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"\b(?P<cut>(?:do\snot|don['’]t|never|avoid|must\snot|should\snot)\s(?:add|show|include|adding|showing|including"
    r"|display|displaying)\s(?:any\s)?(?P<what>[^,.;\n]{2,60}))"
    r"|\b(?P<cut2>(?:must|should)\snot\s(?:contain|have)\s(?:any\s)?(?P<what2>[^,.;\n]{2,60}))",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"(?:(?<=[，。；、,.;:：\n （(])|^)(?P<cut>(?:(?:画面|视频|镜头|场景)(?:中|里|内)?)?(?:请)?"
    r"(?:(?:不要|不能|不得|不可|禁止|切勿)(?:出现|有|显示|添加|使用|包含|加)?|避免(?:出现|产生))"
    r"(?P<what>[^，。；,.;\n）)“”「」]{1,20}))|(?:(?<=[，。；、,.;:：\n （(])|^)(?P<cut2>(?:无|没有)(?:任何)?"
    r"(?P<what2>(?:字幕|水印|文字|标志|人物|行人|路人|车辆|汽车|杂物|噪点|变形|抖动|台词|logo)))"
)
_NO_THINGS = re.compile(
    r"^(?:longer|one|matter|doubt|less|more|later|sooner|need|way|idea|exception|hurry|rush|words|time|other"
    r"|reason|effort|hesitation|"
    r"warning|end|limits?|such|(?:\w+\s){0,2}(?:is|are|was|were|can|will)|(?:breaking|looking|moving|stopping"
    r"|touching|saying|hesitating|blinking|losing|making|being|looking)\b.*)\b",
    re.IGNORECASE,
)
_DOING = re.compile(r"\w+ing\s\w|zooms?$", re.IGNORECASE)
"""`without opening his eyes` tells how something is done; a hand-held camera may do without a zoom."""
_HEARD = re.compile(
    r"\b(?:music|sound|sounds|dialogue|speech|voice|voices|voice-?over|narration|talking|audio|score|talks?"
    r"|speaks?|lip)\b|音乐|配乐|声音|对白|说话|旁白|音效",
    re.IGNORECASE,
)
"""Sound is silenced in words: authors of models with sound write so themselves."""
_CAMERA = {
    re.compile(r"\b(?:camera\s)?(?:move|moves|movement|movements|motion|shake|shaking|zoom|zooms|pans?)\b|运镜"
    r"|镜头(?:运动|移动|晃动)", re.I):
        ("a static camera", "固定机位"),
    re.compile(r"\b(?:cuts?|jump[- ]cuts?|scene changes?|transitions?)\b|切镜|剪辑"
    r"|转场", re.I): ("one continuous take", "一镜到底"),
}  # fmt: skip
"""Orders about the camera, and what they ask for."""


def find(source: Source, facts: Facts) -> Iterator[Finding]:
    """Each thing that is named to be absent, once."""
    places = [
        (*_spans(found), found)
        for pattern in (_LISTED, _INSIDE, _ORDER, _CHINESE)
        for found in pattern.finditer(source.plain)
    ]
    end, count = 0, 0
    for cut, what, _ in sorted(places, key=lambda one: (one[0][0], -one[0][1])):
        words = source.text[what[0] : what[1]].strip()
        if cut[0] < end or _DOING.match(words) or _NO_THINGS.search(words) or _HEARD.search(words):
            continue
        end, count = cut[1], count + 1
        if count <= MAX_FINDINGS:
            yield _finding(source, facts, cut, words)


def _spans(found: re.Match[str]) -> tuple[tuple[int, int], tuple[int, int]]:
    groups = found.groupdict()
    if groups.get("cut2"):
        return found.span("cut2"), found.span("what2")
    return found.span("cut"), found.span("what")


def _finding(source: Source, facts: Facts, cut: tuple[int, int], words: str) -> Finding:
    for pattern, (english, chinese) in _CAMERA.items():
        if pattern.search(words):
            instead = chinese if source.is_chinese else english
            edit = Edit(start=cut[0], end=cut[1], replacement=instead)
            return Finding(
                rule="negation.camera", start=cut[0], end=cut[1],
                message=Message("lint.negated_camera", words=words, instead=instead),
                remedies=(Remedy(label=Message("lint.do_write", words=instead), edits=(edit,)),),
            )  # fmt: skip
    if not facts.negative:
        message = Message("lint.negated", words=words)
        label = Message("lint.do_remove", words=source.text[slice(*cut)])
        out = Remedy(label=label, edits=(_taken_out(source.text, cut),))
        return Finding(rule="negation", start=cut[0], end=cut[1], message=message, remedies=(out,))
    move = Remedy(
        label=Message("lint.do_negative", words=words), edits=(_taken_out(source.text, cut),),
        changes=(FieldChange(field="negative_prompt", value=words, append=True),),
    )  # fmt: skip
    message = Message("lint.negated_move", words=words)
    return Finding(rule="negation", start=cut[0], end=cut[1], message=message, severity="warning", remedies=(move,))


def _taken_out(text: str, cut: tuple[int, int]) -> Edit:
    """The words, with the comma before them or, at the head of a text, behind them."""
    start, end = cut
    left = len(text[:start].rstrip())
    if left and text[left - 1] in ",，、;；":
        return Edit(start=left - 1, end=end)
    if left and text[left - 1] not in ".。!！?？:：\n":
        return Edit(start=left, end=end)
    while end < len(text) and text[end] in ",，、;；.。 ":
        end += 1
    return Edit(start=start, end=end)
