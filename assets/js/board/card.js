// One shot in the strip: its card, and the transition that follows it. The elements are made once; after that only what is
// other about the shot is written.

import { button, el, icon, media, seconds, t } from "../dom.js";
import { runPreview } from "../parts.js";
import { mark, write } from "./keyed.js";

const LEAST_PX = 92;
const FACE = { cut: "split", crossfade: "fade", dip_black: "dip", dip_white: "dip", wipe: "joint" };

/** The icon of a transition. */
export const face = (transition) => FACE[transition];

let pattern = null;

/** A shot's place in the strip without the shot: cloned, since a board has hundreds of them. */
function blank() {
  pattern ||= el(
    "div",
    "bd-shot",
    { role: "listitem" },
    el(
      "div",
      "bd-card",
      { role: "button", tabindex: "-1", "aria-describedby": "bd-keys", "aria-current": "false" },
      el("div", "bd-pic"),
      el("span", "bd-number"),
      el("span", "bd-length"),
      el("p", "bd-words"),
      el("i", "bd-edge left", { data: { edge: "in" }, title: t("board.trim") }),
      el("i", "bd-edge right", { data: { edge: "out" }, title: t("board.trim") }),
    ),
    button("", { name: face("cut"), cls: "bd-join", tabindex: "-1" }),
  );
  return pattern.cloneNode(true);
}

export class ShotCard {
  constructor(id) {
    this.id = id;
    this.item = blank();
    const [node, join] = this.item.children;
    node.dataset.id = join.dataset.join = id;
    const [picture, number, length, words] = node.children;
    this.node = node;
    this.join = join;
    this.picture = picture;
    this.number = number;
    this.length = length;
    this.words = words;
    this.badge = this.bar = this.shot = null;
    this.joined = "cut";
    this.scale = this.count = 0;
  }

  /** As wide as the shot is long: enough for a card that is out of sight. scale: px a second. */
  sketch(shot, scale) {
    const width = `${Math.max(LEAST_PX, Math.round(shot.length_s * scale))}px`;
    if (this.node.style.width !== width) this.node.style.width = width;
  }

  /** Show the shot. count: how many shots there are. */
  update(shot, scale, count) {
    if (shot === this.shot && scale === this.scale && count === this.count) return;
    const { shot: before, count: countBefore } = this;
    this.shot = shot;
    this.scale = scale;
    this.count = count;
    this.sketch(shot, scale);
    if (shot !== before || count !== countBefore) this.place(count);
    if (shot === before) return;
    const name = `bd-card ${shot.status} ${shot.best_kind || "none"}`;
    if (this.node.className !== name) this.node.className = name;
    const words = shot.prompt || t("board.no_words");
    mark(this.node, "aria-label", this.label());
    this.showPicture(shot, before, words);
    write(this.number, `${shot.number}`);
    write(this.length, `${seconds(shot.length_s)}`);
    write(this.words, words);
    this.showBadge(shot);
    this.showProgress(shot);
  }

  place(count) {
    const { number, transition } = this.shot;
    mark(this.item, "aria-posinset", number);
    mark(this.item, "aria-setsize", count);
    if (number === count) return this.join.remove();
    if (this.join.parentNode !== this.item) this.item.append(this.join);
    if (this.joined !== transition) this.join.replaceChildren(icon(face(transition)));
    this.joined = transition;
    const name = `st-b bd-join ${transition} only`;
    if (this.join.className !== name) this.join.className = name;
    const label = t("board.transition_after", { n: number, name: t(`board.over.${transition}`) });
    mark(this.join, "aria-label", label);
    mark(this.join, "title", label);
  }

  /** One stop of the Tab key in the whole row, then its transition. */
  select(on) {
    mark(this.node, "aria-current", on);
    for (const control of [this.node, this.join]) mark(control, "tabindex", on ? 0 : -1);
  }

  label() {
    const { shot } = this;
    return t("board.card", {
      n: shot.number,
      time: seconds(shot.length_s),
      status: t(`board.status.${shot.status}`),
      has: this.has(shot),
      words: shot.prompt.slice(0, 100),
    });
  }

  has(shot) {
    if (shot.running) return t("board.being_made");
    if (shot.failed !== null) return t("widgets.status.failed");
    return t(
      shot.stale
        ? "board.is_stale"
        : shot.best_kind === "render"
          ? "board.is_take"
          : shot.best_kind === "draft"
            ? "board.is_draft"
            : "board.no_picture",
    );
  }

  showPicture(shot, before, words) {
    const other = !before || shot.best?.id !== before.best?.id || shot.running?.id !== before.running?.id;
    if (!other) {
      if (!shot.best) write(this.picture.firstChild, words);
      return;
    }
    const fresh = el(
      "div",
      "bd-pic",
      {},
      shot.best
        ? el("img", "", { loading: "lazy", src: media(shot.best.id, "poster"), alt: "", draggable: "false" })
        : el("p", "", {}, words),
    );
    this.picture.replaceWith(fresh);
    this.picture = fresh;
  }

  showBadge(shot) {
    const [kind, words] = this.badgeOf(shot);
    if (!kind) {
      this.badge?.remove();
      return void (this.badge = null);
    }
    if (!this.badge) this.number.after((this.badge = el("span")));
    if (this.badge.className !== `bd-badge ${kind}`) this.badge.className = `bd-badge ${kind}`;
    write(this.badge, words);
  }

  badgeOf(shot) {
    const run = shot.running;
    if (run) {
      const part = run.fraction ? ` ${Math.round(run.fraction * 100)} %` : "";
      return ["running", t(`widgets.status.${run.status}`) + part];
    }
    if (shot.failed !== null) return ["failed", t("widgets.status.failed")];
    if (shot.stale) return ["stale", t("board.is_stale")];
    if (shot.best_kind === "draft" && !shot.draft) return ["stale", t("board.old_draft")];
    if (shot.best_kind) return [shot.best_kind, t(shot.best_kind === "draft" ? "board.is_draft" : "board.is_take")];
    return ["", ""];
  }

  showProgress(shot) {
    const run = shot.running;
    if (!run) {
      this.bar?.remove();
      this.bar = null;
      return this.node.removeAttribute("aria-description");
    }
    const part = this.bar?.firstElementChild || el("i");
    if (!this.bar) this.node.append((this.bar = el("span", "bd-run", {}, part)));
    runPreview(this.picture, run);
    this.bar.classList.toggle("endless", run.status === "running" && run.fraction === null);
    part.style.transform = `scaleX(${run.status === "running" ? (run.fraction ?? 0.3) : 0})`;
  }
}
