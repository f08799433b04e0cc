// "Notices on this device": says what this browser can do, and asks it only when somebody presses the button. What it
// answers goes to the desk by the form.
import { toast } from "./toasts.js";

const box = document.querySelector("[data-push]");
const form = box.querySelector("form[data-push-form]");
const button = form.querySelector("button");

const canPush = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function say(state) {
  for (const each of box.querySelectorAll("[data-push-state]")) each.hidden = each.dataset.pushState !== state;
  form.hidden = state !== "ready";
}

async function look() {
  if (!canPush()) return say("missing");
  if (Notification.permission === "denied") return say("denied");
  const kept = await (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription();
  const known = box.dataset.push === "here";
  // Left over from somebody who signed out, or removed on another device.
  if (kept && !known) await kept.unsubscribe();
  return say(kept && known && Notification.permission === "granted" ? "here" : "ready");
}

async function allow() {
  if ((await Notification.requestPermission()) !== "granted") return look();
  await navigator.serviceWorker.register(box.dataset.worker, { scope: "/" });
  const { pushManager } = await navigator.serviceWorker.ready;
  // Always a new one: an old one may be somebody else's, or of an old key of the desk.
  await (await pushManager.getSubscription())?.unsubscribe();
  const given = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: form.dataset.key });
  const { endpoint, keys } = given.toJSON();
  Object.entries({ endpoint, p256dh: keys.p256dh, auth: keys.auth }).forEach(([name, value]) => {
    form.elements[name].value = value;
  });
  return form.submit();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    await allow();
  } catch {
    toast({ message: box.dataset.failed, level: "danger" });
  } finally {
    button.disabled = false;
  }
});
look();
