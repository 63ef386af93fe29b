"""What each pipeline class is called with. One function a family; what is common stands in `arguments`.

A row names its classes; the table at the end says which function knows the class. Pictures and clips come as files.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from studio.engines.local.recipe import Recipe
from studio.messages import Message

Arguments = dict[str, Any]


def arguments(recipe: Recipe, pipe: Any, embeds: Arguments, generator: Any) -> Arguments:
    """All arguments of the call that denoises: latents come back, for decoding is a stage of its own."""
    common: Arguments = {
        "width": recipe.width,
        "height": recipe.height,
        "num_inference_steps": recipe.steps,
        "generator": generator,
        "output_type": "latent",
        **embeds,
    }
    if recipe.frames > 1:
        common["num_frames"] = recipe.frames
    if recipe.sigmas and "sigmas" in inspect.signature(pipe.__call__).parameters:
        common |= {"sigmas": list(recipe.sigmas), "num_inference_steps": len(recipe.sigmas)}
    return common | FAMILIES[recipe.cls](recipe, pipe, common)


def picture(path: str, width: int | None = None, height: int | None = None) -> Image.Image:
    """The picture as RGB, upright; with a size it fills that size, and what sticks out is cut off evenly."""
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS) if width and height else image


def clip(path: str, recipe: Recipe, *, frames: int | None = None) -> list[Image.Image]:
    """The frames of a clip at the recipe's rate and size, cut or held at the end to `frames`."""
    import av

    wanted = frames or recipe.frames
    found: list[Image.Image] = []
    with av.open(path) as file:
        stream = file.streams.video[0]
        for frame in file.decode(stream):
            at = float((frame.pts or 0) * (frame.time_base or 0))
            while len(found) < wanted and len(found) / recipe.fps <= at + 1e-6:
                found.append(ImageOps.fit(frame.to_image(), (recipe.width, recipe.height), Image.Resampling.BICUBIC))
            if len(found) >= wanted:
                break
    if not found:
        raise ValueError(Message("local.clip_no_picture"))
    return found + [found[-1]] * (wanted - len(found))


def _wan(recipe: Recipe, pipe: Any, _: Arguments) -> Arguments:
    made: Arguments = {"guidance_scale": recipe.guidance}
    if getattr(pipe.config, "boundary_ratio", None) is not None and recipe.guidance_2 is not None:
        made["guidance_scale_2"] = recipe.guidance_2
    return made


def _first(recipe: Recipe, name: str) -> str | None:
    return next(iter(recipe.inputs.get(name, [])), None)


def _wan_image(recipe: Recipe, pipe: Any, common: Arguments) -> Arguments:
    made = _wan(recipe, pipe, common)
    made["image"] = picture(recipe.inputs["first_frame"][0], recipe.width, recipe.height)
    if last := _first(recipe, "last_frame"):
        made["last_image"] = picture(last, recipe.width, recipe.height)
    return made


def _wan_vace(recipe: Recipe, pipe: Any, common: Arguments) -> Arguments:
    made = _wan(recipe, pipe, common)
    made["conditioning_scale"] = float(recipe.extra.get("control_strength", 1.0))
    if pictures := recipe.inputs.get("references"):
        made["reference_images"] = [picture(p) for p in pictures]
    if source := _first(recipe, "video"):
        made |= _extend(source, recipe) if recipe.extra.get("edit") == "extend" else _restyle(source, recipe)
    return made


EXTEND_FROM = 17
"""Frames of the given clip that an extension starts with: enough to carry its motion on."""


def _extend(path: str, recipe: Recipe) -> Arguments:
    """The end of the clip, then grey frames to be made: black in the mask is kept, white is made."""
    kept = _last_frames(path, recipe, min(EXTEND_FROM, recipe.frames - 4))
    size = (recipe.width, recipe.height)
    grey, black, white = Image.new("RGB", size, (128,) * 3), Image.new("L", size, 0), Image.new("L", size, 255)
    rest = recipe.frames - len(kept)
    return {"video": kept + [grey] * rest, "mask": [black] * len(kept) + [white] * rest}


def _last_frames(path: str, recipe: Recipe, count: int) -> list[Image.Image]:
    import av

    with av.open(path) as file:
        stream = file.streams.video[0]
        seconds = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
    whole = clip(path, recipe, frames=max(count, round(seconds * recipe.fps)))
    return whole[-count:]


def _restyle(path: str, recipe: Recipe) -> Arguments:
    """The clip's motion as a control video: its edges, its greys, or as it is when it is a control video already."""
    frames = clip(path, recipe)
    control = recipe.extra.get("control", "edges")
    return {"video": [CONTROLS[control](f) for f in frames]}


def _edges(image: Image.Image) -> Image.Image:
    import cv2
    import numpy as np

    grey = cv2.GaussianBlur(np.asarray(image.convert("L")), (5, 5), 0)
    return Image.fromarray(255 - cv2.Canny(grey, 60, 140)).convert("RGB")


CONTROLS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "edges": _edges,
    "grey": lambda image: image.convert("L").convert("RGB"),
    "ready": lambda image: image,
}


def _wan_animate(recipe: Recipe, pipe: Any, _: Arguments) -> Arguments:
    side = int(pipe.transformer.config.motion_encoder_size)
    face = _first(recipe, "references")
    faces = clip(face, recipe) if face else [Image.new("RGB", (side, side))] * recipe.frames
    segment = min(recipe.frames, int(recipe.engine["segment_frames"]))
    return {
        "image": picture(recipe.inputs["image"][0], recipe.width, recipe.height),
        "pose_video": clip(recipe.inputs["video"][0], recipe),
        "face_video": [ImageOps.fit(f, (side, side)) for f in faces],
        "segment_frame_length": segment,
        "guidance_scale": recipe.guidance,
        "output_type": "np",
        "num_frames": None,
    }


def _ltx2(recipe: Recipe, pipe: Any, _: Arguments) -> Arguments:
    made: Arguments = {"guidance_scale": recipe.guidance, "frame_rate": recipe.fps, **recipe.engine.get("call", {})}
    if recipe.guidance <= 1:
        made |= {"stg_scale": 0.0, "modality_scale": 1.0, "audio_guidance_scale": 1.0, "guidance_rescale": 0.0}
        made |= {"audio_stg_scale": 0.0, "audio_modality_scale": 1.0, "audio_guidance_rescale": 0.0}
    if first := _first(recipe, "first_frame"):
        made["image"] = picture(first, recipe.width, recipe.height)
    return made


def _hunyuan(recipe: Recipe, pipe: Any, common: Arguments) -> Arguments:
    pipe.guider = pipe.guider.new(guidance_scale=recipe.guidance)
    first = _first(recipe, "first_frame")
    if first is None:
        return {}
    # It would take the size nearest to the picture's shape from a list, by rounded ratios that miss upright ones.
    pipe.video_processor.calculate_default_height_width = lambda **_: (recipe.height, recipe.width)
    return {"image": picture(first, recipe.width, recipe.height), "width": None, "height": None}


def _kandinsky(recipe: Recipe, pipe: Any, _: Arguments) -> Arguments:
    made: Arguments = {"guidance_scale": recipe.guidance}
    if first := _first(recipe, "first_frame"):
        made["image"] = picture(first, recipe.width, recipe.height)
    return made


def _plain_image(recipe: Recipe, pipe: Any, _: Arguments) -> Arguments:
    return {"guidance_scale": recipe.guidance}


def _flux2(recipe: Recipe, pipe: Any, _: Arguments) -> Arguments:
    pictures = [picture(p) for name in ("image", "images", "references") for p in recipe.inputs.get(name, [])]
    return {"guidance_scale": recipe.guidance} | ({"image": pictures} if pictures else {})


def _qwen(recipe: Recipe, pipe: Any, _: Arguments) -> Arguments:
    return {"true_cfg_scale": recipe.guidance}


def _qwen_edit(recipe: Recipe, pipe: Any, _: Arguments) -> Arguments:
    module: Any = importlib.import_module(type(pipe).__module__)
    module.VAE_IMAGE_SIZE = round(float(recipe.extra.get("reference_megapixels", 1.0)) * 1024 * 1024)
    return {"true_cfg_scale": recipe.guidance, "image": edited_pictures(recipe)}


def edited_pictures(recipe: Recipe) -> list[Image.Image]:
    """The pictures of an edit in the user's order."""
    return [picture(p) for name in ("image", "images", "references") for p in recipe.inputs.get(name, [])]


FAMILIES: dict[str, Callable[[Recipe, Any, Arguments], Arguments]] = {
    "WanPipeline": _wan,
    "WanImageToVideoPipeline": _wan_image,
    "WanVACEPipeline": _wan_vace,
    "WanAnimatePipeline": _wan_animate,
    "LTX2Pipeline": _ltx2,
    "LTX2ImageToVideoPipeline": _ltx2,
    "HunyuanVideo15Pipeline": _hunyuan,
    "HunyuanVideo15ImageToVideoPipeline": _hunyuan,
    "Kandinsky5T2VPipeline": _kandinsky,
    "Kandinsky5I2VPipeline": _kandinsky,
    "ZImagePipeline": _plain_image,
    "Flux2KleinPipeline": _flux2,
    "QwenImagePipeline": _qwen,
    "QwenImageEditPlusPipeline": _qwen_edit,
}


def encode(pipe: Any, recipe: Recipe, text: str, device: str, dtype: Any) -> list[Any]:
    """What the class's own `encode_prompt` gives for one text, without its negative."""
    known = inspect.signature(pipe.encode_prompt).parameters
    wanted: Arguments = {
        "do_classifier_free_guidance": False,
        "max_sequence_length": recipe.engine.get("text_tokens"),
        "device": device,
        "dtype": dtype,
    }
    given = {k: v for k, v in wanted.items() if k in known and v is not None}
    if "image" in known:
        given["image"] = _condition_pictures(pipe, recipe)
    return list(pipe.encode_prompt(prompt=[text], **given))


def _condition_pictures(pipe: Any, recipe: Recipe) -> list[Image.Image]:
    """Pictures as the text model of an edit model wants to see them: the size its pipeline would give them."""
    module = importlib.import_module(type(pipe).__module__)
    shown = []
    for image in edited_pictures(recipe):
        width, height = module.calculate_dimensions(module.CONDITION_IMAGE_SIZE, image.width / image.height)[:2]
        shown.append(pipe.image_processor.resize(image, height, width))
    return shown


def prompt_files(recipe: Recipe) -> list[Path]:
    """Files that the text model looks at beside the prompt."""
    if "Edit" not in recipe.cls:
        return []
    return [Path(p) for name in ("image", "images", "references") for p in recipe.inputs.get(name, [])]
