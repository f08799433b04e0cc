// What one types at a slash or an @ in the box of a ticket brings a list: templates filled for the ticket, and people.
import { suggestions } from "./suggestions.js";

// [what begins it and what was typed of it, the form's word for its address]; a slash only at the start of a word, an @ not
// inside of an address. Full-width signs are what an input method writes.
const SIGNS = [
  [/(?:^|\s)([/／])([^\s/／]{0,30})$/, "templates"],
  [/(?:^|[^A-Za-z0-9._%+-])([@＠])([^\s@＠]{0,30})$/, "mentions"],
];

function typed(box) {
  const before = box.value.slice(0, box.selectionStart);
  if (box.selectionStart !== box.selectionEnd) return null;
  for (const [sign, kind] of SIGNS) {
    const found = sign.exec(before);
    if (found) return { kind, words: found[2], start: before.length - found[1].length - found[2].length };
  }
  return null;
}

function attach(form) {
  const box = form.querySelector("textarea[name=body]");
  const list = form.querySelector("[data-writing-list]");
  if (!box || !list || form.dataset.writingReady) return;
  form.dataset.writingReady = "yes";
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-haspopup", "listbox");
  box.setAttribute("aria-controls", list.id);
  const { suggest } = suggestions({
    box,
    list,
    address: () => {
      const now = typed(box);
      const address = now && form.dataset[now.kind];
      return address ? `${address}?q=${encodeURIComponent(now.words)}` : "";
    },
    put: (option) => {
      const now = typed(box);
      if (!now) return;
      box.setRangeText(option.dataset.value, now.start, box.selectionStart, "end");
      if (option.dataset.template && form.elements.template) form.elements.template.value = option.dataset.template;
    },
    take: () => box.dispatchEvent(new Event("input", { bubbles: true })),
    pick: true,
    found: list.dataset.found,
    nobody: list.dataset.nobody,
  });
  for (const link of form.closest("section, main").querySelectorAll("[data-write]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const before = box.value.slice(0, box.selectionStart);
      box.setRangeText(`${before && !/\s$/.test(before) ? " " : ""}${link.dataset.write}`, box.selectionStart, box.selectionEnd, "end");
      box.focus();
      suggest();
    });
  }
}

function attachAll(root) {
  for (const form of root.querySelectorAll("form[data-templates]")) attach(form);
}

attachAll(document);
document.addEventListener("htmx:load", (event) => attachAll(event.detail.elt.parentElement || event.detail.elt));
