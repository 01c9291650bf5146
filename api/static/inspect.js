/* The inspector's page: choose a place, measure with the clause's word at once, keep at every field, send when there
   is a line. */
import { at, data, el, fill, say, svg, view, when } from "./dom.js";
import { all, persist, put, read, remove } from "./fieldbook.js";
import { ask } from "./http.js";
import { verdict } from "./judge.js";
import { enrol, sendAll } from "./send.js";
import { attempt, button, dialog, empty, field, notice, pill, select, tell } from "./ui.js";

const NEAREST = 40;
const TONES = { met: "good", met_within_tolerance: "good", not_met: "poor", later: "unknown", not_measured: "unknown", not_applicable: "unknown" };
const STATES = { draft: "unknown", waiting: "accent", sent: "good", refused: "poor", conflict: "fair" };
const UNITS = { length: ["mm", "cm", "m"], ratio: ["percent", "1:n", "degree", "ratio"], area: ["m2"], force: ["N", "kgf"], time: ["s"], count: ["count"] };

let pack = null, here = null, sending = false;

const today = () => new Date(Date.now() + 8 * 36e5).toISOString().slice(0, 10);
const named = (place) => place.name || say("inspect.unnamed", { uid: place.uid });

/* ---- what is taken along ---- */
async function take() {
  const fresh = await attempt(at("wrong"), () => ask("GET", "/api/v1/inspection"));
  if (!fresh) return;
  await put("kept", { id: "pack", ...fresh });
  await persist();
  load(fresh);
  tell(say("inspect.taken", { count: pack.places.length }));
  list();
}

function load(fresh) {
  const places = fresh.places.map((row) => (Array.isArray(row) ? Object.fromEntries(fresh.columns.map((name, k) => [name, row[k]])) : row));
  pack = { ...fresh, places };
}

/* ---- the line ---- */
async function line() {
  const waiting = (await all("visits")).filter((visit) => visit.state === "waiting").length, photos = (await all("photos")).length;
  const text = say(navigator.onLine ? "inspect.online" : "inspect.offline");
  const token = await read("kept", "token");
  fill(at("line"), pill(text, navigator.onLine ? "good" : "fair"),
    el("span", {}, say("inspect.waiting", { visits: waiting, photos })),
    button(say("inspect.send"), send), pack ? button(say("inspect.take"), take) : null,
    token ? el("span", { class: "soft" }, say("inspect.enrolled", { date: when(token.until) })) : button(say("inspect.enrol"), enrolled));
}

async function enrolled() {
  const done = await attempt(at("wrong"), async () => { await enrol(say("inspect.phone")); return true; });
  if (done) line();
}

async function send() {
  if (sending) return;
  sending = true;
  try {
    const whole = await sendAll(async () => { await queue(); await line(); });
    tell(say(whole ? "inspect.all_sent" : "inspect.no_line"));
  } finally {
    sending = false;
  }
  await queue();
  await line();
}

/* ---- the queue ---- */
async function queue() {
  const visits = (await all("visits")).sort((a, b) => (a.made_at < b.made_at ? 1 : -1)), photos = await all("photos");
  if (!visits.length) { fill(at("queue"), el("p", { class: "soft" }, say("inspect.queue_empty"))); return; }
  fill(at("queue"), el("ul", { class: "rows" }, visits.map((visit) => {
    const left = photos.filter((photo) => photo.visit === visit.id).length;
    return el("li", { class: "queued", "data-id": visit.id },
      el("strong", {}, visit.name), pill(say("inspect.state_" + visit.state), STATES[visit.state]),
      el("span", { class: "soft" }, [when(visit.day), left ? say("inspect.photos_left", { count: left }) : "", visit.state === "sent" ? say("inspect.findings", { count: visit.findings || 0 }) : ""].filter(Boolean).join(" · ")),
      visit.why && visit.state !== "sent" ? el("p", { class: "field-error" }, visit.why) : null,
      el("div", { class: "actions" },
        visit.state === "draft" || visit.state === "refused" ? button(say("inspect.go_on"), () => form(visit)) : null,
        visit.state === "conflict" ? button(say("inspect.look_again"), () => conflict(visit)) : null,
        visit.state === "sent" && !left ? button(say("inspect.clear"), async () => { await remove("visits", visit.id); queue(); }) : null));
  })));
}

async function conflict(visit) {
  const said = await dialog(say("inspect.conflict_title"), el("p", {}, say("inspect.conflict_text")),
    [["anyway", say("inspect.send_anyway"), "main"], ["edit", say("inspect.go_on"), "quiet"]]);
  if (said === "anyway") { await put("visits", { ...visit, anyway: true, state: "waiting", why: "" }); await queue(); send(); }
  if (said === "edit") form({ ...visit, state: "draft" });
}

/* ---- places ---- */
function away(place) {
  return here ? window.tantu.metres(here.at, [place.lat, place.lon]) : null;
}

function list() {
  const search = el("input", { type: "search", id: "search", autocomplete: "off" });
  const rows = el("ul", { class: "rows" }), count = el("p", { class: "help" });
  function show() {
    const words = search.value.trim().toLowerCase();
    const found = pack.places.filter((place) => !words || (named(place) + place.uid).toLowerCase().includes(words));
    if (here) found.sort((a, b) => away(a) - away(b));
    else found.sort((a, b) => (a.doubted === b.doubted ? (a.inspected_on || "") < (b.inspected_on || "") ? -1 : 1 : a.doubted ? -1 : 1));
    count.textContent = say("inspect.shown", { shown: Math.min(found.length, NEAREST), count: found.length });
    fill(rows, found.slice(0, NEAREST).map((place) => el("li", {},
      el("button", { type: "button", class: "row", "data-id": place.uid, onclick: () => begin(place) },
        el("span", { class: "row-main" }, el("bdi", { class: "row-name" }, named(place)),
          el("span", { class: "row-level" }, here ? window.tantu.away(away(place)) : ""),
          el("span", { class: "row-note" }, [say("inspect.layer_" + place.layer), place.inspected_on ? say("inspect.last", { date: when(place.inspected_on) }) : say("inspect.never"), place.doubted ? say("inspect.doubted") : ""].filter(Boolean).join(" · ")))))));
    if (!found.length) fill(rows, el("li", {}, empty(say("common.none"))));
  }
  search.addEventListener("input", show);
  fill(at("stage"), el("div", { class: "panel stack" }, el("h2", { id: "places-title", tabindex: "-1" }, say("inspect.places")),
    el("div", { class: "filters" }, field(say("inspect.search"), search).box, button(say("near.find"), async () => { here = await window.tantu.here(); show(); })), count, rows));
  show();
}

async function begin(place) {
  const open = (await all("visits")).find((visit) => visit.place === place.uid && visit.layer === place.layer && visit.state === "draft");
  const visit = open || {
    id: crypto.randomUUID(), layer: place.layer, place: place.uid, name: named(place), base: place.version, built_on: place.built_on,
    day: today(), made_at: new Date().toISOString(), state: "draft", items: {}, position: null,
  };
  form(visit);
}

/* ---- one visit ---- */
function form(visit) {
  const keep = async () => { await put("visits", visit); saved.textContent = say("inspect.kept"); };
  const saved = el("p", { role: "status", class: "help" });
  const items = el("div", { class: "stack" }), photos = el("div", {}), where = el("div", {});

  const chosen = select([["", say("inspect.choose")], ...pack.layers[visit.layer].filter((code) => pack.elements[code]).map((code) => [code, pack.elements[code].label])]);
  chosen.addEventListener("change", async () => {
    if (!chosen.value) return;
    const number = 1 + Object.keys(visit.items).filter((key) => key.startsWith(chosen.value + "#")).length;
    visit.items[chosen.value + "#" + number] = {};
    chosen.value = "";
    await keep();
    draw();
    items.lastElementChild.querySelector("summary").focus();
  });

  function draw() {
    fill(items, Object.keys(visit.items).map((key) => element(visit, key, keep)));
  }
  function position() {
    fill(where, el("p", {}, visit.position ? say("inspect.position", { metres: Math.round(visit.position.accuracy_m) }) : say("inspect.no_position")),
      button(say("inspect.locate"), async () => {
        const found = await window.tantu.here();
        if (!found) return;
        visit.position = { lon: found.at[1], lat: found.at[0], accuracy_m: found.accuracy };
        await keep();
        position();
      }));
  }
  async function pictures() {
    const taken = (await all("photos")).filter((photo) => photo.visit === visit.id);
    fill(photos, el("ul", { class: "links" }, taken.map((photo) => el("li", {}, photo.alt || photo.name, " ",
      button(say("inspect.drop"), async () => { await remove("photos", photo.id); pictures(); })))), camera(visit, pictures));
  }

  const finish = button(say("inspect.finish"), async () => {
    if (!Object.values(visit.items).some((answers) => Object.keys(answers).length)) { fill(at("wrong"), notice("warn", say("inspect.nothing"))); return; }
    visit.state = "waiting";
    visit.why = "";
    await put("visits", visit);
    fill(at("wrong"));
    list();
    await queue();
    await line();
    tell(say("inspect.finished"));
    at("places-title").focus();
    send();
  }, "main");
  fill(at("stage"), el("div", { class: "panel stack" },
    el("h2", { id: "visit-title", tabindex: "-1" }, visit.name), saved,
    el("h3", {}, say("inspect.photo_first")), photos, el("h3", {}, say("inspect.where")), where,
    el("h3", {}, say("inspect.measure")), items, field(say("inspect.add"), chosen).box,
    el("div", { class: "actions" }, finish, button(say("inspect.back"), async () => { await queue(); list(); at("places-title").focus(); }))));
  draw();
  position();
  pictures();
  at("visit-title").focus();
}

function camera(visit, shown) {
  const file = el("input", { type: "file", accept: "image/*", capture: "environment" }), alt = el("input", { type: "text", maxlength: "200" });
  const role = select([["context", say("inspect.role_context")], ["measurement", say("inspect.role_measurement")], ["before", say("inspect.role_before")], ["after", say("inspect.role_after")]]);
  const picked = field(say("inspect.photo"), file), told = field(say("inspect.photo_alt"), alt, { help: say("inspect.photo_alt_help") });
  file.addEventListener("change", async () => {
    const [blob] = file.files;
    if (!blob) return;
    await put("visits", visit);
    await put("photos", { id: crypto.randomUUID(), visit: visit.id, name: blob.name || "photo.jpg", role: role.value, alt: alt.value.trim(), blob });
    shown();
    line();
  });
  return el("div", { class: "pair" }, told.box, field(say("inspect.role"), role).box, picked.box);
}

function element(visit, key, keep) {
  const [code, number] = key.split("#"), about = pack.elements[code], answers = visit.items[key];
  const words = new Map(), summary = el("summary", {}, about.label + " " + number, " ", el("span", { class: "soft" }));
  function judge() {
    let poor = 0;
    for (const [question, place] of words) {
      const said = verdict(question, answers, pack.units, visit.built_on);
      const quiet = !said || said.outcome === "not_measured" || said.outcome === "not_applicable";
      if (said && said.outcome === "not_met") poor += 1;
      const text = quiet ? "" : say("inspect.verdict_" + said.outcome) + " · " + said.rule.clause + (said.rule.verified ? "" : "*");
      if (place.textContent !== text) fill(place, quiet ? null : pill(text, TONES[said.outcome]));
    }
    const count = Object.keys(answers).length;
    summary.lastElementChild.textContent = say(poor ? "inspect.item_poor" : "inspect.item_state", { asked: count, all: about.questions.length, poor });
  }
  const body = about.questions.map((question) => {
    const place = el("p", { class: "word", role: "status" });
    words.set(question, place);
    return asked(question, answers, place, async () => { judge(); await keep(); });
  });
  const box = el("details", { class: "item", open: !Object.keys(answers).length }, summary, body,
    button(say("inspect.drop_item"), async () => { delete visit.items[key]; await keep(); box.remove(); }));
  judge();
  return box;
}

function asked(question, answers, place, changed) {
  const answer = () => (answers[question.attribute] ||= {}), known = answers[question.attribute] || {};
  const clear = () => { if (!Object.keys(answers[question.attribute] || {}).length) delete answers[question.attribute]; };
  const limits = limitsOf(question);
  const reason = select([["", say("inspect.reason_none")], ...pack.reasons], known.reason || "");
  reason.addEventListener("change", () => { const said = answer(); delete said.values; delete said.choice; if (reason.value) said.reason = reason.value; else delete said.reason; clear(); changed(); });
  const drawing = question.picture ? svg("svg", { class: "measure", viewBox: "0 0 120 60", "aria-hidden": "true", focusable: "false" }, svg("use", { href: data.pictures + "#" + question.picture })) : null;
  let control;
  if (question.kind === "number") control = figures(question, known, answer, reason, changed, clear);
  else {
    const options = question.kind === "yes_no" ? [["1", say("common.yes")], ["0", say("common.no")]] : question.choices;
    const now = question.kind === "yes_no" ? (known.values ? String(known.values[0]) : "") : known.choice || "";
    const box = select([["", say("inspect.choose")], ...options], now);
    box.addEventListener("change", () => {
      const said = answer();
      delete said.reason; delete said.values; delete said.choice;
      reason.value = "";
      if (box.value && question.kind === "yes_no") { said.values = [Number(box.value)]; said.unit = "bool"; }
      else if (box.value) said.choice = box.value;
      clear();
      changed();
    });
    control = field(question.label, box, { help: limits ? say("inspect.limit", { limit: limits }) : "" }).box;
  }
  return el("div", { class: "question", "data-attribute": question.attribute }, drawing, control, field(say("inspect.reason"), reason).box, place);
}

function limitsOf(question) {
  const told = question.rules.filter((rule) => rule.text).slice(0, 2);
  return told.map((rule) => ({ "<=": "≤ ", ">=": "≥ " }[rule.operator] || "") + limit(rule, question)).join("; ");
}

function limit(rule, question) {
  if (rule.unit === "bool") return say(rule.text === "true" ? "common.yes" : "common.no");
  if (rule.unit === "choice") return rule.expected.map((choice) => (question.choices.find(([code]) => code === choice) || [choice, choice])[1]).join(" / ");
  if (rule.unit === "ratio") return rule.text.split("–").map((part) => Math.round(Number(part) * 1e4) / 100).join("–") + " %";
  return rule.text + " " + rule.unit;
}

function figures(question, known, answer, reason, changed, clear) {
  const kinds = UNITS[pack.units[question.unit][0]] || [question.unit], first = known.unit || (question.unit === "ratio" ? "percent" : question.unit);
  const unit = select((kinds.includes(first) ? kinds : [first, ...kinds]).map((code) => [code, say("inspect.unit_" + code.replace(/\W/g, "_"))]), first);
  const limits = limitsOf(question);
  const boxes = Array.from({ length: question.readings }, (_, k) => {
    const value = known.values && Number.isFinite(known.values[k]) ? known.values[k] : "";
    const input = el("input", { type: "number", inputmode: "decimal", step: "any", value });
    input.addEventListener("input", store);
    return { input, told: field(question.readings > 1 ? say("inspect.reading", { label: question.label, number: k + 1, count: question.readings }) : question.label, input, { help: k === 0 && limits ? say("inspect.limit", { limit: limits }) : "" }) };
  });
  function store() {
    const said = answer();
    delete said.reason;
    reason.value = "";
    said.values = boxes.map(({ input }) => (input.value === "" ? null : Number(input.value)));
    said.unit = unit.value;
    if (said.values.every((value) => value === null)) { delete said.values; delete said.unit; }
    clear();
    changed();
  }
  unit.addEventListener("change", store);
  return el("div", { class: "pair" }, boxes.map(({ told }) => told.box), field(say("inspect.unit"), unit).box);
}

/* ---- start ---- */
window.addEventListener("online", () => { line(); send(); });
window.addEventListener("offline", line);
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/inspect/worker.js", { scope: "/inspect" });
const kept = await read("kept", "pack");
if (kept) { load(kept); list(); } else if (navigator.onLine) await take();
else fill(at("stage"), notice("warn", say("inspect.nothing_kept")));
await queue();
await line();
if (navigator.onLine) send();
document.documentElement.dataset.ready = view.lang;
