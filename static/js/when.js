// Parts of a form that belong to a choice made in it: data-when="kind=imap signs_in_by=google|microsoft" is shown while
// all of that is chosen. What is hidden is sent all the same, so nothing is lost by looking at another choice. Without
// scripts everything is shown. A part with an error is never hidden.
function holds(form, condition) {
  const [name, values] = condition.split("=");
  const chosen = form.elements.namedItem(name);
  return chosen === null || values.split("|").includes(chosen.value);
}

function show(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    const wanted = part.dataset.when.split(" ").every((each) => holds(form, each));
    part.hidden = !wanted && part.querySelector(".is-invalid, [aria-invalid=true]") === null;
  }
}

for (const form of new Set([...document.querySelectorAll("form [data-when]")].map((part) => part.closest("form")))) {
  form.addEventListener("change", () => show(form));
  show(form);
}
