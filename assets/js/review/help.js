// The keys of a review, on "?".

import { el, t } from "../dom.js";
import { dialog } from "../board/dialog.js";
import { keyList } from "../frames/player_keys.js";

const GROUPS = {
  comments: [
    ["C", "write"],
    ["D", "draw"],
    ["Enter", "send"],
    ["Shift+Enter", "line"],
    ["@", "mention"],
    ["N P", "step"],
    ["R", "answer"],
    ["X", "resolve"],
  ],
  room: [
    ["Shift+H", "lead"],
    ["Shift+F", "follow"],
    ["Shift+P", "point"],
  ],
  items: [
    ["PageUp PageDown", "item"],
    ["V", "version"],
    ["Shift+C", "compare"],
    ["Alt+← →", "order"],
    ["Del", "remove"],
    ["Esc", "close"],
    ["?", "help"],
  ],
};

/** Show the list of keys. */
export function help() {
  const group = ([name, keys]) =>
    el(
      "section",
      "",
      {},
      el("h3", "", {}, t(`review.keys_${name}`)),
      el(
        "dl",
        "",
        {},
        ...keys.flatMap(([key, does]) => [
          el("dt", "", {}, ...key.split(" ").map((one) => el("kbd", "", {}, one))),
          el("dd", "", {}, t(`review.key_${does}`)),
        ]),
      ),
    );
  const groups = [...Object.entries(GROUPS).map(group), ...keyList()];
  return dialog(t("review.keys"), el("div", "st-keys rv-keys", {}, ...groups), [], { wide: true });
}
