// Names of people while one types @: a short list at the field; arrows, Enter or Tab take one.

import { complete, steerList } from "../suggestions.js";
import { el, t } from "../dom.js";
import { avatar } from "../share.js";

const MAX_SHOWN = 6;
const TYPED = /(?:^|[^\p{L}\p{N}_])@([\p{L}\p{N}_.-]*)$/u;
let count = 0;

/** Ids of the people whose name stands after an @ in the text. */
export const mentionedIn = (text, people) => people.filter((one) => text.includes(`@${one.name}`)).map((one) => one.id);

/** The text with the names of those who are mentioned set off: nodes for an element. */
export function withNames(text, people) {
  const names = people.map((one) => `@${one.name}`).sort((a, b) => b.length - a.length);
  if (!names.length) return [text];
  const escaped = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const parts = text.split(new RegExp(`(${escaped.join("|")})`, "u"));
  return parts.map((part) => (names.includes(part) ? el("b", "rv-name", {}, part) : part));
}

/** Let `area` complete names of people(); gives a box with the field and its list. */
export function mentionPicker(area, people) {
  const id = `rv-m${++count}`;
  const list = el("div", "rv-mentions", { role: "listbox", id, hidden: true, "aria-label": t("review.people") });
  let at = 0;
  let found = [];
  const typed = () => TYPED.exec(area.value.slice(0, area.selectionStart))?.[1];
  const close = () => {
    list.hidden = true;
    for (const name of ["role", "aria-autocomplete", "aria-expanded", "aria-controls", "aria-activedescendant"])
      area.removeAttribute(name);
  };
  function draw() {
    const word = typed()?.toLowerCase();
    found = word === undefined ? [] : best(people(), word);
    if (!found.length) return close();
    at = Math.min(at, found.length - 1);
    list.replaceChildren(...found.map(option));
    list.hidden = false;
    area.setAttribute("role", "combobox");
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", id);
    area.setAttribute("aria-expanded", "true");
    area.setAttribute("aria-activedescendant", `${id}-${at}`);
  }
  function option(person, i) {
    const one = el(
      "div",
      "",
      { role: "option", id: `${id}-${i}`, "aria-selected": i === at },
      avatar(person.name),
      person.name,
    );
    one.addEventListener("pointerdown", (e) => (e.preventDefault(), put(person)));
    return one;
  }
  function put(person) {
    const { length } = typed() ?? "";
    close();
    complete(area, length, person.name);
  }
  steerList(area, list, {
    typed: () => ((at = 0), draw()),
    move: (step) => ((at = (at + step + found.length) % found.length), draw()),
    take: () => put(found[at]),
    close,
  });
  return el("div", "rv-withlist", {}, area, list);
}

/** People with a name that begins so, then those with another part of it that does. */
function best(people, word) {
  const begins = (name) => name.toLowerCase().startsWith(word);
  const found = people.filter(({ name }) => name.split(/\s+/).some(begins) || begins(name));
  return found.sort((a, b) => Number(begins(b.name)) - Number(begins(a.name))).slice(0, MAX_SHOWN);
}
