// A note on an event: what else is to be said of it.
import { _ } from "../kit/words.js";
import { toast } from "../kit/toast.js";
import { ask, choices, field } from "./dialog.js";
import { judge } from "./judge.js";
import { element } from "./made.js";

/** Ask for a note on a card's event; it belongs to a judgement. */
export function noteOn(card) {
  const label = card.dataset.label || "";
  const text = element("textarea", "", { name: "note", rows: 4, maxlength: 2000, required: "" });
  const what = choices(_("It is"), "label", [["abnormal", _("Abnormal")], ["normal", _("Normal")]], label || "abnormal");
  ask(_("Add a note"), [what, field(_("Note"), text)], _("Save"), async (given) => {
    const before = new Map([[card.dataset.event, label || null]]);
    if (await judge(before, given.label, { note: given.note, quiet: true })) toast(_("The note is kept."));
  });
}
