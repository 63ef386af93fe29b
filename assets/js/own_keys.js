// Own keys: of the person who is signed in, or of a project they lead. A key is pasted, replaced or removed, never shown.

import { button, el, icon, styles, t } from "./dom.js";
import { CHANGED, takeWanted } from "./connections.js";
import { catalogueText } from "./form/common.js";
import { del, get, post, toast, tryOrToast } from "./net.js";

/** The panel for the Account page; load() reads it anew. Without an account there is nothing to show. */
export function ownKeysPanel() {
  styles("widgets.css", "approvals.css");
  let project = "";
  const root = el("section", "st st-ownkeys", { "aria-label": t("ownkeys.title") });
  const path = (provider = "") =>
    `ui/own-keys${provider && `/${encodeURIComponent(provider)}`}?project=${encodeURIComponent(project)}`;
  root.load = async () => {
    try {
      draw(await get(path()));
    } catch (error) {
      if (error.status === 403)
        root.replaceChildren(); // no account, or not by this token
      else root.replaceChildren(el("p", "st-dim", { role: "alert" }, error.message));
    }
  };

  function draw(told) {
    const leads = Object.entries(told.projects);
    const whose = el("select", "st-select", { "aria-label": t("ownkeys.whose") });
    for (const [id, name] of [["", t("ownkeys.mine")], ...leads])
      whose.append(el("option", "", { value: id, selected: id === project }, name));
    whose.addEventListener("change", () => {
      project = whose.value;
      root.load();
    });
    const set = told.providers.filter((one) => one.place);
    const others = told.providers.filter((one) => !one.place);
    root.replaceChildren(
      el("header", "st-queuehead", {}, el("h2", "", {}, t("ownkeys.title")), leads.length ? whose : ""),
      el("p", "st-dim", {}, t("ownkeys.lead")),
      el("div", "st-keylist", {}, ...set.map(row)),
      el(
        "details",
        "st-otherkeys",
        { open: !set.length },
        el("summary", "", {}, t("ownkeys.others", { n: others.length })),
        el("div", "st-keylist", {}, ...others.map(row)),
      ),
    );
    show(takeWanted());
  }

  /** Bring the field for this provider's key before the eyes of whoever came for it. */
  function show(provider) {
    const row = provider && root.querySelector(`[data-provider="${CSS.escape(provider)}"]`);
    if (!row) return;
    const folded = row.closest("details");
    if (folded) folded.open = true;
    row.scrollIntoView({ block: "center" });
    row.querySelector("input")?.focus({ preventScroll: true });
  }

  function row(one) {
    const inputs = one.names.map((name) =>
      el("input", "st-input", {
        type: "password",
        name,
        autocomplete: "off",
        spellcheck: "false",
        placeholder: one.place ? t("ownkeys.replace", { name }) : name,
        "aria-label": `${catalogueText(one.label)} · ${name}`,
        required: true,
      }),
    );
    const form = el(
      "form",
      "st-keyform",
      {},
      ...inputs,
      el("button", "st-b", { type: "submit", data: { do: "save" } }, t("ownkeys.save")),
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const keys = Object.fromEntries(inputs.map((input) => [input.name, input.value]));
      if (!(await tryOrToast(post(path(one.provider), { keys })))) return;
      toast(t("ownkeys.saved"));
      document.dispatchEvent(new CustomEvent(CHANGED));
      root.load();
    });
    if (one.place)
      form.append(
        button(t("ownkeys.remove"), { text: t("ownkeys.remove"), cls: "danger", data: { do: "remove" } }, async () => {
          if (!(await tryOrToast(del(path(one.provider))))) return;
          document.dispatchEvent(new CustomEvent(CHANGED));
          root.load();
        }),
      );
    const page = one.page
      ? el("a", "", { href: one.page, target: "_blank", rel: "noopener noreferrer" }, t("ownkeys.page"))
      : null;
    const state = one.place ? [icon("check"), t(`ownkeys.in_${one.place}`)] : [page];
    return el(
      "div",
      "st-keyrow",
      { data: { provider: one.provider } },
      el("b", "", {}, catalogueText(one.label)),
      el("small", "st-dim st-keystate", {}, ...state),
      form,
    );
  }
  return root;
}
