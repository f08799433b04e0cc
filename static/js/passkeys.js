// allauth's scripts do the ceremony of passkeys; when it fails (mostly: somebody pressed "cancel"), say what to do.
import { toast } from "./toasts.js";

const message = document.querySelector("script[data-failed][src*=passkeys]").dataset.failed;
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  toast({ message, level: "warning" });
});
