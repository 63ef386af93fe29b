"""All tabs joined into one page, and the one launch call that serves it."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.messages import LOCALES, Message
from studio.web import navigation
from studio.web.forms import files as form_files
from studio.web.i18n import tables
from studio.web.tabs import Tab, tabs_of

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from studio.settings import Settings
    from studio.studio import Studio

log = logging.getLogger(__name__)

MAX_SESSIONS = 24
"""Gradio's sessions that are kept, newest first: each holds about a megabyte. Our events need none of what is in them;
a page whose session has gone gets another with its next event."""


def prepare(studio: Studio) -> Path:
    """Set what Gradio reads when it is imported; its upload folder, emptied of what a killed run left."""
    folder = form_files.upload_folder(studio)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000000"  # else each call makes a table of all before it
    os.environ["FORWARDED_ALLOW_IPS"] = ""  # the server itself believes no proxy; see studio.web.middleware.forwarded
    return folder


def build(studio: Studio, tabs: Iterable[Tab], names: gr.I18n) -> gr.Blocks:
    """The page as Gradio blocks. Call `prepare` first: Gradio reads its folder from the environment when imported."""
    import gradio as gr

    from studio.web import api
    from studio.web.blocks import StudioBlocks
    from studio.web.mount import mount_script

    with StudioBlocks(title="Wan Studio", analytics_enabled=False, delete_cache=(3600, 86400), fill_width=True) as demo:
        with gr.Tabs(elem_id="studio-tabs", overflow_behavior="wrap"):
            for tab in tabs:
                with gr.Tab(str(names(tab.label)), id=tab.id, elem_id=f"tab-{tab.id}"):
                    mount_script(tab.script, elem_id=tab.id, options=tab.options)
        mount_script(navigation.CORNER, elem_id="studio-corner")
        api.connect(studio)
    return demo


def _names(tabs: Iterable[Tab]) -> gr.I18n:
    """The names of the tabs, which Gradio puts in the browser's language."""
    import gradio as gr

    return gr.I18n(**{language: {tab.label: words[tab.label] for tab in tabs} for language, words in tables().items()})


@contextlib.contextmanager
def served(studio: Studio, **options: Any) -> Iterator[str]:
    """Serve the pages until the context ends; gives their address. options go to Gradio's launch."""
    with launched(studio, **options) as (_, url):
        yield url


@contextlib.contextmanager
def launched(studio: Studio, **options: Any) -> Iterator[tuple[FastAPI, str]]:
    """As `served`, with the running application before the address."""
    folder = prepare(studio)
    from starlette.middleware import Middleware

    from studio.web import direct_calls
    from studio.web.errors import HANDLERS
    from studio.web.middleware import connections, login, security
    from studio.web.middleware.front_page import FrontPage
    from studio.web.routes import account, activity, forms, people, register
    from studio.web.signin import hub_payment, methods
    from studio.web.signin.config import HUGGING_FACE
    from studio.web.theme import banner, head, theme

    settings = studio.settings
    host = options.get("server_name", settings.host)
    settings.model_copy(update={"host": host}).check_access()
    authenticator = security.authenticator_of(settings, studio.people)
    sign_in = methods.build(settings, authenticator, studio.people, studio.visitors)
    if sign_in.openid is not None and settings.access == HUGGING_FACE:
        hub_payment.follow(sign_in.openid, studio)
    ancestors = settings.frame_ancestors

    def wrap(app: ASGIApp) -> ASGIApp:
        app = security.protected(
            app, settings, authenticator, host=host, uploads=folder, identity_sources=sign_in.identity_sources
        )
        return sign_in.outermost(app)

    site = register.build(studio)
    accounts = (account.router(studio, authenticator), people.router(studio), activity.router(studio))
    entry = login.router(authenticator, frame_ancestors=ancestors, elsewhere=sign_in.openid)
    tabs = list(tabs_of(studio))
    names, scripts = _names(tabs), {tab.id: tab.script for tab in tabs}
    demo = build(studio, tabs, names)
    demo.queue(default_concurrency_limit=16, max_size=1000)
    _look_less_often(demo)
    app, url, _ = demo.launch(
        **{"server_name": settings.host, "server_port": settings.port} | options,
        prevent_thread_lock=True,
        quiet=True,
        ssr_mode=False,
        run_history=False,
        mcp_server=False,
        share=False,
        inbrowser=False,
        footer_links=[],
        theme=theme(),
        i18n=names,
        max_file_size=f"{settings.max_upload_mb}mb",
        state_session_capacity=MAX_SESSIONS,
        auth_dependency=None if authenticator is None else _actor_key,
        app_kwargs={
            "routes": [
                *site.routes,
                *direct_calls.router(demo).routes,
                *forms.router(studio).routes,
                *(route for part in accounts for route in part.routes),
                *entry.routes,
                *sign_in.routes,
            ],
            "middleware": [
                Middleware(
                    FrontPage,
                    head=partial(head, settings),
                    tags=lambda key, query: navigation.tags(studio.acting_for(key), query, scripts),
                    banner=banner(settings),
                    ancestors=ancestors,
                    config=direct_calls.config_for,
                )
            ],
            "exception_handlers": {**HANDLERS, Exception: security.server_error},
            "lifespan": security.lifespan(wrap),
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
    )
    connections.set_limits(demo.server)
    try:
        yield app, url
    finally:
        site.close()
        demo.close(verbose=False)


def _actor_key(request: Any) -> str | None:
    """The key that the access middleware found, as Gradio's name of the user."""
    return (request.scope.get("state") or {}).get("user") or None


def _look_less_often(demo: gr.Blocks) -> None:
    """Gradio looks into its empty queue 830 times a second, which takes 7 % of a core; on Windows 20 times. Hardly
    anything of ours goes through that queue, and what does starts 25 ms later. Source: gradio 6.31, queueing.py."""
    queue = getattr(demo, "_queue", None)
    for pause, seconds in (("sleep_when_free", 0.05), ("progress_update_sleep_when_free", 0.5)):
        if isinstance(getattr(queue, pause, None), float):
            setattr(queue, pause, seconds)


def freeze() -> None:
    """Pages and modules stay: a full collection of garbage need not walk through them while an answer waits."""
    gc.collect()
    gc.freeze()


def _warm_up_first_page(settings: Settings) -> None:
    """In a thread of its own: whoever opens the page meanwhile waits no longer than without it."""
    from studio.web import program_files
    from studio.web.theme import head

    for language in LOCALES:
        program_files.warm_up(head(settings, language) + navigation.first_form())


def serve(studio: Studio) -> None:
    """Serve the pages until the process is told to stop."""
    with served(studio) as url:
        freeze()
        print(f"Wan Studio is ready at {url}", flush=True)
        threading.Thread(target=_warm_up_first_page, args=(studio.settings,), name="first page", daemon=True).start()
        if studio.settings.has_accounts and not studio.people.has_admin():
            print(Message("people.no_admin"), flush=True)
        studio.wait()
