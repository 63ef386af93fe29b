// The table of models for a request: sorted, narrowed to those with a key, ticked for a comparison. A row a card on phones.

import { button, dollars, el, icon, number, seconds, t } from "../dom.js";
import { addKeyText, openKeyPlace } from "../connections.js";
import { catalogueText } from "../form/common.js";
import { openRates } from "./rates.js";

const MIN_TICKED = 2;
const MAX_TICKED = 6;
const READY_KEY = "studio-where-ready";

const usd = (row) => (row.usd === null || row.usd === undefined ? Infinity : row.usd);
const time = (row) => row.expected_s || Infinity;
const ORDERS = { best: null, price: (a, b) => usd(a) - usd(b), time: (a, b) => time(a) - time(b) };

/** use(id), compare({id: terms}), close(): what the dialog does. Gives the node and what its answers are shown by. */
export function alternativesTable({ use, compare, close }) {
  let rows = [];
  let order = "best";
  const ticked = new Map(); // id -> row
  const onlyReady = el("input", "", { type: "checkbox", checked: stored(), onchange: () => (keep(), draw()) });
  const body = el("tbody");
  const heads = {
    model: el("th", "", { scope: "col" }, t("compare.model")),
    price: sortable("price"),
    time: sortable("time"),
    changes: el("th", "", { scope: "col" }, t("compare.changes")),
    act: el("th", "", { scope: "col" }, el("span", "st-off", {}, t("compare.action"))),
  };
  const tick = el("th", "", { scope: "col" }, el("span", "st-off", {}, t("widgets.compare")));
  const table = el(
    "table",
    "cw-table",
    { hidden: true },
    el("thead", "", {}, el("tr", "", {}, tick, ...Object.values(heads))),
    body,
  );
  const search = el("input", "cw-search", {
    type: "search",
    placeholder: t("compare.search"),
    "aria-label": t("compare.search"),
    oninput: () => draw(),
  });
  const unchanged = el("input", "", { type: "checkbox", onchange: () => draw() });
  const sorting = el(
    "select",
    "st-select cw-sort",
    { "aria-label": t("compare.sort"), onchange: () => sort(sorting.value) },
    ...Object.keys(ORDERS).map((key) => el("option", "", { value: key }, t(`compare.sort_${key}`))),
  );
  const tools = el(
    "div",
    "cw-tools",
    {},
    search,
    el("label", "cw-check", {}, onlyReady, el("span", "", {}, t("compare.only_ready"))),
    el("label", "cw-check", {}, unchanged, el("span", "", {}, t("compare.only_exact"))),
    sorting,
    button(t("compare.rates"), { text: t("compare.rates"), cls: "link" }, () => openRates()),
  );
  const refusedList = el("ul", "cw-refused");
  const refused = el("details", "cw-others", { hidden: true }, el("summary", ""), refusedList);
  const message = el("p", "cw-message", { role: "status" });
  const alert = el("p", "cw-alert", { role: "alert", hidden: true });
  const total = el("span", "cw-total", { "aria-live": "polite" });
  const go = button(
    t("widgets.compare"),
    { name: "compare", text: t("widgets.compare"), cls: "cw-go", data: { do: "compare" } },
    send,
  );
  const node = el(
    "div",
    "cw-body",
    {},
    tools,
    el("div", "cw-scroll", {}, message, table, refused),
    el("footer", "cw-foot", {}, alert, total, go),
  );

  function sortable(key) {
    const press = el(
      "button",
      "cw-head",
      { type: "button", onclick: () => sort(order === key ? "best" : key) },
      t(`compare.${key}`),
      icon("down"),
    );
    return el("th", "", { scope: "col", "aria-sort": "none" }, press);
  }

  function sort(key) {
    order = key;
    sorting.value = key;
    for (const name of ["price", "time"]) heads[name].setAttribute("aria-sort", name === key ? "ascending" : "none");
    draw();
  }

  function stored() {
    try {
      return localStorage.getItem(READY_KEY) === "on";
    } catch {
      return false;
    }
  }
  function keep() {
    try {
      localStorage.setItem(READY_KEY, onlyReady.checked ? "on" : "off");
    } catch {
      /* a private window keeps nothing */
    }
  }

  function send() {
    alert.hidden = true;
    compare(Object.fromEntries([...ticked].map(([id, row]) => [id, row.terms])));
  }

  // --------------------------------------------------------------------------------------------------- what shows

  function draw() {
    const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const named = (row) =>
      words.every((word) =>
        [row.label, row.provider_label, row.model].some(
          (name) => name.toLowerCase().includes(word) || catalogueText(name).toLowerCase().includes(word),
        ),
      );
    const wanted = (row) =>
      (!onlyReady.checked || row.ready || row.current) && (!unchanged.checked || row.fit === "exact") && named(row);
    const able = rows.filter((row) => row.fit !== "refused" && wanted(row));
    const by = ORDERS[order];
    const listed = by ? [...able].sort(by) : able;
    const same = listed.filter((row) => row.same_model && !row.current);
    const others = listed.filter((row) => !row.same_model);
    const lines = by
      ? listed.map(line)
      : [
          ...listed.filter((row) => row.current).map(line),
          ...group("compare.same_model", same),
          ...group("compare.other_models", others),
        ];
    body.replaceChildren(...lines);
    const unable = rows.filter((row) => row.fit === "refused");
    refused.hidden = !unable.length;
    refused.firstElementChild.textContent = t("compare.refused", { n: unable.length });
    refusedList.replaceChildren(...unable.map(reasonLine));
    table.hidden = !able.length;
    const narrowed = onlyReady.checked || unchanged.checked || words.length;
    message.hidden = able.some((row) => !row.current) || !rows.length;
    message.textContent = narrowed ? t("compare.none_shown") : t("compare.none");
    count();
  }

  const group = (title, members) =>
    members.length
      ? [el("tr", "cw-group", {}, el("th", "", { colspan: 6, scope: "colgroup" }, t(title))), ...members.map(line)]
      : [];

  const reasonLine = (row) =>
    el(
      "li",
      "",
      {},
      el("strong", "", {}, catalogueText(row.label)),
      el("span", "st-dim", {}, ` ${catalogueText(row.provider_label)}`),
      ...row.refusals.map((why) => el("p", "", {}, why)),
    );

  function line(row) {
    const box = el("input", "", {
      type: "checkbox",
      checked: ticked.has(row.model),
      disabled: !row.ready,
      "aria-label": t("compare.tick", { model: catalogueText(row.label), provider: catalogueText(row.provider_label) }),
      title: row.ready ? t("compare.tick_short") : row.missing,
      onchange: () => {
        box.checked ? ticked.set(row.model, row) : ticked.delete(row.model);
        count();
      },
    });
    return el(
      "tr",
      `cw-row${row.current ? " current" : ""}${row.ready ? "" : " off"}`,
      { data: { id: row.model } },
      el("td", "cw-tick", {}, el("label", "", {}, box)),
      el("td", "cw-model", {}, ...modelCell(row)),
      el("td", "cw-price", { data: { label: t("compare.price") } }, ...priceCell(row)),
      el("td", "cw-time", { data: { label: t("compare.time") } }, ...timeCell(row)),
      el("td", "cw-changes", { data: { label: t("compare.changes") } }, changesCell(row)),
      el("td", "cw-act", {}, actCell(row)),
    );
  }

  const modelCell = (row) => [
    el("strong", "", {}, catalogueText(row.label)),
    row.label === row.provider_label ? null : el("span", "cw-provider", {}, catalogueText(row.provider_label)),
    row.current ? el("span", "cw-badge here", {}, t("compare.current")) : null,
    row.draft ? el("span", "cw-badge", {}, t("compare.draft")) : null,
    row.deprecated ? el("span", "cw-badge", { title: catalogueText(row.deprecated) }, t("compare.deprecated")) : null,
  ];

  function priceCell(row) {
    const notes = [];
    if (row.runs > 1 && row.usd_each) notes.push(t("compare.each", { n: row.runs, usd: dollars(row.usd_each) }));
    if (row.credits) notes.push(t("compare.credits", { n: number(row.credits, 2) }));
    if (row.usd && row.price_notes.length) notes.push(t("compare.unconfirmed"));
    const why = [row.price_basis, ...row.price_notes.filter((note) => note !== row.price_basis)]
      .filter(Boolean)
      .join(" ");
    return [
      el("strong", "", { title: why || null }, dollars(row.usd)),
      ...notes.map((note) => el("span", "cw-note", {}, note)),
    ];
  }

  function timeCell(row) {
    if (!row.expected_s) return [el("span", "st-dim", {}, t("widgets.unknown"))];
    const source =
      row.expected_from === "history"
        ? t("compare.time_history", { n: row.expected_runs })
        : t(`compare.time_${row.expected_from}`);
    return [el("span", "", {}, `~${seconds(row.expected_s)}`), el("span", "cw-note", {}, source)];
  }

  const changesCell = (row) => [
    row.changes.length
      ? el("ul", "cw-list", {}, ...row.changes.map((words) => el("li", "", {}, words)))
      : el("span", "cw-exact", {}, row.current ? "" : icon("check"), row.current ? "–" : t("compare.exact")),
    row.held ? el("p", "cw-held", {}, icon("hand"), el("span", "", {}, row.held)) : null,
  ];

  function actCell(row) {
    if (row.current && !row.key_place) return el("span", "st-dim", {}, row.missing || "");
    if (row.ready)
      return button(t("compare.use"), { text: t("compare.use"), data: { do: "use" } }, () => use(row.model));
    if (row.key_place)
      return button(
        addKeyText({ label: row.provider_label, needs: row.needs }),
        {
          text: t(row.needs.some((name) => name.endsWith("_URL")) ? "compare.set_up" : "compare.add_key"),
          cls: "link",
          title: row.missing,
          data: { do: "key" },
        },
        () => (close(), openKeyPlace(row.provider, row.key_place)),
      );
    return el("span", "st-dim cw-why", {}, row.missing);
  }

  function count() {
    const chosen = [...ticked.values()];
    for (const box of body.querySelectorAll(".cw-tick input")) {
      const id = box.closest("tr").dataset.id;
      const row = rows.find((one) => one.model === id);
      box.disabled = !row.ready || (!ticked.has(id) && ticked.size >= MAX_TICKED);
    }
    const known = chosen.filter((row) => row.usd_each !== null && row.usd_each !== undefined);
    const sum = known.reduce((all, row) => all + row.usd_each, 0);
    const unknown = chosen.length - known.length;
    go.disabled = chosen.length < MIN_TICKED;
    total.textContent =
      chosen.length < MIN_TICKED
        ? t("compare.choose", { most: MAX_TICKED })
        : [
            t("compare.total", { n: chosen.length, usd: dollars(known.length ? sum : null) }),
            unknown && known.length ? t("compare.total_unknown", { n: unknown }) : "",
          ]
            .filter(Boolean)
            .join(" ");
  }

  return {
    node,
    /** The question is on its way. */
    wait() {
      message.hidden = false;
      message.textContent = t("compare.looking");
      node.setAttribute("aria-busy", "true");
      go.disabled = true;
    },
    /** The answer: rows in the studio's order. What was ticked stays so, on the new terms. */
    show(found) {
      rows = found;
      node.removeAttribute("aria-busy");
      const able = new Map(rows.filter((row) => row.ready && row.fit !== "refused").map((row) => [row.model, row]));
      const before = ticked.size ? [...ticked.keys()] : rows.filter((row) => row.current).map((row) => row.model);
      ticked.clear();
      for (const id of before) if (able.has(id)) ticked.set(id, able.get(id));
      draw();
    },
    /** There is no list, for this reason. */
    none(why) {
      rows = [];
      node.removeAttribute("aria-busy");
      draw();
      message.hidden = false;
      message.textContent = why || t("compare.none");
    },
    /** A press of Compare was refused. */
    refused(why) {
      node.removeAttribute("aria-busy");
      alert.replaceChildren(icon("warn"), el("span", "", {}, why));
      alert.hidden = false;
      count();
    },
    /** A press of Compare is on its way, or has its answer. */
    sending(on) {
      go.disabled = on;
      go.classList.toggle("busy", on);
    },
  };
}
