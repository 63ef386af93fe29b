// The studio as an installed app: its service worker, the browser's offer to install it, and what other apps share.

import { BASE } from "./dom.js";

const changes = new Set();
let offer = null;

/** In a frame of another site nothing is installed, and no worker either. */
export const isFramed = () => window.top !== window;
export const isInstalled = () => matchMedia("(display-mode: standalone)").matches;
/** Whether a service worker can be had: over HTTPS or on this computer, in a window of its own. */
export const isSupported = () => "serviceWorker" in navigator && isSecureContext && !isFramed();
/** Whether the browser lets us ask. */
export const canInstall = () => offer !== null;
/** Hear when that changes. */
export const onChange = (fn) => changes.add(fn);

const changed = () => changes.forEach((fn) => fn());

/** Ask the person, by the browser's own dialog. */
export async function install() {
  const asked = offer;
  offer = null;
  await asked?.prompt();
  changed();
}

/** Call it once, when the page is there. */
export function start() {
  addEventListener("beforeinstallprompt", (e) => {
    e.preventDefault(); // the Settings page has a button for it
    offer = e;
    changed();
  });
  addEventListener("appinstalled", () => ((offer = null), changed()));
  if (!isSupported()) return;
  navigator.serviceWorker
    .register(new URL("service-worker.js", BASE), { scope: BASE.pathname, updateViaCache: "none" })
    .catch((error) => console.info("no service worker:", error.message)); // the pages work without it
}

/** The worker of this page, once it is at work; null where there can be none. */
export const registration = () => (isSupported() ? navigator.serviceWorker.ready : Promise.resolve(null));
