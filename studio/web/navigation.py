"""Which tabs a person has: one table, tab id -> action, told to the page in its head.

What is not shown is also refused by the services: see studio.services.rights. The table spares people a look at pages
that would only refuse them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.permissions import Action

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


def tags(services: UserServices) -> str:
    """Tags for the head of the page of this actor: what they may do, and the tabs that are not shown."""
    may = " ".join(action for action in Action if services.actor.may(action))
    hidden = " ".join(hidden_tabs(services))
    return f'<meta name="studio-may" content="{may}"><meta name="studio-hidden-tabs" content="{hidden}">'
