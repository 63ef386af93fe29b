// What can be done with a run, and how: through our routes, or by the page when a form is to be filled.

import { act } from "./send_to.js";
import { openConnection } from "./connections.js";
import { BASE, button, el, media, t } from "./dom.js";
import { ended, updateRun } from "./live.js";
import { menu } from "./menu.js";
import { post, toast, tryOrToast } from "./net.js";
import { isMine, mayDecide } from "./project_state.js";
import { shareItems } from "./share.js";

export { copy, menu } from "./menu.js"; // what is done with a run needs both

const one = (run) => `ui/runs/${encodeURIComponent(run.id)}`;

export async function cancel(run) {
  const card = await tryOrToast(post(`${one(run)}/cancel`));
  if (card) updateRun(card);
}

/** A new run of the same request. seed: "same" or "new". */
export async function again(run, seed) {
  const card = await tryOrToast(post(`${one(run)}/retry`, { seed }));
  if (!card) return;
  updateRun(card);
  toast(t(seed === "new" ? "widgets.again_queued" : "widgets.retry_queued"));
}

/** Open the form with the request of a run that was not sent yet. */
export const edit = (run) => act("edit", { run: run.id });

export async function decide(run, choice) {
  const card = await tryOrToast(post(`${one(run)}/decide`, { choice }));
  if (card) updateRun(card);
}

export const rate = (run, starsCount) => tryOrToast(post(`${one(run)}/rate`, { stars: starsCount }));

/** Into the trash, with a way back. `gone` and `back` let the caller's list follow. */
export async function trash(runs, { gone = undefined, back = undefined } = {}) {
  const told = await tryOrToast(post("ui/trash", { ids: runs.map((r) => r.id) }));
  if (!told) return false;
  const { ids } = told; // runs that are still at work stay
  gone?.(ids);
  toast(t("widgets.trashed", { n: ids.length }), {
    undo: async () => {
      if (await tryOrToast(post("ui/restore", { ids }))) back?.(runs.filter((r) => ids.includes(r.id)));
    },
  });
  return true;
}

/** Where a file of this kind can go: names of form inputs. */
export const TARGETS = {
  image: ["image", "first_frame", "last_frame", "references", "sound_frame"],
  video: ["video", "references"],
  audio: ["audio_file", "clip_sound", "frame_sound"],
};

/** Where one frame of a clip can go. */
const FRAME_TARGETS = ["first_frame", "last_frame", "image", "references"];

/** A new clip that starts with the last frame of this one, with the same words where none were typed. */
export const continueClip = (asset) =>
  act("send_first_frame", { asset: asset.id, frame_s: "end", prompt_of: asset.origin || null });

/** The button that takes the frame on screen: at() gives its time in the clip. */
export function frameButton(asset, at, options = {}) {
  const made = button(
    t("widgets.use_frame"),
    { name: "image", "aria-haspopup": "menu", "aria-expanded": "false", ...options },
    (e) => {
      e.stopPropagation();
      const frame_s = at();
      menu(
        made,
        FRAME_TARGETS.map((to) => [t(`widgets.send.${to}`), () => act(`send_${to}`, { asset: asset.id, frame_s })]),
      );
    },
  );
  return made;
}

/** Save files: one as it is, several as a zip. */
export function download(runs) {
  const assets = runs.length === 1 && runs[0].count === 1 && runs[0].asset;
  const query = runs.map((r) => `ids=${encodeURIComponent(r.id)}`).join("&");
  const link = el("a", "", {
    href: assets ? `${media(assets.id)}?download=1` : new URL(`ui/zip?${query}`, BASE).href,
    download: "",
  });
  document.body.append(link);
  link.click();
  link.remove();
}

/** The button that opens "Send to". */
export function sendButton(asset, options = {}) {
  const targets = TARGETS[asset.kind] || [];
  if (!targets.length) return null;
  const made = button(
    t("widgets.send"),
    { name: "send", "aria-haspopup": "menu", "aria-expanded": "false", ...options },
    (e) => {
      e.stopPropagation();
      const going = asset.kind === "video" ? [[t("widgets.continue_clip"), () => continueClip(asset)]] : [];
      menu(made, [
        ...going,
        ...targets.map((to) => [t(`widgets.send.${to}`), () => act(`send_${to}`, { asset: asset.id })]),
      ]);
    },
  );
  return made;
}

/** The buttons of one run, most wanted first. `compact` leaves out words. */
export function buttons(run, { compact = true, lists = {} } = {}) {
  const made = [];
  const add = (label, name, fn, { short = undefined, ...extra } = /** @type {Record<string, any>} */ ({})) =>
    made.push(
      button(
        label,
        { name, text: compact ? null : (short ?? label), title: label, cls: compact ? "bare" : "", ...extra },
        (e) => (e.stopPropagation(), fn()),
      ),
    );
  if (!ended(run)) {
    if (run.editable && isMine(run)) add(t("widgets.edit"), "pencil", () => edit(run), { data: { do: "edit" } });
    if (!run.cancel_wanted && mayDecide(run))
      add(t("widgets.cancel"), "close", () => cancel(run), { data: { do: "cancel" } });
    return made;
  }
  add(t("widgets.use"), "use", () => act("use", { run: run.id }), { data: { do: "use" } });
  if (run.status === "succeeded")
    add(t("widgets.again"), "dice", () => again(run, "new"), {
      short: t("widgets.again_short"),
      data: { do: "again" },
    });
  else add(t("widgets.retry"), "again", () => again(run, "same"), { data: { do: "retry" } });
  if (run.asset?.kind === "video")
    add(t("widgets.continue_clip"), "finish", () => continueClip({ ...run.asset, origin: run.id }), {
      short: t("widgets.continue_short"),
      data: { do: "continue" },
    });
  if (run.asset) {
    const send = sendButton(run.asset, {
      text: compact ? null : t("widgets.send"),
      cls: compact ? "bare" : "",
      data: { do: "send" },
    });
    if (send) made.push(send);
    add(t("widgets.download"), "download", () => download([run]), { short: "", data: { do: "download" } });
  }
  if (shareItems([run]).length) {
    const share = button(
      t("projects.share"),
      {
        name: "people",
        text: compact ? null : t("projects.share"),
        title: t("projects.share"),
        cls: compact ? "bare" : "",
        "aria-haspopup": "menu",
        data: { do: "share" },
      },
      (e) => (e.stopPropagation(), menu(share, shareItems([run]))),
    );
    made.push(share);
  }
  if (isMine(run)) add(t("widgets.trash"), "trash", () => trash([run], lists), { short: "", data: { do: "trash" } });
  return made;
}

/** The ways out of a hold, as buttons with what each means. */
export function choices(run) {
  return el(
    "div",
    "st-choices",
    {},
    run.connection
      ? button(
          t("connections.check_key"),
          { text: t("connections.check_key"), data: { do: "connection" } },
          (e) => (e.stopPropagation(), openConnection(run.provider)),
        )
      : null,
    ...run.choices.map((c) =>
      el(
        "button",
        "st-b",
        {
          type: "button",
          title: c.help,
          data: { choice: c.id },
          onclick: (e) => (e.stopPropagation(), decide(run, c.id)),
        },
        c.label,
      ),
    ),
  );
}
