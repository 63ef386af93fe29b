"""Whether a model is ready for somebody, and with whose key: asked by every list of models.

The key is the one that run_accounts chooses for a new run of theirs, so that what a list calls ready can be sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, cast

from studio.catalogue import Model
from studio.engines.base import Engine, ModelAvailability, declared, has_connection
from studio.errors import NotConfigured
from studio.messages import Message, of_error, term
from studio.permissions import Action, Actor
from studio.services.context import Context
from studio.store import projects

KeyOwner = Literal["mine", "project", "studio", "huggingface", "none"]
KEY_OWNERS: dict[str, KeyOwner] = {"project": "project", "hub": "huggingface"}
"""By the prefix of an account; keys of a person and of their session are both theirs."""
KeyPlace = Literal["connections", "account", "session", ""]


@dataclass(frozen=True)
class ModelReadiness:
    """missing: what keeps the provider from being used, such as a key; unavailable: why this model cannot be used all
    the same; both None when it is ready. key: whose key a run is sent with, "none" where there is none or none is
    needed. needs: the names that are missing. key_place: where this actor can set them, "" for nowhere."""

    key: KeyOwner = "none"
    missing: str | None = None
    unavailable: str | None = None
    needs: tuple[str, ...] = ()
    key_place: KeyPlace = ""

    @property
    def ready(self) -> bool:
        """Whether a run can be sent."""
        return self.reason is None

    @property
    def reason(self) -> str | None:
        """Why it cannot be used, in a sentence; None when it is ready."""
        return self.missing or self.unavailable


class Readiness:
    """As it is for one actor, in the project that their new runs join."""

    def __init__(self, context: Context, actor: Actor) -> None:
        self._context, self._actor = context, actor

    def of(self, model: Model, *, project: str | None = None) -> ModelReadiness:
        """Of one model. project: None is the actor's current one."""
        return self.several([model], project=project)[model.id]

    def several(self, models: Iterable[Model], *, project: str | None = None) -> dict[str, ModelReadiness]:
        """By model id; each account of a provider is asked once."""
        if project is None:
            project = self._current_project()
        known: dict[tuple[str, str], ModelReadiness] = {}
        return {model.id: self._of(model, project, known) for model in models}

    def _current_project(self) -> str:
        if self._actor.is_local:
            return ""
        with self._context.store.read() as db:
            return projects.current(db, self._actor.id)

    def _of(self, model: Model, project: str, known: dict[tuple[str, str], ModelReadiness]) -> ModelReadiness:
        accounts, studio_engine = self._context.accounts, self._context.engines.get(model.provider)
        if studio_engine is None:
            return ModelReadiness(missing=Message("run.studio_no_engine", provider=model.provider))
        try:
            account = accounts.choose(self._actor.id, model, project)
        except NotConfigured as error:
            return self._without_key(studio_engine, of_error(error))
        engine = accounts.engines.of_account(model.provider, account)
        found = known.get((model.provider, account))
        if found is None:
            found = known[model.provider, account] = self._of_account(engine, account)
        if found.missing or not _narrows_models(type(engine)):
            return found
        unavailable = cast("ModelAvailability", engine).unavailable(model)
        return replace(found, unavailable=unavailable) if unavailable else found

    def _of_account(self, engine: Engine, account: str) -> ModelReadiness:
        if missing := engine.missing():
            return self._without_key(engine, missing if account else self._advice(engine, missing))
        if account:
            return ModelReadiness(KEY_OWNERS.get(account.partition(":")[0], "mine"))
        return ModelReadiness("studio" if has_connection(engine) else "none")

    def _without_key(self, engine: Engine, missing: str) -> ModelReadiness:
        needs = engine.info.needs if has_connection(engine) else ()
        return ModelReadiness(missing=missing, needs=needs, key_place=self._key_place(engine))

    def _key_place(self, engine: Engine) -> KeyPlace:
        if not has_connection(engine):
            return ""
        if self._actor.may(Action.MANAGE_STUDIO):
            return "connections"
        if not _takes_own_key(engine):
            return ""
        if self._actor.is_visitor:
            return "session"
        return "account" if self._actor.may(Action.OWN_ACCOUNT) else ""

    def _advice(self, engine: Engine, missing: str) -> str:
        """The engine's sentence for whoever sets up the studio; for others, what they can do."""
        if self._actor.may(Action.MANAGE_STUDIO) or not _takes_own_key(engine):
            return missing
        return Message("readiness.needs_key", provider=term(engine.info.label), key=", ".join(engine.info.needs))


@cache
def _narrows_models(engine: type) -> bool:
    """Whether engines of this class may lack models: asked of a class once, for that is slow to find out."""
    return issubclass(engine, ModelAvailability)


def _takes_own_key(engine: Engine) -> bool:
    """Whether keys are all that it needs, rather than an address of the studio's."""
    variables, needs = declared(engine), engine.info.needs
    return bool(needs) and all(name in variables and variables[name].secret for name in needs)
