// Loaded on every page. Pages work without it; it makes them quicker to use.
import "./theme.js";
import "./menus.js";
import "./ime.js";
import "./toasts.js";
import "./htmx-manners.js";
import "./files.js";
import "./drafts.js";
import "./kept.js";
import "./keys.js";
import "./search.js";
