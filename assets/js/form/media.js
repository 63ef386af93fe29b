// The files of a form: a slot for each media input of the model; upload, paste, drag, reorder, and what is wrong with each.

import { button, bytes, el, icon, media, seconds, t, isTyping } from "../dom.js";
import { menu } from "../menu.js";
import { toast, tryOrToast } from "../net.js";
import { releaseNext, hasFiles, changed, formElement, insert, sendInOrder, textarea, catalogueText } from "./common.js";

const KIND_ICON = { image: "image", video: "film", audio: "sound", document: "script" };

/** Ask for files of the studio; see gallery.js. */
const pick = async (...asked) => (await tryOrToast(import("./gallery.js")))?.pick(...asked);

export function mount(element, { props, trigger, watch, upload, options }) {
  element.classList.add("st");
  const { page } = options;
  const root = el("div", "sm-slots");
  element.replaceChildren(root);
  const files = (slot) => props.value?.files?.[slot.name] || [];

  function draw() {
    const slots = props.value?.slots || [];
    element.closest(".st-host")?.classList.toggle("sf-none", !slots.length);
    const [pills, boxes] = [
      slots.filter((s) => !s.min && !files(s).length),
      slots.filter((s) => s.min || files(s).length),
    ];
    root.replaceChildren(
      ...boxes.map(slotBox),
      ...(pills.length ? [el("div", "sm-row", {}, ...pills.map(slotPill))] : []),
    );
  }

  /** An input the model can do without, while it is empty: one small button. */
  function slotPill(slot) {
    const input = chooser(slot);
    return droppable(
      slot,
      el(
        "div",
        "sm-slot",
        { data: { slot: slot.name } },
        input,
        el(
          "button",
          "sm-pill",
          {
            type: "button",
            title: catalogueText(slot.help) || null,
            "aria-haspopup": "menu",
            onclick: (e) => sources(e.currentTarget, input, () => fromGallery(slot)),
          },
          icon(KIND_ICON[slot.kinds[0]] || "image"),
          catalogueText(slot.label),
        ),
      ),
    );
  }

  /** Where a file may come from, as a menu under a small button. */
  const sources = (anchor, input, gallery) =>
    menu(anchor, [
      [t("forms.from_computer"), () => input.click()],
      [t("forms.from_gallery"), gallery],
    ]);

  const room = (slot) => (slot.max === 1 ? 1 : Math.max(1, slot.max - files(slot).length));

  function fromGallery(slot) {
    pick(catalogueText(slot.label), slot.kinds, room(slot), (assets) => add(slot.name, assets));
  }

  const add = (name, assets, more = {}) =>
    sendInOrder(element, () => trigger("attach", { slot: name, ids: assets.map((a) => a.id), ...more }));

  function chooser(slot) {
    const input = el("input", "st-off", {
      type: "file",
      accept: slot.accept,
      multiple: slot.max > 1,
      tabindex: "-1",
      "aria-label": catalogueText(slot.label),
    });
    input.addEventListener("change", () => (send(slot, [...input.files]), (input.value = "")));
    return input;
  }

  function slotBox(slot) {
    const held = files(slot);
    const full = held.length >= slot.max && slot.max > 1;
    const input = chooser(slot);
    const hint = el(
      "span",
      "sm-hint",
      {},
      el("strong", "", {}, t("forms.add_file")),
      el("span", "", {}, t(`forms.drop_${slot.kinds.join("_")}`)),
    );
    const add = el(
      "button",
      `sm-add${held.length ? " small" : ""}`,
      {
        type: "button",
        onclick: () => input.click(),
        "aria-label": `${catalogueText(slot.label)}: ${t("forms.add_file")}`,
      },
      icon(KIND_ICON[slot.kinds[0]] || "image"),
      held.length ? null : hint,
    );
    const replaced = (props.value?.slots || []).some((s) => slot.instead?.includes(s.name) && files(s).length);
    const need = slot.min && !replaced ? el("em", "", {}, t("forms.needed")) : null;
    const many = slot.max > 1 ? el("span", "sm-many", {}, `${held.length} / ${slot.max}`) : null;
    const names = slot.max > 1 ? numbered(slot, held) : [];
    const tiles = held.map((file, i) => tile(slot, held, file, i, names[i]));
    const more = full || (slot.max === 1 && held.length) ? null : add;
    const last = more && tiles.length ? el("div", "sm-more", { role: "listitem" }, more) : more;
    const grid = el(
      "div",
      "sm-grid",
      { role: tiles.length ? "list" : null, "aria-label": tiles.length ? catalogueText(slot.label) : null },
      ...tiles,
      last,
    );
    const gallery = full
      ? null
      : el(
          "button",
          "sm-from",
          { type: "button", onclick: () => fromGallery(slot) },
          icon("grid"),
          t(held.length && slot.max === 1 ? "forms.replace_from_gallery" : "forms.from_gallery"),
        );
    return droppable(
      slot,
      el(
        "div",
        `sm-slot${slot.max > 1 ? "" : " one"}`,
        { data: { slot: slot.name } },
        el("div", "sm-head", {}, el("span", "", {}, catalogueText(slot.label)), need, many),
        grid,
        input,
        gallery,
        slot.help ? el("p", "sm-help", {}, catalogueText(slot.help)) : null,
      ),
    );
  }

  function droppable(slot, box) {
    for (const kind of ["dragenter", "dragover"])
      box.addEventListener(kind, (e) => {
        if (!hasFiles(e)) return;
        e.preventDefault();
        box.classList.add("over");
      });
    box.addEventListener("dragleave", (e) => !box.contains(e.relatedTarget) && box.classList.remove("over"));
    box.addEventListener("drop", (e) => {
      if (!hasFiles(e)) return;
      e.preventDefault();
      box.classList.remove("over");
      send(slot, [...e.dataTransfer.files]);
    });
    return box;
  }

  /** What the prompt calls each file: character1 ..., counted over all or over files of the same kind. */
  function numbered(slot, held) {
    const counts = {};
    return held.map((file) => {
      const key = slot.numbers === "kind" ? file.kind : "all";
      counts[key] = (counts[key] || 0) + 1;
      return (slot.names?.[file.kind] || "").replace("{n}", counts[key]);
    });
  }

  function tile(slot, held, file, i, name) {
    const shown =
      file.kind === "document"
        ? icon(KIND_ICON.document, "st-i big")
        : file.kind === "audio"
          ? el("img", "", { alt: "", src: media(file.id, "wave"), draggable: "false" })
          : el("img", "", {
              alt: file.name || "",
              src: media(file.id, slot.max === 1 ? "poster" : "thumb"),
              draggable: "false",
            });
    shown.addEventListener("error", () => shown.replaceWith(icon(KIND_ICON[file.kind] || "image", "st-i big")), {
      once: true,
    });
    const facts = [
      file.width ? `${file.width}×${file.height}` : "",
      seconds(file.duration_s),
      file.pages ? t("forms.pages", { n: file.pages }) : "",
      file.bytes ? bytes(file.own_bytes || file.bytes) : "",
    ]
      .filter(Boolean)
      .join(" · ");
    const ids = held.map((f) => f.id);
    const remove = button(
      t("forms.remove_file", { name: file.name || "" }),
      { name: "close", cls: "bare sm-remove" },
      () =>
        arrange(
          slot,
          ids.filter((_, at) => at !== i),
        ),
    );
    const box = el(
      "div",
      `sm-tile${file.problems?.length || file.voice?.problems?.length ? " wrong" : ""}`,
      {
        role: "listitem",
        tabindex: slot.max > 1 ? "0" : null,
        data: { id: file.id },
        title: `${file.name || ""}\n${facts}`,
      },
      el("div", "sm-pic", {}, shown, remove),
      file.kind === "document" ? el("span", "sm-facts", {}, file.name || "") : null,
      el("span", "sm-facts", {}, facts),
      ...(file.notes || []).map((note) => el("p", "sm-help", {}, note)),
    );
    if (name)
      box.append(
        el(
          "button",
          "sm-name",
          {
            type: "button",
            title: t("forms.insert_name", { name }),
            onclick: () => insert(textarea(page, "prompt"), name),
          },
          name,
        ),
      );
    for (const problem of file.problems || []) box.append(el("p", "sf-refusal", {}, icon("warn"), problem));
    if (slot.voice || file.voice) box.append(voice(slot, file));
    if (file.offer)
      box.append(
        el(
          "button",
          "st-b sm-shrink",
          {
            type: "button",
            onclick: () => sendInOrder(element, () => trigger("shrink", { slot: slot.name, id: file.id })),
          },
          t("forms.shrink"),
        ),
      );
    if (slot.max > 1) sortable(box, slot, ids, i);
    return box;
  }

  /** A button that plays a sound: the browser's own player needs more room than a tile has. */
  function heard(voice, label) {
    const sound = Object.assign(new Audio(), { preload: "none", src: media(voice.id) });
    const play = el(
      "button",
      "sm-pill sm-heard",
      {
        type: "button",
        "aria-label": label,
        "aria-pressed": "false",
        title: voice.name,
        onclick: () => (sound.paused ? sound.play() : sound.pause()),
      },
      icon("play"),
      seconds(voice.duration_s),
    );
    for (const event of ["play", "pause", "ended"])
      sound.addEventListener(event, () => {
        play.setAttribute("aria-pressed", !sound.paused);
        play.firstChild.replaceWith(icon(sound.paused ? "play" : "pause"));
      });
    return play;
  }

  /** How a reference sounds: a sound file with its player, or the offer to give one. */
  function voice(slot, file) {
    const label = t("forms.voice_for", { name: file.name || "" });
    if (!file.voice) {
      const input = el("input", "st-off", {
        type: "file",
        accept: slot.voice.accept,
        tabindex: "-1",
        "aria-label": label,
      });
      input.addEventListener(
        "change",
        () => (attach("reference_voices", [...input.files], box, { of: file.id }), (input.value = "")),
      );
      const box = el(
        "div",
        "sm-voice",
        {},
        input,
        el(
          "button",
          "sm-pill",
          {
            type: "button",
            "aria-label": label,
            title: catalogueText(slot.voice.help),
            "aria-haspopup": "menu",
            onclick: (e) =>
              sources(e.currentTarget, input, () =>
                pick(label, ["audio"], 1, (assets) => add("reference_voices", assets, { of: file.id })),
              ),
          },
          icon("sound"),
          t("forms.voice_add"),
        ),
      );
      return box;
    }
    const remove = button(t("forms.voice_remove"), { name: "close", cls: "bare" }, () => {
      const held = files(slot).map((f) => (f.id === file.id ? { ...f, voice: undefined } : f));
      show({ ...props.value.files, [slot.name]: held });
      sendInOrder(element, () => trigger("arrange", { slot: "reference_voices", of: file.id }));
    });
    return el(
      "div",
      "sm-voice",
      {},
      el("div", "sm-voicerow", {}, heard(file.voice, label), remove),
      file.voice.unused ? el("p", "sm-help", {}, t("forms.voice_unused")) : null,
    );
  }

  /** Move by dragging or with Alt and the arrow keys; Delete takes the file out. */
  function sortable(box, slot, ids, i) {
    const moved = (to) => {
      const next = [...ids];
      next.splice(Math.max(0, Math.min(to, ids.length - 1)), 0, next.splice(i, 1)[0]);
      arrange(slot, next);
    };
    box.addEventListener("keydown", (e) => {
      if (e.target !== box) return;
      if (e.altKey && e.key === "ArrowLeft") moved(i - 1);
      else if (e.altKey && e.key === "ArrowRight") moved(i + 1);
      else if (e.key === "Delete")
        arrange(
          slot,
          ids.filter((_, at) => at !== i),
        );
      else return;
      e.preventDefault();
    });
    box.addEventListener("pointerdown", (e) => {
      if (e.button || e.target.closest("button")) return;
      const from = [e.clientX, e.clientY];
      let dragging = false;
      const over = (at) => document.elementFromPoint(at.clientX, at.clientY)?.closest(".sm-tile");
      const move = (at) => {
        if (!dragging && Math.hypot(at.clientX - from[0], at.clientY - from[1]) < 6) return;
        dragging = true;
        box.classList.add("drag");
        for (const other of box.parentElement.children)
          other.classList.toggle("here", other === over(at) && other !== box);
      };
      const up = (at) => {
        removeEventListener("pointermove", move);
        removeEventListener("pointerup", up);
        removeEventListener("pointercancel", up);
        box.classList.remove("drag");
        const to = [...box.parentElement.children].indexOf(over(at));
        if (dragging && at.type === "pointerup" && to >= 0 && to !== i) moved(to);
        else draw();
      };
      addEventListener("pointermove", move);
      addEventListener("pointerup", up);
      addEventListener("pointercancel", up);
    });
  }

  function show(held) {
    props.value = { ...props.value, files: held };
    draw();
  }

  const arrange = (slot, ids) => {
    const byId = new Map(files(slot).map((f) => [f.id, f]));
    show({ ...props.value.files, [slot.name]: ids.map((id) => byId.get(id)) });
    sendInOrder(element, () => trigger("arrange", { slot: slot.name, ids }));
  };

  function send(slot, chosen) {
    return attach(slot.name, chosen.slice(0, room(slot)), root.querySelector(`[data-slot="${CSS.escape(slot.name)}"]`));
  }

  async function attach(name, taken, box, more = {}) {
    if (!taken.length) return;
    box?.classList.add("busy");
    const sent = await tryOrToast(Promise.all(taken.map((file) => upload(file))));
    box?.classList.remove("busy");
    if (sent)
      sendInOrder(element, () =>
        trigger("attach", { slot: name, paths: sent.map((s) => s.path), names: taken.map((f) => f.name), ...more }),
      );
  }

  /** A file pasted anywhere on the page goes to the first free slot that takes it. Pasted text stays with its field. */
  function pasted(e) {
    if (!element.isConnected) return document.removeEventListener("paste", pasted);
    const form = formElement(element);
    const given = [...(e.clipboardData?.files || [])];
    if (e.defaultPrevented || !given.length || !form.offsetParent || document.querySelector("dialog[open]")) return;
    if (isTyping(e) && e.clipboardData.types.includes("text/plain")) return;
    const slots = props.value?.slots || [];
    const types = { document: /^(application\/(pdf$|vnd\.openxml)|text\/(plain|markdown)$)/ };
    const takes = (slot) => slot.kinds.some((kind) => (types[kind] || new RegExp(`^${kind}`)).test(given[0].type));
    const free = (slot) => files(slot).length < slot.max;
    const slot = slots.find((s) => takes(s) && free(s)) || slots.find(takes);
    e.preventDefault();
    if (!slot) return toast(t("forms.paste_none"), { bad: true });
    toast(t(free(slot) ? "forms.pasted" : "forms.pasted_over", { slot: catalogueText(slot.label) }));
    send(slot, given);
  }
  document.addEventListener("paste", pasted);

  watch("value", () => (draw(), releaseNext(element), changed(element)));
  draw();
}
