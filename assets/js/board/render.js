// Before money is spent: which shots would be rendered, which stand already, which cannot and why, and the whole price.
// And the two ways to make a film compared: one multi-shot run, or a run per shot.

import { button, dollars, el, icon, media, seconds, t } from "../dom.js";
import { get, post, toast, tryOrToast } from "../net.js";
import { choose, dialog, field, hints, warnings } from "./dialog.js";

/** Show what rendering would do (ids: these shots, else all approved ones) and do it when confirmed. */
export async function renderDialog(store, ids = null) {
  store.flush();
  await store.chain;
  const plan = await tryOrToast(post(`${store.path}/render-plan`, { shots: ids }));
  if (!plan) return;
  const row = (id, why, usd) => {
    const shot = store.find(id);
    return el(
      "li",
      "",
      { data: { id } },
      shot?.best
        ? el("img", "", { src: media(shot.best.id, "thumb"), alt: "" })
        : el("span", "bd-nopic", {}, icon("film")),
      el(
        "div",
        "st-grow",
        {},
        el("strong", "", {}, `${shot.number}  ${shot.prompt.slice(0, 90)}`),
        el("small", "st-dim", {}, why ?? `${shot.model_label} · ${seconds(shot.asks_s ?? shot.duration_s)}`),
        why ? null : hints(shot.hints),
      ),
      why && usd === undefined ? null : el("span", "bd-price", {}, dollars(usd ?? shot.usd)),
    );
  };
  const part = (label, list, cls, why, usd) =>
    list.length
      ? el(
          "section",
          `bd-sec ${cls}`,
          {},
          el("h4", "", {}, `${label} (${list.length})`),
          el("ol", "bd-rows", {}, ...list.map((id) => row(id, why?.(id), usd?.(id)))),
        )
      : null;
  const later = new Map(plan.follow.map((f) => [f.shot, f]));
  const all = store.shots.map((s) => s.id).filter((id) => plan.ready.includes(id) || later.has(id));
  const blocked = Object.keys(plan.blocked);
  const waiting = store.shots.filter((s) => s.status !== "approved");
  const approve =
    !ids && waiting.length
      ? button(
          t("board.approve_all"),
          { name: "check", text: t("board.approve_all"), data: { do: "approve-all" } },
          async () => {
            box.close();
            if (await store.edit({ op: "status", shots: waiting.map((s) => s.id), status: "approved" }))
              renderDialog(store);
          },
        )
      : null;
  const strays = blocked.map((id) => store.find(id)).filter((s) => s?.fits);
  const fit = strays.length
    ? button(
        t("board.fit_all", { n: strays.length }),
        { text: t("board.fit_all", { n: strays.length }), data: { do: "fit-all" } },
        async () => {
          box.close();
          if (await store.chooseModels(strays)) renderDialog(store, ids);
        },
      )
    : null;
  const body = el(
    "div",
    "bd-form",
    {},
    all.length || blocked.length || plan.done.length ? null : el("p", "bd-note", {}, t("board.nothing_approved")),
    part(t("board.will_render"), plan.ready, "ready"),
    part(
      t("film.follow"),
      [...later.keys()],
      "follow",
      (id) => t("film.follow_after", { n: store.find(later.get(id).after).number }),
      (id) => later.get(id).usd,
    ),
    part(t("board.blocked"), blocked, "blocked", (id) => plan.blocked[id]),
    part(t("board.standing"), plan.done, "done", () => t("board.stands")),
    plan.warnings.length ? warnings(plan.warnings) : null,
  );
  const total = el(
    "div",
    "bd-total",
    {},
    el("span", "", {}, t("board.total")),
    el("strong", "", {}, dollars(plan.usd)),
    plan.expected_s ? el("small", "st-dim", {}, `~${seconds(plan.expected_s)}`) : null,
  );
  const go = button(
    t("board.render_go", { n: all.length }),
    {
      name: "play",
      text: t("board.render_go", { n: all.length }),
      cls: "primary",
      disabled: !all.length || null,
      data: { do: "render-now" },
    },
    async () => {
      go.disabled = true;
      const done = await store.act("render", { shots: all, usd: plan.usd });
      box.close();
      if (done?.queued) toast(t("board.queued", { n: done.queued }));
    },
  );
  const box = dialog(t("board.render_title"), body, [total, el("span", "st-grow"), fit, approve, go].filter(Boolean), {
    wide: true,
  });
  (all.length ? go : approve)?.focus();
}

/** Compare one run for the whole film with a run for each shot. */
export function productionMethodDialog(store, groups) {
  const able = groups
    .map((g) => [g.label, g.models.filter((m) => m.multi_shot).map((m) => [m.id, m.label])])
    .filter(([, models]) => models.length);
  if (!able.length) return toast(t("board.no_multi_shot"), { bad: true });
  const all = able.flatMap(([, models]) => models.map(([id]) => id));
  let model = all.includes(store.board.model) ? store.board.model : all[0];
  const sides = el("div", "bd-ways", { "aria-live": "polite" });
  const picker = choose(able, model, (v) => ((model = v), load()), { data: { field: "way-model" } });
  async function load() {
    const found = await tryOrToast(get(`${store.path}/ways?model=${encodeURIComponent(model)}`));
    if (!found) return;
    const priced = [found.one_run, found.per_shot]
      .filter((w) => w.possible && w.usd !== null)
      .sort((a, b) => a.usd - b.usd);
    const cheaper = priced.length === 2 && priced[0].usd < priced[1].usd ? priced[0] : null;
    sides.replaceChildren(side(found.one_run, cheaper), side(found.per_shot, cheaper));
  }
  function side(way, cheaper) {
    const go =
      way.kind === "one_run"
        ? button(
            t("board.way_one_go"),
            { text: t("board.way_one_go"), cls: "primary", disabled: !way.possible || null, data: { do: "one-run" } },
            async () => {
              box.close();
              if (await store.act("one-run", { model })) toast(t("film.whole_queued"));
            },
          )
        : button(
            t("board.way_each_go"),
            { text: t("board.way_each_go"), cls: "primary", data: { do: "each" } },
            () => (box.close(), renderDialog(store)),
          );
    return el(
      "section",
      `bd-way${way.possible ? "" : " no"}`,
      { data: { way: way.kind } },
      el(
        "h4",
        "",
        {},
        t(`board.way.${way.kind}`),
        cheaper === way ? el("span", "bd-badge render", {}, t("board.cheapest")) : null,
      ),
      el("p", "st-dim", {}, t(`board.way_help.${way.kind}`)),
      way.possible
        ? el(
            "p",
            "bd-big",
            {},
            dollars(way.usd),
            el(
              "small",
              "st-dim",
              {},
              [t("board.runs_n", { n: way.runs }), way.expected_s ? `~${seconds(way.expected_s)}` : ""]
                .filter(Boolean)
                .join(" · "),
            ),
          )
        : null,
      warnings(way.problems),
      el("span", "st-grow"),
      go,
    );
  }
  const box = dialog(t("board.ways"), el("div", "bd-form", {}, field(t("board.way_model"), picker), sides), [], {
    wide: true,
  });
  load();
}
