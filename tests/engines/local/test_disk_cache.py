"""What the local engine keeps for later is bounded: too much or too old goes, the least recently used first."""

from __future__ import annotations

import os
import time
from pathlib import Path

from studio.engines.local.disk_cache import IN_USE_S, DiskCache, touched
from studio.settings import Settings
from studio.studio import Studio
from tests.engines.local.bench import Bench

HOUR_S, DAY_S = 3600.0, 86400.0


def kept(folder: Path, name: str, *, age_s: float, size: int = 1000) -> Path:
    """A kept file, last used so long ago."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    used = time.time() - age_s
    os.utime(path, (used, used))
    return path


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.rglob("*") if p.is_file()}


def test_too_much_goes_least_recently_used_first(tmp_path: Path) -> None:
    for name, hours in (("latents/oldest", 9), ("embeds/older", 6), ("pictures/newer", 3), ("embeds/newest", 1)):
        kept(tmp_path, name, age_s=hours * HOUR_S)
    other = kept(tmp_path, "seen.json", age_s=90 * DAY_S)
    assert DiskCache(tmp_path, max_bytes=2000).prune() == 2000
    assert names(tmp_path) == {"newer", "newest", other.name}


def test_what_nobody_used_for_long_goes_and_using_it_keeps_it(tmp_path: Path) -> None:
    for name in ("forgotten", "used"):
        kept(tmp_path, f"embeds/{name}", age_s=31 * DAY_S)
    assert touched(tmp_path / "embeds" / "used")
    assert not touched(tmp_path / "embeds" / "never")
    DiskCache(tmp_path, max_age_s=30 * DAY_S).prune()
    assert names(tmp_path) == {"used"}


def test_what_a_run_uses_or_waits_for_stays(tmp_path: Path) -> None:
    waited_for = kept(tmp_path, "latents/waited-for", age_s=40 * DAY_S)
    kept(tmp_path, "embeds/just-read", age_s=IN_USE_S / 2)
    kept(tmp_path, "embeds/old", age_s=2 * HOUR_S)
    DiskCache(tmp_path, max_bytes=0).prune([str(waited_for)])
    assert names(tmp_path) == {"waited-for", "just-read"}


def test_it_is_done_at_the_start_with_the_users_bounds(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "local"
    old, young = (kept(folder, f"latents/{d}", age_s=d * DAY_S) for d in (3, 1))
    settings = Settings(data=tmp_path, options={"STUDIO_GPU": "cpu", "STUDIO_GPU_CACHE_DAYS": "2"})
    with Studio.open(settings) as studio:
        assert studio.admin.engine_status()  # builds the engines
        deadline = time.monotonic() + 10
        while old.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (old.exists(), young.exists()) == (False, True)
        assert studio.admin.storage().local_bytes == 1000


def test_embeddings_that_were_thrown_away_are_made_again(bench: Bench) -> None:
    prompt = "thrown away meanwhile"
    bench.make(bench.job("z-image-turbo", prompt=prompt))
    for path in (bench.folder / "cache" / "local" / "embeds").iterdir():
        path.unlink()
    again = bench.watch(bench.submit(bench.job("z-image-turbo", prompt=prompt, seed=9)))
    assert "encoding" in [p.word for p in again]
    assert again[-1].outputs
