"""Loading: a repository folder becomes a pipeline of a named class, its text part and its picture part apart.

Only safetensors are read, never code from a repository. The text part is large, needed for a second and freed before
the picture part takes the card; embeddings handed over give the same bytes as one pipeline with everything in it.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers.hooks.group_offloading import apply_group_offloading

from studio.engines.local.recipe import AppliedLora, Recipe

TEXT_MODELS = ("text_encoder", "text_encoder_2", "prompt_enhancer")
DENOISERS = ("transformer", "transformer_2")


def dtype_for(device: str) -> torch.dtype:
    """bfloat16 on cards, float32 on the processor, where it is faster and exact."""
    return torch.float32 if device == "cpu" else torch.bfloat16


def pipeline_class(name: str) -> Any:
    """A class of the library, by its name in a catalogue row or a repository."""
    return getattr(diffusers, name)


def components(folder: Path) -> list[str]:
    """The names of a repository's parts, those it leaves empty not counted."""
    index = json.loads((folder / "model_index.json").read_text("utf-8"))
    return [k for k, v in index.items() if isinstance(v, list) and v[0]]


def load_text(recipe: Recipe, folder: Path, device: str, rung: str) -> Any:
    """A pipeline with nothing but what `encode_prompt` needs, on the device; streamed there on the lowest rungs."""
    keep = set(recipe.engine["text"])
    without = {name: None for name in components(folder) if name not in keep and name != "scheduler"}
    pipe = _from_folder(recipe, folder, without, dtype_for(device))
    if rung not in ("blocks", "leaves"):
        return pipe.to(device)
    for part in pipe.components.values():
        if isinstance(part, torch.nn.Module):
            apply_group_offloading(part, **_streaming("leaf_level", device))
    return pipe


def load_picture(recipe: Recipe, folder: Path, device: str) -> Any:
    """A pipeline without text models, still on the processor; `place` puts it onto the card."""
    without = {name: None for name in components(folder) if name in TEXT_MODELS}
    return _from_folder(recipe, folder, without, dtype_for(device))


def _from_folder(recipe: Recipe, folder: Path, without: dict[str, Any], dtype: torch.dtype) -> Any:
    types = {"default": dtype} | dict.fromkeys(recipe.engine.get("fp32", ()), torch.float32)
    cls = pipeline_class(recipe.cls)
    shells = {name: _shell(folder, name) for name in recipe.engine.get("shells", ()) if name in without}
    pipe = cls.from_pretrained(
        str(folder),
        dtype=types,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        **(without | shells),
    )
    for name in shells:
        setattr(pipe, name, None)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _shell(folder: Path, name: str) -> Any:
    """A part without weights, for classes that read its configuration while they are made."""
    _, kind = json.loads((folder / "model_index.json").read_text("utf-8"))[name]
    cls = pipeline_class(kind)
    with torch.device("meta"):
        return cls.from_config(cls.load_config(str(folder / name), local_files_only=True))


def load_vae(recipe: Recipe, folder: Path, device: str) -> Any:
    """Only the parts that turn latents into pictures and sound, in a pipeline of the same class, on the device."""
    keep = set(recipe.engine.get("decoders", ("vae",))) | {"scheduler"}
    without = {name: None for name in components(folder) if name not in keep}
    return _from_folder(recipe, folder, without, dtype_for(device)).to(device)


def sibling(pipe: Any, name: str) -> Any:
    """The same modules behind another pipeline class.

    Not `from_pipe`: it casts the shared modules in place, so that parts kept in float32 are lost.
    """
    cls = pipeline_class(name)
    if type(pipe) is cls:
        return pipe
    wanted = inspect.signature(cls.__init__).parameters
    parts = {k: v for k, v in pipe.components.items() if k in wanted}
    parts |= {
        k: pipe.config[k]
        for k in ("boundary_ratio", "expand_timesteps", "is_distilled")
        if k in wanted and k in pipe.config
    }
    made = cls(**parts)
    made.set_progress_bar_config(disable=True)
    return made


def denoisers(pipe: Any) -> list[Any]:
    """The networks that are run once or twice a step."""
    return [m for name in DENOISERS if (m := getattr(pipe, name, None)) is not None]


def place(pipe: Any, rung: str, device: str) -> None:
    """Put the pipeline where this rung of the ladder wants it."""
    if rung in ("resident", "text_freed"):
        pipe.to(device)
    elif rung in ("one_part", "fp8"):
        pipe.enable_model_cpu_offload(device=device)
    else:
        _offload_groups(pipe, "block_level" if rung == "blocks" else "leaf_level", device)


def _offload_groups(pipe: Any, level: str, device: str) -> None:
    for network in denoisers(pipe):
        network.enable_group_offload(**_streaming(level, device))
    for name, part in pipe.components.items():
        if isinstance(part, torch.nn.Module) and name not in DENOISERS:
            part.to(device)


def _streaming(level: str, device: str) -> dict[str, Any]:
    """How a network's blocks or layers come to the device one by one and leave again."""
    streams = device.startswith("cuda")
    options: dict[str, Any] = {"num_blocks_per_group": 1} if level == "block_level" else {}
    options |= {"onload_device": torch.device(device), "offload_device": torch.device("cpu"), "offload_type": level}
    return options | {"use_stream": streams, "record_stream": streams}


def add_loras(pipe: Any, loras: tuple[AppliedLora, ...], paths: list[str]) -> None:
    """Load the LoRA files, found at `paths` in their order, into the experts they are for, at their strengths."""
    names: dict[str, list[tuple[str, float]]] = {}
    for i, (lora, path) in enumerate(zip(loras, map(Path, paths), strict=True)):
        for part in _experts(pipe, lora):
            name = f"lora{i}_{part}"
            into = {"load_into_transformer_2": True} if part == "transformer_2" else {}
            pipe.load_lora_weights(str(path.parent), weight_name=path.name, adapter_name=name, **into)
            names.setdefault(part, []).append((name, lora.weight))
    for part, used in names.items():
        getattr(pipe, part).set_adapters([n for n, _ in used], [w for _, w in used])


def _experts(pipe: Any, lora: AppliedLora) -> list[str]:
    if getattr(pipe, "transformer_2", None) is None:
        return ["transformer"]
    return {"high": ["transformer"], "low": ["transformer_2"]}.get(lora.expert, list(DENOISERS))
