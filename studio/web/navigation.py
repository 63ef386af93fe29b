"""Which tabs a person has: one table, tab id -> action, told to the page in its head.

What is not shown is also refused by the services: see studio.services.rights. The table spares people a look at pages
that would only refuse them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import TYPE_CHECKING

from studio.permissions import Action
from studio.web.script_words import scripts_of
from studio.web.static import ASSETS, asset_url

if TYPE_CHECKING:
    from studio.services.acting import UserServices

TAB_ACTIONS: dict[str, Action] = {
    **dict.fromkeys(("t2i", "edit", "t2v", "i2v", "r2v", "s2v", "v2v"), Action.CREATE),
    "storyboard": Action.VIEW,
    "gallery": Action.VIEW,
    "review": Action.VIEW,
    "queue": Action.VIEW,
    "approvals": Action.APPROVE,
    "spending": Action.SEE_SPENDING,
    "models": Action.MANAGE_STUDIO,
    "workflows": Action.MANAGE_STUDIO,
    "refunds": Action.OWN_ACCOUNT,
    "people": Action.MANAGE_PEOPLE,
    "activity": Action.OWN_ACCOUNT,
    "account": Action.OWN_ACCOUNT,
    "settings": Action.OWN_ACCOUNT,
}
"""The tab is shown to who may do this. Refunds, activity and settings show everyone their own, so they take an account;
approvals are also shown to who waits for one, see `hidden_tabs`."""

TAB_OF_PARAM = {"run": "gallery", "board": "storyboard", "review": "review"}
"""The tab that a link without one leads to, by what it names; as in assets/js/address.js."""

CORNER = "corner.js"
"""The script of what stands beside the tabs."""

FORM, FIRST_FORM = "form/form.js", "form/first.js"
"""The script of a create page, and the one that draws the first of them."""

TEAM_TABS = frozenset({"approvals", "spending"})
"""What one person alone has no use for: nobody else asks, and the studio's own limits are on Settings."""


def hidden_tabs(services: UserServices) -> list[str]:
    """Ids of the tabs that this actor has no use for, in the order of the navigation."""
    actor = services.actor
    if actor.is_local:
        return [tab for tab in TAB_ACTIONS if tab in TEAM_TABS]
    hidden = [tab for tab, action in TAB_ACTIONS.items() if not actor.may(action)]
    concerned = "approvals" in hidden and not actor.is_visitor and services.approvals.concerned
    return [tab for tab in hidden if tab != "approvals" or not concerned]


def tab_of(query: Mapping[str, str], hidden: Collection[str], tabs: Collection[str]) -> str:
    """The tab that the page begins with: the one that its address names, where this person has it, else the first."""
    named = query.get("tab") or next((tab for key, tab in TAB_OF_PARAM.items() if query.get(key)), "")
    shown = [tab for tab in tabs if tab not in hidden]
    return named if named in shown else next(iter(shown), "")


def tags(services: UserServices, query: Mapping[str, str], tabs: Mapping[str, str]) -> str:
    """Tags for the head of the page of this actor: what they may do, the tabs that are not shown, and the one that is
    open, with all scripts that it needs. query: of the page's address. tabs: tab -> its script, in their order."""
    may = " ".join(action for action in Action if services.actor.may(action))
    hidden = hidden_tabs(services)
    first = tab_of(query, hidden, tabs)
    told = {"may": may, "hidden-tabs": " ".join(hidden), "tab": first}
    metas = "".join(f'<meta name="studio-{name}" content="{content}">' for name, content in told.items())
    return metas + (first_form() if tabs.get(first) == FORM else _preloads(tabs[first]) if first else "")


@cache
def first_form() -> str:
    """The script that draws a form before Gradio has built the tabs."""
    return f'{_preloads(FIRST_FORM)}<script type="module" async src="{asset_url(f"js/{FIRST_FORM}")}"></script>'


@cache
def _preloads(script: str) -> str:
    """Links that make the browser load a script and all that it imports at once, not one import after another."""
    paths = sorted(path.relative_to(ASSETS).as_posix() for path in scripts_of(script, later=False))
    return "".join(f'<link rel="modulepreload" href="{asset_url(path)}">' for path in paths)
