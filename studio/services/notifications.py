"""Messages to the user beyond the page: a webhook of theirs, and services such as ntfy, Telegram or mail.

Runs that ended or were held are read from the events that the job manager writes anyway, in a thread of its own, which
runs only while there is somebody to tell: nothing here can hold up a run. A batch gets one message, not one for each of
its runs. Address and secret can be set and replaced, and are never told.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlite_utils import Database

from studio.domain import JSON, now
from studio.errors import CapabilityError, Conflict, StorageUnavailable
from studio.messages import ENGLISH, Message, of_error
from studio.services import notification_delivery as delivery
from studio.services.context import Context
from studio.services.engine_settings import Source
from studio.services.notification_delivery import WEBHOOK, Attempt, Target
from studio.services.notification_messages import MessageWriter
from studio.services.personal_messages import PersonalChoices
from studio.services.personal_notifications import OwnNotifications, PersonalNotifications
from studio.settings import NOTIFY_SECRET, NOTIFY_TARGETS, NOTIFY_URL
from studio.store import model_holds, review_news, runs, settings
from studio.store import notifications as outbox
from studio.store.mapping import stamp
from studio.store.model_holds import ModelHold
from studio.store.notifications import BatchCount, Pending, RunChange

log = logging.getLogger(__name__)
CHOICES = "notifications"
"""Settings row: which events, and in which language."""
MAX_CHANGES, MAX_MESSAGES = 2000, 20
"""Events read, and messages sent, before the next look."""
CHECK_INTERVAL_S = 30.0
MAX_SEPARATE = 3
"""More single runs than this that end together share a message."""
DRAFT = "draft"
SAME_MOMENT = timedelta(seconds=10)
"""A model is held in the transaction of the failure that does it, or soon after."""
Status = Literal["succeeded", "failed", "held"]


@dataclass(frozen=True)
class NotificationChoices:
    """Which runs are told of. drafts: also those of the draft engine. language: of the text."""

    succeeded: bool = True
    failed: bool = True
    held: bool = True
    drafts: bool = False
    language: str = ENGLISH


Choices = NotificationChoices | PersonalChoices


@dataclass(frozen=True)
class NotificationState:
    """What the Settings page shows. host: of the webhook, None without one. source: where its address comes from.

    services: kinds of the other targets, such as ntfy. latest: the newest messages, without their text. keyring: what
    the operating system calls the place where address and secret are kept; None where that is memory.
    """

    host: str | None
    source: Source | None
    signed: bool
    secret_source: Source | None
    problem: str | None
    services: tuple[str, ...]
    choices: NotificationChoices
    public_url: str
    latest: tuple[JSON, ...] = ()
    keyring: str | None = None


class Notifications:
    """Safe from any thread. Only `send_test` waits for somebody else."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._keys = context.engine_settings.keys
        self._personal = PersonalNotifications(context, self._keys)
        self._lock, self._changing = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    # settings -------------------------------------------------------------------------------------------------

    def state(self) -> NotificationState:
        """How messages are set up, without any address or secret."""
        with self._context.store.read() as db:
            choices = _choices(db)
            latest = tuple(outbox.latest(db, 5))
        hook = self._webhook()
        return NotificationState(
            host=hook.host if hook else None,
            source=self._source(NOTIFY_URL),
            signed=bool(hook and hook.secret),
            secret_source=self._source(NOTIFY_SECRET),
            problem=self._problem(hook),
            services=tuple(target.host for target in self._others()),
            choices=choices,
            public_url=self._context.settings.public_url,
            latest=latest,
            keyring=self._keys.keyring_name(),
        )

    def set_choices(self, choices: NotificationChoices) -> None:
        """Which runs are told of from now on."""
        with self._context.store.write() as db:
            settings.put(db, CHOICES, vars(choices))

    def set_language(self, language: str) -> None:
        """The language of messages, which is that of who sets them up."""
        with self._context.store.write() as db:
            settings.put(db, CHOICES, vars(replace(_choices(db), language=language)))

    def set_webhook(self, *, url: str | None = None, secret: str | None = None) -> None:
        """Set the webhook's address or secret, or take it away with ""; None leaves it.

        Another address than before needs its secret anew, so that nobody gets calls signed with that of somebody else.
        Raises CapabilityError for what cannot be one, Conflict where the environment sets it.
        """
        for name, value in ((NOTIFY_URL, url), (NOTIFY_SECRET, secret)):
            if value is not None and self._source(name) == "environment":
                raise Conflict(Message("notify.by_environment", name=name))
        if url:
            delivery.check_address(url)
        if secret:
            delivery.check_secret(secret)
        with self._changing:
            if url is not None and url != self._value(NOTIFY_URL):
                self._put(NOTIFY_SECRET, "")
                self._put(NOTIFY_URL, url)
            if secret is not None:
                self._put(NOTIFY_SECRET, secret)
        if url == "":
            with self._context.store.write() as db:
                outbox.forget_pending(db, WEBHOOK)
        self._begin(bool(self._targets()))

    def send_test(self) -> list[tuple[str, Attempt]]:
        """Send a test message to every target now; the host or service of each, and how it went. Raises Conflict
        without any."""
        targets = self._targets()
        if not targets:
            raise Conflict(Message("notify.no_target"))
        with self._context.store.read() as db:
            body = self._writer(_choices(db)).test()
        return [(target.host, delivery.send(target, f"test-{time.time_ns()}", body)) for target in targets]

    def own(self, person: str) -> OwnNotifications:
        """What one person is told, and where."""
        return OwnNotifications(self._personal, self._context, person, lambda: self._begin(True))

    def _put(self, name: str, value: str) -> None:
        if value:
            self._keys.save(name, value)
        elif self._keys.place(name) or self._keys.unread(name):
            self._keys.remove(name)

    def _value(self, name: str) -> str:
        saved = self._keys.keys().get(name)
        return self._context.settings.secret(name) or (saved.get_secret_value() if saved else "")

    def _source(self, name: str) -> Source | None:
        return "environment" if self._context.settings.secret(name) else self._keys.place(name)

    def _webhook(self) -> Target | None:
        address = self._value(NOTIFY_URL)
        if not address:
            return None
        trusted = self._source(NOTIFY_URL) == "environment"
        return Target(WEBHOOK, address, trusted=trusted, secret=self._value(NOTIFY_SECRET))

    def _problem(self, hook: Target | None) -> str | None:
        """What is wrong with values of the environment, which nobody checked before."""
        if hook is None:
            return None
        try:
            delivery.check_form(hook.address)
            if hook.secret:
                delivery.check_secret(hook.secret)
        except CapabilityError as error:
            return of_error(error)
        return None

    def _others(self) -> list[Target]:
        listed = self._context.settings.secret(NOTIFY_TARGETS) or ""
        return [delivery.other_target(address) for address in listed.split()]

    def _targets(self) -> list[Target]:
        hook = self._webhook()
        return [*([hook] if hook and not self._problem(hook) else []), *self._others()]

    def _writer(self, choices: Choices) -> MessageWriter:
        context = self._context
        return MessageWriter(context.catalogue, language=choices.language, public_url=context.settings.public_url)

    # the thread -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Follow the runs where there is somebody to tell: from where the last stop left off, else from now on.

        An address in the keyring is read by the thread: a start waits for no keyring.
        """
        self._begin(bool(self._context.settings.secret(NOTIFY_URL) or self._context.settings.secret(NOTIFY_TARGETS)))
        if self._personal.anybody():
            self._begin(True)

    def arrived(self, names: Collection[str]) -> None:
        """The keyring, unlocked meanwhile, gave values of these names."""
        if NOTIFY_URL in names:
            self._begin(True)

    def _begin(self, wanted: bool) -> None:
        """Let the thread look. wanted: there is somebody to tell, so what happens from now on counts."""
        with self._lock:
            if self._closing.is_set():
                return
            if wanted:
                self._set_cursor()
            if self._thread is None:
                self._thread = threading.Thread(target=self._follow, name="notifications", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop; what was not sent yet is sent after the next start. The feed must be closed by then."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(timeout=1)

    def _nobody_left(self) -> bool:
        """Whether this thread is to end, because the last target was taken away."""
        with self._lock:
            if self._targets() or self._personal.anybody():
                self._set_cursor()
                return False
            self._thread = None
            with self._context.store.read() as db:
                unused = outbox.cursor(db) is None
            if not unused:
                with self._context.store.write() as db:
                    outbox.set_cursor(db, None)
                    review_news.forget(db)
            return True

    def _set_cursor(self) -> None:
        """Begin with what happens from now on, unless an earlier start has left off somewhere."""
        with self._context.store.read() as db:
            if outbox.cursor(db) is not None and review_news.has_begun(db):
                return
        with self._context.store.write() as db:
            review_news.begin(db)
            if outbox.cursor(db) is None:
                outbox.set_cursor(db, outbox.newest_event(db))

    def _follow(self) -> None:
        feed = self._context.jobs.feed
        with feed.subscribe() as changes:
            while not self._closing.is_set():
                wait_s = CHECK_INTERVAL_S
                try:
                    if self._nobody_left():
                        return
                    self._collect()
                    wait_s = self._deliver()
                except StorageUnavailable as error:
                    log.info("messages wait for the storage: %s", error)
                except Exception:  # one message that cannot be written must not silence the others
                    if self._closing.is_set():
                        return
                    log.exception("messages could not be sent")
                if changes.get(wait_s):
                    self._closing.wait(self._context.jobs.timing.notify_collect_s)
                if feed.closed:
                    return

    def _collect(self) -> None:
        """Write messages for what has happened since the last look, in the transaction that notes how far it was."""
        with self._context.store.write() as db:
            seen = outbox.cursor(db) or 0
            changes = outbox.changes_after(db, seen, MAX_CHANGES)
            self._personal.collect_review_news(db, changes)
            if not changes:
                return
            choices, targets = _choices(db), self._targets()
            bodies = self._messages(db, changes, choices) if targets else []
            if targets and choices.held:
                bodies += self._model_messages(db, changes, choices)
            for message_id, body in bodies:
                for target in targets:
                    outbox.add(db, message_id, target.name, body)
            for message in self._personal.messages(db, changes, lambda c, of: self._messages(db, c, of)):
                outbox.add(db, *message)
            outbox.set_cursor(db, changes[-1].seq)

    def _model_messages(
        self, db: Database, changes: Sequence[RunChange], choices: NotificationChoices
    ) -> list[tuple[str, JSON]]:
        writer = self._writer(choices)
        return [(f"model-{hold.model}-{hold.held_at}", writer.model_hold(hold)) for hold in _new_holds(db, changes)]

    def _messages(self, db: Database, changes: Sequence[RunChange], choices: Choices) -> list[tuple[str, JSON]]:
        """(id, body) of the messages that these changes are worth: one a batch, one a single run."""
        writer, found = self._writer(choices), list[tuple[str, JSON]]()
        by_batch: dict[str, list[RunChange]] = {}
        for change in changes:
            by_batch.setdefault(change.batch or change.run, []).append(change)
        singles: list[RunChange] = []
        for batch, changed in by_batch.items():
            count = outbox.count_batch(db, batch) if changed[0].batch else BatchCount({}, 0.0, frozenset())
            if sum(count.by_status.values()) <= 1:
                singles.append(changed[-1])
                continue
            if count.providers == {DRAFT} and not choices.drafts:
                continue
            ids = list(dict.fromkeys(change.run for change in changed))
            if not count.by_status.get("queued") and not count.by_status.get("running"):
                if any(count.by_status.get(status) and getattr(choices, status) for status in STATUSES):
                    body = writer.batch("batch.finished", count, ids, batch=batch)
                    found.append((f"batch-{batch}-{changed[-1].seq}", body))
            elif choices.held and any(change.status == "held" for change in changed):
                found.append((f"batch-{batch}-held", writer.batch("batch.held", count, ids, batch=batch)))
        return found + self._single_messages(db, singles, choices, writer)

    def _single_messages(
        self, db: Database, changes: Sequence[RunChange], choices: Choices, writer: MessageWriter
    ) -> list[tuple[str, JSON]]:
        wanted = {change.run: change for change in changes if getattr(choices, change.status)}
        found = [run for run in runs.several(db, list(wanted)) if choices.drafts or run.provider != DRAFT]
        if len(found) <= MAX_SEPARATE:
            return [(f"run-{run.id}-{wanted[run.id].seq}", writer.run(run)) for run in found]
        by_status: dict[str, int] = {}
        for run in found:
            by_status[wanted[run.id].status] = by_status.get(wanted[run.id].status, 0) + 1
        count = BatchCount(by_status, sum(run.cost_usd or 0.0 for run in found), frozenset())
        body = writer.batch("runs.finished", count, [run.id for run in found], batch=None)
        return [(f"runs-{max(wanted[run.id].seq for run in found)}", body)]

    def _deliver(self) -> float:
        """Send what is due; seconds until the next message is."""
        with self._context.store.read() as db:
            pending = outbox.due(db, MAX_MESSAGES)
        targets = {target.name: target for target in self._targets()}
        for message in pending:
            if self._closing.is_set():
                break
            if self._personal.sends(message.target):
                self._record(message, self._personal.send(message))
                continue
            target = targets.get(message.target)
            attempt = delivery.send(target, message.id, message.body) if target else _gone()
            self._record(message, attempt)
        with self._context.store.read() as db:
            next_at = outbox.next_due(db)
        if next_at is None:
            return CHECK_INTERVAL_S
        return min(CHECK_INTERVAL_S, max(0.0, (datetime.fromisoformat(next_at) - now()).total_seconds()))

    def _record(self, message: Pending, attempt: Attempt) -> None:
        pauses = self._context.jobs.timing.notify_retry_s
        next_at: str | None = None
        if attempt.error and not attempt.final and message.attempts < len(pauses):
            pause_s = max(pauses[message.attempts], attempt.retry_after_s or 0.0)
            next_at = stamp(now() + timedelta(seconds=pause_s))
        if attempt.error:
            log.warning("a message was not sent: %s", attempt.error)
        with self._context.store.write() as db:
            outbox.record(db, message.seq, next_at=next_at, error=attempt.error)


STATUSES: tuple[Status, ...] = ("succeeded", "failed", "held")


def _new_holds(db: Database, changes: Sequence[RunChange]) -> list[ModelHold]:
    """Models that one of these failures put on hold."""
    failed = {change.model: change.at for change in changes if change.status == "failed"}
    holds = model_holds.held(db) if failed else []
    return [
        hold for hold in holds
        if hold.model in failed and hold.held_at and failed[hold.model] - hold.held_at < SAME_MOMENT
    ]  # fmt: skip


def _choices(db: Database) -> NotificationChoices:
    stored: dict[str, Any] = settings.get(db, CHOICES) or {}
    return NotificationChoices(**stored)


def _gone() -> Attempt:
    """The message's target was taken away."""
    return Attempt(Message("notify.no_target"), final=True)
