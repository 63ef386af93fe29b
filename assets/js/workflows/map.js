// The mapping of one workflow: its nodes with their inputs, what each input is in the form, the tasks, and the name.

import { button, el, icon, t } from "../dom.js";

const TEXTS = ["prompt", "negative_prompt"];
const NUMBERS = ["seed", "width", "height", "duration_s", "length", "fps"];
const OWN_SETTING = "own";

const slug = (words, join) =>
  words
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, join)
    .slice(0, 40)
    .replace(/^[-_]+|[-_]+$/g, "");
const fieldLabel = (field) => {
  const words = field.replace(/[_.]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};
const slotKey = (slot) => `${slot.node}.${slot.field}`;

/** The view of a workflow that was read (or is kept, then `told.saved` says which). save(body), cancel(). */
export function mapping(told, { title, options, taken, cancel, save }) {
  const fields = new Set([...TEXTS, ...NUMBERS, ...Object.keys(options.media)]);
  const chosen = new Map(); // slot -> field, or "own"
  const labels = new Map(); // slot -> what the form calls an own setting
  for (const slot of told.slots) {
    const key = slotKey(slot);
    const ours = told.mapped[key];
    if (!ours) continue;
    chosen.set(key, fields.has(ours) ? ours : OWN_SETTING);
    if (!fields.has(ours)) labels.set(key, told.labels[ours] || fieldLabel(ours));
  }
  const given = told.saved || told.given; // a kept workflow, or one that another studio exported
  let tasks = new Set(given?.tasks);
  let touched = !!given;
  let named = !!told.saved;

  // -------------------------------------------------------------------------------------------- name and tasks

  const label = el("input", "wf-input", {
    type: "text",
    id: "wf-label",
    maxlength: 80,
    value: given?.label || fieldLabel(title),
    autocomplete: "off",
  });
  const name = el("input", "wf-input", {
    type: "text",
    id: "wf-name",
    maxlength: 41,
    pattern: "[a-z0-9][a-z0-9\\-]*",
    autocomplete: "off",
    spellcheck: "false",
    readonly: named,
  });
  name.value = told.saved?.name || free(told.given?.name || slug(label.value, "-"));
  label.addEventListener("input", () => named || (name.value = free(slug(label.value, "-"))));
  name.addEventListener("input", () => (named = true));

  function free(wanted) {
    const base = wanted || "workflow";
    let made = base;
    for (let n = 2; taken.has(made); n++) made = `${base.slice(0, 37)}-${n}`;
    return made;
  }

  const chips = el("div", "wf-tasks", { role: "group", "aria-label": t("workflows.makes") });
  const mapped = () => new Set(chosen.values());
  const fits = (task) => {
    const files = [...mapped()].filter((f) => options.media[f]);
    const kind = !told.makes || told.makes === task.makes;
    return kind && (task.needs.length ? files.some((f) => task.needs.includes(f)) : !files.length);
  };
  const words = (task) => t(`forms.about_${task.page}`);

  function drawTasks() {
    const can = options.tasks.filter(fits);
    if (!touched) tasks = new Set(can.map((task) => task.id));
    chips.replaceChildren(
      ...options.tasks.map((task) => {
        const on = tasks.has(task.id);
        const off = !on && !can.includes(task);
        return button(
          t(`shell.tab_${task.page}`),
          {
            text: t(`shell.tab_${task.page}`),
            "aria-pressed": on,
            disabled: off,
            title: off ? why(task) : words(task),
            data: { task: task.id },
          },
          () => {
            touched = true;
            on ? tasks.delete(task.id) : tasks.add(task.id);
            drawTasks();
          },
        );
      }),
    );
    const count = new Set([...chosen].filter(([, f]) => f).map(([key, f]) => (f === OWN_SETTING ? ownLabel(key) : f)))
      .size;
    sum.textContent = t("workflows.in_form", { n: count });
    if (!can.length) sum.textContent = t("workflows.no_task");
    wordless.hidden = mapped().has("prompt");
  }

  function why(task) {
    if (told.makes && told.makes !== task.makes) return t(`workflows.saves_${told.makes}`);
    return task.needs.length
      ? t("workflows.needs", { field: task.needs.map((f) => t(`workflows.field_${f}`)).join(" / ") })
      : t("workflows.words_alone");
  }

  // ----------------------------------------------------------------------------------------------------- inputs

  const ownLabel = (key) => (labels.get(key) || "").trim();

  function choices(slot) {
    if (typeof slot.value === "boolean") return [];
    return typeof slot.value === "number" ? NUMBERS : [...TEXTS, ...Object.keys(options.media)];
  }

  function slotRow(slot) {
    const key = slotKey(slot);
    const role = el(
      "select",
      "wf-role",
      { "aria-label": t("workflows.role", { field: `${slot.title} ${slot.field}` }) },
      el("option", "", { value: "" }, t("workflows.as_is")),
      ...choices(slot).map((f) => el("option", "", { value: f }, t(`workflows.field_${f}`))),
      el("option", "", { value: OWN_SETTING }, t("workflows.own")),
    );
    role.value = chosen.get(key) || "";
    const own = el("input", "wf-input wf-own", {
      type: "text",
      maxlength: 60,
      "aria-label": t("workflows.own_name"),
      placeholder: t("workflows.own_name"),
      value: labels.get(key) ?? "",
    });
    own.addEventListener("input", () => (labels.set(key, own.value), drawTasks()));
    const row = el(
      "li",
      "wf-slot",
      { data: { slot: key } },
      el(
        "div",
        "wf-what",
        {},
        el("code", "", {}, slot.field),
        el("span", "wf-value", { title: String(slot.value) }, value(slot.value)),
      ),
      role,
      own,
    );
    const draw = () => {
      row.classList.toggle("on", !!chosen.get(key));
      own.hidden = chosen.get(key) !== OWN_SETTING;
    };
    role.addEventListener("change", () => {
      role.value ? chosen.set(key, role.value) : chosen.delete(key);
      if (role.value === OWN_SETTING && !own.value) {
        own.value = fieldLabel(slot.field);
        labels.set(key, own.value);
      }
      draw();
      drawTasks();
    });
    draw();
    return row;
  }

  const value = (v) => (v === "" ? t("workflows.empty_value") : v === true ? "✓" : v === false ? "✗" : String(v));

  function nodeBox([node, slots]) {
    const [{ title: called }] = slots;
    const cls = told.graph[node]?.class_type || "";
    const lost = told.missing.includes(cls) ? el("span", "st-chip failed", {}, t("workflows.no_node")) : null;
    const head = el(
      "header",
      "",
      {},
      el("b", "", {}, called),
      called === cls ? null : el("span", "st-dim", {}, cls),
      el("span", "st-grow"),
      lost,
      el("span", "st-dim wf-id", {}, `#${node}`),
    );
    return el(
      "section",
      "wf-node",
      { data: { text: `${called} ${cls} ${slots.map((s) => s.field).join(" ")}`.toLowerCase() } },
      head,
      el("ul", "", {}, ...slots.map(slotRow)),
    );
  }

  const byNode = new Map();
  for (const slot of told.slots) byNode.set(slot.node, [...(byNode.get(slot.node) || []), slot]);
  const weight = ([, slots]) => (slots.some((s) => told.mapped[slotKey(s)]) ? 0 : 1);
  const boxes = [...byNode].sort((a, b) => weight(a) - weight(b)).map(nodeBox);
  const search = el("input", "wf-input wf-find", {
    type: "search",
    placeholder: t("workflows.find"),
    "aria-label": t("workflows.find"),
  });
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    for (const box of boxes) box.hidden = !box.dataset.text.includes(wanted);
  });

  // ------------------------------------------------------------------------------------------- notes and saving

  function notes() {
    const bad = [];
    if (!told.outputs.length) bad.push(t("workflows.saves_nothing"));
    else if (!told.makes) bad.push(t("workflows.saves_sound"));
    if (told.missing.length) bad.push(t("workflows.missing", { names: told.missing.slice(0, 8).join(", ") }));
    for (const one of told.lacking.slice(0, 5))
      bad.push(t("workflows.lacking", { value: one.value, title: one.title, field: one.field }));
    const plain =
      told.server === "silent" ? [t("workflows.silent")] : told.server === "unset" ? [t("workflows.unset")] : [];
    const list = [...bad.map((text) => [text, "warn"]), ...plain.map((text) => [text, "clock"])];
    return list.length
      ? el(
          "ul",
          "wf-notes",
          {},
          ...list.map(([text, name]) => el("li", name, {}, icon(name), el("span", "", {}, text))),
        )
      : null;
  }

  /** Names of own settings: from their labels, the same label for the same setting. */
  function ownNames() {
    const names = new Map();
    for (const [key, field] of chosen) {
      const called = ownLabel(key);
      if (field !== OWN_SETTING || names.has(called)) continue;
      const start = slug(called, "_") || slug(key.slice(key.indexOf(".") + 1), "_") || "setting";
      const base = /^[a-z]/.test(start) && !options.reserved.includes(start) ? start : `own_${start}`.slice(0, 40);
      let made = base;
      for (let n = 2; [...names.values()].includes(made); n++) made = `${base.slice(0, 37)}_${n}`;
      names.set(called, made);
    }
    return names;
  }

  function body() {
    const names = ownNames();
    const map = Object.fromEntries(
      [...chosen].map(([key, field]) => [key, field === OWN_SETTING ? names.get(ownLabel(key)) : field]),
    );
    const called = Object.fromEntries([...names].map(([words, made]) => [made, words || fieldLabel(made)]));
    return {
      name: name.value,
      label: label.value.trim(),
      graph: told.graph,
      mapping: map,
      labels: called,
      tasks: [...tasks],
      replace: !!told.saved,
    };
  }

  const sum = el("span", "wf-sum", { role: "status" });
  const wordless = el("p", "st-dim wf-wordless", { role: "status" }, t("workflows.no_prompt"));
  const form = el(
    "form",
    "wf-map",
    { novalidate: true },
    el(
      "div",
      "wf-head",
      {},
      el("label", "wf-named", { for: "wf-label" }, el("span", "", {}, t("workflows.name")), label),
      el(
        "label",
        "wf-named",
        { for: "wf-name" },
        el("span", "", {}, t("workflows.id")),
        el("span", "wf-idfield", {}, el("span", "st-dim", {}, "comfyui/"), name),
      ),
    ),
    ...[notes()].filter(Boolean),
    el("h4", "", {}, t("workflows.makes")),
    chips,
    el("div", "wf-inputs", {}, el("h4", "", {}, t("workflows.inputs")), search),
    el("p", "st-dim", {}, t("workflows.inputs_help")),
    wordless,
    el("div", "wf-nodes", {}, ...boxes),
    el(
      "footer",
      "wf-foot",
      {},
      sum,
      el("span", "st-grow"),
      button(t("workflows.cancel"), { text: t("workflows.cancel") }, cancel),
      button(t("workflows.save"), {
        text: t("workflows.save"),
        name: "check",
        cls: "wf-go",
        type: "submit",
        data: { do: "save" },
      }),
    ),
  );
  form.addEventListener("submit", (e) => (e.preventDefault(), save(body())));
  drawTasks();
  return form;
}
