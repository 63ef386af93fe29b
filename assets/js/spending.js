// Spending: what every person and project has spent, their budgets, and above what each role needs approval.

import { dollars, el, icon, styles, t } from "./dom.js";
import { get, post, toast, tryOrToast } from "./net.js";
import { heading } from "./page.js";

const LIMITS = ["run_usd", "day_usd", "month_usd"];

/** gr.HTML calls this once. */
export function mount(element) {
  const root = element.querySelector(".st-mount") || element;
  const panel = spendingPanel({ head: true });
  root.replaceChildren(panel);
  new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && panel.load()).observe(element);
}

/** The panel for any page; load() reads it anew. head: with the page's heading. */
export function spendingPanel({ head = false } = {}) {
  styles("widgets.css", "approvals.css");
  const root = el("div", "st st-spending");
  root.load = async () => {
    try {
      draw(await get("ui/spending"));
    } catch (error) {
      root.replaceChildren(el("p", "st-dim", { role: "alert" }, error.message)); // such as: this is for producers
    }
  };

  async function save(promise) {
    const told = await tryOrToast(promise);
    if (told) toast(t("spending.saved"));
    told ? draw(told) : root.load();
  }

  function draw(told) {
    const names = new Map(told.projects.map((row) => [row.subject, row.name]));
    root.replaceChildren(
      ...(head ? [el("header", "st-queuehead", {}, heading(t("spending.tab")))] : []),
      el("p", "st-dim", {}, t("spending.lead")),
      el("h2", "", {}, t("spending.people")),
      table("person", told.people, told.may_set),
      el("h2", "", {}, t("spending.projects")),
      told.projects.length
        ? table("project", told.projects, told.may_set)
        : el("p", "st-dim", {}, t("spending.no_projects")),
      el("h2", "", {}, t("spending.approval")),
      el("p", "st-dim", {}, t("spending.approval_help")),
      ...Object.entries(told.approval)
        .filter(([project]) => !project || names.has(project))
        .map(([project, limits]) => approval(project, names.get(project), limits, told)),
    );
  }

  const table = (scope, rows, may) => el("div", "st-budgets", {}, ...rows.map((row) => budget(scope, row, may)));

  function budget(scope, row, may) {
    const inputs = {};
    const changed = () => {
      const body = Object.fromEntries(LIMITS.map((name) => [name, amount(inputs[name])]));
      save(post(`ui/budgets/${scope}/${encodeURIComponent(row.subject)}`, body));
    };
    const fields = LIMITS.map((name) => {
      inputs[name] = dollarsInput(row.limits[name], `${row.name} · ${t(`spending.${name}`)}`, may, changed);
      return el("label", "", {}, t(`spending.${name}`), inputs[name]);
    });
    const cells = [el("b", "", {}, row.name), used(row), ...fields];
    if (scope === "person")
      cells.push(el("label", "", { title: t("spending.weight_help") }, t("spending.weight"), weight(row)));
    return el("div", `st-budget${scope === "person" ? "" : " plain"}`, { data: { subject: row.subject } }, ...cells);
  }

  function weight(row) {
    const input = el("input", "st-input", { type: "number", min: 0.1, max: 100, step: 0.1, value: row.weight });
    input.addEventListener("change", () =>
      save(post(`ui/weights/${encodeURIComponent(row.subject)}`, { weight: Number(input.value) })),
    );
    return input;
  }

  function approval(project, name, limits, told) {
    const fields = told.roles.map((role) => {
      const input = dollarsInput(
        limits[role],
        `${name || t("spending.studio")} · ${t(`spending.role_${role}`)}`,
        told.may_set,
        () => save(post("ui/approval-limits", { role, project, over_usd: amount(input) })),
      );
      return el("label", "", {}, t(`spending.role_${role}`), input);
    });
    return el(
      "div",
      "st-budgets",
      {},
      el(
        "div",
        "st-budget plain",
        { data: { project } },
        el("b", "", {}, name || t("spending.studio")),
        el("span", "st-used st-dim", {}, t("spending.above")),
        ...fields,
      ),
    );
  }
  return root;
}

/** Spent this month, and how much of the budget that is. */
function used(row) {
  const limit = row.limits.month_usd ?? row.limits.day_usd;
  const spent = row.limits.month_usd === null && limit !== null ? row.spent_day_usd : row.spent_month_usd;
  const over = limit !== null && spent >= limit;
  const text =
    limit === null
      ? t("spending.spent_month", { usd: money(row.spent_month_usd) })
      : t(row.limits.month_usd === null ? "spending.of_day" : "spending.of_month", {
          left: money(Math.max(0, limit - spent)),
          limit: money(limit),
        });
  return el(
    "div",
    `st-used${over ? " over" : ""}`,
    {},
    el("span", "", {}, over ? icon("warn") : "", text),
    limit ? el("progress", "", { max: limit, value: Math.min(spent, limit), "aria-label": text }) : null,
  );
}

const money = (usd) => (usd ? dollars(usd) : "$0");

function dollarsInput(value, label, may, changed) {
  const input = el("input", "st-input", {
    type: "number",
    min: 0,
    step: "any",
    value,
    "aria-label": label,
    disabled: !may,
  });
  input.placeholder = t("spending.none");
  input.addEventListener("change", changed);
  return input;
}

const amount = (input) => (input.value.trim() === "" ? null : Number(input.value));
