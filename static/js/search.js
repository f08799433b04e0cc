// The search boxes complete the names of filters and their values while one types.
import { suggestions } from "./suggestions.js";

for (const box of document.querySelectorAll("input[data-complete]")) {
  const list = document.getElementById(box.getAttribute("aria-controls"));
  if (!list) continue;
  const { suggest } = suggestions({
    box,
    list,
    // Only what one is typing at the end can be completed.
    address: (typed) => (box.selectionStart === typed.length && typed.trim() ? `${box.dataset.complete}?q=${encodeURIComponent(typed)}` : ""),
    take: () => suggest(),
    found: box.dataset.found,
  });
}
