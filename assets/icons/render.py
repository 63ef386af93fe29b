"""Renders studio.svg as the PNG icons of the installed app and of notifications: `python assets/icons/render.py`.

A test holds the files against what this makes of the drawing.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
SAFE_ZONE = 'transform="translate(16 16) scale(.74) translate(-16 -16)" '
"""A maskable icon fills its square, for systems cut the corners, and shows at least the middle 80 %.
Source: W3C Web Application Manifest, icon masks."""
ICONS = {
    "app-192.png": (192, "plain"),
    "app-512.png": (512, "plain"),
    "maskable-192.png": (192, "maskable"),
    "maskable-512.png": (512, "maskable"),
    "apple-touch.png": (180, "maskable"),
    "badge-96.png": (96, "badge"),
}
"""File -> side in px, and which drawing. badge: white on nothing, for Android's status bar."""


def drawing(kind: str) -> str:
    """The SVG of one kind."""
    svg = (HERE / "studio.svg").read_text("utf-8")
    start, end = svg.index("<rect"), svg.index("<path")
    if kind == "badge":
        return svg[:start] + svg[end:]
    if kind == "maskable":
        return svg.replace('rx="8"', 'rx="0"').replace("<path ", f"<path {SAFE_ZONE}")
    return svg


def render(side_px: int, kind: str) -> bytes:
    """The PNG."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=drawing(kind), width=side_px, height=side_px))


if __name__ == "__main__":
    for name, (side_px, kind) in ICONS.items():
        (HERE / name).write_bytes(render(side_px, kind))
