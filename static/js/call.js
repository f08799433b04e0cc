// The phone log. Who calls is found while one types; what is typed is saved on the server at every pause, and in this
// browser while the server cannot be reached. One save at a time, numbered, so that none overtakes another.
import { suggestions } from "./suggestions.js";
import { announce, composing } from "./words.js";

const form = document.getElementById("call-form");
const PAUSE = 800;
const AGAIN = 5000;
const KEPT = 30 * 24 * 3600 * 1000;
const PREFIX = `call:${document.body.dataset.user || ""}:`;

// Who calls ---------------------------------------------------------------------------------------------------------

const box = form.elements.requester;
suggestions({
  box,
  list: document.getElementById("callers"),
  address: (typed) => (typed.trim() ? `${box.dataset.suggest}?q=${encodeURIComponent(typed.trim())}` : ""),
  take: () => box.dispatchEvent(new Event("change", { bubbles: true })),
  pick: true,
  found: form.dataset.found,
  nobody: form.dataset.nobody,
});

// Keys --------------------------------------------------------------------------------------------------------------

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || composing(event) || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey) {
    if (!(event.target instanceof HTMLTextAreaElement)) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  // Enter goes on to the next field: a call is not sent by a slip.
  if (event.target.matches("input:not([type=submit]), select")) {
    event.preventDefault();
    const fields = [...form.elements].filter((one) => one.offsetParent !== null && !one.disabled && one.tabIndex >= 0);
    const next = fields[fields.indexOf(event.target) + 1];
    if (next) next.focus();
  }
});

// Saved at every pause -----------------------------------------------------------------------------------------------

const shown = document.getElementById("call-saved");
let turn = 0;
let timer = 0;
let busy = null;
let dirty = false;
let sending = false;
let stopped = false;

function put(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch { /* storage is full or switched off: the page itself still holds the words */ }
}

function say(text, bad = false) {
  if (shown.textContent !== text && bad) announce(text);
  shown.textContent = text;
  shown.classList.toggle("call-back-late", bad);
}

function body() {
  const data = new URLSearchParams();
  for (const [name, value] of new FormData(form)) data.append(name, value);
  turn += 1;
  data.set("turn", String(turn));
  return data;
}

function post(data, keepalive = false) {
  return fetch(form.dataset.save, {
    method: "POST",
    body: data,
    keepalive,
    headers: { "HX-Request": "true", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
  });
}

async function save(keepalive = false) {
  clearTimeout(timer);
  if (!dirty || sending || stopped) return;
  if (busy) {
    // What was typed meanwhile goes with the next one. A page that goes away cannot wait.
    if (!keepalive) return;
  }
  dirty = false;
  const data = body();
  busy = post(data, keepalive);
  try {
    const answer = await busy;
    if (answer.ok) {
      put(form.elements.key.value, null);
      say(await answer.text());
      const pk = answer.headers.get("X-Call");
      if (pk) history.replaceState(history.state, "", `${form.dataset.again}?call=${pk}`);
    } else if (answer.status === 409) {
      stopped = true;
      put(form.elements.key.value, { at: Date.now(), data: data.toString() });
      say(await answer.text(), true);
    } else {
      failed(data, answer.status === 401 || answer.status === 403);
    }
  } catch {
    failed(data, false);
  } finally {
    busy = null;
    if (dirty && !stopped) soon();
  }
}

function failed(data, signedOut) {
  dirty = true;
  put(form.elements.key.value, { at: Date.now(), data: data.toString() });
  say(signedOut ? form.dataset.signedOut : form.dataset.notSaved, true);
  clearTimeout(timer);
  timer = setTimeout(save, AGAIN);
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE);
}

function typed(event) {
  if (event.isComposing || !event.target.name) return;
  dirty = true;
  soon();
}

form.addEventListener("input", typed);
form.addEventListener("compositionend", typed);
form.addEventListener("change", typed);
form.addEventListener("focusout", () => save());
document.addEventListener("visibilitychange", () => { if (document.hidden) save(true); });
addEventListener("pagehide", () => save(true));

// Sending waits for a save that is on its way; after it nothing more is saved.
form.addEventListener("submit", async (event) => {
  clearTimeout(timer);
  if (busy) {
    event.preventDefault();
    event.stopImmediatePropagation();
    const button = event.submitter;
    try { await busy; } catch { /* said already */ }
    setTimeout(() => form.requestSubmit(button), 0);
    return;
  }
  sending = true;
}, true);

// The page out of the browser's memory holds a call that was sent: begin anew.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.replace(form.dataset.again);
});

// What could not be saved before is handed in now, and stands among the unfinished calls or in this form from then on.
// Words that are refused (another window went on) stay in this browser for a while and are not handed in again.
(async () => {
  let came = false;
  const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    const key = name.slice(PREFIX.length);
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(name)); } catch { /* not ours */ }
    if (!kept || Date.now() - kept.at > KEPT) put(key, null);
    else if (!kept.refused) {
      try {
        const answer = await post(new URLSearchParams(kept.data));
        if (answer.ok) put(key, null);
        else if (answer.status === 409) put(key, { ...kept, refused: true });
        came = came || answer.ok;
      } catch { /* the next time */ }
    }
  }
  if (came && !dirty) location.reload();
})();

if (box.value === "" && !form.querySelector("[aria-invalid=true], .is-invalid")) box.focus();
else if (!form.querySelector("[aria-invalid=true], .is-invalid")) form.elements.text.focus();
