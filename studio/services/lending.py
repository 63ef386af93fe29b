"""Who may use the studio's own keys, and with that its money: one rule, asked when the account of a run is chosen."""

from __future__ import annotations

from studio.catalogue import Model
from studio.engines.base import has_connection
from studio.errors import NotAllowed
from studio.messages import Message, term
from studio.permissions import Role
from studio.services.context import Context
from studio.services.people import People
from studio.services.visitor_limits import is_visitor

PUBLIC_ACCESS = "huggingface"
"""Where anybody with an account at the Hub may sign in."""
LEAST_ROLE = Role.PRODUCER
"""There, who uses the studio's keys; everywhere else everybody who may make runs does."""


class Lending:
    """Visitors have the free engines. On a public Space so have people, unless they are trusted with spending."""

    def __init__(self, context: Context, people: People) -> None:
        self._context, self._people = context, people

    def refusal(self, owner: str, model: Model) -> str | None:
        """Why this owner may not use the studio's keys for a model; None where they may, or it needs none."""
        if why := self._context.visitors.refusal(owner, model):
            return why
        engine = self._context.engines.get(model.provider)
        if not owner or engine is None or is_visitor(owner) or not has_connection(engine) or self.trusts(owner):
            return None
        return Message("sessionkey.none_here", provider=term(engine.info.label))

    def trusts(self, person: str) -> bool:
        """Whether this owner may spend with the studio's own keys."""
        if is_visitor(person):
            return False
        if not person:
            return True
        if self._context.settings.access != PUBLIC_ACCESS:
            return True
        try:
            return self._people.actor(person).role.includes(LEAST_ROLE)
        except NotAllowed:
            return False
