"""The studio as an app on a phone or desktop: its manifest, and the service worker that makes it one.

Addresses in both are relative to themselves, so that they hold under a path prefix, too. The worker keeps program
files only; see assets/js/service_worker.js.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from studio.domain import JSON
from studio.web.i18n import tables
from studio.web.language import language_of
from studio.web.plain_pages import POLICY, plain_page
from studio.web.static import ASSETS, asset_url, assets_digest

if TYPE_CHECKING:
    from studio.studio import Studio

NAME = "Wan Studio"
BACKGROUND = "#0d0f13"
SHORTCUTS = {"create": "t2v", "gallery": "gallery", "queue": "queue", "storyboard": "storyboard"}
"""Word -> tab."""
ICONS = (
    ("icons/studio.svg", "any", "any"),
    *((f"icons/app-{side}.png", f"{side}x{side}", "any") for side in (192, 512)),
    *((f"icons/maskable-{side}.png", f"{side}x{side}", "maskable") for side in (192, 512)),
)
SHARED = (
    *("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/heic"),
    *("video/mp4", "video/webm", "video/quicktime", "audio/mpeg", "audio/wav", "audio/mp4"),
)
"""Types that other apps may share."""
OFFLINE_FILES = ("css/login.css", "js/login.js", "js/offline.js", "icons/studio.svg", "fonts/inter-latin.woff2")
"""What the offline page needs, kept from the beginning."""
OFFLINE_WORDS = ("offline_title", "offline_help", "try_again")
WORKER_POLICY = "default-src 'none'; connect-src 'self'"


def router(studio: Studio) -> APIRouter:
    """The two routes. Both are closed to who has not signed in: the page asks for them with its cookie."""
    api = APIRouter(include_in_schema=False)

    @api.get("/manifest.webmanifest")
    def manifest(request: Request) -> Response:
        """In the reader's language."""
        body = app_manifest(language_of(request))
        headers = {"cache-control": "private, no-cache", "vary": "accept-language, cookie"}
        return JSONResponse(body, headers=headers, media_type="application/manifest+json")

    @api.get("/service-worker.js")
    def worker() -> Response:
        """Never kept by the browser beyond a question whether it has changed."""
        headers = {"cache-control": "no-cache", "content-security-policy": WORKER_POLICY}
        return Response(service_worker(), headers=headers, media_type="text/javascript")

    return api


def app_manifest(language: str) -> JSON:
    """What the browser needs to install the studio. Source: W3C Web Application Manifest."""
    words = tables()[language]
    return {
        "name": NAME,
        "short_name": NAME,
        "description": words["app.description"],
        "lang": language,
        "dir": "ltr",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": BACKGROUND,
        "theme_color": BACKGROUND,
        "categories": ["graphics", "photo", "productivity"],
        "icons": [{"src": asset_url(path), "sizes": sizes, "purpose": purpose} for path, sizes, purpose in ICONS],
        "shortcuts": [
            {
                "name": words[f"app.{word}"],
                "url": f"./?tab={tab}",
                "icons": [{"src": asset_url("icons/app-192.png"), "sizes": "192x192"}],
            }
            for word, tab in SHORTCUTS.items()
        ],
        "share_target": {
            "action": "share",
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {"title": "title", "text": "text", "files": [{"name": "files", "accept": list(SHARED)}]},
        },
    }


@cache
def service_worker() -> str:
    """The worker's script; another version of the program files makes another one."""
    facts = {
        "cache": f"studio-{assets_digest()}",
        "assets": asset_url("").rstrip("/"),
        "files": OFFLINE_FILES,
        "offline": {name: plain_page("offline.html", "app", OFFLINE_WORDS, name) for name in tables()},
        "policy": POLICY,
    }
    script = (ASSETS / "js" / "service_worker.js").read_text("utf-8")
    return f"self.STUDIO = {json.dumps(facts, ensure_ascii=False)};\n{script}"
