// The palette (Ctrl+K): what the page itself offers to do, and from the server where one can go.
import { suggestions } from "./suggestions.js";

const MOST_DEEDS = 6;
const dialog = document.getElementById("palette");

// Buttons and links of the page's own actions, also those in closed menus, and what has a key.
function deeds(typed) {
  const wanted = plain(typed).split(" ").filter(Boolean);
  const seen = new Set();
  const found = [];
  for (const one of document.querySelectorAll(".page-head-actions a[href], .page-head-actions button, main [data-key]")) {
    const text = one.textContent.replace(/\s+/g, " ").trim();
    if (!text || one.disabled || one.closest("dialog") || seen.has(text) || one.matches("input, textarea, select")) continue;
    if (!wanted.every((word) => plain(text).includes(word))) continue;
    seen.add(text);
    found.push([text, one]);
  }
  return found.slice(0, MOST_DEEDS);
}

function plain(text) {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}

function option([text, target], number, here) {
  const item = document.createElement("li");
  item.className = "option option-line";
  item.id = `deed-${number}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.value = text;
  item.deed = target;
  const name = document.createElement("span");
  name.className = "option-name";
  name.textContent = text;
  const hint = document.createElement("span");
  hint.className = "hint";
  hint.textContent = here;
  item.append(name, hint);
  return item;
}

let suggest = null;

if (dialog) {
  const box = dialog.querySelector("input");
  ({ suggest } = suggestions({
    box,
    list: document.getElementById("palette-options"),
    address: (typed) => `${box.dataset.address}?q=${encodeURIComponent(typed.trim())}`,
    before: (typed) => deeds(typed).map((deed, number) => option(deed, number, box.dataset.here)),
    take(chosen) {
      dialog.close();
      if (chosen.dataset.href) location.assign(chosen.dataset.href);
      else chosen.deed.click();
    },
    pick: true,
    found: box.dataset.found,
    nobody: box.dataset.nobody,
  }));
  // Escape closes the whole, not first the list in it.
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    dialog.close();
  }, true);
}

// True when there is one; called by keys.js.
export function openPalette() {
  if (!dialog) return false;
  if (!dialog.open && !document.querySelector("dialog[open]")) {
    const box = dialog.querySelector("input");
    box.value = "";
    dialog.showModal();
    box.focus();
    suggest();
  }
  return true;
}
