// The board as one multi-shot prompt, or in another form of scripts: to copy, to save, and to paste back.

import { button, el, t } from "../dom.js";
import { copy } from "../actions.js";
import { get, toast, tryOrToast } from "../net.js";
import { mountScriptPreview } from "../script/preview.js";
import { dialog } from "./dialog.js";

/** The text, and what pasting it back would do. */
export function scriptView(store) {
  let chinese = document.documentElement.lang.startsWith("zh");
  let original = null;
  let form = ""; // the multi-shot prompt
  let forms = [];
  const language = button(
    t("board.script_language"),
    { text: t("board.script_language"), cls: "quiet", data: { do: "language" } },
    () => ((chinese = !chinese), load()),
  );
  const written = el("select", "bd-select sp-forms", {
    "aria-label": t("scriptview.write_as"),
    data: { field: "write-as" },
  });
  written.addEventListener("change", () => ((form = written.value), load()));
  const save = button(
    t("scriptview.save"),
    { name: "download", text: t("scriptview.save"), data: { do: "save-script" } },
    () => saveText(preview.text, `${store.board.title}${forms.find((f) => f.id === form)?.ending || ".txt"}`),
  );
  const apply = button(
    t("board.script_apply"),
    { name: "check", text: t("board.script_apply"), cls: "primary", disabled: true, data: { do: "apply-script" } },
    ask,
  );
  const host = el("div");
  const node = el(
    "div",
    "bd-scroll bd-scriptview",
    {},
    el("p", "st-dim bd-viewhead", {}, t("board.script_view_help")),
    el("div", "bd-row wrap", {}, el("span", "", {}, t("scriptview.write_as")), written, language),
    host,
    el(
      "div",
      "bd-row wrap",
      {},
      button(t("widgets.copy"), { name: "copy", text: t("widgets.copy"), data: { do: "copy" } }, () =>
        copy(preview.text),
      ),
      save,
      el("span", "st-grow"),
      apply,
    ),
  );
  const isChanged = () => preview.text !== original || preview.edited;
  const preview = mountScriptPreview(host, {
    field: "script-view",
    film: ["style", "negative", "cast"],
    onchange: (shown) => (apply.disabled = original === null || !shown.shots || !isChanged()),
  });

  async function load() {
    await store.chain;
    const found = await tryOrToast(get(`${store.path}/script?chinese=${chinese}&form=${form}`));
    if (!found) return;
    drawForms(found.forms);
    original = null;
    preview.setText(found.text);
    original = preview.text;
  }

  function drawForms(found) {
    language.hidden = form !== "";
    if (forms.length) return;
    forms = found;
    const all = [["", t("scriptview.prompt")], ...forms.map((f) => [f.id, f.label])];
    written.replaceChildren(...all.map(([id, label]) => el("option", "", { value: id }, label)));
  }

  async function ask() {
    await preview.settled();
    if (!preview.shots) return;
    const go = button(
      t("board.script_replace"),
      { text: t("board.script_replace"), cls: "primary", data: { do: "replace" } },
      async () => {
        box.close();
        if (!(await store.edit({ op: "script", read: preview.script }))) return;
        toast(t("board.script_done"), { undo: () => store.undo().then(load) });
        load();
      },
    );
    const box = dialog(
      t("board.script_apply"),
      el("p", "", {}, t("board.script_sure", { old: store.shots.length, n: preview.shots })),
      [go],
    );
    go.focus();
  }
  load();
  return {
    node,
    redraw: () => preview.text === original && !preview.edited && !node.contains(document.activeElement) && load(),
  };
}

function saveText(text, name) {
  const mark = /\.[ct]sv$/.test(name) ? "\ufeff" : ""; // or Excel takes UTF-8 for the system's own encoding
  const link = el("a", "", { href: URL.createObjectURL(new Blob([mark, text])), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
