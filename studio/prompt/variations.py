"""One form into many requests: a list of prompts, `{red|blue}` combinations, several seeds. Only on the user's wish.

Pure text work; nothing is checked against a model here. Order: prompts as written, the last braces turn fastest, seeds
innermost, so that neighbours differ in one thing.
"""

from __future__ import annotations

import re
from itertools import product
from math import prod

from studio.domain import JSON
from studio.errors import CapabilityError
from studio.messages import Message
from studio.prompt import braces

MAX_REQUESTS = 500
"""Most requests from one press of the button; more is more likely a slip than a wish."""

MAX_SEEDS = 100
MAX_SEED_DIGITS = 20
"""Digits of the largest seed of any program, 2^64 - 1."""
TEXTS = ("prompt", "negative_prompt")
MAX_QUOTED = 3
MAX_QUOTED_CHARS = 40
"""Parts that a note quotes, and the characters of each."""
RANGE = re.compile(r"(\d+)\s*(?:-|–|\.\.)\s*(\d+)")


def expand(
    body: JSON, *, per_line: bool = False, combinations: bool = False, seeds: list[int] | None = None
) -> list[JSON]:
    """Every request the form stands for; without any switch the body alone.

    per_line: each line of the prompt that is not empty. combinations: each choice in braces (see `braces`), in every
    combination, also in the negative prompt. seeds: each prompt once with each. Raises CapabilityError beyond LIMIT
    requests, and for a brace without its partner.
    """
    prompt = str(body.get("prompt") or "")
    lines = [line.strip() for line in prompt.splitlines() if line.strip()] if per_line else [prompt]
    made: list[JSON] = []
    for line in lines or [prompt]:
        own = {**body, "prompt": line} if line or "prompt" in body else dict(body)
        made += _choices(own) if combinations else [own]
        _refuse_beyond(len(made) * len(seeds or [0]))
    return [{**one, "seed": seed} for one in made for seed in seeds] if seeds else made


def literal_braces_note(body: JSON) -> str:
    """A note on what `combinations` leaves as it is, such as the marks of other programs; "" where there is none.

    Raises CapabilityError for a brace without its partner.
    """
    found = [(str(body[k]), span) for k in TEXTS if body.get(k) for span in braces.read(str(body[k]), k).literal_spans]
    pieces = list(dict.fromkeys(" ".join(text[low:high].split()) for text, (low, high) in found))
    shown = [p if len(p) <= MAX_QUOTED_CHARS else p[: MAX_QUOTED_CHARS - 1] + "…" for p in pieces[:MAX_QUOTED]]
    listed = ", ".join([*shown, *(["…"] if len(pieces) > MAX_QUOTED else [])])
    return Message("variation.kept", listed=listed) if pieces else ""


def _choices(body: JSON) -> list[JSON]:
    texts = {k: braces.read(str(body[k]), k) for k in TEXTS if body.get(k)}
    _refuse_beyond(prod(t.count for t in texts.values()))
    picked = product(*(t.combinations() for t in texts.values()))
    return [body | dict(zip(texts, pieces, strict=True)) for pieces in picked]


def _refuse_beyond(count: int) -> None:
    if count > MAX_REQUESTS:
        n = f"{count:,}" if count <= braces.MAX_COUNT else f"over {braces.MAX_COUNT:,}"
        message = Message("variation.too_many", n=n, most=MAX_REQUESTS)
        raise CapabilityError(message, field="prompt", value=count, limit=MAX_REQUESTS)


def _is_seed(word: str) -> bool:
    return word.isdecimal() and len(word) <= MAX_SEED_DIGITS


def parse_seeds(text: str) -> list[int]:
    """Seeds from `1, 5 9` and ranges such as `10-14`, doubles left out, order kept; [] for empty text.

    Raises CapabilityError for anything else, or more than MAX_SEEDS seeds.
    """
    found: list[int] = []
    for word in RANGE.sub(r"\1-\2", text).replace("，", ",").replace(",", " ").split():
        low, dash, high = word.partition("-")
        if not _is_seed(low) or (dash and not _is_seed(high)):
            message = Message("variation.not_a_seed", word=f"{word[:40]!r}")
            raise CapabilityError(message, field="seeds", value=word)
        first, last = int(low), int(high) if dash else int(low)
        if last - first >= MAX_SEEDS or last < first:
            message = Message("variation.bad_range", word=word, most=MAX_SEEDS)
            raise CapabilityError(message, field="seeds", value=word, limit=MAX_SEEDS)
        found += range(first, last + 1)
    unique = list(dict.fromkeys(found))
    if len(unique) > MAX_SEEDS:
        message = Message("variation.too_many_seeds", count=len(unique), most=MAX_SEEDS)
        raise CapabilityError(message, field="seeds", value=len(unique), limit=MAX_SEEDS)
    return unique
