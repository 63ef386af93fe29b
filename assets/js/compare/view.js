// Runs side by side, live while they are made: model, price, time and changes under each, wiped or enlarged together,
// and judged, blind if wanted. Its address is ?compare=ID.

import { button, colon, dollars, el, icon, seconds, styles, t } from "../dom.js";
import { choices, cancel } from "../actions.js";
import * as address from "../address.js";
import { catalogueText } from "../form/common.js";
import { ended, follow } from "../live.js";
import { get, post, tryOrToast } from "../net.js";
import { picture, progress, reason, runPreview } from "../parts.js";
import { addButton, mayAdd } from "../review/add_to.js";
import { openRates } from "./rates.js";
import { linkedZoom, shownFile, syncedControls } from "./stage.js";

const MIN_FINISHED = 2;
let view = null;

/** Show a stored comparison. */
export async function openComparison(id) {
  const told = await tryOrToast(get(`ui/comparisons/${encodeURIComponent(id)}`));
  if (told) show(told);
}

/** Show runs side by side. blind: without names and prices from the start, where they can be judged. */
export async function compareRuns(runs, { blind = false } = {}) {
  const told = await tryOrToast(post("ui/comparisons", { runs: runs.map((run) => run.id) }));
  if (!told) return;
  show(told);
  if (blind && view.canVote()) view.setBlind(true);
}

/** Follow the page's address. Call it once. */
export function followAddress() {
  const look = (params) => {
    const id = params.get("compare");
    if (id && id !== view?.comparison.id) openComparison(id);
    else if (!id) view?.close();
  };
  address.onHistoryMove(look);
  look(address.currentParams());
}

function show(comparison) {
  view?.close();
  view = new View(comparison);
}

const finished = (member) => member.run.status === "succeeded" && member.run.asset;

/** The members in an order that chance gives. */
function shuffled(members) {
  const order = members.map((member) => ({ member, at: crypto.getRandomValues(new Uint32Array(1))[0] }));
  return order.sort((a, b) => a.at - b.at).map(({ member }) => member);
}

class View {
  constructor(comparison) {
    styles("widgets.css", "compare.css");
    this.comparison = comparison;
    this.blind = false;
    this.order = comparison.members;
    this.cells = new Map(); // run id -> {node, status, asset, shown}
    this.box = el("div", "cw-grid st-compare", { role: "list" });
    this.zoom = linkedZoom(this.box);
    this.wiper();
    this.head = el("header", "st-lighthead cw-viewhead");
    this.vote = el("div", "cw-vote");
    this.foot = el("footer", "st-lightfoot cw-viewfoot");
    this.dialog = el(
      "dialog",
      "st st-light cw-view",
      { "aria-label": t("widgets.compare"), tabindex: "-1" },
      this.head,
      el("div", "st-lightbody", {}, this.box),
      this.vote,
      this.foot,
    );
    this.dialog.addEventListener("close", () => this.closed());
    this.dialog.addEventListener("keydown", (e) => {
      if (e.key !== "Escape") e.stopPropagation();
      this.zoom.steer(e);
    });
    document.body.append(this.dialog);
    this.dialog.showModal();
    setTimeout(() => address.navigate({ compare: comparison.id }, { replace: true })); // once the dialog has its entry
    this.draw();
    follow(this.dialog, (_, changed) => this.changed(changed));
  }

  close() {
    this.dialog.close();
  }

  closed() {
    this.dialog.remove();
    if (view === this) view = null;
    setTimeout(() => view || address.navigate({ compare: null }, { replace: true })); // after its entry is gone
  }

  /** News of the members from the stream; without a list all may have changed. */
  async changed(runs) {
    const own = new Map(this.comparison.members.map((member) => [member.run.id, member]));
    const news = runs?.filter((run) => own.has(run.id)) || [];
    if (!news.length && runs) return;
    if (!runs || news.some((run) => run.gone || ended(run))) {
      const told = await get(`ui/comparisons/${encodeURIComponent(this.comparison.id)}`).catch(() => null);
      if (told && this.dialog.isConnected) this.replace(told);
      return;
    }
    for (const run of news) own.get(run.id).run = run;
    this.draw();
  }

  replace(comparison) {
    const places = new Map(this.order.map((member, i) => [member.run.id, i]));
    this.comparison = comparison;
    this.order = [...comparison.members].sort((a, b) => (places.get(a.run.id) ?? 99) - (places.get(b.run.id) ?? 99));
    this.draw();
  }

  // ----------------------------------------------------------------------------------------------------- drawing

  draw() {
    let moved = false;
    const nodes = this.order.map((member, i) => {
      const old = this.cells.get(member.run.id);
      const key = JSON.stringify([
        member.run.status,
        member.run.asset?.id,
        this.blind,
        this.comparison.best,
        i,
        this.canVote(),
      ]);
      if (old?.key === key) {
        old.node.querySelector(".st-prog")?.replaceWith(progress(member.run));
        runPreview(old.node.querySelector(".st-pic"), member.run);
        return old.node;
      }
      const cell = this.cell(member, i, old);
      moved ||= cell.shown !== old?.shown;
      this.cells.set(member.run.id, { ...cell, key });
      return cell.node;
    });
    const wanted = [...nodes, this.line];
    if (wanted.some((node, n) => this.box.children[n] !== node) || wanted.length !== this.box.children.length)
      this.box.replaceChildren(...wanted);
    this.box.dataset.cells = `${nodes.length}`;
    this.drawHead();
    this.drawVote();
    if (moved) this.drawControls();
    if (!nodes.length) this.vote.replaceChildren(t("compare.empty"));
  }

  drawControls() {
    const cells = [...this.cells.values()].filter((cell) => cell.shown);
    const bar = syncedControls(cells, this.dialog);
    this.foot.replaceChildren(...(bar ? [bar] : []));
  }

  drawHead() {
    const key = JSON.stringify([this.blind, this.canVote(), this.canWipe(), this.comparison.best]);
    if (this.headKey === key) return;
    this.headKey = key;
    const prompt = this.comparison.members[0]?.run.prompt || "";
    const link = button(t("compare.rates"), { text: t("compare.rates"), cls: "bare", data: { do: "rates" } }, () =>
      openRates(this.comparison.members[0]?.run.task),
    );
    const judge = button(
      t("compare.blind"),
      {
        name: "blind",
        text: t("compare.blind"),
        cls: "bare",
        "aria-pressed": this.blind,
        disabled: !this.canVote(),
        title: t("compare.blind_help"),
        data: { do: "blind" },
      },
      () => this.setBlind(!this.blind),
    );
    this.head.replaceChildren(
      el("span", "st-lighttitle", { title: prompt }, prompt || t("widgets.compare")),
      ...(this.comparison.same_request ? [judge] : []),
      ...(this.canWipe() ? [this.wipe] : []),
      ...(this.blind ? [] : [link]),
      ...(mayAdd() && !this.blind ? [this.addAll()] : []),
      el("span", "cw-zoom", { role: "group", "aria-label": t("compare.zoom") }, ...this.zoom.buttons),
      button(t("widgets.close"), { name: "close", cls: "bare", data: { do: "close" } }, () => this.close()),
    );
  }

  /** Puts the results into a review. */
  addAll() {
    const runs = () => this.comparison.members.filter(finished).map(({ run }) => run.id);
    const made = addButton(() => ({ runs: runs() }), "bare");
    made.disabled = !runs().length;
    return made;
  }

  cell(member, i, old) {
    const { run } = member;
    const done = finished(member);
    const shown = done ? (old?.asset?.id === run.asset.id && old.shown) || shownFile(run.asset) : null;
    const hear = shown && run.asset.has_audio ? this.hearButton(run.id) : null;
    const pic = el("div", "cw-pic", {}, shown || this.waiting(member), hear);
    const node = el(
      "figure",
      `cw-cell${this.comparison.best === run.id && !this.blind ? " best" : ""}`,
      { role: "listitem", data: { id: run.id } },
      pic,
      this.blind ? this.blindCaption(i) : this.caption(member),
      this.canVote() && done && (this.blind || this.comparison.best === null || this.comparison.best !== run.id)
        ? button(
            t("compare.best"),
            { name: "star", text: t("compare.best"), cls: "cw-best", data: { do: "best" } },
            () => this.judge(run.id),
          )
        : null,
    );
    if (hear) this.watchSound(shown, hear);
    return { node, asset: done ? run.asset : null, shown };
  }

  /** One clip is heard at a time. */
  hearButton(id) {
    return button(t("compare.hear"), { name: "sound", cls: "cw-hear", data: { do: "hear" } }, () => {
      const silent = this.cells.get(id).shown.muted;
      for (const [other, cell] of this.cells) if (cell.shown) cell.shown.muted = other !== id || !silent;
    });
  }

  /** Show which clip is heard, whoever changed it. */
  watchSound(shown, press) {
    const mark = () => press.setAttribute("aria-pressed", `${!shown.muted}`);
    shown.addEventListener("volumechange", mark);
    mark();
  }

  /** A member without a result yet, or for good. */
  waiting(member) {
    const { run } = member;
    const failed = ended(run);
    const words = this.blind && failed ? t(`widgets.status.${run.status}`) : reason(run);
    return el(
      "div",
      "cw-waiting",
      {},
      picture(run),
      failed || run.status === "held" ? null : progress(run),
      words ? el("p", "cw-reason", {}, words) : null,
      run.choices?.length && !this.blind ? choices(run) : null,
      failed || this.blind
        ? null
        : button(t("widgets.cancel"), { text: t("widgets.cancel"), cls: "tiny", data: { do: "cancel" } }, () =>
            cancel(run),
          ),
    );
  }

  blindCaption = (i) => el("figcaption", "cw-caption", {}, el("strong", "cw-letter", {}, String.fromCharCode(65 + i)));

  caption(member) {
    const { run } = member;
    const price =
      run.cost_usd !== null && run.cost_usd !== undefined
        ? dollars(run.cost_usd)
        : run.estimate_usd === null
          ? t("compare.price_unknown")
          : run.estimate_usd
            ? t("compare.estimate", { usd: dollars(run.estimate_usd) })
            : dollars(0);
    const time = member.took_s
      ? t("compare.took", { time: seconds(member.took_s) })
      : run.expected_s && !ended(run)
        ? `~${seconds(run.expected_s)}`
        : "";
    const { asset } = run;
    const size = asset
      ? [
          asset.width && `${asset.width} × ${asset.height}`,
          seconds(asset.duration_s),
          asset.fps && asset.kind === "video" && `${Math.round(asset.fps * 100) / 100} fps`,
        ]
      : [];
    return el(
      "figcaption",
      "cw-caption",
      {},
      el(
        "div",
        "cw-name",
        {},
        el("strong", "", {}, catalogueText(run.model_label)),
        member.provider_label === run.model_label
          ? null
          : el("span", "cw-provider", {}, catalogueText(member.provider_label)),
        this.comparison.best === run.id ? el("span", "cw-badge here", {}, icon("check"), t("compare.your_vote")) : null,
      ),
      el(
        "div",
        "cw-facts",
        {},
        el("span", "cw-cost", {}, price),
        ...[time, ...size].filter(Boolean).map((words) => el("span", "", {}, words)),
      ),
      member.changes.length
        ? el("p", "cw-changed", {}, el("span", "", {}, t("compare.changed") + colon()), member.changes.join(" · "))
        : null,
    );
  }

  // -------------------------------------------------------------------------------------------------------- wipe

  /** Two results, one over the other, with a line to drag. */
  wiper() {
    this.line = el("input", "st-wipe", {
      type: "range",
      min: 0,
      max: 1000,
      value: 500,
      hidden: true,
      "aria-label": t("widgets.wipe"),
      oninput: () => {
        this.box.style.setProperty("--at", `${Number(this.line.value) / 10}%`);
        this.box.style.setProperty("--f", `${Number(this.line.value) / 1000}`);
      },
    });
    this.wipe = button(
      t("widgets.wipe"),
      { text: t("widgets.wipe"), cls: "bare", "aria-pressed": "false", data: { do: "wipe" } },
      () => this.setWipe(!this.box.classList.contains("wipe")),
    );
  }

  setWipe(on) {
    this.box.classList.toggle("wipe", on);
    this.wipe.classList.toggle("on", on);
    this.wipe.setAttribute("aria-pressed", `${on}`);
    this.line.hidden = !on;
  }

  /** Whether one result can lie over the other. */
  canWipe() {
    return this.comparison.members.length === 2 && this.comparison.members.every(finished) && !this.blind;
  }

  // ------------------------------------------------------------------------------------------------------ voting

  canVote() {
    return this.comparison.same_request && this.comparison.members.filter(finished).length >= MIN_FINISHED;
  }

  /** Names and prices away and the order by chance, or everything back. */
  setBlind(on) {
    this.blind = on;
    if (on) this.setWipe(false);
    this.order = on ? shuffled(this.comparison.members) : this.comparison.members;
    this.draw();
  }

  drawVote() {
    if (!this.canVote()) return this.vote.replaceChildren();
    const words = this.blind
      ? t("compare.which_best")
      : this.comparison.best === ""
        ? t("compare.voted_tie")
        : this.comparison.best
          ? ""
          : t("compare.which_best");
    const none =
      words && this.comparison.best !== ""
        ? button(t("compare.no_best"), { text: t("compare.no_best"), cls: "bare", data: { do: "no-best" } }, () =>
            this.judge(""),
          )
        : null;
    this.vote.replaceChildren(...[words ? el("span", "", {}, words) : null, none].filter(Boolean));
  }

  async judge(best) {
    const path = `ui/comparisons/${encodeURIComponent(this.comparison.id)}/vote`;
    const told = await tryOrToast(post(path, { best, blind: this.blind }));
    if (!told) return;
    this.comparison = told;
    this.setBlind(false);
  }
}
