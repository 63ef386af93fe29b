"""Who and what a text names, with the numbers, colours, clothes, ages, postures and things in hand that belong to them.

One walk over the tokens. An attribute goes to the figure before it in its sentence, else to the next one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from studio.animatic import artwork, tables
from studio.animatic.text.held_things import HANDLING, MOUNTS, TOOLS, handle, hold, mounted
from studio.animatic.text.lexicon import Token, phrases
from studio.animatic.text.reading import CHILD_BELOW, OLD_FROM, Colour, Figure, Thing
from studio.animatic.text.scan import Scan

PLURAL_COUNT = {word: int(count) for word, count in tables.pairs("plurals").items()}
AGED = tables.words("people", "aged")
"""Words in front of a person that make them old."""
GROWN = ("man", "woman", "person", "monk")
"""Kinds of people whose age changes how they are drawn."""
YOUNG = tables.words("people", "young")
FEMALE = frozenset({"she", "her", "hers", "herself", "她"})
MALE = frozenset({"he", "him", "his", "himself", "他"})
OF_WOMEN = ("woman", "mother", "grandma", "granny", "lady", "widow", "奶奶", "婆", "老太", "妇", "大妈")
OF_MEN = ("man", "father", "grandpa", "爷", "公", "老头", "老大")
"""Parts of words for old people that tell whether it is a woman or a man."""


def scan(stream: list[Token], known: Mapping[str, Figure]) -> Scan:
    """Walk over the tokens of one text. known: the cast, by lower-case name."""
    scanned = Scan(known)
    for at, token in enumerate(stream):
        if token.kind == "stop":
            _stop(scanned, token)
        elif token.kind == "number":
            scanned.number, scanned.number_at = token.number, at
        elif token.kind == "age":
            _age(scanned, stream, at)
        elif token.kind == "name":
            _name(scanned, stream, at)
        elif token.definite:
            scanned.definite = True
        elif token.meanings:
            _known(scanned, stream, at)
        if token.kind == "glue" and (token.text in FEMALE or token.text in MALE):
            _pronoun(scanned, token)
    if scanned.colour:
        scanned.colours.append(Colour(scanned.colour))
    return scanned


def aged(figure: Figure, years: int) -> Figure:
    """The figure at this age: a child below CHILD_BELOW, old from OLD_FROM on."""
    kind = figure.kind
    sex = figure.sex or {"girl": "woman", "woman": "woman", "man": "man", "child": ""}.get(kind, "")
    if kind in (*GROWN, "girl", "child", "elder", "baby"):
        grown = sex or "person"
        young = "baby" if years <= 1 else "girl" if sex == "woman" else "child"
        kind = young if years < CHILD_BELOW else "elder" if years >= OLD_FROM else grown
    return replace(figure, kind=kind, age=years, sex=sex)


def _stop(scan: Scan, token: Token) -> None:
    scan.number = 0
    if scan.colour and token.text not in ",，、:":
        scan.colours.append(Colour(scan.colour))
        scan.colour = ""
    if token.text in ".。;；!！\n?？":
        scan.here, scan.group = -1, []


def _age(scan: Scan, stream: list[Token], at: int) -> None:
    """To the figure that follows at once ("a 70-year-old man"), else to the one before ("a man of seventy")."""
    follows = any("figure" in t.meanings for t in stream[at + 1 : at + 3])
    if scan.here < 0 or follows:
        scan.waiting.append(("age", stream[at].number))
    else:
        scan.figures[scan.here] = aged(scan.figures[scan.here], stream[at].number)


def _pronoun(scan: Scan, token: Token) -> None:
    """He and she are the last man or woman spoken of, wherever the sentence began."""
    sex = "woman" if token.text in FEMALE else "man"
    subject = token.text in ("he", "she", "他", "她")
    for index in range(len(scan.figures) - 1, -1, -1):
        if subject and not scan.figures[index].animal and sex_of(scan.figures[index]) in (sex, ""):
            scan.here, scan.group = index, [index]
            return


def sex_of(figure: Figure) -> str:
    """ "woman", "man", or "" where nothing says so."""
    return figure.sex or {"woman": "woman", "girl": "woman", "man": "man"}.get(figure.kind, "")


def _name(scan: Scan, stream: list[Token], at: int) -> None:
    """Somebody of the cast. Right after a person without a name it is that person's ("her granddaughter Ida")."""
    name = stream[at].text
    own = scan.known.get(name.lower().replace(" ", "-"), Figure("person", name=name, about=name))
    index = next((i for i, f in enumerate(scan.figures) if f.name == own.name), -1)
    before = next((t for t in reversed(stream[max(0, at - 2) : at]) if t.text not in (",", "，")), None)
    if index < 0 and before and "figure" in before.meanings and scan.here >= 0 and not scan.figures[scan.here].name:
        index = scan.here
        plain = scan.figures[index]
        scan.figures[index] = replace(own if own.kind != "person" else plain, name=own.name, about=own.about or name,
                                      posture=plain.posture)  # fmt: skip
    if index < 0:
        scan.figures.append(own)
        index = len(scan.figures) - 1
        for attribute, value in scan.waiting:
            if attribute == "posture":
                scan.figures[index] = replace(scan.figures[index], posture=str(value))
        scan.waiting = []
    if scan.here >= 0 and scan.here != index and scan.figures[scan.here].looks == "away":
        looked = next((t for t in stream[max(0, at - 3) : at] if "looks" in t.meanings), None)
        if looked:
            scan.figures[scan.here] = replace(scan.figures[scan.here], looks="other")
    giving = scan.here >= 0 and scan.figures[scan.here].posture == "giving" and scan.here != index
    if not giving:
        scan.point(index, stream, at)
    scan.named_at = at
    scan.number, scan.definite = 0, False


def _known(scan: Scan, stream: list[Token], at: int) -> None:
    """Take in one known phrase; the order of the tests decides which of its meanings counts."""
    meanings = stream[at].meanings
    if "colour" in meanings:
        if scan.colour:
            scan.colours.append(Colour(scan.colour))
        scan.colour, scan.colour_at = meanings["colour"], at
    elif "many" in meanings:
        _many(scan, meanings["many"], at)
    elif "wears" in meanings and (_wearer(scan, stream, at) or "thing" not in meanings):
        _wear(scan, stream, at)
    elif "figure" in meanings:
        _figure(scan, _by_age(meanings["figure"], stream, at), stream, at)
    elif "thing" in meanings:
        _thing(scan, meanings["thing"], stream, at)
    elif "part" in meanings:
        _part(scan, meanings["part"], stream, at)
    elif "setting" in meanings:
        scan.take_number(at)
        scan.take_colour(at, meanings["setting"])
    for name in ("posture", "looks"):
        if name in meanings:
            _attribute(scan, stream, at, name, meanings[name])


def _by_age(kind: str, stream: list[Token], at: int) -> str:
    """An old fisherman is drawn old, whatever the work: the word for the age stands in front of the noun."""
    before = {t.text.lower() for t in stream[max(0, at - 2) : at] if t.kind != "stop"}
    return "elder" if before & AGED and kind in GROWN else kind


def _wearer(scan: Scan, stream: list[Token], at: int) -> bool:
    """True when a garment at this place has someone to wear it: a figure before or soon after in the sentence."""
    ahead = stream[at + 1 : at + 5]
    return scan.here >= 0 or any("figure" in t.meanings or t.kind == "name" for t in ahead)


def _many(scan: Scan, value: str, at: int) -> None:
    number = scan.take_number(at)
    if value == "couple":
        scan.take_colour(at, "couple")
        if number == 1 or not any(not f.animal for f in scan.figures):
            scan.figures += [Figure("woman"), Figure("man")]
            scan.here = len(scan.figures) - 1
            scan.group = [scan.here - 1, scan.here]
    elif value == "family":
        scan.figures += [Figure("man"), Figure("child"), Figure("woman")]
        scan.here = len(scan.figures) - 1
        scan.group = [scan.here - 2, scan.here - 1, scan.here]
    elif value == "crowd":
        scan.crowd = True
    elif number <= 1:
        scan.number, scan.number_at = 5, at
        return
    scan.definite = False


def _figure(scan: Scan, kind: str, stream: list[Token], at: int) -> None:
    token = stream[at]
    number = scan.take_number(at)
    colour = scan.take_colour(at, kind)
    if kind in MOUNTS:
        mounted(scan, stream, at)
    if _is_appositive(scan, stream, at, kind, colour):
        scan.definite = False
        return
    again = _coreferents(scan, kind, token.text)
    if again and (scan.definite or not number) and not token.plural:
        scan.point(again[-1], stream, at)
        scan.definite = False
        return
    role = _role(scan, token) if scan.definite else ""
    scan.definite = False
    if role:
        own = scan.known[role]
        index = next((i for i, f in enumerate(scan.figures) if f.name == own.name), -1)
        if index < 0:
            scan.figures.append(own)
            index = len(scan.figures) - 1
        scan.point(index, stream, at)
        return
    count = number or (PLURAL_COUNT.get(kind, 2) if token.plural else 1)
    given = dict(scan.waiting)
    wears = tuple(str(v) for a, v in scan.waiting if a == "wears")
    garment_colours = tuple(v for a, v in scan.waiting if a == "dye" and isinstance(v, tuple))
    scan.waiting = []
    little = any(t.text in ("baby", "little", "小") for t in stream[max(0, at - 2) : at])
    young = int(little and artwork.is_animal(kind))

    def waited(name: str) -> str:
        return str(given.get(name, ""))

    figure = Figure(kind, min(count, 99), waited("posture"), colour or waited("colour"), wears, age=young)
    figure = replace(figure, hair=waited("hair"), garment_colours=garment_colours, looks=waited("looks"))
    text = token.text
    if kind == "elder":
        sex = "woman" if any(w in text for w in OF_WOMEN) else "man" if any(w in text for w in OF_MEN) else ""
        figure = replace(figure, sex=sex or {"woman": "woman", "man": "man"}.get(token.meanings["figure"], ""))
    figure = replace(figure, about=text.removesuffix("s"))
    if text in TOOLS:
        figure = replace(figure, holds=TOOLS[text])
    if "age" in given:
        figure = aged(figure, int(str(given["age"])))
    scan.figures.append(figure)
    scan.point(len(scan.figures) - 1, stream, at)


COREFERENCE_REACH = 60
"""How many figures back a noun can mean one that was there before."""


def _coreferents(scan: Scan, kind: str, word: str) -> list[int]:
    """Figures that this noun may mean again. Two trades are two people: a customer is not the barista."""
    word = word.removesuffix("s")
    last = len(scan.figures)
    near = [(i, scan.figures[i]) for i in range(max(0, last - COREFERENCE_REACH), last)]
    if kind != "person":
        return [i for i, f in near if f.kind == kind]
    if {word, word + "s"} & tables.words("people", "general"):
        return [i for i, f in near if not f.animal]
    return [i for i, f in near if f.kind == kind and (f.name or f.about in (word, ""))]


def _is_appositive(scan: Scan, stream: list[Token], at: int, kind: str, colour: str) -> bool:
    """ "Tom, a bearded fisherman" and "Tom (an old fisherman)": the noun tells who Tom is; nobody else is there."""
    between = stream[scan.named_at + 1 : at]
    if scan.here < 0 or not 1 <= len(between) <= 9 or not scan.figures[scan.here].name:
        return False
    opens = between[0].text in (",", "，", "(", "（", ":", "—", "–", "is", "是")
    verbs = any("posture" in t.meanings for t in between)
    stops = sum(t.kind == "stop" for t in between)
    article = any(t.number == 1 or t.definite for t in between) or between[0].text == "是"
    if not (opens and article and stops <= 1 and not verbs):
        return False
    figure = scan.figures[scan.here]
    if figure.kind == "person":
        sex = figure.sex or {"girl": "woman", "woman": "woman", "man": "man"}.get(kind, "")
        figure = replace(figure, kind=kind, sex=sex, colour=figure.colour or colour)
    scan.figures[scan.here] = figure
    return True


def _has_inanimate_subject(stream: list[Token], at: int) -> bool:
    """True for what a thing does: the bulb swings, steam rises, a curtain falls."""
    before = next((t for t in reversed(stream[:at]) if "pace" not in t.meanings), None)
    if before is None or before.kind in ("stop", "glue", "number", "name"):
        return False
    noun = bool({"thing", "setting", "part", "light", "weather", "time"} & set(before.meanings))
    noun = noun and "figure" not in before.meanings
    return noun or (before.kind == "word" and stream[at].text.endswith("s"))


def _split_off_one(scan: Scan, stream: list[Token], at: int, posture: str) -> bool:
    """ "six people around a table, one points": only one of them does."""
    figure = scan.figures[scan.here]
    one = any(t.text in ("one", "一个", "一人") for t in stream[max(0, at - 2) : at])
    if not one or figure.count < 2:
        return False
    scan.figures[scan.here] = replace(figure, count=figure.count - 1)
    scan.figures.append(replace(figure, count=1, posture=posture))
    return True


def _role(scan: Scan, token: Token) -> str:
    """The one of the cast whom "the keeper" or "the girl" means; "" when nobody or several would do."""
    word = token.text
    fits = [name for name, f in scan.known.items() if word in f"{f.about} {f.name}".lower().replace("-", " ").split()
            or (not word.isascii() and word in f.about)]  # fmt: skip
    return fits[0] if len(fits) == 1 else ""


def _thing(scan: Scan, kind: str, stream: list[Token], at: int) -> None:
    token = stream[at]
    number = scan.take_number(at)
    colour = scan.take_colour(at, kind)
    scan.definite = False
    hold(scan, kind, stream, at)
    if kind in MOUNTS:
        mounted(scan, stream, at)
    art = token.meanings.get("art", "")
    label = token.meanings.get("label", "") or (token.text if kind == artwork.STAND_IN else "")
    for first, old in enumerate(scan.objects):
        if old.kind == kind and old.art in ("", art) and old.label == label:
            scan.objects[first] = replace(old, colour=old.colour or colour, count=max(old.count, number), art=art)
            return
    scan.objects.append(Thing(kind, min(number or (3 if token.plural else 1), 30), colour, art=art, label=label))


def _part(scan: Scan, part: str, stream: list[Token], at: int) -> None:
    colour = scan.take_colour(at, "" if part == "tone" else part)
    if part == "hair" and any(t.text == "long" for t in stream[max(0, at - 3) : at]):
        _attribute(scan, stream, at, "wears", "long hair")
    if part == "hair" and any(t.text in ("short", "cropped", "短") for t in stream[max(0, at - 3) : at]):
        _attribute(scan, stream, at, "wears", "short hair")
    if colour and part == "hair" and scan.here >= 0:
        scan.figures[scan.here] = replace(scan.figures[scan.here], hair=colour)
    elif colour and part == "hair":
        scan.waiting.append(("hair", colour))


def _wear(scan: Scan, stream: list[Token], at: int) -> None:
    garment = stream[at].meanings["wears"]
    text = stream[at].text
    colour = scan.take_colour(at, garment) or {"红": "red", "白": "white", "黑": "black"}.get(text[0], "")
    lead = text.split()[0] if " " in text else ""
    colour = colour or phrases().get(lead, {}).get("colour", "")
    if text.startswith(("lab ", "chef")) and not colour:
        colour = "white"
    if "oilskin" in text and not colour:
        colour = "yellow"
    scan.number = 0
    scan.definite = False
    garment = _headgear(text) if garment == "hat" else garment
    _attribute(scan, stream, at, "wears", garment)
    if colour and garment == "long hair":
        _attribute(scan, stream, at, "hair", colour)
    elif colour:
        _attribute(scan, stream, at, "dye", (garment, colour))
        if garment in ("coat", "dress", "suit", "shirt", "robe", "cape"):
            _attribute(scan, stream, at, "colour", colour)


def _headgear(text: str) -> str:
    """A hat is knitted, peaked or brimmed, by its words."""
    if any(w in text for w in ("knit", "wool", "bobble", "beanie", "毛线")):
        return "knitted hat"
    return "cap" if re.search(r"\bcap\b|棒球", text) else "hat"


def _attribute(scan: Scan, stream: list[Token], at: int, name: str, value: object) -> None:
    """Give an attribute to its figure: the one right after a Chinese 的, else the one before, else the next one."""
    ahead = [t.text for t in stream[at + 1 : at + 3]]
    follows = "的" in ahead and any("figure" in t.meanings for t in stream[at + 1 : at + 4])
    if scan.here < 0 or follows:
        if not (name == "posture" and _has_inanimate_subject(stream, at)):
            scan.waiting.append((name, value))
        return
    if name == "posture" and value in HANDLING:
        handle(scan, stream, at)
    if name == "posture" and _split_off_one(scan, stream, at, str(value)):
        return
    shared = scan.group if name in ("posture", "looks") and scan.group else [scan.here]
    for index in shared:
        figure = scan.figures[index]
        if name == "wears":
            figure = replace(figure, wears=tuple(dict.fromkeys((*figure.wears, str(value)))))
        elif name == "dye":
            figure = replace(figure, garment_colours=(*figure.garment_colours, value))  # type: ignore[arg-type]
        elif not getattr(figure, name):
            figure = replace(figure, **{name: value})  # type: ignore[arg-type]
        scan.figures[index] = figure
