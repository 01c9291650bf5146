/* One case in a dialog: where it stands, what happened to it, and what the reader may do with it now. */
import { data, el, fill, number, say, when } from "./dom.js";
import { get, post } from "./http.js";
import { attempt, button, dialog, field, notice, pill, select, tell } from "./ui.js";
import { digest, sendFile } from "./upload.js";

const TONES = { critical: "poor", major: "fair", minor: "unknown", advisory: "unknown" };
// What each event has to be told; a "?" may be left open.
const FACTS = {
  dismiss: ["reason"], cancel: ["reason"], reopen: ["reason"], pause: ["reason"], dispatch: ["unit", "due_on?"],
  repair: ["evidence", "note?"], reinspect: ["visit", "due_on?"], check: ["passed", "evidence", "due_on?"],
  merge: ["into"], penalise: ["yuan"], opine: ["severity"],
};
const DAY_MS = 86400000;

/** The word of a code. */
export const named = (list, code) => data.lists[list][code] || code;

/** A severity as a shape and a word. */
export const graded = (row) => pill(named("severity", row.severity), TONES[row.severity] || "unknown");

/** How a place is called in lists. */
export const placed = (row) => row.place_name || row.place_uid || row.place;

/** Days until a deadline, below zero where it has passed; null without one or where nothing is owed. */
export function daysLeft(row) {
  if (!row.due_on || row.paused_on || data.ended.includes(row.state)) return null;
  return Math.round((Date.parse(row.due_on) - Date.parse(data.today)) / DAY_MS);
}

/** A deadline in words. */
export function deadline(row) {
  const left = daysLeft(row);
  if (row.paused_on && !data.ended.includes(row.state)) return pill(say("case.paused"), "unknown");
  if (left === null) return row.due_on ? when(row.due_on) : "";
  if (left < 0) return pill(say("case.overdue", { days: number(-left) }), "poor");
  return pill(left === 0 ? say("case.due_today") : say("case.days_left", { days: number(left) }), left <= 3 ? "fair" : "good");
}

function control(name) {
  if (name === "reason" || name === "note") return el("textarea", { maxlength: "2000" });
  if (name === "due_on") return el("input", { type: "date", min: data.today });
  if (name === "evidence") return el("input", { type: "file", multiple: true, accept: "image/*" });
  if (name === "yuan") return el("input", { type: "number", min: "0", step: "any" });
  if (name === "passed") return select([["", say("case.choose")], ["yes", say("common.yes")], ["no", say("common.no")]]);
  if (name === "severity") return select(Object.entries(data.lists.severity));
  return el("input", { type: "text", maxlength: "120" });
}

async function stored(files) {
  const digests = [];
  for (const file of files) {
    const sha256 = await digest(file);
    const whole = await sendFile(file, { filename: file.name, kind: "photo", sha256 });
    if (!whole) throw Object.assign(new Error(say("case.not_sent", { name: file.name })), { status: 0 });
    digests.push(sha256);
  }
  return digests;
}

async function answered(name, input) {
  if (name === "evidence") return stored(input.files);
  if (name === "yuan") return Number(input.value);
  if (name === "passed") return input.value === "yes";
  return input.value.trim();
}

/** Ask for the facts of an event and do it; returns the case as it stands then, null where it was left. */
async function doEvent(event, known) {
  const asked = (FACTS[event] || []).map((text) => {
    const name = text.replace("?", ""), required = !text.endsWith("?");
    return { name, required, ...field(say("case.fact_" + name), control(name), { required, help: name === "due_on" ? say("case.due_help") : "" }) };
  });
  const wrong = el("div", {});
  let done = null;
  const content = [el("p", {}, say("case.about_" + event)), el("form", { onsubmit: (submitted) => submitted.preventDefault() }, asked.map((fact) => fact.box)), wrong];
  const pressed = await dialog(say("case.event_" + event), content, [["go", say("common.confirm"), "main"], ["no", say("common.cancel")]], async (choice) => {
    if (choice !== "go") return true;
    const missing = asked.filter((fact) => fact.required && !(fact.name === "evidence" ? fact.control.files.length : fact.control.value.trim()));
    asked.forEach((fact) => fact.wrong(missing.includes(fact) ? say("case.needed") : ""));
    if (missing.length) { missing[0].control.focus(); return false; }
    const told = await attempt(wrong, async () => {
      const said = { event };
      for (const fact of asked) if (fact.required || fact.control.value.trim()) said[fact.name] = await answered(fact.name, fact.control);
      return post("/api/v1/cases/" + encodeURIComponent(known.id) + "/events", said, { "If-Match": '"' + known.version + '"' });
    });
    done = told === undefined ? null : told;
    return told !== undefined;
  });
  return pressed === "go" ? done : null;
}

function told(known) {
  const facts = [
    ["state", named("case_state", known.state)], ["severity", graded(known)], ["element", named("element", known.element) + " " + number(known.element_no)],
    ["unit", known.unit], ["deadline", deadline(known)], ["filed_on", when(known.filed_on)], ["reworks", known.reworks ? number(known.reworks) : ""],
    ["opinion", known.opinion && known.opinion !== known.severity ? named("severity", known.opinion) : ""], ["rules", known.rules.join("、")],
  ].filter(([, value]) => value);
  const happened = known.events.map((one) => el("li", {},
    el("strong", {}, say("case.event_" + one.event)), " ", el("span", { class: "soft" }, one.by + " · " + when(one.at)),
    one.facts.reason ? el("p", {}, one.facts.reason) : null, one.facts.note ? el("p", {}, one.facts.note) : null));
  return [
    el("dl", { class: "facts" }, facts.map(([name, value]) => el("div", {}, el("dt", {}, say("case.fact_" + name)), el("dd", {}, value)))),
    el("h3", {}, say("case.history")), el("ol", { class: "history" }, happened),
  ];
}

/** Show a case; `changed()` hears every event that was done. */
export async function openCase(uid, name, changed) {
  const host = el("div", { class: "stack" });
  const acts = el("div", { class: "actions" });
  const show = (known) => {
    fill(host, told(known), acts);
    const may = data.events[known.state] || [];
    fill(acts, may.length ? may.map((event, first) => button(say("case.event_" + event), async () => {
      const after = await doEvent(event, known);
      if (after) { tell(say("case.did", { event: say("case.event_" + event) })); show(after); changed(); }
    }, first === 0 ? "main" : "quiet")) : notice("info", say("case.nothing_to_do")));
  };
  const known = await attempt(host, () => get("/api/v1/cases/" + encodeURIComponent(uid)));
  if (known) show(known);
  await dialog(name, host, []);
}
