// Tickets chosen in the queue: kept through its pages (in this tab), counted, and sent with those of the page that shows.
const PREFIX = "bulk:";

const form = () => document.querySelector("[data-bulk]");
const boxes = () => [...document.querySelectorAll(".queue-pick input")];
const place = () => `${PREFIX}${form().getAttribute("action")}`;

function kept() {
  return new Set((sessionStorage.getItem(place()) || "").split(".").filter(Boolean));
}

function keep(chosen) {
  if (chosen.size) sessionStorage.setItem(place(), [...chosen].join("."));
  else sessionStorage.removeItem(place());
  show(chosen);
}

function show(chosen) {
  const bar = form();
  const count = bar.querySelector(".bulk-count");
  bar.hidden = chosen.size === 0;
  count.textContent = chosen.size ? count.dataset.word.replace("{n}", chosen.size) : "";
}

function restore() {
  if (!form()) return;
  const chosen = kept();
  for (const box of boxes()) box.checked = chosen.has(box.value);
  show(chosen);
}

document.addEventListener("change", (event) => {
  const box = event.target instanceof Element ? event.target.closest(".queue-pick input") : null;
  if (!box || !form()) return;
  const chosen = kept();
  if (box.checked) chosen.add(box.value);
  else chosen.delete(box.value);
  keep(chosen);
});
document.addEventListener("reset", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  for (const box of boxes()) box.checked = false;
  keep(new Set());
});
document.addEventListener("formdata", (event) => {
  if (event.target !== form()) return;
  event.formData.delete("pick");
  event.formData.set("pick", [...kept()].join("."));
});
document.addEventListener("submit", (event) => {
  if (event.target === form()) setTimeout(() => sessionStorage.removeItem(place()));
});
document.addEventListener("htmx:afterSettle", restore);
window.addEventListener("pageshow", restore);
restore();
