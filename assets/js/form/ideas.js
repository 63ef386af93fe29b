// Shown beside an empty form: what this page makes, and a few prompts to start from.

import { el, t } from "../dom.js";
import { textarea, write } from "./common.js";

const IDEAS = 4;

export function mount(element, { props, watch, options }) {
  element.classList.add("st");
  const { page } = options;
  const host = element.closest(".st-host");
  const list = el("ul", "");
  element.replaceChildren(
    el(
      "section",
      "si-box",
      { "aria-label": t("forms.ideas") },
      el("h2", "", {}, t(`forms.about_${page}`)),
      el("p", "", {}, t(`forms.start_${page}`)),
      list,
    ),
  );

  /** The ideas, with the references called as the model's prompts call them. */
  function draw() {
    const [first, second] = props.value?.names || [];
    const names = { first: first || t("forms.reference_first"), second: second || t("forms.reference_second") };
    const ideas = Array.from({ length: IDEAS }, (_, i) => t(`forms.idea_${page}_${i + 1}`, names));
    list.replaceChildren(
      ...ideas.map((idea) =>
        el("li", "", {}, el("button", "si-idea", { type: "button", onclick: () => use(idea) }, idea)),
      ),
    );
  }

  function use(idea) {
    const box = textarea(page, "prompt");
    write(box, idea);
    box.focus();
  }

  const look = () => host?.classList.toggle("sf-none", !!document.querySelector(`#${page}-feed .st-card`));
  const results = element.closest(".studio-results");
  if (results) new MutationObserver(look).observe(results, { childList: true, subtree: true });
  watch("value", draw);
  draw();
  look();
}
