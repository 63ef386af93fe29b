"""Keys of people and projects: which one a call carries, over real HTTP; kills, replaced and removed keys."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from studio.domain import HeldReason, Run, Status
from studio.errors import CapabilityError, NotAllowed, NotFound
from studio.permissions import Role
from studio.settings import Settings
from studio.store import projects
from studio.studio import Studio
from tests.providers.fal import FalServer
from tests.providers.http_server import Call, Reply
from tests.stories.keys_child import KEYS
from tests.stories.process import environment
from tests.support.keyrings import MemoryKeyring, used
from tests.support.kit import QUICK
from tests.support.web import account

ROOT = Path(__file__).parents[2]
RUNS, KILLS = 200, 3


class Accounts(FalServer):
    """fal for several accounts: each sees its own requests only. seen: (topic, request or prompt) -> keys it came with.
    refused: keys that are not accepted (any more)."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.owner: dict[str, str] = {}
        self.refused: set[str] = set()

    async def answer(self, call: Call, topic: str) -> Reply:
        key = (call.headers.get("authorization") or "").removeprefix("Key ")
        subject = call.path.split("/requests/")[1].partition("/")[0] if "/requests/" in call.path else ""
        if topic == "submit":
            subject = call.json()["prompt"]
        if topic not in ("download", "put", "keys"):
            self.seen[topic, subject].add(key)
        self.key = "none" if key in self.refused else self.owner.get(subject, key)
        reply = await super().answer(call, topic)
        if topic == "submit" and reply.status == 200:
            self.owner[json.loads(reply.body)["request_id"]] = key
        return reply


@pytest.fixture
def server() -> Iterator[Accounts]:
    with Accounts() as opened:
        yield opened


@pytest.fixture
def keyring() -> Iterator[MemoryKeyring]:
    backend = MemoryKeyring()
    with used(backend):
        yield backend


def opened(folder: Path, server: Accounts, *, key: str = "key-of-the-studio") -> Studio:
    secrets = {"FAL_KEY": SecretStr(key)} if key else {}
    settings = Settings(data=folder / "data", secrets=secrets, options={"FAL_BASE_URL": server.url})
    studio = Studio.open(settings, timing=QUICK)
    for name, role in (("anna", Role.CREATOR), ("ben", Role.CREATOR), ("petra", Role.PRODUCER)):
        account(studio, name, role)
    return studio


def submit(studio: Studio, who: str, prompt: str) -> Run:
    body = {"task": "text-to-image", "model": "fal/wan2.6-t2i", "prompt": prompt}
    return studio.acting_for(who).requests.submit(body)[0]


def settled(studio: Studio, run: Run, *, until_s: float = 20) -> Run:
    end = time.monotonic() + until_s
    while time.monotonic() < end:
        found = studio.local.runs.get(run.id)
        if found.status.ended or found.status == Status.HELD:
            return found
        time.sleep(0.02)
    raise AssertionError(studio.local.runs.get(run.id))


def waiting_at_provider(studio: Studio, run: Run) -> None:
    until = time.monotonic() + 20
    while not studio.local.runs.get(run.id).handle:
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.slow
def test_two_hundred_runs_of_three_people_and_kills_never_mix_keys(tmp_path: Path, server: Accounts) -> None:
    """Submits, looks, results and downloads of each run carry the key of its person, across three kills."""
    server.queue_s, server.running_s = 0.2, 0.5
    env = environment() | {
        "PYTHON_KEYRING_BACKEND": "tests.support.file_keyring.FileKeyring",
        "FILE_KEYRING": str(tmp_path / "keyring.json"),
    }
    command = [sys.executable, "-m", "tests.stories.keys_child", str(tmp_path / "data"), server.url]
    for number in range(KILLS + 1):
        child = subprocess.Popen(
            [*command, *([str(RUNS)] if not number else [])], cwd=ROOT, env=env, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            if number == KILLS:
                out, errors = child.communicate(timeout=150)
                assert child.returncode == 0, errors[-3000:]
                break
            wanted = len(server.tasks) + 30
            until = time.monotonic() + 60
            while (number == 0 and not _submitted(child)) or len(server.tasks) < wanted:
                assert child.poll() is None and time.monotonic() < until, child.stderr and child.stderr.read()[-3000:]
                time.sleep(0.01)
            os.killpg(child.pid, signal.SIGKILL)
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait(10)
            for pipe in (child.stdout, child.stderr):
                if pipe:
                    pipe.close()
    runs = json.loads(out.splitlines()[-1])
    assert len(runs) == RUNS
    status = Counter(row[1] for row in runs)
    doubtful = [row for row in runs if row[1] == "held"]  # a submit whose answer the kill took
    assert status["succeeded"] + len(doubtful) == RUNS, runs
    assert len(doubtful) <= KILLS * 3 * 10
    assert max(server.submits_by_prompt().values()) == 1
    by_request = {task.id: task.prompt() for task in server.tasks.values()}
    topics: Counter[str] = Counter()
    for (topic, subject), keys in server.seen.items():
        owner = by_request.get(subject, subject).partition(" ")[0]
        assert keys == {KEYS[owner]}, (topic, subject, keys)
        topics[topic] += 1
    assert topics["submit"] >= status["succeeded"]
    assert topics["status"] >= status["succeeded"]
    assert topics["result"] >= status["succeeded"]
    assert server.leaks == []
    kept = (tmp_path / "data" / "studio.db").read_bytes()
    assert not any(key.encode() in kept for key in KEYS.values())


_told: set[int] = set()


def _submitted(child: subprocess.Popen[str]) -> bool:
    """Whether the child has stored its runs; asked again after that it says so at once."""
    if child.pid not in _told:
        assert child.stdout is not None
        assert child.stdout.readline() == "submitted\n"
        _told.add(child.pid)
    return True


def test_the_persons_key_goes_before_the_projects_and_that_before_the_studios(
    tmp_path: Path, server: Accounts, keyring: MemoryKeyring
) -> None:
    with opened(tmp_path, server) as studio:
        with studio.context.store.write() as db:
            project = projects.add(db, "Coffee film").id
            for person, role in (("anna", "creator"), ("ben", "creator"), ("petra", "producer")):
                projects.set_member(db, project, person, role)
        model = studio.catalogue.get("fal/wan2.6-t2i")
        choose = studio.context.accounts.choose
        assert choose("anna", model, project) == ""
        studio.acting_for("petra").own_keys.save("fal", {"FAL_KEY": "key-of-the-project"}, project)
        studio.acting_for("anna").own_keys.save("fal", {"FAL_KEY": "key-of-anna"})
        assert choose("anna", model, project).startswith("person:")
        assert choose("ben", model, project).startswith("project:")
        assert choose("ben", model) == ""
        with pytest.raises(NotAllowed):
            studio.acting_for("ben").own_keys.save("fal", {"FAL_KEY": "x"}, project)
        with pytest.raises(NotFound):
            studio.acting_for("anna").own_keys.remove("replicate")
        assert "anna" not in repr(studio.acting_for("anna").own_keys.all())
        assert {key for (_, user), key in keyring.entries.items() if "@" in user} == {
            "key-of-the-project",
            "key-of-anna",
        }


def test_without_a_studio_key_only_those_with_their_own_can_send(
    tmp_path: Path, server: Accounts, keyring: MemoryKeyring
) -> None:
    with opened(tmp_path, server, key="") as studio:
        studio.acting_for("anna").own_keys.save("fal", {"FAL_KEY": "key-of-anna"})
        assert settled(studio, submit(studio, "anna", "hers")).status == Status.SUCCEEDED
        with pytest.raises(Exception, match="FAL_KEY"):
            submit(studio, "ben", "his")
    assert server.seen["submit", "hers"] == {"key-of-anna"}


def test_a_replaced_key_finishes_what_it_began_and_a_removed_one_holds_it(
    tmp_path: Path, server: Accounts, keyring: MemoryKeyring
) -> None:
    server.running_s = 1.5
    with opened(tmp_path, server) as studio:
        keys = studio.acting_for("anna").own_keys
        keys.save("fal", {"FAL_KEY": "first"})
        old = submit(studio, "anna", "old")
        waiting_at_provider(studio, old)
        keys.save("fal", {"FAL_KEY": "second"})
        new = submit(studio, "anna", "new")
        assert settled(studio, old).status == settled(studio, new).status == Status.SUCCEEDED
        server.running_s = 30
        held = submit(studio, "anna", "held")
        waiting_at_provider(studio, held)
        keys.remove("fal")
        held = settled(studio, held)
        assert (held.status, held.held_reason) == (Status.HELD, HeldReason.NOT_CONFIGURED)
        assert "is gone" in (held.error or "")
        assert held.handle, "its task is kept"
        studio.acting_for("anna").runs.decide(held.id, "try_again")
        held = settled(studio, held)
        assert held.held_reason == HeldReason.NOT_CONFIGURED, "nobody else's key looks after it"
        for task in server.tasks.values():
            task.running_s = 0.1
        keys.save("fal", {"FAL_KEY": "second"})
        studio.acting_for("anna").runs.decide(held.id, "try_again")
        assert settled(studio, held).status == Status.SUCCEEDED
    requests = {task.prompt(): task.id for task in server.tasks.values()}
    assert server.seen["status", requests["old"]] == {"first"}
    assert server.seen["status", requests["new"]] == {"second"}
    assert server.seen["status", requests["held"]] == {"second"}
    assert not any(key in (tmp_path / "data" / "studio.db").read_bytes() for key in (b"first", b"second"))


def test_who_pays_with_an_own_key_meets_no_limit_of_the_studio(
    tmp_path: Path, server: Accounts, keyring: MemoryKeyring
) -> None:
    with opened(tmp_path, server) as studio:
        studio.admin.set_limits(run_usd=0.001)
        assert settled(studio, submit(studio, "anna", "studio pays")).held_reason == HeldReason.BUDGET
        studio.acting_for("anna").own_keys.save("fal", {"FAL_KEY": "key-of-anna"})
        assert settled(studio, submit(studio, "anna", "anna pays")).status == Status.SUCCEEDED
        model = studio.catalogue.get("fal/wan2.6-t2i")
        assert studio.acting_for("anna").budgets.affordable([0.03], model).payer == "Paid with your own key"
        assert studio.acting_for("ben").budgets.affordable([0.03], model).payer == "Paid by the studio"
        with studio.context.store.read() as db:
            assert {row[0] for row in db.conn.execute("SELECT paid_by FROM ledger").fetchall()} == {"person"}


@pytest.mark.parametrize("key", ["", "two words", "x" * 3000, "FAL_KEY=abc"])
def test_what_cannot_be_a_key_is_refused_without_being_repeated(
    tmp_path: Path, server: Accounts, keyring: MemoryKeyring, key: str
) -> None:
    with opened(tmp_path, server) as studio:
        with pytest.raises(CapabilityError) as error:
            studio.acting_for("anna").own_keys.save("fal", {"FAL_KEY": key})
        assert not key or key not in str(error.value)
        with pytest.raises(CapabilityError):
            studio.acting_for("anna").own_keys.save("fal", {})
    assert keyring.entries == {}


def test_one_accounts_rate_slows_nobody_else(tmp_path: Path, server: Accounts, keyring: MemoryKeyring) -> None:
    """Each account has its own limits: fal's ten at once are reached by anna, while ben's run starts."""
    server.running_s = 3
    with opened(tmp_path, server) as studio:
        studio.acting_for("anna").own_keys.save("fal", {"FAL_KEY": "key-of-anna"})
        many = [submit(studio, "anna", f"anna {n}") for n in range(14)]
        ben = submit(studio, "ben", "ben")
        waiting_at_provider(studio, ben)
        assert any(studio.local.runs.get(run.id).status == Status.QUEUED for run in many)
