// Sharing out: a ticket goes to the person onto whose row it is dragged, or whose digit is pressed on its row.
let dragged = null;

function give(row, to) {
  const select = row.querySelector("select[name=to]");
  if (![...select.options].some((option) => option.value === to)) return;
  select.value = to;
  select.form.requestSubmit();
}

function target(event) {
  return event.target instanceof Element ? event.target.closest("[data-to]") : null;
}

function unmark() {
  for (const row of document.querySelectorAll("[data-to].is-over")) row.classList.remove("is-over");
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target instanceof Element ? event.target.closest("[data-share]") : null;
  if (dragged) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragend", () => {
  dragged = null;
  unmark();
});
document.addEventListener("dragover", (event) => {
  unmark();
  const row = target(event);
  if (!dragged || !row) return;
  event.preventDefault();
  row.classList.add("is-over");
});
document.addEventListener("drop", (event) => {
  const row = target(event);
  if (!dragged || !row) return;
  event.preventDefault();
  give(dragged, row.dataset.to);
});
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
  if (event.target.closest("input, select, textarea, dialog")) return;
  const row = document.querySelector("[data-share].is-current") || event.target.closest("[data-share]");
  const person = document.querySelector(`[data-digit="${event.key}"]`);
  if (row && person) give(row, person.dataset.to);
});
