// Who is in a shot, as chips: members whom its words name, and those listed beside them, who can be taken out again.

import { button, el, icon, t } from "../dom.js";
import { KIND_ICON } from "./mention.js";

/** A row of chips and a list to add more from. It has no place while the film has no cast and the shot lists nobody. */
export function presentRow(store) {
  const chips = el("div", "bd-present", { role: "list", "aria-label": t("board.f.cast") });
  const node = el("div", "bd-field", { hidden: true }, el("h4", "", {}, t("board.f.cast")), chips);
  let key = "";

  const set = (shot, cast) => store.edit({ op: "change", shot: shot.id, cast });
  const same = (one, other) => one.toLowerCase() === other.toLowerCase();

  function chip(shot, name, member) {
    const listed = shot.cast.find((one) => same(one, name));
    const out = listed
      ? button(
          t("boardshot.take_out", { name }),
          { name: "close", cls: "bare", data: { do: "take-out" } },
          () =>
            set(
              shot,
              shot.cast.filter((one) => one !== listed),
            ), // prettier-ignore
        )
      : null;
    return el(
      "span",
      `bd-someone${listed ? "" : " named"}`,
      { role: "listitem", title: listed ? null : t("boardshot.named"), data: { name } },
      icon(KIND_ICON[member?.kind] || "people"),
      el("span", "", {}, name),
      out,
    );
  }

  function adder(shot, others) {
    const select = el(
      "select",
      "bd-select",
      { "aria-label": t("boardshot.add"), data: { field: "add-present" } },
      el("option", "", { value: "" }, t("boardshot.add")),
      ...others.map((m) => el("option", "", { value: m.name }, m.name)),
    );
    select.addEventListener("change", () => select.value && set(shot, [...shot.cast, select.value]));
    return select;
  }

  function fill(shot) {
    const { cast } = store.board;
    const next = JSON.stringify([shot.id, shot.cast, shot.members, cast.map((m) => [m.id, m.name, m.kind])]);
    if (next === key) return;
    key = next;
    node.hidden = !cast.length && !shot.cast.length;
    const present = cast.filter((m) => shot.members.includes(m.id));
    const strangers = shot.cast.filter((name) => !cast.some((m) => same(m.name, name)));
    const others = cast.filter((m) => !present.includes(m));
    chips.replaceChildren(
      ...present.map((m) => chip(shot, m.name, m)),
      ...strangers.map((name) => chip(shot, name, null)),
      others.length ? adder(shot, others) : "",
    );
  }
  return { node, fill };
}
