"""A tab of the studio: build() lays it out; wire() connects its events once every tab exists, so any can reach any."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import gradio as gr

from studio.domain import JSON
from studio.web.idempotency import IdempotencyCache

if TYPE_CHECKING:
    from studio.studio import Studio

EVENT_OPTIONS: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "show_progress_on": [],
    "queue": False,
    "preprocess": False,
}
"""How our own events run: hidden from the API, at once, without Gradio's overlay. Values come as the browser sent
them: limits are the catalogue's to tell, at the field, where Gradio's own check would only make an error message."""


P = TypeVar("P", bound="Page")


@dataclass
class PageContext:
    """What the tabs share; nothing of a single user. pages: by id, in their order. idempotency: what came of each
    press."""

    studio: Studio
    tabs: gr.Tabs = field(init=False)
    pages: dict[str, Page] = field(default_factory=dict)
    idempotency: IdempotencyCache = field(default_factory=IdempotencyCache)

    def create_page(self, task: object, *, like: P) -> P:
        """The create page of this task; `like` itself for a task that has none."""
        matching = [p for p in self.pages.values() if isinstance(p, type(like)) and getattr(p, "task", None) == task]
        return matching[0] if matching else like


class Page:
    """One tab. id names it in links, tests and CSS; its word is the i18n key shell.tab_ID. group: in the navigation."""

    id = ""
    group = ""

    def __init__(self, ctx: PageContext) -> None:
        self.ctx = ctx
        self.studio = ctx.studio

    @property
    def label(self) -> str:
        """The key of the tab's name."""
        return f"shell.tab_{self.id}"

    def build(self) -> None:
        """Lay out the components, inside the tab."""

    def connect_events(self) -> None:
        """Connect events; every page has been built."""

    @property
    def fill_outputs(self) -> list[Any]:
        """The components that `fill` updates; empty for a page that has no form."""
        return []

    def fill(self, body: JSON) -> list[JSON]:
        """One update for each of fill_outputs, so that the form shows this request."""
        raise NotImplementedError(f"the page {self.id} has no form")


def actor_of(request: gr.Request | None) -> str:
    """The key of the actor on whose behalf an event runs; "" is the local user of a studio without accounts."""
    return (request and request.username) or ""


def event_data(event: gr.EventData) -> JSON:
    """What a widget sent along with its event. It comes from the browser: judge every value before use."""
    data = getattr(event, "_data", None)
    return data if isinstance(data, dict) else {}
