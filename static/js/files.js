// File inputs marked data-files: pictures can be pasted into the form or dropped onto it; chosen files are listed with a
// small picture and can be taken away again. Everything ends in the input's own list, so that the form sends it as usual.
import { word } from "./words.js";

function formInput(node) {
  const form = node instanceof Element ? node.closest("form") : null;
  return form ? form.querySelector("input[type=file][data-files]") : null;
}

function put(input, files) {
  const transfer = new DataTransfer();
  for (const file of [...input.files, ...files]) transfer.items.add(file);
  input.files = transfer.files;
  list(input);
}

function take(input, index) {
  const transfer = new DataTransfer();
  [...input.files].forEach((file, position) => { if (position !== index) transfer.items.add(file); });
  input.files = transfer.files;
  list(input);
}

function size(bytes) {
  const lang = document.documentElement.lang;
  if (bytes < 1024 * 1024) return `${new Intl.NumberFormat(lang).format(Math.max(1, Math.round(bytes / 1024)))} KB`;
  return `${new Intl.NumberFormat(lang, { maximumFractionDigits: 1 }).format(bytes / 1024 / 1024)} MB`;
}

function list(input) {
  let place = input.parentElement.querySelector(".file-list");
  if (!place) {
    place = document.createElement("ul");
    place.className = "file-list";
    place.setAttribute("aria-live", "polite");
    input.after(place);
  }
  for (const picture of place.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
  const most = Number(input.dataset.maxBytes || 0);
  place.replaceChildren(...[...input.files].map((file, index) => {
    const item = document.createElement("li");
    item.className = "file-chip";
    if (/^image\/(png|jpeg|gif|webp)$/.test(file.type)) {
      const picture = document.createElement("img");
      picture.className = "file-thumb";
      picture.alt = "";
      picture.src = URL.createObjectURL(file);
      item.append(picture);
    }
    const name = document.createElement("span");
    name.textContent = `${file.name} · ${size(file.size)}`;
    item.append(name);
    if (most && file.size > most) {
      const warning = document.createElement("span");
      warning.className = "field-error";
      warning.textContent = word("tooLarge");
      item.append(warning);
    }
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "file-remove";
    remove.setAttribute("aria-label", `${word("remove")}: ${file.name}`);
    remove.textContent = "×";
    remove.addEventListener("click", () => { take(input, index); input.focus(); });
    item.append(remove);
    return item;
  }));
}

document.addEventListener("paste", (event) => {
  const input = formInput(event.target);
  const pictures = [...(event.clipboardData ? event.clipboardData.files : [])];
  if (!input || pictures.length === 0) return;
  // Copying from a spreadsheet puts text and a picture of it on the clipboard: text was meant.
  if (event.clipboardData.types.includes("text/plain")) return;
  event.preventDefault();
  const stamp = new Date().toLocaleString("sv").replace(/[-:]/g, "").replace(" ", "-");
  put(input, pictures.map((file, index) => {
    const plain = /^image\.(png|jpe?g|gif|webp)$/.test(file.name);
    const kind = file.name.split(".").pop();
    return plain ? new File([file], `${word("pasted")}-${stamp}${index ? `-${index + 1}` : ""}.${kind}`, { type: file.type }) : file;
  }));
});

document.addEventListener("dragover", (event) => {
  const input = formInput(event.target);
  if (!input || !event.dataTransfer || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  input.closest("form").classList.add("is-over");
});
for (const kind of ["dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const form = event.target instanceof Element ? event.target.closest("form.is-over") : null;
    if (form) form.classList.remove("is-over");
  });
}
document.addEventListener("drop", (event) => {
  const input = formInput(event.target);
  if (!input || !event.dataTransfer || event.dataTransfer.files.length === 0) return;
  event.preventDefault();
  put(input, [...event.dataTransfer.files]);
});
document.addEventListener("change", (event) => {
  if (event.target instanceof Element && event.target.matches("input[type=file][data-files]")) list(event.target);
});
document.addEventListener("reset", (event) => {
  setTimeout(() => { for (const input of event.target.querySelectorAll("input[type=file][data-files]")) list(input); });
});
