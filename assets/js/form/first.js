// Draws the form of the tab that the page begins with as soon as the head is read. Gradio needs longer to build its tabs; once
// the tab is there, the form goes into it, with what has been typed meanwhile.

import { el } from "../dom.js";
import { formIn } from "./form.js";

const page = document.querySelector('meta[name="studio-tab"]')?.getAttribute("content") || "";
// The page is read; DOMContentLoaded would wait for Gradio's scripts.
if (document.readyState === "loading")
  await new Promise((done) => document.addEventListener("readystatechange", done, { once: true }));

// A reload for another language leaves this document without a body.
if (document.body && !document.getElementById(page)) {
  const place = el("main", "", {});
  const whole = el("div", "gradio-container studio-first", {}, place);
  const app = document.querySelector("gradio-app");
  app ? app.before(whole) : document.body.append(whole);
  new MutationObserver(() => place.childElementCount || whole.remove()).observe(place, { childList: true });
  formIn(place, page).catch(() => whole.remove()); // the tab asks again, and says what is wrong
}
