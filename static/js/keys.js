// Keyboard of the desk: j/k move, Enter opens, x selects, a r n e s t act, / searches, # asks for a number, ? shows the keys, g and a letter or digit goes.
// A key presses what the page marks: [data-key=a] is a button or link, [data-go=d] a link, tr[data-row] a row. Keys do
// nothing in fields, while an input method is composing, with Ctrl, Alt or Meta, or when a page does not mark them.
import { openPalette } from "./palette.js";
import { composing, isTyping } from "./words.js";

let going = 0;

function rows() {
  return [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
}

function current() {
  return document.querySelector("[data-row].is-current");
}

function choose(row) {
  const before = current();
  if (before) {
    before.classList.remove("is-current");
    before.removeAttribute("aria-current");
  }
  row.classList.add("is-current");
  row.setAttribute("aria-current", "true");
  const link = row.querySelector("a[href]");
  if (link) link.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  row.dispatchEvent(new CustomEvent("row-current", { bubbles: true }));
}

function move(step) {
  const all = rows();
  if (all.length === 0) return false;
  const at = all.indexOf(current());
  choose(all[Math.min(all.length - 1, Math.max(0, at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step))]);
  return true;
}

function press(selector) {
  const within = document.querySelector("dialog[open]") || document;
  const target = [...within.querySelectorAll(selector)].find((one) => one.offsetParent !== null && !one.disabled);
  if (!target) return false;
  if (target.matches("input, textarea, select")) target.focus();
  else target.click();
  return true;
}

function address(letter) {
  const link = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
  if (!link) return false;
  location.assign(link.href);
  return true;
}

function act(key) {
  if (going && Date.now() - going < 1500) {
    going = 0;
    return /^[a-z1-9]$/.test(key) && address(key);
  }
  switch (key) {
    case "g":
      going = Date.now();
      return true;
    case "j":
      return move(1);
    case "k":
      return move(-1);
    case "x": {
      const box = current() && current().querySelector("input[type=checkbox]");
      if (box) box.click();
      return Boolean(box);
    }
    case "Enter": {
      const row = current();
      const link = row && (row.querySelector("a[data-open]") || row.querySelector("a[href]"));
      if (!link || (document.activeElement && document.activeElement !== document.body && !row.contains(document.activeElement))) return false;
      location.assign(row.dataset.href || link.href);
      return true;
    }
    case "/":
      return press("[data-search]") || press(".topbar-search-link");
    case "?": {
      const dialog = document.getElementById("keys");
      if (dialog && !dialog.open) dialog.showModal();
      return Boolean(dialog);
    }
    default:
      return /^[a-z#]$/.test(key) && press(`[data-key="${key}"]`);
  }
}

document.addEventListener("keydown", (event) => {
  if (composing(event) || event.defaultPrevented) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    if (openPalette() || press("[data-search]")) event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && isTyping(event.target) && !event.target.closest("dialog")) {
    event.target.blur();
    return;
  }
  if (isTyping(event.target)) return;
  if (document.querySelector("dialog[open]") && event.key !== "?") return;
  if (act(event.key)) event.preventDefault();
});

// A click anywhere on a row opens it, except on what can be pressed itself.
document.addEventListener("click", (event) => {
  const row = event.target instanceof Element ? event.target.closest("[data-row]") : null;
  if (!row || event.target.closest("a, button, input, label, select, textarea, summary")) return;
  if (getSelection().toString()) return;
  choose(row);
  const link = row.querySelector("a[data-open]") || row.querySelector("a[href]");
  if (link) link.click();
});

// After a swap the same ticket stays the current one.
let held = "";
document.addEventListener("htmx:beforeSwap", () => { held = current() ? current().id : held; });
document.addEventListener("htmx:afterSettle", () => {
  const row = held && document.getElementById(held);
  if (row && row.matches("[data-row]") && !current()) {
    row.classList.add("is-current");
    row.setAttribute("aria-current", "true");
  }
});
