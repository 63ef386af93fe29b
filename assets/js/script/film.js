// The fields of the film as a whole, above the table of its shots.

import { el, t } from "../dom.js";

const LONG = new Set(["style", "negative"]);

export class FilmFields {
  /** heard: {change(field, text), point(field or null, {show})}. fields: which there are. */
  constructor(fields, heard) {
    this.inputs = new Map();
    this.node = el("div", "sp-film");
    for (const field of fields) {
      const label = t(`scriptview.film.${field}`);
      const input = el(LONG.has(field) ? "textarea" : "input", "bd-input", {
        "aria-label": label,
        maxlength: LONG.has(field) ? 20000 : 2000,
        data: { field: `film-${field}` },
      });
      if (LONG.has(field)) input.rows = 1;
      input.addEventListener("input", () => heard.change(field, input.value));
      input.addEventListener("focus", () => heard.point(field, { show: true }));
      input.addEventListener("blur", () => heard.point(null));
      const box = el(
        "label",
        `sp-filmfield${LONG.has(field) ? " long" : ""}`,
        {},
        el("span", "sp-mark", { data: { group: "film" } }, label),
        input,
      );
      box.addEventListener("pointerenter", () => heard.point(field));
      box.addEventListener("pointerleave", () => heard.point(null));
      this.inputs.set(field, { input, box });
      this.node.append(box);
    }
  }

  /** Show these values; a field that is being typed in stays as it is. */
  draw(values) {
    for (const [field, { input }] of this.inputs)
      if (input !== document.activeElement && input.value !== (values[field] || "")) input.value = values[field] || "";
  }

  /** Mark the field that words of the text belong to. */
  light(field) {
    for (const [name, { box }] of this.inputs) box.classList.toggle("lit", name === field);
  }
}

const MEMBER = /^([^(（]{1,200})(?:[(（]([\s\S]*)[)）])?$/u;
const KINDS = { character: "", place: "place", prop: "prop" };

/** The cast as a field shows it: `Anna (a painter), Harbour [place]`. */
export const castText = (cast) =>
  cast
    .map(({ name, kind, description }) => {
      const words = description.replace(/\s+/g, " ").replace(/[;；]/g, ",");
      return `${name}${KINDS[kind] ? ` [${t(`scriptview.kind.${kind}`)}]` : ""}${words ? ` (${words})` : ""}`;
    })
    .join("; ");

/** The cast in such a text. before: what was read, for kinds and descriptions that the text leaves out. */
export function parseCast(text, before) {
  const named = new Map(before.map((member) => [member.name.toLowerCase(), member]));
  const members = new Map();
  for (const part of text.split(/[;；\n]/u)) {
    const mark = /\[([^\][]{1,40})\]/u.exec(part);
    const found = MEMBER.exec(part.replace(mark?.[0] ?? "", "").trim());
    const name = found?.[1].trim().replace(/^@/, "").replace(/\s+/g, "-");
    if (!name) continue;
    const old = named.get(name.toLowerCase());
    const kind = ["place", "prop"].find((k) => mark?.[1] === k || mark?.[1] === t(`scriptview.kind.${k}`));
    const description = (found[2] || "").trim();
    const same = old && description === old.description.replace(/\s+/g, " ").replace(/[;；]/g, ",");
    members.set(name.toLowerCase(), {
      name,
      kind: kind || "character",
      description: same ? old.description : description,
    });
  }
  return [...members.values()];
}
