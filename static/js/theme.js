// Light, dark or as the system says. The choice is a cookie, so that the server writes it into the next page without a flash.
const root = document.documentElement;

function choose(theme) {
  if (theme) root.dataset.bsTheme = theme;
  else delete root.dataset.bsTheme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = theme
    ? `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`
    : `theme=; Path=/; Max-Age=0; SameSite=Lax${secure}`;
  show();
}

function show() {
  const now = root.dataset.bsTheme || "";
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === now));
  }
}

for (const group of document.querySelectorAll("[data-themes]")) group.hidden = false;
show();

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice]");
  if (button) choose(button.dataset.themeChoice);
});
