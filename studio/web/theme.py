"""The look of the pages: Gradio's theme with our colours and type, and what every page loads in its head.

Colours, spacing and widgets are in assets/css; here only what Gradio itself must know. Fonts are served by us.
"""

from __future__ import annotations

from gradio import themes

from studio.settings import Settings
from studio.web.i18n import tables
from studio.web.static import asset_url

FONTS = (
    "Inter",
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "sans-serif",
)
MONO = ("ui-monospace", "SF Mono", "Cascadia Mono", "Menlo", "DejaVu Sans Mono", "monospace")
STYLES = (
    "css/studio.css",
    "css/controls.css",
    "css/studio-forms.css",
    "css/widgets.css",
    "css/access.css",
    "css/phone.css",
)
SCRIPTS = ("js/shell.js", "js/early.js", "js/access.js")
"""Run before the page is built; everything else is loaded by the widget that needs it."""

BARS = {"light": "#f4f5f8", "dark": "#0d0f13"}
"""Colours of the page, and of the system's bars around it."""

INK = themes.Color(
    name="ink",
    c50="#f6f7f9",
    c100="#eceef2",
    c200="#dcdfe6",
    c300="#c0c5d0",
    c400="#959cab",
    c500="#6b7282",
    c600="#4d5464",
    c700="#353b49",
    c800="#22262f",
    c900="#171a21",
    c950="#0f1116",
)
IRIS = themes.Color(
    name="iris",
    c50="#f1f0ff",
    c100="#e4e2ff",
    c200="#cdc8ff",
    c300="#aea5ff",
    c400="#8f80fb",
    c500="#7560f0",
    c600="#6347dd",
    c700="#5238b8",
    c800="#433094",
    c900="#382b76",
    c950="#211a47",
)


def theme() -> themes.Base:
    """Gradio's Base theme in our colours; the few values below keep its own parts from standing out."""
    base = themes.Base(
        primary_hue=IRIS,
        secondary_hue=IRIS,
        neutral_hue=INK,
        spacing_size=themes.sizes.spacing_sm,
        radius_size=themes.sizes.radius_md,
        text_size=themes.sizes.text_sm,
        font=list(FONTS),
        font_mono=list(MONO),
    )
    return base.set(body_background_fill=BARS["light"], body_background_fill_dark=BARS["dark"])


def banner(settings: Settings) -> str:
    """What stands above the page of a studio that is open to everyone; "" for another. The page translates it."""
    if settings.access != "open":
        return ""
    return f'<div id="studio-open" role="status"><p data-word="access.open">{tables()["en"]["access.open"]}</p></div>'


def head(settings: Settings, language: str) -> str:
    """Tags for the page's head: styles first, so that nothing is drawn without them, then the words in this language,
    and the shell script, which reads them."""
    tags = [f'<link rel="stylesheet" href="{asset_url(name)}">' for name in STYLES]
    tags += [f'<script src="{asset_url(f"words/{language}.js")}"></script>']
    tags += [f'<script src="{asset_url(name)}"></script>' for name in SCRIPTS]
    tags += ['<link rel="manifest" href="manifest.webmanifest" crossorigin="use-credentials">']
    tags += [f'<link rel="apple-touch-icon" href="{asset_url("icons/apple-touch.png")}">']
    tags += [f'<meta name="theme-color" content="{BARS["light"]}" data-dark="{BARS["dark"]}">']
    tags += [f'<link rel="icon" type="image/svg+xml" href="{asset_url("icons/studio.svg")}">']
    if settings.has_accounts:
        tags += [f'<meta name="studio-access" content="{settings.access or "password"}">']
    tags += ['<meta name="color-scheme" content="dark light">']
    return "".join(tags)
