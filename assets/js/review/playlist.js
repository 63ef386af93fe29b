// The items of a review as a strip: chosen by a press, put in order by dragging or Alt and arrows.

import { button, el, icon, t } from "../dom.js";
import { menu } from "../menu.js";
import { tryOrToast } from "../net.js";
import { chooseVersions } from "./compare_choice.js";
import { asked, confirmed } from "./dialogs.js";
import { newest } from "./session.js";
import { openCount } from "./marks.js";

const SLOP_PX = 6;
const AHEAD = "300px"; // pictures this near to the window are loaded

/** The strip. add(button), addVersion(item): ask for more; null where nothing may be added. */
export class Playlist {
  /** @param {any} session @param {{add: ((anchor: HTMLElement) => void)|null, addVersion: ((item: any) => void)|null}} options */
  constructor(session, { add, addVersion }) {
    this.session = session;
    this.addVersion = addVersion;
    this.rows = new Map(); // item id -> {told, node}
    this.list = el("ol", "rv-items", { "aria-label": t("review.items") });
    this.add = add
      ? button(
          t("review.add"),
          { name: "plus", text: t("review.add_short"), cls: "rv-add", data: { do: "add" } },
          (e) => add(e.currentTarget),
        )
      : null;
    this.element = el("nav", "rv-strip", { "aria-label": t("review.items") }, this.list, this.add);
    this.seen = new IntersectionObserver(
      (found) => found.forEach((one) => one.isIntersecting && this.load(one.target)),
      {
        rootMargin: AHEAD,
      },
    );
    this.list.addEventListener("keydown", (e) => this.key(e));
    if (this.mayEdit) this.drag();
    this.draw();
  }

  get mayEdit() {
    return this.session.me.may.edit;
  }

  /** Draw what is there now; rows that did not change stay. */
  draw() {
    const { session } = this;
    const nodes = session.review.items.map((item, i) => {
      const version = newest(item);
      const status = session.statusOf(version);
      const open = item.versions.reduce((sum, one) => sum + openCount(session, one.id), 0);
      const on = item === session.item;
      const told = JSON.stringify([
        i,
        item.title,
        item.versions.length,
        version?.id,
        version?.asset,
        version?.state,
        status,
        open,
        on,
      ]);
      const known = this.rows.get(item.id);
      if (known?.told === told) return known.node;
      const focused = known?.node.contains(document.activeElement);
      const node = this.row(item, { i, version, status, open, on });
      known?.node.replaceWith(node);
      if (focused) node.querySelector(".rv-itemopen").focus({ preventScroll: true });
      this.rows.set(item.id, { told, node });
      return node;
    });
    const wanted = new Set(nodes);
    for (const child of [...this.list.children]) if (!wanted.has(child)) child.remove();
    nodes.forEach(
      (node, i) => this.list.children[i] !== node && this.list.insertBefore(node, this.list.children[i] ?? null),
    );
    if (this.shown !== session.item?.id) {
      this.shown = session.item?.id;
      this.rows.get(this.shown)?.node.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  row(item, { i, version, status, open, on }) {
    const said = [
      `${i + 1}. ${item.title}`,
      status?.name,
      item.versions.length > 1 ? t("review.versions_n", { n: item.versions.length }) : null,
      open ? t("review.open_n", { n: open }) : null,
    ].filter(Boolean);
    const picture = el("img", "", { alt: "", draggable: "false" });
    const thumb = el(
      "span",
      "rv-thumb",
      {},
      version?.asset ? picture : icon(version?.state === "making" ? "clock" : "film"),
    );
    if (version?.asset) thumb.dataset.asset = version.asset;
    if (item.versions.length > 1) thumb.append(el("small", "rv-stack", {}, `v${version.number}`));
    if (open) thumb.append(el("small", "rv-open", {}, `${open}`));
    const dot = el("i", "rv-dot", { title: status?.name });
    if (status) dot.style.background = status.color;
    const node = el(
      "li",
      `rv-item${on ? " on" : ""}${version?.state === "ready" ? "" : ` ${version?.state}`}`,
      { data: { id: item.id } },
      el(
        "button",
        "rv-itemopen",
        {
          type: "button",
          "aria-label": said.join(", "),
          "aria-current": on ? "true" : null,
          tabindex: on ? 0 : -1,
          onclick: (e) => (e.ctrlKey || e.metaKey || e.shiftKey ? this.compare(item) : this.session.select(item.id)),
        },
        thumb,
        el("span", "rv-itemname", {}, dot, el("span", "", {}, item.title)),
      ),
      this.mayEdit ? this.more(item) : null,
    );
    this.seen.observe(node);
    return node;
  }

  load(node) {
    this.seen.unobserve(node);
    const thumb = node.querySelector(".rv-thumb");
    const picture = thumb?.querySelector("img");
    if (picture) picture.src = this.session.mediaUrl(thumb.dataset.asset, "thumb");
  }

  more(item) {
    const made = button(
      t("review.more_of", { name: item.title }),
      { name: "more", cls: "bare tiny rv-more", "aria-haspopup": "menu", "aria-expanded": "false", tabindex: -1 },
      () => {
        const { items } = this.session.review;
        const at = items.indexOf(items.find((one) => one.id === item.id));
        menu(made, [
          [t("review.rename"), () => this.rename(item)],
          ...(this.addVersion ? [[t("review.add_version"), () => this.addVersion(item)]] : []),
          [t("reviewcompare.with_shown"), () => this.compare(item)],
          ...(at > 0 ? [[t("review.earlier"), () => this.move(item.id, at - 1)]] : []),
          ...(at < items.length - 1 ? [[t("review.later"), () => this.move(item.id, at + 1)]] : []),
          [t("review.remove_item"), () => this.remove(item)],
        ]);
      },
    );
    return made;
  }

  /** Compare an item with the version that is shown, or with what else is chosen then. */
  compare(item) {
    const wanted = [this.session.version?.id, newest(item)?.id].filter(Boolean);
    chooseVersions(this.session, wanted[0] === wanted[1] ? undefined : wanted);
  }

  async rename(item) {
    const title = await asked(t("review.rename_item"), {
      label: t("review.name"),
      value: item.title,
      yes: t("review.save"),
    });
    if (title) await this.change(item, { title });
  }

  async remove(item) {
    const text = t("review.remove_item_help");
    if (!(await confirmed(t("review.remove_item_sure", { name: item.title }), { text, yes: t("review.remove_item") })))
      return;
    const told = await tryOrToast(this.session.remove(`items/${encodeURIComponent(item.id)}`));
    if (told) this.session.take(told);
  }

  async change(item, body) {
    const told = await tryOrToast(this.session.patch(`items/${encodeURIComponent(item.id)}`, body));
    if (told) this.session.take(told);
  }

  /** Put an item at another place of the row, seen at once. */
  async move(id, to) {
    const { items } = this.session.review;
    const at = items.findIndex((one) => one.id === id);
    const item = items[at];
    if (!item || to < 0 || to >= items.length || to === at) return;
    items.splice(at, 1);
    items.splice(to, 0, item);
    this.session.changed();
    const told = await tryOrToast(this.session.patch(`items/${encodeURIComponent(id)}`, { position: to }));
    if (told) this.session.take(told);
    else await tryOrToast(this.session.load());
  }

  key(e) {
    const node = e.target.closest(".rv-item");
    if (!node || e.ctrlKey || e.metaKey) return;
    const { items } = this.session.review;
    const at = items.findIndex((one) => one.id === node.dataset.id);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    const to = e.key === "Home" ? 0 : e.key === "End" ? items.length - 1 : at + step;
    if (e.key === "Delete" && this.mayEdit) this.remove(items[at]);
    else if (Number.isNaN(to) || to < 0 || to >= items.length) return;
    else if (e.altKey) this.mayEdit && this.move(node.dataset.id, to).then(() => this.focus(node.dataset.id));
    else {
      this.session.select(items[to].id);
      this.focus(items[to].id);
    }
    e.preventDefault();
    e.stopPropagation();
  }

  focus(id) {
    this.rows.get(id)?.node.querySelector(".rv-itemopen").focus();
  }

  /** Dragging along the strip, or down the list where the items stand below one another. Fingers scroll: they use the menu. */
  drag() {
    let drag = null;
    const mark = el("li", "rv-dropmark", { "aria-hidden": "true" });
    const others = () => [...this.list.querySelectorAll(".rv-item")].filter((row) => row !== drag.node);
    this.list.addEventListener("pointerdown", (e) => {
      const node = e.target.closest(".rv-item");
      if (!node || e.button || e.pointerType === "touch" || e.target.closest(".rv-more")) return;
      drag = { node, x: e.clientX, y: e.clientY, on: false };
    });
    this.list.addEventListener("pointermove", (e) => {
      if (!drag) return;
      if (!drag.on) {
        if (Math.hypot(e.clientX - drag.x, e.clientY - drag.y) < SLOP_PX) return;
        drag.on = true;
        this.list.setPointerCapture(e.pointerId); // only now: a press alone stays a press on the button
        drag.node.classList.add("dragged");
      }
      const before = (box) =>
        this.upright ? e.clientY < box.top + box.height / 2 : e.clientX < box.left + box.width / 2;
      this.list.insertBefore(mark, others().find((row) => before(row.getBoundingClientRect())) ?? null);
    });
    const end = (e) => {
      if (!drag) return;
      const to = [...this.list.children].filter((row) => row !== drag.node).indexOf(mark);
      const { node, on } = drag;
      drag = null;
      mark.remove();
      node.classList.remove("dragged");
      if (on && to >= 0 && e.type === "pointerup") this.move(node.dataset.id, to);
    };
    for (const name of ["pointerup", "pointercancel"]) this.list.addEventListener(name, end);
  }

  get upright() {
    return getComputedStyle(this.list).flexDirection === "column";
  }
}
