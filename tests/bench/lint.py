"""`python -m tests.bench lint`: the rules over prompts of several lengths and over hostile texts of 200,000 characters.

Milliseconds of processor time a text; a shot of a board is judged once as long as its words and model stay.
"""

from __future__ import annotations

import argparse
import json
import time

from studio.prompt.lint.lint import lint
from studio.prompt.lint.model import Facts

SENTENCES = (
    "A red fox runs through falling snow in a birch forest while the light fades behind the trees. ",
    "The camera follows the fox at walking pace, low over the ground, and slows as it stops to listen. ",
    'An old man on a bench says: "You came back." ',
    "镜头缓慢推进，老人放下手里的茶杯，窗外下着雨。",
)
FACTS = Facts(model="Wan", duration_s=5, lengths=(5.0, 10.0), sound="on", sound_switch=True, negative=True)
HOSTILE = {
    "quotes": '" ', "brackets": "(", "colons": "a:", "letters": "a", "lines": "\n", "shots": "Shot 1 [0-1s] a. ",
    "negations": "no a ", "han": "镜头", "moves": "pan ", "braces": "{a|", "mentions": "@a ",
}  # fmt: skip
TEXTS = 300


def main(words: list[str]) -> None:
    """Print a JSON line for each length and each hostile text."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench lint")
    parser.add_argument("--texts", type=int, default=TEXTS)
    texts = parser.parse_args(words).texts
    for count in (1, 4, 12):
        made = ["".join(SENTENCES[(n + i) % len(SENTENCES)] for i in range(count)) + f"Take {n}." for n in range(texts)]
        start = time.process_time()
        for text in made:
            lint(text, FACTS)
        each = 1000 * (time.process_time() - start) / texts
        print(json.dumps({"figure": f"{len(made[0])} characters", "ms": round(each, 3)}))
    for name, piece in HOSTILE.items():
        start = time.process_time()
        lint(piece * (200_000 // len(piece)), FACTS)
        print(json.dumps({"figure": f"hostile: {name}", "ms": round(1000 * (time.process_time() - start), 1)}))
