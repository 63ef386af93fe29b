// Web push of this browser: subscribe, end, and renew under the studio's key.

import { registration } from "./app_install.js";
import { post } from "./net.js";

const ROUTE = "ui/own-notifications";

/** Whether this browser can be told by web push, here and now. */
export const isSupported = async () => "PushManager" in globalThis && Boolean(await registration());

/** This browser's subscription; null where there is none. */
export async function subscription() {
  return (await isSupported()) ? (await registration()).pushManager.getSubscription() : null;
}

/** Subscribe under this key and tell the studio; its new state. Rejects where the person or the browser refuses. */
export async function subscribe(key) {
  const { pushManager } = await registration();
  const old = await pushManager.getSubscription();
  if (old && !isUnder(old, key)) await old.unsubscribe();
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: decoded(key) });
  const { endpoint, keys } = made.toJSON();
  return post(`${ROUTE}/devices`, { endpoint, p256dh: keys.p256dh, auth: keys.auth });
}

/** End this browser's subscription; the studio's new state, undefined where there was none. */
export async function unsubscribe() {
  const old = await subscription();
  if (!old) return undefined;
  const state = await post(`${ROUTE}/unsubscribe`, { endpoint: old.endpoint });
  await old.unsubscribe();
  return state;
}

/** A studio that lost its key has another one: a browser that was told goes on under it. */
export async function renew(state) {
  const old = await subscription();
  if (!old || !state.server_key || isUnder(old, state.server_key)) return state;
  return (Notification.permission === "granted" && (await subscribe(state.server_key).catch(() => null))) || state;
}

const decoded = (key) => Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

function isUnder(old, key) {
  const its = new Uint8Array(old.options.applicationServerKey || []);
  const ours = decoded(key);
  return its.length === ours.length && its.every((byte, i) => byte === ours[i]);
}
