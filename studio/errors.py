"""The errors of the studio. `str(error)` is a sentence for the person at the screen and says what to do next.

    StudioError
    ├── SettingsError          a setting is wrong; the studio does not start
    ├── CapabilityError        the request goes beyond the model's catalogue row (field, value, limit)
    ├── NotConfigured          the engine lacks a key or an address
    ├── NotFound               no such run, asset, model ... for this user
    ├── NotAllowed             it exists, but this user may not do that
    ├── Conflict               the run is not in a state that allows this
    ├── LimitReached           a visitor of a public Space has used what is theirs (retry_after_s)
    ├── BudgetError            a spending limit would be passed
    ├── MediaError             a file is broken, of the wrong kind, too large
    ├── StoreError             the database cannot be opened, is newer than the program, or is damaged
    │   └── FolderInUse        another studio holds the data folder
    ├── StorageUnavailable     the disk or the database cannot be written just now (reason); nothing was stored
    └── EngineError            the provider said no, or nothing (code, transient, retry_after_s)
        ├── Refused            bad request; the same request will be refused again
        │   └── Moderated      refused for its content
        ├── Unauthorised       key missing, wrong, or of another region
        ├── OutOfCredit        the account must be paid or unlocked first
        ├── RateLimited        too fast; safe to repeat after retry_after_s
        ├── Unavailable        a fault on the way or at the provider, before anything was accepted; safe to repeat
        ├── UnknownOutcome     the answer to a submit was lost: it may have been accepted and billed
        ├── UnknownHandle      the provider does not know the handle (expired, or lost by a restart)
        └── WorkerLost         the process on this machine that worked on the run has ended, or hung and was stopped

Source of the engine classes: the error tables in the providers' public documents, mapped once in each engine.
"""

from __future__ import annotations

from typing import Literal


class StudioError(Exception):
    """Base of all errors that may be shown to a user as they are."""


class SettingsError(StudioError):
    """A setting from the command line or the environment is wrong."""


class CapabilityError(StudioError):
    """A request beyond the model's row. Raised before anything is spent."""

    def __init__(self, message: str, *, field: str = "", value: object = None, limit: object = None) -> None:
        super().__init__(message)
        self.field, self.value, self.limit = field, value, limit


class NotConfigured(StudioError):
    """The engine cannot run yet; the message names the environment variable to set."""


class NotFound(StudioError):
    """Nothing under this id that the user may see."""


class NotAllowed(StudioError):
    """The user lacks the right to do this."""


class NotSignedIn(NotAllowed):
    """Nobody is known who asks: they have to sign in, or enter, first."""


class Conflict(StudioError):
    """The thing changed meanwhile, or its state does not allow this."""


class LimitReached(StudioError):
    """A visitor has used what a public Space gives to one. retry_after_s: when more is possible, where time helps."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BudgetError(StudioError):
    """A limit on spending would be passed."""


class MediaError(StudioError):
    """A media file cannot be used; the message says why and what would help."""


class StoreError(StudioError):
    """The database cannot be used."""


class FolderInUse(StoreError):
    """Another studio holds the data folder."""


class StorageUnavailable(StudioError):
    """The disk or the database cannot be written just now; nothing of what was asked has been stored.

    reason: locked (by another program), full, read_only, unreachable (input/output errors), or checking (after an
    unclean stop). See studio.storage.
    """

    def __init__(
        self, message: str, *, reason: Literal["locked", "full", "read_only", "unreachable", "checking"]
    ) -> None:
        super().__init__(message)
        self.reason: Literal["locked", "full", "read_only", "unreachable", "checking"] = reason


class EngineError(StudioError):
    """The provider refused or failed.

    code: the provider's own word, kept for support. transient: the same call may succeed later, and repeating it
    cannot bill twice. retry_after_s: seconds the provider asked to wait, if it did. billed: the provider
    charges for the run although it failed. maybe_billed: it may, and does not say. cost_usd: how much, where it says.
    """

    transient = False

    def __init__(
        self, message: str, *, code: str = "", retry_after_s: float | None = None, billed: bool = False,
        maybe_billed: bool = False, cost_usd: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.code, self.retry_after_s = code, retry_after_s
        self.billed, self.maybe_billed, self.cost_usd = billed, maybe_billed, cost_usd


class Refused(EngineError):
    """The provider will not take this request."""


class Moderated(Refused):
    """The provider judged prompt, input or output unacceptable. Never repeated without the user."""


class Unauthorised(EngineError):
    """The key is missing, wrong, revoked, or belongs to another region."""


class OutOfCredit(EngineError):
    """The account has no credit left or is locked."""


class RateLimited(EngineError):
    """Too many calls; wait and repeat."""

    transient = True


class Unavailable(EngineError):
    """Service or network fault, certain not to have been accepted; repeat."""

    transient = True


class UnknownOutcome(EngineError):
    """The answer to a submit was lost. Only a person, or the provider's own list, can say what happened."""


class UnknownHandle(EngineError):
    """The provider no longer knows this handle."""


class WorkerLost(EngineError):
    """A process of this machine died with the run, or hung and was stopped. Nothing was billed; starting again is safe.

    hung: it gave no sign of progress, rather than being killed.
    """

    def __init__(self, message: str, *, hung: bool = False) -> None:
        super().__init__(message, code="hung" if hung else "worker_lost")
        self.hung = hung
