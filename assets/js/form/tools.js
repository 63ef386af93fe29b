// Above the form: presets by name, and a place to drop a file whose settings should come back.

import { button, el, icon, t } from "../dom.js";
import { get, tryOrToast, toast } from "../net.js";
import { hasFiles, announceChange } from "./common.js";

export function mount(element, { trigger, upload, options }) {
  element.classList.add("st");
  const { page, task } = options;
  const file = el("input", "st-off", {
    type: "file",
    accept: "image/*,video/*",
    tabindex: "-1",
    "aria-label": t("forms.restore"),
    onchange: () => (restore(file.files[0]), (file.value = "")),
  });
  const drop = el(
    "button",
    "sl-drop",
    { type: "button", id: `${page}-restore`, title: t("forms.restore_help"), onclick: () => file.click() },
    icon("restore"),
    el("span", "", {}, t("forms.restore")),
  );
  const presets = button(
    t("forms.presets"),
    {
      text: t("forms.presets"),
      name: "star",
      cls: "sl-presets",
      id: `${page}-presets`,
      "aria-haspopup": "true",
      "aria-expanded": "false",
    },
    show,
  );
  element.replaceChildren(
    el("div", "sl-line", {}, el("h2", "sl-title", {}, t(`shell.tab_${page}`)), presets, drop, file),
  );

  async function restore(chosen) {
    if (!chosen) return;
    drop.classList.add("busy");
    const sent = await tryOrToast(upload(chosen));
    drop.classList.remove("busy");
    if (!sent?.path) return;
    announceChange(element);
    trigger("restore", { path: sent.path, name: chosen.name });
  }
  for (const kind of ["dragenter", "dragover"])
    drop.addEventListener(kind, (e) => {
      if (!hasFiles(e)) return;
      e.preventDefault();
      e.stopPropagation();
      drop.classList.add("over");
    });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (e) => {
    e.preventDefault();
    e.stopPropagation();
    drop.classList.remove("over");
    restore(e.dataTransfer.files[0]);
  });

  let panel;
  const hide = () => {
    panel?.remove();
    panel = null;
    presets.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
  };
  const outside = (e) => !panel?.contains(e.target) && !presets.contains(e.target) && hide();

  async function show() {
    if (panel) return hide();
    const name = el("input", "sl-name", {
      type: "text",
      maxlength: "60",
      placeholder: t("forms.preset_name"),
      "aria-label": t("forms.preset_name"),
      id: `${page}-preset-name`,
    });
    const list = el("ul", "sl-list");
    const save = () => name.value.trim() && (trigger("preset_save", { name: name.value.trim() }), hide());
    const form = el(
      "form",
      "sl-save",
      { onsubmit: (e) => (e.preventDefault(), save()) },
      name,
      el("button", "st-b", { type: "submit" }, t("forms.preset_save")),
    );
    panel = el("div", "sl-panel", { role: "dialog", "aria-label": t("forms.presets") }, list, form);
    panel.addEventListener("keydown", (e) => e.key === "Escape" && (hide(), presets.focus()));
    element.append(panel);
    presets.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", outside, true);
    name.focus({ preventScroll: true });
    fill(list, await tryOrToast(get(`ui/presets?task=${encodeURIComponent(task)}`)));
  }

  function fill(list, told) {
    if (!told) return;
    if (!told.names.length) return list.replaceChildren(el("li", "sl-none", {}, t("forms.presets_none")));
    list.replaceChildren(
      ...told.names.map((name) =>
        el(
          "li",
          "",
          {},
          el(
            "button",
            "sl-load",
            { type: "button", onclick: () => (hide(), announceChange(element), trigger("preset_load", { name })) },
            name,
          ),
          button(t("forms.preset_delete", { name }), { name: "trash", cls: "bare" }, () => remove(list, name)),
        ),
      ),
    );
  }

  async function remove(list, name) {
    const answer = await fetch(
      new URL(`ui/presets?task=${encodeURIComponent(task)}&name=${encodeURIComponent(name)}`, document.baseURI),
      { method: "DELETE" },
    );
    if (answer.ok) fill(list, await answer.json());
    else toast(t("forms.preset_gone", { to: name }), { bad: true });
  }
}
