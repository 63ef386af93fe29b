// The queue: what needs a person, what runs, what waits in its order, what lately ended. All from the live stream.

import { button, colon, dollars, el, icon, number, seconds, since, styles, t } from "./dom.js";
import { again, buttons, choices, edit } from "./actions.js";
import { open as openDetail } from "./detail.js";
import { catalogueText } from "./form/common.js";
import { holdNotice } from "./holds.js";
import { addActive, follow, waiting } from "./live.js";
import { get, post, toast, tryOrToast } from "./net.js";
import { PAGE, QueueRows } from "./queue_rows.js";
import { heading } from "./page.js";
import { chip, runPreview, hoverPlay, fadeInResult, picture, progress, reason, title } from "./parts.js";
import { isMine, mayDecide } from "./project_state.js";
import { author, avatar } from "./share.js";
import { sortable } from "./sortable.js";

const SECTIONS = ["held", "running", "queued", "recent"];
const TOP = 10;

/** gr.HTML calls this once. */
export function mount(element) {
  styles("widgets.css", "queue.css");
  const root = element.querySelector(".st-mount") || element;
  root.classList.add("st", "st-queue");
  const summary = el("p", "st-sum", { "aria-live": "polite" });
  const offline = el("span", "st-offline", { hidden: true }, icon("warn"), t("queue.offline"));
  const rest = button(t("queue.pause"), { name: "pause", text: t("queue.pause"), data: { do: "pause" } }, () =>
    tryOrToast(post(`ui/queue/${rest.dataset.on === "true" ? "resume" : "pause"}`)),
  );
  const clear = button(
    t("queue.clear"),
    { name: "close", text: t("queue.clear"), cls: "danger", data: { do: "clear" } },
    () => confirmMany(clearAll, mine),
  );
  const head = el(
    "header",
    "st-queuehead",
    {},
    heading(t("shell.tab_queue")),
    summary,
    offline,
    el("span", "st-grow"),
    clear,
    rest,
  );
  const resting = el("p", "st-resting", { hidden: true, role: "status" }, icon("hand"), t("queue.resting"));
  const lists = {};
  const parts = SECTIONS.map((name) => {
    lists[name] = el("ol", "st-rows", { "aria-label": t(`queue.${name}`) });
    const count = el("span", "st-dim");
    const hint = name === "queued" ? el("small", "st-dim st-hint", {}, t("queue.hint")) : null;
    const part = el(
      "section",
      `st-part ${name}`,
      { hidden: true },
      el("h2", "", {}, t(`queue.${name}`), " ", count, hint),
      lists[name],
    );
    part.count = count;
    return part;
  });
  const empty = el(
    "div",
    "st-empty",
    { hidden: true },
    icon("clock", "st-i huge"),
    el("h2", "", {}, t("queue.empty")),
    el("p", "", {}, t("queue.empty_help")),
  );
  const holds = el("div", "st-holds", { hidden: true });
  root.replaceChildren(head, resting, holds, ...parts, empty);

  const drawn = new Map();
  const more = {};
  for (const name of ["held", "running"]) {
    more[name] = button("", { text: "…", cls: "link", hidden: true }, () => showMore(name));
    lists[name].after(more[name]);
  }
  let mine = 0; // own runs that wait
  let dragging = false;
  let runs = new Map();
  let newest = null;
  let reordered = 0;
  const rows = new QueueRows(lists.queued, {
    draw: (run, at) => rowOf({ ...run, position: run.position ?? at + 1 }, "queued"),
    before: () => keepFocus([]),
    loaded: ({ runs: page, counts }) => {
      if (page.length >= counts.queued) addActive(page, { whole: true });
    },
  });
  follow(root, (state, changed) => {
    runs = state.runs;
    newest = state;
    if (!dragging) draw(state, changed);
  });

  /** Whether what waits, or its order, may be another than the rows show. */
  function isAnew(state, changed) {
    if (changed === null) return "begin";
    const moved = state.reordered !== reordered || state.counts.queued !== rows.total;
    return moved || changed.some((run) => run.status === "queued" || rows.find(run.id));
  }

  function draw(state, changed) {
    const anew = isAnew(state, changed);
    const active = state.order.map((id) => state.runs.get(id)).filter(Boolean);
    const groups = {
      held: [],
      running: [],
      recent: state.recent
        .map((id) => state.runs.get(id))
        .filter(Boolean)
        .slice(0, 30),
    };
    for (const run of active) groups[run.status]?.push(run);
    const { counts } = state;
    SECTIONS.forEach((name, i) => {
      const count = name === "recent" ? groups.recent.length : Math.max(counts[name], groups[name]?.length || 0);
      parts[i].hidden = !count;
      parts[i].count.textContent = name === "recent" ? "" : number(count);
      if (name === "queued") return;
      lists[name].replaceChildren(...keepFocus(groups[name].map((run) => rowOf(run, name))));
      if (!more[name]) return;
      more[name].hidden = count <= groups[name].length;
      more[name].firstChild.textContent = t("queue.show_more", { n: number(count - groups[name].length) });
    });
    rows.take(counts.queued, waiting(), anew);
    if (reordered !== state.reordered) {
      reordered = state.reordered;
      rows.refresh();
    }
    const live = new Set([...active, ...groups.recent].map((r) => r.id));
    for (const id of drawn.keys()) if (!live.has(id) && !rows.find(id)) drawn.delete(id);
    const text = [
      t("queue.sum", {
        running: number(counts.running),
        queued: number(counts.queued),
        held: number(counts.held),
      }),
    ];
    if (counts.wait_s) text.push(t("queue.work", { time: seconds(counts.wait_s) }));
    if (counts.usd) text.push(dollars(counts.usd));
    summary.textContent = text.join("  ·  ");
    mine = Object.values(counts.own.queued || {}).reduce((sum, n) => sum + n, 0);
    clear.hidden = !mine;
    empty.hidden = active.length + groups.recent.length > 0;
    offline.hidden = state.connected;
    resting.hidden = !state.paused;
    drawHolds(state.holds);
    rest.dataset.on = state.paused;
    rest.setAttribute("aria-label", t(state.paused ? "queue.resume" : "queue.pause"));
    rest.replaceChildren(
      icon(state.paused ? "play" : "pause"),
      el("span", "", {}, t(state.paused ? "queue.resume" : "queue.pause")),
    );
  }

  /** Drawn anew only when something about them changed, so that a focused button stays. */
  function drawHolds(list) {
    const text = JSON.stringify(list);
    if (holds.dataset.text === text) return;
    holds.dataset.text = text;
    holds.hidden = !list.length;
    holds.replaceChildren(...list.map(holdNotice));
  }

  /** Rows that did not change stay the same nodes, so a focused button or a playing clip is left alone. */
  function rowOf(run, section) {
    const text = JSON.stringify([run, section]);
    const old = drawn.get(run.id);
    if (old?.text === text) return old.node;
    let node = old?.node;
    if (
      node &&
      !run.hidden &&
      old.section === section &&
      section === "running" &&
      old.status === run.status &&
      !run.cancel_wanted
    ) {
      node.querySelector(".st-prog").replaceWith(progress(run));
      runPreview(node.querySelector(".st-pic"), run);
    } else {
      node = row(run, section);
      fadeInResult(old?.node, node);
    }
    drawn.set(run.id, { text, node, section, status: run.status });
    return node;
  }

  function keepFocus(nodes) {
    const at = document.activeElement?.closest?.(".st-qrow");
    const inner = document.activeElement?.dataset?.do;
    if (at && root.contains(at))
      queueMicrotask(() => {
        const now = root.querySelector(`.st-qrow[data-id="${CSS.escape(at.dataset.id)}"]`);
        if (now && document.activeElement !== now && !now.contains(document.activeElement))
          ((inner && now.querySelector(`[data-do="${inner}"]`)) || now).focus({ preventScroll: true });
      });
    return nodes;
  }

  async function showMore(name) {
    const skip = lists[name].children.length;
    const told = await tryOrToast(get(`ui/queue/rows?section=${name}&skip=${skip}&limit=${PAGE}`));
    if (told) addActive(told.runs);
  }

  /** before: the row behind the new place; null where the window of rows ends there, or the queue does. */
  async function place(id, before) {
    await move(id, before ?? rows.behind(id));
  }

  /** before: null for the end of the queue. */
  async function move(id, before) {
    await tryOrToast(post(`ui/runs/${encodeURIComponent(id)}/move`, { before }));
    await rows.refresh();
  }

  sortable(lists.queued, {
    row: ".st-qrow",
    handle: ".st-grip",
    begins: (node) => ((dragging = true), (rows.dragged = node)),
    ends: (isMoved) => {
      dragging = false;
      rows.dragged = null;
      if (!isMoved && newest) draw(newest, []);
    },
    moved: (id, before) => place(id, before),
  });
  lists.queued.addEventListener("keydown", async (e) => {
    const node = e.target.closest(".st-qrow");
    if (!node || !e.altKey || !["Home", "End"].includes(e.key)) return;
    e.preventDefault();
    if (e.key === "End") return move(node.dataset.id, null);
    const told = await tryOrToast(get("ui/queue/rows?limit=1"));
    const first = told?.runs[0]?.id;
    if (first && first !== node.dataset.id) move(node.dataset.id, first);
  });
  root.addEventListener("click", (e) => {
    const node = e.target.closest(".st-qrow");
    if (node && e.target.closest(".st-open")) openDetail(node.dataset.id);
  });
  hoverPlay(root, (target) => {
    const node = target.closest?.(".st-qrow");
    const run = node && (runs.get(node.dataset.id) || rows.find(node.dataset.id));
    return run && { box: node.querySelector(".st-pic"), run };
  });

  async function clearAll() {
    const told = await tryOrToast(post("ui/queue/clear"));
    if (told) toast(t("queue.cleared", { n: told.cancelled }));
  }
}

/** A run of somebody else's: its place, and whose it is. */
function hiddenRow(run, section) {
  styles("projects.css");
  const words = t("projects.run_of", { name: run.by });
  return el(
    "li",
    `st-qrow ${section} hidden`,
    { data: { id: run.id }, title: t("projects.run_of_help") },
    section === "queued" ? el("span", "st-grip", { "aria-hidden": "true" }, el("b", "", {}, `${run.position}`)) : null,
    el("div", "st-qbody", {}, el("p", "st-qtitle st-author", {}, avatar(run.by), words)),
  );
}

function row(run, section) {
  if (run.hidden) return hiddenRow(run, section);
  const node = el("li", `st-qrow ${section}`, {
    data: { id: run.id },
    tabindex: section === "queued" ? 0 : null,
    "aria-label": section === "queued" ? t("queue.row", { n: run.position, title: title(run).slice(0, 80) }) : null,
  });
  const open = el(
    "button",
    "st-open",
    { type: "button", "aria-label": t("widgets.open", { title: title(run).slice(0, 80) }) },
    picture(run),
  );
  const facts = [
    catalogueText(run.model_label),
    run.seed !== null && t("widgets.seed", { n: run.seed }),
    run.estimate_usd && section !== "recent" ? dollars(run.estimate_usd) : null,
    run.edited ? t("queue.edited") : null,
    author(run),
  ].filter(Boolean);
  const body = el(
    "div",
    "st-qbody",
    {},
    el("p", "st-qtitle", { title: run.prompt }, title(run)),
    el("div", "st-facts", {}, ...facts.map((f) => el("span", "", {}, f)), times(run, section)),
  );
  if (section === "running") body.append(progress(run));
  if (section === "held" || section === "recent") {
    const why = reason(run);
    if (why) body.append(el("p", `st-qwhy ${run.status}`, {}, why));
  }
  if (section === "held")
    body.append(
      choices(run),
      el(
        "ul",
        "st-helps",
        {},
        ...(run.choices || []).map((c) => el("li", "", {}, el("b", "", {}, c.label), colon(), c.help)),
      ),
    );
  const tail = el("div", "st-actions");
  if (section === "queued") {
    node.prepend(
      el(
        "span",
        "st-grip",
        { title: t("queue.drag"), "aria-hidden": "true" },
        icon("grip"),
        el("b", "", {}, `${run.position}`),
      ),
    );
    if (mayDecide(run)) tail.append(priority(run));
  }
  if (section === "recent")
    tail.append(
      chip(run) || "",
      ...(run.status === "succeeded"
        ? buttons(run).slice(0, 4)
        : [
            button(t("widgets.retry"), { name: "again", text: t("widgets.retry"), data: { do: "retry" } }, () =>
              again(run, "same"),
            ),
          ]),
    );
  else if (section !== "held") tail.append(...buttons(run));
  else if (run.editable && isMine(run))
    tail.append(
      button(t("widgets.edit"), { name: "pencil", text: t("widgets.edit"), data: { do: "edit" } }, () => edit(run)),
    );
  node.append(open, body, tail);
  return node;
}

function times(run, section) {
  if (section === "recent" && run.finished_at) {
    const took = run.started_at
      ? `${t("queue.took", { time: seconds((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000) })} · `
      : "";
    return since(run.finished_at, { before: took });
  }
  if (section === "queued")
    return el(
      "span",
      "",
      {},
      run.ahead_s ? `${t("approvals.starts_in", { time: seconds(run.ahead_s / (run.at_once || 1)) })} · ` : "",
      run.expected_s ? `~${seconds(run.expected_s)}` : "",
      run.expected_s ? " · " : "",
      since(run.created_at),
    );
  return null;
}

function priority(run) {
  const levels = [
    [TOP, "high"],
    [0, "normal"],
    [-TOP, "low"],
  ];
  if (!levels.some(([n]) => n === run.priority)) levels.push([run.priority, "own"]);
  const chosen = el(
    "select",
    "st-select st-prio",
    { "aria-label": t("queue.priority"), title: t("queue.priority"), data: { do: "priority" } },
    ...levels.map(([n, word]) =>
      el("option", "", { value: n, selected: n === run.priority }, t(`queue.priority_${word}`, { n })),
    ),
  );
  chosen.addEventListener("change", () =>
    tryOrToast(post(`ui/runs/${encodeURIComponent(run.id)}/priority`, { priority: Number(chosen.value) })),
  );
  return chosen;
}

function confirmMany(fn, n) {
  const ask = el(
    "dialog",
    "st st-sure",
    { "aria-label": t("queue.clear") },
    el("h2", "", {}, t("queue.clear_sure", { n: number(n) })),
    el("p", "st-dim", {}, t("queue.clear_help")),
  );
  const no = button(t("widgets.keep"), { text: t("widgets.keep") }, () => ask.close());
  const yes = button(
    t("queue.clear"),
    { text: t("queue.clear"), cls: "danger solid", data: { do: "clear-now" } },
    () => (ask.close(), fn()),
  );
  ask.append(el("div", "st-actions", {}, no, yes));
  ask.addEventListener("close", () => ask.remove());
  document.body.append(ask);
  ask.showModal();
  no.focus();
}
