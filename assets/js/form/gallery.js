// A file for a slot out of what the studio keeps: results and uploads of the kinds that the slot takes, searched by words.

import { button, el, icon, media, seconds, since, styles, t } from "../dom.js";
import { get, tryOrToast } from "../net.js";

const PAGE_SIZE = 60;
const DEBOUNCE_MS = 250;
const KIND_ICON = { image: "image", video: "film", audio: "sound", document: "script" };

/** Ask for one file, or up to `most`; chosen(assets) hears of them. label: of the slot. */
export function pick(label, kinds, most, chosen) {
  styles("widgets.css");
  const taken = new Map();
  const grid = el("div", "fg-grid", { role: "list", "aria-busy": "true" });
  const search = el("input", "fg-search", {
    type: "search",
    placeholder: t("forms.gallery_search"),
    "aria-label": t("forms.gallery_search"),
  });
  const done = el("button", "fg-done", {
    type: "button",
    hidden: most < 2,
    onclick: () => finish([...taken.values()]),
  });
  const dialog = el(
    "dialog",
    "st fg-dialog",
    { "aria-label": t("forms.gallery_pick", { slot: label }) },
    el(
      "header",
      "",
      {},
      el("h3", "", {}, t("forms.gallery_pick", { slot: label })),
      button(t("widgets.close"), { name: "close", cls: "bare" }, () => dialog.close()),
    ),
    search,
    grid,
    el("footer", "", { hidden: most < 2 }, done),
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("keydown", (e) => e.key !== "Escape" && e.stopPropagation());
  dialog.addEventListener("pointerdown", (e) => e.target === dialog && dialog.close());

  function finish(assets) {
    dialog.close();
    if (assets.length) chosen(assets);
  }

  function press(asset, tile) {
    if (most < 2) return finish([asset]);
    taken.has(asset.id) ? taken.delete(asset.id) : taken.size < most && taken.set(asset.id, asset);
    tile.setAttribute("aria-pressed", String(taken.has(asset.id)));
    count();
  }

  function count() {
    done.disabled = !taken.size;
    done.textContent = t("forms.gallery_add", { n: taken.size });
  }

  function tile({ asset, name, at }) {
    const pages = asset.pages && t("forms.pages", { n: asset.pages });
    const facts = [asset.width && `${asset.width}×${asset.height}`, seconds(asset.duration_s), pages]
      .filter(Boolean)
      .join(" · ");
    const sign = () => icon(KIND_ICON[asset.kind] || "image", "st-i big");
    const source = media(asset.id, asset.kind === "audio" ? "wave" : "thumb");
    const image = asset.kind === "document" ? sign() : el("img", "", { alt: "", loading: "lazy", src: source });
    image.addEventListener("error", () => image.replaceWith(sign()), { once: true });
    const made = el(
      "button",
      "fg-tile",
      {
        type: "button",
        role: "listitem",
        title: name,
        "aria-label": name,
        "aria-pressed": most < 2 ? null : String(taken.has(asset.id)),
        data: { asset: asset.id },
        onclick: () => press(asset, made),
      },
      el("span", `fg-pic ${asset.kind}`, {}, image),
      el("span", "fg-name", {}, name),
      el("small", "", {}, since(at, { before: facts && `${facts} · ` })),
    );
    return made;
  }

  let round = 0;
  async function load() {
    const mine = ++round;
    const words = encodeURIComponent(search.value.trim());
    const made = kinds.filter((kind) => kind !== "document"); // no run makes one
    const results = made.map((kind) =>
      tryOrToast(get(`ui/runs?kind=${kind}&status=succeeded&limit=${PAGE_SIZE}&query=${words}`)),
    );
    const own = tryOrToast(get(`ui/uploads?query=${words}&${kinds.map((kind) => `kind=${kind}`).join("&")}`));
    const [uploads, ...pages] = await Promise.all([own, ...results]);
    if (mine !== round) return;
    const found = pages
      .flatMap((page) => page?.runs || [])
      .filter((run) => kinds.includes(run.asset?.kind))
      .map((run) => ({
        asset: { ...run.asset, origin: run.id },
        name: run.prompt.slice(0, 120) || run.asset.name || run.model_label,
        at: run.created_at,
      }));
    found.push(...(uploads?.files || []).map((asset) => ({ asset, name: asset.name, at: asset.created_at })));
    const once = [...new Map(found.sort((a, b) => (a.at < b.at ? 1 : -1)).map((one) => [one.asset.id, one])).values()];
    grid.setAttribute("aria-busy", "false");
    grid.replaceChildren(...once.map(tile));
    if (!once.length)
      grid.replaceChildren(
        el(
          "p",
          "fg-none",
          {},
          icon(KIND_ICON[kinds[0]] || "image", "st-i huge"),
          t(
            search.value.trim()
              ? "forms.gallery_no_match"
              : `forms.gallery_empty_${kinds.length > 1 ? "many" : kinds[0]}`,
          ),
        ),
      );
  }
  let timer;
  search.addEventListener("input", () => (clearTimeout(timer), (timer = setTimeout(load, DEBOUNCE_MS))));
  count();
  document.body.append(dialog);
  dialog.showModal();
  search.focus();
  load();
}
