"""All rules over one text."""

from __future__ import annotations

from functools import lru_cache

from studio.prompt.lint.model import Facts, Finding
from studio.prompt.lint.rules import (
    camera,
    contradictions,
    foreign,
    length,
    negation,
    pairs,
    references,
    repeats,
    speech,
    style,
    times,
    vague,
)
from studio.prompt.lint.source import Source
from studio.prompt.markup import is_data

RULES = (
    foreign.find,
    times.find,
    length.find,
    camera.find,
    contradictions.find,
    speech.find,
    references.find,
    negation.find,
    style.find,
    pairs.find,
    repeats.find,
    vague.find,
)
MAX_READ = 30_000
"""Characters that the rules read; a longer text is only told to be long."""
MAX_FINDINGS = 40
CACHED = 2048
"""Texts whose findings are kept: every shot of some boards."""
_NO_FACTS = Facts()
_JSON_RULES = (length.find,)
"""What can be said of a prompt that is JSON."""


@lru_cache(CACHED)
def lint(text: str, facts: Facts = _NO_FACTS) -> tuple[Finding, ...]:
    """The findings of a prompt: warnings first, each kind in the order of the text."""
    if not text.strip() and not facts.dialogue:
        return ()
    source = Source(text[:MAX_READ], facts.duration_s)
    rules = _JSON_RULES if is_data(text) else RULES
    found = [
        finding
        for rule in rules
        for finding in rule(Source(text, facts.duration_s) if rule is length.find else source, facts)
    ]
    found.sort(key=lambda one: (one.severity == "note", one.start))
    return tuple(found[:MAX_FINDINGS])
