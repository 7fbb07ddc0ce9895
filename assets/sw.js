// Keeps the phone's page, so that it opens without a network. Only files of the build and the page itself, which are the same for everybody:
// no answer with anybody's data ever comes in here. What the page shows offline, it keeps itself and forgets at sign-out.
const KEPT = "guitara-pages";
const PAGE = "/tonight";
const PATIENCE_MS = 4000;

const isBuilt = (url) => url.pathname.startsWith("/assets/");
const isAround = (url) => url.pathname.startsWith("/icons/") || ["/favicon.svg", "/manifest.webmanifest"].includes(url.pathname);
const isOwn = (url) => url.origin === self.location.origin && (isBuilt(url) || isAround(url));
const isPage = (url) => url.origin === self.location.origin && [PAGE, `${PAGE}/`].includes(url.pathname);

const keep = async (request, answer) => {
  const cache = await caches.open(KEPT);
  await cache.put(request, answer);
};

// However a file was asked for, compressed or by another tag, it is the same file.
const kept = async (request) => (await caches.open(KEPT)).match(request, { ignoreVary: true });

const networkFirst = async (request, place) => {
  const asking = fetch(request).then(async (answer) => {
    if (answer.ok && !answer.redirected) await keep(place, answer.clone());
    return answer;
  });
  const known = await kept(place);
  if (!known) return asking;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  const answer = await Promise.race([asking, late]).catch(() => undefined);
  asking.catch(() => undefined);
  return answer && answer.status < 500 ? answer : known.clone();
};

const keptFirst = async (request) => {
  const known = await kept(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await keep(request, answer.clone());
  return answer;
};

// The address in the home screen leads to the page, which is where it leads online.
const atHome = (request) => fetch(request).catch(() => Response.redirect(PAGE, 302));

// What this page was made of, and nothing of older builds.
const keepOnly = async (addresses) => {
  const cache = await caches.open(KEPT);
  const urls = [...new Set(addresses)].map((address) => new URL(address)).filter(isOwn);
  const wanted = new Set(urls.map((url) => url.href));
  for (const request of await cache.keys()) {
    const url = new URL(request.url);
    if (!isPage(url) && !wanted.has(url.href)) await cache.delete(request);
  }
  await Promise.all([PAGE, ...wanted].map(async (address) => (await kept(address)) ?? cache.add(address).catch(() => undefined)));
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  if (Array.isArray(event.data?.keep)) event.waitUntil(keepOnly(event.data.keep));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (isPage(url)) event.respondWith(networkFirst(request, PAGE));
    else if (url.pathname === "/") event.respondWith(atHome(request));
  } else if (isBuilt(url)) event.respondWith(keptFirst(request));
  else if (isOwn(url)) event.respondWith(networkFirst(request, request));
});
