"""What the audit log says of what people do: every change, by whom, from where, in short, and never a secret."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from studio.domain import now
from studio.errors import CapabilityError, Conflict, NotAllowed
from studio.permissions import LOCAL_ACTOR, Action, Actor, Role
from studio.services import audit_log, recording
from studio.services.audit import AuditFilter
from studio.services.call_origin import CALL_ORIGIN, CallOrigin
from studio.services.first_admin import make_admin
from studio.services.rights import RIGHTS
from studio.settings import Settings
from studio.store import Store, audit
from studio.store.audit import Entry, Query, Row
from studio.store.mapping import stamp
from studio.studio import Studio
from studio.web.i18n import tables
from tests.support.kit import image, paid_image

EVENTS = (
    *("session.sign_in", "session.failed", "session.sign_out", "token.first_use", "people.join", "studio.start"),
    *("studio.stop", "audit.removed", "audit.dropped"),
)
"""What is recorded beside the methods of the table of rights."""
SECRET = "do-not-write-this-down"


@pytest.fixture
def ada(studio: Studio) -> str:
    """An administrator's key."""
    return studio.people.create("ada", role=Role.ADMIN, name="Ada").id


@pytest.fixture
def ben(studio: Studio) -> str:
    """A creator's key."""
    return studio.people.create("ben", role=Role.CREATOR).id


@pytest.fixture
def origin() -> Iterator[None]:
    """Calls of the test come from here."""
    token = CALL_ORIGIN.set(CallOrigin("192.0.2.7", lambda: "s_1"))
    yield
    CALL_ORIGIN.reset(token)


def rows(studio: Studio, key: str = "", **wanted: object) -> list[Row]:
    """What this actor finds, the newest first."""
    return studio.acting_for(key).audit.search(AuditFilter(**wanted))[0]  # type: ignore[arg-type]


def all_text(studio: Studio) -> str:
    """Everything that the log holds, as bytes of the file would show it."""
    studio.audit_log.flush()
    with studio.context.store.read() as db:
        return json.dumps([[str(v) for v in row] for row in db.conn.execute("SELECT * FROM audit").fetchall()])


@pytest.mark.usefixtures("origin")
def test_a_submit_is_recorded_with_person_place_and_the_request_in_short(studio: Studio, ben: str) -> None:
    [run] = studio.acting_for(ben).requests.submit(image("a red coat in the rain " * 20))
    [row] = rows(studio, ben, action="requests.submit")
    entry = row.entry
    assert (entry.actor, entry.name, entry.via, entry.address) == (ben, "ben", "s_1", "192.0.2.7")
    assert (entry.object, entry.outcome) == (run.id, "done")
    assert entry.detail["model"] == "fake/image"
    assert len(entry.detail["prompt"]) == recording.MAX_CHARS and entry.detail["prompt"].endswith("…")


def test_what_fails_changes_nothing_and_is_not_recorded(studio: Studio, ben: str) -> None:
    with pytest.raises(CapabilityError):
        studio.acting_for(ben).requests.submit(image(width=-1))
    assert rows(studio, ben, action="requests.submit") == []


def test_reading_is_not_recorded(studio: Studio, ben: str) -> None:
    services = studio.acting_for(ben)
    services.gallery.search("")
    services.requests.estimate([image()])
    services.storyboards.all()
    assert rows(studio, ben) == []


def test_what_is_not_allowed_is_recorded_a_few_times_a_minute(studio: Studio, ada: str, ben: str) -> None:
    for _ in range(audit_log.REFUSALS_PER_MINUTE + 20):
        with pytest.raises(NotAllowed):
            studio.acting_for(ben).queue.pause()
    refused = rows(studio, ada, person=ben, action="queue.pause")
    assert {row.entry.outcome for row in refused} == {"refused"}
    assert len(refused) == audit_log.REFUSALS_PER_MINUTE


def test_people_are_changed_and_recorded_in_one_transaction(studio: Studio, ada: str, ben: str) -> None:
    people = studio.acting_for(ada).people
    people.set_role(ben, Role.REVIEWER)
    with studio.context.store.read() as db:  # without a flush
        [row] = audit.page(db, Query(action="people.set_role"), limit=5)[0]
    assert (row.entry.object, row.entry.detail) == (ben, {"role": "reviewer"})


def test_a_refused_change_leaves_no_row(studio: Studio, ada: str) -> None:
    with pytest.raises(Conflict):
        studio.acting_for(ada).people.disable(ada)  # the last administrator
    assert rows(studio, ada, action="people.disable") == []
    assert studio.people.get(ada).disabled_at is None


def test_no_secret_is_ever_written(studio: Studio, ada: str) -> None:
    services = studio.acting_for(ada)
    services.account.set_password(SECRET)
    _, token = services.account.make_token("render farm", scope="read", usd_limit=5)
    link = services.people.invite(services.people.create("cyd", role=Role.VIEWER).id)
    session = studio.people.sign_in(ada, method="password", device="Firefox", address="192.0.2.1")
    studio.people.failed_sign_in("", "192.0.2.9", method="password")
    studio.people.key_of_token(token)
    services.notifications.set_webhook(url=f"https://hooks.example/{SECRET}", secret=SECRET)
    text = all_text(studio)
    for secret in (SECRET, token, link, session):
        assert secret not in text
    assert "account.make_token" in text and "render farm" in text


@pytest.mark.parametrize("name", sorted(recording.HIDDEN))
def test_hidden_arguments_say_only_that_they_were_given(name: str) -> None:
    class Service:
        def act(self, **given: str) -> None: ...

    made = recording.entry(LOCAL_ACTOR, "x.act", Service().act, (), {name: SECRET}, None)
    assert made.detail == {name: recording.SET}


def test_everything_that_changes_something_has_words_in_both_languages() -> None:
    changing = [
        f"{service}.{method}"
        for service, methods in RIGHTS.items()
        for method, action in methods.items()
        if recording.is_recorded(service, method, action)
    ]
    assert len(changing) > 70
    keys = [f"activity.action_{action.replace('.', '_')}" for action in (*changing, *EVENTS)]
    for words in tables().values():
        assert [key for key in keys if key not in words] == []


def test_the_lists_of_methods_name_what_there_is() -> None:
    """A method that is renamed must not lose its place unnoticed."""
    listed = {
        f"{s}.{m}"
        for lists in (recording.READS, recording.CHANGES, recording.WITH_THE_CHANGE)
        for s, ms in lists.items()
        for m in ms
    }
    there = {f"{service}.{method}" for service, methods in RIGHTS.items() for method in methods}
    assert listed - there == set()
    viewed = {f"{s}.{m}" for s, ms in RIGHTS.items() for m, action in ms.items() if action is Action.VIEW}
    assert {f"{s}.{m}" for s, ms in recording.READS.items() for m in ms} & viewed == set()


def test_everyone_reads_their_own_rows_and_administrators_all(studio: Studio, ada: str, ben: str) -> None:
    studio.acting_for(ben).requests.submit(image())
    studio.acting_for(ada).queue.pause()
    assert {row.entry.actor for row in rows(studio, ben)} == {ben}
    assert rows(studio, ben, person=ada) == rows(studio, ben)  # the filter widens nothing
    assert {ada, ben} <= {row.entry.actor for row in rows(studio, ada)}
    assert [row.entry.actor for row in rows(studio, ada, person=ben)] == [ben]
    for method in ("verify", "months"):
        with pytest.raises(NotAllowed):
            getattr(studio.acting_for(ben).audit, method)()
    with pytest.raises(NotAllowed):
        studio.acting_for(ben).audit.set_months(1)


def test_the_local_user_of_a_solo_studio_has_a_log_too(studio: Studio) -> None:
    studio.local.requests.submit(image("a blue boat"))
    [row] = rows(studio, action="requests.submit")
    assert (row.entry.actor, row.entry.detail["prompt"]) == ("", "a blue boat")
    assert [r.entry.action for r in rows(studio, person="")][-1] == "studio.start"


def test_rows_are_found_by_words_day_and_object(studio: Studio) -> None:
    [first] = studio.local.requests.submit(image("a lighthouse at night 灯塔"))
    studio.local.requests.submit(paid_image("a ferry"))
    studio.local.runs.cancel(first.id)
    found = {
        wanted: [r.entry.action for r in rows(studio, text=wanted)] for wanted in ("lightho", "灯塔", "ferry", "zzz")
    }
    assert found == {
        "lightho": ["requests.submit"],
        "灯塔": ["requests.submit"],
        "ferry": ["requests.submit"],
        "zzz": [],
    }
    assert {r.entry.action for r in rows(studio, object=first.id)} == {"requests.submit", "runs.cancel"}
    today = now().date()
    assert rows(studio, since=today, until=today, time_zone="UTC")
    assert rows(studio, since=today + timedelta(days=2)) == rows(studio, until=today - timedelta(days=2)) == []
    assert rows(studio, since=date.min, until=date.max) == rows(studio)
    with pytest.raises(CapabilityError):
        rows(studio, since=today, time_zone="Nowhere/At_all")


def test_pages_follow_one_another_without_gaps(studio: Studio) -> None:
    for number in range(7):
        studio.local.presets.save("text-to-image", f"preset {number}", image())
    seen: list[int] = []
    before: int | None = None
    while True:
        page, before = studio.local.audit.search(AuditFilter(action="presets.save"), before=before, limit=3)
        seen += [row.seq for row in page]
        if before is None:
            break
    assert len(seen) == 7 and seen == sorted(seen, reverse=True)


def test_the_csv_export_reads_back_and_starts_no_formula(studio: Studio) -> None:
    studio.people.create("ada", role=Role.ADMIN, name='=HYPERLINK("x"),1')
    studio.local.requests.submit(image('a "quoted",\nprompt; with 引号'))
    [person] = studio.people.all()
    studio.acting_for(person.id).queue.pause()
    text = "".join(studio.local.audit.export(AuditFilter(), "csv"))
    assert text.startswith("\ufeff")
    table = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["seq"] for row in table] == [str(row.seq) for row in rows(studio)]
    by_action = {row["action"]: row for row in table}
    assert 'prompt: a "quoted", prompt; with 引号' in by_action["requests.submit"]["change"]
    assert by_action["queue.pause"]["name"].startswith("'=")


def test_the_json_lines_hold_every_row_that_matches(studio: Studio) -> None:
    with studio.context.store.write() as db:
        audit.add(db, [Entry("runs.cancel", object=f"r_{n}", at=stamp()) for n in range(2500)])
    lines = "".join(studio.local.audit.export(AuditFilter(action="runs.cancel"), "jsonl")).splitlines()
    assert [json.loads(line)["object"] for line in lines] == [f"r_{n}" for n in reversed(range(2500))]


def test_a_storm_shares_rows_that_hold_every_id(studio: Studio) -> None:
    ids = [studio.local.requests.submit(image())[0].id for _ in range(120)]
    found = rows(studio, action="requests.submit")
    held = [i for row in found for i in row.entry.detail.get("ids", row.entry.object).split()]
    assert sorted(held) == sorted(ids)
    assert sum(int(row.entry.detail.get("times", 1)) for row in found) == len(ids)
    assert len(found) < 60
    assert rows(studio, object=ids[-1])[0].entry.action == "requests.submit"


def test_typing_on_a_board_is_recorded_once_a_minute(studio: Studio) -> None:
    from studio.storyboard import edit

    board = studio.local.storyboards.create("A film").board.id
    for title in ("A", "A f", "A film"):
        studio.local.storyboards.edit(board, "title", lambda b, title=title: edit.update(b, title=title))
    assert [row.entry.object for row in rows(studio, action="storyboards.edit")] == [board]


def test_the_chain_is_checked_and_retention_is_noted(studio: Studio) -> None:
    old = stamp(now() - timedelta(days=90))
    with studio.context.store.write() as db:
        audit.add(db, [Entry("runs.cancel", object=f"r_{n}", at=old) for n in range(30)])
    studio.local.queue.pause()
    report = studio.local.audit.verify()
    assert (report.broken, report.rows) == (None, len(rows(studio)))
    removed = studio.local.audit.set_months(1)
    assert removed >= 30
    assert rows(studio, action="runs.cancel") == []
    [note] = rows(studio, action="audit.removed")
    assert note.entry.detail == {"rows": str(removed), "months": "1"}
    after = studio.local.audit.verify()
    assert after.broken is None and after.removed is not None
    for wrong in (-1, 100_000):
        with pytest.raises(CapabilityError):
            studio.local.audit.set_months(wrong)


def test_a_missing_row_is_found(studio: Studio) -> None:
    for number in range(5):
        studio.local.presets.save("text-to-image", f"preset {number}", image())
    [*_, target, _] = rows(studio, action="presets.save")
    with studio.context.store.write() as db:
        db.conn.execute("DROP TRIGGER audit_kept_whole")
        db.conn.execute("DELETE FROM audit WHERE seq = ?", [target.seq])
    broken = studio.local.audit.verify().broken
    assert broken is not None and (broken.seq, broken.missing) == (target.seq, True)


def test_sign_ins_and_tokens_are_recorded(studio: Studio, ada: str) -> None:
    link = studio.acting_for(ada).people.invite(ada)
    studio.people.join(link, "a long password")
    session = studio.people.sign_in(ada, method="password", device="Firefox on Linux", address="192.0.2.1")
    studio.people.failed_sign_in(ada, "192.0.2.9", method="password")
    studio.people.failed_sign_in("", "192.0.2.9", method="password")
    _, token = studio.acting_for(ada).account.make_token("render farm")
    for _ in range(3):
        key = studio.people.key_of_token(token)
    studio.acting_for(str(key)).requests.submit(image())
    studio.people.sign_out(session)
    found = [(r.entry.action, r.entry.outcome) for r in reversed(rows(studio, ada, person=ada))]
    assert found == [
        ("people.invite", "done"), ("people.join", "done"), ("session.sign_in", "done"), ("session.failed", "refused"),
        ("account.make_token", "done"), ("token.first_use", "done"), ("requests.submit", "done"),
        ("session.sign_out", "done"),
    ]  # fmt: skip
    [submit] = rows(studio, ada, action="requests.submit")
    assert submit.entry.via == str(key).partition("/")[2]
    [nobody] = [r for r in rows(studio, ada, action="session.failed") if not r.entry.actor]
    assert (nobody.entry.address, nobody.entry.name) == ("192.0.2.9", "")


def test_a_command_on_the_terminal_is_recorded(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    make_admin(settings, "ada")
    store = Store(settings.data)
    with store.read() as db:
        found = [row.entry for row in audit.page(db, Query(), limit=10)[0]]
    store.close()
    assert [(e.action, e.via) for e in reversed(found)] == [
        ("people.create", "terminal"),
        ("people.invite", "terminal"),
    ]
    CALL_ORIGIN.set(CallOrigin())


def test_start_and_stop_are_recorded_and_nothing_waits_behind(settings: Settings) -> None:
    with Studio.open(settings) as studio:
        studio.local.presets.save("text-to-image", "last", image(model="draft/animatic"))
    store = Store(settings.data)
    with store.read() as db:
        found = [row.entry.action for row in audit.page(db, Query(), limit=10)[0]]
    store.close()
    assert found == ["studio.stop", "presets.save", "studio.start"]


def test_half_a_character_breaks_nothing(studio: Studio) -> None:
    studio.audit_log.record(
        recording.event("runs.cancel", Actor("p_x", Role.ADMIN, "Ada"), detail={"prompt": recording.clip("\ud83d x")})
    )
    assert rows(studio, action="runs.cancel")[0].entry.detail == {"prompt": "? x"}
