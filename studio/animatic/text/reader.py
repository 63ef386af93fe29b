"""What a prompt says, in the words a frame can be drawn from. English and Simplified Chinese.

Nothing here draws. Who and what is there comes from the shot's own words; the film's style only says how it looks:
colours, light, grain, and the hour, weather and place where the shot names none. What could not be understood is listed
in `unread`, so that the page can say so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from studio.animatic import tables
from studio.animatic.text import characters, disambiguation, held_things, locations, nouns, script
from studio.animatic.text.lexicon import Token, focal_length, tokens
from studio.animatic.text.reading import LAMPS, Colour, Figure, Move, PromptReading, Thing
from studio.animatic.text.shots import ShotSpan

SECOND_OF_A_PAIR = ("over-the-shoulder", "two-shot")
SHARED = (
    "hugging", "talking", "facing", "walking", "running", "holding hands", "sitting", "dancing", "climbing", "drinking",
    "smiling", "fighting",
)  # fmt: skip
"""Postures told once that hold for all people of a shot."""
CLOSE_UPS = ("close-up", "extreme close-up")
DIRECTIONS = {"pan": "left right", "tilt": "up down", "crane": "up down", "dolly": "in out", "zoom": "in out"}
USUAL_DIRECTION = {
    "pan": "right", "tilt": "up", "dolly": "in", "zoom": "in", "tracking": "right", "orbit": "right", "crane": "up",
}  # fmt: skip


def read_shot(span: ShotSpan) -> PromptReading:
    """A shot of a film: its own words, with the film's style and cast, and the place of the shots before it.

    A place holds until another one is named.
    """
    cast = _cast_of((*span.before, span.text, *span.after), span.style)
    home = next(filter(None, map(_place_of, reversed(span.before))), "")
    return read(span.text, header=span.style, cast=cast, home=home)


@lru_cache(maxsize=4)
def _cast_of(film: tuple[str, ...], style: str) -> Mapping[str, Figure]:
    """The people of a film. Kept, for each of its shots asks for them."""
    return people((script.parts(text, header=style), text) for text in film)


@lru_cache(maxsize=1024)
def _place_of(text: str) -> str:
    """The place that a shot names, or ""."""
    return locations.finest(_all(disambiguation.disambiguated(tokens(script.unquoted(text))), "setting"))


@lru_cache(maxsize=4)
def _style_tokens(style: str) -> tuple[Token, ...]:
    """What the film's style says; the same for each of its shots."""
    return tuple(disambiguation.disambiguated(tokens(script.unquoted(style))))


MAX_FIGURES = 48
"""People and animals of one shot that are drawn one by one; a page of text may name thousands."""
MAX_THINGS = 48


def read(prompt: str, *, header: str = "", cast: Mapping[str, Figure] | None = None, home: str = "") -> PromptReading:
    """The prompt understood as far as the vocabulary goes; never fails.

    header: what holds for the whole film. cast: its people by lower-case name, where the caller knows them already.
    home: the place where neither the shot nor the style names one.
    """
    parts = script.parts(prompt, header=header)
    if cast is None:
        cast = people([(parts, prompt)])
    things = {n: a for n, a in {**parts.things, **parts.cast}.items() if characters.key(n) not in cast}
    action = _described(parts.action, things)
    own = script.unquoted(action)
    stream = disambiguation.disambiguated(tokens(own, characters.spellings(cast)))
    mood = list(_style_tokens(parts.style))
    sound_tokens = disambiguation.disambiguated(tokens(parts.sound))
    scanned = nouns.scan(stream, cast)
    shot = _first(stream, "shot")
    figures = _speakers(scanned.figures, parts.speech, cast)
    figures = _implied(_seen(figures, stream, shot), stream, shot, span_cast=cast)
    # What colours the picture: the style's own colours, and those of the shot that belong to no noun.
    hues = nouns.scan(mood, {}).colours
    time = _first(stream, "time")
    weather = _all(stream, "weather")
    reading = PromptReading(
        prompt=action,
        shot_size=_size(stream, shot),
        angle=_first(stream, "angle"),
        lens=focal_length(own) or _first(stream, "lens") or focal_length(parts.style) or _first(mood, "lens"),
        moves=_moves(stream),
        time_of_day=time or _first(mood, "time"),
        weather=weather or tuple(w for w in _all(mood, "weather") if not (time and w == "clear")),
        light=tuple(dict.fromkeys((*_all(stream, "light"), *_all(mood, "light")))),
        colours=(*scanned.colours, *(Colour(c.name, "mood") for c in hues)),
        settings=_all(stream, "setting") or _all(stream, "home"),
        home=home or next(iter(_all(mood, "setting")), ""),
        objects=_states(scanned.objects, stream),
        figures=_completed(figures, shot, scanned.crowd, any(held_things.in_hand(t.kind) for t in scanned.objects)),
        crowd=scanned.crowd,
        sounds=tuple(dict.fromkeys((*_all(stream, "sound"), *_all(sound_tokens, "sound"), *_music(mood)))),
        styles=tuple(dict.fromkeys((*_all(stream, "style"), *_all(mood, "style")))),
        unread=tuple(dict.fromkeys(t.text for t in stream if _is_unread(t))),
        parts=_all(stream, "part"),
        speech=tuple((line.who, line.said) for line in parts.speech),
        mood=" ".join((parts.style, " ".join(f"{n} {a}" for n, a in parts.cast.items()))).strip(),
    )
    return _consistent(reading)


def people(shots: Iterable[tuple[script.Parts, str]]) -> dict[str, Figure]:
    """The cast of a film by lower-case name, from its shots taken apart and their texts."""
    listed: dict[str, str] = {}
    texts: list[str] = []
    for parts, _ in shots:
        listed |= {n: a for n, a in parts.cast.items() if characters.is_someone(a)}
        speakers = " ".join(f"@{line.who.replace(' ', '-')}" for line in parts.speech if line.who)
        things = {n.lower() for n in (*parts.things, *(set(parts.cast) - set(listed)))}
        texts.append(re.sub(r"@([\w-]+)", lambda m: "" if _is_thing(m[1].lower(), things) else m[0], parts.action))  # noqa: B023
        texts.append(speakers)
    return characters.known(listed, texts)


def _is_thing(name: str, things: Collection[str]) -> bool:
    """Whether a mention is one of these; Chinese names are not parted from what follows."""
    return name in things or any(name.startswith(n) for n in things if not n.isascii())


def _described(text: str, things: Mapping[str, str]) -> str:
    """The text with the names of places and props replaced by what they are."""
    for name, about in things.items():
        call = re.escape(name)
        pattern = rf"@{call}(?![\w-])|\b{call}\b" if name.isascii() else rf"@{call}\s*"
        text = re.sub(pattern, lambda _: about or name, text)  # noqa: B023
    return text


def _is_unread(token: Token) -> bool:
    return token.kind == "word" and token.text.lower() not in nouns.AGED | nouns.YOUNG


def _first(stream: list[Token], category: str) -> str:
    return next((t.meanings[category] for t in stream if category in t.meanings), "")


def _all(stream: list[Token], category: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t.meanings[category] for t in stream if category in t.meanings))


def _size(stream: list[Token], shot: str) -> str:
    """The framing; "wide aerial shot" is an aerial one, and an insert of a face a close-up."""
    sizes = _all(stream, "shot")
    return next((s for s in ("aerial", "over-the-shoulder", "pov", "two-shot") if s in sizes[:2]), shot)


def _music(mood: list[Token]) -> tuple[str, ...]:
    return tuple(s for s in _all(mood, "sound") if s in ("rain", "wind", "thunder"))


def _moves(stream: list[Token]) -> tuple[Move, ...]:
    """Camera moves in order, each with the direction and pace words of its clause."""
    moves: dict[str, Move] = {}
    for at, token in enumerate(stream):
        kind = token.meanings.get("move")
        if kind is None or (token.plural and kind in ("tracking", "pan") and token.text == "pans"):
            continue
        if kind in USUAL_DIRECTION:
            kind = _directed(kind, _near(stream, at, "direction", ahead=5))
        moves.setdefault(kind, Move(kind, _near(stream, at, "pace", ahead=6) or "normal"))
    if len(moves) > 1:
        moves.pop("static", None)
    return tuple(moves.values())


def _directed(kind: str, direction: str) -> str:
    """The move with its direction; a camera that tracks up cranes, one that tracks in dollies."""
    if kind == "tracking" and direction in ("up", "down", "in", "out"):
        kind = "crane" if direction in ("up", "down") else "dolly"
    return f"{kind}-{direction if direction in DIRECTIONS.get(kind, 'left right').split() else USUAL_DIRECTION[kind]}"


def _near(stream: list[Token], at: int, category: str, *, ahead: int) -> str:
    """The value of this category nearest to token `at` inside its clause: just after it, else just before."""
    for step in (1, -1):
        for other in range(at, max(-1, at - 3) if step < 0 else min(len(stream), at + ahead), step):
            if stream[other].kind == "stop":
                break
            if category in stream[other].meanings:
                return stream[other].meanings[category]
            if stream[other].text in ("up", "down", "out") and category == "direction" and step > 0:
                return stream[other].text
    return ""


def _states(objects: list[Thing], stream: list[Token]) -> tuple[Thing, ...]:
    """Things with what happens to them: a beam that sweeps, a lamp that is lit, a ship that is far or turns."""
    texts = [t.text for t in stream]
    out: list[Thing] = []
    for thing in objects:
        places = [n for n, t in enumerate(stream) if t.meanings.get("thing") == thing.kind]
        near = {w for n in places for w in texts[max(0, n - 4) : n + 6]}
        after = {w for n in places for w in texts[n : n + 7]}
        state = ""
        if thing.kind in LAMPS | {"beam", "lighthouse"}:
            if near & {"sweeps", "sweep", "sweeping", "rotates", "rotating", "turning", "扫过", "转动"}:
                state = "sweeps"
            elif after & {"flickers", "flicker", "flickering", "闪烁", "摇曳"} or near & {"flickering", "flickers"}:
                state = "flickers"
            elif ("goes" in after and "out" in after) or after & (tables.words("scenes", "dark") - {"out"}):
                state = "dark"
            elif near & tables.words("scenes", "lit"):
                state = "lit"
        if thing.kind in ("boat", "ship", "ship light", "plane", "lighthouse", "train", "balloon", "helicopter"):
            if near & {"far", "distant", "distance", "horizon", "远处", "远方", "天边"}:
                state = state or "far"
            elif near & {"turns", "turning", "steers"}:
                state = state or "turns"
        out.append(replace(thing, state=state))
    return tuple(out)


def _speakers(figures: list[Figure], speech: tuple[script.SpokenLine, ...], cast: Mapping[str, Figure]) -> list[Figure]:
    """Who speaks is there, and talks unless something else is told of them."""
    out = list(figures)
    for line in speech:
        who = cast.get(characters.key(line.who))
        if not line.who or who is None:
            continue
        index = next((i for i, f in enumerate(out) if f.name == who.name), -1)
        if index < 0:
            out.append(who)
            index = len(out) - 1
        if not out[index].posture:
            out[index] = replace(out[index], posture="talking")
    return out


def _seen(figures: list[Figure], stream: list[Token], shot: str) -> list[Figure]:
    """The figures without the owner of what a close shot shows: of "Maya's shoes" the shoes are seen, not Maya."""
    owner = _possessor(stream) if shot in CLOSE_UPS else None
    if owner is None:
        return figures
    whose = stream[owner]
    again = sum(t.kind == "name" and t.text == whose.text for t in stream) > 1
    if whose.kind == "name" and not again:
        return [f for f in figures if f.name.lower() != whose.text.lower()]
    kind = whose.meanings.get("figure")
    return [f for f in figures if f.name or f.kind != kind] if kind else figures


def _possessor(stream: list[Token]) -> int | None:
    """The place of the name or noun that only owns what a close shot is of; None where the shot is of somebody."""
    start = next((n for n, t in enumerate(stream) if "shot" in t.meanings), -1) + 1
    whose = next((n for n in range(start, min(len(stream), start + 8)) if _is_possessive(stream, n)), None)
    if whose is None or any("figure" in t.meanings or t.kind == "name" for t in stream[start:whose]):
        return None
    for token in stream[whose + 1 : whose + 6]:
        if token.kind == "stop":
            return None
        if "thing" in token.meanings or token.meanings.get("part") in ("hand", "feet"):
            return whose
        if "part" in token.meanings or "figure" in token.meanings:
            return None
    return None


def _of_a_thing(stream: list[Token]) -> bool:
    """True where the first thing named is one for the hand: "close-up of a watch on her wrist"."""
    first = next((t for t in stream if {"thing", "part", "figure"} & set(t.meanings) or t.kind == "name"), None)
    return first is not None and held_things.in_hand(first.meanings.get("thing", ""))


def _is_possessive(stream: list[Token], at: int) -> bool:
    token, after = stream[at], [t.text for t in stream[at + 1 : at + 3]]
    possessed = len(after) == 2 and after[0] in ("'", "\u2019") and after[1] == "s"
    return token.text in ("her", "his", "their", "他的", "她的") or (
        possessed and (token.kind == "name" or "figure" in token.meanings)
    )


def _implied(figures: list[Figure], stream: list[Token], shot: str, *, span_cast: Mapping[str, Figure]) -> list[Figure]:
    """Somebody the words imply: a "she" nobody introduced, the owner of a face in a close shot.

    A "she" of a film is the one woman of its cast, where there is one.
    """
    if figures or (shot in CLOSE_UPS and (_possessor(stream) is not None or _of_a_thing(stream))):
        return figures
    texts = {t.text for t in stream}
    parts = {t.meanings.get("part") for t in stream}
    postures = [t.meanings["posture"] for t in stream if "posture" in t.meanings]
    looks = next((t.meanings["looks"] for t in stream if "looks" in t.meanings), "")
    kind = "woman" if texts & nouns.FEMALE else "man" if texts & nouns.MALE else ""
    several = bool(texts & {"they", "他们", "她们"})
    if not kind and not several and parts & {"face", "eyes"} and shot in (*CLOSE_UPS, "medium"):
        kind = "person"
    if not kind and not several:
        return figures
    posture = postures[0] if postures else ""
    fits = [f for f in span_cast.values() if kind and nouns.sex_of(f) == kind]
    if len(fits) == 1 and not several:
        return [replace(fits[0], posture=posture, looks=looks)]
    return [Figure(kind or "person", 2 if several else 1, posture=posture, looks=looks)]


def _completed(figures: list[Figure], shot: str, crowd: bool, things: bool) -> tuple[Figure, ...]:
    """The figures with what the shot demands: two people for two-shots, one for a close-up of nobody named."""
    people = sum(f.count for f in figures if not f.animal)
    if shot == "over-the-shoulder" and people == 1 and things:
        return tuple(figures)
    if shot in SECOND_OF_A_PAIR and people < 2 and not crowd:
        figures = [*figures, Figure("person", 2 - people)]
    return tuple(figures)


def _consistent(reading: PromptReading) -> PromptReading:
    """Drop meanings that the rest of the prompt makes unlikely, and share a posture told once for all."""
    postures = {f.posture for f in reading.figures if f.posture and not f.animal}
    figures = reading.figures
    if len(postures) == 1:
        shared = next(iter(postures))
        if shared in SHARED and not any(f.name for f in figures):
            figures = tuple(f if f.posture or f.animal else replace(f, posture=shared) for f in figures)
    wet = {"weather": reading.weather}
    if "clear" in reading.weather and len(reading.weather) > 1:
        drop = "cloudy" if set(reading.weather) <= {"clear", "cloudy"} else "clear"
        wet["weather"] = tuple(w for w in reading.weather if w != drop)
    objects = reading.objects
    if "sea" in (reading.home, *reading.settings) or "lighthouse" in reading.mood.lower() or "灯塔" in reading.mood:
        indoors = "street" not in reading.settings
        objects = tuple(replace(t, kind="beacon") if t.kind == "lamp" and indoors else t for t in objects)
    tower = re.search(r"lighthouse|灯塔", reading.prompt.lower())
    if tower and reading.has("beam") and not reading.has("lighthouse"):  # a lighthouse's beam is seen with its tower
        objects = (Thing("lighthouse"), *objects)
    figures, many = _limited(figures)
    return replace(reading, figures=figures, objects=objects[:MAX_THINGS], crowd=reading.crowd or many, **wet)


def _limited(figures: tuple[Figure, ...]) -> tuple[tuple[Figure, ...], bool]:
    """As many figures as one frame can show apart, and whether people among the others make it a crowd."""
    total, kept = 0, []
    for figure in figures:
        if total >= MAX_FIGURES:
            break
        kept.append(figure)
        total += figure.count
    return tuple(kept), any(not f.animal for f in figures[len(kept) :])
