// Menus are <details class="menu">, dialogs <dialog>: both work by themselves. This closes menus when one leaves them and
// opens the dialogs that buttons name.
const open = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of open()) {
    const chosen = event.target.closest(".menu-item");
    if (!menu.contains(event.target) || (chosen && menu.contains(chosen))) menu.open = false;
  }
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog && !dialog.open) dialog.showModal();
  }
  // A click on the veil is outside of the sheet.
  if (event.target instanceof HTMLDialogElement && event.target.open && event.target.matches(".sheet")) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && !event.target.querySelector("form:not([method=dialog])")) event.target.close();
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.target instanceof Element ? event.target.closest("details.menu[open]") : null;
  if (event.key === "Escape") {
    for (const one of open()) {
      one.open = false;
      if (one === menu) one.querySelector("summary").focus();
    }
    return;
  }
  if (!menu || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
  const items = [...menu.querySelectorAll("summary, .menu-item, .choice, a, button, input")].filter((item) => item.offsetParent !== null);
  const next = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  if (items[next]) {
    event.preventDefault();
    items[next].focus();
  }
});

document.addEventListener("focusin", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

// Strips that scroll sideways on a phone begin with the present place in view.
for (const here of document.querySelectorAll(".tabs [aria-current], .rail [aria-current]")) {
  const strip = here.closest(".tabs, .rail");
  const box = here.getBoundingClientRect();
  if (box.right > strip.getBoundingClientRect().right) strip.scrollLeft += box.right - strip.getBoundingClientRect().right + 16;
}

// Where the rail is a strip that scrolls, on a phone, the present page's link is brought into sight.
const here = document.querySelector(".rail [aria-current]");
if (here) {
  const rail = here.closest(".rail");
  rail.scrollLeft += here.getBoundingClientRect().left - rail.getBoundingClientRect().left - (rail.clientWidth - here.offsetWidth) / 2;
}
