"""One paragraph that says where it cuts: `Wide shot of a city. Cut to: a hand on a railing.`, `镜头切换至……`."""

from __future__ import annotations

import re

from studio.prompt.script.build import ScriptBuilder

_CUT = re.compile(
    r"(?:^|(?<=[.!?。！？;；,，\n\"”」)]))[ \t]{0,9}(?:then )?"
    r"(?P<cut>(?:hard|smash|match|jump|quick)[ -]cut(?: to)?|(?:we )?cut to|cuts to|"
    r"(?:dissolves?|fades?) to(?= (?:an?|the) )|"
    r"镜头(?:切换?|一?转)[到至向]|画面?切换?[到至]|切[到至]|切镜)[ \t]{0,3}(?:[:：,，–—-][ \t]{0,3})?",
    re.IGNORECASE,
)


def score(text: str) -> float:
    """Cuts in running text; other forms have heads of their own."""
    return 0.45 if len(text) <= 20_000 and _CUT.search(text, 1) else 0.0


def read(build: ScriptBuilder) -> None:
    """What stands before the first cut is the first shot."""
    source, at = build.source, 0
    cuts = [cut for cut in _CUT.finditer(source.text) if source.text[: cut.start()].strip()]
    transition = None
    for cut in [*cuts, None]:
        part = source.part(at, cut.start() if cut else None).strip()
        if part:
            shot = build.shot()
            if transition:
                shot.put("transition", transition)
            shot.read(part)
        if cut:
            at, transition = cut.end(), source.group(cut, "cut")
