// Settings: storage, engines, limits, spending, backups, versions. Read when the page is opened; no key is ever shown.

import { appPanel } from "./app_panel.js";
import { button, bytes, dollars, el, number, seconds, styles, t } from "./dom.js";
import { copy } from "./actions.js";
import { backups } from "./backups.js";
import { catalogueText } from "./form/common.js";
import { connectionList } from "./connection_list.js";
import { keyLink } from "./connections.js";
import { defaults } from "./defaults.js";
import { heading } from "./page.js";
import { browserNotices, notifications } from "./notifications.js";
import { preferences } from "./preferences.js";
import { reviewSettings } from "./review/status_settings.js";
import { may } from "./rights.js";
import { shortcuts } from "./shortcuts.js";
import { tellMe } from "./tell_me.js";
import { get, post, toast, tryOrToast } from "./net.js";

const DAYS = [7, 30, 90, 365];

/** gr.HTML calls this once. */
export function mount(element) {
  styles("widgets.css", "settings.css", "roles.css");
  const root = element.querySelector(".st-mount") || element;
  root.classList.add("st", "st-house");
  if (!may("manage_studio")) return void root.replaceChildren(...ownSettings());
  const state = { group: "day", days: 30 };

  const providers = connectionList();

  async function load() {
    providers.refresh();
    const [overview, me] = await Promise.all([tryOrToast(get("ui/house")), get("ui/account/me").catch(() => null)]);
    if (!overview) return;
    const left = el(
      "div",
      "st-col",
      {},
      preferences(box),
      appPanel(),
      me?.accounts && me.may.includes("own_account") ? null : tellMe(), // whoever has an account has it there
      notifications(),
      defaults(box),
      engines(overview.engines),
      box("shortcuts", shortcuts()),
    );
    const right = el(
      "div",
      "st-col",
      {},
      storage(overview),
      reviewSettings(box),
      limits(overview.limits),
      spending(state),
      backups(overview, box),
      versions(overview.parts),
    );
    const columns = root.querySelectorAll(":scope > .st-col");
    for (const column of columns) column.remove();
    if (!columns.length) root.replaceChildren(heading(t("shell.tab_settings")), providers.root);
    root.append(left, right);
    providers.follow();
  }
  load();
  new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && root.childElementCount && load()).observe(
    element,
  );
}

/** The page of somebody who does not manage the studio: nothing in it asks for what would be refused. */
const ownSettings = () => [
  heading(t("shell.tab_settings")),
  el("p", "st-dim st-ownlead", {}, t("roles.settings_own")),
  el("div", "st-col", {}, preferences(box), browserNotices(), appPanel(), may("own_account") ? null : tellMe()),
  el("div", "st-col", {}, may("create") ? defaults(box) : null, box("shortcuts", shortcuts())),
];

const box = (name, ...children) =>
  el(
    "section",
    `st-box ${name}`,
    { "aria-label": t(`settings.${name}`) },
    el("h2", "", {}, t(`settings.${name}`)),
    ...children,
  );

function engines(list) {
  return box(
    "engines",
    el("p", "st-dim", {}, t("settings.engines_help")),
    el(
      "ul",
      "st-engines",
      {},
      ...list.map((e) =>
        el(
          "li",
          e.ready ? "ready" : "",
          { data: { engine: e.name } },
          el("span", "st-dot", { "aria-hidden": "true" }),
          el(
            "div",
            "st-grow",
            {},
            el(
              "p",
              "",
              {},
              el("b", "", {}, catalogueText(e.label)),
              " ",
              el(
                "span",
                "st-dim",
                {},
                t(e.local ? "settings.on_this_machine" : "settings.hosted"),
                " · ",
                t("settings.models", { n: e.models }),
              ),
            ),
            el(
              "p",
              e.ready ? "st-okay" : "st-need",
              {},
              e.ready
                ? t("settings.ready")
                : keyLink({ ...e, id: e.name, key_place: e.connection && "connections" }, "st-b link") ||
                    e.missing ||
                    t("settings.not_ready"),
            ),
            variables(e.variables.filter((v) => v.required)),
            optional(e.variables.filter((v) => !v.required)),
          ),
        ),
      ),
    ),
  );
}

/** Environment names, each with whether it is set; the page never gets a value. */
const variables = (list) =>
  list.length
    ? el(
        "ul",
        "st-variables",
        {},
        ...list.map((v) =>
          el(
            "li",
            v.is_set ? "set" : "",
            { data: { variable: v.name } },
            el("code", "", {}, v.name),
            t(v.is_set ? "settings.variable_set" : "settings.variable_unset"),
          ),
        ),
      )
    : null;

const optional = (list) =>
  list.length
    ? el(
        "details",
        "",
        {},
        el(
          "summary",
          "",
          {},
          t("settings.optional_variables", { n: list.length, set: list.filter((v) => v.is_set).length }),
        ),
        variables(list),
      )
    : null;

function storage({ storage: s, health }) {
  const parts = [
    ["library", s.library_bytes],
    ["db", s.db_bytes],
    ["cache", s.cache_bytes - s.local_bytes],
    ["local", s.local_bytes],
    ["backups", s.backups_bytes],
  ].filter(([name, n]) => n || name !== "local");
  const used = parts.reduce((sum, [, n]) => sum + n, 0);
  const bar = el(
    "div",
    "st-meter",
    { role: "img", "aria-label": t("settings.used", { used: bytes(used), free: bytes(s.free_bytes) }) },
    ...parts.map(([name, n]) => {
      const part = el("i", name, { title: `${t(`settings.${name}`)}: ${bytes(n)}` });
      part.style.flexGrow = n || 1;
      return part;
    }),
  );
  const rows = parts.map(([name, n]) =>
    el("li", "", {}, el("i", `st-key ${name}`), t(`settings.${name}`), el("b", "", {}, bytes(n))),
  );
  const waits = health.waiting
    ? t("settings.waiting", { n: health.waiting, time: seconds(health.oldest_s) })
    : t("settings.nothing_waits");
  return box(
    "storage",
    el(
      "p",
      "st-path",
      {},
      el("b", "", {}, t("settings.folder")),
      el("code", "", {}, s.data),
      button(t("widgets.copy"), { name: "copy", cls: "bare tiny" }, () => copy(s.data)),
    ),
    el("p", "st-dim", {}, t("settings.folder_help")),
    bar,
    el("ul", "st-legend", {}, ...rows),
    el(
      "p",
      "st-dim",
      {},
      t("settings.kept", { runs: number(s.runs), assets: number(s.assets), free: bytes(s.free_bytes) }),
    ),
    el("p", "st-dim", {}, waits),
  );
}

function limits(now) {
  const fields = ["run_usd", "day_usd", "month_usd"].map((name) => {
    const field = el("input", "", {
      type: "number",
      min: 0,
      step: "any",
      name,
      value: now[name] ?? "",
      placeholder: t("settings.no_limit"),
      id: `limit-${name}`,
    });
    return el(
      "label",
      "st-limit",
      { for: `limit-${name}` },
      el("span", "", {}, t(`settings.${name}`)),
      el("span", "st-money", {}, "$", field),
    );
  });
  const form = el(
    "form",
    "st-limits",
    {},
    ...fields,
    button(t("settings.save"), { text: t("settings.save"), data: { do: "save-limits" } }),
  );
  form.querySelector("button").type = "submit";
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const body = Object.fromEntries(
      [...form.querySelectorAll("input")].map((i) => [i.name, i.value === "" ? null : Number(i.value)]),
    );
    if (await tryOrToast(post("ui/house/limits", body))) toast(t("settings.saved"));
  });
  return box("limits", el("p", "st-dim", {}, t("settings.limits_help")), form);
}

function spending(state) {
  const shown = el("div", "st-spend");
  const load = async () => {
    const told = await tryOrToast(
      get(`ui/house/spend?${new URLSearchParams({ group: state.group, days: state.days, time_zone: timeZone() })}`),
    );
    if (told) shown.replaceChildren(...(state.group === "day" ? byDay(told.rows, state.days) : byKey(told.rows)));
  };
  const tabs = ["day", "model", "owner"].map((group) =>
    button(
      t(`settings.by_${group}`),
      { text: t(`settings.by_${group}`), "aria-pressed": group === state.group, data: { do: `by-${group}` } },
      () => {
        state.group = group;
        tabs.forEach((b, i) => b.setAttribute("aria-pressed", ["day", "model", "owner"][i] === group));
        load();
      },
    ),
  );
  const days = el(
    "select",
    "st-select",
    { "aria-label": t("settings.period"), onchange: () => ((state.days = Number(days.value)), load()) },
    ...DAYS.map((d) => el("option", "", { value: d, selected: d === state.days }, t("settings.days", { n: d }))),
  );
  load();
  return box("spending", el("div", "st-spendtools", {}, ...tabs, el("span", "st-grow"), days), shown);
}

const timeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** The last days here, today included, as ISO dates. */
function lastDays(count) {
  const iso = new Intl.DateTimeFormat("sv-SE"); // writes ISO dates
  return Array.from({ length: count }, (_, i) => {
    const day = new Date();
    day.setDate(day.getDate() - (count - 1 - i));
    return iso.format(day);
  });
}

function byDay(rows, days) {
  const by = new Map(rows.map((r) => [r.key, r]));
  const list = lastDays(days);
  const most = Math.max(...rows.map((r) => r.usd), 0.01);
  const total = rows.reduce((sum, r) => sum + r.usd, 0);
  const chart = el(
    "div",
    "st-chart",
    { role: "img", "aria-label": t("settings.spent", { usd: dollars(total), n: days }) },
    ...list.map((day) => {
      const row = by.get(day);
      const bar = el("i", row?.usd ? "" : "none", {
        title: `${day}: ${dollars(row?.usd || 0)}${row ? `, ${t("settings.runs", { n: row.runs })}` : ""}`,
      });
      bar.style.height = `${Math.max(2, ((row?.usd || 0) / most) * 100)}%`;
      return bar;
    }),
  );
  const words = el(
    "p",
    "",
    {},
    el("b", "st-total", {}, total ? dollars(total) : "$0"),
    " ",
    el("span", "st-dim", {}, t("settings.in_days", { n: days })),
  );
  return [
    words,
    chart,
    el("div", "st-axis", {}, el("span", "", {}, list[0]), el("span", "", {}, list.at(-1))),
    ...byKey(
      rows
        .filter((r) => r.usd)
        .slice(-14)
        .reverse(),
    ),
  ];
}

function byKey(rows) {
  if (!rows.length) return [el("p", "st-dim", {}, t("settings.nothing_spent"))];
  const most = Math.max(...rows.map((r) => r.usd), 0.01);
  return [
    el(
      "table",
      "st-money-table",
      {},
      el(
        "tbody",
        "",
        {},
        ...rows.map((r) => {
          const bar = el("i");
          bar.style.width = `${(r.usd / most) * 100}%`;
          return el(
            "tr",
            "",
            {},
            el("th", "", { scope: "row" }, r.key || t("settings.you")),
            el("td", "bar", {}, bar),
            el("td", "", {}, t("settings.runs", { n: number(r.runs) })),
            el("td", "", {}, dollars(r.usd)),
          );
        }),
      ),
    ),
  ];
}

function versions(parts) {
  return el(
    "section",
    "st-box versions",
    { "aria-label": t("settings.versions") },
    el(
      "details",
      "",
      {},
      el("summary", "", {}, t("settings.versions")),
      el(
        "table",
        "st-parts",
        {},
        el(
          "tbody",
          "",
          {},
          ...parts.map((p) =>
            el(
              "tr",
              "",
              {},
              el("th", "", { scope: "row" }, p.name),
              el("td", "", {}, p.version),
              el("td", "st-dim", {}, p.licence),
            ),
          ),
        ),
      ),
    ),
  );
}
