// The board as one multi-shot prompt: to copy, and to paste back.

import { button, el, seconds, t } from "../dom.js";
import { copy } from "../actions.js";
import { get, post, toast, tryOrToast } from "../net.js";
import { dialog, warnings } from "./dialog.js";

/** The text, and what pasting it back would do. */
export function scriptView(store) {
  let chinese = document.documentElement.lang.startsWith("zh");
  let original = "";
  const area = el("textarea", "bd-input bd-script", {
    rows: 18,
    spellcheck: "false",
    "aria-label": t("board.script"),
    data: { field: "script-view" },
  });
  const told = el("div", "bd-read", { "aria-live": "polite" });
  const language = button(
    t("board.script_language"),
    { text: t("board.script_language"), cls: "quiet", data: { do: "language" } },
    () => ((chinese = !chinese), load()),
  );
  const apply = button(
    t("board.script_apply"),
    { name: "check", text: t("board.script_apply"), cls: "primary", disabled: true, data: { do: "apply-script" } },
    ask,
  );
  const node = el(
    "div",
    "bd-scroll bd-scriptview",
    {},
    el("p", "st-dim bd-viewhead", {}, t("board.script_view_help")),
    area,
    told,
    el(
      "div",
      "bd-row",
      {},
      button(t("widgets.copy"), { name: "copy", text: t("widgets.copy"), data: { do: "copy" } }, () =>
        copy(area.value),
      ),
      language,
      el("span", "st-grow"),
      apply,
    ),
  );

  async function load() {
    await store.chain;
    const found = await tryOrToast(get(`${store.path}/script?chinese=${chinese}`));
    if (!found) return;
    area.value = original = found.text;
    read();
  }
  let round = 0;
  let timer;
  async function read() {
    const mine = ++round;
    const found = area.value.trim() ? await tryOrToast(post("ui/boards-read", { text: area.value })) : null;
    if (mine !== round) return;
    apply.disabled = !found?.shots.length || area.value === original;
    const length = (found?.shots || []).reduce((sum, s) => sum + s.duration_s, 0);
    told.replaceChildren(
      found
        ? el(
            "p",
            "st-dim",
            {},
            t("board.count", { n: found.shots.length, time: seconds(length) }),
            ` · ${t("board.characters", { n: area.value.length })}`,
          )
        : "",
      warnings(found?.faults || []) || "",
    );
    node.found = found;
  }
  area.addEventListener("input", () => (clearTimeout(timer), (timer = setTimeout(read, 300))));

  function ask() {
    const go = button(
      t("board.script_replace"),
      { text: t("board.script_replace"), cls: "primary", data: { do: "replace" } },
      async () => {
        box.close();
        if (!(await store.edit({ op: "script", text: area.value }))) return;
        toast(t("board.script_done"), { undo: () => store.undo().then(load) });
        load();
      },
    );
    const box = dialog(
      t("board.script_apply"),
      el("p", "", {}, t("board.script_sure", { old: store.shots.length, n: node.found.shots.length })),
      [go],
    );
    go.focus();
  }
  load();
  return { node, redraw: () => area.value === original && document.activeElement !== area && load() };
}
