// A list of suggestions below a text field, asked of the server while one types. Arrows move, Enter and a press take,
// Escape closes. `pick` marks the first by itself, so that Enter takes it; else Enter is the form's until one has moved.
import { announce, composing } from "./words.js";

// `before` makes options of the page's own, which stand first. What was taken becomes the field's value, unless `put` puts
// it there otherwise, and is told to `take`.
// {box, list, address: (typed) => URL or "", take, put: (option) => {}, before: (typed) => [li], pick, found, nobody} → {suggest()}
export function suggestions({ box, list, address, take, put = (option) => { box.value = option.dataset.value; }, before = () => [], pick = false, found = "", nobody = "" }) {
  let waiting = 0;
  let question = 0;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  // A text of several lines cannot say so, only a box can.
  function expanded(value) {
    if (box instanceof HTMLInputElement) box.setAttribute("aria-expanded", String(value));
  }

  function close() {
    list.hidden = true;
    list.replaceChildren();
    expanded(false);
    box.removeAttribute("aria-activedescendant");
  }

  function mark(option) {
    for (const one of options()) one.setAttribute("aria-selected", String(one === option));
    if (option) {
      box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      box.removeAttribute("aria-activedescendant");
    }
  }

  function choose(option) {
    put(option);
    clearTimeout(waiting);
    question += 1;
    close();
    take(option);
  }

  async function suggest() {
    const asked = address(box.value);
    const mine = ++question;
    if (!asked) {
      close();
      return;
    }
    let html = "";
    try {
      const answer = await fetch(asked, { headers: { "HX-Request": "true" } });
      if (answer.ok) html = await answer.text();
    } catch { /* no answer: nothing is offered, least of all what an earlier question found */ }
    // A later question, or something taken meanwhile: this answer is old.
    if (mine !== question || document.activeElement !== box) return;
    const answered = new DOMParser().parseFromString(html, "text/html").querySelectorAll("[role=option]");
    list.replaceChildren(...before(box.value), ...answered);
    const all = options();
    list.hidden = all.length === 0;
    expanded(all.length > 0);
    mark(pick ? all[0] : undefined);
    announce(all.length ? `${found} ${all.length}`.trim() : nobody);
  }

  function ask() {
    clearTimeout(waiting);
    waiting = setTimeout(suggest, 150);
  }

  box.addEventListener("input", (event) => {
    if (!event.isComposing) ask();
  });
  box.addEventListener("compositionend", ask);
  box.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    const all = options();
    const at = all.indexOf(chosen());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!all.length) {
        if (event.key === "ArrowDown") suggest();
        return;
      }
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark(all[at < 0 && step < 0 ? all.length - 1 : (at + step + all.length) % all.length]);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && at >= 0) {
      event.preventDefault();
      event.stopPropagation();
      choose(all[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Tab" && pick && all.length === 1) {
      choose(all[0]);
    }
  }, true);
  box.addEventListener("blur", () => setTimeout(() => {
    if (document.activeElement !== box) close();
  }, 150));
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the box keeps the focus
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
  return { suggest };
}
