// Buttons that put something where one writes: the field with data-insert-here.
const field = document.querySelector("[data-insert-here]");

for (const button of document.querySelectorAll("[data-insert]")) {
  button.addEventListener("click", () => {
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
