"""What a person or a program sets is what happens, to the last digit, or a sentence says why not."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from studio.catalogue import form_values, load, validation
from studio.domain import Asset, Kind, Task
from studio.errors import CapabilityError
from studio.media import metadata_import
from studio.store import runs, search
from studio.store.mapping import stamp
from studio.studio import Studio
from tests.support.kit import finish, image

CATALOGUE = load()
SOUND = Asset(id="s", kind=Kind.AUDIO, mime="audio/wav", duration_s=3)
PICTURE = Asset(id="p", kind=Kind.IMAGE, mime="image/png", width=640, height=480)
BIGGEST = 2**64 - 1


def refusals(**body: object) -> list[str]:
    asked = {"task": "text-to-video", "model": "draft/animatic", "prompt": "a fox"} | body
    request = validation.parse(asked, CATALOGUE)
    model = CATALOGUE.get(request.model)
    return [str(p) for p in validation.problems(validation.complete(request, model), model, {"s": SOUND, "p": PICTURE})]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"width": 320, "height": 180, "tier": "9K"}, "The tier 9K does not match 320x180"),
        ({"width": 320, "height": 180, "aspect": "1:1"}, "The aspect 1:1 does not match 320x180"),
        ({"width": 1280, "height": 720, "tier": "1080P"}, "The tier 1080P does not match 1280x720"),
        ({"width": 0, "height": 0}, "The width is 0; Draft (animatic) supports 64 to 4096 pixels."),
        ({"width": 10**400, "height": 10**400}, "The width is a number with too many digits"),
        ({"task": "text-to-image", "fps": 24}, "text-to-image generates a picture, which has no fps. Leave it out."),
        ({"task": "text-to-image", "duration_s": 5}, "text-to-image generates a picture, which has no duration"),
        ({"duration_s": 1e308}, "The length is 1e+308 s; Draft (animatic) supports 1 to 60"),
        ({"prompt": "\u200b\u200d\ufeff \u2060"}, "Draft (animatic) needs a prompt."),
        ({"seed": 2**31}, "The seed is 2147483648; Draft (animatic) accepts 0 to 2147483647."),
    ],
)
def test_what_contradicts_or_does_not_apply_is_refused(body: dict[str, object], said: str) -> None:
    found = refusals(**body)
    assert found and found[0].startswith(said)


@pytest.mark.parametrize(
    "body",
    [
        {"width": 320, "height": 180, "aspect": "16:9"},
        {"width": 1280, "height": 720, "tier": "720P", "aspect": "16:9"},
        {"tier": "480P"},
        {"model": "comfyui/qwen-image", "task": "text-to-image", "seed": BIGGEST},
    ],
)
def test_what_agrees_passes(body: dict[str, object]) -> None:
    assert refusals(**body) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"task": "TEXT-TO-IMAGE"}, 'task is "TEXT-TO-IMAGE"; it can be text-to-image, image-edit,'),
        ({"duration_s": float("nan")}, "duration_s is nan; it must be a finite number."),
        ({"prompt": ["a"]}, "prompt is a list; it must be text."),
        ({"seed": 1.5}, "seed is 1.5; it must be a whole number."),
        ({"prompt": "cat \ud83d"}, "The text contains half of an emoji"),
        ({"references": "a"}, 'references is "a"; it must be a list.'),
    ],
)
def test_a_wrong_type_is_told_in_plain_words(body: dict[str, object], said: str) -> None:
    with pytest.raises(CapabilityError) as refused:
        refusals(**body)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(("files", "size"), [({}, (832, 480)), ({"first_frame": "p"}, (None, None))])
def test_a_sound_has_no_shape_so_the_tier_alone_decides(files: dict[str, str], size: tuple[int | None, ...]) -> None:
    body = {"task": "audio-to-video", "model": "draft/animatic", "prompt": "a fox", "audio_file": "s", "tier": "480P"}
    request = validation.parse(body | files, CATALOGUE)
    done = validation.complete(request, CATALOGUE.get(request.model))
    assert (done.width, done.height, done.tier) == (*size, "480P")


@pytest.mark.parametrize("seed", [0, 2**53 + 1, 2**63 - 1, 2**63, BIGGEST])
def test_a_seed_is_exact_in_form_file_database_and_search(studio: Studio, seed: int) -> None:
    """The form holds it as text, for a browser's numbers end at 2^53."""
    model = CATALOGUE.get("comfyui/qwen-image")
    form = form_values.from_request({"seed": seed}, model, Task.TEXT_TO_IMAGE)
    assert form["seed"] == str(seed)
    assert form_values.to_request(form, model, Task.TEXT_TO_IMAGE)["seed"] == seed
    read = metadata_import.read({"parameters": f"a fox\nSteps: 20, Seed: {seed}, Size: 512x512"})
    assert read and read[1]["seed"] == seed
    studio.queue.pause()
    [run] = studio.local.requests.submit(image("a fox"))
    new = runs.NewRun(run.model_copy(update={"id": "r_big", "seed": seed}), {})
    with studio.context.store.write() as db:
        runs.add(db, new, "b")
    [found] = studio.local.gallery.search(f"seed:{seed}").runs
    assert (found.id, found.seed) == ("r_big", seed)


@pytest.mark.parametrize(
    "query", ["seed:18446744073709551616", f"seed:{'9' * 5000}", "before:9999999-01-01", "a\0b \ud83d"]
)
def test_a_search_for_what_cannot_be_finds_nothing(studio: Studio, query: str) -> None:
    finish(studio, image("a fox"))
    assert studio.local.gallery.search(query, before=10**30).runs == []


@pytest.mark.parametrize(
    ("zone", "query", "begins"),
    [
        ("Asia/Shanghai", "after:2026-11-29", datetime(2026, 11, 28, 16, tzinfo=UTC)),
        ("UTC", "after:2026-11-29", datetime(2026, 11, 29, tzinfo=UTC)),
        ("America/New_York", "after:2026-03-08", datetime(2026, 3, 8, 5, tzinfo=UTC)),
        ("America/New_York", "after:2026-03-09", datetime(2026, 3, 9, 4, tzinfo=UTC)),
        ("Africa/Cairo", "after:2026-04-24", datetime(2026, 4, 23, 22, tzinfo=UTC)),
    ],
)
def test_days_begin_where_the_reader_is(zone: str, query: str, begins: datetime) -> None:
    """Also on the two days a year that have 23 or 25 hours, and where the clocks change at midnight itself."""
    assert search.parse(query, zone=ZoneInfo(zone)).after == stamp(begins)


@pytest.mark.parametrize(
    ("query", "key", "moment"),
    [
        ("after:2026-11-29", "after", datetime(2026, 11, 28, 10, tzinfo=UTC)),
        ("before:2026-11-29", "before", datetime(2026, 11, 29, 12, tzinfo=UTC)),
        ("before:2026-11", "before", datetime(2026, 11, 1, 12, tzinfo=UTC)),
    ],
)
def test_without_a_zone_a_day_is_as_wide_as_on_earth(query: str, key: str, moment: datetime) -> None:
    """From its first hour at UTC+14; `before` leaves out the day itself, so it ends with its first hour at UTC-12."""
    assert getattr(search.parse(query), key) == stamp(moment)


def test_a_run_of_the_small_hours_belongs_to_its_local_day(studio: Studio) -> None:
    run = finish(studio, image("a pear"))
    with studio.context.store.write() as db:
        db.execute("UPDATE runs SET created_at = '2026-11-28T20:30:00.000000+00:00' WHERE id = ?", [run.id])
    found = {
        z: len(studio.local.gallery.search("after:2026-11-29", time_zone=z).runs) for z in ("UTC", "Asia/Shanghai")
    }
    assert found == {"UTC": 0, "Asia/Shanghai": 1}
    assert len(studio.local.gallery.search("after:2026-11-29").runs) == 1, "without a zone, what anybody calls that day"
    with pytest.raises(CapabilityError, match="time_zone"):
        studio.local.gallery.search("", time_zone="../../etc/passwd")
