// Enter that ends a composition (かな漢字変換) never sends a form; Ctrl+Enter sends the form one is writing in.
import { composing } from "./words.js";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  if (composing(event)) {
    // Chromium and Firefox do not submit here by themselves; Safari and htmx triggers on keydown would.
    event.stopImmediatePropagation();
    if (event.target instanceof HTMLInputElement) event.preventDefault();
    return;
  }
  if ((event.ctrlKey || event.metaKey) && event.target.form && !(event.target instanceof HTMLButtonElement)) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
}, true);

// While composing, a search as one types waits for the finished word: `input` events of half words stop here.
for (const kind of ["input", "keyup", "search"]) {
  document.addEventListener(kind, (event) => {
    if (event.isComposing && event.target instanceof Element && event.target.closest("[hx-get], [hx-post], [data-search]")) {
      event.stopImmediatePropagation();
    }
  }, true);
}
document.addEventListener("compositionend", (event) => {
  if (event.target instanceof Element && event.target.closest("[hx-get], [hx-post], [data-search]")) {
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

// Sending twice by a double click: the second one is dropped for as long as the first is on its way.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.matches("[hx-get], [hx-post], [hx-put], [hx-delete], [data-many]")) return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "yes";
  setTimeout(() => { delete form.dataset.sending; }, 8000);
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
});
