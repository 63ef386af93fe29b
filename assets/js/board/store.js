// One board as the page knows it: the server's last answer, edits on their way, and text that is still being typed.
// Requests go one after another, so that answers arrive in order; what was typed is kept in the browser until it is saved.

import { t } from "../dom.js";
import { get, post, toast } from "../net.js";
import { mergeAnswer, since } from "./changes.js";
import { chooseValue, seenBy } from "./conflict.js";

const TYPING_MS = 600;
const RETRY_DELAY_MS = 4000;
const UNSAVED_KEY = "studio-board-unsaved";
const FIELD_CHANGED = "board.field_changed";
const UNDO_OTHERS = "board.undo_others";

const withoutMarks = ({ same, seen, ...op }) => op;

export class Store {
  constructor(id) {
    this.path = `ui/boards/${encodeURIComponent(id)}`;
    this.id = id;
    this.data = null;
    this.shots = []; // the same objects, and the same list, as long as nothing about them is other
    this.joined = new Map(); // shot id -> its entry in `shots`, and what it was put together from
    this.groups = null; // models, as the picker groups them
    this.selected = null;
    this.offline = false; // text could not be sent
    this.typed = new Map(); // key -> edit not yet sent
    this.shown = []; // edits that the page shows already, while the studio has not answered
    this.waiting = 0; // requests not yet answered
    this.listeners = new Set();
    this.chain = Promise.resolve();
    this.stretch = 0;
    this.page = Math.random().toString(36).slice(2, 10); // another page, or this one loaded again, types in stretches of its own
  }

  on(fn) {
    this.listeners.add(fn);
  }

  /** why: "all" after any answer; "select", "typing" or "progress" for less. */
  notify(why = "all") {
    this.joinShots();
    if (!this.find(this.selected)) this.selected = this.shots[0]?.id ?? null;
    for (const fn of this.listeners) fn(why);
  }

  /** Each shot with what there is of it, `number`: its place in the film, `label`: its own number. What is drawn from a shot is drawn anew only where the shot is another object. */
  joinShots() {
    const before = this.joined;
    this.joined = new Map();
    const shots = this.data.board.shots.map((planned, i) => {
      const [state, number] = [this.data.shots[planned.id], i + 1];
      let known = before.get(planned.id);
      if (known?.planned !== planned || known.state !== state || known.shot.number !== number)
        known = { planned, state, shot: { ...planned, ...state, number, label: planned.number } };
      this.joined.set(planned.id, known);
      return known.shot;
    });
    if (shots.length !== this.shots.length || shots.some((shot, i) => shot !== this.shots[i])) this.shots = shots;
  }

  /** saved, saving, or offline while text cannot be sent. */
  get saving() {
    return this.offline ? "offline" : this.typed.size || this.waiting ? "saving" : "saved";
  }

  /** Whether this person may change the board; else nothing is sent that would. */
  get editable() {
    return this.data?.editable !== false;
  }

  get board() {
    return this.data.board;
  }

  get shot() {
    return this.find(this.selected) || null;
  }

  find(id) {
    return this.joined.get(id)?.shot;
  }

  select(id, from = "") {
    if (!id || id === this.selected || !this.find(id)) return;
    this.selected = id;
    this.from = from;
    this.notify("select");
  }

  /** Read the board. ready: called once it is there, before it is shown. */
  async open(ready) {
    this.data = await get(this.path);
    this.restore();
    ready();
    this.notify();
  }

  /** Take over a whole board that an answer brought; what the page shows ahead of the studio stays as it is shown. */
  applyBoard(answer) {
    if (!answer?.board) return answer;
    const data = mergeAnswer(this.data, answer);
    if (!data) return void this.reload({ whole: true }); // never awaited in here: it comes after what is under way
    this.data = data;
    for (const op of [...this.shown, ...this.typed.values()]) this.apply(op);
    if (answer.made && data.shots[answer.made]) this.selected = answer.made;
    this.notify();
    return answer;
  }

  /** Do one thing after all that came before it; undefined when it failed, which is said. */
  queue(work) {
    this.waiting++;
    this.notify("typing");
    const next = this.chain
      .then(work)
      .catch((error) => {
        this.tell(error);
        if (error.status) this.reload({ whole: true }); // the page and the board no longer agree
        return undefined;
      })
      .finally(() => {
        this.waiting--;
        this.notify("typing");
      });
    this.chain = next;
    return next;
  }

  /** Ask what the studio has now. whole: all of it, for what the page shows may not be what it was told. */
  reload({ whole = false } = {}) {
    const asked = () => get(whole ? this.path : since(this.path, this.data));
    this.chain = this.chain.then(async () => this.applyBoard(await asked())).catch(() => {});
    return this.chain;
  }

  /** Resolves to undefined where it failed, which is said, or where the board may only be looked at. */
  async edit(op) {
    if (!this.editable) return undefined;
    this.flush();
    const seen = seenBy(op, this.board);
    return this.queue(async () => {
      try {
        return this.applyBoard(await this.send("edit", { ...op, seen }));
      } catch (error) {
        if (error.id === FIELD_CHANGED) this.chooseLater(op);
        throw error;
      }
    });
  }

  /** Once the page has what somebody else made of the field: theirs, or the edit again. */
  chooseLater(op) {
    this.reload({ whole: true }).then(() => {
      chooseValue(op, this.board, () => this.edit(op));
      this.notify(); // the field is left by now, and shows what stands
    });
  }

  /** Say what went wrong; a change of somebody else can be undone on purpose. */
  tell(error) {
    if (error.id !== UNDO_OTHERS) return toast(error.message, { bad: true });
    toast(error.message, { undo: () => this.act("undo", { others: true }), label: t("live.undo_anyway") });
  }

  /** Put the shots into another order: shown at once, while the answers to earlier edits still arrive. */
  reorder(order) {
    if (!this.editable) return Promise.resolve();
    const op = { op: "reorder", order };
    this.flush();
    this.shown.push(op);
    this.apply(op);
    const sent = this.queue(async () => {
      let answer;
      try {
        answer = await this.send("edit", op);
      } finally {
        this.shown.splice(this.shown.indexOf(op), 1);
      }
      return this.applyBoard(answer);
    });
    this.notify();
    return sent;
  }

  /** Give shots the models that make them as they are meant. */
  chooseModels(shots) {
    return this.edit({ op: "fit", models: Object.fromEntries(shots.map((s) => [s.id, s.fits.id])) });
  }

  async act(what, body) {
    if (!this.editable) return undefined;
    this.flush();
    return this.queue(async () => this.applyBoard(await this.send(what, body)));
  }

  undo(redo = false) {
    return this.act("undo", { redo });
  }

  /** A field is entered: what is typed from here on is one step of undo. */
  begin() {
    this.stretch++;
  }

  /** Save soon: `key` names the field, `op` the edit that sets it. */
  scheduleSave(key, op) {
    if (!this.editable) return;
    const before = this.typed.get(key);
    const seen = before && !before.sent ? before.seen : seenBy(op, this.board);
    this.typed.set(key, { ...op, seen, same: `${this.page}.${this.stretch}.${key}`.slice(0, 80) });
    this.apply(op);
    this.storeUnsaved();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), TYPING_MS);
    this.notify("typing");
  }

  /** Send what was typed. */
  flush() {
    clearTimeout(this.timer);
    for (const [key, op] of this.typed) {
      if (op.sent) continue;
      op.sent = true;
      this.chain = this.chain.then(() => this.sendTyped(key, op));
    }
  }

  /** Post to the board; the answer has what changed since the page's version. */
  send(what, body) {
    return post(since(`${this.path}/${what}`, this.data), body);
  }

  async sendTyped(key, op) {
    const { sent, ...body } = op;
    try {
      const answer = await this.send("edit", body);
      if (this.typed.get(key) === op) this.typed.delete(key);
      this.offline = false;
      this.storeUnsaved();
      this.applyBoard(answer);
    } catch (error) {
      op.sent = false;
      if (error.status && error.status < 500) {
        if (this.typed.get(key) === op) this.typed.delete(key);
        this.storeUnsaved();
        toast(error.message, { bad: true });
        this.offline = false;
        if (error.id === FIELD_CHANGED) this.chooseLater(withoutMarks(body));
        else this.reload({ whole: true });
        return;
      }
      this.offline = true; // nothing is lost: it is tried until the studio answers
      this.timer = setTimeout(() => this.flush(), RETRY_DELAY_MS);
      this.notify("typing");
    }
  }

  /** What the edit does to the copy here, so that the page shows it at once. */
  apply({ op, shot = null, id = null, ...fields }) {
    for (const name of ["same", "sent", "seen"]) delete fields[name];
    const { board } = this.data;
    const set = (list, wanted) => list.map((one) => (one.id === wanted ? { ...one, ...fields } : one));
    if (op === "update") Object.assign(board, fields);
    else if (op === "cast") board.cast = set(board.cast, id);
    else if (op === "reorder") {
      const place = new Map(fields.order.map((one, i) => [one, i]));
      board.shots = board.shots.toSorted((a, b) => (place.get(a.id) ?? -1) - (place.get(b.id) ?? -1));
    } else board.shots = set(board.shots, shot);
  }

  storeUnsaved() {
    try {
      const all = JSON.parse(localStorage.getItem(UNSAVED_KEY) || "{}");
      this.typed.size
        ? (all[this.id] = [...this.typed].map(([key, { sent, ...op }]) => [key, op]))
        : delete all[this.id];
      localStorage.setItem(UNSAVED_KEY, JSON.stringify(all));
    } catch {
      /* a private window keeps nothing; the server still gets it */
    }
  }

  /** Text that a crash or a closed page kept from being saved. */
  restore() {
    if (!this.editable) return;
    let left = [];
    try {
      left = JSON.parse(localStorage.getItem(UNSAVED_KEY) || "{}")[this.id] || [];
    } catch {
      /* nothing to restore */
    }
    for (const [key, op] of left) {
      this.typed.set(key, op);
      this.apply(op);
    }
    if (left.length) {
      toast(t("board.restored"));
      this.flush();
    }
  }

  hasRun(run) {
    return Object.values(this.data.shots).some((s) => s.takes.some((take) => take.id === run));
  }

  /** Somebody changed boards; what this page sends comes back to it as well, and changes nothing. */
  boardsChanged(ids) {
    if (!ids.includes(this.id) || this.waiting || this.typed.size) return;
    clearTimeout(this.soonest);
    this.soonest = setTimeout(() => this.reload(), 50);
  }

  /** A run's newer card, from the live stream. */
  progress(cards) {
    // a follower was queued, or one will not be: the page cannot tell from the runs it knows
    let ended =
      this.data?.following?.some((f) => !f.stopped) &&
      cards.some((card) => !this.hasRun(card.id) || card.status !== "running");
    let moved = false;
    for (const card of cards) {
      const whole = (this.data?.wholes || []).find((w) => w.run.id === card.id);
      if (!whole) continue;
      if (card.status !== "running" || whole.cutting) ended = true;
      Object.assign(whole.run, card);
      moved = true;
    }
    const newer = new Map(cards.map((card) => [card.id, card]));
    const updated = (run) => (newer.has(run.id) ? { ...run, ...newer.get(run.id) } : run);
    for (const [id, state] of Object.entries(this.data?.shots || {})) {
      const touched = state.takes.filter((take) => newer.has(take.id));
      if (!touched.length) continue;
      for (const { id: run, status } of touched) {
        const now = newer.get(run).status;
        if (now !== status && now !== "running") ended = true;
      }
      const running = state.running && updated(state.running);
      this.data.shots[id] = { ...state, takes: state.takes.map(updated), running };
      moved = true;
    }
    if (ended) {
      clearTimeout(this.soonest);
      this.soonest = setTimeout(() => this.reload(), 150);
    } else if (moved) this.notify("progress");
  }
}
