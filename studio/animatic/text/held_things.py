"""Things in hands and animals under riders: who holds what, and who rides."""

from __future__ import annotations

from dataclasses import replace

from studio.animatic import artwork, tables
from studio.animatic.text.lexicon import Token
from studio.animatic.text.scan import Scan

HANDLING = tables.words("people", "handling")
"""Postures in which something is in the hand."""
TOOLS = tables.pairs("held")
MOUNTS = ("bike", "horse", "camel", "elephant")


def in_hand(kind: str) -> bool:
    """True for things that people hold."""
    return artwork.is_small(kind) or kind == "telescope"


def handle(scan: Scan, stream: list[Token], at: int) -> None:
    """What was named just before it is handled is in the hand: 把一碗茶递给."""
    kinds = [t.meanings["thing"] for t in stream[max(0, at - 4) : at] if in_hand(t.meanings.get("thing", ""))]
    figure = scan.figures[scan.here]
    if kinds and not figure.holds and not figure.animal and not stream[at].text.isascii():
        scan.figures[scan.here] = replace(figure, holds=kinds[-1])


def mounted(scan: Scan, stream: list[Token], at: int) -> None:
    """ "the woman on a white horse" rides it."""
    if scan.here < 0 or scan.figures[scan.here].posture or scan.figures[scan.here].animal:
        return
    lead = [t.text for t in stream[max(0, at - 4) : at] if t.kind != "stop"]
    if "on" in lead or "上" in [t.text for t in stream[at + 1 : at + 2]]:
        scan.figures[scan.here] = replace(scan.figures[scan.here], posture="riding")


def hold(scan: Scan, kind: str, stream: list[Token], at: int) -> None:
    """Put a thing into the hand of whoever handles it: "with a lantern", "hands Ida the match"."""
    if not in_hand(kind) or not scan.figures:
        return
    giver = next((i for i, f in enumerate(scan.figures) if f.posture == "giving" and not f.holds), -1)
    index = giver if giver >= 0 else scan.here
    if index < 0 or scan.figures[index].animal or scan.figures[index].holds:
        return
    lead = stream[max(0, at - 5) : at]
    for n, token in enumerate(lead):
        if token.kind == "stop":
            lead = lead[n + 1 :]
            break
    by_hand = any(t.meanings.get("part") == "hand" for t in stream[at + 1 : at + 4])
    with_it = by_hand or any(t.text in ("with", "带着", "拿着") for t in lead[-4:])
    handled = any(t.meanings.get("posture") in HANDLING for t in (*lead, stream[at]))
    if with_it or handled or (giver >= 0 and at - scan.named_at < 8):
        scan.figures[index] = replace(scan.figures[index], holds=kind)
