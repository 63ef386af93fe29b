// The model picker: a button that says which model, and a list grouped by provider with readiness and price. Hundreds of
// models are searched by words and by family.

import { el, icon, seconds, t } from "../dom.js";
import { CHANGED, keyLink } from "../connections.js";
import { projectState, PROJECTS_CHANGED } from "../project_state.js";
import { get, tryOrToast } from "../net.js";
import { changed, sendInOrder, catalogueText } from "./common.js";

function price(hint) {
  if (!hint) return "";
  if (!hint.high) return t("forms.free");
  const money = (usd) => `$${usd < 0.1 ? usd.toFixed(3).replace(/0+$/, "") : usd.toFixed(2)}`;
  const range =
    hint.low === hint.high
      ? money(hint.low)
      : `${money(hint.low)}–${hint.high < 0.1 ? hint.high.toFixed(3).replace(/0+$/, "") : hint.high.toFixed(2)}`;
  return `${range} / ${t(`forms.unit_${hint.unit}`)}`;
}

const WHOSE = { mine: "mine", project: "project", huggingface: "huggingface" };
const PAGE = 8; // options that Page Down goes on by

export function mount(element, { props, trigger, watch, options }) {
  element.classList.add("st");
  const name = el("span", "sp-name");
  const about = el("span", "sp-about");
  const id = `${options.page}-models`;
  const open = el(
    "button",
    "sp-open",
    {
      type: "button",
      id: `${options.page}-model`,
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      "aria-controls": id,
      onclick: show,
    },
    el("span", "sp-label", {}, t("forms.model")),
    name,
    about,
    icon("down", "st-i sp-arrow"),
  );
  const missing = el("p", "sp-missing", { hidden: true });
  const draft = el("p", "sp-draft", { hidden: true }, t(`forms.draft_${options.page}`)); // what no one should expect of it
  const wordless = el("p", "sp-draft", { hidden: true }, t("forms.no_prompt"));
  element.replaceChildren(open, missing, draft, wordless);

  function draw() {
    const now = props.value || {};
    open.dataset.model = now.id || "";
    name.textContent = catalogueText(now.label || "");
    about.replaceChildren(
      ...[now.provider === now.label ? t("forms.ready_local") : catalogueText(now.provider), price(now.price)]
        .filter(Boolean)
        .map((text) => el("span", "", {}, text)),
    );
    draft.hidden = !now.draft;
    wordless.hidden = !now.no_prompt;
    missing.hidden = now.ready !== false;
    const group = { ...now, id: now.provider_id, label: now.provider };
    missing.replaceChildren(icon("warn"), keyLink(group, "sp-key", hide) || now.missing || "");
  }

  let panel;
  const hide = () => {
    panel?.remove();
    panel = null;
    open.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
  };
  const outside = (e) => !panel?.contains(e.target) && !open.contains(e.target) && hide();

  async function show() {
    if (panel) return hide();
    const search = el("input", "sp-search", {
      type: "search",
      placeholder: t("forms.model_search"),
      "aria-label": t("forms.model_search"),
      oninput: () => fill(search.value),
    });
    const chips = el("div", "sp-families", {
      role: "group",
      "aria-label": t("forms.picker_families"),
      hidden: true,
      onwheel: (e) => ((chips.scrollLeft += e.deltaY + e.deltaX), e.preventDefault()), // a wheel alone has no sideways
    });
    const list = el("div", "sp-list", { role: "listbox", id, "aria-label": t("forms.model") });
    panel = el("div", "sp-panel", {}, search, chips, list);
    element.append(panel);
    open.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", outside, true);
    panel.addEventListener("keydown", keys);
    search.focus({ preventScroll: true });
    const answer = await tryOrToast(get(`ui/choices?task=${encodeURIComponent(options.task)}`));
    if (!answer || !panel) return;
    groups = answer.groups;
    drawFamilies(chips, () => fill(search.value));
    fill(search.value);
    panel.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  let groups = [];
  let family = "";

  /** A chip for each family; the one that is pressed hides the others' models until it is pressed again. */
  function drawFamilies(chips, changedFamily) {
    const count = {};
    for (const m of groups.flatMap((group) => group.models)) if (m.family) count[m.family] = (count[m.family] || 0) + 1;
    const names = Object.keys(count).sort((one, other) => count[other] - count[one]);
    if (!names.includes(family)) family = "";
    chips.hidden = names.length < 2;
    const chip = (name) =>
      el(
        "button",
        "sp-family",
        {
          type: "button",
          "aria-pressed": String(name === family),
          onclick: () => ((family = name), drawFamilies(chips, changedFamily), changedFamily()),
        },
        name ? catalogueText(name) : t("forms.picker_all"),
      );
    const scrolled = chips.scrollLeft;
    chips.replaceChildren(...["", ...names].map(chip));
    chips.scrollLeft = scrolled;
  }

  function fill(words) {
    const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (group, m) =>
      (!family || m.family === family) &&
      wanted.every((w) =>
        `${catalogueText(group.label)} ${catalogueText(m.label)} ${m.label} ${m.id} ${m.family}`
          .toLowerCase()
          .includes(w),
      );
    const list = panel.querySelector(".sp-list");
    list.replaceChildren(
      ...groups
        .map((group) => [group, group.models.filter((m) => fits(group, m))])
        .filter(([, models]) => models.length)
        .map(([group, models]) =>
          el(
            "div",
            "sp-group",
            { role: "group", "aria-label": catalogueText(group.label) },
            el(
              "div",
              "sp-head",
              {},
              el("span", "", {}, catalogueText(group.label), el("span", "sp-count", {}, String(models.length))),
              keyLink(group, "sp-key", hide) ||
                el("span", group.ready ? "sp-ready" : "sp-needs", { title: group.missing || null }, state(group)),
            ),
            ...models.map((m) => option(group, m)),
          ),
        ),
    );
    if (!list.childElementCount) list.append(el("p", "sp-none", { role: "status" }, t("forms.model_none")));
  }

  /** A key was added or taken away, or runs go to another project: what is chosen may be ready now, or no more. */
  async function askAgain() {
    const answer = await tryOrToast(get(`ui/choices?task=${encodeURIComponent(options.task)}`));
    const now = props.value;
    const row = answer?.groups.flatMap((group) => group.models).find((m) => m.id === now?.id);
    if (!row || (now.ready === row.ready && now.key === row.key)) return;
    const { ready, missing, key, needs, key_place } = row;
    props.value = { ...now, ready, missing, key, needs, key_place };
    draw();
    changed(element);
  }
  document.addEventListener(CHANGED, askAgain);
  let project = projectState.current;
  document.addEventListener(PROJECTS_CHANGED, () => {
    if (project === projectState.current) return;
    project = projectState.current; // which may have keys of its own
    askAgain();
  });

  const state = (group) =>
    group.ready
      ? t(group.local ? "forms.ready_local" : group.key in WHOSE ? `readykeys.${WHOSE[group.key]}` : "forms.ready")
      : group.needs.length
        ? t("forms.needs", { name: group.needs.join(", ") })
        : t("forms.not_ready");

  const option = (group, m) =>
    el(
      "button",
      `sp-option${m.ready ? "" : " off"}`,
      {
        type: "button",
        role: "option",
        tabindex: "-1",
        "aria-selected": String(m.id === props.value?.id),
        data: { id: m.id },
        onclick: () => (hide(), open.focus(), sendInOrder(element, () => trigger("pick", { id: m.id }))),
      },
      el(
        "span",
        "sp-row",
        {},
        el("strong", "", {}, catalogueText(m.label), mark(m)),
        el("span", "sp-price", {}, price(m.price)),
      ),
      m.deprecated || m.note ? el("span", "sp-note", {}, catalogueText(m.deprecated || m.note)) : null,
      group.ready && !m.ready ? el("span", "sp-note", {}, m.missing) : null,
      m.latency_s.length
        ? el("span", "sp-note", {}, t("forms.latency", { low: seconds(m.latency_s[0]), high: seconds(m.latency_s[1]) }))
        : null,
    );

  /** Whether a file of the user made the row. */
  function mark(m) {
    const key = { added: "userfiles.chip", corrected: "userfiles.chip_corrected" }[m.yours];
    return key ? el("span", "sp-mine", {}, t(key)) : null;
  }

  const focusOn = (all, n) => all[Math.max(0, Math.min(n, all.length - 1))]?.focus();

  function keys(e) {
    const all = [...panel.querySelectorAll(".sp-option")];
    const at = all.indexOf(document.activeElement);
    if (e.key === "Escape") hide(), open.focus();
    else if (e.target.closest(".sp-families")) return;
    else if (e.key === "ArrowDown") focusOn(all, at + 1);
    else if (e.key === "ArrowUp") at > 0 ? focusOn(all, at - 1) : panel.querySelector(".sp-search").focus();
    else if (e.key === "PageDown") focusOn(all, at + PAGE);
    else if (e.key === "PageUp") focusOn(all, at - PAGE);
    else if (e.key === "End" && at >= 0) focusOn(all, all.length);
    else if (e.key === "Home" && at >= 0) focusOn(all, 0);
    else if (e.key === "Enter" && at < 0) all[0]?.click();
    else if (at >= 0 && e.key.length === 1 && e.key !== " " && !e.ctrlKey && !e.metaKey && !e.altKey)
      return panel.querySelector(".sp-search").focus(); // what is typed goes on with the search
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  watch("value", () => (draw(), changed(element)));
  draw();
}
