"""The `[api]` table of a provider's file: how a REST service of the common shape is called and what its answers mean.

Submit a body, get a task; look until a state says that it is done; read addresses of files. What a file leaves out is
as most such services have it. No key stands in a file: it names the environment value that holds one.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from studio.catalogue.schema import Row
from studio.engines.addresses import looks_public
from studio.engines.generic.answers import PATH
from studio.errors import Refused
from studio.messages import Message, of_error

TASK = "{task}"
KEY_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,60}_API_(KEY|TOKEN)")
BASE_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,60}_BASE_URL")
HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")


def _answer_path(path: str) -> str:
    if not PATH.fullmatch(path):
        raise ValueError(Message("userfile.answer_path", path=path[:60]))
    return path


def _url_path(path: str) -> str:
    """Under the base URL, so that no file sends a request, and the key, elsewhere."""
    if not path.startswith("/") or "//" in path or ".." in path or re.search(r"[\s#\\]", path):
        raise ValueError(Message("userfile.url_path", path=path[:60]))
    return path


def _header(name: str) -> str:
    if not HEADER.fullmatch(name):
        raise ValueError(Message("userfile.header", name=name[:60]))
    return name


AnswerPaths = Annotated[tuple[Annotated[str, AfterValidator(_answer_path)], ...], Field(max_length=20)]
UrlPath = Annotated[str, Field(max_length=300), AfterValidator(_url_path)]
Header = Annotated[str, AfterValidator(_header)]
Words = Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=40)]


class Auth(Row):
    """The header that carries the key, and the word before it; "" sends the key alone."""

    header: Header = "Authorization"
    scheme: str = Field(default="Bearer", pattern=r"^[A-Za-z-]{0,30}$")


class Submit(Row):
    """The call that starts a run. path: a row's own `engine.path` or `engine.paths` count before it.

    id: where the answer names the task. poll_url: where it gives the address to look at, if it does.
    idempotency_header: carries the run's id, so that a submit whose answer was lost is safe to repeat.
    """

    path: UrlPath = "/video/generations"
    id: AnswerPaths = ("task_id", "id", "data.task_id", "data.id", "data[0].task_id", "data[0].id")
    poll_url: AnswerPaths = ()
    idempotency_header: Header | Literal[""] = ""


class Poll(Row):
    """The call that looks at a task, and where its answer says what. body: of a POST; {task} is the task's name.

    cost: dollars. seed: the one that was used.
    """

    path: UrlPath = "/video/generations/{task}"
    method: Literal["GET", "POST"] = "GET"
    body: dict[str, str] = Field(default_factory=dict, max_length=20)
    state: AnswerPaths = ("status", "data.status", "data.task_status", "state", "data.state")
    result: AnswerPaths = (
        *("output.video_url", "output.image_url", "output.url", "output", "outputs", "results", "result_urls"),
        *("data.output.video_url", "data.outputs", "data.output", "data.results", "video_url", "data.video_url", "url"),
    )
    progress: AnswerPaths = ("progress", "data.progress")
    error: AnswerPaths = ("error.message", "error", "message", "data.error.message", "data.error", "msg")
    code: AnswerPaths = ("error.code", "data.error.code")
    cost: AnswerPaths = ()
    seed: AnswerPaths = ()

    @model_validator(mode="after")
    def _names_the_task(self) -> Poll:
        if TASK not in self.path and not any(TASK in value for value in self.body.values()):
            raise ValueError(Message("userfile.no_task_place", task=TASK))
        return self


class States(Row):
    """Words for a task, in lower case. Any other word means that it still runs."""

    done: Words = ("succeeded", "success", "completed", "complete", "finished", "done")
    failed: Words = ("failed", "fail", "error", "timeout", "expired", "aborted")
    cancelled: Words = ("cancelled", "canceled")
    queued: Words = ("queued", "pending", "submitted", "created", "waiting", "in_queue")


class Cancel(Row):
    """The call that stops a task."""

    path: UrlPath
    method: Literal["POST", "DELETE", "PUT"] = "POST"


class Upload(Row):
    """The form that takes an input file. Without it, files go inside the body as data URIs.

    field: of the file in the form. url: where the answer says its address.
    """

    path: UrlPath
    field: str = Field("file", pattern=r"^[\w-]{1,40}$")
    url: AnswerPaths = ("url", "data.url", "file_url", "data.file_url", "download_url", "data.download_url")


class Api(Row):
    """See the module. base_url_env: an environment value that counts before base_url. key_env: the one with the key;
    "" for a service without. local: the address may be on this machine or in its network. headers: sent with each call.
    """

    label: str = Field(min_length=1, max_length=60)
    base_url: str = Field("", max_length=300)
    base_url_env: str = ""
    key_env: str = ""
    local: bool = False
    headers: dict[Header, str] = Field(default_factory=dict, max_length=20)
    auth: Auth = Auth()
    submit: Submit = Submit()
    poll: Poll = Poll()
    states: States = States()
    cancel: Cancel | None = None
    upload: Upload | None = None

    @model_validator(mode="after")
    def _sound(self) -> Api:
        if self.key_env and not KEY_NAME.fullmatch(self.key_env):
            raise ValueError(Message("userfile.key_env", name=self.key_env[:60]))
        if self.base_url_env and not BASE_NAME.fullmatch(self.base_url_env):
            raise ValueError(Message("userfile.base_url_env", name=self.base_url_env[:60]))
        if not (self.base_url or self.base_url_env):
            raise ValueError(Message("userfile.no_base_url"))
        if self.base_url and (wrong := base_url_problem(self.base_url, local=self.local)):
            raise ValueError(wrong)
        return self


def base_url_problem(url: str, *, local: bool) -> str | None:
    """What is wrong with the base URL of a file: it is no address, or leads to this machine though `local` is not set;
    None where it is good."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return Message("userfile.base_url", url=url[:80])
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        return Message("userfile.base_url", url=url[:80])
    if not local and parts.scheme != "https":
        return Message("userfile.base_url_http")
    if not local and not looks_public(url):
        return Message("userfile.base_url_private")
    return None


def submit_path(engine: dict[str, Any], task: str, api: Api) -> str:
    """Where a run of this row is submitted: `engine.paths` by task, `engine.path`, or the file's own. Raises Refused
    for one that leads elsewhere."""
    paths = engine.get("paths")
    own = paths.get(task) if isinstance(paths, dict) else None
    try:
        return _url_path(str(own or engine.get("path") or api.submit.path))
    except ValueError as error:
        raise Refused(of_error(error), code="path") from None
