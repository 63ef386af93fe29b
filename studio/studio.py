"""Studio: an open data folder with its scheduler; the composition root that makes the services and holds them together.

Services are synchronous, safe from any thread, and never wait for a provider (only `runs.wait` waits, for as long as
it is told).
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from studio import __version__
from studio import catalogue as rows
from studio.catalogue import Catalogue
from studio.engines.base import Engine
from studio.errors import StoreError
from studio.jobs.context import JobContext
from studio.jobs.durations import Timing
from studio.jobs.leftovers import Leftovers
from studio.jobs.mirroring import Mirroring
from studio.jobs.scheduler import Scheduler
from studio.jobs.webhooks import WebhookRegistry
from studio.media import files
from studio.permissions import GUEST_PREFIX, LOCAL_ACTOR, VISITOR_PREFIX, Actor, Role
from studio.services import exports, own_keys
from studio.services.acting import StudioServices, UserServices
from studio.services.admin import Admin
from studio.services.agents import AgentModels
from studio.services.audit_log import AuditLog
from studio.services.comfyui_models import ComfyModels, ComfyServer
from studio.services.connections import Connections
from studio.services.context import Context
from studio.services.continuations import ContinuationFollower
from studio.services.demo import DemoContent
from studio.services.engine_settings import EngineSettings
from studio.services.guests import Guests
from studio.services.key_store import KeyStore
from studio.services.language_model import LanguageModel
from studio.services.lending import Lending
from studio.services.library import Library
from studio.services.link_decisions import LinkDecisions
from studio.services.link_tokens import LinkTokens
from studio.services.local_models import LocalModels
from studio.services.notifications import Notifications
from studio.services.own_keys import KEY_OWNERS, OwnKeySource
from studio.services.people import People
from studio.services.queue import Queue
from studio.services.recording import Recorder
from studio.services.replaceable_engines import ReplaceableEngines
from studio.services.run_accounts import RunAccounts
from studio.services.session_keys import SessionKeys
from studio.services.user_files import UserFiles
from studio.services.visitor_limits import VisitorLimiter, VisitorSweeper
from studio.services.visitors import Visitors
from studio.services.watermarks import Watermarks
from studio.services.webhooks import ProviderWebhooks
from studio.services.workflows import Workflows
from studio.services.writing_calls import WritingCalls
from studio.settings import Settings
from studio.store import Store, backup
from studio.store.audit import Entry
from studio.store.mirror import Mirror
from studio.store.read_only import ReadOnlyStore
from studio.store.search_fill import SearchFill

SWITCH_S = 0.001
"""How long a thread may keep Python's lock while others want it. Python's own 5 ms would let a few threads that search
hold up a submit for 20; a fifth of it halves that and costs under 1 % of speed."""


class Studio:
    """`acting_for(key)` has the services as somebody has them; the attributes here are the studio's own, unguarded."""

    def __init__(
        self, settings: Settings, *, engines: Mapping[str, Engine] | None = None, catalogue: Catalogue | None = None,
        timing: Timing | None = None, read_only: bool = False, check_later: bool = False,
    ) -> None:  # fmt: skip
        self.settings = settings
        self.catalogue = Catalogue(catalogue or rows.load())  # a copy: workflows of this folder join it
        store = (
            ReadOnlyStore(settings.data)
            if read_only
            else Store(settings.data, anew=settings.new_database, check_later=check_later)
        )
        keys = KeyStore(store, self._keys_arrived)
        engine_settings = EngineSettings(settings, store, keys)
        comfy = ComfyServer(engine_settings.current)
        found = ReplaceableEngines(engine_settings, engines)
        webhooks = WebhookRegistry(settings.public_url)
        mirror = Mirror(settings.media_mirror, settings.data) if settings.media_mirror else None
        jobs = JobContext(store, self.catalogue, settings.data, timing or Timing(), webhooks=webhooks, mirror=mirror)
        visitors, accounts = VisitorLimiter(settings.visitors, jobs), RunAccounts(found)
        self.context = Context(
            settings, self.catalogue, store, found, jobs, Scheduler(jobs, found), engine_settings, visitors, accounts
        )
        of_people = (OwnKeySource(scope, store, engine_settings, found) for scope in KEY_OWNERS)
        accounts.sources.extend(of_people)
        self.user_files = UserFiles(self.context, found)
        self.agents = AgentModels(self.context, found, self.user_files)
        self.connections = Connections(self.context, found)
        self.admin = Admin(self.context)
        self.queue = Queue(self.context)
        self.library = Library(self.context)
        self.webhooks = ProviderWebhooks(self.context)
        self.notifications = Notifications(self.context)
        self.workflows = Workflows(settings, self.catalogue, store, comfy)
        self.comfyui_models = ComfyModels(settings, self.catalogue, comfy)
        self.local_models = LocalModels(self.catalogue, found)
        self.audit_log = AuditLog(store)
        self.people, self.visitors = People(store, self.audit_log), Visitors(store)
        self.guests, self.watermarks = Guests(store, self.audit_log), Watermarks(store, jobs)
        self.session_keys = SessionKeys(self.context, found, lambda s: self.people.lives(s) or self.visitors.lives(s))
        self.people.on_change = self.session_keys.sessions_changed
        lending = Lending(self.context, self.people)
        accounts.refusal = lending.refusal
        self.language_model = LanguageModel(self.context, lending.trusts)
        self.writing_calls = WritingCalls()
        self._studio_services = StudioServices(
            self.admin, self.agents, self.comfyui_models, self.connections, self.library, self.local_models,
            self.notifications, self.people, self.queue, self.session_keys, self.user_files, self.workflows,
            Recorder(store, self.audit_log), LinkTokens(settings.data), self.watermarks, self.language_model,
            self.writing_calls,
        )  # fmt: skip
        self.link_decisions = LinkDecisions(self.context, lambda person: self.acting_for(person).approvals)
        self._is_started = False
        self._has_failed = threading.Event()
        self._failure: BaseException | None = None
        self._leftovers = Leftovers(settings.data, jobs.is_active)
        self._visitor_sweeper = VisitorSweeper(visitors)
        self._search_fill = SearchFill(store)
        self._demo = DemoContent(store, lambda: self.local)
        self._mirroring = Mirroring(mirror, store, jobs.timing, minutes=settings.mirror_minutes) if mirror else None
        self._follower = ContinuationFollower(self.context, lambda user: self.on_behalf_of(user).continuations)

    @classmethod
    def open(
        cls, settings: Settings, *, engines: Mapping[str, Engine] | None = None, catalogue: Catalogue | None = None,
        start: bool = True, timing: Timing | None = None, check_later: bool = False,
    ) -> Studio:  # fmt: skip
        """Open (or make) the data folder, put right what the last stop left, and start the scheduler.

        engines: instead of the registry's. start=False: look and store only; nothing is run. check_later: a large
        database is looked through in the background after an unclean stop, and until then nothing is started and
        nothing can be stored; see `wait`. Raises StoreError.
        """
        sys.setswitchinterval(min(SWITCH_S, sys.getswitchinterval()))
        files.use_ffmpeg(settings.ffmpeg)
        if settings.media_mirror and not settings.new_database:
            Mirror(settings.media_mirror, settings.data).restore()
        studio = cls(settings, engines=engines, catalogue=catalogue, timing=timing, check_later=check_later)
        if start:
            studio.context.store.when_checked(studio._begin)
            if studio._failure is not None:
                studio.context.store.close()
                raise studio._failure
        return studio

    def wait(self) -> None:
        """Wait until the program is told to stop. Raises StoreError where the database, looked through in the
        background, is damaged, and whatever else kept the studio from starting after that."""
        while self._failure is None:
            self._has_failed.wait(3600)
        raise self._failure

    def acting_for(self, key: str) -> UserServices:
        """The services as this actor has them, within their rights. key: see Actor; "" is the local user, who may do
        everything. Raises NotAllowed for an account that is gone or disabled."""
        known = {VISITOR_PREFIX: self.visitors, GUEST_PREFIX: self.guests}.get(key[:2], self.people)
        actor = known.actor(key)
        return UserServices(self.context, self._studio_services, actor)

    def on_behalf_of(self, user: str) -> UserServices:
        """The services for the studio's own work in the name of a person, whose rights were checked when it began."""
        return UserServices(self.context, self._studio_services, Actor(user, Role.ADMIN), trusted=True)

    @classmethod
    def look(cls, settings: Settings) -> Studio:
        """The data folder as it is, also while another studio uses it: to check and price. Nothing is stored or run."""
        return cls(settings, read_only=True)

    @property
    def local(self) -> UserServices:
        """The services of the single user of this machine, who sees everything: for programs here, not for the web."""
        return UserServices(self.context, self._studio_services, LOCAL_ACTOR)

    def _keys_arrived(self, names: set[str]) -> None:
        """The keyring, unlocked meanwhile, gave these keys."""
        self.connections.refresh(names)
        own_keys.arrived(self.context, names)
        self.notifications.arrived(names)

    def _begin(self, damage: StoreError | None) -> None:
        """Start, once the database is known to be whole; on the thread of the check where that was not known before."""
        try:
            if damage is not None:
                raise damage
            self._start()
        except BaseException as error:  # the thread that opened the studio, or waits, gets it
            self._failure = error
            self._has_failed.set()

    def _start(self) -> None:
        self.audit_log.record(Entry("studio.start", detail={"version": __version__}))
        if self.settings.has_accounts:
            if self.settings.password_hash:
                self.people.bootstrap(self.settings.password_hash)
            self.people.adopt()
        self.context.scheduler.start()
        self._leftovers.start()
        self._search_fill.start()
        if self.settings.space or self.settings.access == "huggingface":
            self._visitor_sweeper.start()
        if self._mirroring:
            self._mirroring.start()
        if self.settings.demo == "on":
            self._demo.start()
        self.session_keys.start()
        self._follower.start()
        self.notifications.start()
        self._is_started = True
        for rows_of_one_press in exports.interrupted_exports(self.context):
            self.on_behalf_of(rows_of_one_press[0].owner).exports.resume(rows_of_one_press)

    @staticmethod
    def put_back(copy: Path, settings: Settings) -> Path | None:
        """Put a backup in the place of the database of a studio that is not running.

        Returns where the old database was set aside, None where there was none.
        Runs that had not been sent when it was made are held, for they may have been sent since. Raises StoreError.
        """
        return backup.restore(copy, settings.data)

    def close(self) -> None:
        """Stop within five seconds. Whatever runs can go on when the studio is opened again."""
        context = self.context
        context.store.stop_waiting()
        self._leftovers.close()
        self._search_fill.close()
        self._visitor_sweeper.close()
        self._demo.close()
        self.watermarks.close()
        self.writing_calls.close()
        self.session_keys.close()
        context.exports.close()
        context.measures.close()
        context.splits.close()
        context.jobs.feed.close()
        self._follower.close()
        self.notifications.close()
        context.scheduler.stop()
        if self._is_started:
            self.audit_log.record(Entry("studio.stop", detail={"version": __version__}))
        self.audit_log.close()
        if self._mirroring:
            self._mirroring.close()
        context.store.close()

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
