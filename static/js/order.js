// Order: a row of a list goes to the place of the row onto which it is dragged. Without scripts the buttons beside it do.
let dragged = null;

const rowOf = (event) => (event.target instanceof Element ? event.target.closest("[data-order-row]") : null);

for (const row of document.querySelectorAll("[data-order-row]")) row.draggable = true;

document.addEventListener("dragstart", (event) => {
  dragged = rowOf(event);
  if (dragged) event.dataTransfer.effectAllowed = "move";
});

document.addEventListener("dragover", (event) => {
  const over = rowOf(event);
  if (!dragged || !over) return;
  event.preventDefault();
  for (const each of document.querySelectorAll("[data-order-row].is-over")) each.classList.remove("is-over");
  if (over !== dragged) over.classList.add("is-over");
});

document.addEventListener("drop", (event) => {
  const over = rowOf(event);
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  const form = dragged.querySelector(".rule-place").form;
  form.elements.place.value = over.querySelector(".rule-place").value;
  form.requestSubmit();
});

document.addEventListener("dragend", () => {
  dragged = null;
  for (const each of document.querySelectorAll("[data-order-row].is-over")) each.classList.remove("is-over");
});
