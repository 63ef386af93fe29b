"""Projects of a team: who is in them, with which role, and the one that a person's new work goes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from studio.errors import CapabilityError, Conflict, NotAllowed
from studio.messages import Message, term
from studio.permissions import PERSON_PREFIX, Actor, Role
from studio.services.context import Context
from studio.store import people, projects
from studio.store.projects import Project

NAME_CHARS = 80
MAX_PROJECTS = 500
"""Of one studio: each is a part of every search through all of them."""


@dataclass(frozen=True)
class JoinedProject:
    """A project as a person has it. role: theirs in it; None for an administrator of the studio who is no member."""

    id: str
    name: str
    created_at: datetime
    archived: bool
    role: Role | None
    manageable: bool


@dataclass(frozen=True)
class ProjectMember:
    """Somebody in a project. disabled: the account cannot sign in."""

    person: str
    name: str
    login: str
    role: Role
    disabled: bool


class Projects:
    """The projects that one person sees: those they are in; an administrator of the studio sees all, to manage them."""

    def __init__(self, context: Context, actor: Actor) -> None:
        self._context, self._actor, self.user = context, actor, actor.id
        self._is_admin = actor.role is Role.ADMIN

    def all(self) -> list[JoinedProject]:
        """Every project that the user sees, archived ones last."""
        with self._context.store.read() as db:
            roles = projects.roles_of(db, self.user)
            found = projects.all_of(db, "" if self._is_admin else self.user)
        return [self._joined(project, roles.get(project.id)) for project in found]

    def get(self, project_id: str) -> JoinedProject:
        """One project. Raises NotFound."""
        with self._context.store.read() as db:
            return self._get(db, project_id)

    def _get(self, db: Database, project_id: str) -> JoinedProject:
        project = projects.get(db, project_id, "" if self._is_admin else self.user)
        return self._joined(project, projects.role_of(db, project_id, self.user))

    def _joined(self, project: Project, role: str | None) -> JoinedProject:
        own = Role(role) if role else None
        manageable = self._is_admin or (own is not None and own.includes(Role.PRODUCER))
        archived = project.archived_at is not None
        return JoinedProject(project.id, project.name, project.created_at, archived, own, manageable)

    def create(self, name: str) -> JoinedProject:
        """A new project with its maker as administrator. Raises CapabilityError (field name), Conflict."""
        with self._context.store.write() as db:
            if len(projects.all_of(db)) >= MAX_PROJECTS:
                raise Conflict(Message("project.too_many", most=MAX_PROJECTS))
            project = projects.add(db, _checked_name(db, name))
            if self.user.startswith(PERSON_PREFIX):
                projects.set_member(db, project.id, self.user, Role.ADMIN.value)
            return self._get(db, project.id)

    def rename(self, project_id: str, name: str) -> JoinedProject:
        """Give it another name. Raises NotFound, NotAllowed, CapabilityError, Conflict."""
        with self._context.store.write() as db:
            if self._managed(db, project_id).name != name.strip():
                projects.rename(db, project_id, _checked_name(db, name))
            return self._get(db, project_id)

    def archive(self, project_id: str, *, restore: bool = False) -> JoinedProject:
        """Close it: members see what is there and add nothing; or open it again. Raises NotFound, NotAllowed."""
        with self._context.store.write() as db:
            self._managed(db, project_id)
            projects.set_archived(db, project_id, archived=not restore)
            return self._get(db, project_id)

    def members(self, project_id: str) -> list[ProjectMember]:
        """Who is in it, by name. Raises NotFound."""
        with self._context.store.read() as db:
            self._get(db, project_id)
            by_id = {person.id: person for person in people.everyone(db)}
            found = projects.members(db, project_id)
        listed = [
            ProjectMember(p.id, p.shown_name, p.login, Role(member.role), p.disabled_at is not None)
            for member in found
            if (p := by_id.get(member.person))
        ]
        return sorted(listed, key=lambda member: member.name.casefold())

    def candidates(self, project_id: str) -> list[tuple[str, str]]:
        """Id and name of everybody who could be added. Raises NotFound, NotAllowed."""
        with self._context.store.read() as db:
            self._managed(db, project_id)
            inside = {member.person for member in projects.members(db, project_id)}
            everyone = people.everyone(db)
        outside = [(p.id, p.shown_name) for p in everyone if p.id not in inside and p.disabled_at is None]
        return sorted(outside, key=lambda pair: pair[1].casefold())

    def set_member(self, project_id: str, person: str, role: Role) -> None:
        """Add somebody, or give a member another role. Nobody gives a role above their own.

        Raises NotFound, also for an unknown person, NotAllowed, Conflict where nobody would be left to manage it.
        """
        with self._context.store.write() as db:
            project = self._managed(db, project_id)
            people.get(db, person)
            before = projects.role_of(db, project_id, person)
            if not self._is_admin and project.role:
                for changed in (role, Role(before) if before else role):
                    if not project.role.includes(changed):
                        raise NotAllowed(Message("project.role_above", role=term(changed)))
            projects.set_member(db, project_id, person, role.value)
            self._check_managed(db, project_id, before)
        self._visibility_changed(project_id)

    def remove_member(self, project_id: str, person: str) -> None:
        """Take somebody out. What they shared stays. Raises as set_member does."""
        with self._context.store.write() as db:
            project = self._managed(db, project_id)
            before = projects.role_of(db, project_id, person)
            if before and not self._is_admin and project.role and not project.role.includes(Role(before)):
                raise NotAllowed(Message("project.role_above", role=term(Role(before))))
            projects.remove_member(db, project_id, person)
            self._check_managed(db, project_id, before)
        self._visibility_changed(project_id)

    def leave(self, project_id: str) -> None:
        """Go out oneself. Raises NotFound, Conflict where nobody would be left to manage it."""
        with self._context.store.write() as db:
            projects.get(db, project_id, self.user)
            before = projects.role_of(db, project_id, self.user)
            projects.remove_member(db, project_id, self.user)
            self._check_managed(db, project_id, before)
        self._visibility_changed(project_id)

    def current(self) -> str:
        """The project that the user's new runs and storyboards go to; "" for none."""
        with self._context.store.read() as db:
            return projects.current(db, self.user) if self.user else ""

    def set_current(self, project_id: str) -> None:
        """Choose it; "" for none. Raises NotFound."""
        with self._context.store.write() as db:
            projects.set_current(db, self.user, project_id)

    def require_managed(self, project_id: str) -> None:
        """Raise NotAllowed where the user does not manage this project, NotFound where there is none."""
        with self._context.store.read() as db:
            self._managed(db, project_id)

    def _managed(self, db: Database, project_id: str) -> JoinedProject:
        project = self._get(db, project_id)
        if not project.manageable:
            raise NotAllowed(Message("project.producer_only"))
        return project

    def _check_managed(self, db: Database, project_id: str, before: str | None) -> None:
        """Raise Conflict where a change of this role left the project without anybody who manages it."""
        managed = any(Role(member.role).includes(Role.PRODUCER) for member in projects.members(db, project_id))
        if before and Role(before).includes(Role.PRODUCER) and not managed:
            raise Conflict(Message("project.last_producer"))

    def _visibility_changed(self, project_id: str) -> None:
        """Pages look again at what is shared there and not settled."""
        with self._context.store.read() as db:
            changed = projects.latest_shared(db, project_id)
        self._context.jobs.feed.publish(changed)


def _checked_name(db: Database, name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_CHARS:
        raise CapabilityError(Message("project.name", most=NAME_CHARS), field="name", value=name[:NAME_CHARS])
    if any(project.name.casefold() == name.casefold() for project in projects.all_of(db)):
        raise Conflict(Message("project.name_taken", name=name))
    return name
