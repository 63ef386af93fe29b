// One review on the page: the picture, its items, its comments, and what is around them. Members and guests have the same.

import { button, el, icon, isTyping, still, styles, t } from "../dom.js";
import * as address from "../address.js";
import { copy, menu } from "../menu.js";
import { tryOrToast } from "../net.js";
import { Comments } from "./comments.js";
import { chooseVersions } from "./compare_choice.js";
import { exportMenu } from "./export_menu.js";
import { help } from "./help.js";
import { info } from "./info.js";
import { openLinks } from "./links_dialog.js";
import { Playlist } from "./playlist.js";
import { retakeParts } from "./retake_state.js";
import { joinRoom } from "./room.js";
import { ReviewSession } from "./session.js";
import { Stage } from "./stage.js";

const TABS = ["comments", "items", "info"];
const GUEST_POLL_MS = 20_000;

/**
 * Show a review in `element`. onClose(): back to where it was opened from. member: what only a member's page has, see
 * member.js. Gives {session, ready, destroy()}.
 * @param {HTMLElement} element
 * @param {{base?: "ui"|"shared/api", id: string, onClose?: () => void, member?: any, making?: (version: any) => Node}} options
 *   making: what stands in the place of a version that is being made
 */
export function mountReview(element, { base = "ui", id, onClose = undefined, member = null, making = member?.making }) {
  styles("widgets.css", "board.css", "board-parts.css", "projects.css");
  styles("review.css", "review-comments.css", "review-compare.css", "review-retake.css");
  const page = new ReviewPage(element, new ReviewSession({ base, id }), { onClose, member, making });
  return { session: page.session, ready: page.start(), destroy: () => page.destroy() };
}

class ReviewPage {
  constructor(root, session, { onClose, member, making }) {
    this.root = root;
    this.session = session;
    this.onClose = onClose;
    this.member = member;
    this.making = making;
    this.tab = "comments";
    root.className = "st-mount st rv";
    root.dataset.tab = this.tab;
    root.setAttribute("aria-busy", "true");
    root.replaceChildren(el("div", "rv-wait", { role: "status" }, el("span", "st-off", {}, t("review.loading"))));
    this.ends = new AbortController();
  }

  /** Read the review and draw it; an error is said in the page, with another try. */
  async start() {
    try {
      await this.session.load();
    } catch (error) {
      this.root.removeAttribute("aria-busy");
      return this.fail(error);
    }
    if (this.ends.signal.aborted) return;
    this.root.removeAttribute("aria-busy");
    this.build();
    const asked = address.currentParams();
    const frame = asked.get("frame");
    if (asked.get("item")) this.session.select(asked.get("item"), asked.get("version"));
    this.session.addEventListener("review", () => this.changed());
    this.session.addEventListener("select", () => this.selected());
    this.selected({ frame: /^\d+$/.test(frame ?? "") ? Number(frame) : null });
    this.follow();
  }

  fail(error) {
    this.root.replaceChildren(
      el(
        "div",
        "st-empty",
        { role: "alert" },
        icon("warn", "st-i huge"),
        el("h2", "", {}, t("review.not_shown")),
        el("p", "", {}, error.message),
        button(t("review.again"), { text: t("review.again"), cls: "primary" }, () => this.start()),
        this.onClose ? button(t("review.back"), { text: t("review.back"), cls: "link" }, this.onClose) : null,
      ),
    );
  }

  build() {
    const { session, member } = this;
    const { may } = session.me;
    this.stage = new Stage(session, {
      slots: { making: this.making },
      link: () => this.copyLink(),
    });
    this.comments = new Comments(session);
    this.comments.actions = (head) => retakeParts(session, head, member?.retakeTools ?? null);
    this.playlist = new Playlist(session, {
      add: may.edit && member ? (anchor) => member.add(session, anchor) : null,
      addVersion: member ? (item) => member.addVersion(session, item) : null,
    });
    this.info = el("div", "rv-infopanel");
    this.head = el("header", "rv-head");
    this.presence = el("div", "rv-presence");
    this.tabs = el("div", "rv-tabs", { role: "tablist", "aria-label": t("review.parts") });
    this.empty = el("div", "rv-noitems", { hidden: true });
    const panel = (name, node) =>
      el("div", `rv-panel ${name}`, { role: "tabpanel", "aria-label": t(`review.tab_${name}`) }, node);
    this.side = el(
      "aside",
      "rv-side",
      { "aria-label": t("review.comments") },
      panel("comments", this.comments.element),
      panel("info", this.info),
    );
    this.root.replaceChildren(
      this.head,
      el("div", "rv-body", {}, this.stage.element, this.tabs, this.playlist.element, this.side, this.empty),
    );
    this.stage.addEventListener("frame", () => this.framed());
    this.stage.addEventListener("range", () => this.comments.composer?.follow());
    this.stage.addEventListener("player", () => this.comments.composer?.follow());
    this.stage.addEventListener("drawn", (e) => this.comments.composer?.changedSketch(e.detail));
    this.stage.addEventListener("undrawn", () => this.comments.composer?.draw(false));
    this.stage.addEventListener("marker", (e) => this.pressed(e.detail.id));
    this.comments.addEventListener("active", (e) => this.jump(e.detail));
    document.addEventListener("keydown", (e) => this.key(e), { signal: this.ends.signal });
    session.room = joinRoom(session);
    this.presence.append(session.room.element);
    this.stick();
    this.drawHead();
    this.drawTabs();
  }

  /** The picture of a phone sticks below whatever the page keeps at its top. */
  stick() {
    const bar = document.querySelector("#studio-tabs > .tab-wrapper");
    const set = () => {
      const top = bar && bar.offsetWidth > innerWidth / 2 ? bar.offsetHeight : 0;
      this.root.style.setProperty("--rv-top", `${top}px`);
    };
    set();
    if (!bar) return;
    const watch = new ResizeObserver(set);
    watch.observe(bar);
    this.ends.signal.addEventListener("abort", () => watch.disconnect());
  }

  drawHead() {
    const { session } = this;
    const { review } = session;
    const open = review.comments.filter((one) => !one.parent && !one.resolved_at).length;
    const told = JSON.stringify([review.title, review.project_name, open]);
    if (told === this.toldHead) return;
    this.toldHead = told;
    const more = this.headMenu();
    this.head.replaceChildren(
      this.onClose
        ? button(t("review.back"), { name: "left", cls: "bare", data: { do: "close-review" } }, this.onClose)
        : "",
      el(
        "div",
        "rv-heading",
        {},
        el("h1", "", { title: review.title }, review.title),
        el(
          "small",
          "st-dim",
          {},
          [review.project_name, t(open ? "review.open_n" : "review.none_open", { n: open })]
            .filter(Boolean)
            .join(" · "),
        ),
      ),
      el("i", "st-grow"),
      this.presence,
      exportMenu(session),
      session.me.may.share && this.member
        ? button(
            t("reviewlinks.title"),
            { name: "link", text: t("reviewlinks.open"), cls: "rv-share", data: { do: "links" } },
            () => openLinks(session),
          )
        : "",
      button(t("review.keys"), { name: "keyboard", cls: "bare rv-wide", data: { do: "keys" } }, help),
      more ?? "",
    );
  }

  headMenu() {
    const items = () =>
      this.member?.reviewItems(this.session.review, {
        changed: () => tryOrToast(this.session.load()),
        gone: () => this.onClose?.(),
        mayEdit: this.session.me.may.edit,
      }) ?? [];
    if (!items().length) return null;
    const made = button(
      t("review.more_of", { name: this.session.review.title }),
      { name: "more", cls: "bare", "aria-haspopup": "menu", "aria-expanded": "false", data: { do: "review-menu" } },
      () => menu(made, items()),
    );
    return made;
  }

  drawTabs() {
    const n = this.session.review.items.length;
    const words = {
      comments: t("review.tab_comments"),
      items: t("review.tab_items", { n }),
      info: t("review.tab_info"),
    };
    this.tabs.replaceChildren(
      ...TABS.map((name) =>
        el(
          "button",
          `rv-tab ${name}`,
          {
            type: "button",
            role: "tab",
            "aria-selected": this.tab === name,
            tabindex: this.tab === name ? 0 : -1,
            data: { tab: name },
            onclick: () => this.show(name),
            onkeydown: (e) => this.tabKey(e, name),
          },
          words[name],
        ),
      ),
    );
  }

  tabKey(e, name) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    e.preventDefault();
    e.stopPropagation();
    const shown = TABS.filter((one) => this.tabs.querySelector(`.${one}`).offsetParent);
    const next = shown[(shown.indexOf(name) + step + shown.length) % shown.length];
    this.show(next);
    this.tabs.querySelector(`.${next}`).focus();
  }

  show(tab) {
    this.tab = tab;
    this.root.dataset.tab = tab;
    this.drawTabs();
  }

  /** Another version is shown. */
  selected({ frame = null } = {}) {
    const { item, version } = this.session;
    this.drawn = null;
    this.stage.show(frame);
    this.comments.select();
    this.playlist.draw();
    this.drawInfo();
    this.drawEmpty();
    if (!this.session.guest || item)
      address.navigate(
        { item: item?.id, version: version === item?.versions.at(-1) ? null : version?.id, frame: null },
        { replace: true },
      );
  }

  /** Something of the review is others than before. */
  changed() {
    this.drawHead();
    this.drawTabs();
    const { version } = this.session;
    if (version?.id !== this.comments.composer?.version?.id) return this.selected();
    this.stage.show();
    this.stage.mark();
    this.comments.draw();
    this.playlist.draw();
    this.drawInfo();
    this.drawEmpty();
  }

  drawInfo() {
    this.info.replaceChildren(info(this.session, { openRun: this.member?.openRun, giveStars: this.member?.giveStars }));
  }

  drawEmpty() {
    const none = !this.session.review.items.length;
    this.root.classList.toggle("empty", none);
    this.empty.hidden = !none;
    if (!none) return;
    this.empty.replaceChildren(
      icon("film", "st-i huge"),
      el("h2", "", {}, t("review.no_items")),
      el("p", "", {}, t("review.no_items_help")),
      this.playlist.add
        ? button(
            t("review.add"),
            { name: "plus", text: t("review.add"), cls: "primary", data: { do: "add-first" } },
            (e) => this.member.add(this.session, e.currentTarget),
          )
        : "",
    );
  }

  /** Another frame is shown: the field goes along, and a drawing of another frame goes away. */
  framed() {
    this.comments.composer?.follow();
    if (!this.drawn || !this.session.drawing) return;
    const { frame } = this.session.player;
    const { frame_in: from, frame_out: to } = this.drawn;
    if (from === null || (frame >= from && frame <= (to ?? from))) return;
    this.drawn = null;
    this.session.drawing.show(null);
  }

  /** A comment's mark was pressed, or what leads to it. */
  pressed(id) {
    const head = this.session.commentOf(id);
    if (!head) return;
    this.show("comments");
    this.jump(head);
    this.comments.activate(id);
  }

  /** Go to a comment's frame and show what was drawn there. */
  async jump(head) {
    const { session } = this;
    if (head.version !== session.version?.id) session.select(session.itemOf(head.version)?.id, head.version);
    session.player?.pause();
    if (head.frame_in !== null && head.frame_in !== undefined) await session.player?.seek(head.frame_in);
    this.drawn = null;
    this.comments.composer?.draw(false);
    if (!session.drawing) return;
    session.drawing.show(null);
    if (!head.has_drawing) return;
    const drawings = await tryOrToast(session.drawings(head.version));
    if (!drawings || this.comments.active !== head.id) return;
    this.drawn = head;
    session.drawing.show(drawings[head.id] ?? null);
  }

  /** The address of the frame that is shown, into the clipboard. */
  copyLink() {
    const { item, version, player } = this.session;
    const link = new URL(location.href);
    const put = { item: item.id, version: version.id, frame: version.rate && player ? player.frame : null };
    for (const [name, value] of Object.entries(put))
      value === null ? link.searchParams.delete(name) : link.searchParams.set(name, `${value}`);
    copy(link.href);
  }

  key(e) {
    if (e.defaultPrevented || isTyping(e) || e.ctrlKey || e.metaKey || e.altKey) return;
    if (!this.root.offsetParent || document.querySelector("dialog[open], .st-menu")) return;
    const { items } = this.session.review;
    const at = items.indexOf(this.session.item);
    const go = (to) => items[to] && this.session.select(items[to].id);
    const act = {
      c: () => this.write(),
      d: () => this.draw(),
      C: () => this.session.version && chooseVersions(this.session),
      n: () => this.comments.step(1),
      p: () => this.comments.step(-1),
      PageDown: () => go(at + 1),
      PageUp: () => go(at - 1),
      v: () => this.stage.bar.querySelector("[data-do=versions]")?.click(),
      "?": help,
    }[e.key];
    if (!act) return;
    e.preventDefault();
    e.stopPropagation();
    act();
  }

  /** Begin a comment at what is shown. */
  write() {
    this.show("comments");
    this.comments.composer?.area.focus({ preventScroll: !still() });
  }

  /** Draw on what is shown, or stop. */
  draw() {
    const { composer } = this.comments;
    if (!composer || !this.session.drawing) return;
    this.show("comments");
    composer.draw(!composer.drawing);
  }

  /** Hear of what others change: by the room, and where its connection is lost by the stream of events. A guest's page
   * has none and asks now and then. */
  follow() {
    const reload = () => this.session.room?.isOpen || tryOrToast(this.session.load());
    if (this.member) return this.member.follow(this.root, this.session.id, reload);
    const timer = setInterval(() => document.hidden || reload(), GUEST_POLL_MS);
    this.ends.signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** Take the page away. */
  destroy() {
    this.ends.abort();
    this.stage?.close();
    this.session.room?.destroy();
    this.root.replaceChildren();
  }
}
