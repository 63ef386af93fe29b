"""The language model on the Connections page: found, set up, tested and taken away, and its key goes nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from studio.errors import CapabilityError, Conflict, NotConfigured
from studio.services import language_model
from studio.settings import Settings
from studio.studio import Studio
from tests.support.chat_server import ChatServer
from tests.support.keyrings import MemoryKeyring, NoKeyring, used

KEY = ChatServer.KEY


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer(models=("small-model", "large-model")) as running:
        yield running


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    backend = MemoryKeyring()
    with used(backend):
        yield backend


def opened(folder: Path, **environ: str) -> Studio:
    given = {name: SecretStr(value) for name, value in environ.items()}
    return Studio.open(Settings(data=folder / "data", environ=given), start=False)


def test_nobody_is_asked_before_somebody_wants_it(
    tmp_path: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_model, "FOUND_AT", (("Ollama", server.base), ("llama.cpp", "http://127.0.0.1:9/v1")))
    with used(NoKeyring()), opened(tmp_path) as studio:
        model = studio.language_model
        assert (model.state().source, model.state().test) == ("", None)
        assert server.calls.total() == 0
        [found] = model.look_here()
        assert (found.label, found.base, found.models) == ("Ollama", server.base, ("large-model", "small-model"))
        assert model.state().source == ""


def test_an_address_is_saved_listed_and_tested(tmp_path: Path, server: ChatServer, ring: MemoryKeyring) -> None:
    with opened(tmp_path) as studio:
        model = studio.language_model
        with pytest.raises(CapabilityError, match="own network"):
            model.save(base=server.base)
        state = model.save(base=server.base, local=True)
        assert (state.source, "Choose a model" in (state.problem or "")) == ("", True)
        assert model.list_models().models == ("large-model", "small-model")
        state = model.save(base=f"{server.base}/", model="small-model")  # the address is there: nothing is asked
        assert (state.source, state.local, state.label) == ("address", True, server.url.removeprefix("http://"))
        state = model.test()
        assert state.test
        assert (state.test.state, state.test.model) == ("works", "small-model")
        assert server.seen[-1]["max_tokens"] == language_model.TEST_TOKENS
        with pytest.raises(CapabilityError, match="letters, digits"):
            model.save(model="a model; rm -rf /")
    with opened(tmp_path) as studio:
        assert studio.language_model.endpoint().base == server.base


def test_a_key_goes_to_its_own_address_only(tmp_path: Path, server: ChatServer, ring: MemoryKeyring) -> None:
    server.key = KEY
    with opened(tmp_path) as studio:
        model = studio.language_model
        state = model.save(base=server.base, model="small-model", key=KEY, local=True)
        assert KEY not in repr(state)
        assert state.key == "keyring"
        assert model.test().test == model.state().test
        with pytest.raises(CapabilityError, match="Paste LLM_API_KEY again"):
            model.save(base="https://elsewhere.example/v1")
        with pytest.raises(CapabilityError, match="Remove the key first"):
            model.save(base="http://127.0.0.1:9/v1", local=True)
        assert model.state().base == server.base
        with pytest.raises(CapabilityError, match="has the key in it"):
            model.save(base=f"{server.base}/{KEY}", local=True)
        assert model.remove_key().key is None
        refused = model.test()
        assert refused.test
        assert (refused.test.state, "accept the key" in (refused.problem or "")) == ("refused", True)
        assert model.save(base="").source == ""
    assert KEY not in (tmp_path / "data" / "studio.db").read_bytes().decode("latin-1")


def test_the_environment_wins_and_its_key_stays_at_its_address(tmp_path: Path, server: ChatServer) -> None:
    with (
        used(NoKeyring()),
        opened(tmp_path, LLM_BASE_URL=server.base, LLM_MODEL="small-model", LLM_API_KEY=KEY) as studio,
    ):
        model = studio.language_model
        assert model.state().given == ("LLM_BASE_URL", "LLM_MODEL", "LLM_API_KEY")
        for change in ({"base": "https://a.example"}, {"model": "x"}, {"key": "sk-other-key"}):
            with pytest.raises(Conflict):
                model.save(**change)  # type: ignore[arg-type]
        with pytest.raises(Conflict):
            model.remove_key()
    with used(NoKeyring()), opened(tmp_path / "b", LLM_API_KEY=KEY, LLM_MODEL="m") as studio:
        with pytest.raises(Conflict, match="only to an address from the environment"):
            studio.language_model.save(base="https://elsewhere.example/v1")
        with pytest.raises(NotConfigured):
            studio.language_model.endpoint()


@pytest.mark.parametrize(
    ("environ", "base", "prices"),
    [
        ({}, "https://dashscope.aliyuncs.com/compatible-mode/v1", "beijing"),
        ({"ALIBABA_REGION": "singapore"}, "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "singapore"),
        (
            {"ALIBABA_REGION": "tokyo", "ALIBABA_WORKSPACE": "ws1"},
            "https://ws1.ap-northeast-1.maas.aliyuncs.com/compatible-mode/v1",
            "tokyo",
        ),
        ({"ALIBABA_BASE_URL": "https://proxy.example/odd"}, "", ""),
        ({"DASHSCOPE_API_KEY": "sk-sp-coding-plan"}, "", ""),
    ],
)
def test_model_studios_key_brings_its_regions_language_models(
    tmp_path: Path, environ: dict[str, str], base: str, prices: str
) -> None:
    with used(NoKeyring()), opened(tmp_path, **({"DASHSCOPE_API_KEY": "sk-studio"} | environ)) as studio:
        if not base:
            assert studio.language_model.state().source == ""
            return
        endpoint = studio.language_model.endpoint()
        assert (endpoint.source, endpoint.base, endpoint.model) == ("alibaba", base, "qwen-plus")
        assert (endpoint.price_list, endpoint.local) == (prices, False)
        assert endpoint.headers["Authorization"] == "Bearer sk-studio"
