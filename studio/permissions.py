"""Who may do what: roles, actions, and the one table that says which role an action takes.

Services are guarded by it (studio.services.rights), and the tests of the role x action matrix are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Role(StrEnum):
    """What a person is in the studio, or in one project; each may do all that the one before may."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    CREATOR = "creator"
    PRODUCER = "producer"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """0 for a viewer, rising."""
        return _ORDER.index(self)

    def includes(self, other: Role) -> bool:
        """Whether this role may do all that the other may."""
        return self.rank >= other.rank


_ORDER = tuple(Role)


class Action(StrEnum):
    """What can be done in a studio; a method of a service belongs to exactly one."""

    VIEW = "view"
    OWN_ACCOUNT = "own_account"
    REVIEW = "review"
    CREATE = "create"
    SHARE = "share"
    APPROVE = "approve"
    MANAGE_QUEUE = "manage_queue"
    SEE_SPENDING = "see_spending"
    MANAGE_PROJECTS = "manage_projects"
    MANAGE_STUDIO = "manage_studio"
    MANAGE_PEOPLE = "manage_people"
    READ_AUDIT_LOG = "read_audit_log"


LEAST_ROLE: dict[Action, Role] = {
    Action.VIEW: Role.VIEWER,
    Action.OWN_ACCOUNT: Role.VIEWER,
    Action.REVIEW: Role.REVIEWER,
    Action.CREATE: Role.CREATOR,
    Action.SHARE: Role.CREATOR,
    Action.APPROVE: Role.PRODUCER,
    Action.MANAGE_QUEUE: Role.PRODUCER,
    Action.SEE_SPENDING: Role.PRODUCER,
    Action.MANAGE_PROJECTS: Role.PRODUCER,
    Action.MANAGE_STUDIO: Role.ADMIN,
    Action.MANAGE_PEOPLE: Role.ADMIN,
    Action.READ_AUDIT_LOG: Role.ADMIN,
}
"""The lowest role that may do an action."""

NOT_FOR_VISITORS = frozenset({Action.OWN_ACCOUNT, Action.SHARE})
"""What a visitor of a public Space, who has no account, may not do whatever the role."""
FOR_GUESTS = frozenset({Action.VIEW, Action.REVIEW})
"""What a guest of a review may do at most."""
NOT_BY_TOKEN = frozenset({Action.OWN_ACCOUNT, Action.MANAGE_PEOPLE})
"""What takes a person at the screen: a stolen token can make neither further tokens nor accounts."""
READ_ONLY = frozenset({Action.VIEW})
"""What a token of the scope `read` may do."""

Scope = Literal["full", "drafts", "read"]
"""Of an access token: all that its person may do; only what costs nothing; or only looking."""


@dataclass(frozen=True)
class Actor:
    """Who acts. id: what stands in the column `owner`; "" is the local user of a studio without accounts.

    key: names the actor in a request: the id, with "/" and the token's id where a program acts by access token.
    """

    id: str
    role: Role
    name: str = ""
    token: str = ""
    scope: Scope = "full"

    @property
    def is_guest(self) -> bool:
        """Somebody who came by a share link of a review, with a name and no account."""
        return self.id.startswith(GUEST_PREFIX)

    @property
    def key(self) -> str:
        """As `acting_for` takes it."""
        return f"{self.id}/{self.token}" if self.token else self.id

    @property
    def is_local(self) -> bool:
        """The single user of a studio without accounts, who sees and may do everything."""
        return not self.id

    @property
    def is_visitor(self) -> bool:
        """Somebody without an account, on a public Space."""
        return self.id.startswith(VISITOR_PREFIX)

    def may(self, action: Action) -> bool:
        """Whether this actor may do an action, as far as that does not depend on the object."""
        if self.is_visitor and action in NOT_FOR_VISITORS:
            return False
        if self.is_guest and action not in FOR_GUESTS:
            return False
        if self.token and (action in NOT_BY_TOKEN or (self.scope == "read" and action not in READ_ONLY)):
            return False
        return self.role.includes(LEAST_ROLE[action])


PERSON_PREFIX, TOKEN_PREFIX, VISITOR_PREFIX, GUEST_PREFIX = "p_", "t_", "v_", "g_"
LOCAL_ACTOR = Actor("", Role.ADMIN)
