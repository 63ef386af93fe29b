// Asking the studio and telling the person: JSON over our own routes, and toasts with a way back.

import { BASE, button, el, t } from "./dom.js";

async function request(path, options) {
  const answer = await ask(path, options);
  try {
    return await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error; // also when it comes while the answer is read
    throw new Error(t("widgets.offline"));
  }
}

/** The answer of the studio, its body unread. What is no success is raised with the studio's sentence. */
export async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(new URL(path, BASE), { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(t("widgets.offline"));
  }
  if (answer.ok) return answer;
  if (answer.status === 401) signIn();
  const body = await answer.json().catch((error) => {
    if (error.name === "AbortError") throw error;
    return {};
  });
  throw Object.assign(new Error(body.error || t("widgets.failed", { status: answer.status })), {
    status: answer.status,
    id: body.error_id,
  });
}

/** The session has ended: to the login page, and back here afterwards. */
function signIn() {
  const gate = document.querySelector('meta[name="studio-gate"]')?.getAttribute("content");
  if (gate) return location.replace(new URL(gate, BASE)); // a guest's page: to the page before it
  const login = new URL("login", BASE);
  login.searchParams.set("next", `/${location.search}`);
  location.assign(login);
}

export const get = (path, signal) => request(path, { signal });
export const post = (path, body) =>
  request(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}) });
export const put = (path, body) =>
  request(path, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
export const patch = (path, body) =>
  request(path, { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
export const del = (path) => request(path, { method: "DELETE" });

/** Do something that may fail; a failure is told as a toast and gives undefined. */
export async function tryOrToast(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error.name !== "AbortError") toast(error.message, { bad: true });
  }
}

let toastTray;
/**
 * A short message at the foot of the page; `undo` adds a button. Screen readers hear it.
 * @param {string} message
 * @param {{undo?: () => any, bad?: boolean, label?: string}} [options] label: of the button, instead of "Undo"
 */
export function toast(message, { undo, bad = false, label } = {}) {
  if (!toastTray?.isConnected) {
    toastTray = el("div", "st st-tray", { role: "region", "aria-label": t("widgets.messages") });
    document.body.append(toastTray);
  }
  const box = el(
    "div",
    `st-toast${bad ? " bad" : ""}`,
    { role: bad ? "alert" : "status" },
    el("span", "", {}, message),
  );
  const away = () => box.remove();
  let timer = setTimeout(away, bad ? 9000 : undo ? 8000 : 3500);
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", () => (timer = setTimeout(away, 3000)));
  if (undo)
    box.append(
      button(
        label || t("widgets.undo"),
        { text: label || t("widgets.undo"), cls: "link st-undo" },
        () => (away(), undo()),
      ),
    );
  box.append(button(t("widgets.close"), { name: "close", cls: "bare" }, away));
  toastTray.append(box);
  while (toastTray.children.length > 4) toastTray.firstChild.remove();
}
