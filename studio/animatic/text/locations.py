"""Where a shot plays: the place it names, else what its things and people make likely, else the film's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.animatic import tables
from studio.animatic.text.reading import Figure, PromptReading, Thing


def has(place: str, fact: str) -> bool:
    """Whether locations.toml says this of the place: roof, dim, strong, anywhere or open."""
    return bool(facts(place).get(fact))


def facts(place: str) -> Mapping[str, Any]:
    """What locations.toml says of a place; empty for one it says nothing of."""
    return tables.load("text/locations")["place"].get(place, {})


def provided(place: str) -> list[str]:
    """The kinds of things that the picture of a place shows anyway."""
    return facts(place).get("provides", "").split()


def place(reading: PromptReading) -> str:
    """The place to draw; "" for a plain backdrop."""
    found = list(reading.settings)
    if "snow" in reading.weather and ((not found and not reading.home) or found[:1] == ["field"]):
        return "snowfield"
    inserted = _insert(reading)
    if inserted:
        return inserted
    if strong := next((p for p in tables.load("text/locations")["place"] if p in found and has(p, "strong")), ""):
        return strong
    if reading.has("beacon") and not set(found) - {"sea", "window"}:
        return "lamproom"
    if reading.has("car", "truck", "bus", "bike") and "road" in found:
        return "road"
    here = finest(found)
    if has(here, "roof") and _outside(reading) and (reading.shot_size in ("wide", "aerial") or _on_wheels(reading)):
        return "street"
    return here or _likely(reading)


def _outside(reading: PromptReading) -> bool:
    """True where a building is seen from without."""
    words = reading.prompt.lower()
    return any(w in words for w in tables.phrases("scenes", "outside"))


def _on_wheels(reading: PromptReading) -> bool:
    return any(t.drawing and t.drawing.group == "vehicle" for t in reading.objects)


def finest(found: Sequence[str]) -> str:
    """The place that several named ones come to: the second where it says more exactly where in the first one is."""
    if len(found) < 2:
        return found[0] if found else ""
    first, second = found[:2]
    within = has(first, "roof") and has(second, "anywhere")
    return second if within or second in facts(first).get("finer", "").split() else first


def _insert(reading: PromptReading) -> str:
    """A close shot of a small thing alone is a table top, whatever the room around it."""
    small = any(t.small for t in reading.objects)
    large = any(t.large and t.kind not in ("table", "chair") for t in reading.objects)
    insert = reading.close or (reading.shot_size == "" and "hand" in reading.parts)
    if insert and small and not large and not reading.figures and not reading.crowd:
        return "" if any(has(place, "open") for place in reading.settings) else "product"
    return ""


def _habitat(one: Thing | Figure) -> str:
    """Where a drawing is at home, or ""."""
    drawing = one.drawing
    return tables.load("text/locations")["habitat"].get(drawing.group, {}).get(drawing.stance, "") if drawing else ""


def _likely(reading: PromptReading) -> str:
    kinds = {one.kind.replace(" ", "-") for one in (*reading.objects, *reading.figures)}
    for place, _, words in (row.partition(": ") for row in tables.load("text/locations")["likely"]["rows"]):
        if kinds & set(words.split()):
            return place
    if habitat := next(filter(None, map(_habitat, reading.objects + reading.figures)), ""):
        return habitat
    if any(t.small for t in reading.objects) and not reading.figures:
        return "product"
    outdoors = reading.shot_size in ("wide", "aerial") and (
        reading.has("sun", "moon") or reading.time_of_day in ("sunset", "golden hour")
    )
    if reading.home and not (outdoors and has(reading.home, "roof")):
        return reading.home
    if reading.crowd or "neon" in reading.light or "cyberpunk" in reading.styles:
        return "street"
    seen = reading.weather or reading.time_of_day or {"sun", "moon", "fireworks"} & kinds
    return "field" if seen and not reading.close else ""
