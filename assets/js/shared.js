// The page of a guest: a line that says who they are, and the review as members have it, with a guest's rights.

import { BASE, button, el, t } from "./dom.js";
import { get, post, tryOrToast } from "./net.js";
import { mountReview } from "./review/page.js";

const meta = (name) => document.querySelector(`meta[name="studio-${name}"]`)?.getAttribute("content") || "";
const GATE = new URL(meta("gate"), BASE);
const POLL_MS = 1500;

/** Copies with the guest's name in them that are still to be made: how far they are, and the review anew as one is there. */
class Copies {
  constructor() {
    this.states = {};
    this.session = null;
    /** @type {any} */
    this.timer = 0;
  }

  /** Follow what this review waits for. */
  follow(session) {
    this.session = session;
    session.addEventListener("review", () => this.begin());
    this.begin();
  }

  begin() {
    const versions = this.session.review?.items.flatMap((item) => item.versions) || [];
    if (!this.timer && versions.some((one) => one.state === "making")) this.ask();
  }

  async ask() {
    this.timer = setTimeout(() => this.ask(), POLL_MS);
    const told = await get("shared/api/copies").catch(() => null);
    if (!told) return;
    const before = Object.keys(this.states).length;
    this.states = told.copies;
    for (const place of document.querySelectorAll(".sh-making")) this.draw(place);
    const left = Object.keys(this.states).filter((id) => !this.states[id].error).length;
    if (!left || left < before) await this.session.load().catch(() => null);
    if (left) return;
    clearTimeout(this.timer);
    this.timer = 0;
  }

  /** What stands in the player's place meanwhile. */
  place(version) {
    const made = el("div", "sh-making", { data: { asset: version.asset || "" } });
    this.draw(made);
    return made;
  }

  draw(place) {
    const state = this.states[place.dataset.asset];
    const fraction = state?.fraction || 0;
    const bar = el("progress", "sh-progress", { max: 1, "aria-label": t("reviewguest.preparing") });
    if (fraction) bar.value = fraction;
    place.replaceChildren(el("p", "", {}, t("reviewguest.preparing_help")), bar);
  }
}

/** Who the guest is, with the page's language and light, and the way out. */
function bar() {
  const name = meta("guest");
  document.getElementById("shared-bar").replaceChildren(
    el("img", "", { src: new URL("../icons/studio.svg", import.meta.url).href, alt: "", width: 22, height: 22 }),
    el("span", "sh-who", {}, t("reviewguest.you_are", { name })),
    el("i", "st-grow"),
    button(t("shell.language"), { text: t("shell.language"), cls: "bare" }, () => window.studioLanguage()),
    button(t("reviewguest.light"), { name: "bulb", cls: "bare" }, () => window.studioTheme()),
    button(t("reviewguest.leave"), { text: t("reviewguest.leave"), cls: "bare", data: { do: "leave" } }, async () => {
      if (await tryOrToast(post("shared/leave"))) location.replace(GATE);
    }),
  );
}

bar();
const copies = new Copies();
const { session, ready } = mountReview(document.getElementById("shared-review"), {
  base: "shared/api",
  id: meta("review"),
  making: (version) => copies.place(version),
});
session.addEventListener("review", () => (document.title = `${session.review.title} · Wan Studio`));
ready.then(() => copies.follow(session));
