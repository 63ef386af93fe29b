// What is wrong, told at the field that it belongs to.

import { el, icon } from "../dom.js";

const PLACES = {
  width: ["width", "aspect"],
  height: ["height", "aspect"],
  duration_s: ["duration_s", "duration_pick"],
  size: ["aspect"],
};

/** Show each problem at its field, in the place of those shown before; gives the ones whose field is not in sight. */
export function atFields(form, page, problems) {
  for (const old of form.querySelectorAll(".sf-refusal")) old.remove();
  for (const old of form.querySelectorAll("[aria-invalid=true]")) old.removeAttribute("aria-invalid");
  return problems.filter((problem) => {
    const names = PLACES[problem.field] || [problem.field];
    const found = names.map((name) => document.getElementById(`${page}-${name}`)).find((e) => e?.checkVisibility());
    const field =
      found ||
      form.querySelector(
        `[data-slot="${CSS.escape(problem.field === "reference_voices" ? "references" : problem.field)}"]`,
      );
    if (!field) return true;
    field.append(el("p", "sf-refusal", {}, icon("warn"), problem.message));
    field.querySelector("textarea, input")?.setAttribute("aria-invalid", "true");
    return false;
  });
}
