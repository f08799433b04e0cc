// Who else has the ticket open: what the page's poll brings is shown at the box as well, and the poll says what one is
// writing. A page that is closed says so.
const TYPING = 15000;
let typed = 0;
let kind = "";

const poll = () => document.getElementById("ticket-poll");
const now = () => (Date.now() - typed < TYPING ? kind : "");

function mirror() {
  const box = document.getElementById("here-box");
  const here = document.getElementById("here");
  if (box && here) box.replaceChildren(...[...here.children].map((one) => one.cloneNode(true)));
}
document.addEventListener("htmx:afterSettle", mirror);

document.addEventListener("input", (event) => {
  const form = event.target instanceof Element ? event.target.closest("#composer-form") : null;
  if (!form || event.target.name !== "body" || !poll()) return;
  const before = now();
  typed = event.target.value.trim() ? Date.now() : 0;
  kind = document.querySelector("#composer.is-note") ? "note" : "reply";
  // Beginning is told at once, going on by the next beat.
  if (now() && now() !== before) htmx.trigger(poll(), "writing");
});
document.addEventListener("submit", (event) => {
  if (event.target.id === "composer-form") typed = 0;
}, true);
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt === poll() && now()) event.detail.parameters.writing = now();
});

addEventListener("pagehide", () => {
  const token = document.querySelector("#composer-form [name=csrfmiddlewaretoken]");
  if (!poll() || !token) return;
  fetch(poll().dataset.leave, {
    method: "POST",
    keepalive: true,
    headers: { "HX-Request": "true", "X-CSRFToken": token.value },
  }).catch(() => { /* noticed without it, a little later */ });
});
