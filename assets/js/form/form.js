// A create page: the form on the left, drawn from what the studio says of it, and this page's runs on the right.
//
// A part (tools, picker, media, bar, ...) has a value, and hears when the studio changes it. An event of a part is asked of the
// studio with all that the form holds; the answer says what changes: {controls, parts, folds}, `page` where it is meant
// for another form, and the cards of new `runs`.

import { control } from "../controls/control.js";
import { el, t } from "../dom.js";
import { addRuns } from "../live.js";
import { post, toast, tryOrToast } from "../net.js";
import * as bar from "./bar.js";
import { changed, releaseNext, said } from "./common.js";
import { openForm, register } from "./forms.js";
import * as ideas from "./ideas.js";
import { keep, kept } from "./kept.js";
import * as lint from "./lint.js";
import * as media from "./media.js";
import * as notice from "./notice.js";
import * as own from "./own.js";
import * as picker from "./picker.js";
import * as strip from "./strip.js";
import * as tools from "./tools.js";
import { TABS } from "../tasks.js";
import * as where from "./where.js";
import * as writing from "./writing.js";

const SCRIPTS = { bar, ideas, lint, media, notice, own, picker, strip, tools, where, writing };
const FILLS = new Set(["preset_load", "restore", "workflow"]); // these replace what was typed; others leave it
const QUIET = new Set(["check"]); // the bar asks again by itself

const forms = new Map(); // page -> promise of its form

/** gr.HTML calls this once, when the tab is opened. options: {page}. */
export async function mount(element, { upload, options }) {
  const form = await formIn(element, options.page);
  form.takeUpload(upload);
  if (form.element.parentElement !== element) moveTo(element, form.element);
}

/** The form of a page; drawn into this element where there is none yet. */
export function formIn(element, page) {
  if (!forms.has(page)) {
    const made = make(element, page);
    forms.set(page, made);
    made.catch(() => forms.delete(page));
  }
  return forms.get(page);
}

async function make(element, page) {
  const form = new Form(page);
  form.draw(await firstState(page));
  element.replaceChildren(form.element);
  form.start();
  register(page, form);
  return form;
}

/** To another place of the page, with what is being typed. */
function moveTo(element, moved) {
  element.replaceChildren();
  const scrolled = moved.firstElementChild.scrollTop;
  if (element.moveBefore) element.moveBefore(moved, null);
  else {
    const typing = /** @type {any} */ (moved.contains(document.activeElement) ? document.activeElement : null);
    const caret = [typing?.selectionStart, typing?.selectionEnd];
    element.append(moved);
    typing?.focus({ preventScroll: true });
    if (typeof caret[0] === "number") typing.setSelectionRange(...caret);
  }
  moved.firstElementChild.scrollTop = scrolled;
}

/** What the form is, and holds at first. The page's head has asked for the first tab's; see early.js. */
async function firstState(page) {
  const early = /** @type {any} */ (window).studioForm;
  const answer = early?.page === page ? await early.answer : null;
  if (early?.page === page) early.page = null;
  return answer || (await openAgain(page));
}

const openAgain = (page) => post(`ui/forms/${page}/open`, { data: { saved: kept(page) } });

class Form {
  constructor(page) {
    const task = Object.keys(TABS).find((name) => TABS[name] === page);
    this.page = page;
    this.options = { page, task, tasks: [task] };
    const uploads = new Promise((resolve) => (this.takeUpload = resolve)); // Gradio brings it, later than the form is there
    this.upload = async (file) => (await uploads)(file);
    this.controls = new Map(); // key -> control
    this.folds = {}; // section -> element
    this.parts = {}; // name -> part
  }

  // ------------------------------------------------------------------------------------------------------- layout

  draw({ controls, parts, folds, media_first: mediaFirst }) {
    for (const [name, value] of Object.entries({ tools: null, where: null, feed: null, lint: null, ...parts }))
      this.parts[name] = new Part(this, name, value);
    const host = (name) => this.parts[name].host;
    const section = (name) =>
      controls.filter((spec) => spec.section === name).map((spec) => this.control(spec).element);
    const files = [host("media"), ...section("media")];
    for (const name of Object.keys(folds)) this.folds[name] = this.fold(name, section(name), folds[name]);
    this.form = el(
      "div",
      "studio-form",
      {},
      ...["tools", "picker", "where", "notice"].map(host),
      ...(mediaFirst ? files : []),
      ...section("prompt"),
      host("writing"),
      host("strip"),
      host("lint"),
      ...(mediaFirst ? [] : files),
      el(
        "div",
        "studio-group",
        {},
        ...section("shape"),
        el("div", "studio-pair", {}, ...section("size")),
        ...section("time"),
        ...section("more"),
      ),
      el("div", "studio-group", {}, ...section("seed")),
      ...Object.values(this.folds),
      el("div", "studio-bar", {}, host("bar")),
    );
    const results = el("div", "studio-results", {}, host("ideas"), host("feed"));
    this.element = el("div", "studio-create", { id: `create-${this.page}` }, this.form, results);
  }

  fold(name, fields, shown) {
    return el(
      "details",
      "studio-fold",
      { hidden: !shown },
      el("summary", "", {}, t(`forms.${name}`)),
      el("div", "studio-folded", {}, ...fields),
    );
  }

  control(spec) {
    const made =
      spec.type === "own" ? new OwnControl(this, spec) : control(inWords(spec), { id: `${this.page}-${spec.key}` });
    this.controls.set(spec.key, made);
    return made;
  }

  /** The parts, once they are on the page. */
  start() {
    const { feed, ...parts } = this.parts;
    for (const [name, part] of Object.entries(parts)) part.start(SCRIPTS[name]);
    import("../feed.js").then((script) => feed.start(script)); // the form goes first
  }

  // ------------------------------------------------------------------------------------------------------- values

  /** All that the form holds, as the studio reads it and this browser keeps it. */
  held() {
    return {
      model: this.parts.picker.value?.id,
      origin: this.parts.picker.value?.origin,
      original: this.parts.writing.value?.original,
      media: this.parts.media.value?.files || {},
      values: Object.fromEntries([...this.controls].map(([key, made]) => [key, made.value])),
    };
  }

  /** Take over what the studio changes. before: what it was asked with; what was typed meanwhile stays. */
  apply({ controls = {}, folds = {}, parts = {}, runs = [] }, before = null) {
    addRuns(runs);
    for (const [key, changes] of Object.entries(controls)) {
      const made = this.controls.get(key);
      const typed = before && "value" in changes && !same(before.values[key], made.value);
      const { value, ...others } = changes;
      made.update(inWords(typed ? others : changes));
    }
    for (const [name, shown] of Object.entries(folds)) this.folds[name].hidden = !shown;
    const rewritten = before && before.original !== this.held().original; // meanwhile
    const heard = Object.keys(parts).filter((name) => name !== "writing" || !rewritten);
    for (const name of heard) this.parts[name].value = parts[name];
    for (const name of heard) this.parts[name].tell();
  }

  // ------------------------------------------------------------------------------------------------------- events

  async trigger(event, data = {}) {
    if (event === "save") return keep(this.page, this.held());
    if (event === "discard") return this.putBack();
    if (event === "set") return this.setControls(data);
    const before = this.held();
    try {
      const answer = await post(`ui/forms/${this.page}/${event}`, { form: before, data });
      const form = answer.page && answer.page !== this.page ? await openForm(answer.page) : this;
      form.apply(answer, FILLS.has(event) ? null : before);
    } catch (error) {
      if (!QUIET.has(event) || error.status) toast(error.message, { bad: true });
      releaseNext(this.form);
      if (!QUIET.has(event)) changed(this.form);
    }
  }

  /** Controls that get another value from a part of this page. */
  setControls(values) {
    for (const [key, value] of Object.entries(values)) this.controls.get(key)?.update({ value });
  }

  /** A run was edited in this form, or the edit was discarded: what the form held before, and back to the queue. */
  async putBack() {
    const state = await tryOrToast(openAgain(this.page));
    if (!state) return;
    const controls = Object.fromEntries(state.controls.map((spec) => [spec.key, spec]));
    this.apply({ ...state, controls, parts: { ...state.parts, bar: { recheck: true } } });
    document.getElementById("tab-queue-button")?.click();
  }
}

/** What a script of this folder draws: a place on the page, a value, and who hears of its changes. */
class Part {
  constructor(form, name, value) {
    this.form = form;
    this.value = value;
    this.watchers = [];
    this.inner = el("div", "st-mount");
    this.host = el("div", "st-host", { id: `${form.page}-${name}` }, this.inner);
  }

  start(script) {
    const { form } = this;
    script.mount(this.inner, {
      props: this,
      trigger: (event, data) => form.trigger(event, data),
      watch: (_, fn) => this.watchers.push(fn),
      upload: form.upload,
      options: form.options,
      model: () => form.parts.picker.value?.id,
    });
  }

  tell() {
    for (const fn of this.watchers) fn();
  }
}

/** Own settings of models that people make: a control that one script draws. */
class OwnControl extends Part {
  constructor(form, spec) {
    super(form, "own", spec.value);
    this.key = spec.key;
    this.element = this.host;
    this.host.hidden = !spec.visible;
    form.parts.own = this;
  }

  update({ visible, value }) {
    if (visible !== undefined) this.host.hidden = !visible;
    if (value === undefined) return;
    this.value = value;
    this.tell();
  }
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Properties of a control with our words in the page's language. */
function inWords(properties) {
  const made = { ...properties };
  for (const name of ["label", "info", "placeholder"]) if (made[name]) made[name] = said(made[name]);
  if (made.choices) made.choices = made.choices.map(([label, value]) => [said(label), value]);
  return made;
}
