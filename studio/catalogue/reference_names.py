"""How a prompt calls the references of a request, and a prompt written for one model put into the names of another."""

from __future__ import annotations

import re
from collections.abc import Sequence

from studio.catalogue.schema import Model
from studio.domain import Kind


def names(model: Model, kinds: Sequence[Kind]) -> list[str | None]:
    """The name of each reference, in their order; None where the model has none for its kind."""
    counts: dict[str, int] = {}
    found: list[str | None] = []
    for kind in kinds:
        key = kind.value if model.reference_numbers == "kind" else "all"
        counts[key] = counts.get(key, 0) + 1
        pattern = model.reference_names.get(kind)
        found.append(pattern.format(n=counts[key]) if pattern else None)
    return found


def renamed(prompt: str, old: Model, new: Model, kinds: Sequence[Kind]) -> str:
    """The prompt with the old model's names of references in the new one's words; other text stays as it is."""
    pairs = zip(names(old, kinds), names(new, kinds), strict=True)
    words = {a.casefold(): b for a, b in pairs if a and b and a != b}
    if not words:
        return prompt
    listed = "|".join(re.escape(a) for a in sorted(words, key=len, reverse=True))
    return re.sub(
        rf"(?<![A-Za-z0-9]){'(?:' + listed + ')'}(?![0-9])", lambda m: words[m[0].casefold()], prompt, flags=re.I
    )
