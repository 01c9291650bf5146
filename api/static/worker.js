/* Keeps the inspector's page on the phone. VERSION and FILES are written in front of this by the service. */
/* global VERSION, FILES */
const CACHE = "tantu-inspect-" + VERSION;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...FILES, "/inspect", "/inspect/app.webmanifest"])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name.startsWith("tantu-inspect-") && name !== CACHE).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

/** The page as the service has it now, else as it was kept; files by their digest never change. */
async function answered(request) {
  const cache = await caches.open(CACHE);
  if (request.mode === "navigate") {
    try {
      const fresh = await fetch(request);
      if (fresh.ok) await cache.put("/inspect", fresh.clone());
      return fresh;
    } catch (error) {
      return (await cache.match("/inspect")) || Promise.reject(error);
    }
  }
  // Modules name each other without the digest that the page's own addresses carry.
  return (await cache.match(request, { ignoreSearch: true })) || fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || pathname.startsWith("/api/")) return;
  event.respondWith(answered(event.request));
});
