"""What the lines of a screenplay look like: headings of scenes and shots, cues, transitions, title page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio.prompt.script.source import Slice

_HEADING = re.compile(
    r"^(?:(?:(?:scene|escena|szene|scène|scena) )?\d{1,4}[A-Z]?[.):]?\s{1,9}(?:[–—-]\s{1,3})?|"
    r"scene \d{1,4}\s{0,3}[:.–—-]\s{0,3})?"
    r"(?P<place>(?:(?:INT|EXT|EST)(?:\.|/|\. ?/| ?/ ?| (?=[A-Z]))\s{0,3}(?:(?:INT|EXT)[. ]{1,2})?|"
    r"I ?/ ?E[. ]{1,2}|(?:INTERIOR|EXTERIOR)(?:[.:]| [–—-])\s)\S.*"
    r"|(?:内[/／]?外景|外[/／]?内景|内景|外景)[.。·:：\s–—-]{0,4}\S.*)$",
    re.IGNORECASE,
)
ACT = re.compile(
    r"^(?:COLD OPEN|TEASER|TAG|PROLOGUE|EPILOGUE|(?:ACT|PART|CHAPTER) (?:ONE|TWO|THREE|FOUR|FIVE|\d{1,2}|"
    r"[IVX]{1,4}))\b.{0,60}$",
    re.IGNORECASE,
)
_LOWER = re.compile(r"^(?:int|ext|est) ")
_FORCED = re.compile(r"^\.(?=[^\W_])(?P<place>.+)$")
_SCENE_NO = re.compile(r"\s{0,9}#[\w.-]{1,12}#\s{0,9}$|(?:\s{3,9}|\t)\s*\d{1,4}[A-Z]?\.?\s{0,9}$")
_TRANSITION = re.compile(
    r"^(?:>\s{0,3})?(?P<name>(?:[A-Z][A-Z '’-]{1,30} )?TO:|(?:SMASH |MATCH |JUMP |HARD |"
    r"TIME )?CUT(?: TO(?: BLACK| WHITE)?)?[:.]|(?:CUT|SMASH) TO BLACK|"
    r"FADE (?:IN|OUT|UP|TO BLACK|TO WHITE|FROM BLACK)|(?:DISSOLVE|CROSSFADE|WIPE)(?: TO)?|INTERCUT(?: WITH)?|"
    r"IRIS (?:IN|OUT)|BLACKOUT|"
    r"(?:画面)?(?:切至|切到|切入|淡入|淡出|渐黑|渐隐|渐显|叠化|化入|化出|黑场|闪白|跳切|硬切|"
    r"切黑|切(?=\s{0,3}[:：.。]?$))(?:至[^\s：:。]{0,10})?)\s{0,3}[:：.。]?$"
)
_FORCED_TRANSITION = re.compile(r"^>(?P<name>[^<]{1,80})$")
_FORCED_NAME = re.compile(r"^[^\"“”「」.!?。！？]{1,40}[.:：。]?$")
CAPS_COLON = re.compile(r"^[^\W\d_a-zß-öø-ÿ](?:[^\Wa-zß-öø-ÿ]|[ '’-]){2,38}:$")
MEMBER_NAME = re.compile(r"^[^\n:,(–—]{1,40}?(?=\s[–—-]|[:,(]|$)")
CENTRED = re.compile(r"^>(?P<text>[^<>]{1,200})<$")
FADE_IN = re.compile(r"^(?:FADE (?:IN|UP|FROM)|淡入|渐显|化入)", re.IGNORECASE)
THE_END = re.compile(
    r"^(?:THE END|END|FIN|END CREDITS|剧终|完|全剧终|END OF (?:FILM|EPISODE|SHORT|SCRIPT))[.。!]?$", re.IGNORECASE
)
_CUE = re.compile(
    r"^(?P<name>[^\s()（）][^()（）^]{0,58}?)\s{0,3}(?P<exts>(?:[(（][^()（）]{1,40}[)）]\s{0,3}){0,3})\^?[:：]?$"
)
_CAPS = re.compile(r"^[^\W_](?:[\w .'’&/#,-]*[\w.])?$")
_HAN = re.compile(r"^[\u3400-\u9fff·]{1,6}[A-Za-z0-9]{0,2}$")
_EXT = re.compile(r"[(（]([^()（）]{1,40})[)）]")
_CONTINUED = re.compile(r"^(?:more|cont[’'. ]?d?\.?|continued|continuing|续|接上)$", re.IGNORECASE)
MANNER = re.compile(r"^[(（][^()（）]{1,200}[)）]$")
INLINE = re.compile(
    r"^(?P<name>[^\W\d_a-z][\w .'’#-]{0,30}?)\s{0,2}(?:[(（](?P<manner>[^()（）]{1,60})[)）])?"
    r"\s{0,2}[:：]\s{0,3}(?P<said>\S.*)$"
)
NO_NAME = re.compile(
    r"^(?:A|AN|THE)\b.*\b(?:READS?|SAYS?|SIGN|TEXT)\b|\b(?:READS|SAYS|SCENE|SHOT|ACT)$|^(?:SCENE|SHOT|ACT|SFX|"
    r"VFX|EPISODE)\b",
    re.IGNORECASE,
)
_SIZES = (
    r"(?:(?:EXTREME|TIGHT|BIG) )?CLOSE(?:[ -]?UP)?(?: ON| SHOT)?|ANGLE ON|REVERSE ANGLE|INSERT(?: SHOT)?|"
    r"(?:EXTREME )?WIDE(?: SHOT| ON| ANGLE)?|MEDIUM SHOT|TWO[ -]SHOT|"
    r"AERIAL(?: SHOT| VIEW)?|OVERHEAD(?: SHOT)?|TRACKING SHOT|ESTABLISHING(?: SHOT)?|DRONE SHOT|"
    r"[A-Z][A-Z .]{0,25}[’']S P\.?O\.?V\.?|P\.?O\.?V\.?"
)
CAMERA = re.compile(rf"^(?:{_SIZES})(?:\s{{0,2}}[:：–—-]|\s|$)")
CAMERA_HEAD = re.compile(rf"^(?P<head>{_SIZES})\s{{0,2}}[:：–—-]\s{{0,3}}(?P<rest>\S[\s\S]*)$")
NOTE_HEAD = re.compile(
    r"^(?:SUPER(?:IMPOSE)?|TITLE(?: CARD)?|CHYRON|CAPTION|ON[- ]SCREEN TEXT|字幕|TEXT)\s{0,2}(?:[:：]|\s(?=[\"“]))|"
    r"^(?:(?:A )?(?:SERIES OF SHOTS|MONTAGE|FLASHBACK|DREAM SEQUENCE|PRESENT DAY)|(?:MOMENTS|HOURS|DAYS|MINUTES|"
    r"WEEKS|YEARS|MONTHS|LATER|SAME|THAT NIGHT|THE NEXT)\b"
    r"|闪回|蒙太奇|回忆)[^a-z]{0,80}$"
)
END_HEAD = re.compile(
    r"^(?:END (?:OF )?(?:SERIES|MONTAGE|FLASHBACK|ACT|TEASER|DREAM)|BACK TO (?:SCENE|PRESENT)|END INTERCUT|"
    r"(?:闪回|回忆|蒙太奇)结束)",
    re.IGNORECASE,
)
ITEM = re.compile(r"^(?:[A-Za-z][.)]|\d{1,2}[.)]|[-–—•*])\s{1,4}(?=\S)")
PAGE = re.compile(
    r"^(?:\d{1,4}\.?|scene \d{1,4}[A-Z]?[.:]?|page \d{1,4}|\(?(?:MORE|CONTINUED)\)?:?|"
    r"CONTINUED:?\s{0,9}\(?\d{0,3}\)?|={3,}|-{3,}|\*{3,}|"
    r"_{3,}|```\w{0,12})$",
    re.IGNORECASE,
)
TITLE_KEY = re.compile(r"^(?P<key>[A-Za-z\u3400-\u9fff][\w /]{0,28}?)\s{0,2}[:：]\s{0,9}(?P<value>.*)$")
TITLE_KEYS = {
    "title", "credit", "author", "authors", "source", "notes", "draft date", "date", "contact", "copyright", "revision",
    "written by", "format", "font", "draft", "logline", "genre", "email", "phone", "片名", "标题", "剧名",
    "编剧", "作者", "日期", "版本", "版权",
}  # fmt: skip
BY = re.compile(
    r"^(?:(?:(?:a|screenplay|script|short film|film|written|story) ){0,3}by\b|编剧|作者|©|copyright)", re.IGNORECASE
)
SECTION = re.compile(r"^#{1,6}\s{0,4}(?P<text>[^\s#].*)$")
QUOTED_TITLE = re.compile(r"^[\"“《](?P<title>[^\"“”《》]{1,120})[\"”》]$")


@dataclass(frozen=True)
class Cue:
    """Who speaks. manner: what stands in brackets behind the name, such as O.S. sure: by its letters alone."""

    name: Slice
    manner: str
    sure: bool


def place_of(part: Slice) -> Slice | None:
    """The place of a scene's heading, without its number; None for another line."""
    forced = _FORCED.match(part.text)
    words = part.text.lstrip("#").strip() if part.text.startswith("#") else part.text
    match = forced or _HEADING.match(words)
    if match is None or _LOWER.match(match["place"]):
        return None
    shift = 0 if forced else part.text.index(words) if words else 0
    place = part.part(shift + match.start("place"), shift + match.end("place"))
    number = _SCENE_NO.search(place.text)
    return (place.part(0, number.start()) if number else place).strip(" \t*:")


def transition_of(part: Slice) -> Slice | None:
    """The name of a transition, without its colon; None for another line."""
    match = _TRANSITION.match(part.text) or _FORCED_TRANSITION.match(part.text)
    if match and match.re is _FORCED_TRANSITION and not _FORCED_NAME.match(match["name"].strip()):
        return None
    return part.group(match, "name").strip(" \t:：.。") if match else None


def cue_of(part: Slice, *, marked: bool = False) -> Cue | None:
    """The name above a speech. marked: it stands in bold, so that it needs no capitals."""
    forced = part.text.startswith("@") and len(part.text) > 1
    line = part.part(1) if forced else part
    match = _CUE.match(line.text)
    if (
        match is None
        or transition_of(part)
        or PAGE.match(part.text)
        or CAMERA.match(part.text)
        or NOTE_HEAD.match(part.text)
    ):
        return None
    name = line.group(match, "name").strip()
    exts = [ext for ext in _EXT.findall(match["exts"]) if not _CONTINUED.match(ext.strip())]
    words = name.text.split()
    caps = name.text == name.text.upper() != name.text.lower() and bool(_CAPS.match(name.text)) and len(words) <= 6
    han = bool(_HAN.match(name.text))
    named = marked and len(words) <= 3 and name.text[:1].isupper() and not name.text.endswith((".", "!", "?"))
    if not (forced or caps or han or named):
        return None
    return Cue(name, ", ".join(ext.strip() for ext in exts), sure=forced or caps or named or bool(exts))
