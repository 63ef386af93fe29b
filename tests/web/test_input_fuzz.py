"""No input gives a server error, a bare answer or a traceback: every route and function is asked with anything.

What is asked comes from the studio itself: its route table, the functions' signatures, the pages' events. Cases are the
same each time (derandomized). A failure that nobody foresaw would be answered, too; here it counts as a fault.
"""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine, FakeProvider
from studio.settings import Settings
from studio.studio import Studio
from studio.web.errors import UNEXPECTED
from studio.web.forms.events import FormEvents
from studio.web.forms.form import CreateForm
from studio.web.forms.tasks import CREATE_TASKS
from studio.web.routes import forms, register
from tests.support.kit import QUICK, finish, image

pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
EXAMPLES = 12
"""For each route, function and event."""
SKIPPED = {"/events/runs", "/ui/models/{word}"}
"""A stream without end; downloads of whole models."""
FOR_MACHINES = "/hooks/"
"""Providers call here; whoever guesses an address is told nothing."""
SENTENCE = re.compile(r"\S.*[.!?\u3002\uff1f\uff01]$", re.DOTALL)
cases = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)

TEXTS = st.one_of(
    st.sampled_from(["", "\x00", "a\x00b", "\ud83d", "\u202egnp.exe", "\u200b\u200b", "x" * 3000, "../../etc/passwd"]),
    st.sampled_from(["'; DROP TABLE runs; --", '"', "NEAR(", "seed:" + "9" * 40, "before:99999-99-99", "{" * 400]),
    st.text(max_size=12),
)
NUMBERS = st.sampled_from(
    [
        0,
        -1,
        1,
        3,
        2**31,
        2**53 + 1,
        2**63,
        2**64,
        10**30,
        10**300,
        1.5,
        1e308,
        float("nan"),
        float("inf"),
        -float("inf"),
    ]
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
ANY = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)


@dataclass(frozen=True)
class Served:
    """A studio behind its address, with ids of things that exist."""

    url: str
    studio: Studio
    ids: tuple[str, ...]
    project: bytes


class Errors(logging.Handler):
    """Log lines that tell of failures nobody foresaw."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[Served]:
    from studio.web.app import served as serve

    folder: Path = tmp_path_factory.mktemp("fuzz")
    made = {n: FakeEngine(name=n, provider=FakeProvider(folder / n)) for n in ("fake", "paid")}
    with Studio.open(Settings(data=folder / "data"), engines=made, catalogue=catalogue, timing=QUICK) as studio:
        run = finish(studio, image("a fox"))
        board = studio.local.storyboards.create("Film", script="A fox.\n\nA hare.", model="fake/clip").board
        Image.new("RGB", (64, 48), "teal").save(folder / "a.png")
        asset = studio.local.assets.add(folder / "a.png", name="a.png")
        ids = (run.id, run.assets[0].id, asset.id, board.id, board.shots[0].id, "r_0", "seed", "first", "thumb")
        with serve(studio, server_port=None) as url:
            yield Served(url.rstrip("/"), studio, ids, _project(board.model_dump(mode="json")))


def _project(board: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.json", json.dumps({"version": 1, "board": board, "files": {}}))
    return out.getvalue()


@pytest.fixture(autouse=True)
def nothing_unforeseen(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """No line at level error, no traceback on the console."""
    heard, log = Errors(), logging.getLogger("studio")
    log.addHandler(heard)
    yield
    log.removeHandler(heard)
    assert heard.lines == []
    assert "Traceback" not in "".join(capfd.readouterr())


def judge(said: object, asked: object) -> None:
    """The answer to a refused request is a sentence."""
    assert isinstance(said, str) and SENTENCE.match(said), f"{asked!r} was answered {said!r}"
    assert said != UNEXPECTED and "Traceback" not in said and len(said) < 3000, f"{asked!r} was answered {said!r}"


# ---------------------------------------------------------------------------------------------------- our routes


def table(studio: Studio | None = None) -> list[APIRoute]:
    """The studio's own routes. Built for reading only where no studio is given."""
    site = register.build(studio)  # type: ignore[arg-type]
    found = [*site.routes, *forms.router(studio).routes]  # type: ignore[arg-type]
    return [r for r in found if isinstance(r, APIRoute) and r.path not in SKIPPED]


TABLE = table()


def values_for(annotation: Any, name: str, ids: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """A value for a field: often one that fits, so that what lies behind the first check is reached, too."""
    fitting = [st.sampled_from(ids)] if "id" in name or name in ("shot", "shots", "run", "before") else []
    text = str(annotation)
    fitting += [st.lists(st.sampled_from(ids), max_size=3)] if "list" in text else []
    fitting += [st.integers(0, 200)] if "int" in text or "float" in text else []
    fitting += [st.booleans()] if "bool" in text else []
    fitting += [st.sampled_from(["a fox", "day", "text-to-image", "fake/image", "mp4"])] if "str" in text else []
    return st.one_of(*fitting, ANY)


def body_for(route: APIRoute, ids: tuple[str, ...]) -> st.SearchStrategy[Any] | None:
    """JSON for a route that reads some: nearly its model, or anything."""
    if not route.dependant.body_params:
        return None
    shape = route.dependant.body_params[0].field_info.annotation
    options: list[st.SearchStrategy[Any]] = [ANY]
    for model in getattr(shape, "__args__", (shape,)):
        fields = getattr(model, "model_fields", {})
        op = fields.get("op")
        fixed = {"op": st.just(op.annotation.__args__[0])} if op is not None else {}
        wanted = {k: values_for(f.annotation, k, ids) for k, f in fields.items() if k not in fixed}
        required = {k: v for k, v in wanted.items() if fields[k].is_required()}
        options.append(
            st.fixed_dictionaries(fixed | required, optional={k: wanted[k] for k in wanted.keys() - required})
        )
    return st.one_of(*options)


def query_for(route: APIRoute, ids: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    found: dict[str, st.SearchStrategy[Any]] = {}
    for field in route.dependant.query_params:
        inner = getattr(field.field_info.annotation, "model_fields", {field.name: field.field_info})
        found |= {name: values_for(info.annotation, name, ids).map(_in_address) for name, info in inner.items()}
    return st.fixed_dictionaries({}, optional=found)


def _in_address(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


BYTES = st.one_of(
    st.binary(max_size=200), st.just(b""), st.just(b"\x89PNG\r\n\x1a\n"), st.just(b"PK\x05\x06" + b"\0" * 18)
)


@pytest.mark.parametrize("route", TABLE, ids=lambda r: f"{min(r.methods)} {r.path}")
def test_every_route_answers_anything_in_a_sentence(route: APIRoute, served: Served) -> None:
    names = re.findall(r"{(\w+)(?::path)?}", route.path)
    body = body_for(route, served.ids)
    methods = sorted(route.methods or ())
    raw = body is None and "POST" in methods
    piece = st.one_of(st.sampled_from(served.ids), TEXTS)

    @cases
    @given(parts=st.fixed_dictionaries(dict.fromkeys(names, piece)), query=query_for(route, served.ids), data=st.data())
    def ask(parts: dict[str, str], query: dict[str, Any], data: st.DataObject) -> None:
        filled = {n: quote(_in_address(v).replace("/", "_"), safe="") or "_" for n, v in parts.items()}
        address = re.sub(r"{(\w+)(?::path)?}", lambda m: filled[m[1]], route.path)
        content: Any = data.draw(BYTES if raw or body is None else body) if raw or body is not None else None
        if raw and route.path.endswith("/import"):
            content = data.draw(st.one_of(BYTES, spoiled(served.project)))
        sent = content if isinstance(content, bytes) else None if content is None else json.dumps(content).encode()
        for method in methods:
            answer = client.request(method, served.url + address, params=query, content=sent, headers=JSON_TYPE)
            asked = (method, address, query, sent)
            assert answer.status_code < 500, f"{asked!r}: {answer.status_code} {answer.text[:300]}"
            if address.startswith(FOR_MACHINES):
                assert answer.content == b"", asked
            elif answer.status_code >= 400 and method != "HEAD":
                plain = answer.headers["content-type"].startswith("text/plain")
                judge(answer.text if plain else answer.json().get("error"), asked)

    with httpx.Client(timeout=30) as client:
        ask()


JSON_TYPE = {"content-type": "application/json"}


def spoiled(archive: bytes) -> st.SearchStrategy[bytes]:
    """A project with one to four bytes changed, or cut short."""
    place = st.tuples(st.integers(0, len(archive) - 1), st.integers(0, 255))

    def change(found: tuple[list[tuple[int, int]], int]) -> bytes:
        made = bytearray(archive)
        for at, value in found[0]:
            made[at] = value
        return bytes(made[: len(made) - found[1]])

    return st.tuples(st.lists(place, max_size=4), st.sampled_from([0, 0, 1, 30])).map(change)


# ------------------------------------------------------------------------------------------ functions and events


REQUESTS = st.fixed_dictionaries(
    {"task": st.one_of(st.just("text-to-image"), ANY), "model": st.one_of(st.just("fake/image"), ANY)},
    optional={
        name: values_for("int str", name, ("a_0",))
        for name in (
            "prompt",
            "width",
            "height",
            "aspect",
            "tier",
            "duration_s",
            "fps",
            "seed",
            "n",
            "image",
            "style",
            "x",
        )
    },
)
FUNCTIONS = ("submit", "estimate", "upload", "get_run", "wait", "cancel", "retry", "search", "models")


def last_event(client: httpx.Client, url: str, name: str, data: list[Any]) -> tuple[str, Any]:
    """The end of a call: its event and its data."""
    call = f"{url}/gradio_api/call/{name}"
    started = client.post(call, content=json.dumps({"data": data}), headers=JSON_TYPE)
    assert started.status_code == 200, (name, data, started.text)
    stream = client.get(f"{call}/{started.json()['event_id']}").text.strip().split("\n\n")[-1]
    kind, body = stream.split("\n", 1)
    return kind.removeprefix("event: "), json.loads(body.removeprefix("data: "))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_answers_anything_in_a_sentence(name: str, served: Served) -> None:
    """Too few values, too many, null, and any type for each; the error is never bare."""
    first = st.one_of(REQUESTS, st.lists(REQUESTS, max_size=2), st.sampled_from(served.ids), ANY)
    rest = st.lists(st.one_of(st.just(0), st.none(), ANY), max_size=9)

    @cases
    @given(first=first, rest=rest)
    def ask(first: Any, rest: list[Any]) -> None:
        if name == "wait":
            rest = [0, *rest[1:]] if rest else [0]
        kind, said = last_event(client, served.url, name, [first, *rest])
        if kind == "error":
            judge((said or {}).get("error"), (name, first, rest))

    with httpx.Client(timeout=60) as client:
        ask()


@pytest.mark.parametrize("page", ["t2i", "i2v"])
def test_every_event_of_the_forms_answers_anything_in_a_sentence(page: str, served: Served) -> None:
    """As a page's script would send it, were it changed: anything in place of the form, or nearly a form."""
    names = sorted(FormEvents(served.studio).events)
    typed = {f.key: ANY for f in CreateForm(served.studio, CREATE_TASKS[page], page).fields}
    files = st.dictionaries(
        st.sampled_from(["image", "first_frame", "references", ""]), st.lists(ANY, max_size=2) | ANY
    )
    held = st.fixed_dictionaries(
        {},
        optional={
            "model": st.sampled_from(["fake/image", "fake/clip"]) | ANY,
            "media": files | ANY,
            "origin": ANY,
            "values": st.fixed_dictionaries({}, optional=typed) | ANY,
        },
    )
    told = st.dictionaries(st.sampled_from(EVENT_KEYS), st.sampled_from(served.ids) | ANY, max_size=4)

    @settings(cases, max_examples=len(names) * EXAMPLES)
    @given(event=st.sampled_from([*names, "no"]), form=held, data=told, saved=st.none() | held)
    def ask(event: str, form: Any, data: Any, saved: Any) -> None:
        body = {"form": form, "data": {"saved": saved} if event == "open" else data}
        answer = client.post(f"{served.url}/ui/forms/{page}/{event}", content=json.dumps(body), headers=JSON_TYPE)
        assert answer.status_code < 500, (event, body, answer.text)
        if answer.status_code >= 400:
            judge(answer.json().get("error"), (event, body))

    with httpx.Client(timeout=30) as client:
        ask()


EVENT_KEYS = ("id", "ids", "slot", "paths", "names", "name", "path", "run", "asset", "of", "to", "terms", "key", "edit")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"data":5}', b'{"data":[' + b"[" * 3000, b"\xff\xfe", b"NaN"]
)
@pytest.mark.parametrize("path", ["/gradio_api/call/submit", "/gradio_api/run/predict", "/ui/queue/pause", "/ui/trash"])
def test_a_body_that_is_no_json_is_no_server_error(path: str, body: bytes, served: Served) -> None:
    assert httpx.post(served.url + path, content=body, headers=JSON_TYPE).status_code < 500
