"""Saved forms, and what a fresh form starts with."""

from __future__ import annotations

from dataclasses import dataclass

from studio.domain import JSON
from studio.errors import CapabilityError
from studio.messages import Message
from studio.services.context import Context
from studio.store import form_defaults, presets


@dataclass(frozen=True)
class FormPreset:
    """A form saved under a name."""

    name: str
    body: JSON


class Presets:
    """One user's saved forms and defaults."""

    def __init__(self, context: Context, user: str) -> None:
        self._context, self.user = context, user

    def all(self, task: str) -> list[FormPreset]:
        """Saved forms of this task, by name."""
        with self._context.store.read() as db:
            return [FormPreset(name, body) for name, body in presets.all_of(db, task, self.user)]

    def save(self, task: str, name: str, body: JSON) -> None:
        """Save a form under a name, in the place of an older one."""
        if not (name := name.strip()):
            raise CapabilityError(Message("preset.no_name"), field="name")
        with self._context.store.write() as db:
            presets.put(db, task, name, body, self.user)

    def delete(self, task: str, name: str) -> None:
        """Forget a preset. Raises NotFound."""
        with self._context.store.write() as db:
            presets.delete(db, task, name, self.user)

    def form_default(self, task: str) -> JSON | None:
        """Model and size that a fresh form of this task starts with; None where the user has set none."""
        with self._context.store.read() as db:
            return form_defaults.get(db, task, self.user)

    def set_form_default(self, task: str, body: JSON) -> None:
        """Set what a fresh form of this task starts with; an empty body takes it away."""
        with self._context.store.write() as db:
            form_defaults.put(db, task, body, self.user)
