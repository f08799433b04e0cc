// Buttons that put something where one writes: the field with data-insert-here, of several the one
// where one was last.
let field = document.querySelector("[data-insert-here]");
document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-insert-here]")) field = event.target;
});

for (const button of document.querySelectorAll("[data-insert]")) {
  button.addEventListener("click", () => {
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
