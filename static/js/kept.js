// Forms marked data-keep="address" keep the words of their box on the server while one writes: a second after the last
// letter, on leaving the field and on leaving the page. One save at a time, counted, so that none overtakes another; the
// answer is the line below the box. What could not be saved stays in this window (sessionStorage) until it can.
import { announce, word } from "./words.js";

const PAUSE = 1000;
const AGAIN = 10000;
const person = document.body.dataset.user || "";
const states = new WeakMap();
let turns = 0;

const forms = () => [...document.querySelectorAll("form[data-keep]")];
const words = (form) => form.elements.body;
const base = (form) => form.elements.base;
const place = (form) => `unsaved:${person}:${form.dataset.keep}`;

function state(form) {
  if (!states.has(form)) states.set(form, { timer: 0, busy: false, sent: false, saved: words(form).defaultValue });
  return states.get(form);
}

function hold(form, sent = false) {
  try {
    const held = { text: words(form).value, box: form.elements.box.value, base: base(form).value, sent };
    sessionStorage.setItem(place(form), JSON.stringify(held));
  } catch { /* storage is full or switched off: the box itself still holds the words */ }
}

function held(form) {
  try { return JSON.parse(sessionStorage.getItem(place(form))); } catch { return null; }
}

function letGo(form) {
  try { sessionStorage.removeItem(place(form)); } catch { /* there is none */ }
}

// The line below the box, from the server; a link or button in it that had the focus keeps it.
function show(form, html) {
  const line = form.querySelector("[data-draft-line]");
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-draft-line]");
  if (!line || !fresh) return;
  const focused = line.contains(document.activeElement);
  line.replaceWith(fresh);
  htmx.process(fresh);
  if (focused) (fresh.querySelector("button, a") || words(form)).focus();
  if (fresh.dataset.conflict && fresh.dataset.conflict !== line.dataset.conflict) announce(fresh.dataset.conflict);
}

function failed(form, status) {
  hold(form);
  if (!form.isConnected) return;
  const line = form.querySelector("[data-draft-line]");
  let hint = line.querySelector(".hint");
  if (!hint) {
    hint = document.createElement("span");
    hint.className = "hint";
    line.append(hint);
  }
  if (hint.textContent !== word("draftFailed")) announce(word("draftFailed"));
  hint.textContent = word("draftFailed");
  // Signed out, not allowed any more, or too long: asking again by itself helps nobody.
  if (!status || status >= 500) soon(form, AGAIN);
}

async function save(form, leaving = false) {
  const at = state(form);
  clearTimeout(at.timer);
  const text = words(form).value;
  if (at.sent || text === at.saved || (at.busy && !leaving)) return;
  at.busy = true;
  turns = Math.max(Date.now(), turns + 1);
  const body = new URLSearchParams({ body: text, box: form.elements.box.value, base: base(form).value, turn: String(turns) });
  const headers = { "HX-Request": "true", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  try {
    const answer = await fetch(form.dataset.keep, { method: "POST", body, headers, keepalive: leaving });
    const html = await answer.text();
    if (answer.ok || answer.status === 409) {
      at.saved = text;
      if (answer.ok) letGo(form);
      else if (!at.sent) hold(form);
      if (form.isConnected) show(form, html);
    } else if (!at.sent) {
      failed(form, answer.status);
    }
  } catch {
    if (!at.sent) failed(form, 0);
  } finally {
    at.busy = false;
    // Typed meanwhile; a box that has been swapped away by now has no later.
    if (!at.sent && words(form).value !== text) soon(form, form.isConnected ? PAUSE : 0);
  }
}

function soon(form, pause = PAUSE) {
  const at = state(form);
  clearTimeout(at.timer);
  at.timer = setTimeout(() => save(form), pause);
}

function box(event) {
  const form = event.target instanceof Element ? event.target.closest("form[data-keep]") : null;
  return form && event.target === words(form) ? form : null;
}

document.addEventListener("input", (event) => {
  const form = box(event);
  if (form) soon(form);
}, true);
document.addEventListener("focusout", (event) => {
  const form = box(event);
  if (form) save(form);
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) for (const form of forms()) save(form, true);
});
addEventListener("pagehide", () => {
  for (const form of forms()) save(form, true);
});

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const form = target ? target.closest("form[data-keep]") : null;
  if (!form) return;
  const mine = target.closest("[data-keep-mine]");
  if (mine) {
    base(form).value = mine.dataset.keepMine;
    state(form).saved = null;
    save(form);
  } else if (target.closest("[data-take-other], [data-discard]")) {
    state(form).sent = true;
    letGo(form);
  }
}, true);

// Sent: nothing more is saved, and the words stay in this window until it is known that they were taken.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-keep]") || (event.submitter && event.submitter.matches("[data-discard]"))) return;
  clearTimeout(state(form).timer);
  state(form).sent = true;
  hold(form, true);
}, true);
document.addEventListener("htmx:afterRequest", (event) => {
  const source = event.detail.elt;
  if (event.detail.successful || !source.matches("form[data-keep], [data-discard], [data-take-other]")) return;
  const form = source.closest("form[data-keep]");
  if (form && form.isConnected) state(form).sent = false;
});
// Out of the browser's memory comes what was sent already.
addEventListener("pageshow", (event) => {
  if (event.persisted && forms().some((form) => state(form).sent)) location.reload();
});

// What could not be saved in this window comes back into the box. When the draft moved on since, it was sent; or the
// server says what became of it.
function restore(form) {
  state(form);
  const kept = held(form);
  if (!kept) return;
  const same = base(form).value === kept.base || base(form).value.startsWith(`${kept.box}.`);
  if (words(form).value === kept.text || (kept.sent && !same)) {
    letGo(form);
    return;
  }
  words(form).value = kept.text;
  if (!same) base(form).value = kept.base;
  announce(word("draftRestored"));
  save(form);
}

// What came in while nothing was being written has been seen before the first word.
function look() {
  const live = document.querySelector("[data-newest]");
  if (!live) return;
  for (const form of forms()) if (form.elements.seen && !words(form).value.trim()) form.elements.seen.value = live.dataset.newest;
}

for (const form of forms()) restore(form);
document.addEventListener("htmx:load", (event) => {
  const root = event.detail.elt;
  for (const form of forms()) if (!states.has(form) && root.contains(form)) restore(form);
});
document.addEventListener("htmx:afterSettle", look);
