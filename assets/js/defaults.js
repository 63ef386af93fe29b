// The default model and size of each task, on the Settings page. A form of this browser that was changed keeps its own.

import { el, t } from "./dom.js";
import { catalogueText } from "./form/common.js";
import { get, post, toast, tryOrToast } from "./net.js";

const select = (name, label, options, onchange) =>
  el("select", "st-select", { name, "aria-label": label, onchange }, ...options);
const option = (value, words, now) => el("option", "", { value, selected: value === now }, words);

/** A shape or a tier by its name on the forms; sizes such as 16:9 and 720p are their own names. */
function chip(name) {
  const words = t(`forms.chip_${name}`);
  return words.startsWith("forms.") ? name : words;
}

function row(task) {
  const node = el("div", "st-default", { data: { task: task.task } });
  draw(task);
  return node;

  async function change(changed) {
    const now = { task: task.task, model: task.model, aspect: task.aspect, tier: task.tier, ...changed };
    const answer = await tryOrToast(post("ui/defaults", now));
    if (answer) {
      const at = document.activeElement?.name;
      draw(answer);
      node.querySelector(`[name="${at}"]`)?.focus();
      toast(t("settings.default_saved"));
    } else draw(task);
  }

  function draw(newest) {
    task = newest;
    const name = t(`widgets.task_${task.task.replaceAll("-", "_")}`);
    const models = select(
      "model",
      name,
      [
        option("", t("settings.default_auto", { model: catalogueText(task.own_choice) }), task.model),
        ...task.groups.map((g) =>
          el(
            "optgroup",
            "",
            { label: catalogueText(g.label) },
            ...g.models.map((m) => option(m.id, catalogueText(m.label), task.model)),
          ),
        ),
      ],
      (e) => change({ model: e.target.value, aspect: "", tier: "" }),
    );
    const size = (key, names) =>
      names?.length
        ? select(
            key,
            `${name}: ${t(`forms.${key}`)}`,
            [option("", t(`settings.default_${key}`), task[key]), ...names.map((n) => option(n, chip(n), task[key]))],
            (e) => change({ [key]: e.target.value }),
          )
        : null;
    node.replaceChildren(
      el("span", "", { "aria-hidden": "true" }, name),
      models,
      el("div", "st-sizes", {}, size("aspect", task.aspects), size("tier", task.tiers)),
    );
  }
}

/** The box, filled when the answer is here. box: makes a section under its heading. */
export function defaults(box) {
  const rows = el("div", "st-defaults");
  tryOrToast(get("ui/defaults")).then((found) => found && rows.replaceChildren(...found.tasks.map(row)));
  return box("defaults", el("p", "st-dim", {}, t("settings.defaults_help")), rows);
}
