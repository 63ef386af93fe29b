// The room of a review: who is here, who leads, and what they draw, point at and write, as it happens.

import { isTyping, t } from "../dom.js";
import { RoomBar, nameOf } from "./room_bar.js";
import { Follower } from "./room_follow.js";
import { Pointers } from "./room_pointer.js";
import { RoomSocket } from "./room_socket.js";
import { OtherStrokes, OwnStrokes } from "./room_strokes.js";

const LEAD_EVERY_MS = 33; // a leader's steps are told at once, and no more often than this
const OWN_EVERY_MS = 1000; // where somebody is who leads nobody
const BEAT_MS = 500; // while a leader's clip plays
const JUMP_FRAMES = 12; // more than this at once is no playing, it was a seek
const RELOAD_MS = 150;
const LOOK_MS = 400; // how soon another player or drawing layer of the page is noticed

/**
 * Join the room of the session's review. It listens to session.player, session.drawing and the session's events "select",
 * "review", "shape" (detail: {shape, moved} or null, of the drawing layer's onShape) and "drawing" (detail: {drawing,
 * frame, internal}, what is being drawn for a comment, null where nothing is), and drives the player of who follows.
 * Hears "change" of people, leader and following.
 */
export function joinRoom(session) {
  return new Room(session);
}

class Room extends EventTarget {
  constructor(session) {
    super();
    this.session = session;
    this.seats = new Map(); // seat -> person
    this.views = new Map(); // seat -> view, `at` its moment by performance.now()
    this.leader = null;
    this.you = null;
    this.wantsToLead = false;
    this.following = false;
    this.broke = false; // this page followed until its person did something of their own
    this.everOpen = false;
    this.bar = new RoomBar(session, {
      lead: () => this.lead(!this.leads),
      follow: () => this.follow(!this.following),
      point: () => this.pointers.set(!this.pointers.on),
      go: (seat) => this.goTo(seat),
    });
    this.follower = new Follower(session);
    this.follower.addEventListener("left", () => this.broken());
    this.strokes = new OtherStrokes(session);
    const send = (message) => this.socket.send(message);
    this.own = new OwnStrokes(send);
    this.pointers = new Pointers(session, send, () => this.draw());
    this.listen();
    const url = new URL(session.url("room"));
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new RoomSocket(url.href);
    this.socket.addEventListener("message", (e) => this.hear(/** @type {CustomEvent} */ (e).detail));
    this.socket.addEventListener("state", (e) => this.changedState(/** @type {CustomEvent} */ (e).detail));
    this.watch = setInterval(() => this.look(), LOOK_MS);
    this.look();
    this.draw();
  }

  get element() {
    return this.bar.element;
  }

  /** Everybody who has the review open, this page too. */
  get people() {
    return [...this.seats.values()];
  }

  get me() {
    return this.seats.get(this.you) ?? null;
  }

  get leads() {
    return this.you !== null && this.leader === this.you;
  }

  /** Whether what changes is told by this connection. */
  get isOpen() {
    return this.socket.isOpen;
  }

  listen() {
    const { session } = this;
    this.heard = {
      select: () => this.selected(),
      review: () => this.draw(),
      shape: (e) => this.own.grow(e.detail?.shape ?? null, e.detail?.moved ?? null),
      drawing: (e) => this.drew(e.detail),
    };
    for (const [name, fn] of Object.entries(this.heard)) session.addEventListener(name, fn);
    this.onFrame = () => {
      this.tell();
      this.strokes.show();
    };
    this.onKey = (e) => this.key(e);
    document.addEventListener("keydown", this.onKey, true);
  }

  /** Notice that the page shows another player or drawing layer, or compares versions. */
  look() {
    const { player, drawing, compare } = this.session;
    if (player !== this.player) {
      for (const name of ["frame", "play", "pause", "ready"]) {
        this.player?.removeEventListener(name, this.onFrame);
        player?.addEventListener(name, this.onFrame);
      }
      this.player = player;
      this.follower.attach(player);
      this.pointers.attach(player);
      this.tell(true);
    }
    if (drawing !== this.strokes.layer) this.strokes.show();
    if (compare !== this.compare) {
      compare?.addEventListener("frame", this.onFrame);
      this.compare = compare;
    }
    if (compare || this.told?.compare) this.tell();
  }

  // ------------------------------------------------------------------------------------------------- what comes in

  hear(message) {
    if (message.you) this.begin(message.you);
    if (message.people) this.seats = new Map(message.people.map((one) => [one.id, { ...one, name: nameOf(one) }]));
    if (message.leader !== undefined) this.newLeader(message.leader);
    for (const [seat, view] of Object.entries(message.views ?? {}))
      this.views.set(seat, { ...view, moment: performance.now() - view.age_ms - this.socket.latency });
    if (message.views?.[this.leader] || message.leader !== undefined) this.goAlong();
    this.strokes.take(message);
    if (message.people) this.strokes.keepOnly(this.seats);
    if (message.people) for (const seat of this.views.keys()) if (!this.seats.has(seat)) this.views.delete(seat);
    this.pointers.take(message.pointers ?? {}, this.seats);
    if (message.changed) this.reload();
    if (message.people && this.wantsToLead && this.leader === null) this.socket.send({ type: "lead", on: true });
    this.draw();
  }

  /** A new connection: what this page had told is told again, and what changed meanwhile is read. */
  begin(you) {
    this.you = you;
    this.views.clear();
    this.strokes.clear();
    this.own.forget();
    this.own.soon();
    this.told = null;
    this.tell(true);
    if (this.following) this.socket.send({ type: "follow", on: true });
    if (this.everOpen) this.reload();
    this.everOpen = true;
  }

  changedState({ state, sentence }) {
    this.sentence = sentence;
    if (state === "waiting" || state === "away" || state === "closed") {
      this.seats.clear();
      this.views.clear();
      this.leader = null;
      this.follower.stop();
      this.strokes.clear();
      this.pointers.take({}, this.seats);
    }
    this.draw();
  }

  newLeader(leader) {
    const before = this.leader;
    this.leader = leader;
    if (before === this.you && leader !== null && leader !== this.you) this.wantsToLead = false;
    if (this.leads) this.following = this.broke = false;
    if (leader === null) this.broke = false;
    if (leader === before) return;
    const name = this.seats.get(leader)?.name;
    if (leader === null) this.follower.stop();
    this.bar.say(leader === null ? t("reviewroom.nobody_leads") : name ? t("reviewroom.leads", { name }) : "");
    this.tell(true);
  }

  /** Go where the leader is, where this page follows. */
  goAlong() {
    const view = this.leader && !this.leads && this.following ? this.views.get(this.leader) : null;
    if (view && !view.hidden) this.follower.follow(view, performance.now() - view.moment);
    else this.follower.stop();
  }

  reload() {
    this.reloading ??= setTimeout(
      async () => {
        this.reloading = null;
        await this.session.load().catch(() => {}); // the next change reads it again
      },
      RELOAD_MS * Math.random() * Math.min(4, this.seats.size),
    );
  }

  // ------------------------------------------------------------------------------------------------ what goes out

  /** What this page shows. @returns {any} */
  view() {
    const { item, version, player, compare } = this.session;
    const where = { type: "view", item: item?.id ?? null, version: version?.id ?? null };
    if (compare)
      // plays frame by frame to who follows
      return { ...where, frame: compare.frame, compare: { versions: compare.versions, mode: compare.mode } };
    const reverse = player?.shuttle?.speed < 0; // goes back frame by frame, which others see as steps
    const playing = Boolean(player && !player.paused && !reverse);
    return {
      ...where,
      frame: player ? player.frame : null,
      playing,
      clock: playing ? player.media.currentTime : null,
      speed: player?.shuttle?.speed > 0 ? player.shuttle.speed : (player?.speed ?? 1),
      loop: player?.loop === true && player.range ? player.range : (player?.loop ?? null),
    };
  }

  /** Tell it, when there is something new. now: before the time is up. */
  tell(now = false) {
    const view = this.view();
    const { told } = this;
    const since = performance.now() - (this.toldAt ?? -1e9);
    const steady =
      told && view.playing && told.playing && ["item", "version", "speed"].every((name) => view[name] === told[name]);
    const jumped = steady && Math.abs(view.frame - this.seenFrame) > JUMP_FRAMES;
    this.seenFrame = view.frame;
    const pace = !this.leads ? OWN_EVERY_MS : steady && !jumped ? BEAT_MS : LEAD_EVERY_MS;
    clearTimeout(this.later);
    if (!now && told && JSON.stringify({ ...view, latency_ms: told.latency_ms }) === JSON.stringify(told)) return;
    if (!now && since < pace) {
      if (!steady) this.later = setTimeout(() => this.tell(), pace - since);
      return;
    }
    view.latency_ms = Math.min(2000, Math.round(this.socket?.latency ?? 0));
    if (!this.socket?.send(view)) return;
    this.told = view;
    this.toldAt = performance.now();
  }

  selected() {
    this.own.setPlace(null);
    this.pointers.point(null);
    this.tell(true);
    this.look();
    this.strokes.show();
    this.pointers.show(this.seats);
    this.draw();
  }

  drew(detail) {
    const version = this.session.version?.id;
    if (!detail || !version) return this.own.keep(null, null);
    this.own.keep(detail.drawing, { version, frame: detail.frame ?? null, internal: Boolean(detail.internal) });
  }

  /** Take the lead, or give it back. */
  lead(on = true) {
    this.wantsToLead = on;
    if (on) this.tell(true);
    this.socket.send({ type: "lead", on });
    if (on) this.setFollowing(false);
  }

  /** Go along with whoever leads, or stay here. */
  follow(on = true) {
    if (on && (this.leads || this.leader === null)) return;
    this.broke = false;
    this.setFollowing(on);
    this.socket.send({ type: "follow", on });
    this.goAlong();
    this.draw();
  }

  setFollowing(on) {
    if (this.following === on) return;
    this.following = on;
    if (!on) this.follower.stop();
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** The person did something of their own; one press brings them back. */
  broken() {
    this.setFollowing(false);
    this.broke = true;
    this.socket.send({ type: "follow", on: false });
    this.bar.say(t("reviewroom.broke"));
    this.draw();
  }

  /** Show what somebody else looks at. */
  async goTo(seat) {
    const view = this.views.get(seat);
    if (!view?.version || view.hidden) return;
    if (seat !== this.leader && this.following) this.broken();
    this.session.select(view.item, view.version);
    if (view.frame !== null && this.session.player?.rate) await this.session.player.seek(view.frame);
  }

  key(e) {
    if (!e.shiftKey || e.ctrlKey || e.metaKey || e.altKey || isTyping(e) || !this.element.checkVisibility()) return;
    if (document.querySelector("dialog[open]") && !this.element.closest("dialog[open]")) return;
    const press = { h: this.bar.lead, f: this.bar.follow, p: this.bar.point }[e.key.toLowerCase()];
    if (!press || press.hidden) return;
    e.preventDefault();
    e.stopPropagation();
    press.click();
  }

  draw() {
    const { socket, you, me, leader, following, broke, views, everOpen, sentence } = this;
    this.bar.draw({
      state: socket?.state ?? "connecting",
      reason: socket?.reason ?? "",
      sentence,
      people: this.people,
      you,
      me,
      leader,
      following,
      broke,
      views,
      everOpen,
      drawing: this.strokes.authors,
      pointing: this.pointers.on,
    });
    const said = JSON.stringify([[...this.seats.keys()], leader, following]);
    if (said !== this.said) this.dispatchEvent(new CustomEvent("change"));
    this.said = said;
  }

  /** Leave the room. */
  destroy() {
    clearInterval(this.watch);
    clearTimeout(this.later);
    clearTimeout(this.reloading);
    for (const [name, fn] of Object.entries(this.heard)) this.session.removeEventListener(name, fn);
    document.removeEventListener("keydown", this.onKey, true);
    for (const name of ["frame", "play", "pause", "ready"]) this.player?.removeEventListener(name, this.onFrame);
    this.follower.destroy();
    this.own.destroy();
    this.strokes.clear();
    this.pointers.destroy();
    this.socket.destroy();
    this.element.remove();
  }
}
