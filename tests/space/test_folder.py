"""A Space's folder: what a build writes passes every check, and each way to spoil it is found and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from studio.errors import StudioError
from studio.space import check, contents, front_matter, zerogpu
from studio.space.folder import build

STATIC = ("front matter", "Dockerfile", "requirements: bounds", "ZeroGPU", "no secrets in files",
          "file sizes and kinds", "nothing of no use")  # fmt: skip


def failures(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The sentences of the checks that need no start."""
    monkeypatch.setattr(check.trial, "findings", lambda *_: iter(()))
    found = list(check.check(folder, offline=True))
    return " ".join(f"{one.check}: {one.detail}" for one in found if one.result == "failed")


@pytest.mark.parametrize("sdk", ["docker", "gradio"])
def test_a_build_passes(sdk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert failures(build(tmp_path / "space", sdk=sdk), monkeypatch) == ""
    names = {path.name for path in (tmp_path / "space").iterdir()}
    assert ({"Dockerfile"} if sdk == "docker" else {"packages.txt"}) <= names
    assert "tests" not in names
    values = front_matter.read(tmp_path / "space")
    assert values["hf_oauth"] is True
    lines = (tmp_path / "space" / "requirements.txt").read_text("utf-8").splitlines()
    assert any(line.startswith("mcp>") for line in lines) is (
        sdk == "docker"
    )  # gradio[mcp] of the Hub has an older one
    assert values["hf_oauth_scopes"] == ["inference-api"]


def test_a_build_for_zerogpu_passes_and_preloads_what_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = build(tmp_path / "space", sdk="gradio", preload=zerogpu.preload(["z-image-turbo", "flux2-klein-4b"]))
    assert failures(folder, monkeypatch) == ""
    values = front_matter.read(folder)
    assert values["python_version"] == "3.12.12"
    assert values["preload_from_hub"] == ["Tongyi-MAI/Z-Image-Turbo", "black-forest-labs/FLUX.2-klein-4B"]


def test_zerogpu_is_refused_where_it_cannot_be() -> None:
    with pytest.raises(StudioError, match="45"):
        zerogpu.preload(["wan2.2-ti2v-5b", "z-image-turbo", "flux2-klein-4b"])
    with pytest.raises(StudioError, match="not a model for ZeroGPU"):
        zerogpu.preload(["wan2.2-t2v-a14b"])
    with pytest.raises(StudioError, match="Gradio SDK only"):
        build(Path("unused"), sdk="docker", preload=zerogpu.preload(["z-image-turbo"]))


def test_a_build_into_a_clone_replaces_it_and_keeps_its_history(tmp_path: Path) -> None:
    folder = build(tmp_path / "space", sdk="docker")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "studio" / "gone.py").write_text("")
    build(folder, sdk="gradio")
    assert (folder / ".git" / "HEAD").is_file()
    assert not (folder / "studio" / "gone.py").exists()
    assert not (folder / "Dockerfile").exists()


def test_a_build_does_not_write_among_other_files(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(StudioError, match="holds files, but no Space"):
        build(tmp_path, sdk="docker")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def edit(name: str, old: str, new: str) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), "utf-8")

    return spoil


SPOILT: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "no front matter": ("docker", lambda f: (f / "README.md").write_text("# Hello"), "does not begin with"),
    "broken yaml": ("docker", edit("README.md", "title: Wan", "title: 'Wan"), "not valid YAML"),
    "unknown name": ("docker", edit("README.md", "pinned:", "pined:"), "pined is no documented parameter"),
    "colour": ("docker", edit("README.md", "indigo", "teal"), "colorFrom is 'teal'"),
    "emoji": ("docker", edit("README.md", "🎬", "film"), "use one emoji"),
    "long description": ("docker", edit("README.md", "drafts are free", "drafts are free " * 3), "at most 60"),
    "scope": ("docker", edit("README.md", "- inference-api", "- inference"), "hf_oauth_scopes"),
    "oauth time": ("docker", edit("README.md", "minutes: 480", "minutes: 50000"), "from 1 to 43200"),
    "port": ("docker", edit("README.md", "app_port: 7860", "app_port: 8080"), "the Hub asks port 8080"),
    "version as number": ("gradio", edit("README.md", "python_version: 3.12.12", "python_version: 3.12"), "in quotes"),
    "other gradio": ("gradio", edit("README.md", "sdk_version: 6.", "sdk_version: 5."), "sdk_version is 5."),
    "no app": ("gradio", lambda f: (f / "app.py").unlink(), "not in the folder"),
    "hardware": ("docker", edit("README.md", "cpu-upgrade", "zero-gpu"), "suggested_hardware"),
    "root": ("docker", edit("Dockerfile", "USER user\n", ""), "starts as root"),
    "other id": ("docker", edit("Dockerfile", "--uid 1000", "--uid 1001"), "No RUN makes a user with id 1000"),
    "no chown": ("docker", edit("Dockerfile", "COPY --chown=user . .", "COPY . ."), "leaves the files to root"),
    "root only": ("docker", edit("Dockerfile", "STUDIO_PORT=7860", "STUDIO_PORT=7860 STUDIO_DATA=/var/lib/studio"),
                  "user 1000 cannot write"),
    "copy of nothing": ("docker", edit("Dockerfile", "requirements.txt .", "requirement.txt ."), "not in the folder"),
    "unbounded": ("docker", edit("requirements.txt", "httpx>=0.28,<1", "httpx>=0.28"), "httpx has no bound above"),
    "included file": ("gradio", lambda f: (f / "requirements.txt").write_text("-r more.txt\n"), "include"),
    "token": ("docker", lambda f: (f / "studio" / "x.py").write_text("T = 'hf_" + "a" * 34 + "'"), "studio/x.py holds"),
    "env file": ("docker", lambda f: (f / ".env").write_text("A=1"), ".env does not belong"),
    "large file": ("docker", lambda f: (f / "a.txt").write_bytes(b"a" * 11_000_000), "more than 10 MB"),
    "binary": ("docker", lambda f: (f / "a.bin").write_bytes(b"a\0b"), "*.bin in .gitattributes"),
    "tests": ("docker", lambda f: (f / "tests").mkdir(), "no place in a Space"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_a_fault_is_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sdk, spoil, sentence = SPOILT[name]
    folder = build(tmp_path / "space", sdk=sdk)
    spoil(folder)
    assert sentence in failures(folder, monkeypatch)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("torch==2.11.0", "torch>=2.9,<3", "pin one of them"),
        ("torch==2.11.0", "torch==2.13.0", "pin one of them"),
    ],
)
def test_a_torch_that_zerogpu_lacks_is_named(
    old: str, new: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = build(tmp_path / "space", sdk="gradio", preload=zerogpu.preload(["z-image-turbo"]))
    edit("requirements.txt", old, new)(folder)
    assert sentence in failures(folder, monkeypatch)


def test_a_secret_is_named_by_its_file_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("key = 'hf_" + "Q" * 34 + "'")
    [sentence] = contents.secret_problems(tmp_path)
    assert "a.py" in sentence
    assert "QQQ" not in sentence
