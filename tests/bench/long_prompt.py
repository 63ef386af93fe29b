"""Drafts of long prompts: CPU seconds of a picture from 20,000 characters of several shapes, against a short prompt.

`python -m tests.bench long_prompt`. Each figure is the best of three; the ratio compares 20,000 characters with 200 of
the same text. The caption is on. Goal: the reading and the caption grow with the length, never with its square, so the
time of 20,000 characters is at most about 5 times that of 5,000.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

SHAPES = {
    "sentences": "A woman in a red coat walks slowly past the old lighthouse. ",
    "animals": "a red fox and a blue cat, ",
    "one word": "fox ",
    "no spaces": "abcdefgh",
    "chinese": "一个穿红色外套的女人走过灯塔，",
    "lines": "shot of a dog\n",
    "names": "Anna and Bob meet Carl. ",
    "speech": '"Hello," she says. ',
    "times": "[0-2s] a dog. ",
    "brackets": "((((",
}
TIMES = 3


def main(argv: list[str]) -> None:
    """One JSON line for each shape."""
    _drawn("a dog")  # the first loads libraries and fonts
    for name, unit in SHAPES.items():
        short, middle, long = (_best((unit * (n // len(unit) + 1))[:n]) for n in (200, 5_000, 20_000))
        figures = {"short_s": short, "s_5000": middle, "s_20000": long, "ratio": round(long / short, 1)}
        print(json.dumps({"bench": "long_prompt", "shape": name, **figures}), flush=True)


def _best(prompt: str) -> float:
    return round(min(_drawn(prompt) for _ in range(TIMES)), 3)


def _drawn(prompt: str) -> float:
    """CPU seconds of one 640x360 picture."""
    from studio.animatic.clips.make import make
    from studio.animatic.order import Order

    with tempfile.TemporaryDirectory() as folder:
        order = Order("text-to-image", prompt, 7, 640, 360, 5.0, 30, False, str(Path(folder)))
        began = time.process_time()
        make(order, lambda fraction, word: None)
        return time.process_time() - began
