// What the form had to change, or could not do, in a few lines that can be closed.

import { button, el, icon, t } from "../dom.js";

export function mount(element, { props, watch }) {
  element.classList.add("st");
  const box = el("div", "sf-notice", { role: "status", "aria-live": "polite" });
  element.replaceChildren(box);

  function draw() {
    const notes = props.value || [];
    const bad = notes.some((n) => n.bad);
    box.classList.toggle("bad", bad);
    box.replaceChildren();
    element.closest(".st-host")?.classList.toggle("sf-none", !notes.length);
    if (!notes.length) return;
    const lines = notes.map((n) => el("li", n.key === "forms.changed" ? "head" : "", {}, n.text || t(n.key, n)));
    box.append(
      icon(bad ? "warn" : "check"),
      el("ul", "", {}, ...lines),
      button(t("forms.close"), { name: "close", cls: "bare" }, () => {
        props.value = [];
        draw();
      }),
    );
  }

  watch("value", draw);
  draw();
}
