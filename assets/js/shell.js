// Runs before the page is built: language, light or dark, the words for widgets, keys that work everywhere.
(() => {
  const keep = {
    get: (key) => {
      try {
        return localStorage.getItem(key);
      } catch {
        return null;
      }
    },
    set: (key, value) => {
      try {
        localStorage.setItem(key, value);
      } catch {
        /* a private window keeps nothing */
      }
    },
  };

  // The studio sends the words of one language, by a cookie; a person's own choice goes first. Pages before the sign-in hold all.
  const tables = /** @type {any} */ (window).studioWords || {};
  const COOKIE = "studio_language";
  const remember = (name) => (document.cookie = `${COOKIE}=${name}; path=/; max-age=31536000; samesite=lax`); // errors and live events come worded
  const wanted = /^zh/i.test(keep.get("studio-language") || navigator.language || "en") ? "zh-CN" : "en";
  const language = tables[wanted] ? wanted : Object.keys(tables)[0] || "en";
  remember(wanted);
  if (language !== wanted && document.cookie.includes(`${COOKIE}=${wanted}`)) location.reload();

  // Gradio asks the browser which language to speak; it is told one that we have words for.
  Object.defineProperty(navigator, "language", { get: () => language, configurable: true });
  Object.defineProperty(navigator, "languages", { get: () => [language], configurable: true });
  document.documentElement.lang = language;

  // ICU's plural form with its two English cases: {n, plural, one {# run} other {# runs}}.
  const PLURAL = /\{(\w+), plural, one \{([^{}]*)\} other \{([^{}]*)\}\}/g;
  /** The words under `key` in the page's language, {name} filled from vars; the key itself if there are none. */
  window.studioText = (key, vars) => {
    const words = tables[language]?.[key] ?? tables.en?.[key] ?? key;
    if (!vars) return words;
    const counted = words.replace(PLURAL, (all, name, one, other) =>
      name in vars ? (String(vars[name]) === "1" ? one : other).replaceAll("#", vars[name]) : all,
    );
    return counted.replace(/\{(\w+)\}/g, (all, name) => (name in vars ? vars[name] : all));
  };

  // Gradio puts the class "dark" on the body by the system's wish; the person's own choice goes first.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (keep.get("studio-theme") || (system.matches ? "dark" : "light")) === "dark";
  const paint = () => {
    const on = dark();
    document.documentElement.dataset.theme = on ? "dark" : "light";
    const bars = document.querySelector('meta[name="theme-color"]');
    if (bars) {
      bars.dataset.light ??= bars.content;
      bars.content = on ? bars.dataset.dark : bars.dataset.light;
    }
    if (document.body && document.body.classList.contains("dark") !== on) document.body.classList.toggle("dark", on);
  };
  paint();
  system.addEventListener("change", paint);
  const read = () => {
    if (!document.body) return; // a reload for another language has ended this page
    paint();
    const viewport = document.querySelector('meta[name="viewport"]');
    if (viewport) viewport.content += ", viewport-fit=cover"; // an installed app draws below the notch, too
    new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  };
  document.addEventListener("readystatechange", read, { once: true }); // DOMContentLoaded waits for Gradio's scripts
  // mode: light, dark, or "" for the system's; without one the other of the two.
  window.studioTheme = (mode = dark() ? "light" : "dark") => (keep.set("studio-theme", mode), paint());
  window.studioLanguage = () => (keep.set("studio-language", language === "en" ? "zh-CN" : "en"), location.reload());

  // What this person may do, and the tabs they have; the studio refuses the rest, whatever the page shows.
  const meta = (name) => document.querySelector(`meta[name="studio-${name}"]`)?.getAttribute("content") || "";
  document.documentElement.dataset.may = meta("may");
  const hidden = meta("hidden-tabs").split(" ").filter(Boolean);
  if (hidden.length) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`${hidden.map((tab) => `#tab-${tab}-button`).join()} { display: none !important; }`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }

  const shown = (selector) => [...document.querySelectorAll(selector)].find((e) => e.offsetParent !== null);
  const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  addEventListener(
    "keydown",
    (e) => {
      const tab = e.target.closest?.("#studio-tabs > .tab-wrapper [role=tab]");
      if (tab && (STEPS[e.key] || e.key === "Home" || e.key === "End")) {
        const all = [...tab.parentElement.querySelectorAll("[role=tab]")].filter((one) => one.offsetParent !== null);
        const next = e.key === "Home" ? 0 : e.key === "End" ? all.length - 1 : all.indexOf(tab) + STEPS[e.key];
        e.preventDefault();
        all[(next + all.length) % all.length].focus();
      } else if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && !e.isComposing) {
        const run = shown(".studio-run");
        if (run) {
          e.preventDefault();
          run.click();
        }
      } else if (
        e.key === "/" &&
        !e.ctrlKey &&
        !e.metaKey &&
        !e.altKey &&
        !e.target.closest?.("input, textarea, select, [contenteditable=true]")
      ) {
        const search = shown(".studio-search input, .studio-search textarea, input.studio-search");
        e.preventDefault();
        if (search) return search.focus();
        document.getElementById("tab-gallery-button")?.click();
        setTimeout(() => shown(".studio-search input, .studio-search textarea, input.studio-search")?.focus(), 400);
      }
    },
    true,
  );
})();
