"""Why somebody was not let in."""

from __future__ import annotations

from studio.errors import StudioError


class SignInFailed(StudioError):
    """The sign-in was not finished, or this person may not enter; nobody has been signed in."""
