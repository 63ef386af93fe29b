// A menu under a button, and text into the clipboard: what every page needs and nothing else depends on.

import { el, t } from "./dom.js";
import { toast } from "./net.js";

/** Put text into the clipboard, and say so. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", "st-off", { readonly: true }); // pages without TLS have no clipboard API
    area.value = text;
    (document.querySelector("dialog[open]") || document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(t("widgets.copied"));
}

/** A menu under `anchor`: items are [label, fn]. Arrow keys, Escape, and a click elsewhere do what they should. head: what
 * stands above the items. */
export function menu(anchor, items, head = null) {
  const host = anchor.closest("dialog") || document.body;
  const list = el("div", "st st-menu", { role: "menu" });
  const away = (e) => {
    if (e && list.contains(e.target)) return;
    list.remove();
    document.removeEventListener("pointerdown", away, true);
    anchor.setAttribute("aria-expanded", "false");
  };
  if (head) list.append(head);
  for (const [label, fn] of items)
    list.append(
      el("button", "", { type: "button", role: "menuitem", onclick: () => (away(), anchor.focus(), fn()) }, label),
    );
  list.addEventListener("keydown", (e) => {
    const all = [...list.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    else if (e.key === "Escape" || e.key === "Tab") away(), anchor.focus();
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  host.append(list);
  const at = anchor.getBoundingClientRect();
  list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - list.offsetWidth - 8))}px`;
  list.style.top = `${at.bottom + list.offsetHeight + 8 > innerHeight ? at.top - list.offsetHeight - 4 : at.bottom + 4}px`;
  document.addEventListener("pointerdown", away, true);
  anchor.setAttribute("aria-expanded", "true");
  list.querySelector("button").focus();
}
