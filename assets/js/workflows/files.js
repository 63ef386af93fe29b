// The studio's own models for ComfyUI: which model files each needs, what the server has, and the user's own choices.

import { button, el, icon, t } from "../dom.js";
import { get, post, toast, tryOrToast } from "../net.js";

const AUTO = "";

/** The section; load() reads it again. It stays empty where no server is set. */
export function modelFiles() {
  const root = el("section", "wf-models", { "aria-label": t("workflows.models_title") });
  const open = new Set();
  let busy = false;

  async function load(fresh = false) {
    if (busy) return;
    busy = true;
    root.classList.toggle("busy", fresh);
    const told = await tryOrToast(get(`ui/workflow-files?fresh=${fresh}`));
    root.classList.remove("busy");
    busy = false;
    if (told) show(told);
  }

  function show(told) {
    root.hidden = told.server === "unset";
    const held = root.contains(document.activeElement) && document.activeElement.dataset.key;
    const again = button(
      t("workflows.look_again"),
      { name: "again", text: t("workflows.look_again"), data: { do: "look", key: "look" } },
      () => load(true),
    );
    const silent =
      told.server === "silent"
        ? el("p", "wf-note", {}, icon("warn"), el("span", "", {}, t("workflows.models_silent")))
        : null;
    root.replaceChildren(
      ...[
        el(
          "header",
          "",
          {},
          el(
            "div",
            "st-grow",
            {},
            el("h2", "", {}, t("workflows.models_title")),
            el("p", "st-dim", {}, t("workflows.models_about")),
          ),
          again,
        ),
        silent,
        el("div", "wf-modellist", {}, ...told.models.map((model) => box(model, told.lists, told.server))),
      ].filter(Boolean),
    );
    if (held) root.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  }

  function box(model, lists, server) {
    const needed = model.roles.filter((role) => !role.mode);
    const missing = needed.filter((role) => !role.file).length;
    const lacks = model.state === "ready" && model.roles.some((role) => role.mode && !role.file);
    const chosen = model.roles.filter((role) => role.chosen).length;
    const bad = model.state === "files" || model.state === "nodes";
    const state = el(
      "span",
      `st-chip ${model.state === "ready" ? "succeeded" : bad ? "failed" : ""}`,
      {},
      t(`workflows.state_${model.state}`, { n: missing }),
    );
    const made = el(
      "details",
      "wf-model",
      { data: { model: model.id }, open: open.has(model.id) },
      el(
        "summary",
        "",
        { data: { key: model.id } },
        icon("right", "st-i wf-turn"),
        el("b", "st-grow", {}, model.label),
        lacks ? el("span", "st-dim", {}, t("workflows.fast_lacks")) : null,
        chosen ? el("span", "st-dim", {}, t("workflows.chosen_n", { n: chosen })) : null,
        state,
      ),
      model.nodes.length
        ? el(
            "p",
            "wf-note",
            {},
            icon("warn"),
            el("span", "", {}, t("workflows.nodes_missing", { names: model.nodes.slice(0, 6).join(", ") })),
          )
        : null,
      el("ul", "", {}, ...model.roles.map((role) => row(model, role, lists[role.list] || [], server))),
    );
    made.addEventListener("toggle", () => (made.open ? open.add(model.id) : open.delete(model.id)));
    return made;
  }

  function row(model, role, offered, server) {
    const called = t(`workflows.role_${role.role}`);
    const lost = server === "known" && role.chosen && !role.file;
    const automatic = role.chosen
      ? t("workflows.auto")
      : role.file || server !== "known"
        ? t("workflows.auto_file", { file: role.file || role.official })
        : t("workflows.auto_missing");
    const listed = role.chosen && !offered.includes(role.chosen) ? [role.chosen] : [];
    const pick = el(
      "select",
      "wf-role wf-pick",
      {
        title: role.chosen || role.file || null,
        "aria-label": t("workflows.choose_file", { role: called, model: model.label }),
        disabled: server !== "known" && !role.chosen,
        data: { role: role.role, key: `${model.id} ${role.role}` },
      },
      el("option", "", { value: AUTO }, automatic),
      ...listed.map((file) =>
        el("option", "", { value: file }, server === "known" ? t("workflows.lost_file", { file }) : file),
      ),
      ...offered.map((file) => el("option", "", { value: file }, file)),
    );
    pick.value = role.chosen;
    pick.addEventListener("change", () => choose(model, role, pick));
    const link = el("a", "", { href: role.url, target: "_blank", rel: "noreferrer" }, t("workflows.get_file"));
    const note = lost
      ? el("p", "wf-bad", {}, t("workflows.file_lost"))
      : server === "known" && !role.file
        ? el("p", "wf-bad", {}, t("workflows.file_missing", { file: role.official, folder: role.folder }), " · ", link)
        : null;
    return el(
      "li",
      "",
      {},
      el(
        "span",
        "wf-role-name",
        {},
        called,
        role.mode ? el("small", "st-dim", {}, t(`workflows.only_${role.mode}`)) : null,
      ),
      pick,
      note,
    );
  }

  async function choose(model, role, pick) {
    const file = pick.value;
    const told = await tryOrToast(post("ui/workflow-files", { model: model.id, role: role.role, file }));
    if (!told) return void (pick.value = role.chosen);
    show(told);
    toast(
      file ? t("workflows.file_kept", { model: model.label, file }) : t("workflows.file_auto", { model: model.label }),
    );
  }

  return { root, load };
}
