// Two ways to look at all shots at once: the contact sheet, for approval, and the joints, where one shot meets the next.

import { BASE, button, dollars, el, icon, media, t } from "../dom.js";
import { arrows, check, choose } from "./dialog.js";
import { arrange } from "./keyed.js";
import { slider } from "./look.js";
import { spokenLines } from "./speech.js";

const STATUSES = ["draft", "in_review", "approved", "retake"];

/** The contact sheet: every shot with picture, words and status. */
export function sheet(store, open) {
  const grid = el("div", "bd-sheet", { role: "list", "aria-label": t("board.view.sheet") });
  const all = button(
    t("board.approve_all"),
    { name: "check", text: t("board.approve_all"), data: { do: "approve-all" } },
    () => {
      const ids = store.shots.filter((s) => s.status !== "approved").map((s) => s.id);
      if (ids.length) store.edit({ op: "status", shots: ids, status: "approved" });
    },
  );
  const told = el("span", "st-dim", { "aria-live": "polite" });
  const node = el("div", "bd-scroll", {}, el("div", "bd-row bd-viewhead", {}, told, el("span", "st-grow"), all), grid);
  function cell(shot) {
    const picture = el(
      "button",
      "bd-sheetpic",
      { type: "button", "aria-label": t("board.open_shot", { n: shot.number }), onclick: () => open(shot.id) },
      shot.best
        ? el("img", "", { src: media(shot.best.id, "poster"), alt: "", loading: "lazy" })
        : el("span", "bd-bignumber", {}, `${shot.number}`),
      el("span", "bd-number", {}, `${shot.number}`),
      shot.stale
        ? el("span", "bd-badge stale", {}, t("board.is_stale"))
        : shot.best_kind
          ? el(
              "span",
              `bd-badge ${shot.best_kind}`,
              {},
              t(shot.best_kind === "draft" ? "board.is_draft" : "board.is_take"),
            )
          : null,
    );
    picture.style.aspectRatio = `${store.board.width} / ${store.board.height}`;
    const status = arrows(
      el(
        "div",
        "bd-status small",
        { role: "radiogroup", "aria-label": t("board.f.status") },
        ...STATUSES.map((s) =>
          el(
            "button",
            s,
            {
              type: "button",
              role: "radio",
              "aria-checked": s === shot.status,
              data: { status: s },
              onclick: () => store.edit({ op: "change", shot: shot.id, status: s }),
            },
            t(`board.status.${s}`),
          ),
        ),
      ),
    );
    return el(
      "div",
      `bd-sheetcell ${shot.status}`,
      { role: "listitem", data: { id: shot.id } },
      picture,
      el(
        "div",
        "bd-row",
        {},
        el("strong", "", {}, `${shot.at_s.toFixed(1)}-${(shot.at_s + shot.length_s).toFixed(1)} s`),
        el(
          "span",
          "st-dim",
          {},
          [shot.label, shot.shot_size, shot.angle, shot.move, shot.place].filter(Boolean).join(" · "),
        ),
        el("span", "st-grow"),
        el("span", "st-dim", {}, shot.problems.length ? "" : dollars(shot.usd)),
      ),
      el("p", "", {}, shot.prompt || t("board.no_words")),
      ...spokenLines(shot),
      shot.notes ? el("p", "bd-notes", {}, icon("use"), shot.notes) : null,
      status,
    );
  }
  /** @type {Map<string, {shot: object, shape: string, node: HTMLElement}>} */
  let cells = new Map();
  /** Cells of shots that are as they were stay. */
  function cellOf(shot) {
    const shape = `${store.board.width} ${store.board.height}`;
    const known = cells.get(shot.id);
    return known?.shot === shot && known.shape === shape ? known : { shot, shape, node: cell(shot) };
  }
  function redraw() {
    const done = store.shots.filter((s) => s.status === "approved").length;
    told.textContent = t("board.approved_n", { n: done, all: store.shots.length });
    all.disabled = done === store.shots.length;
    const key = document.activeElement?.closest?.(".bd-sheetcell")?.dataset.id;
    const which = document.activeElement?.dataset?.status;
    cells = new Map(store.shots.map((shot) => [shot.id, cellOf(shot)]));
    arrange(
      grid,
      [...cells.values()].map(({ node }) => node),
    );
    if (key && which) grid.querySelector(`[data-id="${CSS.escape(key)}"] [data-status="${which}"]`)?.focus();
  }
  redraw();
  return { node, redraw };
}

const fingerprint = (text) => [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7);

/** The joints: the last frame of each shot beside the first of the next, and whose colours it follows. */
export function joints(store, open) {
  const list = el("ol", "bd-joints");
  const node = el("div", "bd-scroll", {}, el("p", "st-dim bd-viewhead", {}, t("board.joints_help")), list);
  let state = 0;
  const frame = (shot, end, matched) => {
    const path = `${store.path}/${matched ? "matched" : "frame"}/${encodeURIComponent(shot.id)}/${end}?of=${shot.best?.id}-${shot.in_s}-${shot.out_s}${matched ? state : ""}`;
    const box = el(
      "figure",
      "",
      {},
      shot.best
        ? el("img", "", {
            src: new URL(path, BASE).href,
            alt: t(`board.frame.${end}`, { n: shot.number }),
            loading: "lazy",
            data: { matched },
          })
        : el("div", "bd-nopic", {}, icon("film", "st-i big")),
      el("figcaption", "", {}, t(`board.frame.${end}`, { n: shot.number })),
    );
    box.style.setProperty("--shape", `${store.board.width} / ${store.board.height}`);
    return box;
  };
  /** The frame as matched, and on a press as it was. */
  function compared(shot, end) {
    if (!shot.match.on || !shot.best) return frame(shot, end, false);
    const after = frame(shot, end, true);
    const before = frame(shot, end, false);
    const press = button(
      t("look.show_before"),
      {
        name: "compare",
        text: t("look.show_before"),
        cls: "quiet tinytext",
        "aria-pressed": "false",
        data: { do: "match-before" },
      },
      () => {
        const on = press.getAttribute("aria-pressed") !== "true";
        press.setAttribute("aria-pressed", on);
        box.replaceChild(on ? before : after, box.firstChild);
        badge.hidden = on;
      },
    );
    const badge = el("span", "bd-badge render", {}, t("look.matched"));
    const box = el("div", "bd-matched", {}, after, badge, press);
    return box;
  }
  function match(shot) {
    const set = (fields) => store.edit({ op: "change", shot: shot.id, match: { ...shot.match, ...fields } });
    const on = check(t("look.match"), shot.match.on, (v) => set({ on: v }));
    on.querySelector("input").dataset.field = "match-on";
    if (!shot.match.on) return el("div", "bd-match", {}, on);
    const others = store.shots
      .filter((s) => s.id !== shot.id)
      .map((s) => [s.id, t("look.match_shot", { n: s.number })]);
    const to = choose(
      [["", t("look.match_before")], ...others],
      others.some(([id]) => id === shot.match.to) ? shot.match.to : "",
      (v) => set({ to: v }),
      { "aria-label": t("look.match_to"), data: { field: "match-to" } },
    );
    const strength = slider(
      t("look.match_strength"),
      {
        min: 0,
        max: 1,
        step: 0.05,
        middle: 0.8,
        value: shot.match.strength,
        show: (v) => `${Math.round(v * 100)} %`,
        attrs: { data: { field: "match-strength" } },
      },
      (v, last) => last && v !== shot.match.strength && set({ strength: v }),
    );
    return el("div", "bd-match", {}, on, to, strength);
  }
  let drawn = "";
  function redraw() {
    const key = JSON.stringify(
      store.shots.map((s) => [s.id, s.best?.id, s.in_s, s.out_s, s.transition, s.start.kind, s.match]),
    );
    if (key === drawn) return;
    drawn = key;
    state = fingerprint(key);
    const held = document.activeElement?.closest?.(".bd-joints > li")?.dataset.id;
    const which = document.activeElement?.dataset?.field;
    list.replaceChildren(
      ...store.shots.slice(1).map((shot, i) => {
        const before = store.shots[i];
        const linked = shot.start.kind === "previous";
        const link = button(
          t(linked ? "board.unlink" : "board.link"),
          { name: "link", text: t(linked ? "board.linked" : "board.link"), "aria-pressed": linked, cls: "quiet" },
          () => store.edit({ op: "change", shot: shot.id, start: { kind: linked ? "none" : "previous" } }),
        );
        return el(
          "li",
          "",
          { data: { id: shot.id } },
          frame(before, "last", before.match.on),
          el(
            "div",
            "bd-joint",
            {},
            el("span", "st-dim", {}, t(`board.over.${before.transition}`)),
            icon("right"),
            link,
            button(
              t("board.open_shot", { n: shot.number }),
              { name: "use", cls: "bare", data: { do: "open-shot" } },
              () => open(shot.id),
            ),
            match(shot),
          ),
          compared(shot, "first"),
        );
      }),
    );
    if (store.shots.length < 2) list.replaceChildren(el("li", "st-empty", {}, t("board.joints_none")));
    if (held && which) list.querySelector(`[data-id="${CSS.escape(held)}"] [data-field="${which}"]`)?.focus();
  }
  redraw();
  return { node, redraw };
}
