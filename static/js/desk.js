// The desk: forms of verbs come into a dialog, the peek follows the chosen row, open pages ask what has happened.
import "./bulk.js";
import "./presence.js";
import "./writing.js";

const sheet = document.getElementById("sheet");
const peek = document.getElementById("peek");
const WIDE = matchMedia("(min-width: 1200px)");
const PHONE = matchMedia("(max-width: 767px)");

// A form that was fetched, or came back refused, is shown in the dialog; not before htmx listens to it, or quick fingers
// would send it as a plain form.
document.addEventListener("htmx:afterSettle", (event) => {
  if (sheet && event.detail.target && event.detail.target.id === "sheet-body") {
    if (!sheet.open) sheet.showModal();
    const first = sheet.querySelector("[autofocus], .is-invalid, input:not([type=hidden]), textarea, select, a.menu-item");
    if (first) first.focus();
  }
});

function closeSheet() {
  if (!sheet || !sheet.open) return;
  sheet.close();
  const body = document.getElementById("sheet-body");
  // A moment later: the form is still to say what else its answer brought (the toast), and tells nobody once it is out.
  if (body) queueMicrotask(() => body.replaceChildren());
}

document.addEventListener("ticket-changed", closeSheet);
// The box was asked for, by a key or from the dialog: one goes on in it, after what stands there.
let writes = false;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.target || event.detail.target.id !== "composer") return;
  closeSheet();
  writes = event.detail.requestConfig.verb === "get";
});
document.addEventListener("htmx:afterSettle", () => {
  const words = writes && document.querySelector("#composer textarea");
  if (!words) return;
  writes = false;
  words.focus();
  words.setSelectionRange(words.value.length, words.value.length);
});
document.addEventListener("timer-changed", closeSheet);
document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!target) return;
  if (sheet && target.closest("[data-sheet-close]") && sheet.contains(target)) {
    event.preventDefault();
    closeSheet();
  }
  if (target.closest("[data-peek-close]")) closePeek();
  if (target.closest("[data-print]")) print();
  // On a phone there is no room beside the list: a row opens its ticket. Capture, before htmx hears of the click.
  const link = target.closest("a[data-peek]");
  if (link && PHONE.matches) event.stopImmediatePropagation();
}, true);
for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
document.addEventListener("htmx:oobAfterSwap", () => {
  for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
});

function closePeek() {
  if (!peek) return;
  peek.replaceChildren();
  const row = document.querySelector("[data-row].is-current a[href]");
  if (row) row.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && peek && peek.childElementCount && !document.querySelector("dialog[open], details.menu[open]")) closePeek();
});

// j and k: the peek follows once one stays on a row.
let waiting = 0;
document.addEventListener("row-current", (event) => {
  if (!peek || !WIDE.matches) return;
  const link = event.target.querySelector("a[data-peek]");
  if (!link) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const shown = peek.querySelector("[data-number]");
    if (!shown || shown.dataset.number !== link.textContent.trim()) {
      htmx.ajax("GET", link.getAttribute("hx-get"), { target: "#peek", swap: "innerHTML", source: peek });
    }
  }, 200);
});

// Parts that come in by themselves do not take the focus away from where one is.
let held = null;
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const active = document.activeElement;
  const target = event.detail.target;
  if (!active || !target || !target.contains(active)) return;
  held = { region: target.id, id: active.id, href: active.getAttribute("href"), text: active.textContent.trim() };
});
document.addEventListener("htmx:oobAfterSwap", () => {
  if (!held) return;
  const region = document.getElementById(held.region);
  const again = region && ((held.id && document.getElementById(held.id))
    || [...region.querySelectorAll("a, button, summary")].find((one) => one.getAttribute("href") === held.href && one.textContent.trim() === held.text));
  if (again) again.focus({ preventScroll: true });
  held = null;
});

// What one has just said comes into view, above the box that it was said in.
let said = false;
document.addEventListener("htmx:afterRequest", (event) => {
  // By its address: the form itself has been replaced by the time this is heard.
  const { successful, requestConfig } = event.detail;
  if (successful && requestConfig.verb === "post" && /\/(reply|note)\/$/.test(requestConfig.path)) said = true;
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (!said || event.detail.target.id !== "timeline") return;
  said = false;
  const last = document.querySelector("#timeline .timeline > :last-child");
  const box = document.getElementById("composer");
  if (!last || !box) return;
  last.style.scrollMarginBottom = getComputedStyle(box).position === "sticky" ? `${box.offsetHeight + 16}px` : "";
  last.scrollIntoView({ block: "nearest" });
});
