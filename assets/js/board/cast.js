// The cast: who and what must look the same in every shot, with their reference pictures, voice, consent, and where they
// appear.

import { button, comma, el, icon, media, seconds, t } from "../dom.js";
import { toast } from "../net.js";
import { check, choose, dialog, field, autoGrow, hints, warnings } from "./dialog.js";
import { fileButton, pickAsset, upload } from "./files.js";

const KINDS = ["character", "place", "prop"];
const CAST_FIELDS = ["id", "name", "kind", "description", "references", "voice", "consent", "voice_consent"];
const castCommand = (member) => ({
  op: "cast",
  ...Object.fromEntries(CAST_FIELDS.map((name) => [name, member[name]])),
});

/** Ask for a new member; `name` is filled in. show: opens the sheet, where pictures and a voice are added. */
export function newMemberDialog(store, name = "", show = null) {
  const named = el("input", "bd-input", { type: "text", maxlength: 40, value: name, data: { field: "member-name" } });
  const about = autoGrow(
    el("textarea", "bd-input", { rows: 3, placeholder: t("board.member_hint"), data: { field: "member-about" } }),
  );
  let kind = "character";
  const kinds = choose(
    KINDS.map((k) => [k, t(`board.kind.${k}`)]),
    kind,
    (v) => (kind = v),
  );
  const go = button(
    t("board.member_add"),
    { text: t("board.member_add"), cls: "primary", data: { do: "member-add" } },
    async () => {
      const done = await store.edit({ op: "cast", name: named.value.trim(), kind, description: about.value });
      if (!done) return;
      box.close();
      if (show)
        toast(t("board.member_added", { name: named.value.trim() }), { undo: show, label: t("board.member_pictures") });
    },
  );
  const box = dialog(
    t("board.member_new"),
    el(
      "div",
      "bd-form",
      {},
      el(
        "div",
        "bd-two",
        {},
        field(t("board.f.name"), named, { hint: t("board.name_hint") }),
        field(t("board.f.kind"), kinds),
      ),
      field(t("board.f.description"), about),
    ),
    [go],
  );
  box.addEventListener("keydown", (e) => e.key === "Enter" && e.target === named && go.click());
  (name ? about : named).focus();
}

/** The sheet of all members. */
export function castView(store, open) {
  const grid = el("div", "bd-cast");
  const node = el(
    "div",
    "bd-scroll",
    {},
    el(
      "div",
      "bd-row bd-viewhead",
      {},
      el("p", "st-dim st-grow", {}, t("board.cast_help")),
      button(
        t("board.member_new"),
        { name: "plus", text: t("board.member_new"), cls: "primary", data: { do: "new-member" } },
        () => newMemberDialog(store),
      ),
    ),
    grid,
  );
  const made = new Map();

  function redraw() {
    const { cast } = store.board;
    for (const id of made.keys()) if (!cast.some((m) => m.id === id)) made.delete(id);
    for (const member of cast) {
      if (!made.has(member.id)) made.set(member.id, memberSheet(store, member.id, open));
      made.get(member.id).fill(member);
    }
    grid.replaceChildren(...cast.map((m) => made.get(m.id).node));
    if (!cast.length)
      grid.replaceChildren(
        el(
          "div",
          "st-empty",
          {},
          icon("people", "st-i huge"),
          el("h3", "", {}, t("board.cast_none")),
          el("p", "", {}, t("board.cast_none_help")),
        ),
      );
  }
  redraw();
  return { node, redraw };
}

function memberSheet(store, id, open) {
  const now = () => store.board.cast.find((m) => m.id === id);
  const save = (change) => store.edit({ ...castCommand(now()), ...change });
  const soon = (name, control) => {
    control.addEventListener("focus", () => store.begin());
    control.addEventListener(
      "input",
      () =>
        control.checkValidity() && store.scheduleSave(`cast.${id}`, { ...castCommand(now()), [name]: control.value }),
    );
    control.addEventListener("change", () => store.flush());
    return control;
  };
  const name = soon(
    "name",
    el("input", "bd-input bd-name", {
      type: "text",
      maxlength: 40,
      required: true,
      pattern: "[\\p{L}\\p{N}_][\\p{L}\\p{N}_\\-]*",
      "aria-label": t("board.f.name"),
    }),
  );
  const about = soon(
    "description",
    autoGrow(
      el("textarea", "bd-input", {
        rows: 2,
        placeholder: t("board.member_hint"),
        "aria-label": t("board.f.description"),
      }),
    ),
  );
  const kind = choose(
    KINDS.map((k) => [k, t(`board.kind.${k}`)]),
    "character",
    (v) => save({ kind: v }),
    { "aria-label": t("board.f.kind") },
  );
  const pictures = el("div", "bd-refs", { role: "list", "aria-label": t("board.references") });
  const consent = check(t("board.consent"), false, (on) => save({ consent: on }));
  const shots = el("div", "bd-row wrap");
  const said = el("div", "bd-read");
  const remove = button(t("board.member_remove"), { name: "trash", cls: "bare" }, () =>
    store.edit({ op: "uncast", id }),
  );
  const voice = voiceSection(store, save);
  const node = el(
    "article",
    "bd-member",
    { data: { id } },
    el("header", "bd-row", {}, el("span", "bd-at", {}, "@"), name, kind, remove),
    about,
    el("h4", "", {}, t("board.references")),
    pictures,
    consent,
    voice.node,
    el("h4", "", {}, t("board.appears")),
    shots,
    said,
  );
  const add = async (files) => {
    const sent = await upload(files, node);
    const seen = sent.filter((a) => a.kind === "image" || a.kind === "video").map((a) => a.id);
    const heard = sent.find((a) => a.kind === "audio");
    if (!seen.length && !heard) return;
    await save({
      references: [...new Set([...now().references, ...seen])],
      ...(heard ? { voice: heard.id, voice_consent: false } : {}),
    });
  };
  node.addEventListener("dragover", (e) => e.preventDefault());
  node.addEventListener("drop", (e) => (e.preventDefault(), add([...e.dataTransfer.files])));

  function fill(member) {
    for (const [control, value] of [
      [name, member.name],
      [about, member.description],
    ])
      if (document.activeElement !== control && !store.typed.has(`cast.${id}`))
        (control.value = value), control.fit?.();
    kind.value = member.kind;
    consent.querySelector("input").checked = member.consent;
    consent.hidden = member.kind !== "character";
    const tiles = member.references.map((asset) => {
      const known = store.data.assets[asset];
      const gone = button(t("board.reference_remove"), { name: "close", cls: "bare tiny" }, () =>
        save({ references: now().references.filter((r) => r !== asset) }),
      );
      return el(
        "div",
        "bd-ref",
        { role: "listitem" },
        known
          ? el("img", "", { src: media(asset, "thumb"), alt: known.name, title: known.name })
          : el("p", "", {}, t("board.lost_file")),
        gone,
      );
    });
    pictures.replaceChildren(
      ...tiles,
      fileButton(t("board.upload"), { kinds: ["image", "video"], many: true, cls: "quiet" }, add),
      button(t("board.from_gallery"), { name: "grid", text: t("board.from_gallery"), cls: "quiet" }, () =>
        pickAsset(t("board.references"), { kinds: ["image", "video"] }, (a) =>
          save({ references: [...new Set([...now().references, a.id])] }),
        ),
      ),
    );
    voice.fill(member);
    const here = store.shots.filter((s) => s.members.includes(id));
    shots.replaceChildren(
      ...here.map((s) =>
        button(
          t("board.open_shot", { n: s.number }),
          { text: `${s.number}`, cls: "quiet", data: { do: "open-shot" } },
          () => open(s.id),
        ),
      ),
      here.length ? "" : el("small", "st-dim", {}, t("board.appears_nowhere")),
    );
    const told = (list, about = "") => {
      const by = new Map(); // sentence -> the shots it is said of
      for (const s of here) for (const p of s[list]) if (p.includes(about)) by.set(p, [...(by.get(p) || []), s.number]);
      return [...by]
        .slice(0, 4)
        .map(([p, numbers]) => `${t("board.shot_n", { n: [...new Set(numbers)].join(comma()) })}: ${p}`);
    };
    said.replaceChildren(...[warnings(told("problems")), hints(told("hints", `@${member.name}`))].filter(Boolean));
  }
  return { node, fill };
}

/** How a member sounds: a sound file with its player, which models use it, and the consent of the person heard. */
function voiceSection(store, save) {
  const set = (asset) =>
    asset.kind === "audio"
      ? save({ voice: asset.id, voice_consent: false })
      : toast(t("board.wrong_kind"), { bad: true });
  const consent = check(t("board.voice_consent"), false, (on) => save({ voice_consent: on }));
  const body = el("div", "bd-voicebody");
  const node = el(
    "section",
    "bd-voice",
    { "aria-label": t("board.voice") },
    el("h4", "", {}, t("board.voice")),
    body,
    consent,
  );
  let shown;
  function fill(member) {
    consent.hidden = !member.voice;
    consent.querySelector("input").checked = member.voice_consent;
    const asset = store.data.assets[member.voice];
    const key = `${member.voice}|${asset?.name}|${store.groups?.length}`;
    if (key === shown) return; // a player that is playing is left alone
    shown = key;
    const able = (store.groups || []).flatMap((g) => g.models.filter((m) => m.voices).map((m) => m.label));
    const use = el(
      "small",
      "st-dim",
      {},
      able.length ? t("board.voice_used", { models: able.join(comma()) }) : t("board.voice_unused"),
    );
    if (member.voice) {
      const remove = button(t("board.voice_remove"), { name: "trash", cls: "bare", data: { do: "voice-remove" } }, () =>
        save({ voice: null, voice_consent: false }),
      );
      const player = asset
        ? el("audio", "", {
            controls: true,
            preload: "metadata",
            src: media(member.voice),
            "aria-label": t("board.voice_of", { name: member.name }),
          })
        : el("p", "bd-warn", {}, t("board.lost_file"));
      const facts = asset
        ? el("small", "st-dim", {}, [asset.name, seconds(asset.duration_s)].filter(Boolean).join(" · "))
        : null;
      return body.replaceChildren(el("div", "bd-row", {}, player, remove), facts || "", use);
    }
    const send = async (files) => {
      const [sent] = await upload(files, body);
      if (sent) set(sent);
    };
    body.replaceChildren(
      el(
        "div",
        "bd-row wrap",
        {},
        fileButton(
          t("board.voice_add"),
          { kinds: ["audio"], cls: "quiet", name: "sound", data: { do: "voice-add" } },
          send,
        ),
        button(t("board.from_gallery"), { name: "grid", text: t("board.from_gallery"), cls: "quiet" }, () =>
          pickAsset(t("board.voice"), { kinds: ["audio"] }, set),
        ),
      ),
      use,
    );
  }
  return { node, fill };
}
