// The page of an installed studio that cannot be reached: it opens the studio as soon as that answers again.
(() => {
  const RETRY_MS = 5000;
  const look = async () => {
    try {
      const answer = await fetch(new URL("healthz", document.baseURI), { cache: "no-store" });
      if (answer.ok) location.reload();
    } catch {
      /* still away */
    }
  };
  addEventListener("DOMContentLoaded", () =>
    document.querySelector("form").addEventListener("submit", (e) => (e.preventDefault(), location.reload())),
  );
  addEventListener("online", look);
  setInterval(look, RETRY_MS);
})();
