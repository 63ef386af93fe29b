"""Models and providers of the user's own, from files in the data folder: a mistake costs its own row, nothing else."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from studio.catalogue import load, toml_lines, user_rows
from studio.catalogue.user_rows import UserRows
from studio.domain import JSON, Status
from studio.engines.fake import FakeEngine
from studio.errors import CapabilityError, Conflict, NotFound
from studio.messages import Message
from studio.settings import Settings
from studio.studio import Studio
from tests.providers.generic import ENVELOPE, EnvelopeServer
from tests.support.kit import QUICK

TODAY = date(2026, 11, 30)
KNOWN = {m.id: m for m in load()}
PROVIDERS = {m.provider for m in KNOWN.values()}
MINE = """\
provider = "fal"

[[model]]
name = "wan9-t2v"
base = "wan2.7-t2v"
label = "Wan 9"
engine = { path = "fal-ai/wan/v9" }

[[model]]
name = "broken"
base = "wan2.7-t2v"
prices = [
  { unit = "second", usd = "cheap" },
]

[[correction]]
name = "wan2.6-t2v"
prices = [{ unit = "second", usd = 0.01 }]
"""


def read(text: str, **more: Any) -> UserRows:
    return user_rows.read("models/mine.toml", text, known=KNOWN, providers=PROVIDERS, today=TODAY, **more)


def test_good_rows_count_and_a_mistake_is_named_with_its_line_in_both_languages() -> None:
    found = read(MINE)
    assert [m.id for m in found.models] == ["fal/wan9-t2v"]
    assert found.models[0].request == KNOWN["fal/wan2.7-t2v"].request
    assert (found.models[0].yours, found.models[0].of_user, found.models[0].canonical) == ("added", True, "")
    assert [(m.id, m.yours, m.prices[0].usd) for m in found.corrections] == [("fal/wan2.6-t2v", "corrected", 0.01)]
    assert found.corrections[0].price_confirmed, "the user knows what it costs"
    (problem,) = found.problems
    assert isinstance(problem.sentence, Message)
    assert problem.sentence.startswith("models/mine.toml, line 13: prices.0.usd")
    assert problem.sentence.text("zh-CN").startswith("models/mine.toml 第 13 行：")


ROW = 'provider = "fal"\n[[model]]\nname = "x"\nbase = "wan2.7-t2v"\n'
BARE = 'provider = "atlascloud"\n[[model]]\nname = "x"\nlabel = "X"\ntasks = ["text-to-video"]\n'
CORRECTION = 'provider = "fal"\n[[correction]]\nname = "wan2.6-t2v"\n'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('provider = "fal"\n[[model]\n', 2, "valid TOML"),
        ('provider = "fal"\n\na = 1\na = 2\n', 4, "twice"),
        ("a = " + "[" * 5000 + "]" * 5000, 1, "nested"),
        ("a" + ".a" * 100_000 + " = 1", 1, "nested"),
        ("#" * (user_rows.MAX_BYTES + 1), 1, "larger"),
        ('provider = "fall"\n', 1, "no provider called fall"),
        ("[[model]]\n", 1, "for which provider"),
        ('provider = "fal"\nnote = "x"\n', 2, "no setting called note"),
        ('provider = "fal"\nmodel = 3\n', 2, "[[model]]"),
        ('provider = "fal"\n[[model]]\nname = "../x"\n', 3, "lower-case"),
        ('provider = "fal"\n[[model]]\nname = "x"\nbase = "nope"\n', 4, "no model fal/nope"),
        ('provider = "fal"\n[[model]]\nname = "wan2.7-t2v"\n', 3, "exists"),
        ('provider = "local"\n[[model]]\nname = "x"\n', 2, "this machine"),
        (ROW + 'labl = "x"\n', 5, "no setting called labl"),
        (ROW + 'label = "<img src=x onerror=alert(1)>"\n', 5, "HTML"),
        (ROW + "durations = { min = 1, max = inf }\n", 5, "finite"),
        (ROW + "durations = { min = 1, max = 10, step = 0 }\n", 5, "above 0"),
        (ROW + 'prices = [{ unit = "second", usd = -1.0 }]\n', 5, "negative"),
        (ROW + 'prices = [\n  { unit = "second", usd = 1 },\n  { unit = "hour", usd = 1 },\n]\n', 7, "prices.1.unit"),
        (ROW + 'note = "sk-abcdefghij0123456789"\n', 5, "looks like a key"),
        (ROW + "[model.params.prompt]\ntype = 'text'\nlabel = 'P'\n", 5, "name of a parameter"),
        (ROW + '[model.request]\nprompt = { from = "prompt", value = 3 }\n', 6, "exactly one of"),
        (BARE + 'engine = { model = "x" }\n', 2, "path"),
        (BARE.replace("atlascloud", "vtrix") + 'engine = { model = "x" }\n', 2, "request"),
        (CORRECTION + 'tasks = ["text-to-image"]\n', 4, "cannot change tasks"),
        (CORRECTION + "[correction.params.mine]\ntype = 'text'\nlabel = 'P'\n", 4, "has no mine"),
        ('provider = "comfyui"\n[[correction]]\nname = "qwen-image"\nengine = { a = 1 }\n', 4, "this machine"),
    ],
)
def test_each_mistake_is_one_sentence_with_its_line(text: str, line: int, words: str) -> None:
    found = read(text)
    assert found.problems, "nothing was found wrong"
    first = found.problems[0]
    assert first.line == line, first.sentence
    assert words in first.message
    assert all("sk-abc" not in p.sentence for p in found.problems)
    assert not found.models


def test_every_value_of_the_shipped_files_is_found_in_its_line() -> None:
    """Each key stands in the line that is named; a table without a line of its own gets the nearest around it."""

    def walk(value: Any, path: toml_lines.Path = ()) -> Iterator[toml_lines.Path]:
        if path and isinstance(path[-1], str):
            yield path
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, inner in items:
            yield from walk(inner, (*path, name))

    for file in Path(user_rows.__file__).parent.glob("*.toml"):
        text = file.read_text("utf-8")
        places, source = toml_lines.of_text(text).by_path, text.split("\n")
        wrong = [p for p in walk(tomllib.loads(text)) if p in places and str(p[-1]) not in source[places[p] - 1]]
        assert wrong == [], file.name
        assert len(places) > 20


def test_no_text_breaks_the_reader() -> None:
    """Every beginning and every cut of a good file, as an editor saves it half-way."""
    for end in range(0, len(MINE), 7):
        read(MINE[:end])
        read(MINE[:end] + MINE[end + 7 :])


# ------------------------------------------------------------------------------------------------- in an open studio


@pytest.fixture
def server() -> Iterator[EnvelopeServer]:
    with EnvelopeServer() as made:
        yield made


def settings(folder: Path, server: EnvelopeServer) -> Settings:
    return Settings(data=folder, secrets={"ENVELOPE_API_KEY": SecretStr(server.KEY)})


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def opened(folder: Path, server: EnvelopeServer) -> Studio:
    return Studio.open(settings(folder, server), engines={"fake": FakeEngine()}, timing=QUICK)


def ended(studio: Studio, body: JSON) -> Any:
    (run,) = studio.local.requests.submit(body)
    (run,) = studio.local.runs.wait([run.id], timeout_s=30)
    return run


PICTURE: JSON = {"task": "text-to-image", "model": "envelope/wan-x", "prompt": "a fox"}


def test_a_provider_of_the_users_is_an_engine_with_models_and_changes_without_a_restart(
    tmp_path: Path, server: EnvelopeServer
) -> None:
    put(tmp_path, "providers/envelope.toml", ENVELOPE.replace("URL", server.url))
    with opened(tmp_path, server) as studio:
        assert not [p for f in studio.user_files.all() for p in f.problems]
        run = ended(studio, PICTURE | {"count": 2})
        assert (run.status, len(run.assets)) == (Status.SUCCEEDED, 2), run.error
        status = next(s for s in studio.admin.engine_status() if s.name == "envelope")
        assert (status.label, status.ready, status.models) == ("Envelope", True, 1)
        text = studio.user_files.open("providers", "envelope")
        changed = text.text.replace("usd = 0.03", "usd = 0.05").replace('label = "Wan X"', 'label = "Wan Y"')
        studio.user_files.save("providers", "envelope", changed, revision=text.revision)
        assert studio.catalogue.get("envelope/wan-x").label == "Wan Y"
        assert ended(studio, PICTURE | {"prompt": "two"}).estimate_usd == pytest.approx(0.05)
        studio.user_files.remove("providers", "envelope")
        assert "envelope" not in studio.context.engines
        with pytest.raises(NotFound):
            studio.catalogue.get("envelope/wan-x")
        studio.user_files.restore("providers", "envelope")
        assert ended(studio, PICTURE | {"prompt": "three"}).status == Status.SUCCEEDED
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert server.KEY.encode() not in kept
    assert server.leaks == []


def test_the_studio_starts_whatever_the_files_say(tmp_path: Path, server: EnvelopeServer) -> None:
    bad = ["[[[", "\0\ud7ff", "a = " + "[" * 9000, '[api]\nlabel = 3\nbase_url = "http://127.0.0.1"', "x" * 300_000]
    for number, text in enumerate(bad):
        put(tmp_path, f"providers/bad{number}.toml", text)
        put(tmp_path, f"models/bad{number}.toml", text)
    put(tmp_path, "models/Not A Name.toml", "")
    (tmp_path / "models" / "folder.toml").mkdir()
    (tmp_path / "models" / "link.toml").symlink_to("/etc/hostname")
    with opened(tmp_path, server) as studio:
        files = {f.path: f for f in studio.user_files.all()}
        assert [path for path, file in files.items() if not file.problems] == []
        assert len(files) == 2 * len(bad) + 1
        assert "bad3" not in studio.context.engines


def test_a_correction_goes_back_to_the_row_as_it_was(tmp_path: Path, server: EnvelopeServer) -> None:
    before = KNOWN["fal/wan2.6-t2v"].prices
    with opened(tmp_path, server) as studio:
        file = studio.user_files.save("models", "mine", MINE, with_problems=True)
        assert (len(file.models), file.corrects, len(file.problems)) == (1, ("fal/wan2.6-t2v",), 1)
        assert studio.catalogue.get("fal/wan2.6-t2v").prices != before
        put(tmp_path, "models/mine.toml", 'provider = "fal"\n')  # by hand, outside
        studio.user_files.reload()
        assert studio.catalogue.get("fal/wan2.6-t2v").prices == before
        with pytest.raises(NotFound):
            studio.catalogue.get("fal/wan9-t2v")


def test_what_may_not_be_kept_is_refused_and_changes_nothing(tmp_path: Path, server: EnvelopeServer) -> None:
    with opened(tmp_path, server) as studio:
        files = studio.user_files
        for kind, name in (("models", "../x"), ("models", "A"), ("models", ""), ("providers", "fal")):
            with pytest.raises(CapabilityError):
                files.save(kind, name, MINE)  # pyright: ignore[reportArgumentType] - parametrised by hand
        with pytest.raises(CapabilityError, match="line 13"):
            files.save("models", "mine", MINE)
        with pytest.raises(CapabilityError, match="key"):
            files.save("models", "mine", MINE + 'note = "sk-abcdefghij0123456789"', with_problems=True)
        assert files.all() == []
        files.save("models", "mine", MINE, with_problems=True)
        with pytest.raises(Conflict, match="exists"):
            files.save("models", "mine", MINE, with_problems=True)
        opened_text = files.open("models", "mine")
        put(tmp_path, "models/mine.toml", 'provider = "kie"\n')
        with pytest.raises(Conflict, match="changed"):
            files.save("models", "mine", MINE, revision=opened_text.revision, with_problems=True)
        put(tmp_path, "models/mine.toml", 'provider = "kie"\n# sk-abcdefghij0123456789\n')
        assert "sk-abc" not in files.open("models", "mine").text


def test_a_key_of_a_shared_studio_is_sent_nowhere_else_by_an_edit(tmp_path: Path, server: EnvelopeServer) -> None:
    put(tmp_path, "providers/envelope.toml", ENVELOPE.replace("URL", server.url))
    shared = settings(tmp_path, server).model_copy(update={"password_hash": "x"})
    with Studio.open(shared, engines={"fake": FakeEngine()}, timing=QUICK, start=False) as studio:
        text = studio.user_files.open("providers", "envelope")
        moved = text.text.replace(server.url, "https://elsewhere.example.com").replace("local = true", "")
        with pytest.raises(CapabilityError, match="ENVELOPE_API_KEY"):
            studio.user_files.save("providers", "envelope", moved, revision=text.revision)
        with pytest.raises(CapabilityError, match="ENVELOPE_API_KEY"):
            studio.user_files.save("providers", "other", moved)
        with pytest.raises(CapabilityError, match="local = true"):
            keyless = text.text.replace('key_env = "ENVELOPE_API_KEY"', "").replace(server.url, "http://10.0.0.1")
            studio.user_files.save("providers", "inside", keyless)
        studio.user_files.save("providers", "envelope", text.text + "\n# a note\n", revision=text.revision)


def test_a_file_cannot_name_the_key_of_another_provider(tmp_path: Path, server: EnvelopeServer) -> None:
    taken = ENVELOPE.replace("URL", server.url).replace("ENVELOPE_API_KEY", "KIE_API_KEY")
    with opened(tmp_path, server) as studio:
        (problem,) = studio.user_files.check("providers", "mine", taken).problems
        assert "another provider" in problem.message
        assert problem.line == taken.split("\n").index('key_env = "KIE_API_KEY"') + 1


def test_runs_of_a_model_keep_its_file(tmp_path: Path, server: EnvelopeServer) -> None:
    server.pending_s = 60
    put(tmp_path, "providers/envelope.toml", ENVELOPE.replace("URL", server.url))
    with opened(tmp_path, server) as studio:
        (run,) = studio.local.requests.submit(PICTURE)
        until = time.monotonic() + 20
        while studio.local.runs.get(run.id).handle is None and time.monotonic() < until:
            time.sleep(0.02)
        with pytest.raises(Conflict, match="1 run"):
            studio.user_files.remove("providers", "envelope")
        studio.local.runs.cancel(run.id)
        studio.local.runs.wait([run.id], timeout_s=20)
        studio.user_files.remove("providers", "envelope")
