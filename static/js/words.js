// Translated words for the scripts stand in the page (templates/web/_live.html), so that scripts hold none of their own.
export function word(name) {
  const words = document.getElementById("words");
  return (words && words.dataset[name]) || "";
}

// Read out by screen readers without moving the focus.
export function announce(text) {
  const place = document.getElementById("announcer");
  if (!place || !text) return;
  place.textContent = "";
  // A pause makes the same sentence be read twice when it is said twice.
  setTimeout(() => { place.textContent = text; }, 60);
}

// True while an input method is composing: then Enter chooses a word and sends nothing.
// keyCode 229 is what Safari reports for the Enter that ends a composition.
export function composing(event) {
  return event.isComposing || event.keyCode === 229;
}

// A field in which keys mean letters.
export function isTyping(target) {
  return target instanceof Element
    && target.closest("input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select, [contenteditable=true]") !== null;
}
