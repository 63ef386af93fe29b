"""3D colour tables as .cube files: read, written, and the filters that apply them.

All on display values 0..1, sRGB or BT.709. Source of the file format: Adobe's Cube LUT specification 1.0.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import MediaError
from studio.messages import Message

if TYPE_CHECKING:
    import numpy as np

LARGEST_SIDE = 65
"""The finest that editing programs write; twice as fine would be eight times as much to read."""
DECIMALS = 5
LARGEST_BYTES = 16_000_000
BACK = "out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int"
"""swscale's options for the way from RGB back to a film's BT.709 limited range."""


def as_options(table: Path) -> list[tuple[str, dict[str, str]]]:
    """The filters that send BT.709 pictures through the table, for a graph inside this program: names with options."""
    marks = {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "range": "tv"}
    back: dict[str, str] = {name: value for name, _, value in (option.partition("=") for option in BACK.split(":"))}
    return [
        ("setparams", marks), ("format", {"pix_fmts": "gbrp16le"}),
        ("lut3d", {"file": str(table), "interp": "tetrahedral"}),
        ("scale", back), ("format", {"pix_fmts": "yuv420p"}), ("setparams", marks),
    ]  # fmt: skip


def read_kept(path: Path) -> tuple[int, np.ndarray]:
    """A table as it was read last, for as long as its file stays the same: previews ask for it again and again."""
    return _read_version(path, _changed(path))


@lru_cache(maxsize=4)
def _read_version(path: Path, changed: int) -> tuple[int, np.ndarray]:
    return read_cube(path)


def read_cube(path: Path, *, name: str = "") -> tuple[int, np.ndarray]:
    """The side and the table (side, side, side, 3; blue slowest, red fastest) of a 3D .cube file.

    name: what to call the file. Raises MediaError for any other file, and for 1D tables and other domains than 0..1.
    """
    import numpy as np

    name = name or path.name
    heads, rows = _lines(path, name)
    if "LUT_1D_SIZE" in heads:
        raise MediaError(Message("cube.one_dimensional", name=name))
    try:
        side = int(heads["LUT_3D_SIZE"][0])
        table = np.loadtxt(rows, np.float64, ndmin=2) if rows else np.empty((0, 3))
        domain = [float(v) for v in heads.get("DOMAIN_MIN", ["0"] * 3) + heads.get("DOMAIN_MAX", ["1"] * 3)]
    except (KeyError, IndexError, ValueError):
        raise MediaError(Message("cube.not_a_table", name=name)) from None
    if domain != [0, 0, 0, 1, 1, 1]:
        raise MediaError(Message("cube.other_range", name=name))
    if not 2 <= side <= LARGEST_SIDE:
        raise MediaError(Message("cube.steps", name=name, side=side, most=LARGEST_SIDE))
    if table.shape != (side**3, 3) or not np.isfinite(table).all():
        raise MediaError(Message("cube.wrong_count", name=name, side=side, side2=side, side3=side))
    return side, table.reshape(side, side, side, 3)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise MediaError(Message("file.unreadable", name=path.name, why=error.strerror)) from None


def _lines(path: Path, name: str) -> tuple[dict[str, list[str]], list[str]]:
    """Keywords with what follows them, and the rows of numbers; at most so many as the largest table has."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise MediaError(Message("cube.too_large", name=name, most=f"{LARGEST_BYTES / 1e6:.0f}"))
        text = path.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise MediaError(Message("file.unreadable", name=name, why=error.strerror)) from None
    lines = [line for raw in text.splitlines() if (line := raw.strip()) and not line.startswith("#")]
    heads = {words[0].upper(): words[1:] for line in lines if line[0].isalpha() and (words := line.split())}
    rows = [line for line in lines if not line[0].isalpha()]
    if len(rows) > LARGEST_SIDE**3:
        raise MediaError(Message("cube.too_many", name=name, most=LARGEST_SIDE))
    return heads, rows


def grid(side: int) -> np.ndarray:
    """The colours a table of this side starts from: (side, side, side, 3), 0..1, blue slowest, red fastest."""
    import numpy as np

    steps = np.linspace(0, 1, side)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    return np.stack((red, green, blue), axis=-1)


def write(path: Path, table: np.ndarray) -> Path:
    """Write a table as a .cube file with five decimals, its values cut to 0..1.

    The digits are set as bytes: printing a fine table number by number would take longer than everything else.
    """
    import numpy as np

    left = np.rint(np.clip(table, 0.0, 1.0).reshape(-1, 3) * 10**DECIMALS).astype(np.int32)
    text = np.full((len(left), 3, DECIMALS + 3), ord(" "), np.uint8)
    for place in (*range(DECIMALS + 1, 1, -1), 0):
        text[..., place] = ord("0") + left % 10
        left //= 10
    text[..., 1], text[:, 2, -1] = ord("."), ord("\n")
    path.write_bytes(f"LUT_3D_SIZE {table.shape[0]}\n".encode() + text.tobytes())
    return path
