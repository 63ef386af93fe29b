"""Messages to people: each is told of their own runs, and of those that wait for their decision, on their devices and
by services of their own.

Messages go through the same outbox, with the same retries, as those of the studio. A link that stands for a decision is
made when its message is sent, so that no token lies in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sqlite_utils import Database

from studio.domain import JSON, Run
from studio.errors import CapabilityError, Conflict, NotFound
from studio.jobs import approval
from studio.messages import Message, worded
from studio.services import own_targets, push_delivery, review_news
from studio.services.context import Context
from studio.services.key_store import KeyStore
from studio.services.notification_delivery import Attempt
from studio.services.personal_messages import ASKED, PersonalChoices, path_of, payload, text_of, title_of
from studio.services.review_news import Listener
from studio.services.vapid import VapidKey
from studio.settings import PUSH_SERVICE
from studio.store import decision_links, push, roles, runs
from studio.store.notifications import Pending, RunChange
from studio.store.push import OwnTarget, Subscription

DEVICE, TARGET = "device:", "own:"
"""How targets of people begin in the outbox."""
MAX_DEVICES, MAX_TARGETS = 20, 10
ADDRESS = "NOTIFY_OWN_{id}"
"""Name of a target's address in the key store."""
Writer = Callable[[Sequence[RunChange], PersonalChoices], list[tuple[str, JSON]]]
"""Words changes of runs: (id, body) of each message."""


class PersonalNotifications:
    """Safe from any thread."""

    def __init__(self, context: Context, keys: KeyStore) -> None:
        self._context, self._keys = context, keys
        self.vapid = VapidKey(context.settings, keys)

    @property
    def own_service(self) -> str:
        """A push service on the studio's own network."""
        return self._context.settings.option(PUSH_SERVICE)

    def anybody(self) -> bool:
        """Whether there is somebody to tell."""
        with self._context.store.read() as db:
            return bool(self._people(db))

    def _people(self, db: Database) -> list[str]:
        return push.people(db, accounts=self._context.settings.has_accounts)

    # what is told ---------------------------------------------------------------------------------------------

    def messages(self, db: Database, changes: Sequence[RunChange], write: Writer) -> list[tuple[str, str, JSON]]:
        """(id, target, body) of everything that these changes are worth to people."""
        found: list[tuple[str, str, JSON]] = []
        for person in self._people(db):
            choices = choices_of(db, person)
            mine = [change for change in changes if person in ("", change.owner)]
            asked = self._questions(db, person, changes, choices) if choices.approvals else {}
            left = [c for c in mine if not (c.status == "held" and (c.batch or c.run) in asked)]
            bodies = [(f"{message_id}-{person}", body) for message_id, body in write(left, choices)]
            bodies += [(f"ask-{question}-{person}", body) for question, body in asked.items()]
            found += [(message_id, target, body) for message_id, body in bodies for target in _targets(db, person)]
        return found

    def collect_review_news(self, db: Database, changes: Sequence[RunChange]) -> None:
        """Write messages for what has happened in reviews, and for retakes among these changes."""
        listeners = {
            person: Listener(choices_of(db, person), tuple(_targets(db, person))) for person in self._people(db)
        }
        review_news.collect(db, changes, listeners, burst_s=self._context.jobs.timing.notify_burst_s)

    def _questions(
        self, db: Database, person: str, changes: Iterable[RunChange], choices: PersonalChoices
    ) -> dict[str, JSON]:
        """What this person is asked to decide: by question, the runs of one press."""
        asked: dict[str, JSON] = {}
        for change in changes:
            question = change.batch or change.run
            if change.status != "held" or change.held_reason not in approval.MONEY_HOLDS or question in asked:
                continue
            waiting = waiting_runs(db, question)
            if waiting and approval.refusal(db, person, waiting[0]) is None:
                asked[question] = self._asked(db, question, waiting, choices)
        return asked

    def _asked(self, db: Database, question: str, waiting: Sequence[Run], choices: PersonalChoices) -> JSON:
        first = waiting[0]
        data = {
            "question": question, "runs": len(waiting), "usd": total_usd(waiting),
            "who": roles.name_of(db, first.owner), "model_label": str(self._context.model_label(first.model)),
            "error": worded(first.error or "", choices.language), "prompt": first.request.prompt[:120],
        }  # fmt: skip
        return {"type": ASKED, "text": "", "data": data}

    # sending --------------------------------------------------------------------------------------------------

    def sends(self, target: str) -> bool:
        """Whether this target of the outbox is one of ours."""
        return target.startswith((DEVICE, TARGET))

    def send(self, message: Pending) -> Attempt:
        """Send now; raises nothing."""
        kind, _, target_id = message.target.partition(":")
        with self._context.store.read() as db:
            found = push.subscription(db, target_id) if kind == "device" else push.target(db, target_id)
            if found is None or found.person not in self._people(db):
                return Attempt(Message("notify.no_target"), final=True)
            choices = choices_of(db, found.person)
        link = self._link(found.person, message.body)
        if isinstance(found, Subscription):
            return self._push(found, payload(message.body, choices, link))
        return self._by_service(found, message.body, choices, link)

    def _link(self, person: str, body: JSON) -> str | None:
        if body["type"] != ASKED:
            return None
        with self._context.store.write() as db:
            return f"decide#{decision_links.make(db, person, body['data']['question'])}"

    def _push(self, subscription: Subscription, message: JSON) -> Attempt:
        attempt, gone = push_delivery.send(subscription, message, self.vapid, own_service=self.own_service)
        if gone or not attempt.error:
            with self._context.store.write() as db:
                if gone:
                    push.remove(db, subscription.person, subscription.id)
                else:
                    push.sent(db, subscription.id)
        return attempt

    def _by_service(self, target: OwnTarget, body: JSON, choices: PersonalChoices, link: str | None) -> Attempt:
        address = self._keys.keys().get(ADDRESS.format(id=target.id))
        if address is None:
            return Attempt(Message("push.address_lost", service=target.service), final=True)
        base = self._context.settings.public_url
        lines = [text_of(body, choices), f"{base}/{(link or path_of(body)).removeprefix('./')}" if base else ""]
        title = worded(title_of(body), choices.language)
        return own_targets.send(address.get_secret_value(), title, "\n".join(line for line in lines if line) or title)

    # what people set ------------------------------------------------------------------------------------------

    def subscribe(self, person: str, *, endpoint: str, p256dh: str, auth: str, device: str) -> Subscription:
        """Tell this person on the browser of this subscription, too. Raises CapabilityError, Conflict."""
        push_delivery.check_subscription(endpoint, p256dh, auth, own_service=self.own_service)
        key = self.vapid.public
        with self._context.store.write() as db:
            others = [one for one in push.subscriptions(db, person) if one.endpoint != endpoint]
            if len(others) >= MAX_DEVICES:
                raise Conflict(Message("push.many_devices", limit=MAX_DEVICES))
            return push.save(
                db, person, endpoint=endpoint, p256dh=p256dh, auth=auth, server_key=key, device=device[:120]
            )

    def add_target(self, person: str, address: str) -> OwnTarget:
        """Tell this person by this service, too. Raises CapabilityError, Conflict."""
        service = own_targets.service_of(address)
        with self._context.store.write() as db:
            if len(push.targets(db, person)) >= MAX_TARGETS:
                raise Conflict(Message("push.many_targets", limit=MAX_TARGETS))
            target = push.add_target(db, person, service)
        self._keys.save(ADDRESS.format(id=target.id), address)
        return target

    def remove(self, person: str, device_or_target: str) -> None:
        """Tell nothing there any more. Raises NotFound."""
        with self._context.store.write() as db:
            if not push.remove(db, person, device_or_target):
                raise NotFound(Message("push.no_device"))
        name = ADDRESS.format(id=device_or_target)
        if self._keys.place(name) or self._keys.unread(name):
            self._keys.remove(name)


class OwnNotifications:
    """What one person is told, and where."""

    def __init__(self, house: PersonalNotifications, context: Context, person: str, wake: Callable[[], None]) -> None:
        self._house, self._context, self._person, self._wake = house, context, person, wake

    def state(self) -> JSON:
        """Choices, devices and targets, without any address; server_key: the public key to subscribe with."""
        with self._context.store.read() as db:
            choices = choices_of(db, self._person)
            devices = push.subscriptions(db, self._person)
            targets = push.targets(db, self._person)
        try:
            key, problem = self._house.vapid.public, None
        except CapabilityError as error:
            key, problem = None, str(error)
        return {
            "choices": vars(choices), "server_key": key, "problem": problem,
            "devices": [
                {"id": d.id, "device": d.device, "created_at": d.created_at.isoformat(), "current": d.server_key == key,
                 "sent_at": d.sent_at and d.sent_at.isoformat()} for d in devices
            ],
            "targets": [{"id": t.id, "service": t.service, "created_at": t.created_at.isoformat()} for t in targets],
            "public_url": self._context.settings.public_url,
        }  # fmt: skip

    def set_choices(self, choices: PersonalChoices) -> None:
        """What this person is told from now on."""
        with self._context.store.write() as db:
            push.set_choices(db, self._person, vars(choices))

    def subscribe(self, *, endpoint: str, p256dh: str, auth: str, device: str) -> str:
        """Tell this person on the browser of this subscription; its id. Raises CapabilityError, Conflict."""
        made = self._house.subscribe(self._person, endpoint=endpoint, p256dh=p256dh, auth=auth, device=device)
        self._wake()
        return made.id

    def unsubscribe(self, endpoint: str) -> None:
        """This browser is told nothing any more."""
        with self._context.store.write() as db:
            push.remove_endpoint(db, self._person, endpoint)

    def add_target(self, address: str) -> str:
        """Tell this person by this service; the target's id. Raises CapabilityError, Conflict."""
        made = self._house.add_target(self._person, address.strip())
        self._wake()
        return made.id

    def remove(self, device_or_target: str) -> None:
        """Tell nothing there any more. Raises NotFound."""
        self._house.remove(self._person, device_or_target)

    def send_test(self) -> list[tuple[str, Attempt]]:
        """Send a test to every device and target now; what each is called, and how it went. Raises Conflict without
        any."""
        with self._context.store.read() as db:
            devices = push.subscriptions(db, self._person)
            named = [(f"{DEVICE}{d.id}", d.device) for d in devices]
            named += [(f"{TARGET}{t.id}", t.service) for t in push.targets(db, self._person)]
        if not named:
            raise Conflict(Message("push.nowhere"))
        body: JSON = {"type": "test", "text": "", "data": {}}
        return [(name, self._house.send(Pending(0, "test", target, body, 0))) for target, name in named]


def choices_of(db: Database, person: str) -> PersonalChoices:
    """What this person chose; the defaults where nothing."""
    return PersonalChoices(**push.choices(db, person))


def waiting_runs(db: Database, question: str) -> list[Run]:
    """Runs of a question that still wait for a decision about money."""
    sql = "SELECT id FROM runs WHERE (batch = ? OR id = ?) AND status = 'held' AND trashed_at IS NULL ORDER BY seq"
    ids = [row[0] for row in db.conn.execute(sql, [question, question]).fetchall()]
    return [run for run in runs.several(db, ids) if run.held_reason in approval.MONEY_HOLDS]


def total_usd(waiting: Iterable[Run]) -> float | None:
    """What they would cost; None where a price is not known."""
    prices = [run.estimate_usd for run in waiting]
    return None if None in prices else round(sum(price or 0.0 for price in prices), 6)


def _targets(db: Database, person: str) -> list[str]:
    devices = [f"{DEVICE}{one.id}" for one in push.subscriptions(db, person)]
    return [*devices, *(f"{TARGET}{one.id}" for one in push.targets(db, person))]
