// Workflows: a ComfyUI graph is dropped here, its inputs are mapped, and it is kept as a model of one's own.

import { BASE, button, el, exactTime, icon, styles, t } from "../dom.js";
import { send } from "../board/files.js";
import { del, get, post, toast, tryOrToast } from "../net.js";
import { heading } from "../page.js";
import { useWorkflow } from "../send_to.js";
import { TABS } from "../tasks.js";
import { modelFiles } from "./files.js";
import { mapping } from "./map.js";

const ACCEPT = ".json,.png,.webp,.mp4,.webm,.mkv,application/json";

/** gr.HTML calls this once. */
export function mount(element, { options }) {
  styles("widgets.css", "settings.css", "workflows.css");
  const root = element.querySelector(".st-mount") || element;
  root.classList.add("st", "wf");
  const main = el("div", "wf-main");
  const side = el("aside", "wf-side", { "aria-label": t("workflows.yours") });
  const files = modelFiles();
  root.replaceChildren(heading(t("shell.tab_workflows")), main, side, files.root);
  let known = { workflows: [], missing: "" };

  async function load() {
    const told = await tryOrToast(get("ui/workflows"));
    if (told) list(told);
    if (told && !main.childElementCount) start();
    files.load();
  }

  function start() {
    const input = el("input", "st-off", {
      type: "file",
      accept: ACCEPT,
      tabindex: "-1",
      "aria-label": t("workflows.choose"),
    });
    input.addEventListener("change", () => (read(input.files[0]), (input.value = "")));
    const pick = button(
      t("workflows.choose"),
      { name: "upload", text: t("workflows.choose"), cls: "wf-go", data: { do: "choose" } },
      () => input.click(),
    );
    const steps = el(
      "ol",
      "wf-steps",
      {},
      ...[1, 2, 3].map((n) =>
        el(
          "li",
          "",
          {},
          el("b", "", { "aria-hidden": "true" }, String(n)),
          el("span", "", {}, t(`workflows.step_${n}`)),
        ),
      ),
    );
    const zone = el(
      "div",
      "wf-drop",
      {},
      icon("upload", "st-i big"),
      el(
        "p",
        "",
        {},
        el("strong", "", {}, t("workflows.drop")),
        el("br"),
        el("span", "st-dim", {}, t("workflows.drop_also")),
      ),
      pick,
      input,
    );
    const server = known.missing
      ? el("p", "wf-note", {}, icon("warn"), el("span", "", {}, known.missing, el("br"), t("workflows.map_already")))
      : null;
    main.replaceChildren(
      ...[
        el("h2", "wf-title", {}, t("workflows.title")),
        el("p", "st-dim", {}, t("workflows.about")),
        server,
        zone,
        steps,
      ].filter(Boolean),
    );
  }

  for (const kind of ["dragenter", "dragover"])
    root.addEventListener(kind, (e) => {
      if (![...(e.dataTransfer?.types || [])].includes("Files")) return;
      e.preventDefault();
      root.classList.add("over");
    });
  root.addEventListener("dragleave", (e) => !root.contains(e.relatedTarget) && root.classList.remove("over"));
  root.addEventListener("drop", (e) => {
    root.classList.remove("over");
    if (!e.dataTransfer?.files.length) return;
    e.preventDefault();
    read(e.dataTransfer.files[0]);
  });

  async function read(file) {
    if (!file) return;
    root.classList.add("busy");
    const told = await tryOrToast(send(`ui/workflows/read?name=${encodeURIComponent(file.name)}`, file));
    root.classList.remove("busy");
    if (told) show(told, file.name.replace(/\.[^.]*$/, ""));
  }

  function show(told, title) {
    const taken = new Set(known.workflows.map((w) => w.name));
    main.replaceChildren(mapping(told, { title, options, taken, cancel: start, save }));
    main.scrollIntoView({ block: "start" });
    main.querySelector("input")?.focus({ preventScroll: true });
  }

  async function save(body) {
    const told = await tryOrToast(post("ui/workflows/save", body));
    if (!told) return;
    start();
    list(told);
    const { saved } = told;
    toast(t("workflows.saved", { name: saved.label }), {
      label: t("workflows.try"),
      undo: () => use(saved, saved.tasks[0]),
    });
  }

  const use = (flow, task) => useWorkflow(TABS[task], flow.id);

  function list(told) {
    known = told;
    const rows = known.workflows.map((flow) =>
      el(
        "li",
        "wf-flow",
        { data: { workflow: flow.name } },
        el(
          "div",
          "st-grow",
          {},
          el("b", "", {}, flow.label),
          el(
            "p",
            "st-dim",
            { title: exactTime(flow.checked) },
            flow.tasks.map((task) => t(`shell.tab_${TABS[task]}`)).join(", "),
            " · ",
            t("workflows.in_form", { n: flow.mapped }),
          ),
          flow.prompt ? null : el("p", "st-dim wf-wordless", {}, t("workflows.no_prompt")),
        ),
        el(
          "div",
          "wf-acts",
          {},
          ...flow.tasks
            .slice(0, 1)
            .map((task) =>
              button(t("workflows.try"), { text: t("workflows.try"), data: { do: "try" } }, () => use(flow, task)),
            ),
          button(t("workflows.change"), { name: "use", cls: "bare", data: { do: "change" } }, () => change(flow)),
          el(
            "a",
            "st-b bare only",
            {
              href: new URL(`ui/workflows/${encodeURIComponent(flow.name)}/file`, BASE).href,
              download: "",
              title: t("workflows.export"),
              "aria-label": t("workflows.export"),
              data: { do: "export" },
            },
            icon("download"),
          ),
          button(t("workflows.remove"), { name: "trash", cls: "bare", data: { do: "remove" } }, () => remove(flow)),
        ),
      ),
    );
    side.replaceChildren(
      el("h2", "", {}, t("workflows.yours")),
      rows.length ? el("ul", "wf-list", {}, ...rows) : el("p", "st-dim", {}, t("workflows.none")),
    );
  }

  async function change(flow) {
    const told = await tryOrToast(get(`ui/workflows/${encodeURIComponent(flow.name)}`));
    if (told) show(told, flow.label);
  }

  async function remove(flow) {
    const path = `ui/workflows/${encodeURIComponent(flow.name)}`;
    const told = await tryOrToast(del(path));
    if (!told) return;
    list(told);
    toast(t("workflows.removed", { name: flow.label }), {
      undo: async () => {
        const back = await tryOrToast(post(`${path}/restore`));
        if (back) list(back);
      },
    });
  }

  load();
  new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && load()).observe(element);
}
