// A box in the head of a list marks all boxes of a name below it. Without scripts it is hidden.
function show() {
  for (const box of document.querySelectorAll("input[data-marks]")) box.hidden = false;
}

document.addEventListener("change", (event) => {
  const box = event.target instanceof Element ? event.target.closest("input[data-marks]") : null;
  if (!box) return;
  const name = CSS.escape(box.dataset.marks);
  for (const one of document.querySelectorAll(`input[type=checkbox][name="${name}"]`)) one.checked = box.checked;
});
document.addEventListener("htmx:afterSwap", show);
show();
