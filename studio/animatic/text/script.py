"""A shot's text taken apart: what happens, what is said, what is heard, who plays, and the style that holds for all.

Only what happens is drawn. Parts are told apart by labels (`Style:`, `Cast:`, `Places:`, `Dialogue:`, `Sound:`, and
their Chinese names), each up to the end of its line or, inside a paragraph, of its sentence. Without labels, sentences
in front of the one that opens with a framing ("Wide shot of ...") are the style. Pure text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LABELS = {
    "style": r"(?:global|overall|visual)\s+style|style|look|overall|全局风格|整体风格|视觉风格|风格|画风",
    "cast": r"cast|characters?|角色|人物|演员",
    "things": r"places?|locations?|props?|地点|道具",
    "speech": r"dialogues?|spoken|voice[- ]?over|narrat(?:or|ion)|v\.?o\.?|对白|台词|旁白|画外音",
    "sound": r"sounds?|audio|sfx|music|soundtrack|ambience|音效|声音|音乐|配乐",
    "references": r"references",
    "action": r"shot|action|camera|画面|内容|运镜|镜头",
}
_LABEL = re.compile(
    r"(?:^|(?<=[\n.;。；!！?？\"”'’)）])|(?<=\.\s)|(?<=;\s)|(?<=\"\s))[ \t]*(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _LABELS.items())
    + r")\s*[:：]\s*",
    re.IGNORECASE | re.MULTILINE,
)
_SENTENCE = re.compile(r"[^.!?。！？\n]*(?:[.!?](?=\s|$|[\"”'’])|[。！？\n]|$)[\"”'’]?\s*")
_FRAMED = re.compile(
    r"\s*(?:an?\s+|the\s+)?(?:(?:extreme|very|medium|slow|low|high|static|handheld|cinematic|tight|wide|full|tracking|pov|"
    r"aerial|drone|establishing|over[- ]the[- ]shoulder|close|two|macro|insert|long|point[- ]of[- ]view)[\s,-]*)+"
    r"(?:shot|up|angle|view|close[- ]?up)|\s*(?:close[- ]?ups?|aerial|pov|wide|medium|insert|macro)\b"
    r"|\s*(?:大?特写|大?远景|大?全景|中景|近景|中近景|航拍|俯拍|仰拍|过肩|双人)",
    re.IGNORECASE,
)
_CALL = r"(?:@?[A-Z][\w-]*(?:[ ][A-Z][\w-]*)?|@[\w-]+|[\u4e00-\u9fff]{1,6})"
_LINE = re.compile(
    rf"(?P<who>{_CALL})\s*(?P<how>[(（][^)）]{{0,40}}[)）])?\s*[:：]\s*[\"“「『](?P<said>[^\"”」』]+)[\"”」』]\.?\s*"
)
_QUOTED = re.compile(r"[\"“「『]([^\"”」』]*)[\"”」』]")
_ENTRY = re.compile(
    r"^\s*[-*•·]?\s*@?(?P<name>[^\W\d_][^,:;，；：()（）–—=]{0,38}?)\s*(?:[,:，：(（–—=]|\s-\s|\sis\s|$)\s*(?P<about>.*)$"
)
_TITLES = re.compile(r"\b(Dr|Mr|Mrs|Ms|St|Prof|Capt|Sgt|Lt)\.(?=\s)")
"""Short titles, whose stops end no sentence."""
_SAYS = re.compile(r"(?:说|道|问|喊|答|低声|轻声)+$")


@dataclass(frozen=True)
class SpokenLine:
    """Words spoken in a shot. who: the name as written, "" for a voice nobody sees."""

    who: str
    said: str


@dataclass(frozen=True)
class Parts:
    """One shot's text in its parts. cast and things: name -> description, in order."""

    action: str = ""
    style: str = ""
    sound: str = ""
    speech: tuple[SpokenLine, ...] = ()
    cast: dict[str, str] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)


def parts(text: str, *, header: str = "") -> Parts:
    """A shot's text taken apart. header: what stands before the first shot of a film and holds for all of them."""
    header, text = (_TITLES.sub(r"\1", words) for words in (header, text))
    found: dict[str, list[str]] = {name: [] for name in _LABELS}
    for kind, words in _labelled(header, whole_lines=True):
        found["style" if kind in ("action", "plain") else kind].append(words)
    own: list[str] = []
    for kind, words in _labelled(text, whole_lines=False):
        (own if kind in ("action", "plain") else found[kind]).append(words)
    style, action = _framed(" ".join(own).strip())
    cast, things = _listed(found["cast"]), _listed(found["things"])
    styles = []
    for sentence in sentences(" ".join((*found["style"], style)).strip()):
        name, about = defined(sentence)
        if name:
            cast.setdefault(name, about)
        else:
            styles.append(sentence)
    action, lines = _spoken(action)
    for words in found["speech"]:
        rest, more = _spoken(words)
        lines += (
            more
            or tuple(SpokenLine("", said) for said in _QUOTED.findall(words))
            or ((SpokenLine("", rest),) if rest else ())
        )
    return Parts(action, " ".join(styles), " ".join(found["sound"]), lines, cast, things)


def unquoted(text: str) -> str:
    """The text with what stands in quotes left blank, letter for letter: signs and speech are not things to draw."""
    return _QUOTED.sub(lambda m: " " * len(m.group()), text)


def sentences(text: str) -> list[str]:
    """The sentences in order, each with its stop."""
    return [m.group().strip() for m in _SENTENCE.finditer(text) if m.group().strip()]


def defined(sentence: str) -> tuple[str, str]:
    """Name and description where a sentence says who somebody is ("Ida, a girl of nine"); else two empty strings."""
    found = re.match(
        r"\s*@?([A-Z][\w-]+)\s*(?:,|\bis\b|:|—|–|\()\s*((?:an?|the|his|her|their|aged)\s.+)|"
        r"\s*@?([\u4e00-\u9fff]{2,4})[,，：:](.*(?:岁|人|男|女|孩|老).*)",
        sentence,
    )
    if not found:
        return "", ""
    return (found[1], found[2].rstrip(".)")) if found[1] else (found[3], found[4].rstrip("。"))


def _labelled(text: str, *, whole_lines: bool) -> list[tuple[str, str]]:
    """(kind, words) in order; kind "plain" has no label. whole_lines: a label holds for its whole line."""
    heads = list(_LABEL.finditer(text))
    out: list[tuple[str, str]] = [("plain", text[: heads[0].start()] if heads else text)]
    for head, after in zip(heads, [*(h.start() for h in heads[1:]), len(text)], strict=False):
        body = text[head.end() : after]
        kind = head.lastgroup or "plain"
        end = len(body) if kind == "action" else _ends(kind, body, whole_lines or "\n" in text[head.end() :].strip())
        out += [(kind, body[:end].strip()), ("plain", body[end:])]
    return [(kind, words.strip(" \n\t")) for kind, words in out if words.strip()]


def _ends(kind: str, body: str, whole_lines: bool) -> int:
    """Where a labelled part ends: bullets go on over lines; else the line, or the sentence inside a paragraph."""
    line = body.find("\n")
    if kind in ("cast", "things") and (line >= 0 and not body[:line].strip()):
        end = line + 1
        while (bullet := re.match(r"\s*[-*•·].*(?:\n|$)", body[end:])) and bullet.group().strip():
            end += bullet.end()
        return end
    if line >= 0:
        return line
    if whole_lines or kind == "speech":
        return len(body)
    stop = re.search(r"[.。](?=\s|$|[\u4e00-\u9fff])", body)
    return stop.end() if stop else len(body)


def _framed(text: str) -> tuple[str, str]:
    """Style and action of a text without labels: the sentences before the one that opens with a framing are style."""
    ordered = sentences(text)
    first = next((n for n, one in enumerate(ordered) if _FRAMED.match(one)), 0)
    return " ".join(ordered[:first]), " ".join(ordered[first:]) if first else text


def _listed(blocks: list[str]) -> dict[str, str]:
    """`Maren, a keeper of seventy; Ida (her granddaughter)` or bulleted lines as name -> description."""
    out: dict[str, str] = {}
    for entry in re.split(r"[;；\n]|(?<=[a-z\d)])\.\s+(?=@?[A-Z])", "\n".join(blocks)):
        found = _ENTRY.match(entry.strip().rstrip("."))
        if not found:
            continue
        about = found["about"].strip().rstrip(")）")
        names = re.split(r"\s*,\s*|\s+and\s+|、|和", f"{found['name']}, {about}") if _only_names(about) else ()
        for name in names or (found["name"],):
            out[name.strip().lstrip("@")] = "" if names else about
    return out


def _only_names(about: str) -> bool:
    """True for "Ida and Tom": a list of names, not a description."""
    return bool(about) and all(re.fullmatch(r"@?[A-Z][\w-]*", n) for n in re.split(r",\s*|\s+and\s+", about))


def _spoken(text: str) -> tuple[str, tuple[SpokenLine, ...]]:
    """The text without its lines of dialogue, and these."""
    lines: list[SpokenLine] = []

    def take(found: re.Match[str]) -> str:
        unseen = re.search(r"\b(?:v\.?o|o\.?s|off)\b|画外|旁白", found["how"] or "", re.IGNORECASE)
        who = _SAYS.sub("", found["who"]).lstrip("@")
        lines.append(SpokenLine("" if unseen else who, found["said"].strip()))
        return ""

    rest = _LINE.sub(take, text)
    return rest.strip(), tuple(lines)
