// The shots written in the prompt, drawn to scale under it, with what is wrong about their times.

import { el, icon, t } from "../dom.js";

const short = (s) => `${Math.round(s * 100) / 100}`;

export function mount(element, { props, watch }) {
  element.classList.add("st");
  const box = el("div", "ss-box");
  element.replaceChildren(box);

  function draw() {
    const { spans = [], end = 0, duration, faults = [], label = "", timed = true } = props.value || {};
    element.closest(".st-host")?.classList.toggle("sf-none", !spans.length);
    if (!spans.length) return box.replaceChildren();
    const line = el("ol", "ss-line", { "aria-label": t("forms.shots") });
    const part = (from, to) => `${(100 * Math.max(0, to - from)) / (end || 1)}%`;
    let at = 0;
    spans.forEach((span, i) => {
      if (span.from > at) line.append(gap(part(at, span.from)));
      const length = timed ? `${short(span.from)}–${short(span.to)} s` : "";
      const shot = el(
        "li",
        `ss-shot${span.from < at ? " over" : ""}${span.to > (duration || Infinity) ? " out" : ""}`,
        { title: `${length}\n${span.text}`.trim() },
        el("strong", "", {}, `${i + 1}`),
        length ? el("span", "", {}, length) : null,
      );
      shot.style.width = part(span.from, span.to);
      line.append(shot);
      at = Math.max(at, span.to);
    });
    if (duration && duration > at) line.append(gap(part(at, duration)));
    const name = el("p", "ss-form", {}, label);
    box.replaceChildren(name, line, ...faults.map((f) => el("p", "ss-fault", {}, icon("warn"), f)));
  }

  function gap(width) {
    const made = el("li", "ss-gap", { title: t("forms.shot_gap") });
    made.style.width = width;
    return made;
  }

  watch("value", draw);
  draw();
}
