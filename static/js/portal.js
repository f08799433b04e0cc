// The form with which staff ask: what is folded away but filled in is unfolded, so that nobody sends what they do not see.
function unfold(form) {
  for (const part of form.querySelectorAll("details:not([open])")) {
    const filled = [...part.querySelectorAll("input, textarea, select")].some((field) => field.type !== "hidden"
      && (field.type === "radio" || field.type === "checkbox" ? field.checked : field.value));
    if (filled) part.open = true;
  }
}

document.addEventListener("draft-restored", (event) => unfold(event.target));
for (const form of document.querySelectorAll("form.request-form")) unfold(form);

// A link to a folded part of the page opens it: “not solved yet” from the home page.
function openTarget() {
  const part = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
  const folded = part ? part.closest("details") : null;
  if (folded) {
    folded.open = true;
    const field = folded.querySelector("textarea, input:not([type=hidden])");
    if (field) field.focus();
  }
}
addEventListener("hashchange", openTarget);
addEventListener("load", () => setTimeout(openTarget));
