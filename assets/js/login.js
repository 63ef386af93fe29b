// The login page in the reader's own theme and language, as the studio's pages keep them.
(() => {
  const kept = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const theme = kept("studio-theme");
  if (theme) document.documentElement.dataset.theme = theme;
  addEventListener("DOMContentLoaded", () => {
    const empty = [...document.querySelectorAll("input")].find((input) => input.checkVisibility() && !input.value);
    empty?.focus();
    const language = kept("studio-language");
    const words = JSON.parse(document.getElementById("words").textContent)[language];
    if (!words) return;
    document.documentElement.lang = language;
    for (const element of document.querySelectorAll("[data-word]")) element.textContent = words[element.dataset.word];
  });
})();
