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
  const GOOD_CHARS = 14;
  let words = {};

  /** A button in the field that shows what was typed, and hides it again. */
  const showable = (input) => {
    const button = document.createElement("button");
    const say = () => {
      button.dataset.word = input.type === "password" ? "show" : "hide";
      button.textContent = words[button.dataset.word];
    };
    button.type = "button";
    button.className = "peek";
    button.setAttribute("aria-controls", input.id);
    button.addEventListener("click", () => {
      input.type = input.type === "password" ? "text" : "password";
      say();
      input.focus();
    });
    const box = document.createElement("div");
    box.className = "box";
    input.replaceWith(box);
    box.append(input, button);
    say();
    input.form.addEventListener("submit", () => (input.type = "password")); // as password managers expect it
  };

  /** The rule below a new password says whether it is long enough; length is what counts most. */
  const measured = (input) => {
    const rule = document.getElementById("rule");
    const whole = rule.dataset.word;
    input.addEventListener("input", () => {
      const n = [...input.value].length;
      const level = n >= GOOD_CHARS ? "good" : n >= input.minLength ? "fair" : "short";
      rule.dataset.word = n ? `length_${level}` : whole;
      rule.dataset.level = n ? level : "";
      rule.textContent = words[rule.dataset.word];
    });
  };

  addEventListener("DOMContentLoaded", () => {
    const tables = JSON.parse(document.getElementById("words").textContent);
    const language = tables[kept("studio-language")] ? kept("studio-language") : document.documentElement.lang;
    words = tables[language];
    for (const input of document.querySelectorAll("input[type=password]")) showable(input);
    for (const input of document.querySelectorAll("input[autocomplete=new-password]")) measured(input);
    const empty = [...document.querySelectorAll("input")].find((input) => input.checkVisibility() && !input.value);
    empty?.focus();
    document.documentElement.lang = language;
    for (const element of document.querySelectorAll("[data-word]")) element.textContent = words[element.dataset.word];
  });
})();
