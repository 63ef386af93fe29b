"""A prompt that is written as several shots, or gives the times of one. A prompt of two paragraphs is one shot."""

from __future__ import annotations

from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.layout import shot_layout
from studio.prompt.script.layout_reader import read_layout
from studio.prompt.script.model import Script


def read_prompt(text: str, duration_s: float | None = None) -> Script | None:
    """The shots that a prompt says it has; None for one without headings of shots.

    duration_s: length of the clip, where the last shot ends that only says when it begins. Screenplays, tables and
    paragraphs are not looked for: a video model reads those as words.
    """
    layout = shot_layout(text)
    if layout is None or not layout.explicit:
        return None
    build = ScriptBuilder(text)
    read_layout(build, layout, duration_s=duration_s)
    return build.finish(layout.family)


def prompt_style(text: str) -> str:
    """What stands above and below the shots of such a prompt and holds for all, as it is written; any other prompt
    whole."""
    layout = shot_layout(text)
    return layout.style if layout and layout.explicit else text.strip()
