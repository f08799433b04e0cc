// Toasts: from the page itself (Django's messages) and from the event `toast` that answers to htmx carry.
import { announce, word } from "./words.js";

const place = document.getElementById("toasts");
const SHOWN = 8000;
// As long as the desk waits with what can be undone (settings.MAIL_UNDO_SECONDS, unless somebody changed it).
const UNDO_SHOWN = 10000;

export function toast({ message, level = "info", undo = "" }) {
  const template = document.getElementById("toast-template");
  if (!place || !template || !message) return;
  const sheet = template.content.firstElementChild.cloneNode(true);
  sheet.className = `toast-sheet toast-${/^[a-z]+$/.test(level) ? level : "info"}`;
  sheet.querySelector(".toast-text").textContent = message;
  if (undo && undo.startsWith("/") && !undo.startsWith("//")) {
    const button = document.getElementById("undo-template").content.firstElementChild.cloneNode(true);
    button.addEventListener("click", () => {
      sheet.remove();
      htmx.ajax("POST", undo, { source: document.body, swap: "none" });
    });
    sheet.querySelector("[data-toast-close]").before(button);
  }
  place.append(sheet);
  leave(sheet);
}

// Goes away by itself, but not while somebody reads or may press it; errors stay.
function leave(sheet) {
  if (sheet.matches(".toast-danger, .toast-error")) return;
  let timer = 0;
  const shown = sheet.querySelector(".toast-undo") ? UNDO_SHOWN : SHOWN;
  const start = () => { timer = setTimeout(() => sheet.remove(), shown); };
  const stop = () => clearTimeout(timer);
  sheet.addEventListener("pointerenter", stop);
  sheet.addEventListener("pointerleave", start);
  sheet.addEventListener("focusin", stop);
  sheet.addEventListener("focusout", start);
  start();
}

if (place) {
  for (const sheet of place.children) leave(sheet);
  // What stands there when the page opens is no change, which alone is read out by itself.
  announce([...place.querySelectorAll(".toast-text")].map((one) => one.textContent.trim()).join(" "));
  place.addEventListener("click", (event) => {
    if (event.target.closest("[data-toast-close]")) event.target.closest(".toast-sheet").remove();
  });
}

document.addEventListener("toast", (event) => toast(event.detail));
document.addEventListener("htmx:sendError", () => toast({ message: word("offline"), level: "danger" }));
document.addEventListener("htmx:timeout", () => toast({ message: word("offline"), level: "danger" }));
document.addEventListener("htmx:responseError", (event) => {
  // Our own errors bring their sentence as a toast; only what came from elsewhere (a proxy) needs words.
  const headers = event.detail.xhr.getResponseHeader("HX-Trigger") || "";
  if (!headers.includes("toast")) toast({ message: word("failed"), level: "danger" });
});
