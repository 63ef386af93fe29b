// What is rendered by itself: shots that wait for the one before, with a way to stop them, and why some will not come.

import { button, comma, el, icon, t } from "../dom.js";

/** A line above the film; hidden while nothing follows. */
export function followBar(store) {
  const said = el("div", "st-grow");
  const stop = button(
    t("film.follow_stop"),
    { text: t("film.follow_stop"), cls: "quiet", data: { do: "stop-following" } },
    () => store.act("stop-following", {}),
  );
  const node = el("div", "bd-following", { hidden: true, role: "status" }, icon("joint"), said, stop);
  store.on((why) => why === "all" && draw());

  function draw() {
    const links = store.data.following || [];
    const number = (id) => store.find(id)?.number ?? "?";
    const open = links.filter((l) => !l.stopped);
    const ended = links.filter((l) => l.stopped);
    node.hidden = !links.length;
    node.classList.toggle("bad", ended.length > 0);
    stop.lastChild.textContent = open.length ? t("film.follow_stop") : t("film.follow_noted");
    stop.setAttribute("aria-label", stop.lastChild.textContent);
    said.replaceChildren(
      open.length
        ? el(
            "p",
            "",
            {},
            t(open.length > 1 ? "film.follow_open" : "film.follow_open_one", {
              shots: open.map((l) => number(l.shot)).join(comma()),
              n: number(open[0].after),
            }),
          )
        : "",
      ...ended
        .slice(0, 3)
        .map((l) => el("p", "", {}, t("film.follow_stopped", { n: number(l.shot), why: l.stopped.why }))),
    );
  }
  return node;
}
