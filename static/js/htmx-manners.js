// Manners of htmx swaps: the focus stays sensible, changes are read out, what is being read does not move.
import { announce, isTyping, word } from "./words.js";

let focused = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const target = event.detail.target;
  const active = document.activeElement;
  focused = target && active && active !== document.body && target.contains(active)
    ? { id: active.id, name: active.getAttribute("name"), start: active.selectionStart ?? null, end: active.selectionEnd ?? null }
    : null;
});

document.addEventListener("htmx:afterSwap", (event) => {
  // `target` is gone after an outerHTML swap; `elt` is what came instead.
  const fresh = event.detail.elt && event.detail.elt.isConnected ? event.detail.elt : document.getElementById(event.detail.target.id);
  if (!fresh) return;
  const status = event.detail.xhr ? event.detail.xhr.status : 200;
  if (status === 422) {
    const wrong = fresh.querySelector("[data-focus]") || fresh.querySelector("[aria-invalid=true], .is-invalid");
    if (wrong) {
      wrong.focus();
      announce([...fresh.querySelectorAll(".field-error, [role=alert]")].map((one) => one.textContent.trim()).join(" "));
      return;
    }
  }
  const wanted = fresh.matches("[data-focus], [autofocus]") ? fresh : fresh.querySelector("[data-focus], [autofocus]");
  if (wanted && !isTyping(document.activeElement)) {
    if (!wanted.matches("a, button, input, select, textarea, [tabindex]")) wanted.tabIndex = -1;
    wanted.focus();
  } else if (focused && (!document.activeElement || document.activeElement === document.body)) {
    const again = (focused.id && document.getElementById(focused.id))
      || (focused.name && fresh.querySelector(`[name="${CSS.escape(focused.name)}"]`));
    if (again) {
      again.focus({ preventScroll: true });
      if (focused.start !== null && again.setSelectionRange) {
        try { again.setSelectionRange(focused.start, focused.end); } catch { /* not a text field */ }
      }
    } else {
      if (!fresh.hasAttribute("tabindex")) fresh.tabIndex = -1;
      fresh.focus({ preventScroll: true });
    }
  }
  const spoken = fresh.matches("[data-announce]") ? fresh : fresh.querySelector("[data-announce]");
  if (spoken) announce(spoken.dataset.announce || word("updated"));
});

// Rows that came in by a live refresh keep the scroll position of what is being read: note the first row in view, and put
// it back where it was.
let anchor = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  anchor = null;
  const region = event.detail.target && event.detail.target.closest && event.detail.target.closest("[data-live]");
  if (!region) return;
  for (const row of region.querySelectorAll("[id]")) {
    const top = row.getBoundingClientRect().top;
    if (top >= 0) {
      anchor = { id: row.id, top };
      break;
    }
  }
});
document.addEventListener("htmx:afterSettle", () => {
  if (!anchor) return;
  const row = document.getElementById(anchor.id);
  if (row) scrollBy({ top: row.getBoundingClientRect().top - anchor.top, behavior: "instant" });
  anchor = null;
});

// What is half written is not swapped away by somebody else's change.
document.addEventListener("htmx:beforeRequest", (event) => {
  const region = event.detail.elt;
  if (!region.matches("[data-live]") || !region.contains(document.activeElement)) return;
  if (isTyping(document.activeElement) && document.activeElement.value) event.preventDefault();
});

// Nobody looks: nobody asks. On return the next beat asks again.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.matches("[data-poll]")) event.preventDefault();
});
// Nobody touches the page: what says after how many seconds is asked for less often (data-poll="30").
const RESTING = 60000;
let touched = Date.now();
const lastAsked = {};
for (const kind of ["pointermove", "pointerdown", "keydown", "wheel", "focus"]) {
  addEventListener(kind, () => { touched = Date.now(); }, { capture: true, passive: true });
}
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  const slowly = Number(elt.dataset.poll) * 1000;
  if (!slowly) return;
  const now = Date.now();
  if (!requestConfig.triggeringEvent && now - touched > RESTING && now - (lastAsked[elt.id] || 0) < slowly) event.preventDefault();
  else lastAsked[elt.id] = now;
});

// Whoever changes something themselves sees the numbers follow at once.
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters, triggeringEvent } = event.detail;
  if (elt.dataset.poll && triggeringEvent) parameters.counted = 0;
});

// What was read before a change is not shown after it: the same change makes the element ask anew as soon as its first
// answer is there, for which it has to be there still.
const changes = { "ticket-changed": 0, "notices-read": 0, "timer-changed": 0 };
const known = (element) => Object.keys(changes).filter((name) => element.getAttribute("hx-trigger").includes(name)).map((name) => changes[name]).join();
const asked = new WeakMap();
for (const name of Object.keys(changes)) document.addEventListener(name, () => { changes[name] += 1; }, true);
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.matches("[hx-trigger*='from:body']")) asked.set(event.detail.xhr, known(event.detail.elt));
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (asked.has(xhr) && asked.get(xhr) !== known(requestConfig.elt)) event.detail.shouldSwap = false;
});
// A poll that fails (the line is down) says nothing; the next one tries again.
for (const kind of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(kind, (event) => {
    if (event.detail.elt && event.detail.elt.matches && event.detail.elt.matches("[data-poll]")) event.stopImmediatePropagation();
  }, true);
}

// Errors of a page that came by a plain form: begin where something is wrong.
const wrong = document.querySelector("main form:not([data-many]) [data-focus], main form:not([data-many]) [aria-invalid=true]:not(fieldset)");
if (wrong && !document.activeElement.matches("input, textarea, select")) wrong.focus();
