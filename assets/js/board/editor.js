// One board: header, player and strip at the left, the chosen shot at the right; other views take the player's place.

import { button, dollars, el, icon, seconds, t, isTyping } from "../dom.js";
import { CHANGED, keyLinkOf } from "../connections.js";
import { follow, followBoards } from "../live.js";
import { get, toast, tryOrToast } from "../net.js";
import { heading } from "../page.js";
import { castView, newMemberDialog } from "./cast.js";
import { followBar } from "./chain.js";
import { CutPlayer } from "./cut.js";
import { autoGrow, choose, field, popover } from "./dialog.js";
import { exportDialog } from "./export.js";
import { checkDialog } from "./findings.js";
import { painted } from "./keyed.js";
import { ShotLint } from "./lint.js";
import { lookOnly } from "./look_only.js";
import { Panel } from "./panel.js";
import { renderDialog, productionMethodDialog } from "./render.js";
import { addToReview, mayAdd } from "../review/add_to.js";
import { autoDraft } from "./settings.js";
import { scriptView } from "./script.js";
import { RATES, SHAPES, sizeById } from "./shapes.js";
import { joints, sheet } from "./sheet.js";
import { Store } from "./store.js";
import { Strip } from "./strip.js";
import { oneRunBar } from "./whole.js";

const AUTO_MS = 150; // text is sent when typing has paused: that was the wait
const AUTO_FIRST_MS = 1200; // a shot is drawn the first time when its words have settled
const MAX_AUTO_DRAFTS = 3; // a change of style touches every shot: redrawing them all is for the button
export const FIRST_TAB = "cut";
const VIEWS = { cut: "film", sheet: "grid", joints: "joint", cast: "people", script: "script" };

const hasWords = (shot) => shot.prompt.trim() || shot.dialogue.trim();

export class Editor {
  /** view: the one to begin with. viewed: called when the person has changed it. */
  constructor(root, id, { open, viewed, view }) {
    this.root = root;
    this.viewed = viewed;
    this.leave = () => open(null);
    this.store = new Store(id);
    this.groups = null;
    this.view = view in VIEWS ? view : FIRST_TAB;
    this.blankBefore = null;
    root.className = "st-mount st bd bd-editor"; // also takes off look-only of the board before
    root.replaceChildren(el("p", "st-dim bd-loading", {}, t("board.loading")));
    this.begin();
  }

  async begin() {
    const { store } = this;
    this.models = tryOrToast(get("ui/boards/models"));
    try {
      this.build();
      await store.open(() => {
        const parts = [followBar(store), oneRunBar(store), this.main];
        this.root.replaceChildren(this.heading, this.head, lookOnly(store, this.root), this.line, ...parts);
      });
      this.blankBefore = new Set(store.shots.filter((s) => !s.best && hasWords(s)).map((s) => s.id)); // left to the button
      this.draftChanged();
    } catch (error) {
      toast(error.message, { bad: true });
      return this.leave();
    }
    if (this.view !== FIRST_TAB) this.draw();
    this.unfollow = follow(
      this.root,
      (_, changed) =>
        this.alive() &&
        (changed === null ? store.shots.some((s) => s.running) && store.reload() : store.progress(changed)),
    );
    this.unfollowBoards = followBoards(this.root, (ids) => this.alive() && store.boardsChanged(ids));
    this.onKey = (e) => this.keys(e);
    this.onShow = () => (document.visibilityState === "visible" ? store.reload() : store.flush());
    this.onLeave = () => store.flush();
    addEventListener("keydown", this.onKey);
    document.addEventListener("visibilitychange", this.onShow);
    addEventListener("pagehide", this.onLeave);
    addEventListener("online", this.onLeave); // what could not be sent goes out at once
    this.onKeys = () => this.loadModels(tryOrToast(get("ui/boards/models")));
    document.addEventListener(CHANGED, this.onKeys);
    await painted(); // hundreds of entries in two lists: nobody opens one before the board is seen
    await this.loadModels(this.models);
  }

  async loadModels(coming) {
    const models = await coming;
    if (models) this.groups = this.store.groups = models.groups;
    if (this.alive()) this.store.notify();
  }

  alive() {
    return this.main.isConnected && this.store.data;
  }

  close() {
    this.store.flush();
    this.unfollow?.();
    this.unfollowBoards?.();
    clearTimeout(this.soon);
    this.lint.stop();
    this.player?.pause();
    removeEventListener("keydown", this.onKey);
    document.removeEventListener("visibilitychange", this.onShow);
    removeEventListener("pagehide", this.onLeave);
    removeEventListener("online", this.onLeave);
    document.removeEventListener(CHANGED, this.onKeys);
  }

  /** Another tab is shown: nothing goes on playing unseen. */
  pausePlayback() {
    this.player.pause();
    this.store.flush();
  }

  build() {
    const { store } = this;
    this.player = new CutPlayer(store);
    this.strip = new Strip(store, {
      remove: (id) => this.remove(id),
      duplicate: (id) => this.duplicate(id),
      split: (id) => this.split(id),
      add: (after) => this.add(after),
      play: (id) => (this.show("cut"), store.select(id), this.player.showShot(id), this.player.play()),
    });
    this.player.moved = (clip, inside) => this.strip.playhead(clip, inside);
    this.panel = new Panel(store, {
      remove: (id) => this.remove(id),
      duplicate: (id) => this.duplicate(id),
      split: (id) => this.split(id),
      draft: (ids) => this.draft(ids),
      render: (ids) => renderDialog(store, ids),
      retake: (shot) => store.act("retake", { shot }),
      newcomer: (name) => newMemberDialog(store, name, () => this.show("cast")),
      models: () => this.groups,
    });
    this.lint = new ShotLint(store, this.panel, this.strip);
    this.player.held = () =>
      this.panel.node.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
    this.buildHead();
    this.buildLine();
    this.stageBox = el("div", "bd-view", {}, this.player.node);
    this.main = el("div", "bd-main", {}, el("div", "bd-left", {}, this.stageBox, this.strip.node), this.panel.node);
    store.on((why) => this.fill(why));
  }

  buildHead() {
    const { store } = this;
    this.heading = heading("", { seen: false });
    this.title = el("input", "bd-title", {
      type: "text",
      maxlength: 200,
      "aria-label": t("board.f.title"),
      data: { field: "title" },
    });
    this.title.addEventListener("focus", () => store.begin());
    this.title.addEventListener("input", () =>
      store.scheduleSave("film.title", { op: "update", title: this.title.value }),
    );
    this.title.addEventListener("keydown", (e) => e.key === "Enter" && this.title.blur());
    this.title.addEventListener("blur", () => store.flush());
    this.saved = el("span", "bd-saved st-dim", { role: "status" });
    this.facts = el("div", "bd-facts");
    this.undo = button(t("board.undo"), { name: "undo", cls: "bare", data: { do: "undo" } }, () => store.undo());
    this.redo = button(t("board.redo"), { name: "redo", cls: "bare", data: { do: "redo" } }, () => store.undo(true));
    this.views = el(
      "div",
      "bd-views",
      { role: "group", "aria-label": t("board.views") },
      ...Object.entries(VIEWS).map(([name, face]) =>
        button(
          t(`board.view.${name}`),
          { name: face, text: t(`board.view.${name}`), "aria-pressed": name === this.view, data: { view: name } },
          () => this.show(name),
        ),
      ),
    );
    this.drafts = button(
      t("board.draft_all"),
      { name: "bulb", text: t("board.draft_all"), data: { do: "draft-all" } },
      () => this.draft(),
    );
    this.auto = button(
      t("board.auto"),
      {
        text: t("board.auto_short"),
        cls: "quiet",
        "aria-pressed": autoDraft.get(),
        title: t("board.auto"),
        data: { do: "auto" },
      },
      () => {
        const on = this.auto.getAttribute("aria-pressed") !== "true";
        this.auto.setAttribute("aria-pressed", on);
        autoDraft.set(on);
        this.draftChanged();
      },
    );
    this.renders = button(
      t("board.render_all"),
      { name: "play", text: t("board.render_all"), cls: "primary", data: { do: "render-all" } },
      () => renderDialog(store),
    );
    const look = (s) => (this.show("cut"), this.player.pause(), this.player.seek(s));
    this.exports = button(
      t("board.export"),
      { name: "download", text: t("board.export"), data: { do: "export" } },
      () => exportDialog(store, look),
    );
    this.checks = button(t("check.title"), { name: "check", cls: "bare", data: { do: "check" } }, () =>
      checkDialog(store, (shot, s) => (store.select(shot), look(s))),
    );
    this.reviewing = mayAdd()
      ? button(t("review.review_takes"), { name: "review", cls: "bare", data: { do: "review-takes" } }, () =>
          addToReview(
            { board: store.id },
            { title: store.board.title, project: store.data.shared ? store.data.project : "" },
          ),
        )
      : null;
    this.head = el(
      "header",
      "bd-top",
      {},
      button(t("board.back"), { name: "left", cls: "bare", data: { do: "boards" } }, () => this.leave()),
      this.title,
      this.saved,
      this.facts,
      el("div", "bd-row", {}, this.undo, this.redo),
      el("span", "st-grow"),
      el("div", "bd-row bd-doing", {}, this.auto, this.drafts, this.renders, this.reviewing, this.checks, this.exports),
    );
  }

  buildLine() {
    const { store } = this;
    this.style = el("input", "bd-input", {
      type: "text",
      placeholder: t("board.style_hint"),
      "aria-label": t("board.f.style"),
      data: { field: "style" },
    });
    this.style.addEventListener("focus", () => store.begin());
    this.style.addEventListener("input", () =>
      store.scheduleSave("film.style", { op: "update", style: this.style.value }),
    );
    this.style.addEventListener("blur", () => store.flush());
    this.settings = el("div", "bd-row bd-settings");
    this.line = el(
      "div",
      "bd-line",
      {},
      this.views,
      el("label", "bd-style", {}, el("span", "", {}, t("board.f.style")), this.style),
      this.settings,
    );
  }

  fill(why) {
    const { store } = this;
    this.saved.textContent = t(`board.saving.${store.saving}`);
    this.saved.classList.toggle("bad", store.saving === "offline");
    if (why === "select" || why === "progress") return;
    this.draftChanged();
    for (const [name, input] of Object.entries({ title: this.title, style: this.style }))
      if (document.activeElement !== input && !store.typed.has(`film.${name}`) && input.value !== store.board[name])
        input.value = store.board[name];
    this.heading.textContent = store.board.title;
    if (why === "typing") return;
    this.fillFacts();
    this.fillSettings();
    const told = (what) => (what ? t(`board.did.${what}`) : "");
    for (const [one, what, word] of [
      [this.undo, store.data.undo, "undo"],
      [this.redo, store.data.redo, "redo"],
    ]) {
      one.disabled = !what;
      const label = what ? t(`board.${word}_what`, { what: told(what) }) : t(`board.${word}`);
      one.setAttribute("aria-label", label);
      one.title = label;
    }
    const fresh = store.shots.filter((s) => !s.draft && hasWords(s)).length;
    this.drafts.disabled = !fresh;
    this.drafts.lastChild.textContent = fresh ? t("board.draft_n", { n: fresh }) : t("board.drafted");
    const coming = store.data.following.filter((f) => !f.stopped).map((f) => f.shot);
    const approved = store.shots.filter((s) => s.status === "approved" && !s.render && !coming.includes(s.id)).length;
    this.renders.lastChild.textContent = approved ? t("board.render_n", { n: approved }) : t("board.render_all");
    this.renders.classList.toggle("primary", approved > 0);
    this.exports.disabled = this.checks.disabled = !store.shots.length;
    if (this.view !== "cut") this.redraw?.();
  }

  fillFacts() {
    const { data, shots } = this.store;
    const { price } = data;
    const drawing = shots.filter(
      (s) => s.running && s.takes.find((run) => run.id === s.running.id)?.take === "draft",
    ).length;
    const left = price.unknown
      ? price.left_usd
        ? t("board.at_least", { price: dollars(price.left_usd) })
        : t("widgets.unknown")
      : dollars(price.left_usd);
    this.facts.replaceChildren(
      el(
        "span",
        "bd-fact",
        { title: t("board.length_help") },
        icon("clock"),
        el("strong", "", {}, seconds(data.length_s)),
      ),
      el("span", "bd-fact", {}, icon("film"), t("board.shots_n", { n: shots.length })),
      drawing
        ? el(
            "span",
            "bd-fact",
            { role: "status", data: { fact: "drawing" } },
            icon("bulb"),
            t("board.drawing_n", { n: drawing }),
          )
        : "",
      price.left
        ? el("span", "bd-fact", { title: t("board.left_help") }, t("board.left", { price: left }))
        : el("span", "bd-fact ok", {}, icon("check"), t("board.all_stand")),
      price.spent_usd ? el("span", "bd-fact", {}, t("board.spent", { price: dollars(price.spent_usd) })) : "",
    );
  }

  fillSettings() {
    const { store, groups } = this;
    const { width, height, fps, model, audio, negative } = store.board;
    const key = JSON.stringify([width, height, fps, model, audio, !!negative, groups?.map((g) => g.ready)]);
    if (key === this.settingsKey) return;
    this.settingsKey = key;
    const here = sizeById(`${width}x${height}`);
    const shapes = SHAPES.includes(here) ? SHAPES : [here, ...SHAPES];
    const rates = RATES.includes(fps) ? RATES : [fps, ...RATES];
    const set = (fields) => store.edit({ op: "update", ...fields });
    const size = choose(
      shapes.map((s) => [s.id, s.label]),
      here.id,
      (v) => set({ width: sizeById(v).width, height: sizeById(v).height }),
      { "aria-label": t("board.f.size"), data: { field: "size" } },
    );
    const rate = choose(
      rates.map((r) => [r, t("board.fps_n", { n: r })]),
      fps,
      (v) => set({ fps: Number(v) }),
      { "aria-label": t("board.f.fps"), data: { field: "fps" } },
    );
    const options = groups
      ? groups.map((g) => [
          g.ready ? g.label : `${g.label} (${t("board.not_ready")})`,
          g.models.map((m) => [m.id, m.label]),
        ])
      : [[model, store.data.model_label]];
    const models = choose(options, model, (v) => set({ model: v }), {
      "aria-label": t("board.f.film_model"),
      data: { field: "film-model" },
    });
    const sound = button(
      t("board.f.audio"),
      { name: audio ? "sound" : "mute", cls: "bare", "aria-pressed": audio, data: { field: "audio" } },
      () => set({ audio: !audio }),
    );
    const seed = button(t("board.film_seed"), { name: "dice", cls: "bare", data: { do: "seed" } }, () =>
      this.chooseSeed(seed, set),
    );
    const without = button(
      t("board.f.negative"),
      { name: "blind", cls: "bare", "aria-pressed": !!negative, data: { do: "negative" } },
      () => this.writeNegative(without),
    );
    const ways = button(t("board.ways"), { name: "compare", cls: "bare", data: { do: "ways" } }, () =>
      productionMethodDialog(store, groups || []),
    );
    this.settings.replaceChildren(size, rate, models, keyLinkOf(groups, model) || "", sound, seed, without, ways);
  }

  /** What no shot is to show. */
  writeNegative(anchor) {
    const { store } = this;
    const area = autoGrow(el("textarea", "bd-input", { rows: 3, data: { field: "negative" } }));
    area.value = store.board.negative;
    area.addEventListener("focus", () => store.begin());
    area.addEventListener("input", () => store.scheduleSave("film.negative", { op: "update", negative: area.value }));
    area.addEventListener("change", () => store.flush());
    const box = popover(
      anchor,
      t("board.f.negative"),
      field(t("board.f.negative"), area, { hint: t("boardshot.negative_help") }),
    );
    box.classList.add("bd-negative");
    area.focus();
  }

  /** One seed for all shots that have none of their own: the same look runs through the film. */
  chooseSeed(anchor, set) {
    const input = el("input", "bd-input", {
      type: "number",
      min: 0,
      max: 2147483647,
      step: 1,
      value: this.store.board.seed ?? "",
      placeholder: t("board.any_seed"),
      data: { field: "film-seed" },
    });
    input.addEventListener(
      "change",
      () => input.checkValidity() && set({ seed: input.value === "" ? null : Math.round(Number(input.value)) }),
    );
    popover(anchor, t("board.film_seed"), field(t("board.film_seed"), input, { hint: t("board.film_seed_help") }));
  }

  /** Change the view; null or an unknown name is the first. visit: as an entry of the browser's history. */
  show(name, { visit = true } = {}) {
    const view = name in VIEWS ? name : FIRST_TAB;
    if (view === this.view) return;
    this.view = view;
    if (visit) this.viewed();
    this.player.pause();
    if (this.store.data) this.draw(); // before that, the board's arrival draws it
  }

  draw() {
    const { view } = this;
    for (const one of this.views.children) one.setAttribute("aria-pressed", one.dataset.view === view);
    const made = { sheet, joints, cast: castView, script: scriptView }[view]?.(
      this.store,
      (id) => (this.show("cut"), this.store.select(id), this.player.showShot(id)),
    );
    this.redraw = made?.redraw;
    this.stageBox.replaceChildren(made?.node || this.player.node);
    this.main.classList.toggle("alone", view === "cast" || view === "script");
  }

  async draft(shots) {
    this.player.node.focus?.();
    const answer = await this.store.act("draft", { shots: shots || null });
    if (answer && !answer.queued) toast(t("board.nothing_to_draft"));
  }

  /** A moment after the last edit: shots without a picture are drawn, and drafts that no longer fit are redrawn. */
  draftChanged() {
    clearTimeout(this.soon);
    if (!this.blankBefore || !this.store.editable || this.auto.getAttribute("aria-pressed") !== "true") return;
    const drafting = (s) => s.takes.find((r) => r.id === s.running.id)?.take === "draft"; // of what the shot was before
    const free = (s) =>
      !s.draft && (!s.running || drafting(s)) && s.failed === null && s.takes[0]?.status !== "cancelled";
    const old = this.store.shots.filter((s) => s.best_kind === "draft" && free(s));
    const blank = this.store.shots.filter(
      (s) => !this.blankBefore.has(s.id) && !s.best && !s.running && hasWords(s) && free(s),
    );
    const shots = [...(old.length > MAX_AUTO_DRAFTS ? [] : old), ...blank].map((s) => s.id);
    if (!shots.length) return;
    const written = blank.some((s) => s.id === this.store.selected && this.panel.node.contains(document.activeElement));
    this.soon = setTimeout(
      () => this.alive() && !this.store.typed.size && this.store.act("draft", { shots }),
      written ? AUTO_FIRST_MS : AUTO_MS,
    );
  }

  add(after) {
    this.store
      .edit({ op: "add", ...(after ? { after } : {}) })
      .then((done) => done && this.panel.node.querySelector("textarea")?.focus());
  }

  remove(id) {
    const { shots } = this.store;
    const i = shots.findIndex((s) => s.id === id);
    const next = (shots[i + 1] || shots[i - 1])?.id;
    const held = this.strip.node.contains(document.activeElement);
    this.store.edit({ op: "remove", shot: id }).then((done) => {
      if (!done) return;
      toast(t("board.removed", { n: i + 1 }), { undo: () => this.store.undo() });
      if (next) this.store.select(next);
      if (held) this.strip.focus(this.store.selected), this.strip.cardOf(this.store.selected)?.focus();
    });
  }

  duplicate(id) {
    this.store.edit({ op: "duplicate", shot: id });
  }

  /** Cut the shot where the player stands in it; in its middle when the player is elsewhere. */
  split(id) {
    const shot = this.store.find(id);
    const here = this.player.clip?.id === id ? this.player.inside : 0;
    const at = here >= 0.2 && here <= shot.length_s - 0.2 ? here : shot.length_s / 2;
    this.store.edit({ op: "split", shot: id, at_s: Math.round(at * 1000) / 1000 });
  }

  keys(e) {
    if (!this.root.offsetParent || document.querySelector("dialog[open]")) return;
    const command = e.ctrlKey || e.metaKey;
    const key = e.key.toLowerCase();
    if (command && !e.altKey && (key === "z" || key === "y") && !isTyping(e)) {
      e.preventDefault();
      return key === "y" || e.shiftKey
        ? this.redo.disabled || this.store.undo(true)
        : this.undo.disabled || this.store.undo();
    }
    if (isTyping(e) || command || e.altKey || e.target.closest?.(".st-panel, .bd-pop, [role=menu]")) return;
    if (e.key === " " && e.target.closest?.("button, summary")) return;
    const id = this.store.selected;
    const acts = { d: () => this.duplicate(id), s: () => this.split(id), a: () => this.add(id) };
    if (this.view === "cut" && e.target.matches?.(".bd-range") && e.key.startsWith("Arrow"))
      this.player.step(e.key === "ArrowLeft" || e.key === "ArrowDown" ? -1 : 1);
    else if (this.view === "cut" && this.player.key_(e)) {
      // the player took it
    } else if (id && acts[key]) acts[key]();
    else return;
    e.preventDefault();
  }
}
