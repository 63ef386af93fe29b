"""The same pictures made the plain way: one pipeline with everything in it, decoding at the end, no engine of ours.

python -m tests.engines.local.plain MODELS OUT row [row ...]
"""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

from studio.catalogue import load
from studio.engines.local import torch_imports

torch_imports.load()

import diffusers  # noqa: E402
import torch  # noqa: E402

from studio.media.encode import VideoWriter  # noqa: E402

LIBRARY: Any = diffusers


def main() -> None:
    """Write OUT/row/clip.mp4 or image.png for every row: 96x64, 9 frames, 3 steps, seed 7, the row's own guidance."""
    models, out, names = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    rows = load()
    for name in names:
        (out / name).mkdir()
        make(rows.get(f"local/{name}"), models, out / name)


def make(row: Any, models: Path, out: Path) -> None:
    engine, mode = row.engine, row.engine["modes"]["standard"]
    pipe = LIBRARY.DiffusionPipeline.from_pretrained(str(models / engine["repo"]), dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    call: dict[str, Any] = {"prompt": "a red kite over the sea", "width": 96, "height": 64, "num_inference_steps": 3}
    call["generator"] = torch.Generator("cpu").manual_seed(7)
    if engine["decode"] == "wan":
        pipe.scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config, flow_shift=mode["shift"])
        call |= {"num_frames": 9, "guidance_scale": mode["guidance"], "negative_prompt": engine["negative"]}
        call |= {"guidance_scale_2": mode["guidance_2"]} if "guidance_2" in mode else {}
        call["callback_on_step_end"] = cut_after(round(mode["guidance_until"] * 3))
        write_clip(pipe(**call, output_type="np").frames[0], row.default_fps, out / "clip.mp4")
        return
    if engine["decode"] == "qwen":
        call |= {"true_cfg_scale": mode["guidance"], "negative_prompt": engine["negative"]}
    else:
        call["guidance_scale"] = mode.get("guidance", 1.0)
    pipe(**call).images[0].save(out / "image.png", compress_level=4)


def cut_after(steps: int) -> Any:
    """The guidance cut-off as the documents of the library describe it."""

    def after(pipe: Any, i: int, _: Any, tensors: Any) -> dict[str, Any]:
        if i + 1 >= steps:
            pipe._guidance_scale = 1.0
        return {}

    return after


def write_clip(frames: Any, fps: int, path: Path) -> None:
    with VideoWriter(path, width=96, height=64, fps=Fraction(fps), crf=0) as writer:
        for frame in frames:
            writer.write_rgb((frame * 255).round().astype("uint8"))


if __name__ == "__main__":
    main()
