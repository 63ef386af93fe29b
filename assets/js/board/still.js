// One frame of the film as an export would show it, beside the frame before the look: made by the studio from the same
// filters. Only the newest wish counts; while one is on its way the next one waits.

import { BASE, el, seconds, t } from "../dom.js";

const DEBOUNCE_MS = 60;

/** wish(): what the picture is made with. Gives node, refresh(), goto(seconds), stop(). */
export function stillView(store, wish) {
  const [after, before] = [
    el("img", "", { alt: t("look.after"), data: { still: "after" } }),
    el("img", "bd-before", { alt: t("look.before"), data: { still: "before" } }),
  ];
  const said = el("p", "bd-stillsaid", { role: "status" });
  const split = el("input", "bd-split", {
    type: "range",
    min: 0,
    max: 100,
    step: 1,
    value: 0,
    "aria-label": t("look.split"),
    data: { do: "split-still" },
    title: t("look.split"),
  });
  const stage = el(
    "div",
    "bd-still",
    { data: { still: "waiting" } },
    after,
    before,
    el("b", "bd-splitline", { "aria-hidden": "true" }),
    said,
    split,
  );
  shaped(stage, store.board);
  const clock = el("output", "", {});
  const scrub = el("input", "", {
    type: "range",
    min: 0,
    max: Math.max(1, store.data.frames - 1) / store.board.fps,
    step: 1 / store.board.fps,
    value: Math.min(1, store.data.length_s / 2),
    "aria-label": t("look.moment"),
  });
  const node = el(
    "div",
    "bd-stillbox",
    {},
    stage,
    el("label", "bd-slider bd-moment", {}, el("span", "", {}, t("look.moment")), scrub, clock),
  );
  const urls = new Map();
  let timer;
  let busy = false;
  let wished = 0;
  let plainAt = null;

  const cut = () => stage.style.setProperty("--split", `${split.value}%`);
  const told = () => (clock.textContent = `${Number(scrub.value).toFixed(1)} s`);
  split.addEventListener("input", cut);
  scrub.addEventListener("input", () => (told(), refresh()));

  async function picture(image, body) {
    const answer = await fetch(new URL(`${store.path}/still`, BASE), {
      method: "POST",
      credentials: "same-origin",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok)
      throw new Error((await answer.json().catch(() => ({}))).error || t("widgets.failed", { status: answer.status }));
    const url = URL.createObjectURL(await answer.blob());
    URL.revokeObjectURL(urls.get(image));
    urls.set(image, url);
    image.src = url;
    await image.decode().catch(() => {});
  }

  async function load() {
    if (busy) return;
    busy = true;
    const mine = wished;
    const at_s = Number(scrub.value);
    const body = { at_s, ...wish() };
    let state = "done";
    try {
      await picture(after, body);
      const plain = JSON.stringify([at_s, body.titles]);
      if (plain !== plainAt && mine === wished) {
        await picture(before, { ...body, plain: true });
        plainAt = plain;
      }
      said.textContent = "";
    } catch (error) {
      said.textContent = error.message;
      state = "failed";
    }
    busy = false;
    if (mine === wished) stage.dataset.still = state;
    else if (node.isConnected) load();
  }

  function refresh() {
    wished++;
    stage.dataset.still = "waiting";
    clearTimeout(timer);
    timer = setTimeout(load, DEBOUNCE_MS);
  }

  function goto(s) {
    scrub.value = `${Math.max(0, Math.min(s, Number(scrub.max)))}`;
    told();
    refresh();
  }

  function stop() {
    clearTimeout(timer);
    for (const url of urls.values()) URL.revokeObjectURL(url);
  }
  cut();
  told();
  return { node, refresh, goto, stop, at: () => Number(scrub.value) };
}

/** The box of a still takes the film's shape. */
export function shaped(stage, { width, height }) {
  stage.style.aspectRatio = `${width} / ${height}`;
  stage.style.setProperty("--shape", width / height);
}

/** 3 s, as a hint beside a field of seconds. */
export const filmSeconds = (s) => t("look.of_film", { time: seconds(s) });
