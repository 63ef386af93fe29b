// Activity: who did what, when, from where. Filters, pages by key, links to what was acted on, exports, the record's check.

import { openTab } from "./address.js";
import { BASE, button, el, exactTime, icon, number, since, styles, t } from "./dom.js";
import { open } from "./detail.js";
import { catalogueText } from "./form/common.js";
import { get, post, toast, tryOrToast } from "./net.js";
import { heading } from "./page.js";
import { avatar, confirmed, deviceName } from "./people_parts.js";

const PAUSE_MS = 250;
const KEPT_MONTHS = [0, 6, 12, 24, 36, 60];
const FILTERS = ["text", "person", "action", "object", "since", "until"];

/** Words under a key that may be missing, such as the name of an action that is newer than the tables. */
const words = (key, otherwise) => {
  const found = t(`activity.${key}`);
  return found.startsWith("activity.") ? otherwise : found;
};
const actionText = (action) => words(`action.${action}`, action.replace(/[._]/g, " "));
const fieldText = (name) => words(`field.${name}`, name.replace(/_/g, " "));

/** gr.HTML calls this once. */
export function mount(element) {
  styles("widgets.css", "people.css", "activity.css");
  new Activity(element, element.querySelector(".st-mount") || element);
}

class Activity {
  constructor(element, root) {
    this.before = null;
    this.asked = 0;
    root.classList.add("st", "st-activity");
    this.lead = el("p", "st-dim");
    this.filters = this.controls();
    this.list = el("ol", "ac-list", { "aria-label": t("activity.rows") });
    this.more = button(t("activity.more"), { text: t("activity.more"), hidden: true, data: { do: "more" } }, () =>
      this.page(),
    );
    this.none = el("div", "st-empty", { hidden: true });
    this.record = el("div");
    root.replaceChildren(
      el("header", "ac-head", {}, heading(t("activity.title")), el("span", "st-grow"), ...this.exports()),
      this.lead,
      this.filters,
      this.list,
      el("div", "ac-more", {}, this.more),
      this.none,
      this.record,
    );
    new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && this.open()).observe(element);
  }

  controls() {
    const changed = () => this.load();
    let timer;
    this.text = el("input", "st-input ac-search studio-search", {
      type: "search",
      placeholder: t("activity.search"),
      "aria-label": t("activity.search"),
      maxlength: 500,
      oninput: () => (clearTimeout(timer), (timer = setTimeout(changed, PAUSE_MS))),
    });
    this.person = el("select", "st-select", { "aria-label": t("activity.person"), name: "person", onchange: changed });
    this.action = el("select", "st-select", { "aria-label": t("activity.action"), name: "action", onchange: changed });
    const day = (name) => el("input", "st-input ac-day", { type: "date", name, onchange: changed });
    this.since = day("since");
    this.until = day("until");
    this.object = { value: "" };
    this.chip = el("span", "ac-chip", { hidden: true });
    this.clear = button(
      t("activity.clear"),
      { text: t("activity.clear"), cls: "link", hidden: true, data: { do: "clear" } },
      () => {
        for (const name of FILTERS) this[name].value = "";
        this.load();
        this.text.focus();
      },
    );
    const labelled = (label, input) => el("label", "ac-field", {}, el("span", "", {}, label), input);
    return el(
      "div",
      "ac-filters",
      { role: "search" },
      this.text,
      this.person,
      this.action,
      labelled(t("activity.since"), this.since),
      labelled(t("activity.until"), this.until),
      this.chip,
      this.clear,
    );
  }

  exports() {
    this.links = ["csv", "jsonl"].map((form) =>
      el(
        "a",
        "st-b",
        { href: "#", download: "", data: { form } },
        icon("download"),
        el("span", "", {}, t(`activity.${form}`)),
      ),
    );
    return this.links;
  }

  query(more = {}) {
    const asked = new URLSearchParams({ time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "" });
    for (const name of FILTERS) if (this[name].value) asked.set(name, this[name].value);
    for (const [name, value] of Object.entries(more)) asked.set(name, value);
    return asked;
  }

  async open() {
    const choices = await tryOrToast(get("ui/activity/choices"));
    if (!choices) return;
    this.lead.textContent = t(choices.sees_all ? "activity.lead" : "activity.lead_own");
    this.names = choices.names;
    this.person.hidden = !choices.sees_all || choices.people.length < 2;
    fill(
      this.person,
      t("activity.anyone"),
      choices.people.map((p) => [p.id, personName(p.id, p.name)]),
    );
    fill(
      this.action,
      t("activity.any_action"),
      choices.actions.map((a) => [a, sentence(actionText(a))]),
    );
    this.record.replaceChildren(...(choices.sees_all ? [this.recordBox(choices.months)] : []));
    await this.load();
  }

  /** From the newest row on, as the filters stand. */
  async load() {
    this.before = null;
    const filtered = FILTERS.some((name) => this[name].value);
    this.clear.hidden = !filtered;
    const only = this.object.value;
    this.chip.hidden = !only;
    this.chip.replaceChildren(
      el("span", "", {}, t("activity.object", { id: only })),
      button(t("activity.clear_object"), { name: "close", cls: "bare tiny" }, () => this.only("")),
    );
    for (const link of this.links)
      link.href = new URL(`ui/activity/export?${this.query({ form: link.dataset.form })}`, BASE).href;
    await this.page();
    this.none.replaceChildren(
      icon(filtered ? "search" : "clock", "st-i huge"),
      el("h2", "", {}, t(filtered ? "activity.nothing" : "activity.empty")),
      el("p", "", {}, t(filtered ? "activity.nothing_help" : "activity.empty_help")),
    );
  }

  async page() {
    const first = this.before === null;
    const asked = ++this.asked;
    const answer = await tryOrToast(get(`ui/activity?${this.query(first ? {} : { before: this.before })}`));
    if (!answer || asked !== this.asked) return; // a later question is on its way
    const rows = answer.rows.map((row) => this.row(row));
    first ? this.list.replaceChildren(...rows) : this.list.append(...rows);
    if (!first) rows[0]?.querySelector(".ac-toggle")?.focus();
    this.before = answer.next_before;
    this.more.hidden = this.before === null;
    this.none.hidden = this.list.childElementCount > 0;
  }

  only(id) {
    this.object.value = id;
    this.load();
  }

  row(row) {
    const name = personName(row.person, row.name, row.action);
    const refused = row.outcome === "refused" && row.action !== "session.failed"; // whose words say it already
    const facts = this.facts(row);
    const toggle = button(
      t("activity.details"),
      { name: "down", cls: "bare tiny ac-toggle", "aria-expanded": "false", data: { do: "details" } },
      () => {
        facts.hidden = !facts.hidden;
        toggle.setAttribute("aria-expanded", `${!facts.hidden}`);
      },
    );
    return el(
      "li",
      `ac-row${refused ? " refused" : ""}`,
      { data: { seq: row.seq, action: row.action } },
      avatar(name, row.person),
      el(
        "div",
        "ac-what",
        {},
        el(
          "p",
          "",
          {},
          el("b", "", {}, name),
          " ",
          refused ? el("span", "ac-refused", {}, t("activity.refused")) : null,
          el("span", "ac-action", {}, actionText(row.action)),
          row.object ? this.objectLink(row.object) : null,
        ),
        changeLine(row.change),
        facts,
      ),
      el("div", "ac-when", {}, since(row.at), toggle),
    );
  }

  objectLink(id) {
    const goes = opener(id);
    return el(
      "span",
      "ac-object",
      {},
      goes
        ? el("button", "st-link", { type: "button", title: id, onclick: goes }, this.names[id] || id)
        : el("code", "", {}, id),
      button(t("activity.only_object"), { name: "filter", cls: "bare tiny", data: { do: "only" } }, () =>
        this.only(id),
      ),
    );
  }

  facts(row) {
    const facts = [
      [t("activity.time"), exactTime(row.at)],
      [t("activity.address"), row.address],
      [t("activity.via"), viaText(row.via)],
      [t("activity.action"), row.action],
      [t("activity.number"), number(row.seq)],
      [t("activity.hash"), row.hash],
    ].filter(([, value]) => value);
    return el(
      "dl",
      "ac-facts",
      { hidden: true },
      ...facts.flatMap(([name, value]) => [el("dt", "", {}, name), el("dd", "", {}, value)]),
    );
  }

  recordBox(months) {
    const told = el("p", "st-dim", { role: "status", "aria-live": "polite" });
    const choices = [...new Set([...KEPT_MONTHS, months])].sort((a, b) => a - b);
    const keep = el(
      "select",
      "st-select",
      { id: "ac-keep", onchange: () => this.setMonths(keep, months, told) },
      ...choices.map((n) =>
        el(
          "option",
          "",
          { value: n, selected: n === months },
          n ? t("activity.keep_months", { n }) : t("activity.keep_always"),
        ),
      ),
    );
    const check = button(
      t("activity.verify"),
      { name: "check", text: t("activity.verify"), data: { do: "verify" } },
      async () => {
        check.disabled = true;
        told.textContent = t("activity.verifying");
        const report = await tryOrToast(post("ui/activity/verify"));
        check.disabled = false;
        told.replaceChildren(...(report ? reportText(report) : []));
      },
    );
    return el(
      "section",
      "st-box ac-record",
      { "aria-label": t("activity.record") },
      el("h2", "", {}, t("activity.record")),
      el("div", "ac-recordline", {}, el("label", "", { for: "ac-keep" }, t("activity.keep")), keep),
      el("p", "st-dim", {}, t("activity.keep_help")),
      el("div", "ac-recordline", {}, check),
      el("p", "st-dim", {}, t("activity.verify_help")),
      told,
    );
  }

  /** Rows that go are gone: it is asked first where some may. */
  async setMonths(keep, before, told) {
    const months = Number(keep.value);
    if (
      months &&
      !(await confirmed(t("activity.keep"), {
        text: t("activity.keep_confirm", { months: t("activity.keep_months", { n: months }) }),
        yes: t("activity.keep_confirm_yes"),
        danger: true,
      }))
    ) {
      keep.value = before;
      return;
    }
    const answer = await tryOrToast(post("ui/activity/months", { months }));
    if (!answer) return void (keep.value = before);
    toast(answer.removed ? t("activity.removed", { n: answer.removed }) : t("activity.saved"));
    told.replaceChildren();
    await this.open();
  }
}

function fill(select, any, pairs) {
  const value = select.value;
  select.replaceChildren(
    el("option", "", { value: "" }, any),
    ...pairs.map(([id, label]) => el("option", "", { value: id }, label)),
  );
  select.value = pairs.some(([id]) => id === value) ? value : "";
}

/** With a capital letter, where the script has them. */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Rows of the studio itself and of failed sign-ins have no person. */
function personName(id, name, action = "") {
  if (name) return name;
  if (/^(studio|audit)\./.test(action) && action !== "audit.set_months") return t("activity.studio");
  if (action === "session.failed") return t("activity.nobody");
  return id && id !== "local" ? id : t("activity.local");
}

const VIA = { s_: "via_session", t_: "via_token" };
const viaText = (via) =>
  via === "terminal"
    ? t("activity.via_terminal")
    : VIA[via.slice(0, 2)]
      ? `${t(`activity.${VIA[via.slice(0, 2)]}`)} ${via}`
      : via;

/** How a value of a change is said. */
function valueText(name, value) {
  if (name === "device") return deviceName(value);
  if (name === "model") return catalogueText(value);
  if (name === "role") return t(`people.role_${value}`);
  return value === "set" ? t("activity.value_set") : value;
}

function changeLine(change) {
  const parts = Object.entries(change).map(([name, value]) =>
    el("span", "", {}, el("i", "", {}, fieldText(name)), " ", valueText(name, value)),
  );
  return parts.length ? el("p", "ac-change", {}, ...parts) : null;
}

/** What opens the thing with this id; null where no page shows it. */
function opener(id) {
  if (/^r_/.test(id)) return () => open(id);
  if (/^b[a-z0-9]/.test(id)) return () => openTab("storyboard", { board: id });
  if (/^p_/.test(id)) return () => openTab("people", { person: id });
  return null;
}

function reportText(report) {
  const lines = [];
  if (report.broken)
    lines.push(
      el(
        "strong",
        "ac-broken",
        {},
        t(`activity.broken_${report.broken.missing ? "missing" : "changed"}`, { seq: report.broken.seq }),
      ),
    );
  else lines.push(el("strong", "ac-intact", {}, icon("check"), t("activity.intact", { n: report.rows })));
  if (report.removed)
    lines.push(
      el(
        "span",
        "",
        {},
        t("activity.removed_through", { seq: report.removed.through, at: exactTime(report.removed.at) }),
      ),
    );
  lines.push(el("span", "ac-hash", {}, t("activity.last_hash", { hash: report.hash })));
  return lines;
}
