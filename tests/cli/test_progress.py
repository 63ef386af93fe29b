"""What a person sees of a batch: one renewed line on a terminal, a line per change elsewhere."""

from __future__ import annotations

import io
from typing import Any

import pytest

from studio.cli.progress import Progress, duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(number: int, status: str, **more: Any) -> dict[str, Any]:
    return {"id": f"r_{number}", "status": status, **more}


def test_a_terminal_has_one_line_that_is_renewed() -> None:
    out = Terminal()
    progress = Progress({"r_1": 1, "r_2": 2}, expected_s=100, out=out)
    progress.show([run(1, "running", fraction=0.5), run(2, "queued")])
    progress.show([run(1, "succeeded", cost_usd=0.25)])
    assert "\n" not in out.getvalue()
    first, second = out.getvalue().split("\r\x1b[2K")[1:]
    assert first.startswith("0 of 2 done · 1 running · 1 queued · 50 % · about 2 min left")
    assert second.startswith("1 of 2 done · 1 queued · $0.25")


def test_elsewhere_each_change_is_a_line() -> None:
    out = io.StringIO()
    progress = Progress({"r_1": 7}, out=out)
    for status in ("queued", "queued", "running", "succeeded", "succeeded"):
        progress.show([run(1, status, cost_usd=0.5 if status == "succeeded" else None)])
    assert out.getvalue().splitlines() == [
        "[0/1] line 7: r_1 queued",
        "[0/1] line 7: r_1 running",
        "[1/1] line 7: r_1 succeeded, $0.5",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (45, "45 s"), (100, "2 min"), (3600, "60 min"), (12_000, "3 h 20 min")]
)
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said
