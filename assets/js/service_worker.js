// The service worker. It keeps program files, whose addresses name their version, and nothing else: no page, no media,
// no answer of the studio. Its first line, which the studio writes, has the version; another version takes its place.

const worker = /** @type {any} */ (self);
const { cache: CACHE, assets: ASSETS, files: FILES, offline: OFFLINE, policy: POLICY } = worker.STUDIO;
const SCOPE = new URL(worker.registration.scope);
const PROGRAM = new URL(`${ASSETS}/`, SCOPE);
const PAGES = ["", "login", "decide"].map((path) => new URL(path, SCOPE).pathname);
const SHARE = new URL("share", SCOPE).pathname;
const PREFIX = "studio-";
const ICON = new URL("icons/app-192.png", PROGRAM).href;
const BADGE = new URL("icons/badge-96.png", PROGRAM).href;

worker.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES.map((path) => new URL(path, PROGRAM).href)))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((n) => n.startsWith(PREFIX) && n !== CACHE).map((n) => caches.delete(n))),
      )
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== SCOPE.origin) return;
  if (request.method === "POST" && url.pathname === SHARE) event.respondWith(receiveShared(request));
  if (request.method !== "GET") return;
  if (url.pathname.startsWith(PROGRAM.pathname)) event.respondWith(programFile(request));
  else if (request.mode === "navigate" && PAGES.includes(url.pathname))
    event.respondWith(fetch(request).catch(offlinePage));
});

async function programFile(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.url);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.status === 200) await cache.put(request.url, answer.clone()).catch(() => {}); // a full disk keeps nothing
  return answer;
}

function offlinePage() {
  const page = OFFLINE[/^zh/i.test(worker.navigator.language) ? "zh-CN" : "en"];
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY };
  return new Response(page, { status: 503, headers });
}

// What another app shares waits in memory until the page asks for it, and becomes a file of the library only when the
// person says so: any site could post here.
let shared = [];

async function receiveShared(request) {
  const form = await request.formData();
  shared = form.getAll("files").filter((file) => file instanceof File && file.size);
  return Response.redirect(new URL("?shared=1", SCOPE), 303);
}

worker.addEventListener("message", (event) => {
  if (event.data?.type !== "take-shared") return;
  event.ports[0].postMessage(shared);
  shared = [];
});

// A message of the studio, already in the person's words. What it leads to is an address of this studio and no other.
worker.addEventListener("push", (event) => {
  let told;
  try {
    told = event.data.json();
  } catch {
    told = { title: "Wan Studio" };
  }
  const { title, body, tag, lang, url, actions = [] } = told;
  event.waitUntil(
    worker.registration.showNotification(title, {
      body,
      tag,
      lang,
      actions,
      icon: ICON,
      badge: BADGE,
      requireInteraction: actions.length > 0,
      data: { url },
    }),
  );
});

worker.addEventListener("notificationclick", (event) => {
  const { action, notification } = event;
  notification.close();
  const target = new URL(notification.data?.url || "./", SCOPE);
  if (target.origin !== SCOPE.origin) return;
  const decided = action === "approve" || action === "reject";
  event.waitUntil(decided ? decide(target, action === "approve", notification) : openPage(target));
});

/** Send the decision, and say what came of it; where that fails, the page on which it can be made opens. */
async function decide(target, approve, { tag, lang }) {
  const answer = await fetch(new URL("decide", SCOPE), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: target.hash.slice(1), approve }),
  }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  const body = told?.said || told?.error;
  if (!body) return openPage(target);
  await worker.registration.showNotification("Wan Studio", { body, tag, lang, icon: ICON, badge: BADGE, data: {} });
}

async function openPage(target) {
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const shown = windows.find((one) => one.url.startsWith(SCOPE.href));
  if (!shown || target.hash) return worker.clients.openWindow(target.href);
  await shown.focus();
  return shown.navigate(target.href).catch(() => worker.clients.openWindow(target.href));
}

// A browser may renew its subscription by itself: the studio is told the new one.
worker.addEventListener("pushsubscriptionchange", (event) => {
  const options = event.oldSubscription?.options || event.newSubscription?.options;
  if (!options) return;
  const renew = async () => {
    const made = event.newSubscription || (await worker.registration.pushManager.subscribe(options));
    const { endpoint, keys } = made.toJSON();
    await fetch(new URL("ui/own-notifications/devices", SCOPE), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ endpoint, p256dh: keys.p256dh, auth: keys.auth }),
    });
  };
  event.waitUntil(renew());
});
