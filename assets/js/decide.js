// The page behind the link in a message. The token leaves the address at once, and goes to the studio in the body of a
// POST alone; opening the page only asks what is to be decided.
addEventListener("DOMContentLoaded", () => {
  const token = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  const find = (id) => /** @type {any} */ (document.getElementById(id));
  const tables = JSON.parse(find("words").textContent);
  const words = () => tables[document.documentElement.lang] || tables.en;
  const filled = (key, values) => words()[key].replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

  function say(text, bad = false) {
    const line = find("asks");
    line.removeAttribute("data-word");
    line.textContent = text;
    line.classList.toggle("bad", bad);
  }

  async function send(approve) {
    const options = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token, approve }),
    };
    const answer = await fetch(new URL("decide", document.baseURI), options).catch(() => null);
    const body = await answer?.json().catch(() => null);
    if (!answer?.ok) throw new Error(body?.error || words().failed);
    return body;
  }

  function fact(id, text) {
    const place = find(id);
    place.textContent = text;
    place.hidden = place.previousElementSibling.hidden = !text;
  }

  function show(asked) {
    const key = !asked.who ? "asks_here" : asked.runs > 1 ? "asks" : "asks_one";
    say(filled(key, { who: asked.who, n: asked.runs, model: asked.model }));
    fact("usd", asked.usd === null ? words().no_price : `$${asked.usd.toFixed(2)}`);
    fact("why", asked.why);
    fact("prompt", asked.prompt);
    fact(
      "left",
      asked.left.map((one) => [one.name, `$${one.left_usd.toFixed(2)}`].filter(Boolean).join(" ")).join("\n"),
    );
    find("facts").hidden = find("choices").hidden = false;
  }

  async function decide(approve) {
    find("approve").disabled = find("reject").disabled = true;
    try {
      say((await send(approve)).said);
      find("facts").hidden = find("choices").hidden = true;
    } catch (error) {
      say(error.message, true);
      find("approve").disabled = find("reject").disabled = false;
    }
  }

  find("approve").addEventListener("click", () => decide(true));
  find("reject").addEventListener("click", () => decide(false));
  send(null).then(
    ({ asked }) => show(asked),
    (error) => say(error.message, true),
  );
});
