// The list of keyboard shortcuts: "?" opens it on any page.

import { button, el, styles, t, isTyping } from "./dom.js";

const GROUPS = {
  everywhere: [
    ["?", "list"],
    ["/", "search"],
    ["Ctrl+Enter", "generate"],
    ["Esc", "close"],
  ],
  gallery: [
    ["← → ↑ ↓", "move"],
    ["Enter", "open"],
    ["Space", "select"],
    ["Ctrl+A", "select_all"],
    ["0 – 5", "rate"],
    ["Del", "delete"],
  ],
  player: [
    ["Space", "play"],
    [", .", "frame"],
    ["L", "loop"],
    ["M", "mute"],
    ["F", "fullscreen"],
  ],
  queue: [["Alt+↑ ↓", "reorder"]],
  storyboard: [
    ["A", "add"],
    ["D", "duplicate"],
    ["S", "split"],
    ["Alt+← →", "reorder"],
    ["Del", "remove"],
    ["Ctrl+Z", "undo"],
    ["Ctrl+Shift+Z", "redo"],
  ],
};

/** The list as elements. */
export function shortcuts() {
  return el(
    "div",
    "st-keys",
    {},
    ...Object.entries(GROUPS).map(([group, keys]) =>
      el(
        "section",
        "",
        { "aria-label": t(`keys.${group}`) },
        el("h3", "", {}, t(`keys.${group}`)),
        el(
          "dl",
          "",
          {},
          ...keys.flatMap(([key, does]) => [
            el("dt", "", {}, el("kbd", "", {}, key)),
            el("dd", "", {}, t(`keys.do_${does}`)),
          ]),
        ),
      ),
    ),
  );
}

function show() {
  if (document.querySelector("dialog[open]")) return;
  styles("widgets.css");
  const close = button(t("widgets.close"), { name: "close", cls: "bare", data: { do: "close" } }, () => box.close());
  const box = el(
    "dialog",
    "st st-sure st-keysbox",
    { "aria-label": t("keys.title") },
    el("header", "", {}, el("h2", "st-grow", {}, t("keys.title")), close),
    shortcuts(),
  );
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}

/** Listen for "?", after every page that has a list of its own. Call it once. */
export function listen() {
  addEventListener("keydown", (e) => {
    if (e.key !== "?" || e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || isTyping(e)) return;
    e.preventDefault();
    show();
  });
}
