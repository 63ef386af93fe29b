// Who is here: initials in their colours, who leads and who follows, and the buttons to lead, follow and point.

import { button, el, icon, styles, t } from "../dom.js";
import { menu } from "../menu.js";
import { timeOf } from "./marks.js";

const SHOWN = 5;
const SHOWN_NARROW = 3;
const NARROW = "(max-width: 640px)";

/** The bar. acts: lead(), follow(on), point(on), go(seat). */
export class RoomBar {
  constructor(session, acts) {
    styles("review-room.css");
    this.session = session;
    this.acts = acts;
    this.faces = el("ul", "rr-faces", { "aria-label": t("reviewroom.people") });
    this.word = el("span", "rr-word");
    this.lead = this.toggle("lead", "flag", "Shift+H", () => acts.lead());
    this.follow = this.toggle("follow", "people", "Shift+F", () => acts.follow());
    this.point = this.toggle("point", "target", "Shift+P", () => acts.point());
    this.spoken = el("span", "st-off", { role: "status" });
    this.element = el(
      "div",
      "st rr-bar",
      { role: "group", "aria-label": t("reviewroom.room") },
      this.faces,
      this.word,
      this.follow,
      this.lead,
      this.point,
      this.spoken,
    );
  }

  toggle(name, face, key, onclick) {
    const made = button(
      t(`reviewroom.${name}`),
      { name: face, text: t(`reviewroom.${name}`), cls: "bare", "aria-pressed": "false", data: { do: `room-${name}` } },
      onclick,
    );
    made.setAttribute("aria-keyshortcuts", key);
    made.title = t("reviewroom.with_key", { name: t(`reviewroom.${name}_help`), key });
    return made;
  }

  /** Said once, to screen readers too. */
  say(words) {
    this.spoken.textContent = words;
  }

  /** Draw it: {state, reason, sentence, people, you, leader, following, broke, drawing, views, pointing}. */
  draw(room) {
    const others = room.people.filter((one) => one.id !== room.you && !(one.person && one.person === room.me?.person));
    const leader = room.people.find((one) => one.id === room.leader);
    const leads = room.leader !== null && room.leader === room.you;
    this.element.classList.toggle("off", room.state !== "open");
    this.element.classList.toggle("alone", room.state === "open" && !others.length);
    this.element.dataset.state = room.state;
    this.drawFaces(room, others);
    this.word.textContent = this.words(room, others, leader, leads);
    this.word.classList.toggle("bad", room.state === "closed");
    const open = room.state === "open";
    this.press(this.lead, leads, open && Boolean(room.me?.may_lead) && (others.length > 0 || leads));
    this.label(this.lead, t(leads ? "reviewroom.stop_leading" : "reviewroom.lead"));
    this.press(this.follow, room.following, open && Boolean(leader) && !leads);
    const words = room.following ? "following" : room.broke ? "follow_again" : "follow";
    this.label(this.follow, t(`reviewroom.${words}`));
    this.follow.classList.toggle("primary", !room.following && Boolean(leader));
    this.press(this.point, room.pointing, open && Boolean(room.me?.may_lead) && others.length > 0);
  }

  press(node, on, shown) {
    node.hidden = !shown;
    node.classList.toggle("on", on);
    node.setAttribute("aria-pressed", on);
  }

  label(node, words) {
    node.querySelector("span").textContent = words;
    node.setAttribute("aria-label", words);
  }

  words(room, others, leader, leads) {
    if (room.state === "closed") return t(`reviewroom.closed_${room.reason || "broken"}`);
    if (room.state === "waiting") return room.sentence || t("reviewroom.waiting");
    if (room.state !== "open") return room.everOpen ? t("reviewroom.waiting") : t("reviewroom.connecting");
    const followers = room.people.filter((one) => one.following).length;
    if (leads) return followers ? t("reviewroom.you_lead", { n: followers }) : t("reviewroom.you_lead_alone");
    if (leader) {
      const hidden = room.following && room.views.get(leader.id)?.hidden;
      return t(hidden ? "reviewroom.leader_elsewhere" : "reviewroom.leads", { name: nameOf(leader) });
    }
    return others.length || this.session.guest ? "" : t("reviewroom.alone"); // a guest is not told of everybody
  }

  drawFaces(room, others) {
    const groups = new Map();
    for (const one of others) {
      const key = one.person || one.id;
      const known = groups.get(key);
      if (!known || one.id === room.leader || (one.following && known.id !== room.leader)) groups.set(key, one);
    }
    const all = [...groups.values()].sort((a, b) => Number(b.id === room.leader) - Number(a.id === room.leader));
    if (room.me) all.push(room.me);
    const told = JSON.stringify([
      all,
      room.leader,
      room.you,
      [...room.drawing],
      all.map((one) => this.where(room, one)),
    ]);
    if (told === this.told) return;
    this.told = told;
    const most = matchMedia(NARROW).matches ? SHOWN_NARROW : SHOWN;
    const shown = all.length > most ? all.slice(0, most - 1) : all;
    const rest = all.slice(shown.length);
    const focused = this.faces.contains(document.activeElement) && document.activeElement.dataset.seat;
    this.faces.replaceChildren(
      ...shown.map((one) => el("li", "", {}, this.face(room, one))),
      rest.length ? el("li", "", {}, this.more(room, rest)) : "",
    );
    if (focused) this.faces.querySelector(`[data-seat="${focused}"]`)?.focus();
  }

  face(room, one) {
    const mine = one.id === room.you;
    const leads = one.id === room.leader;
    const words = this.line(room, one);
    const made = el(
      "button",
      `rr-face${leads ? " leads" : ""}${one.following ? " follows" : ""}${mine ? " mine" : ""}${one.guest ? " guest" : ""}`,
      {
        type: "button",
        title: words,
        "aria-label": words,
        data: { seat: one.id },
        "aria-disabled": `${mine}`,
        onclick: () => !mine && this.acts.go(one.id),
      },
      initials(nameOf(one)),
    );
    made.style.setProperty("--rr", one.color);
    const mark = leads ? "flag" : room.drawing.has(one.id) ? "pencil" : one.following ? "check" : null;
    if (mark) made.append(el("i", "rr-mark", {}, icon(mark)));
    return made;
  }

  more(room, rest) {
    const words = t("reviewroom.more", { n: rest.length });
    const made = button(
      words,
      { text: `+${rest.length}`, cls: "rr-face rr-more", "aria-haspopup": "menu", "aria-expanded": "false" },
      () =>
        menu(
          made,
          rest.map((one) => [this.line(room, one), () => one.id !== room.you && this.acts.go(one.id)]),
        ),
    );
    return made;
  }

  /** A person in a line: name, part, and where they are. */
  line(room, one) {
    const parts = [
      one.id === room.you ? t("reviewroom.you", { name: nameOf(one) }) : nameOf(one),
      one.guest ? t("reviewroom.guest") : null,
      one.id === room.leader ? t("reviewroom.is_leading") : one.following ? t("reviewroom.is_following") : null,
      room.drawing.has(one.id) ? t("reviewroom.is_drawing") : null,
      this.where(room, one),
    ];
    return parts.filter(Boolean).join(" · ");
  }

  where(room, one) {
    const view = one.id === room.you ? null : room.views.get(one.id);
    const item = view?.version && this.session.itemOf(view.version);
    if (!item) return null;
    const version = item.versions.find((v) => v.id === view.version);
    const name = t("reviewroom.at", { item: item.title, version: version.label || `v${version.number}` });
    return view.frame !== null && version.rate && !view.playing ? `${name}, ${timeOf(version, view.frame)}` : name;
  }
}

/** The name that is shown; people of a studio without accounts have numbers. */
export const nameOf = (one) => one.name || t("reviewroom.person", { n: one.number });

function initials(name) {
  const words = name.trim().split(/\s+/);
  const first = [...words[0]];
  if (/\p{Script=Han}/u.test(name)) return [...name.replace(/\s/g, "")].slice(-2).join("");
  return (words.length > 1 ? first[0] + [...words.at(-1)][0] : first.slice(0, 2).join("")).toUpperCase();
}
