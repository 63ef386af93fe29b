// The picture of the version that is shown, and the line above it: its name, its versions, where it stands.

import { button, colon, el, icon, t } from "../dom.js";
import { framePlayer } from "../frames/frame_player.js";
import { menu } from "../menu.js";
import { get } from "../net.js";
import { statusMenu } from "./approval.js";
import { chooseVersions } from "./compare_choice.js";
import { hueOf, nameOf, threadsOf } from "./marks.js";
import { drawLayer } from "./drawing.js";

/** The stage; hears of frames through "frame", of a marker that was pressed through "marker". */
export class Stage extends EventTarget {
  /** @param {any} session @param {{slots: {making?: (version: any) => Node}, link: () => void}} parts */
  constructor(session, { slots, link }) {
    super();
    this.session = session;
    this.slots = slots;
    this.link = link;
    this.bar = el("div", "rv-bar");
    this.place = el("div", "rv-picture");
    this.tools = el("div", "rv-tools");
    this.element = el("div", "rv-stage", {}, this.bar, this.place, this.tools);
  }

  /** Show the version of the session; frame: where to begin. */
  show(frame = null) {
    const { session } = this;
    const { version } = session;
    this.drawBar();
    const shown = version && `${version.id} ${version.state} ${version.asset}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.close();
    if (!version) return this.place.replaceChildren();
    if (version.state !== "ready") return this.place.replaceChildren(this.notReady(version));
    const poster = { video: "poster", audio: "wave" }[version.kind];
    const player = framePlayer(version, {
      src: session.mediaUrl(version.asset),
      poster: poster ? session.mediaUrl(version.asset, poster) : null,
      keys: document, // as all keys of a review
      timing: () => get(`${session.base}/frames/${encodeURIComponent(version.asset)}`),
    });
    session.player = player;
    this.place.replaceChildren(player.element);
    for (const name of ["frame", "range", "ready"])
      player.addEventListener(name, () => this.dispatchEvent(new CustomEvent(name)));
    player.addEventListener("marker", (e) => this.dispatchEvent(new CustomEvent("marker", { detail: e.detail })));
    this.layer();
    this.mark();
    if (frame !== null) player.seek(frame);
    this.dispatchEvent(new CustomEvent("player"));
  }

  /** The layer on which comments are drawn; the room hears of what grows on it. */
  layer() {
    const { session } = this;
    const { width, height } = session.version;
    if (session.version.kind === "audio") return;
    const say = (name, detail = null) => session.dispatchEvent(new CustomEvent(name, { detail }));
    session.drawing = drawLayer(session.player.overlay, {
      aspect: width && height ? width / height : undefined,
      onShape: (shape, moved) => say("shape", shape || moved ? { shape, moved } : null),
      onChange: (value) => this.dispatchEvent(new CustomEvent("drawn", { detail: value })),
      onLeave: () => this.dispatchEvent(new CustomEvent("undrawn")),
    });
    this.tools.replaceChildren(session.drawing.toolbar);
  }

  /** Comments as marks on the time line. */
  mark() {
    const { player, version } = this.session;
    if (!player || !version) return;
    const heads = threadsOf(this.session, version.id).map((one) => one.head);
    player.setMarkers(
      heads
        .filter((head) => head.frame_in !== null && head.frame_in !== undefined)
        .map((head) => ({
          id: head.id,
          frame: head.frame_in,
          frame_out: head.frame_out > head.frame_in ? head.frame_out : null,
          color: `hsl(${hueOf(nameOf(head))} 62% 58%)`,
          label: `${nameOf(head)}${colon()}${head.text.slice(0, 80)}`,
          resolved: Boolean(head.resolved_at),
        })),
    );
  }

  notReady(version) {
    const face = { making: "clock", failed: "warn", gone: "trash" }[version.state];
    const copied = version.state === "making" && version.asset; // it is there, and a guest's own copy is being made
    return el(
      "div",
      `rv-notready ${version.state}`,
      { role: "status" },
      icon(face, "st-i huge"),
      el("strong", "", {}, copied ? t("reviewguest.preparing") : t(`review.state_${version.state}`)),
      copied ? null : el("p", "", {}, t(`review.state_${version.state}_help`)),
      (version.state === "making" && this.slots.making?.(version)) || null,
    );
  }

  drawBar() {
    const { session } = this;
    const { item, version, review } = session;
    if (!item || !version) return this.bar.replaceChildren();
    const told = JSON.stringify([item, review.items.length, review.statuses, session.me.statuses]) + version.id;
    if (told === this.toldBar) return;
    this.toldBar = told;
    const at = review.items.indexOf(item);
    const go = (step) => session.select(review.items[at + step].id);
    const versions = this.versions(item, version);
    this.bar.replaceChildren(
      button(
        t("review.previous_item"),
        { name: "left", cls: "bare", disabled: at === 0, data: { do: "back-item" } },
        () => go(-1),
      ),
      el("span", "rv-count", {}, `${at + 1} / ${review.items.length}`),
      button(
        t("review.next_item"),
        { name: "right", cls: "bare", disabled: at === review.items.length - 1, data: { do: "next-item" } },
        () => go(1),
      ),
      el("h2", "rv-title", { title: item.title }, item.title),
      versions,
      statusMenu(session, version),
      this.answered(version) ?? "",
      el("i", "st-grow"),
      button(t("reviewcompare.open"), { name: "compare", cls: "bare", data: { do: "compare" } }, () =>
        chooseVersions(session),
      ),
      button(t("review.copy_link"), { name: "link", cls: "bare", data: { do: "copy-link" } }, this.link),
    );
  }

  /** The stack: a press lists all versions, the newest first. */
  versions(item, version) {
    const newest = item.versions.at(-1);
    const name = version.label || `v${version.number}`;
    const made = button(
      t("review.version_of", { name, n: item.versions.length }),
      {
        text: name,
        cls: `rv-version${version === newest ? "" : " old"}`,
        disabled: item.versions.length < 2,
        "aria-haspopup": "menu",
        "aria-expanded": "false",
        data: { do: "versions" },
      },
      () =>
        menu(
          made,
          item.versions
            .toReversed()
            .map((one) => [this.versionLine(one, one === version), () => this.session.select(item.id, one.id)])
            .concat([[t("reviewcompare.versions"), () => chooseVersions(this.session)]]),
        ),
    );
    if (item.versions.length > 1) made.append(icon("down"));
    if (version !== newest)
      return el(
        "span",
        "rv-versions",
        {},
        made,
        button(
          t("review.newest"),
          { text: t("review.newest_is", { name: newest.label || `v${newest.number}` }), cls: "link" },
          () => this.session.select(item.id, newest.id),
        ),
      );
    return el("span", "rv-versions", {}, made);
  }

  versionLine(one, on) {
    const status = this.session.statusOf(one);
    const dot = el("i", "rv-dot");
    if (status) dot.style.background = status.color;
    const open = threadsOf(this.session, one.id).filter(({ head }) => !head.resolved_at).length;
    const said = [
      one.state === "ready" ? null : t(`review.state_${one.state}`),
      one.is_draft ? t("review.draft") : null,
      one.added_by_name,
      open ? t("review.open_n", { n: open }) : null,
    ].filter(Boolean);
    return el(
      "span",
      `rv-versionline${on ? " on" : ""}`,
      {},
      dot,
      el("b", "", {}, one.label || `v${one.number}`),
      el("small", "", {}, said.join(" · ")),
    );
  }

  /** The comment that this version was made for. */
  answered(version) {
    const head = version.answers && this.session.commentOf(version.answers);
    if (!head) return null;
    const words = t("review.answers", { name: nameOf(head) });
    return button(words, { name: "again", text: words, cls: "rv-answered", title: head.text }, () => {
      const item = this.session.itemOf(head.version);
      if (item) this.session.select(item.id, head.version);
      this.dispatchEvent(new CustomEvent("marker", { detail: { id: head.id } }));
    });
  }

  /** Take the player away. */
  close() {
    this.session.drawing?.destroy();
    this.session.player?.destroy();
    this.session.drawing = this.session.player = null;
    this.tools.replaceChildren();
  }
}
