"""What moves and angles are called, in English and Chinese, and which of them exclude each other."""

from __future__ import annotations

import re

from studio.prompt.lint.words import Words

MOVES: dict[str, Words] = {
    name: Words(re.compile(expression, re.IGNORECASE), stems)
    for name, (stems, expression) in {
        "pan left": (
            ("pan", "摇", "左移"),
            r"\b(?:pan(?:s|ning)?|whip[- ]pans?)\s(?:\w+\s)?left(?:ward)?\b|(?:向左|左)(?:横)?摇|摇向左"
            r"|镜头(?:缓慢|快速|缓缓)?左移",
        ),
        "pan right": (
            ("pan", "摇", "右移"),
            r"\b(?:pan(?:s|ning)?|whip[- ]pans?)\s(?:\w+\s)?right(?:ward)?\b|(?:向右|右)(?:横)?摇|摇向右"
            r"|镜头(?:缓慢|快速|缓缓)?右移",
        ),
        "tilt up": (
            ("tilt", "摇"),
            r"\btilt(?:s|ing)?\s(?:\w+\s)?up(?:ward)?s?\b|镜头(?:缓慢|缓缓)?上摇|(?:向上|上)摇",
        ),
        "tilt down": (
            ("tilt", "摇"),
            r"\btilt(?:s|ing)?\s(?:\w+\s)?down(?:ward)?s?\b|镜头(?:缓慢|缓缓)?下摇|(?:向下|下)摇",
        ),
        "zoom in": (("zoom", "变焦"), r"\bzoom(?:s|ing)?[\s-]in\b|变焦推近"),
        "zoom out": (("zoom", "变焦"), r"\bzoom(?:s|ing)?[\s-]out\b|变焦拉远"),
        "push in": (
            ("push", "doll", "track", "camera", "推"),
            r"\b(?:push(?:es|ing)?|doll(?:y|ies|ying)|track(?:s|ing)?)[\s-](?:slowly\s)?in(?:to|ward)?\b"
            r"|\bdolly[\s-]forward\b"
            r"|\bcamera\s(?:\w+\s)?(?:pushes|moves|creeps)\s(?:\w+\s)?(?:in|forward|closer)\b|推近|推进|推镜|前推"
            r"|(?:镜头|缓)推(?!开)",
        ),
        "pull back": (
            ("pull", "doll", "track", "camera", "拉", "后退"),
            r"\b(?:pull(?:s|ing)?|doll(?:y|ies|ying)|track(?:s|ing)?)[\s-](?:slowly\s)?(?:back|out|away)\b"
            r"|\bcamera\s(?:\w+\s)?(?:pulls|moves)\s(?:\w+\s)?(?:back|away|backwards?)\b|拉远|拉镜|后拉|镜头(?:缓慢"
            r"|缓缓)?后退",
        ),
        "orbit": (
            ("orbit", "circles", "arc", "360", "环绕"),
            r"\b(?:orbit(?:s|ing)?(?:\s(?:shot|around))|camera\s(?:\w+\s)?(?:orbits|circles)|arc shot"
            r"|360[- ]degree (?:rotation|orbit|pan))\b|环绕拍摄|镜头环绕|环绕运镜|环绕镜头",
        ),
        "crane up": (
            ("crane", "pedestal", "boom", "camera", "升"),
            r"\b(?:crane|pedestal|boom)[\s-](?:\w+\s)?up\b|\bcamera\s(?:\w+\s)?(?:rises|cranes up|ascends)\b"
            r"|镜头(?:缓慢|缓缓|逐渐)?(?:上升|升起)|升镜",
        ),
        "crane down": (
            ("crane", "pedestal", "boom", "camera", "降"),
            r"\b(?:crane|pedestal|boom)[\s-](?:\w+\s)?down\b|\bcamera\s(?:\w+\s)?(?:descends|cranes down|lowers)\b"
            r"|镜头(?:缓慢|缓缓|逐渐)?(?:下降|降下)|降镜",
        ),
        "track": (
            ("tracking", "camera", "跟", "横移"),
            r"\btracking[\s-]shot\b|\bcamera\s(?:\w+\s)?(?:tracks|follows)\b|跟拍|跟镜|跟随镜头|镜头跟随|横移",
        ),
    }.items()
}
OPPOSITES = (
    ("pan left", "pan right"),
    ("tilt up", "tilt down"),
    ("zoom in", "zoom out"),
    ("push in", "pull back"),
    ("zoom in", "pull back"),
    ("push in", "zoom out"),
    ("crane up", "crane down"),
)
SAME_WAY = {"zoom in": "push in", "zoom out": "pull back"}
STATIC = Words(
    re.compile(
        r"\b(?:camera|movement|camera\smove(?:ment)?)\s?[:：=]\s?(?:static|fixed|locked[\s-]off|still)\b"
        r"|\b(?:static|fixed|stationary|locked[\s-](?:off|down)|motionless|still)\s(?:camera|tripod|frame)\b"
        r"|\bstatic\sshot\b"
        r"|\bfixed\s(?:shot|lens|angle)\b|\blocked[\s-]off\sshot\b"
        r"|\bcamera\s(?:is|remains|stays|holds)\s(?:\w+\s)?(?:static|still|fixed|stationary|motionless)\b"
        r"|\bno\scamera\smove(?:ment|s)?\b"
        r"|运镜\s?[:：]\s?(?:固定|静止)|固定(?:机位|镜头|镜|摄像机)|镜头(?:固定|静止)|静止镜头",
        re.IGNORECASE,
    ),
    ("static", "fixed", "stationary", "locked", "motionless", "still", "no camera", "固定", "静止"),
)
ANGLES: dict[str, Words] = {
    name: Words(re.compile(expression, re.IGNORECASE), stems)
    for name, (stems, expression) in {
        "low angle": (("low", "worm", "仰", "低"), r"\blow[\s-]angle\b|\bworm'?s[\s-]eye\b|仰拍|仰视|低机位|低角度"),
        "high angle": (("high", "俯", "高"), r"\bhigh[\s-]angle\b|高角度|高机位|俯拍|俯视"),
        "eye level": (("eye", "平"), r"\beye[\s-]level\b|平视|平拍"),
        "overhead": (
            ("overhead", "top", "bird", "鸟", "顶", "上帝"),
            r"\boverhead\s(?:shot|view|angle)\b|\btop[\s-]down\s(?:shot|view|angle)\b|\bbird'?s[\s-]eye\b|鸟瞰"
            r"|顶拍|上帝视角",
        ),
    }.items()
}
AT_ODDS = (
    ("low angle", "high angle"),
    ("low angle", "overhead"),
    ("low angle", "eye level"),
    ("eye level", "overhead"),
    ("eye level", "high angle"),
)
