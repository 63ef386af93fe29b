// Models: open models for the user's own card. Read when opened, and each second while something is being fetched.

import { button, bytes, el, icon, number, seconds, styles, t } from "./dom.js";
import { get, post, toast, tryOrToast } from "./net.js";
import { heading } from "./page.js";
import { userModels } from "./user_models.js";

const EVERY_MS = 1000;
const MAX_NAMED_FILES = 3; // missing files that are named
const SMOOTH = 0.3; // of the newest speed in the one shown

/** gr.HTML calls this once. */
export function mount(element) {
  styles("widgets.css", "settings.css", "models.css");
  new Models(element, element.querySelector(".st-mount") || element);
}

class Models {
  constructor(element, root) {
    this.only = "all";
    this.rows = new Map();
    this.speeds = new Map();
    this.states = new Map();
    this.timer = 0;
    this.visible = false;
    root.classList.add("st", "st-models");
    this.head = el("div", "");
    this.list = el("ul", "st-modellist", {});
    this.none = el("p", "st-dim", { hidden: true }, t("models.none_shown"));
    this.said = el("div", "st-off", { "aria-live": "polite" });
    root.replaceChildren(heading(t("shell.tab_models")), userModels(), this.head, this.list, this.none, this.said);
    new IntersectionObserver((seen) => {
      this.visible = seen.some((s) => s.isIntersecting);
      this.visible ? this.load() : clearTimeout(this.timer);
    }).observe(element);
  }

  async load() {
    this.show(await tryOrToast(get("ui/models")));
  }

  async act(word, model, extras = false) {
    if (word === "remove" && !(await confirmRemove(model))) return;
    const told = await tryOrToast(post(`ui/models/${word}`, { model: model.id, extras }));
    if (told && word === "remove") toast(t("models.removed", { label: model.label }));
    this.show(told);
  }

  show(told) {
    clearTimeout(this.timer);
    if (told) {
      this.told = told;
      for (const m of told.models) for (const d of m.downloads) this.reportDownload(m, d);
      this.draw();
    }
    const busy = this.told?.models.some((m) => m.downloads.some((d) => d.state === "running"));
    if (this.visible && (busy || !told)) this.timer = setTimeout(() => this.load(), EVERY_MS);
  }

  /** Speed of a download, and a word to screen readers when it ended. */
  reportDownload(model, d) {
    const key = `${model.id} ${d.repo}`;
    const before = this.speeds.get(key);
    const now = { at: performance.now(), done: d.done, speed: before?.speed || 0 };
    if (before && d.done > before.done) {
      const speed = (d.done - before.done) / ((now.at - before.at) / 1000);
      now.speed = before.speed ? SMOOTH * speed + (1 - SMOOTH) * before.speed : speed;
    }
    if (!before || d.done !== before.done || d.state !== "running")
      this.speeds.set(key, d.state === "running" ? now : undefined);
    const was = this.states.get(key);
    this.states.set(key, d.state);
    if (was && was !== d.state && ["ended", "failed"].includes(d.state))
      this.said.textContent = t(`models.state_${d.state}`, { label: model.label, message: d.message });
  }

  draw() {
    const { models, place } = this.told;
    const kinds = {
      all: () => true,
      mine: (m) => m.on_disk > 0 || m.downloads.some((d) => d.state === "running"),
      runs_here: (m) => m.fits.some((f) => f.rung),
    };
    this.drawHead(kinds);
    const shown = models.filter(kinds[this.only]);
    const nodes = shown.map((m) => {
      const running = m.downloads.find((d) => d.state === "running");
      const speed = running && this.speeds.get(`${m.id} ${running.repo}`)?.speed;
      const lacks = !m.present && !running && place && m.bytes - m.on_disk > place.free_bytes;
      const text = JSON.stringify([m, Math.round(speed || 0), lacks]);
      const old = this.rows.get(m.id);
      if (old?.text === text) return old.node;
      const node = row(m, speed, lacks && place.free_bytes, (...all) => this.act(...all));
      const held = old?.node.contains(document.activeElement) && document.activeElement.dataset.do;
      if (held)
        queueMicrotask(() =>
          (node.querySelector(`[data-do="${held}"]`) || node.querySelector("button"))?.focus({ preventScroll: true }),
        );
      this.rows.set(m.id, { text, node });
      return node;
    });
    const wanted = new Set(nodes);
    for (const child of [...this.list.children]) if (!wanted.has(child)) child.remove();
    nodes.forEach(
      (node, i) => this.list.children[i] !== node && this.list.insertBefore(node, this.list.children[i] || null),
    );
    this.none.hidden = nodes.length > 0;
  }

  drawHead(kinds) {
    const { missing, cards, place, models } = this.told;
    const text = JSON.stringify([
      missing,
      cards,
      place,
      this.only,
      Object.values(kinds).map((fits) => models.filter(fits).length),
    ]);
    if (text === this.headText) return;
    this.headText = text;
    const lines = cards.map((c) =>
      el(
        "li",
        "",
        {},
        el("b", "", {}, c.name),
        c.memory ? ` · ${Math.round(c.memory / 2 ** 30)} GB` : "",
        " · ",
        c.loaded
          ? t("models.loaded", { model: models.find((m) => m.id === c.loaded)?.label || c.loaded })
          : t("models.free"),
      ),
    );
    const only = Object.entries(kinds).map(([name, fits]) =>
      button(
        t(`models.${name}`, { n: number(models.filter(fits).length) }),
        {
          text: t(`models.${name}`, { n: number(models.filter(fits).length) }),
          "aria-pressed": name === this.only,
          data: { only: name },
        },
        () => {
          this.only = name;
          this.draw();
          this.head.querySelector(`[data-only="${name}"]`).focus();
        },
      ),
    );
    this.head.replaceChildren(
      el(
        "section",
        "st-box",
        { "aria-label": t("models.yours") },
        el("h2", "", {}, t("models.yours")),
        missing ? el("p", "st-need", {}, missing) : null,
        lines.length ? el("ul", "", {}, ...lines) : null,
        el("p", "st-dim", {}, t("models.help")),
        place ? el("p", "st-dim", {}, t("models.disk", { folder: place.folder, free: bytes(place.free_bytes) })) : null,
      ),
      el("div", "st-modelfilter", { role: "group", "aria-label": t("models.show") }, ...only),
    );
  }
}

/** speed: bytes a second; free: bytes on the disk, where they are too few. */
function row(m, speed, free, act) {
  const running = m.downloads.some((d) => d.state === "running");
  const cannot = free || (m.fits.length > 0 && m.fits.every((f) => !f.rung && f.word !== "unknown"));
  const does = (word, key, cls = "", extras = false) =>
    button(
      t(`models.${key}_label`, { label: m.label }),
      {
        text: t(`models.${key}`),
        cls,
        disabled: (word === "fetch" && cannot) || null,
        data: { do: extras ? "draft" : word },
      },
      () => act(word, m, extras),
    );
  const started = m.on_disk > 0 || m.downloads.some((d) => d.done);
  const draft = m.extras.some((x) => !x.present);
  const tools = running
    ? [does("stop", "stop")]
    : [
        m.present ? null : does("fetch", started ? "resume" : "download"),
        draft ? does("fetch", "fetch_draft", "", true) : null,
        m.folder ? does("remove", "remove", "danger") : null,
      ];
  const gone =
    m.folder && !m.present && !running
      ? el("p", "st-dim st-modelgone", {}, t("models.missing", { names: names(m.missing) }))
      : null;
  const fits = m.fits.map((f) =>
    el(
      "p",
      f.rung ? "st-okay" : "st-need",
      {},
      icon(f.rung ? "check" : "warn"),
      el("span", "", {}, `${f.card}: ${t(`models.fit_${f.word}`)}`),
    ),
  );
  return el(
    "li",
    "st-box st-model",
    { data: { model: m.id } },
    el("div", "st-modelhead", {}, el("h2", "", {}, m.label), state(m, running)),
    el("p", "st-modeltasks", {}, ...m.tasks.map((task) => el("span", "", {}, t(`widgets.task.${task}`)))),
    el(
      "p",
      "st-dim",
      {},
      el("b", "", {}, bytes(m.bytes)),
      ` · ${m.licence} · `,
      el("a", "", { href: m.source, target: "_blank", rel: "noreferrer" }, m.repo),
    ),
    el(
      "div",
      "st-fits",
      {},
      ...fits,
      free
        ? el(
            "p",
            "st-need",
            {},
            icon("warn"),
            el("span", "", {}, t("models.no_room", { size: bytes(m.bytes - m.on_disk), free: bytes(free) })),
          )
        : null,
    ),
    gone,
    m.extras.length && !draft ? el("p", "st-dim", {}, t("models.draft_here")) : null,
    ...m.downloads.map((d) => progress(m, d, speed)),
    el("div", "st-modeltools", {}, ...tools),
  );
}

const names = (missing) =>
  [
    ...missing.slice(0, MAX_NAMED_FILES),
    missing.length > MAX_NAMED_FILES ? t("models.and_more", { n: missing.length - MAX_NAMED_FILES }) : null,
  ]
    .filter(Boolean)
    .join(", ");

function state(m, running) {
  if (running) return el("span", "st-chip running", {}, t("models.downloading"));
  if (m.present) return el("span", "st-chip here", {}, t("models.here", { size: bytes(m.on_disk) }));
  if (m.folder) return el("span", "st-chip held", {}, t("models.incomplete"));
  return el("span", "st-dim", {}, t("models.not_here"));
}

function progress(m, d, speed) {
  if (d.state === "ended") return null;
  if (d.state === "stopped") return el("p", "st-dim", {}, t("models.stopped"));
  if (d.state === "failed")
    return el("p", "st-need st-modelfailed", { role: "status" }, icon("warn"), el("span", "", {}, d.message));
  const share = d.bytes ? Math.min(1, d.done / d.bytes) : 0;
  const bar = el(
    "div",
    `st-bar${d.bytes ? "" : " endless"}`,
    {
      role: "progressbar",
      "aria-label": t("models.fetching", { repo: d.repo }),
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": d.bytes ? Math.floor(share * 100) : null,
    },
    el("i"),
  );
  bar.firstElementChild.style.transform = `scaleX(${d.bytes ? share : 0.35})`;
  const told = d.bytes
    ? `${Math.floor(share * 100)} % · ${t("models.of", { done: bytes(d.done), all: bytes(d.bytes) })}`
    : t("models.asking");
  const left =
    speed && d.bytes
      ? [
          t("models.speed", { speed: bytes(speed) }),
          t("models.left", { time: seconds(Math.max(1, Math.round((d.bytes - d.done) / speed))) }),
        ].join(" · ")
      : "";
  return el(
    "div",
    "st-modelbar",
    {},
    d.repo === m.repo ? null : el("small", "st-dim", {}, d.repo),
    bar,
    el("div", "st-progline", {}, el("span", "", {}, told), el("span", "", {}, left)),
  );
}

/** Removing gigabytes asks first. */
function confirmRemove(model) {
  return new Promise((answer) => {
    const ask = el(
      "dialog",
      "st st-sure",
      { "aria-label": t("models.remove_label", { label: model.label }) },
      el("h2", "", {}, t("models.really", { label: model.label, size: bytes(model.on_disk) })),
      el("p", "st-dim", {}, t("models.remove_help")),
    );
    const no = button(t("widgets.keep"), { text: t("widgets.keep") }, () => ask.close());
    const yes = button(
      t("models.remove"),
      { text: t("models.remove"), cls: "danger solid", data: { do: "remove-now" } },
      () => (answer(true), ask.close()),
    );
    ask.append(el("div", "st-actions", {}, no, yes));
    ask.addEventListener("close", () => (answer(false), ask.remove()));
    document.body.append(ask);
    ask.showModal();
    no.focus();
  });
}
