"""Where a shot plays: the place it names, else what its things and people make likely, else the film's place."""

from __future__ import annotations

from collections.abc import Sequence

from studio.animatic.text.reading import Figure, PromptReading, Thing, listed

SHUT = listed(
    "room kitchen cafe office bedroom bathroom corridor stairs lamproom hospital classroom lab workshop church cellar "
    "lift carcabin traincabin cockpit gym shop teahouse bar window"
)
"""Places with a roof and walls, where no ship stands beside the people."""
STRONG = ("underwater", "product", "stage", "cockpit", "stairs", "lamproom", "carcabin", "traincabin")
"""Places that win wherever they stand in the sentence."""
FINER = {
    "mountains": ("lake", "village", "road", "sea", "field", "deck", "bridge", "graveyard", "cave"),
    "city": ("street", "lake", "road", "cafe", "room", "rooftop", "bridge", "station", "bar", "shop", "carcabin"),
    "forest": ("street", "lake", "road", "cafe", "room", "graveyard", "bridge", "cave", "village"),
    "street": ("cafe", "teahouse", "bar", "shop", "station", "bridge", "carcabin"),
    "village": ("street", "teahouse", "courtyard", "graveyard", "church"),
    "sea": ("deck", "window", "bridge", "cave"),
    "room": ("bedroom", "kitchen", "bathroom", "window", "corridor", "stairs"),
    "office": ("lift", "corridor", "lab", "classroom"),
    "space": ("cockpit", "desert", "spaceport"),
    "hospital": ("corridor",),
    "classroom": ("corridor",),
    "teahouse": ("courtyard",),
    "bar": ("street",),
    "stage": ("cockpit",),
}
"""A second place that says more exactly where one is in the first."""
WITHIN = ("rooftop", "corridor", "lift", "stairs", "courtyard")
"""Parts of any building."""
HINTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("beacon",), "lamproom"),
    (("fish", "whale", "turtle", "diver", "shark"), "underwater"),
    (("boat", "lighthouse", "gull", "ship", "ship light"), "sea"),
    (("astronaut", "rocket", "ufo"), "space"),
    (("camel",), "desert"),
    (("penguin",), "snowfield"),
    (("duck", "swan"), "lake"),
    (("tent", "tree", "cow", "sheep", "horse", "deer", "bear", "wolf", "butterfly", "pig", "chicken", "tractor",
      "turbine", "kite", "snowman"), "field"),
    (("train",), "station"),
    (("car", "truck", "bus", "bike"), "road"),
    (("plane", "balloon", "helicopter"), "sky"),
    (("temple", "cabin", "castle"), "field"),
    (("elephant", "tiger"), "field"),
    (("bird",), "lake"),
    (("pot", "pan", "dough"), "kitchen"),
    (("bed",), "bedroom"),
    (("piano", "chair", "tv", "mirror", "door", "table"), "room"),
    (("drum", "microphone"), "stage"),
    (("machine", "easel"), "workshop"),
)  # fmt: skip
"""Things and animals that make a place likely; the first that fits decides."""
HABITATS = {
    ("animal", "water"): "underwater",
    ("vehicle", "water"): "sea",
    ("vehicle", "air"): "sky",
    ("vehicle", "ground"): "road",
    ("building", "ground"): "field",
    ("animal", "ground"): "field",
    ("animal", "air"): "field",
}
"""Where a drawing's group and stance are at home."""


def place(reading: PromptReading) -> str:
    """The place to draw; "" for a plain backdrop."""
    found = list(reading.settings)
    if "snow" in reading.weather and ((not found and not reading.home) or found[:1] == ["field"]):
        return "snowfield"
    inserted = _insert(reading)
    if inserted:
        return inserted
    for strong in STRONG:
        if strong in found:
            return strong
    if reading.has("beacon") and not set(found) - {"sea", "window"}:
        return "lamproom"
    if reading.has("car", "truck", "bus", "bike") and "road" in found:
        return "road"
    here = finest(found)
    if here in SHUT and _outside(reading) and (reading.shot_size in ("wide", "aerial") or _on_wheels(reading)):
        return "street"
    return here or _likely(reading)


def _outside(reading: PromptReading) -> bool:
    """True where a building is seen from without."""
    words = reading.prompt.lower()
    return any(
        w in words
        for w in ("outside", "exterior", "in front of", "门前", "门口", "facade", "façade", "parked", "外观", "外景")
    )


def _on_wheels(reading: PromptReading) -> bool:
    return any(t.drawing and t.drawing.group == "vehicle" for t in reading.objects)


def finest(found: Sequence[str]) -> str:
    """The place that several named ones come to: the second where it says more exactly where in the first one is."""
    if len(found) > 1 and (found[1] in FINER.get(found[0], ()) or (found[0] in SHUT and found[1] in WITHIN)):
        return found[1]
    return found[0] if found else ""


def _insert(reading: PromptReading) -> str:
    """A close shot of a small thing alone is a table top, whatever the room around it."""
    small = any(t.small for t in reading.objects)
    large = any(t.large and t.kind not in ("table", "chair") for t in reading.objects)
    outside = {
        "pitch",
        "sea",
        "snowfield",
        "desert",
        "field",
        "road",
        "street",
        "forest",
        "lake",
        "underwater",
        "station",
    }
    insert = reading.close or (reading.shot_size == "" and "hand" in reading.parts)
    if insert and small and not large and not reading.figures and not reading.crowd:
        return "" if outside & set(reading.settings) else "product"
    return ""


def _habitat(one: Thing | Figure) -> tuple[str, str]:
    drawing = one.drawing
    return (drawing.group, drawing.stance) if drawing else ("", "")


def _likely(reading: PromptReading) -> str:
    kinds = {t.kind for t in reading.objects} | {f.kind for f in reading.figures}
    for words, setting in HINTS:
        if kinds & set(words):
            return setting
    if likely := next((HABITATS[h] for h in map(_habitat, reading.objects + reading.figures) if h in HABITATS), ""):
        return likely
    if any(t.small for t in reading.objects) and not reading.figures:
        return "product"
    outdoors = reading.shot_size in ("wide", "aerial") and (
        reading.has("sun", "moon") or reading.time_of_day in ("sunset", "golden hour")
    )
    if reading.home and not (outdoors and reading.home in SHUT):
        return reading.home
    if reading.crowd or "neon" in reading.light or "cyberpunk" in reading.styles:
        return "street"
    seen = reading.weather or reading.time_of_day or {"sun", "moon", "fireworks"} & kinds
    return "field" if seen and not reading.close else ""
