// Names of the cast while one types @: a short list under the field; arrows, Enter or Tab take one.

import { complete, steerList } from "../suggestions.js";
import { el, icon, t } from "../dom.js";

export const KIND_ICON = { character: "people", place: "image", prop: "grid" };
let count = 0;

/** Let `area` complete names. cast(): the members; newcomer(name): asked when a name that is not there is to be added. */
export function mentions(area, cast, newcomer) {
  const id = `bd-m${++count}`;
  const list = el("div", "bd-mentions", { role: "listbox", id, hidden: true, "aria-label": t("board.cast") });
  const box = el("div", "bd-withlist", {}, area, list);
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": id,
  }))
    area.setAttribute(name, value);
  let at = 0;
  const typed = () => /(?:^|[^\p{L}\p{N}_])@([\p{L}\p{N}_-]*)$/u.exec(area.value.slice(0, area.selectionStart))?.[1];
  const close = () => {
    list.hidden = true;
    area.setAttribute("aria-expanded", "false");
    area.removeAttribute("aria-activedescendant");
  };
  function draw() {
    const word = typed();
    if (word === undefined) return close();
    const found = cast().filter((m) => m.name.toLowerCase().startsWith(word.toLowerCase()));
    const items = found.map((m) => [m.name, KIND_ICON[m.kind], m.description, () => put(m.name)]);
    if (word && !found.some((m) => m.name.toLowerCase() === word.toLowerCase()))
      items.push([t("board.add_to_cast", { name: word }), "plus", "", () => (put(word), newcomer(word))]);
    if (!items.length) return close();
    at = Math.min(at, items.length - 1);
    list.replaceChildren(
      ...items.map(([name, face, about, take], i) => {
        const one = el(
          "div",
          "",
          { role: "option", id: `${id}-${i}`, "aria-selected": i === at },
          icon(face),
          el("strong", "", {}, name),
          el("small", "st-dim", {}, about.slice(0, 60)),
        );
        one.addEventListener("pointerdown", (e) => (e.preventDefault(), take()));
        one.take = take;
        return one;
      }),
    );
    list.hidden = false;
    area.setAttribute("aria-expanded", "true");
    area.setAttribute("aria-activedescendant", `${id}-${at}`);
  }
  function put(name) {
    const { length } = typed() ?? "";
    close();
    complete(area, length, name);
  }
  steerList(area, list, {
    typed: () => ((at = 0), draw()),
    move: (step) => ((at = (at + step + list.children.length) % list.children.length), draw()),
    take: () => /** @type {any} */ (list.children[at]).take(),
    close,
  });
  return box;
}
