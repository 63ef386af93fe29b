// What the keys of the frame-exact player do, and the list of them.

import { el, isTyping, t } from "../dom.js";

/** Groups of [keys, what they do]; a page with a list of its own may show these in it. */
export const PLAYER_KEYS = {
  play: [
    ["Space", "play"],
    ["J K L", "shuttle"],
    ["Alt+L", "loop"],
    ["< >", "speed"],
    ["M", "mute"],
    ["↑ ↓", "volume"],
  ],
  frames: [
    ["← → , .", "step"],
    ["Shift+← →", "leap"],
    ["Home End", "ends"],
    ["[ ]", "marker"],
    ["T", "units"],
  ],
  range: [
    ["I O", "range"],
    ["Alt+I Alt+O", "to_range"],
    ["Alt+X", "no_range"],
  ],
  picture: [
    ["+ −", "zoom"],
    ["0", "fit"],
    ["1", "pixels"],
    ["G", "guides"],
    ["F", "full"],
  ],
};

/** The list of keys as elements. only: names of groups, all when left out. */
export function keyList(only = Object.keys(PLAYER_KEYS)) {
  return only.map((group) =>
    el(
      "section",
      "",
      { "aria-label": t(`frameplayer.keys_${group}`) },
      el("h3", "", {}, t(`frameplayer.keys_${group}`)),
      el(
        "dl",
        "",
        {},
        ...PLAYER_KEYS[group].flatMap(([keys, does]) => [
          el("dt", "", {}, ...keys.split(" ").map((key) => el("kbd", "", {}, key))),
          el("dd", "", {}, t(`frameplayer.do_${does}`)),
        ]),
      ),
    ),
  );
}

/** The name of a press, such as "l", "Shift+ArrowLeft", "Alt+x"; "" for one with Ctrl or Meta, or into a field. */
export function pressOf(e) {
  if (e.ctrlKey || e.metaKey || isTyping(e)) return "";
  const letter = /^[a-z]$/i.test(e.key);
  // with Alt, some keyboards write other letters: the place of the key counts
  const key =
    e.altKey && /^Key[A-Z]$/.test(e.code) ? e.code.slice(3).toLowerCase() : letter ? e.key.toLowerCase() : e.key;
  const named = letter || key.length > 1;
  return `${e.altKey ? "Alt+" : ""}${e.shiftKey && named ? "Shift+" : ""}${key}`;
}
