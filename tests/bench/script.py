"""The reader of scripts on 200,000 characters: every published form, and texts that are meant to be slow.

`python -m tests.bench script`, or `... script hostile` or `... script forms NAME` for a part. Each text is read as a
person pastes it, every form scored. `growth`: the time of 200,000 characters over that of 50,000, so 4 is linear and
16 quadratic. `times_reference`: against one pass of the standard library over the same text in the same run (csv or
json where it is that, else a regular expression that visits every word).
Goal: growth below 8, and no text above 5 s on the reference machine.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "prompt" / "corpus"
CHARS, FEWER = 200_000, 50_000
MIN_S = 0.02
"""Below this nothing is told of growth."""
HOSTILE = {
    "spaces": " ",
    "newlines": "\n",
    "brackets": "(",
    "square": "[",
    "braces": "{",
    "colons": "a:",
    "quotes": '"',
    "open quotes": "“",
    "quoted commas": '",',
    "commas": ",",
    "tabs": "\t",
    "bars": "|",
    "bar lines": "|a|b\n",
    "delimiters": "|-|-|\n",
    "dashes": "-",
    "arrows": "-->",
    "digits": "1",
    "digit lines": "1\n",
    "times": "0:01 ",
    "ranges": "0-3s ",
    "one word": "fox ",
    "no spaces": "abcdefgh",
    "han": "一个女人走过灯塔，",
    "han shots": "镜头",
    "shots": "Shot 1 ",
    "shot lines": "Shot 1: a fox\n",
    "bracketed shots": "[Shot 1]",
    "black brackets": "【镜头1】",
    "labels": "Camera: ",
    "label lines": "Camera: pan\n",
    "cast": "N{n}, x; ",
    "mentions": "@N{n} ",
    "json": '{{"a":',
    "json shots": '{{"prompt":"a"}},',
    "json keys": '{{"a",',
    "json comments": "[/*",
    "escapes": '{{"\\"',
    "stars": "*",
    "bold": "**a:** ",
    "headings": "# ",
    "hashes": "#",
    "triangles": "△",
    "speech": 'Ann: "Go." ',
    "han speech": "林晚（哭）：走",
    "capitals": "ANNA\n",
    "sluglines": "INT. A\n",
    "fades": "CUT TO:\n",
    "parentheses": "(a) ",
    "cues": "00:00:01,000 --> 00:00:02,000\n",
    "tags": "<v A>",
    "entities": "&amp;",
    "underscores": "_",
    "at signs": "@",
    "semicolons": "shot 1, 3, a;",
    "nested lists": "- a\n  - b\n",
    "camera": "close-up, wide shot, ",
    "crlf": "a\r\n",
}


def main(argv: list[str]) -> None:
    """One JSON line for each text."""
    from studio.prompt.script.read import read

    read("Shot 1: a fox.")  # loads the forms
    what, names = (argv[0] if argv else ""), argv[1:]
    if what != "hostile":
        for path in sorted(p for p in CORPUS.iterdir() if not p.name.endswith(".right.json")):
            if not names or any(name in path.stem for name in names):
                _tell(path.stem, partial(_repeated, path.read_bytes().decode("utf-8")))
    if what != "forms":
        for name, unit in HOSTILE.items():
            if not names or name in names:
                _tell(f"hostile: {name}", partial(_of_units, unit))


def _tell(name: str, text_of: Callable[[int], str]) -> None:
    from studio.prompt.script.read import read

    long, short = text_of(CHARS), text_of(FEWER)
    reference_s = _seconds(lambda: _reference(long))
    short_s = _seconds(lambda: read(short))
    began = time.process_time()
    script = read(long)
    long_s = time.process_time() - began
    growth = round(long_s / short_s, 1) if min(long_s, short_s) > MIN_S else None
    figures = {"form": script.form, "shots": len(script.shots), "s_50000": round(short_s, 3), "s": round(long_s, 3)}
    figures |= {"growth": growth, "times_reference": round(long_s / max(reference_s, 1e-4))}
    print(json.dumps({"bench": "script", "text": name, **figures}, ensure_ascii=False), flush=True)


def _seconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def _reference(text: str) -> int:
    """One pass of the standard library."""
    if text.lstrip()[:1] in ("[", "{"):
        try:
            return len(json.loads(text))
        except (ValueError, RecursionError):
            pass
    if text.count(",") > len(text) / 50:
        csv.field_size_limit(CHARS)
        return sum(len(row) for row in csv.reader(io.StringIO(text)))
    return sum(1 for _ in re.finditer(r"\w+|[^\w\s]", text))


def _repeated(text: str, chars: int) -> str:
    """The text again and again; a table's rows without its head, JSON as a list of its values."""
    if text.lstrip("\ufeff")[:1] in ("[", "{") and "\n{" not in text.strip():
        try:
            value = json.loads(text)
        except ValueError:
            return (text * (chars // len(text) + 1))[:chars]
        times = max(1, chars // len(json.dumps(value, ensure_ascii=False)))
        return json.dumps([value] * times, ensure_ascii=False)[:CHARS]
    unit = text.rstrip("\n") + "\n\n"
    return (unit * (chars // len(unit) + 1))[:chars]


def _of_units(unit: str, chars: int) -> str:
    if "{n}" in unit:
        pieces, size = list[str](), 0
        while size < chars:
            pieces.append(unit.format(n=len(pieces)))
            size += len(pieces[-1])
        return "".join(pieces)[:chars]
    unit = unit.replace("{{", "{").replace("}}", "}")
    return (unit * (chars // len(unit) + 1))[:chars]


if __name__ == "__main__":
    main(sys.argv[1:])
