"""Spoken lines: who says what, and how, in a cell of dialogue or in the middle of a shot's words."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterator

from studio.prompt.script.labels import shot_field
from studio.prompt.script.model import DialogueLine
from studio.prompt.script.source import Slice
from studio.prompt.script.vocabulary import camera_terms

WORDS_PER_S = 2.6
"""Speaking rate that dialogue is timed with, words a second (conversational English is 2.3 to 3)."""
HAN_PER_S = 4.5
"""The same in Chinese characters a second."""
PAUSE_S = 0.8
"""Added to speech, for the moments before and after it."""

QUOTES = {'"': '"', "“": "”", "”": "”", "„": "“", "「": "」", "『": "』", "«": "»", "＂": "＂"}
_OPEN, _CLOSE = r"[\"“„「『«＂]", r"[\"”“」』»＂]"
QUOTED = rf"{_OPEN}[^\"“”„「」『』«»＂\n]{{1,2000}}{_CLOSE}"
"""A quoted stretch in any manner; apostrophes are no quotes."""
_QUOTED_PART = re.compile(QUOTED)
_NAME_EN = (
    r"@?(?:(?:Dr|Mr|Mrs|Ms|Prof|St|Sgt|Capt|Lt)\. ?)?[A-Z][\w'’.-]{0,30}"
    r"(?: (?:[A-Z#][\w'’.-]{0,30}|\d{1,2}|of|the|de|von|van)){0,3}"
)
_NAME_ROLE = r"(?:The|A|An) [a-z]{2,20}(?: [a-z]{2,20}){0,2}"
_NAME_HAN = r"@?[\u3400-\u9fff\uac00-\ud7af\u3040-\u30ff][\u3400-\u9fff\uac00-\ud7af\u3040-\u30ff·A-Za-z0-9]{0,11}"
_WHO = rf"(?P<who>{_NAME_EN}|{_NAME_ROLE}|{_NAME_HAN}|@[\w-]{{1,40}})"
_MANNER = r"(?:\s{0,3}[(（\[](?P<manner>[^()（）\[\]\n]{1,80})[)）\]])?"
_ROLE = r"(?!(?:He|She|They|It|I|We|You)\b)[A-Z][\w'’-]{1,20}(?: [a-z][\w'’-]{1,20}){1,3}"
_MANNER_AT = r"(?:\s{0,3}[(（\[][^()（）\[\]\n]{1,80}[)）\]])?"
_BEFORE = r"(?:^|(?<=[.!?。！？…;；\n\"”」』»）)|/、，,】\]—-]))\s{0,9}"
_VERB = (
    r"says?|said|asks?|asked|whispers?|whispered|shouts?|shouted|yells?|replies|replied|answers?|mutters?|murmurs?|"
    r"screams?|calls?(?: out)?|cries|sighs?|laughs?|exclaims?|adds?|continues?|speaks?|announces?|begs?|pleads?|sobs?|"
    r"snaps?|hisses|mumbles?|responds?|tells (?:him|her|them)|"
    r"说道?|问道?|喊道?|低声说|轻声说|大喊|回答|小声说|笑着说|哭着说|答道?|吼道?"
)
_IN_PROSE = re.compile(
    rf"{_BEFORE}{_WHO}(?:\s{{0,3}}(?P<verb>{_VERB})(?P<how>(?: [a-z]{{2,20}}){{0,4}}))?{_MANNER}"
    rf"\s{{0,3}}(?:[:：,，]|(?=[“「『]))\s{{0,3}}(?P<line>{QUOTED})(?P<after>[.。]?)"
)
_AND_SAYS = re.compile(
    rf"{_BEFORE}(?P<who>(?:The|A|An)(?: [a-z]{{2,20}}){{1,3}}?(?= [a-z]{{2,20}}s\b)|{_NAME_EN}|@[\w-]{{1,40}})"
    rf"(?P<does> [a-z][^.!?:：\"“\n]{{0,120}}?)(?P<said>,? (?:and|then|and then) (?P<verb>{_VERB})"
    rf"(?P<how>(?: [a-z]{{2,20}}){{0,4}})\s{{0,3}}[:：,，]\s{{0,3}}(?P<line>{QUOTED})[.。]?)"
)
"""`The baker smiles and says: "Fresh at five."`: only the second half is speech."""
_VERB_AFTER = re.compile(
    rf"(?P<line>{QUOTED})[,，]?\s{{0,3}}(?:(?P<who>{_NAME_EN}|{_NAME_ROLE}|(?:The|the) [a-z]{{2,20}}|@[\w-]{{1,40}})"
    rf" (?P<verb>{_VERB})(?P<how>(?: [a-z]{{2,20}}ly)?)"
    rf"|(?P<han>@?[\u3400-\u9fff]{{2,6}}?)(?P<han_verb>{_VERB}))(?P<after>[.。]|$)"
)
"""`"Wait!" Maren shouts.` and `「又停电了？」阿杰问。`: who speaks stands behind the words."""
_UNQUOTED = re.compile(
    rf"{_BEFORE}(?:(?P<caps>[A-Z][A-Z'’.-]{{1,20}}(?: [A-Z][A-Z'’.-]{{1,20}}){{0,2}})|{_WHO}){_MANNER}"
    r"\s{0,3}[:：]\s{0,3}(?P<line>[^\s\"“「『:：][^\n:：]{1,400})"
)
"""`INES: I know this face.` to the end of its line."""
_ARTICLES, MAX_ROLE_WORDS = ("The ", "A ", "An "), 2
_NO_NAME_CAPS = {
    "SFX", "VFX", "BGM", "FX", "POV", "CUT TO", "FADE IN", "FADE OUT", "INT", "EXT", "NOTE", "TITLE", "SUPER", "TEXT",
    "CAMERA", "AUDIO", "SHOT", "SCENE", "CONTINUED", "STYLE", "MOOD", "TONE", "LIGHTING", "LENS", "HOOK", "CTA",
}  # fmt: skip
_IN_CELL = re.compile(
    rf"(?:^|(?<=[.!?。！？…;；\n\"”」』»/|]))\s{{0,9}}(?:[-•*–]\s{{1,3}})?(?:\*\*)?"
    rf"(?:{_WHO}|(?P<role>{_ROLE}(?={_MANNER_AT}\s{{0,3}}(?:\*\*)?[:：](?:\*\*)?\s{{0,3}}{_OPEN}))|"
    rf"(?P<lower>[a-z][a-z' ]{{1,24}}?))"
    rf"{_MANNER}(?:\*\*)?\s{{0,3}}(?:[:：](?:\*\*)?(?!\d)|[–—-](?=\s{{0,3}}{_OPEN}))\s{{0,3}}"
)
_BOXED = re.compile(
    rf"\[(?P<who>[A-Z@][^\[\]\n,:]{{0,38}})(?:[,:]\s{{0,3}}(?P<manner>[^\[\]\n]{{1,60}}))?\]\s{{0,3}}[:：]\s{{0,3}}(?P<line>{QUOTED})[.。]?"
)
"""`[Character A, raspy voice]: "You know her?"`, as Kling's guide writes it."""
_LEAD_MANNER = re.compile(r"^\s*[(（]([^()（）\n]{1,80})[)）]\s*")
_VERB_TAIL = re.compile(rf"(?:(?<= )|(?<=[\u3400-\u9fff]))(?P<verb>{_VERB})(?P<how>(?: [a-z]{{2,20}}){{0,4}})$")
_NO_PERSON = re.compile(
    r"\b(?:camera|text|signs?|title|caption|screen|label|billboard|banner|poster|phone|subtitle|words?|letters?|"
    r"note|plaque|"
    r"headline|message|logo|lettering|tagline|slogan|inscription)(?: (?:reads?|says?))?$|"
    r"字样|字幕|标题|招牌|屏幕|海报|写着|显示|标语",
    re.IGNORECASE,
)
_ACTS = re.compile(
    r"(?P<who>[\u3400-\u9fff]{2,3}?)(?P<act>(?:低头|抬头|转身|回头|微笑|苦笑|冷笑|大笑|皱眉|叹气|点头|摇头|愣住|哽咽|看着|望着|转过|轻声|低声|"
    r"大声|小声)[\u3400-\u9fff]{0,6})$"
)
_PRONOUNS = {"he", "she", "they", "it", "i", "we", "you", "他", "她", "它", "他们", "她们", "我", "我们"}
NOT_SPEAKERS = {
    "spoken",
    "dialogue",
    "dialog",
    "voice",
    "speech",
    "line",
    "对白",
    "台词",
    "对话",
    "says",
    "dialogue line",
}
"""Words before a spoken line that name no speaker."""
_OFF = re.compile(
    r"\b(?:v\.? ?o\.?|voice[- ]?over|narrat\w*)\b|旁白|画外音|解说|(?<![A-Za-z.])(?:OS|VO)(?![A-Za-z])|内心|独白|心声",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(r"\bo\.? ?[sc]\b|\boff[- ]?(?:screen|camera)\b|画外", re.IGNORECASE)
_NARRATORS = {
    "narrator",
    "narration",
    "voice over",
    "voiceover",
    "voice-over",
    "vo",
    "v.o.",
    "v.o",
    "旁白",
    "画外音",
    "解说",
    "解说词",
}


def is_narrator(speaker: str, manner: str = "") -> bool:
    """Whether the line is a voice-over: a narrator's, or one marked (V.O.)."""
    return speaker.strip().casefold() in _NARRATORS or bool(manner and _OFF.search(manner))


def is_off(manner: str) -> bool:
    """Whether a line is spoken outside the picture, as (O.S.) says."""
    return bool(_OUTSIDE.search(manner))


def unquoted(part: Slice) -> Slice:
    """The part without white space and one pair of quotes around it."""
    part = part.strip()
    text = part.text
    if len(text) > 1 and text[0] in QUOTES and text[-1] in (QUOTES[text[0]], '"', "”") and not _again(text):
        return part.part(1, len(text) - 1).strip()
    return part


def lines_of(part: Slice) -> Iterator[tuple[DialogueLine, Slice]]:
    """The lines of a part that is nothing but dialogue: `Kai: "It's dying."`, `小林（急）：还有三分钟`, `Wait!`."""
    quoted = [match.span() for match in _QUOTED_PART.finditer(part.text)]
    heads = [m for m in _IN_CELL.finditer(part.text) if _names_speaker(m) and not _within(quoted, m.end())]
    if not heads or heads[0].start() > 0:
        yield from _line("", "", part.part(0, heads[0].start() if heads else None))
    ends = [*(head.start() for head in heads[1:]), len(part.text)]
    for head, end in zip(heads, ends, strict=False):
        who = head["who"] or head["role"] or head["lower"] or ""
        said = part.part(head.end(), end)
        yield from _line(_speaker(who), (head["manner"] or "").strip(), said, part.part(head.start(), end))


def _within(spans: list[tuple[int, int]], at: int) -> bool:
    """Whether the place lies inside of one of these stretches, which are in order."""
    index = bisect_right(spans, (at, -1)) - 1
    return index >= 0 and spans[index][0] < at < spans[index][1]


def find_speech(part: Slice, known: Container[str] = ()) -> Iterator[tuple[DialogueLine, Slice]]:
    """Spoken lines within a shot's words, each with all that belongs to it: `Maren whispers: "Every night."`.

    known: names of the cast in lower case; only they, and names in capitals, speak without quotes.
    """
    yield from _quoted_speech(part)
    for match in _AND_SAYS.finditer(part.text):
        line = DialogueLine(
            speaker=_speaker(match["who"]), manner=_manner(match["verb"], match["how"]),
            text=unquoted(part.group(match, "line")).text,
        )  # fmt: skip
        yield line, part.group(match, "said")
    for match in _VERB_AFTER.finditer(part.text):
        who, verb = match["who"] or match["han"], match["verb"] or match["han_verb"]
        if who.casefold() not in _PRONOUNS and not _NO_PERSON.search(who):
            line = DialogueLine(
                speaker=_speaker(who), manner=_manner(verb, match["how"] or ""),
                text=unquoted(part.group(match, "line")).text,
            )  # fmt: skip
            yield line, part.group(match)
    for match in _UNQUOTED.finditer(part.text):
        who = match["caps"] or match["who"]
        name = _speaker(who).casefold()
        named = match["caps"] and who not in _NO_NAME_CAPS and shot_field(who) is None and not camera_terms(who)
        if name in known or named:
            said = part.group(match, "line")
            line = DialogueLine(speaker=_speaker(who), manner=(match["manner"] or "").strip(), text=said.strip().text)
            yield line, part.part(match.start("caps" if match["caps"] else "who"), match.end())


def _quoted_speech(part: Slice) -> Iterator[tuple[DialogueLine, Slice]]:
    for match in _BOXED.finditer(part.text):
        line = DialogueLine(
            speaker=match["who"].strip(),
            manner=(match["manner"] or "").strip(),
            text=unquoted(part.group(match, "line")).text,
        )
        yield line, part.group(match)
    for match in _IN_PROSE.finditer(part.text):
        who, verb, how = match["who"].strip(), match["verb"] or "", match["how"] or ""
        if tail := _VERB_TAIL.search(who):  # "The old man shouts" and "小明说" are names by their letters
            who, verb, how = who[: tail.start()].strip(), tail["verb"], tail["how"] or ""
        if acts := _ACTS.match(who):  # 林夏低头，“……”
            who, how = acts["who"], f"{acts['act']}{verb}{how}"
        if not who or who.endswith(" and") or _NO_PERSON.search(who):
            continue
        manner = match["manner"] or (how if acts else _manner(verb, how))
        if who.casefold() in _PRONOUNS and not (verb or manner):
            continue
        if not verb and who.startswith(_ARTICLES) and who.count(" ") > MAX_ROLE_WORDS:
            continue  # "A hand flips it: ..." is no speaker
        line = unquoted(part.group(match, "line"))
        start = match.start("who")
        yield DialogueLine(speaker=_speaker(who), manner=manner.strip(), text=line.text), part.part(start, match.end())


def speech_seconds(texts: Iterator[str] | list[str]) -> float:
    """Seconds that these texts take to be spoken, pauses included; 0 without words."""
    han = words = 0
    for text in texts:
        han += len(re.findall(r"[\u3400-\u9fff\u3040-\u30ff]", text))
        words += len(re.findall(r"[A-Za-z0-9\u00c0-\u024f\u0400-\u04ff]+(?:['’][A-Za-z]+)?", text))
    spoken_s = han / HAN_PER_S + words / WORDS_PER_S
    return round(spoken_s + PAUSE_S, 1) if spoken_s else 0.0


def _line(speaker: str, manner: str, said: Slice, whole: Slice | None = None) -> Iterator[tuple[DialogueLine, Slice]]:
    said = said.strip(" \t\r\n/|;；*")
    if not manner and (lead := _LEAD_MANNER.match(said.text)):
        manner, said = lead[1].strip(), said.part(lead.end())
    text = unquoted(said)
    if text.text:
        yield DialogueLine(speaker=speaker, manner=manner, text=" ".join(text.text.split())), (whole or said).strip()


def _names_speaker(match: re.Match[str]) -> bool:
    lower = match["lower"]
    return not lower or lower.strip() in NOT_SPEAKERS or lower.strip() in _NARRATORS


def _speaker(who: str) -> str:
    who = who.strip().removeprefix("@").strip()
    return "" if who.casefold() in NOT_SPEAKERS else who


def _manner(verb: str, how: str) -> str:
    plain = (
        ""
        if verb.casefold() in ("", "say", "says", "said", "speaks", "speak", "说", "说道", "tells him", "tells her")
        else verb
    )
    return f"{plain} {how.strip()}".strip()


def _again(text: str) -> bool:
    """Whether a quote ends before the end: `"Hi." "Hello."` are two."""
    return text[0] in ('"', "“", "「", "『") and QUOTES[text[0]] in text[1:-1]
