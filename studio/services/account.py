"""One person's own account: name, password, sessions and access tokens."""

from __future__ import annotations

from datetime import datetime

from studio.permissions import Actor, Scope
from studio.services.people import People
from studio.store.people import AccessToken, Person, Session


class Account:
    """What a person sees and changes of their own account. A studio without accounts has none."""

    def __init__(self, people: People, actor: Actor) -> None:
        self._people, self._actor = people, actor

    def person(self) -> Person:
        """The account. Raises NotFound for who has none."""
        return self._people.get(self._actor.id)

    def rename(self, name: str) -> Person:
        """Set the name that others see."""
        return self._people.rename(self._actor.id, name)

    def set_password(self, password: str, *, keep_session: str = "") -> None:
        """Another password. The caller has checked the old one. keep_session: the token of this browser's session."""
        self._people.set_password(self._actor.id, password, keep_session=keep_session)

    def sessions(self) -> list[Session]:
        """Browsers that are signed in, the last used first."""
        return self._people.sessions(self._actor.id)

    def end_session(self, session_id: str) -> None:
        """Sign one browser out."""
        self._people.end_session(self._actor.id, session_id)

    def tokens(self) -> list[AccessToken]:
        """Access tokens that are not revoked, the newest first."""
        return self._people.tokens(self._actor.id)

    def make_token(
        self, name: str, *, scope: Scope = "full", usd_limit: float | None = None, expires_at: datetime | None = None
    ) -> tuple[AccessToken, str]:
        """A new access token and its text, which is shown this once."""
        return self._people.make_token(self._actor.id, name, scope=scope, usd_limit=usd_limit, expires_at=expires_at)

    def revoke_token(self, token_id: str) -> None:
        """End an access token, from the next request on."""
        self._people.revoke_token(self._actor.id, token_id)
