// The runs of one create page: those at work with live progress, then what lately came of them.

import { button, el, styles, t } from "./dom.js";
import { buttons, choices } from "./actions.js";
import { open as openDetail } from "./detail.js";
import { ended, follow } from "./live.js";
import { get, tryOrToast } from "./net.js";
import { heading } from "./page.js";
import { isMine } from "./project_state.js";
import { chip, facts, runPreview, hoverPlay, fadeInResult, picture, progress, reason, title } from "./parts.js";

const MAX_CARDS = 24;
const WAITING = 4;
const RANK = { running: 0, held: 1, queued: 2 };

/** gr.HTML calls this once. options: {tasks: [...]}. */
export function mount(element, { options }) {
  styles("widgets.css");
  const root = element.querySelector(".st-mount") || element;
  root.classList.add("st", "st-feed");
  const list = el("div", "st-cards", { role: "list", "aria-label": t("widgets.feed") });
  const more = button("", { text: "…", cls: "link st-waiting", hidden: true }, () =>
    document.getElementById("tab-queue-button")?.click(),
  );
  const empty = el("div", "st-empty", { hidden: true }, el("p", "", {}, t("widgets.feed_empty")));
  const said = el("div", "st-off", { "aria-live": "polite" });
  root.replaceChildren(heading(t(`widgets.task.${options.tasks[0]}`), { seen: false }), list, more, empty, said);
  const tasks = new Set(options.tasks);
  const known = new Map(); // id -> run, of these tasks
  const drawn = new Map(); // id -> {text, node}
  let ownWaiting = 0;

  function draw() {
    const rank = (r) => RANK[r.status] ?? 3;
    const sorted = [...known.values()].sort(
      (a, b) => rank(a) - rank(b) || (rank(a) === 2 ? a.seq - b.seq : b.seq - a.seq),
    );
    const waiting = sorted.filter((r) => r.status === "queued");
    const hidden = new Set(waiting.slice(WAITING));
    const beyond = Math.max(hidden.size, ownWaiting - Math.min(waiting.length, WAITING));
    const runs = sorted.filter((r) => !hidden.has(r)).slice(0, MAX_CARDS);
    more.hidden = !beyond;
    more.firstChild.textContent = t("widgets.more_waiting", { n: beyond });
    const nodes = runs.map((run) => {
      const text = JSON.stringify(run);
      const old = drawn.get(run.id);
      if (old?.text === text) return old.node;
      const node = old && !ended(run) && old.live === run.status ? refresh(old.node, run) : runCard(run, lists);
      if (old && node !== old.node) fadeInResult(old.node, node);
      drawn.set(run.id, { text, node, live: run.status });
      return node;
    });
    sync(list, nodes);
    empty.hidden = runs.length > 0;
  }

  const lists = {
    gone: (ids) => (ids.forEach((id) => known.delete(id)), draw()),
    back: (runs) => (runs.forEach((r) => known.set(r.id, r)), draw()),
  };
  const mine = (run) => tasks.has(run.task) && isMine(run);

  follow(root, (state, changed) => {
    ownWaiting = options.tasks.reduce((sum, task) => sum + (state.counts.own.queued?.[task] || 0), 0);
    if (changed === null) {
      for (const run of [...known.values()]) if (!ended(run) && !state.runs.has(run.id)) known.delete(run.id);
      for (const run of state.runs.values()) if (mine(run)) known.set(run.id, run);
    } else
      for (const run of changed) {
        if (run.gone || run.hidden || run.trashed) known.delete(run.id);
        else if (mine(run)) {
          const before = known.get(run.id)?.status;
          if (before !== run.status && (ended(run) || run.status === "held"))
            said.textContent = `${t(`widgets.status.${run.status}`)}: ${title(run).slice(0, 80)}`;
          known.set(run.id, run);
        }
      }
    draw();
  });
  for (const task of tasks)
    tryOrToast(get(`ui/runs?task=${task}&limit=${MAX_CARDS / 2}`)).then((page) => {
      page?.runs.forEach((r) => known.has(r.id) || known.set(r.id, r));
      draw();
    });

  hoverPlay(list, (target) => {
    const box = target.closest?.(".st-card")?.querySelector(".st-pic");
    return box && { box, run: known.get(box.closest(".st-card").dataset.id) };
  });
  list.addEventListener("click", (e) => {
    const card = e.target.closest(".st-card");
    if (card && e.target.closest(".st-open")) openDetail(card.dataset.id, lists);
  });
}

/** Put `nodes` into `list` in this order, moving as little as possible, so that focus and playing clips survive. */
function sync(list, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, i) => list.children[i] !== node && list.insertBefore(node, list.children[i] || null));
}

function runCard(run, lists) {
  const card = el("div", `st-card ${run.status}`, { role: "listitem", data: { id: run.id } });
  const shape = Math.max(0.75, Math.min(1.9, run.shape || 16 / 9));
  const open = el(
    "button",
    "st-open",
    { type: "button", "aria-label": t("widgets.open", { title: title(run).slice(0, 80) }) },
    picture(run, { poster: true }),
    chip(run),
  );
  open.style.aspectRatio = `${shape}`;
  card.append(open);
  if (!ended(run) && run.status !== "held") card.append(progress(run));
  card.append(el("p", "st-prompt", { title: run.prompt }, title(run)));
  if (reason(run)) card.append(el("p", "st-reason", {}, reason(run)));
  if (run.choices?.length) card.append(choices(run));
  card.append(facts(run), el("div", "st-actions", {}, ...buttons(run, { lists })));
  return card;
}

/** Only the moving parts of a card that is at work. */
function refresh(card, run) {
  card.querySelector(".st-prog")?.replaceWith(progress(run));
  card.querySelector(".st-actions").replaceChildren(...buttons(run));
  card.querySelector(".st-chip")?.replaceWith(chip(run));
  runPreview(card.querySelector(".st-pic"), run);
  return card;
}
