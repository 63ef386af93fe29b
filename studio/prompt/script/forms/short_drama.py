"""Chinese short dramas: 场1-1 内景 日, 人物：, △ action, 林晚（哭）：speech, 旁白, OS and VO, 【闪回】, 字幕.

A line is a paragraph in these scripts: each △ is a shot, and the speech that follows belongs to it. OS is an inner
voice here, not somebody outside the picture.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from studio.messages import Message
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.cast import names_of
from studio.prompt.script.chat import is_chat
from studio.prompt.script.dialogue import unquoted
from studio.prompt.script.film_words import no_field
from studio.prompt.script.forms.scenes import Line, tell
from studio.prompt.script.forms.screen_rows import Page, page_of
from studio.prompt.script.forms.screen_words import THE_END, transition_of
from studio.prompt.script.labels import film_field, shot_field
from studio.prompt.script.source import EMPTY, Slice

_NO = r"(?:\d{1,4}|[一二三四五六七八九十百零]{1,4})"
_DAY = r"(?:凌晨|清晨|早晨|早上|上午|中午|正午|午后|下午|傍晚|黄昏|晚上|夜晚|深夜|午夜|半夜|白天|日|夜|晨|昏)"
_SIDE = r"(?:内景|外景|内外|内|外)"
_WHEN = rf"(?:{_DAY}[\s/／，,、]{{0,3}}{_SIDE}?|{_SIDE}[\s/／，,、]{{0,3}}{_DAY}?)"
_WHEN_WORD = re.compile(rf"(?:^|[\s，,、/／·.-]){_WHEN}(?=$|[\s，,、/／·.；;】\]-])")
_WHEN_LINE = re.compile(rf"^(?:\S{{1,20}}[\s，,、]{{1,3}})?{_WHEN}(?:[\s，,、]{{1,3}}\S.{{0,40}})?$")
_EPISODE = re.compile(rf"^第\s?{_NO}\s?[集话回](?![\u3400-\u9fff])\s{{0,3}}[:：]?\s{{0,3}}(?P<rest>.{{0,60}})$")
_HEADING = re.compile(
    rf"^[【\[]?(?:(?:场景|场次|场|SC|S|Scene)\s{{0,3}}[（(]?\s?(?P<named>\d{{1,3}}(?:[-－–—.]\d{{1,3}})?|"
    rf"[一二三四五六七八九十]{{1,3}})\s?[)）]?"
    rf"|第\s?(?P<nth>{_NO})\s?(?:场戏?|幕)(?![\u3400-\u9fff])|(?P<pair>\d{{1,3}}[-－–—]\d{{1,3}})|"
    rf"(?P<bare>\d{{1,3}})(?=[\s、.．,，]))"
    r"\s{0,6}[:：、.．,，]?\s{0,6}(?P<rest>.{0,200}?)[】\]]?$",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"^[【\[]?(?:内[/／]?外景|外[/／]?内景|内景|外景)[.。·:：\s–—-]{0,4}(?P<rest>\S.{0,200}?)[】\]]?$")
_PLACE_LABEL = re.compile(r"^(?:地点|场景|时间|时空|景别?|日/?夜|内/?外)\s{0,3}[:：]\s{0,3}(?P<rest>\S.*)$")
_CAST_LABEL = re.compile(
    r"^[【\[]?(?P<label>(?:出场|登场|出镜|主要|本场)?(?:人物|角色|演员)(?:表|介绍|设定|小传)?|登场|出场|出镜)"
    r"[】\]]?\s{0,3}[:：]\s{0,3}(?P<rest>.*)$"
)
_CAST_INSIDE = re.compile(r"[；;，,\s]{1,3}(?=(?:出场|登场)?(?:人物|角色)[:：])")
_ACTION = re.compile(r"^[（(]?[△▲∆Δ⊿◬]\s{0,3}[:：]?\s{0,3}")
_CAMERA_LABEL = re.compile(r"^[【\[（(]?(?:镜头|画面|空镜)[】\]）)]\s{0,3}[:：]?\s{0,3}|^[【\[](?:镜头|画面)[:：]")
_BRACKET = re.compile(
    r"^[【\[](?P<head>[^【】\[\]:：]{1,12})(?:[:：]\s{0,3}(?P<rest>[^【】\[\]]{1,200}))?[】\]]\s{0,3}[:：]?\s{0,3}(?P<after>.*)$"
)
_NOTE = re.compile(
    r"^(?:字幕|花字|屏幕文字|标题卡|注|备注|提示)$|^(?:闪回|回忆|梦境|蒙太奇|平行剪辑|插叙|倒叙|现实|片头|片尾|"
    r"彩蛋|付费点|卡点|钩子)"
)
_ENDS = re.compile(
    r"^(?:闪回|回忆|梦境|蒙太奇|插叙|倒叙)\s?(?:结束|完|止|毕)|^(?:第\s?\S{1,4}\s?集|本集|全剧|"
    r"全文)\s?[·:：]?(?:完|终|结束)"
)
_MUSIC_MARK = re.compile(r"^[♪♫🎵🎶]\s{0,3}[:：]?\s{0,3}")
_TUNE = re.compile(r"乐|曲|歌|琴|鼓|笛|箫|筝|钢琴|吉他|BGM|旋律|小提琴|唱", re.IGNORECASE)
_SPEECH = re.compile(
    r"^(?P<name>[\w\u3400-\u9fff·、&/ ]{1,24}?)\s{0,3}(?P<os>OS|VO|O\.S\.|"
    r"V\.O\.)?\s{0,3}(?:[（(【\[](?P<manner>[^（）()【】\[\]]{1,40})[)）】\]])?\s{0,3}"
    r"(?:[:：]\s{0,3}(?P<said>.*)|(?P<quoted>[「『“].*))$",
    re.IGNORECASE,
)
_NAMED = re.compile(r"^(?P<name>[\w\u3400-\u9fff·]{1,12})\s{0,3}[（(](?P<manner>[^（）()]{1,40})[)）]$")
_LED = re.compile(r"^(?P<name>[\u3400-\u9fff·]{2,4})(?P<how>[^:：\n]{1,24})[:：]\s{0,3}(?P<said>[「『“\"].*)$")
_LEAD = re.compile(r"^[（(](?P<manner>[^（）()]{1,40})[)）]\s{0,3}")
_MANNER = re.compile(r"^[（(](?P<manner>[^（）()]{1,60})[)）]$")
_NO_NAME = re.compile(
    r"字样|写着|显示|屏幕|短信|弹窗|备注|内容|标题|时间|地点|场景|[他她它你我]$|^(?:他|她|它|我)们?|"
    r"第.{1,4}[集场]|^\d+$"
)
_VOICE = re.compile(r"旁白|画外音|解说|内心|独白|心声|(?<![a-z])(?:os|vo|o\.s\.?|v\.o\.?)(?![a-z])", re.IGNORECASE)
_TITLE = re.compile(r"^《(?P<title>[^《》]{1,60})》(?:\S{0,8})$")
_MARKED = re.compile(r"^[ \t*]{0,9}[△▲∆]", re.MULTILINE)
_SHOT_HEAD = re.compile(
    r"^[\W_]{0,6}(?:镜头|镜号|分镜|shot)\s{0,3}[#:：]?\s{0,3}[\d一二三四五六七八九十]", re.IGNORECASE | re.MULTILINE
)
_HAN = re.compile(r"[\u3400-\u9fff]")
NAME_CHARS = 4
"""Longest name that is believed without being in a list of the cast, and without a manner."""


def score(text: str) -> float:
    """Numbered scenes with a time of day, △, lists of who is in a scene, and lines with a colon."""
    if not _HAN.search(text):
        return 0.0
    marks = len(_MARKED.findall(text))
    heads = cast = speech = 0
    for line in Slice(text).lines():
        row = line.strip(" \t#*_").text
        if len(row) > 240:
            continue
        heads += _is_heading(row)
        cast += bool(_CAST_LABEL.match(row))
        speech += bool(
            (m := _SPEECH.match(row)) and len(m["name"]) <= 2 * NAME_CHARS and shot_field(m["name"].strip()) is None
        )
    if len(_SHOT_HEAD.findall(text)) > 1 and not marks:
        return 0.2
    if marks:
        return 0.95 if heads or cast or speech else 0.8 if marks > 1 else 0.5
    if heads and (speech or cast):
        return 0.85 if heads > 1 or cast else 0.6
    return 0.3 if heads else 0.0


def read(build: ScriptBuilder) -> None:
    """Every line of action is a shot, with the speech that follows it."""
    tell(build, _Reader(build, page_of(build)).lines())


def _is_heading(row: str) -> bool:
    """Whether a line opens a scene. Bare numbers need a time of day; so do inside and outside."""
    if _INSIDE.match(row):
        return True
    match = _HEADING.match(row)
    if match is None:
        return False
    rest = match["rest"].strip()
    if match["bare"]:
        return bool(_WHEN_WORD.search(rest)) and len(rest) < 40
    if match["pair"]:
        return not rest or bool(_WHEN_WORD.search(rest)) or (len(rest) < 30 and not re.search(r"[。！？!?]", rest))
    return len(rest) < 60 or bool(_WHEN_WORD.search(rest)) or "人物" in rest


class _Reader:
    """Tells the rows of a short drama apart."""

    def __init__(self, build: ScriptBuilder, page: Page) -> None:
        self._build, self._rows = build, page.rows
        self._names: set[str] = set()
        self._titled = self._started = False
        self._numbered = any(_is_heading(row.text.lstrip("#* ")) for row in page.rows)
        self._counts = Counter(m["name"].strip() for row in page.rows if (m := _SPEECH.match(row.text)))
        for row in page.rows:
            if label := _CAST_LABEL.match(row.text):
                self._names.update(name.text for name in names_of(row.part.group(label, "rest")))

    def lines(self) -> Iterator[Line]:
        """All lines in order."""
        at = 0
        while at < len(self._rows):
            found, at = self._line(at)
            yield from found

    def _line(self, at: int) -> tuple[list[Line], int]:
        part = self._rows[at].part
        part = part.part(len(part.text) - len(part.text.lstrip("#"))).strip() if part.text.startswith("#") else part
        text = part.text
        if not text or re.fullmatch(r"[-=*_—·.\s]{2,40}", text) or _ENDS.match(text.strip("【】[]（）()")):
            return [], at + 1
        if _is_heading(text):
            return self._scene(at, part)
        if episode := _EPISODE.match(text):
            if _is_heading(episode["rest"]):
                return self._scene(at, part.group(episode, "rest"))
            return self._episode(part), at + 1
        if label := _CAST_LABEL.match(text):
            return [], self._cast(at, part, label)
        if _PLACE_LABEL.match(text) and not self._numbered:
            return self._scene(at, part)
        if action := _ACTION.match(text):
            words = part.part(action.end())
            if (voice := _SPEECH.match(words.text)) and _VOICE.match(voice["name"]):
                return self._speech(at, words)
            return [self._picture(words.strip("）)") if text[0] in "（(" else words)], at + 1
        if not self._started and (head := self._head(part)):
            return [], at + head
        self._started = True
        for tell_apart in (self._bracket, self._labelled):
            if lines := tell_apart(part):
                return lines, at + 1
        speech, following = self._speech(at, part)
        if speech or following > at:
            return speech, following
        if is_chat(text):
            self._build.unread(part, Message("scriptread.chat"))
            return [], at + 1
        return [self._picture(part)], at + 1

    def _scene(self, at: int, part: Slice) -> tuple[list[Line], int]:
        """The heading of a scene, with the lines of place, time and cast below it."""
        self._started = True
        match = _HEADING.match(part.text) if not _INSIDE.match(part.text) else None
        rest = (part.group(match, "rest") if match else part).strip("【】[] ")
        places: list[Slice] = []
        if inside := _CAST_INSIDE.search(rest.text):
            self._members(rest.part(inside.end()))
            rest = rest.part(0, inside.start())
        if label := _PLACE_LABEL.match(rest.text):
            rest = rest.group(label, "rest")
        if rest:
            places.append(rest.strip(" \t：:；;，,"))
        at += 1
        while at < len(self._rows):
            row = self._rows[at].part
            if label := _PLACE_LABEL.match(row.text):
                places.append(row.group(label, "rest").strip())
            elif label := _CAST_LABEL.match(row.text):
                self._members(row.group(label, "rest"))
            elif not rest and len(places) < 2 and _WHEN_LINE.match(row.text) and not _ACTION.match(row.text):
                places.append(row)
            else:
                break
            at += 1
        places = [place for place in places if place]
        if not places:
            return [Line("scene", EMPTY)], at
        return [Line("scene", _joined(places))], at

    def _members(self, part: Slice) -> None:
        part = part.group(label, "rest") if (label := _CAST_LABEL.match(part.text)) else part
        names = [name for name in names_of(part) if name and not _VOICE.search(name.text)]
        if len(names) == 1 and " " in names[0].text:  # 满满 阿丰 沈青乔
            names = [names[0].group(word) for word in re.finditer(r"\S+", names[0].text)]
        for name in names:
            self._names.add(name.text)
            self._build.member(name)

    def _cast(self, at: int, part: Slice, label: re.Match[str]) -> int:
        """A list of the cast above the scenes, one a line or in one line; the row that follows."""
        rest = part.group(label, "rest")
        if self._started or (rest and not re.search(r"[，,(（：:]", rest.text)):
            self._members(rest)
            return at + 1
        if rest:
            self._build.film("cast", rest)
        at += 1
        while at < len(self._rows):
            row = self._rows[at]
            member = re.match(
                r"^(?:[-*•·]|"
                r"\d{1,2}[.、)])?\s{0,3}(?P<name>[\w\u3400-\u9fff·]{1,8})\s{0,2}(?:[（(][^（）()]{1,30}[)）])?\s{0,2}[:：,，—–-]",
                row.text,
            )
            if (
                member is None
                or (row.opens and not rest and at > 1 and not self._rows[at - 1].closes)
                or _is_heading(row.text)
                or film_field(member["name"])
            ):
                break
            if _ACTION.match(row.text) or shot_field(member["name"]) == "voice_over":
                break
            self._names.add(member["name"])
            self._build.film("cast", row.part)
            at += 1
        return at

    def _head(self, part: Slice) -> int:
        """What stands above the first scene: title, style, chat. 1 where it was that."""
        if (title := _TITLE.match(part.text)) and not self._titled:
            self._build.film("title", part.group(title, "title"))
            self._titled = True
        elif is_chat(part.text):
            self._build.unread(part, Message("scriptread.chat"))
        elif (
            label := re.match(r"^(?P<label>[\w\u3400-\u9fff /]{1,16})\s{0,3}[:：]\s{0,3}(?P<rest>\S.*)$", part.text)
        ) and (field := film_field(label["label"])):
            self._titled = self._titled or field == "title"
            rest = part.group(label, "rest")
            self._build.film(field, rest.strip("《》") if field == "title" else rest)
        elif reason := no_field(part.text):
            self._build.unread(part, reason)
        elif transition_of(part) or _SPEECH.match(part.text) or _BRACKET.match(part.text):
            return 0
        else:
            self._build.unread(part, Message("screenplay.before_scenes"))
        return 1

    def _episode(self, part: Slice) -> list[Line]:
        if self._titled or self._started:
            return [Line("ahead", part)]
        self._build.film("title", part)
        self._titled = True
        return []

    def _picture(self, part: Slice) -> Line:
        self._started = True
        if label := _CAMERA_LABEL.match(part.text):
            part = part.part(label.end()).strip("】]")
        return Line("action", part)

    def _bracket(self, part: Slice) -> list[Line]:
        """【特写】..., 【空镜：...】, 【闪回】, 【字幕：三年后】."""
        match = _BRACKET.match(part.text)
        if match is None:
            return []
        head, rest, after = match["head"].strip(), part.group(match, "rest"), part.group(match, "after")
        if _NOTE.match(head):
            return [Line("ahead" if not match["rest"] else "notes", part.strip("【】[]"))] + (
                [self._picture(after)] if after else []
            )
        if transition := transition_of(part.group(match, "head")):
            return [Line("transition", transition), *([self._picture(after)] if after else [])]
        field = shot_field(head)
        if field in ("sound", "music") and (said := rest or after):
            return [Line(field, said)]
        if head in ("镜头", "画面"):
            return [Line("action", rest or after)]
        if rest and not after:
            return [Line("action", rest, part.group(match, "head"))]
        return [Line("action", after, part.group(match, "head"))] if after else [Line("ahead", part.strip("【】[]"))]

    def _labelled(self, part: Slice) -> list[Line]:
        """字幕：, 音效：, BGM：, 转场：, and words of transition."""
        if transition := transition_of(part.strip("【】[]（）()")):
            return [Line("transition", transition)]
        if THE_END.match(part.text.strip("（）()【】—-– ")):
            return [Line("notes", part)]
        if mark := _MUSIC_MARK.match(part.text):
            sound = part.part(mark.end())
            return [Line("music" if _TUNE.search(sound.text) else "sound", sound)]
        label = re.match(r"^(?P<label>[\w\u3400-\u9fff ]{1,10})\s{0,3}[:：]\s{0,3}(?P<rest>\S.*)$", part.text)
        field = shot_field(label["label"].strip()) if label else None
        if label and field in ("sound", "music", "transition"):
            return [Line(field, part.group(label, "rest"))]
        if label and (field == "notes" or _NOTE.match(label["label"].strip())):
            return [Line("notes", part)]
        return []

    def _speech(self, at: int, part: Slice) -> tuple[list[Line], int]:
        """`林晚（哭）：...`, a name with its words in the next line, a manner in a line of its own."""
        if (manner := _MANNER.match(part.text)) and self._started:
            follows = _SPEECH.match(self._rows[at + 1].text) if at + 1 < len(self._rows) else None
            if (
                follows
                and not follows["manner"]
                and len(manner["manner"]) <= 6
                and self._is_name(follows["name"].strip(), "")
            ):
                lines, following = self._speech(at + 1, self._rows[at + 1].part)
                return [Line(li.kind, li.part, li.who, manner["manner"], li.whole) for li in lines], following
            return [Line("notes", part.group(manner, "manner"))], at + 1
        if part.text in self._names or (part.text.rstrip("：:") in self._names):
            return self._below(at, part.strip("：: "), "", part)
        bare = _NAMED.match(part.text)
        if bare and bare["name"] in self._names:
            return self._below(at, part.group(bare, "name"), bare["manner"], part)
        match = _SPEECH.match(part.text)
        if match and self._is_name(match["name"].strip(), (match["manner"] or "") + (match["os"] or "")):
            who = part.group(match, "name").strip()
            manner = ", ".join(filter(None, ((match["os"] or "").strip(), (match["manner"] or "").strip())))
            said = part.group(match, "quoted") if match["quoted"] else part.group(match, "said").strip()
            if not said:
                return self._below(at, who, manner, part)
            return [_said(who, manner, said, part)], at + 1
        led = _LED.match(part.text)
        name = (
            next((led["name"][:n] for n in range(4, 1, -1) if led and led["name"][:n] in self._names), "")
            if led
            else ""
        )
        if led and name:
            how = part.part(len(name), led.end("how")).strip(" ，,、")
            return [_said(part.part(0, len(name)), how.text, part.group(led, "said"), part)], at + 1
        return [], at

    def _below(self, at: int, who: Slice, manner: str, part: Slice) -> tuple[list[Line], int]:
        """The words of a speaker whose name stands in a line of its own."""
        following = at + 1
        if following < len(self._rows) and (how := _MANNER.match(self._rows[following].text)):
            manner, following = ", ".join(filter(None, (manner, how["manner"]))), following + 1
        if following >= len(self._rows):
            return [], at
        row = self._rows[following]
        if (
            (row.opens and not self._rows[at].opens)
            or _ACTION.match(row.text)
            or _is_heading(row.text)
            or row.text in self._names
        ):
            return [], at
        whole = self._build.source.part(part.span[0], row.raw.end)
        return [_said(who, manner, row.part, whole)], following + 1

    def _is_name(self, name: str, manner: str) -> bool:
        if not name or _NO_NAME.search(name):
            return False
        if _VOICE.fullmatch(name) or name in self._names:
            return True
        if shot_field(name) not in (None, "cast", "voice_over") or film_field(name) or len(name) > 12:
            return False
        return len(name) <= NAME_CHARS or (bool(manner) and len(name) <= 8) or self._counts[name] > 1


def _said(who: Slice, manner: str, said: Slice, whole: Slice) -> Line:
    """A spoken line; its manner may also stand behind the colon."""
    if not manner and (lead := _LEAD.match(said.text)) and said.text[lead.end() :].strip():
        manner, said = lead["manner"], said.part(lead.end()).strip()
    return Line("speech", unquoted(said), who, manner, whole)


def _joined(places: list[Slice]) -> Slice:
    if len(places) == 1:
        return places[0]
    start, end = places[0].span[0], places[-1].span[1]
    return Slice(" ".join(place.text for place in places), start, (start, end))
