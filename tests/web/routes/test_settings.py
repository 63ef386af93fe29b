"""What the Settings page gets: each environment name of an engine with whether it is set, and no value."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from studio import engines
from studio.settings import Settings
from studio.studio import Studio

KEY, REGION = "sk-never-shown-5f1c", "singapore"


def test_an_engine_lists_its_variables_without_their_values(tmp_path: Path) -> None:
    environ = {"DASHSCOPE_API_KEY": SecretStr(KEY), "ALIBABA_REGION": SecretStr(REGION)}
    settings = Settings(data=tmp_path, environ=environ)
    made = {name: engines.build(name, settings) for name in ("alibaba", "comfyui")}
    with Studio.open(settings, engines=made, start=False) as studio:
        told = {status.name: status for status in studio.admin.engine_status()}
    for name in made:
        declared = engines.environment(name)
        assert [(v.name, v.required) for v in told[name].variables] == [(n, v.required) for n, v in declared.items()]
    assert [v.name for v in told["alibaba"].variables if v.is_set] == list(environ)
    assert [v.name for v in told["comfyui"].variables if v.is_set] == []
    assert KEY not in repr(told) and REGION not in repr(told)
