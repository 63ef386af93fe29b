"""What a picture or clip becomes inside a model is kept on disk: another seed or prompt need not encode it again.

The key is the content of what is encoded, after cropping and scaling to the run's size, with the model's files; what is
kept is exact, so a result is the same with it and without. For a first frame of Wan this saves encoding a whole clip.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from diffusers.models.modeling_outputs import AutoencoderKLOutput
from safetensors.torch import load_file, save_file


class EncodingCache:
    """The kept encodings of one model. folder: where they lie. source: what decides them beside the pictures, such as
    the model's files. made and reused: how many were computed and how many came from the disk."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder, self.source = folder, f"{source} {torch.__version__}"
        self.computed = self.reused = 0

    def json(self) -> dict[str, int]:
        """What is told with the result."""
        return {"made": self.computed, "reused": self.reused}

    @contextmanager
    def caching(self, pipe: Any) -> Iterator[None]:
        """While this holds, the pipeline's picture encoders answer from the disk where they can."""
        undo = []
        if getattr(pipe, "vae", None) is not None:
            undo.append(_replace(pipe.vae, "encode", self._latents))
        if getattr(pipe, "image_encoder", None) is not None:
            undo.append(_replace(pipe, "encode_image", self._image_embeds))
        try:
            yield
        finally:
            for one in undo:
                one()

    def _latents(self, plain: Callable[..., Any], x: torch.Tensor, return_dict: bool = True) -> Any:
        def encode() -> torch.Tensor:
            return plain(x).latent_dist.parameters

        found = DiagonalGaussianDistribution(self._cached("latents", [x], encode).to(x.device, x.dtype))
        return AutoencoderKLOutput(latent_dist=found) if return_dict else (found,)

    def _image_embeds(self, plain: Callable[..., Any], image: Any, *more: Any, **named: Any) -> torch.Tensor:
        pictures = image if isinstance(image, list) else [image]
        device = named.get("device") or next((m for m in more if isinstance(m, torch.device)), None)
        found = self._cached("seen", [*pictures, *_plain_values(more, named)], lambda: plain(image, *more, **named))
        return found if device is None else found.to(device)

    def _cached(self, what: str, content: list[Any], encode: Callable[[], torch.Tensor]) -> torch.Tensor:
        path = self.folder / f"{self._key(what, content)}.safetensors"
        if path.is_file():
            path.touch()  # what is used is thrown away last
            self.reused += 1
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            save_file({"x": encode().detach().cpu().contiguous()}, part)
            part.replace(path)
            self.computed += 1
        return load_file(path)["x"].clone()  # read the first time too: how a tensor lies can decide a sum's last bits

    def _key(self, what: str, content: list[Any]) -> str:
        digest = hashlib.sha256(f"{what} {self.source}".encode())
        for one in content:
            digest.update(_bytes(one))
        return digest.hexdigest()[:32]


def _replace(owner: Any, name: str, by: Callable[..., Any]) -> Callable[[], None]:
    """Put a function of ours before a method, given the method first; gives what takes it away again."""
    plain = getattr(owner, name)
    setattr(owner, name, lambda *a, **k: by(plain, *a, **k))
    return lambda: delattr(owner, name)


def _plain_values(more: tuple[Any, ...], named: dict[str, Any]) -> list[str]:
    """The other arguments that decide the result, such as a type; a device does not."""
    values = [*more, *(v for _, v in sorted(named.items()))]
    return [str(v) for v in values if not isinstance(v, torch.device)]


def _bytes(one: Any) -> bytes:
    if isinstance(one, torch.Tensor):
        flat = one.detach().cpu().contiguous()
        return f"{flat.dtype} {tuple(flat.shape)}".encode() + flat.view(torch.uint8).numpy().tobytes()
    if isinstance(one, str):
        return one.encode()
    return f"{one.mode} {one.size}".encode() + one.tobytes()
