// Everything about the chosen shot: words, camera, sound, where it starts, how it ends, its takes, its price, what stands
// against it. Fields save while one types; a field that is being typed in is never written over.

import { button, dollars, el, icon, media, seconds, t } from "../dom.js";
import { keyLinkOf } from "../connections.js";
import { arrows, check, choose, field, autoGrow, hints, warnings } from "./dialog.js";
import { fileButton, pickAsset, upload } from "./files.js";
import { mentions } from "./mention.js";
import { presentRow } from "./present.js";
import { TRANSITIONS } from "./strip.js";
import { fadeInResult } from "../parts.js";
import { refresh, takes } from "./takes.js";
import { promptField } from "./writing.js";

const STATUSES = ["draft", "in_review", "approved", "retake"];
const LISTS = ["shot_size", "angle", "lens", "move"];

/** acts: remove, duplicate, split, draft, render, retake, newcomer, models() */
export class Panel {
  constructor(store, acts) {
    this.store = store;
    this.acts = acts;
    this.node = el("aside", "bd-panel", { "aria-label": t("board.panel") });
    this.parts = null;
    this.id = this.takesKey = this.startKey = this.modelKey = this.planKey = "";
    this.select = null; // the list of models, made from `listed` and the film's own model
    this.listed = null;
    this.listedFilm = "";
    this.lists = LISTS.map((name) =>
      el(
        "datalist",
        "",
        { id: `bd-list-${name}` },
        ...t(`board.list.${name}`)
          .split("|")
          .map((v) => el("option", "", { value: v })),
      ),
    );
    store.on((why) => (why === "progress" ? this.parts && this.live() : this.show()));
  }

  show() {
    const { shot } = this.store;
    if (!shot) return this.empty();
    if (!this.parts) this.build();
    if (this.id !== shot.id) this.turnTo(shot);
    this.fill(shot);
  }

  /** Another shot in the same controls. What is being typed must not go on in a field of the other one. */
  turnTo(shot) {
    const held = document.activeElement;
    if (this.node.contains(held) && held instanceof HTMLElement && held.matches("input, textarea")) held.blur();
    this.id = shot.id;
    this.takesKey = this.startKey = this.modelKey = this.planKey = "";
    for (const [name, control] of Object.entries(this.fields)) this.setField(control, shot[name] ?? "");
    requestAnimationFrame(() => (this.node.scrollTop = 0)); // asked now, the whole page would be laid out once more
  }

  setField(control, value) {
    if (control.value === String(value)) return;
    control.value = value;
    control.fit?.();
  }

  empty() {
    this.id = "";
    this.parts = null;
    this.node.replaceChildren(
      el(
        "div",
        "st-empty",
        {},
        icon("film", "st-i huge"),
        el("h3", "", {}, t("board.no_shots")),
        el("p", "", {}, t("board.no_shots_help")),
      ),
    );
  }

  build() {
    this.fields = {};
    const p = (this.parts = {
      head: el("h3", ""),
      prompt: promptField(
        this.store,
        this.area("prompt", { rows: 3, placeholder: t("board.prompt_hint"), cast: true }),
      ),
      time: el("span", "st-dim"),
      status: this.statuses(),
      strangers: el("div", "bd-strangers", { hidden: true }),
      present: presentRow(this.store),
      start: el("div", "bd-start"),
      takes: el("div", "bd-takes"),
      plan: el("div", "bd-plan", { "aria-live": "polite" }),
      models: el("div"),
    });
    const act = (label, name, fn, word) => button(t(label), { name, cls: "bare", data: { do: word } }, fn);
    this.node.replaceChildren(
      el(
        "header",
        "bd-panelhead",
        {},
        el("div", "st-grow", {}, p.head, p.time),
        act("board.duplicate", "copy", () => this.acts.duplicate(this.id), "duplicate"),
        act("board.split", "split", () => this.acts.split(this.id), "split"),
        act("board.remove", "trash", () => this.acts.remove(this.id), "remove"),
      ),
      el(
        "div",
        "bd-panelbody",
        {},
        p.status,
        p.prompt.node,
        p.strangers,
        p.present.node,
        p.takes,
        el(
          "div",
          "bd-two",
          {},
          this.numberField("duration_s", { min: 0.5, max: 60, step: 0.5 }),
          field(t("board.f.number"), this.ownNumber()),
          ...LISTS.map((name) => field(t(`board.f.${name}`), this.line(name, { list: `bd-list-${name}` }))),
        ),
        field(
          t("board.f.place"),
          this.line("place", { list: "bd-list-place", placeholder: t("boardshot.place_hint"), maxlength: 2000 }),
        ),
        field(
          t("board.f.dialogue"),
          this.area("dialogue", { rows: 1, placeholder: t("boardshot.dialogue_hint"), cast: true }),
        ),
        field(t("board.f.voice_over"), this.area("voice_over", { rows: 1, placeholder: t("boardshot.voice_hint") })),
        el(
          "div",
          "bd-two",
          {},
          field(t("board.f.sound"), this.line("sound", { placeholder: t("board.sound_hint") })),
          field(t("board.f.music"), this.line("music", { placeholder: t("boardshot.music_hint") })),
        ),
        el("section", "bd-sec", {}, el("h4", "", {}, t("board.f.start")), p.start),
        el("section", "bd-sec", {}, el("h4", "", {}, t("board.f.transition")), this.ending()),
        el(
          "section",
          "bd-sec",
          {},
          el("h4", "", {}, t("board.f.model")),
          p.models,
          el(
            "div",
            "bd-two",
            {},
            this.numberField("seed", { min: 0, step: 1, whole: true, empty: t("board.any_seed") }),
          ),
        ),
        field(t("board.f.notes"), this.area("notes", { rows: 1, placeholder: t("board.notes_hint") })),
        ...this.lists,
        (this.places = el("datalist", "", { id: "bd-list-place" })),
      ),
      p.plan,
    );
    requestAnimationFrame(() => this.node.querySelectorAll("textarea").forEach((a) => a.fit?.()));
  }

  statuses() {
    return arrows(
      el(
        "div",
        "bd-status",
        { role: "radiogroup", "aria-label": t("board.f.status") },
        ...STATUSES.map((status) =>
          el(
            "button",
            status,
            {
              type: "button",
              role: "radio",
              "aria-checked": "false",
              data: { status },
              onclick: () => this.store.edit({ op: "change", shot: this.id, status }),
            },
            t(`board.status.${status}`),
          ),
        ),
      ),
    );
  }

  /** Remember a control under its field's name and save what is typed into it. */
  saved(name, control, read = () => control.value) {
    this.fields[name] = control;
    control.dataset.field = name;
    control.addEventListener("focus", () => this.store.begin());
    control.addEventListener("input", () => {
      const value = read();
      const { id } = this;
      if (value !== undefined) this.store.scheduleSave(`${id}.${name}`, { op: "change", shot: id, [name]: value });
    });
    control.addEventListener("change", () => this.store.flush());
    return control;
  }

  area(name, { cast = false, ...attrs }) {
    const made = this.saved(name, autoGrow(el("textarea", "bd-input", attrs)));
    return cast ? mentions(made, () => this.store.board.cast, this.acts.newcomer) : made;
  }

  line(name, attrs = {}) {
    return this.saved(name, el("input", "bd-input", { type: "text", autocomplete: "off", ...attrs }));
  }

  /** The shot's own number; without one its place in the film, which stands there as a hint. */
  ownNumber() {
    const control = this.line("number", { maxlength: 40 });
    this.fields.label = control; // shots of the page have their place as `number`
    delete this.fields.number;
    return control;
  }

  numberField(name, { whole = false, empty = undefined, ...attrs }) {
    const control = el("input", "bd-input", { type: "number", inputmode: "decimal", placeholder: empty, ...attrs });
    const read = () => {
      if (control.value === "" && empty) return null;
      const value = whole ? Math.round(Number(control.value)) : Number(control.value);
      return control.value === "" || !control.checkValidity() ? undefined : value;
    };
    return field(t(`board.f.${name}`), this.saved(name, control, read));
  }

  ending() {
    const kind = choose(
      TRANSITIONS.map((v) => [v, t(`board.over.${v}`)]),
      "cut",
      (v) => this.store.edit({ op: "change", shot: this.id, transition: v }),
      { "aria-label": t("board.transition"), data: { field: "transition" } },
    );
    this.fields.transition = kind;
    return el(
      "div",
      "bd-three",
      {},
      field(t("board.transition"), kind),
      this.numberField("trim_in_s", { min: 0, max: 60, step: 0.1 }),
      this.numberField("trim_out_s", { min: 0, max: 60, step: 0.1 }),
    );
  }

  fill(shot) {
    const { parts: p, store } = this;
    p.head.textContent = [t("board.shot_n", { n: shot.number }), shot.label].filter(Boolean).join(" · ");
    this.fields.label.placeholder = `${shot.number}`;
    p.time.textContent = `${shot.at_s.toFixed(1)}-${(shot.at_s + shot.length_s).toFixed(1)} s`;
    for (const one of p.status.children) one.setAttribute("aria-checked", one.dataset.status === shot.status);
    for (const [name, control] of Object.entries(this.fields)) {
      if (document.activeElement === control || store.typed.has(`${shot.id}.${control.dataset.field}`)) continue;
      this.setField(control, shot[name] ?? "");
    }
    p.prompt.draw();
    this.fillUnknownMentions(shot);
    p.present.fill(shot);
    this.fillPlaces();
    this.fillStart(shot);
    this.fillModels(shot);
    this.live();
  }

  /** What changes while runs are under way. */
  live() {
    const shot = this.store.shot;
    const key = JSON.stringify([shot.takes.map((r) => [r.id, r.status, r.chosen, r.old]), shot.chosen]);
    const tile = (node, run) => node.querySelector(`.bd-take[data-id="${CSS.escape(run.id)}"]`);
    if (key !== this.takesKey || !this.parts.takes.isConnected) {
      const fresh = takes(this.store, shot);
      for (const run of shot.takes) if (tile(fresh, run)) fadeInResult(tile(this.parts.takes, run), tile(fresh, run));
      this.parts.takes.replaceChildren(fresh);
    } else for (const run of shot.takes) if (tile(this.parts.takes, run)) refresh(tile(this.parts.takes, run), run);
    this.takesKey = key;
    this.fillPlan(shot);
  }

  fillUnknownMentions(shot) {
    const box = this.parts.strangers;
    box.hidden = !shot.strangers.length;
    box.replaceChildren(
      ...shot.strangers.map((name) =>
        button(
          t("board.add_to_cast", { name }),
          { name: "plus", text: t("board.add_to_cast", { name }), cls: "tinytext" },
          () => this.acts.newcomer(name),
        ),
      ),
    );
  }

  /** Places to choose from: those of the cast, and those that other shots have. */
  fillPlaces() {
    const { board, shots } = this.store;
    const named = board.cast.filter((m) => m.kind === "place").map((m) => `@${m.name}`);
    const places = [...new Set([...named, ...shots.map((s) => s.place).filter(Boolean)])].slice(0, 50);
    const key = places.join("\n");
    if (this.placesKey === key && this.places.firstChild) return;
    this.placesKey = key;
    this.places.replaceChildren(...places.map((value) => el("option", "", { value })));
  }

  fillStart(shot) {
    const key = JSON.stringify([shot.start, shot.number === 1]);
    if (key === this.startKey && this.parts.start.firstChild) return;
    this.startKey = key;
    const set = (start) => this.store.edit({ op: "change", shot: shot.id, start });
    const kinds = [
      ["none", t("board.start.none")],
      ...(shot.number > 1 || shot.start.kind === "previous" ? [["previous", t("board.start.previous")]] : []),
      ["asset", t("board.start.asset")],
    ];
    const pick = () =>
      pickAsset(t("board.start.asset"), { kinds: ["image"] }, (asset) => set({ kind: "asset", asset: asset.id }));
    const kind = choose(
      kinds,
      shot.start.kind,
      (v) => {
        if (v !== "asset") return set({ kind: v });
        kind.value = shot.start.kind;
        pick();
      },
      { "aria-label": t("board.f.start"), data: { field: "start" } },
    );
    const box = el("div", "bd-row", {}, kind);
    const send = async (files) => {
      const [asset] = await upload(files, box);
      if (asset?.kind === "image") set({ kind: "asset", asset: asset.id });
    };
    if (shot.start.asset)
      box.append(
        el(
          "button",
          "bd-thumb",
          { type: "button", "aria-label": t("board.change_picture"), title: t("board.change_picture"), onclick: pick },
          el("img", "", { src: media(shot.start.asset, "thumb"), alt: "" }),
        ),
      );
    else box.append(fileButton(t("board.upload"), { kinds: ["image"], cls: "quiet" }, send));
    box.addEventListener("dragover", (e) => e.preventDefault());
    box.addEventListener("drop", (e) => (e.preventDefault(), send([...e.dataTransfer.files])));
    const agreed =
      shot.start.asset && check(t("board.consent"), shot.start.consent, (on) => set({ ...shot.start, consent: on }));
    this.parts.start.replaceChildren(box, agreed || "");
  }

  fillModels(shot) {
    const groups = this.acts.models();
    const key = JSON.stringify([shot.model, groups?.map((g) => g.ready), shot.duration_s, shot.asks_s]);
    const select = groups && this.modelSelect(groups);
    if (!groups || (key === this.modelKey && select.isConnected)) return;
    this.modelKey = key;
    select.value = shot.model;
    if (select.selectedIndex < 0) select.selectedIndex = 0; // a model that is no longer offered
    const asks =
      shot.asks_s && Math.abs(shot.asks_s - shot.duration_s) > 0.01
        ? el("small", "st-dim", {}, t("board.asks", { time: seconds(shot.asks_s) }))
        : "";
    const link = (shot.model && keyLinkOf(groups, shot.model)) || "";
    if (select.parentNode !== this.parts.models) this.parts.models.replaceChildren(select);
    while (select.nextSibling) select.nextSibling.remove();
    select.after(link, asks);
  }

  /** One list of all models for every shot: it has hundreds of entries. */
  modelSelect(groups) {
    const film = t("board.as_film", { name: this.store.data.model_label });
    if (groups === this.listed && film === this.listedFilm) return this.select;
    this.listed = groups;
    this.listedFilm = film;
    const options = [
      ["", film],
      ...groups.map((g) => [
        g.ready ? g.label : `${g.label} (${t("board.not_ready")})`,
        g.models.map((m) => [m.id, m.label]),
      ]),
    ];
    this.select = choose(options, "", (model) => this.store.edit({ op: "change", shot: this.id, model }), {
      "aria-label": t("board.f.model"),
      data: { field: "model" },
    });
    return this.select;
  }

  /** The model of the same family that makes the shot as it is meant; for all such shots at once where there are more. */
  siblingModels(shot) {
    if (!shot.fits) return null;
    const others = this.store.shots.filter((s) => s.fits);
    const one = t("board.fit_one", { name: shot.fits.label });
    const all = t("board.fit_all", { n: others.length });
    return el(
      "div",
      "bd-row wrap",
      {},
      button(one, { text: one, cls: "quiet tinytext", data: { do: "fit-one" } }, () => this.store.chooseModels([shot])),
      others.length > 1
        ? button(
            all,
            {
              text: t("board.fit_n", { n: others.length }),
              title: all,
              cls: "quiet tinytext",
              data: { do: "fit-all" },
            },
            () => this.store.chooseModels(others),
          )
        : null,
    );
  }

  fillPlan(shot) {
    const key = JSON.stringify([
      shot.usd,
      shot.expected_s,
      shot.problems,
      shot.hints,
      shot.fits,
      shot.running?.id,
      shot.render,
      shot.draft,
      shot.takes.length,
      shot.failed,
    ]);
    if (key === this.planKey && this.parts.plan.firstChild) return;
    this.planKey = key;
    const facts = [
      shot.problems.length ? null : dollars(shot.usd),
      shot.expected_s ? `~${seconds(shot.expected_s)}` : null,
    ]
      .filter(Boolean)
      .join("  ·  ");
    const state = shot.running
      ? t("board.being_made")
      : shot.render
        ? t("board.stands")
        : shot.stale
          ? t("board.stale_help")
          : "";
    const again = shot.render && !shot.running;
    const draft = button(
      t("board.draft_this"),
      {
        name: "bulb",
        text: t("board.draft_short"),
        disabled: !!shot.draft || !!shot.running || null,
        data: { do: "draft-one" },
      },
      () => this.acts.draft([shot.id]),
    );
    const render = again
      ? button(
          t("board.retake_price", { price: dollars(shot.usd) }),
          {
            name: "again",
            text: t("board.retake_price", { price: dollars(shot.usd) }),
            disabled: shot.problems.length > 0 || null,
            data: { do: "retake" },
          },
          () => this.acts.retake(shot.id),
        )
      : button(
          t("board.render_this"),
          {
            name: "play",
            text: t("board.render_short"),
            cls: "primary",
            disabled: shot.problems.length > 0 || !!shot.running || null,
            data: { do: "render-one" },
          },
          () => this.acts.render([shot.id]),
        );
    this.parts.plan.replaceChildren(
      warnings([...(shot.failed ? [shot.failed] : []), ...shot.problems]) || "",
      hints(shot.hints) || "",
      this.siblingModels(shot) || "",
      el(
        "div",
        "bd-planline",
        {},
        el(
          "div",
          "st-grow",
          {},
          el("strong", "", {}, facts || shot.model_label),
          el("small", "st-dim", {}, state || (facts ? shot.model_label : "")),
        ),
        draft,
        render,
      ),
    );
  }
}
