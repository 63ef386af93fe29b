"""A long script is read in time that grows with its length, whatever it holds."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import pytest

from studio.prompt.script.read import MAX_SCRIPT_CHARS, read
from studio.storyboard.script import parts_of

SHAPES: dict[str, Callable[[int], str]] = {
    "names": lambda n: cast("N", n // 16) + named("N", n // 16, " "),
    "names a shot": lambda n: cast("N", n // 16) + named("N", 400, "\n\n"),
    "Chinese names": lambda n: cast("王", n // 14) + named("王", n // 14, ""),
    "listed names": lambda n: "Cast:\n" + "".join(f"- N{i}, x\n" for i in range(n // 10)),
    "names in a row": lambda n: "Cast: " + "Aa and " * (n // 7),
    "spaces in a cast": lambda n: "Cast: Aa" + " " * n + "x",
    "open brackets": lambda n: "[" * n,
    "digits": lambda n: "[" + "9" * n + "s]",
    "half times": lambda n: "[1 " * (n // 3),
    "open sections": lambda n: "[3s:" * (n // 4),
    "closed sections": lambda n: "[3s: a] " * (n // 8),
    "spans": lambda n: "Shot 1 [0-3s] a " * (n // 16),
    "span and lines": lambda n: "[0-3s] a" + "\n" * n + "b",
    "time and spaces": lambda n: "[1" + " " * n,
    "shot and spaces": lambda n: "shot" + " " * n,
    "number and spaces": lambda n: "shot 1" + " " * n + "x",
    "numeral and spaces": lambda n: "第一" + " " * n,
    "numerals": lambda n: "第" + "一" * n,
    "quotes": lambda n: '"' * n,
    "open quotes": lambda n: "Cast: Ann, x\n\n" + "“" * n,
    "speakers": lambda n: ".A: “" * (n // 5),
    "colons": lambda n: ".a:" * (n // 3),
    "spaces": lambda n: "a" + " " * n + "b",
    "empty lines": lambda n: "a" + "\n" * n + "b",
    "short lines": lambda n: "a\n" * (n // 2),
    "one word": lambda n: "a" * n,
    "hyphens": lambda n: "a-" * (n // 2),
    "Chinese": lambda n: "雨" * n,
    "style": lambda n: "Style:" + " " * n + "\nx",
}  # fmt: skip


def cast(letter: str, count: int) -> str:
    return "Cast: " + "; ".join(f"{letter}{i}, x" for i in range(count)) + "\n\n"


def named(letter: str, count: int, between: str) -> str:
    return between.join(f"{letter}{i}" for i in range(count))


def cost_s(script: str) -> float:
    """Processor time of reading it in this thread, the better of two, without collecting what others left behind."""
    took = []
    gc.disable()
    try:
        for _ in range(2):
            begun = time.thread_time()
            read(script[:MAX_SCRIPT_CHARS])
            took.append(time.thread_time() - begun)
    finally:
        gc.enable()
    return min(took)


@pytest.mark.parametrize("shape", SHAPES)
def test_ten_times_the_script_takes_about_ten_times_as_long(shape: str) -> None:
    short, long = (cost_s(SHAPES[shape](length)) for length in (10_000, 100_000))
    assert long < 25 * max(short, 0.01), f"{short:.3f} s, then {long:.3f} s"


def test_names_of_the_cast_are_linked_wherever_they_stand() -> None:
    head = "Cast: Anna, nine; Anna Lee, ten; 王明, 老人; Bo, a dog\n\n"
    (shot,) = parts_of(
        head + 'Anna and Anna Lee and Anna-Lee see Bo, @Bo and Bobo. 王明走来，王明Bo。 They shout "Anna" twice.'
    ).shots
    assert shot.prompt == (
        '@Anna and @Anna-Lee and @Anna-Lee see @Bo, @Bo and Bobo. @王明 走来，@王明 @Bo。 They shout "Anna" twice.'
    )
