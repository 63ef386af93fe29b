"""A list of models calls ready what its reader's next run could be sent with, and says with whose key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.middleware import Middleware

from studio.domain import Task
from studio.errors import NotConfigured
from studio.permissions import Role
from studio.services.readiness import ModelReadiness
from studio.settings import Settings
from studio.store import projects
from studio.studio import Studio
from studio.web.forms import model_picker
from studio.web.forms.alternatives import rows as where_rows
from studio.web.routes import forms
from studio.web.verbs.runs import RunVerbs
from tests.providers.serving import served
from tests.support.keyrings import MemoryKeyring, used
from tests.support.kit import QUICK
from tests.support.web import Login, account

MODEL = "fal/wan2.6-t2i"
BODY = {"task": "text-to-image", "model": MODEL, "prompt": "a red coat"}


@pytest.fixture(autouse=True)
def keyring() -> Iterator[MemoryKeyring]:
    backend = MemoryKeyring()
    with used(backend):
        yield backend


def opened(folder: Path, *, key: str = "") -> Studio:
    """Without a network: nothing is sent, as the scheduler is not started."""
    secrets = {"FAL_KEY": SecretStr(key)} if key else {}
    studio = Studio.open(Settings(data=folder / "data", secrets=secrets), timing=QUICK, start=False)
    for name, role in (("anna", Role.CREATOR), ("ben", Role.CREATOR), ("petra", Role.PRODUCER), ("ada", Role.ADMIN)):
        account(studio, name, role)
    return studio


def project_of(studio: Studio, **members: str) -> str:
    with studio.context.store.write() as db:
        project = projects.add(db, "Coffee film").id
        for person, role in members.items():
            projects.set_member(db, project, person, role)
    return project


def ready(studio: Studio, who: str, **where: str) -> ModelReadiness:
    return studio.acting_for(who).readiness.of(studio.catalogue.get(MODEL), **where)


def forms_of(studio: Studio) -> FastAPI:
    return FastAPI(routes=forms.router(studio).routes, middleware=[Middleware(Login, studio=studio)])


def test_the_own_key_makes_ready_for_its_person_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as studio:
        studio.acting_for("anna").own_keys.save("fal", {"FAL_KEY": "key-of-anna"})
        mine, his = ready(studio, "anna"), ready(studio, "ben")
        assert (mine.ready, mine.key, mine.missing) == (True, "mine", None)
        assert (his.ready, his.key, his.key_place, his.needs) == (False, "none", "account", ("FAL_KEY",))
        assert "Account page" in (his.missing or "")
        assert (ready(studio, "ada").key_place, ready(studio, "").key_place) == ("connections", "connections")


def test_the_key_named_is_the_one_that_a_run_is_sent_with(tmp_path: Path) -> None:
    """Person before project before studio; and each list agrees with what submit stores."""
    accounts = {"mine": "person:", "project": "project:", "studio": ""}
    with opened(tmp_path, key="key-of-the-studio") as studio:
        project = project_of(studio, anna="creator", ben="creator", petra="producer")
        studio.acting_for("petra").own_keys.save("fal", {"FAL_KEY": "key-of-the-project"}, project)
        studio.acting_for("anna").own_keys.save("fal", {"FAL_KEY": "key-of-anna"})
        with studio.context.store.write() as db:
            for person in ("anna", "ben"):
                projects.set_current(db, person, project)
        for who, key in (("anna", "mine"), ("ben", "project"), ("petra", "studio")):
            assert ready(studio, who).key == key
            [run] = studio.acting_for(who).requests.submit(BODY)
            assert run.account.partition(":")[0] == accounts[key].partition(":")[0]


def test_every_list_of_models_says_the_same(tmp_path: Path) -> None:
    """The picker, its route, Where to run this?, /models: for one with a key and one without."""
    with opened(tmp_path) as studio, served(forms_of(studio)) as url:
        studio.acting_for("anna").own_keys.save("fal", {"FAL_KEY": "key-of-anna"})
        model, task = studio.catalogue.get(MODEL), Task.TEXT_TO_IMAGE
        for who, wanted in (("anna", (True, "mine")), ("ben", (False, "none"))):
            services = studio.acting_for(who)
            seen = [model_picker.picker_value(studio, model, services)]
            answer = httpx.get(f"{url}/ui/choices", params={"task": task.value}, headers={"x-user": who}, timeout=10)
            assert answer.status_code == 200, answer.text
            seen += [m for g in answer.json()["groups"] for m in g["models"] if m["id"] == MODEL]
            form = {"prompt": "a red coat", "media": {}}
            seen += [r for r in where_rows(studio, form, model, task, who)["rows"] if r["model"] == MODEL]
            seen += [m for m in RunVerbs(studio, who).models(task.value) if m["id"] == MODEL]
            assert [(m["ready"], m["key"]) for m in seen] == [wanted] * 4
            assert "key-of-anna" not in answer.text
        for who, first in (("anna", "fal"), ("ben", "draft")):
            assert model_picker.default_model(studio, task, studio.acting_for(who)).provider == first


def test_a_run_for_another_project_than_the_current_one_takes_that_projects_key(tmp_path: Path) -> None:
    """Also where nobody else has one: the submit is checked with the key that the run is sent with."""
    with opened(tmp_path) as studio:
        project = project_of(studio, ben="creator", petra="producer")
        studio.acting_for("petra").own_keys.save("fal", {"FAL_KEY": "key-of-the-project"}, project)
        requests = studio.acting_for("ben").requests
        with pytest.raises(NotConfigured):
            requests.submit(BODY)
        [run] = requests.submit_many([BODY], project=project)
        assert (run.project, run.account.partition(":")[0]) == (project, "project")
        edited = studio.acting_for("ben").runs.edit(run.id, BODY | {"prompt": "a blue coat"})
        assert edited.request.prompt == "a blue coat"
        assert ready(studio, "ben", project=project).key == "project" and not ready(studio, "ben").ready


def test_a_board_is_rendered_with_the_key_of_its_project(tmp_path: Path) -> None:
    with opened(tmp_path) as studio:
        project = project_of(studio, ben="creator", petra="producer")
        studio.acting_for("petra").own_keys.save("fal", {"FAL_KEY": "key-of-the-project"}, project)
        boards = studio.acting_for("ben").storyboards
        board = boards.create("Coffee", script="A cup fills.", model="fal/wan2.6-t2v").board
        shots = [shot.id for shot in board.shots]
        assert set(boards.render_plan(board.id, shots=shots).blocked) == set(shots)
        studio.acting_for("ben").sharing.share_board(board.id, project)
        assert not boards.render_plan(board.id, shots=shots).blocked
        assert {run.account.partition(":")[0] for run in boards.render(board.id, shots=shots)} == {"project"}


def test_all_models_are_told_within_a_twentieth_of_a_second(tmp_path: Path) -> None:
    with opened(tmp_path, key="key") as studio:
        models = list(studio.catalogue)
        for who in ("", "anna"):
            services = studio.acting_for(who)
            services.readiness.several(models)  # builds the engines
            took = []
            for _ in range(5):
                start = time.perf_counter()
                services.readiness.several(models)
                took.append(time.perf_counter() - start)
            assert min(took) < 0.05, (who, len(models), took)
