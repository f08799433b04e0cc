// Forms marked data-draft="key" keep what is typed in this browser until it was sent: through a reload, a lost session, a
// crash. Kept per person; passwords and files are not kept; drafts older than 30 days are thrown away.
import { announce, word } from "./words.js";

const PREFIX = "draft:";
const KEPT = 30 * 24 * 3600 * 1000;
const person = document.body.dataset.user || "";
const place = (form) => `${PREFIX}${person}:${form.dataset.draft}`;

function fields(form) {
  return [...form.elements].filter((field) => field.name
    && !["password", "file", "hidden", "submit", "button"].includes(field.type)
    && field.name !== "csrfmiddlewaretoken");
}

function store(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch { /* storage is full or switched off: the form itself still holds the words */ }
}

function load(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
}

function keep(form) {
  const values = {};
  let typed = false;
  for (const field of fields(form)) {
    if (field.type === "checkbox" || field.type === "radio") {
      if (field.checked !== field.defaultChecked) (values[field.name] ??= []).push([field.value, field.checked]);
    } else if (field.value !== (field.defaultValue ?? "")) {
      values[field.name] = field.value;
      if (field.value.trim() && field.tagName !== "SELECT") typed = true;
    }
  }
  store(place(form), typed ? { at: Date.now(), values } : null);
}

function restore(form) {
  if (form.dataset.draftReady) return;
  form.dataset.draftReady = "yes";
  const draft = load(place(form));
  // A form that came back with errors holds newer words than the draft.
  if (!draft || form.querySelector("[aria-invalid=true], .is-invalid")) return;
  let back = false;
  for (const field of fields(form)) {
    const value = draft.values[field.name];
    if (value === undefined) continue;
    if (Array.isArray(value)) {
      for (const [one, checked] of value) if (field.value === one) field.checked = checked;
    } else if (field.value === (field.defaultValue ?? "") || field.tagName === "SELECT") {
      field.value = value;
      back = true;
    }
  }
  if (back) {
    announce(word("draftRestored"));
    form.dispatchEvent(new CustomEvent("draft-restored", { bubbles: true }));
  }
}

const timers = new WeakMap();
document.addEventListener("input", (event) => {
  const form = event.target instanceof Element ? event.target.closest("form[data-draft]") : null;
  if (!form) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => keep(form), 400));
}, true);
addEventListener("pagehide", () => {
  for (const form of document.querySelectorAll("form[data-draft]")) if (!form.dataset.sent) keep(form);
});

// Sent by htmx: erased when the answer says it was done.
document.addEventListener("htmx:afterRequest", (event) => {
  // A form that was replaced by the answer is no longer in the page: `elt` is then what is left around it.
  const source = event.detail.requestConfig ? event.detail.requestConfig.elt || event.detail.elt : event.detail.elt;
  const form = source.closest ? source.closest("form[data-draft]") : null;
  if (form && event.detail.successful && event.detail.requestConfig.verb !== "get") {
    clearTimeout(timers.get(form));
    store(place(form), null);
    form.dataset.sent = "yes";
  }
});

// Sent as a plain form: whether it was taken shows on the next page. The same form with errors keeps the draft; any other
// page of ours means it was done. A sign-in page or an error page does not erase it.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-draft]") || form.matches("[hx-post]")) return;
  keep(form);
  sessionStorage.setItem("draft-sent", place(form));
});

for (const form of document.querySelectorAll("form[data-draft]")) restore(form);
document.addEventListener("htmx:load", (event) => {
  const root = event.detail.elt;
  if (root.matches && root.matches("form[data-draft]")) restore(root);
  for (const form of root.querySelectorAll ? root.querySelectorAll("form[data-draft]") : []) restore(form);
});

const sent = sessionStorage.getItem("draft-sent");
if (sent && document.body.dataset.user && !document.body.matches(".is-error")) {
  const again = [...document.querySelectorAll("form[data-draft]")].find((form) => place(form) === sent);
  if (!again || !again.querySelector("[aria-invalid=true], .is-invalid, [role=alert]")) {
    store(sent, null);
    // What came back from the browser's memory was sent already.
    if (again) again.reset();
  }
  sessionStorage.removeItem("draft-sent");
} else if (sent && !document.body.dataset.user) {
  // The session was lost on the way: nothing was taken, and the draft waits behind the sign-in.
  sessionStorage.removeItem("draft-sent");
}

for (let index = localStorage.length - 1; index >= 0; index -= 1) {
  const key = localStorage.key(index);
  if (key && key.startsWith(PREFIX)) {
    const draft = load(key);
    if (!draft || Date.now() - draft.at > KEPT) store(key, null);
  }
}
