"""What a prompt says, in the words a frame can be drawn from. English and Simplified Chinese.

Nothing here draws. What could not be understood is listed in `unread`, so that the page can say so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from studio.engines.draft.lexicon import Token, focal_length, tokens

ANIMALS = frozenset(
    [
        "dog",
        "wolf",
        "cat",
        "horse",
        "cow",
        "sheep",
        "deer",
        "elephant",
        "bear",
        "tiger",
        "rabbit",
        "camel",
        "bird",
        "fish",
        "whale",
        "turtle",
        "butterfly",
        "dragon",
    ]
)
PLURAL_COUNT = {"bird": 7, "fish": 8, "butterfly": 5, "child": 3, "person": 4, "sheep": 6}
"""How many a plural without a number draws; two of anything not listed."""
REACH = 7
"""How many tokens a colour or a number reaches forward to its noun."""
SECOND_OF_A_PAIR = ("over-the-shoulder", "two-shot")


AGED = frozenset({"old", "aged", "elderly", "ageing", "aging", "grey-haired", "老", "年迈", "年迈的", "年老的"})
"""Words in front of a person that make them old."""


@dataclass(frozen=True)
class Move:
    """A camera move. kind as in "pan-left" or "static"; strength slow, normal or fast."""

    kind: str
    strength: str = "normal"


@dataclass(frozen=True)
class Figure:
    """count people or animals of one kind. colour: of the clothes or the coat. wears: garments, most telling first."""

    kind: str
    count: int = 1
    posture: str = ""
    colour: str = ""
    wears: tuple[str, ...] = ()
    hair: str = ""

    @property
    def animal(self) -> bool:
        return self.kind in ANIMALS


@dataclass(frozen=True)
class Thing:
    """count objects or vehicles of one kind."""

    kind: str
    count: int = 1
    colour: str = ""


@dataclass(frozen=True)
class Colour:
    """A colour word and the noun it belongs to; noun "" colours the whole picture."""

    name: str
    noun: str = ""


@dataclass(frozen=True)
class Reading:
    """All that `read` found; an empty value means that the prompt did not say.

    settings: the main one first. crowd: a mass of people too many to count. angle: low, high, dutch or eye.
    """

    prompt: str = ""
    shot_size: str = ""
    angle: str = ""
    lens: str = ""
    moves: tuple[Move, ...] = ()
    time_of_day: str = ""
    weather: tuple[str, ...] = ()
    light: tuple[str, ...] = ()
    colours: tuple[Colour, ...] = ()
    settings: tuple[str, ...] = ()
    objects: tuple[Thing, ...] = ()
    figures: tuple[Figure, ...] = ()
    crowd: bool = False
    sounds: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def setting(self) -> str:
        return self.settings[0] if self.settings else ""

    @property
    def people(self) -> int:
        """How many people, animals not counted."""
        return sum(f.count for f in self.figures if not f.animal)


def read(prompt: str) -> Reading:
    """The prompt understood as far as the vocabulary goes; never fails."""
    found = tokens(prompt)
    figures, objects, colours, crowd = _nouns(found)
    shot = _first(found, "shot")
    reading = Reading(
        prompt=prompt,
        shot_size=shot,
        angle=_first(found, "angle"),
        lens=focal_length(prompt) or _first(found, "lens"),
        moves=_moves(found),
        time_of_day=_first(found, "time"),
        weather=_all(found, "weather"),
        light=_all(found, "light"),
        colours=colours,
        settings=_all(found, "setting"),
        objects=objects,
        figures=_completed(figures, shot, crowd),
        crowd=crowd,
        sounds=_all(found, "sound"),
        styles=_all(found, "style"),
        unread=tuple(dict.fromkeys(t.text for t in found if t.kind == "word" and t.text.lower() not in AGED)),
    )
    return _consistent(reading)


def _first(found: list[Token], category: str) -> str:
    return next((t.meanings[category] for t in found if category in t.meanings), "")


def _all(found: list[Token], category: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t.meanings[category] for t in found if category in t.meanings))


def _moves(found: list[Token]) -> tuple[Move, ...]:
    """Camera moves in order, each with the direction and pace words of its clause."""
    default = {"pan": "right", "tilt": "up", "dolly": "in", "zoom": "in", "tracking": "right", "orbit": "right"}
    default["crane"] = "up"
    moves: dict[str, Move] = {}
    for at, token in enumerate(found):
        kind = token.meanings.get("move")
        if kind is None or (token.plural and kind in ("tracking", "pan") and token.text == "pans"):
            continue
        if kind in default:
            way = _near(found, at, "direction", ahead=5)
            allowed = {"pan": "left right", "tilt": "up down", "crane": "up down", "dolly": "in out", "zoom": "in out"}
            way = way if way in allowed.get(kind, "left right").split() else default[kind]
            kind = f"{kind}-{way}"
        moves.setdefault(kind, Move(kind, _near(found, at, "pace", ahead=6) or "normal"))
    if len(moves) > 1:
        moves.pop("static", None)
    return tuple(moves.values())


def _near(found: list[Token], at: int, category: str, *, ahead: int) -> str:
    """The value of this category nearest to token `at` inside its clause: just after it, else just before."""
    for step in (1, -1):
        for other in range(at, max(-1, at - 3) if step < 0 else min(len(found), at + ahead), step):
            if found[other].kind == "stop":
                break
            if category in found[other].meanings:
                return found[other].meanings[category]
    return ""


@dataclass
class _Scan:
    """What the walk over the tokens carries along. number and colour wait for their noun."""

    figures: list[Figure] = field(default_factory=list)
    objects: list[Thing] = field(default_factory=list)
    colours: list[Colour] = field(default_factory=list)
    crowd: bool = False
    number: int = 0
    number_at: int = -99
    colour: str = ""
    colour_at: int = -99
    definite: bool = False
    here: int = -1  # index of the last figure of this sentence
    waiting: list[tuple[str, str]] = field(default_factory=list)  # (attribute, value) for the figure to come

    def take_number(self, at: int) -> int:
        number = self.number if at - self.number_at <= REACH else 0
        self.number = 0
        return number

    def take_colour(self, at: int, noun: str) -> str:
        colour = self.colour if at - self.colour_at <= REACH else ""
        self.colour = ""
        if colour:
            self.colours.append(Colour(colour, noun))
        return colour


def _nouns(found: list[Token]) -> tuple[list[Figure], tuple[Thing, ...], tuple[Colour, ...], bool]:
    """Figures, objects and colours, with numbers, postures, garments and colours given to their nouns."""
    scan = _Scan()
    for at, token in enumerate(found):
        if token.kind == "stop":
            _stop(scan, token)
        elif token.kind == "number":
            scan.number, scan.number_at = token.number, at
        elif token.definite:
            scan.definite = True
        elif token.meanings:
            _known(scan, found, at)
    if scan.colour:
        scan.colours.append(Colour(scan.colour))
    return scan.figures, tuple(scan.objects), tuple(scan.colours), scan.crowd


def _stop(scan: _Scan, token: Token) -> None:
    scan.number = 0
    if scan.colour and token.text not in ",，、":
        scan.colours.append(Colour(scan.colour))
        scan.colour = ""
    if token.text in ".。;；!！\n?？":
        scan.here = -1


def _known(scan: _Scan, found: list[Token], at: int) -> None:
    """Take in one known phrase; the order of the tests decides which of its meanings counts."""
    meanings, token = found[at].meanings, found[at]
    if "colour" in meanings:
        if scan.colour:
            scan.colours.append(Colour(scan.colour))
        scan.colour, scan.colour_at = meanings["colour"], at
    elif "many" in meanings:
        _many(scan, meanings["many"], at)
    elif "wears" in meanings and (found_wearer(scan, found, at) or "thing" not in meanings):
        _wear(scan, found, at)
    elif "figure" in meanings:
        _figure(scan, _aged(meanings["figure"], found, at), token, at)
    elif "thing" in meanings:
        _thing(scan, meanings["thing"], token, at)
    elif "part" in meanings:
        _part(scan, meanings["part"], found, at)
    elif "setting" in meanings:
        scan.take_number(at)
        scan.take_colour(at, meanings["setting"])
    if "posture" in meanings:
        _attribute(scan, found, at, "posture", meanings["posture"])


def _aged(kind: str, found: list[Token], at: int) -> str:
    """An old fisherman is drawn old, whatever the work: the word for the age stands in front of the noun."""
    before = found[at - 1].text.lower() if at else ""
    return "elder" if before in AGED and kind in ("man", "woman", "person") else kind


def found_wearer(scan: _Scan, found: list[Token], at: int) -> bool:
    """True when a garment at this place has someone to wear it: a figure before or soon after in the sentence."""
    ahead = found[at + 1 : at + 5]
    return scan.here >= 0 or any("figure" in t.meanings for t in ahead)


def _many(scan: _Scan, value: str, at: int) -> None:
    number = scan.take_number(at)
    if value == "couple":
        scan.take_colour(at, "couple")
        if number == 1 or not any(not f.animal for f in scan.figures):
            scan.figures += [Figure("woman"), Figure("man")]
            scan.here = len(scan.figures) - 1
    elif value == "family":
        scan.figures += [Figure("man"), Figure("child"), Figure("woman")]
        scan.here = len(scan.figures) - 1
    elif value == "crowd":
        scan.crowd = True
    elif number <= 1:
        scan.number, scan.number_at = 5, at
        return
    scan.definite = False


def _figure(scan: _Scan, kind: str, token: Token, at: int) -> None:
    number = scan.take_number(at)
    colour = scan.take_colour(at, kind)
    same = [i for i, f in enumerate(scan.figures) if f.kind == kind]
    general = [i for i, f in enumerate(scan.figures) if kind == "person" and not f.animal]
    again = same or general
    if again and (scan.definite or not number):
        scan.here = again[-1]
        scan.definite = False
        return
    scan.definite = False
    count = number or (PLURAL_COUNT.get(kind, 2) if token.plural else 1)
    given = dict(scan.waiting)
    scan.waiting = []
    wears = tuple(v for a, v in given.items() if a == "wears")
    figure = Figure(kind, min(count, 99), given.get("posture", ""), colour or given.get("colour", ""), wears)
    scan.figures.append(replace(figure, hair=given.get("hair", "")))
    scan.here = len(scan.figures) - 1


def _thing(scan: _Scan, kind: str, token: Token, at: int) -> None:
    number = scan.take_number(at)
    colour = scan.take_colour(at, kind)
    known = [i for i, t in enumerate(scan.objects) if t.kind == kind]
    scan.definite = False
    if known:
        first = known[0]
        old = scan.objects[first]
        scan.objects[first] = replace(old, colour=old.colour or colour, count=max(old.count, number))
        return
    scan.objects.append(Thing(kind, min(number or (3 if token.plural else 1), 30), colour))


def _part(scan: _Scan, part: str, found: list[Token], at: int) -> None:
    colour = scan.take_colour(at, "" if part == "tone" else part)
    if part == "hair" and any(t.text == "long" for t in found[max(0, at - 3) : at]):
        _attribute(scan, found, at, "wears", "long hair")
    if colour and part == "hair" and scan.here >= 0:
        scan.figures[scan.here] = replace(scan.figures[scan.here], hair=colour)
    elif colour and part == "hair":
        scan.waiting.append(("hair", colour))


def _wear(scan: _Scan, found: list[Token], at: int) -> None:
    garment = found[at].meanings["wears"]
    colour = scan.take_colour(at, garment) or {"红": "red", "白": "white", "黑": "black"}.get(found[at].text[0], "")
    scan.number = 0
    scan.definite = False
    if garment == "short hair":
        return
    _attribute(scan, found, at, "wears", garment)
    if colour:
        _attribute(scan, found, at, "hair" if garment == "long hair" else "colour", colour)


def _attribute(scan: _Scan, found: list[Token], at: int, name: str, value: str) -> None:
    """Give an attribute to its figure: the one right after a Chinese 的, else the one before, else the next one."""
    ahead = [t.text for t in found[at + 1 : at + 3]]
    follows = "的" in ahead and any("figure" in t.meanings for t in found[at + 1 : at + 4])
    if scan.here < 0 or follows:
        scan.waiting.append((name, value))
        return
    figure = scan.figures[scan.here]
    if name == "wears":
        figure = replace(figure, wears=tuple(dict.fromkeys((*figure.wears, value))))
    elif not getattr(figure, name):
        figure = replace(figure, **{name: value})
    scan.figures[scan.here] = figure


def _completed(figures: list[Figure], shot: str, crowd: bool) -> tuple[Figure, ...]:
    """The figures with what the shot demands: two people for two-shots, one for a close-up of nobody named."""
    people = sum(f.count for f in figures if not f.animal)
    if shot in SECOND_OF_A_PAIR and people < 2 and not crowd:
        figures = [*figures, Figure("person", 2 - people)]
    return tuple(figures)


def _consistent(reading: Reading) -> Reading:
    """Drop meanings that the rest of the prompt makes unlikely, and share a posture told once for all."""
    postures = {f.posture for f in reading.figures if f.posture and not f.animal}
    figures = reading.figures
    if len(postures) == 1:
        shared = next(iter(postures))
        if shared in ("hugging", "talking", "facing", "walking", "running", "holding hands", "sitting", "dancing"):
            figures = tuple(f if f.posture or f.animal else replace(f, posture=shared) for f in figures)
    wet = {"weather": reading.weather}
    if "clear" in reading.weather and len(reading.weather) > 1:
        wet["weather"] = tuple(w for w in reading.weather if w != "clear")
    return replace(reading, figures=figures, **wet)
