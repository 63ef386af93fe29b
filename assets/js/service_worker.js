// The service worker. It keeps program files, whose addresses name their version, and nothing else: no page, no media,
// no answer of the studio. Its first line, which the studio writes, has the version; another version takes its place.

const worker = /** @type {any} */ (self);
const { cache: CACHE, assets: ASSETS, files: FILES, offline: OFFLINE, policy: POLICY } = worker.STUDIO;
const SCOPE = new URL(worker.registration.scope);
const PROGRAM = new URL(`${ASSETS}/`, SCOPE);
const PAGES = ["", "login"].map((path) => new URL(path, SCOPE).pathname);
const SHARE = new URL("share", SCOPE).pathname;
const PREFIX = "studio-";

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
