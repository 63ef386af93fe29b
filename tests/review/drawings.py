"""Drawings as hypothesis makes them: every kind of shape, at the edges of what is allowed."""

from __future__ import annotations

from hypothesis import strategies as st

from studio.field_errors import blank, legible

PART = st.floats(0, 1) | st.sampled_from([0, 1, 0.0, 1.0, 5e-324])
PLACE = st.lists(PART, min_size=2, max_size=2)
COLOUR = st.from_regex(r"\A#[0-9a-fA-F]{6}\Z")
SIZE = st.floats(0.001, 0.5)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).map(legible)
STROKE = st.fixed_dictionaries(
    {
        "type": st.just("stroke"),
        "points": st.lists(st.lists(PART, min_size=3, max_size=3), min_size=1, max_size=40),
        "color": COLOUR,
        "size": SIZE,
    }
)
FIGURE = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["arrow", "line", "box", "ellipse"]),
        "from": PLACE,
        "to": PLACE,
        "color": COLOUR,
        "size": SIZE,
    }
)
WORDS = st.fixed_dictionaries(
    {
        "type": st.just("text"),
        "at": PLACE,
        "text": TEXT.filter(lambda text: not blank(text)),
        "color": COLOUR,
        "size": SIZE,
    }
)
DRAWING = st.fixed_dictionaries({"shapes": st.lists(STROKE | FIGURE | WORDS, max_size=8)})
