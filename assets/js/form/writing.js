// What the prompt of a form was before it was rewritten. That text goes with the run, so that both are kept; see `original`
// in form.js.

import { button, el, icon, styles, t } from "../dom.js";
import { toast } from "../net.js";
import { openFirst } from "../writing/first_text.js";
import { changed, textarea, write } from "./common.js";

export function mount(element, { props, watch, options }) {
  element.classList.add("st");
  styles("writing.css");
  const { page } = options;
  const box = textarea(page, "prompt");
  const line = el("div", "wr-first", { hidden: true });
  element.replaceChildren(line);

  const original = () => props.value?.original || "";

  function set(text, first) {
    props.value = { original: first };
    write(box, text);
    changed(element);
    draw();
  }

  function putBack() {
    const [now, first] = [box.value, original()];
    set(first, "");
    toast(t("writing.put_back_done"), { undo: () => set(now, first) });
    box.focus();
  }

  function draw() {
    const first = original();
    const shown = Boolean(first && box.value.trim() && box.value.trim() !== first.trim());
    line.hidden = !shown;
    element.closest(".st-host")?.classList.toggle("sf-none", !shown);
    if (!shown) return line.replaceChildren();
    if (line.childElementCount) return;
    const see = button(
      t("writing.show_changes"),
      { text: t("writing.show_changes"), cls: "link", data: { do: "show-first" }, "aria-haspopup": "dialog" },
      () => openFirst({ first: original(), now: box.value, back: putBack, opener: see }),
    );
    line.replaceChildren(
      icon("spark"),
      el("span", "st-grow", {}, t("writing.rewritten")),
      see,
      button(
        t("writing.put_back"),
        { text: t("writing.put_back"), cls: "link", data: { do: "put-back-first" } },
        putBack,
      ),
      button(t("writing.forget"), { name: "close", cls: "bare tiny", data: { do: "forget-first" } }, () => {
        set(box.value, "");
        box.focus();
      }),
    );
  }

  // Who empties the box, or puts something else in the place of all of it, writes another prompt.
  box.addEventListener("beforeinput", () => {
    if (original() && box.value && box.selectionStart === 0 && box.selectionEnd === box.value.length)
      props.value = { original: "" };
  });
  box.addEventListener("input", draw);
  watch("value", draw);
  draw();
}
