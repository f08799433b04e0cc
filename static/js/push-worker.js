// The service worker of push notices, which a browser keeps once somebody allowed them (push.js). It shows what comes and
// opens what is pressed; it keeps no pages and changes none. The desk serves it at the root.

self.addEventListener("push", (event) => {
  event.waitUntil(show(event.data ? event.data.json() : {}));
});

async function show({ title = "", body = "", url = "/", tag = "", lang = "" }) {
  const place = here(url);
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  // Whoever has it before their eyes sees it come.
  if (windows.some((each) => each.focused && new URL(each.url).pathname === place.pathname)) return;
  await self.registration.showNotification(title, { body, tag, lang, renotify: Boolean(tag), data: { url: place.href } });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(here(event.notification.data.url)));
});

async function open(place) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((each) => new URL(each.url).pathname === place.pathname);
  // Any other window may have something half written in it.
  return there ? there.focus() : self.clients.openWindow(place.href);
}

// Nowhere but on this desk.
function here(url) {
  const place = new URL(url, self.location.origin);
  return place.origin === self.location.origin ? place : new URL("/", self.location.origin);
}
