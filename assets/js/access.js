// The line above the page of a studio that is open to everyone, in the page's language.
addEventListener("DOMContentLoaded", () => {
  for (const element of document.querySelectorAll("#studio-open [data-word]"))
    element.textContent = window.studioText(element.dataset.word);
});
