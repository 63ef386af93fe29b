// The page before a review. The link's token comes in the fragment of the address, which no server and no log sees; it
// reaches the studio in the body of a POST alone. It stays in this tab, so that a reload asks again.
addEventListener("DOMContentLoaded", () => {
  const KEPT = "studio-share-link";
  const NAME = "studio-guest-name";
  const token = location.hash.slice(1) || sessionStorage.getItem(KEPT) || "";
  sessionStorage.setItem(KEPT, token);
  history.replaceState(null, "", location.pathname);
  const find = (id) => /** @type {any} */ (document.getElementById(id));
  const tables = JSON.parse(find("words").textContent);
  const words = () => tables[document.documentElement.lang] || tables.en;

  async function send(path, body) {
    const options = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token, ...body }),
    };
    const answer = await fetch(new URL(path, document.baseURI), options).catch(() => null);
    const told = await answer?.json().catch(() => null);
    if (!answer?.ok) throw Object.assign(new Error(told?.error || words().failed), { field: told?.field });
    return told;
  }

  function say(key, bad = false) {
    const line = find("about");
    words()[key] ? line.setAttribute("data-word", key) : line.removeAttribute("data-word");
    line.textContent = words()[key] || key;
    line.classList.toggle("bad", bad);
  }

  /** The error below the fields; "" takes it away. field: the input that it is about. */
  function complain(text, field = undefined) {
    find("error").textContent = text;
    find("error").hidden = !text;
    for (const input of [find("name"), find("password")]) {
      const own = Boolean(text) && input === field;
      own ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
      own ? input.setAttribute("aria-describedby", "error") : input.removeAttribute("aria-describedby");
    }
    field?.focus();
  }

  function show(entrance) {
    if (entrance.title) {
      find("title").removeAttribute("data-word");
      find("title").textContent = entrance.title;
    }
    say(entrance.needs_password ? "about_password" : entrance.can_comment ? "about_comment" : "about_look");
    find("secret").hidden = !entrance.needs_password;
    find("name").value = localStorage.getItem(NAME) || "";
    find("fields").hidden = false;
    (find("name").value && entrance.needs_password ? find("password") : find("name")).focus();
  }

  find("gate").addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = find("name").value.trim();
    if (!name) return complain(words().no_name, find("name"));
    if (!find("secret").hidden && !find("password").value) return complain(words().no_password, find("password"));
    complain("");
    find("enter").disabled = true;
    try {
      await send("enter", { name, password: find("password").value });
      localStorage.setItem(NAME, name);
      location.replace(new URL("./", document.baseURI));
    } catch (error) {
      find("enter").disabled = false;
      complain(error.message, find("secret").hidden || error.field === "name" ? find("name") : find("password"));
    }
  });

  if (!token) say("no_link", true);
  else send("look", {}).then(show, (error) => say(error.message, true));
});
