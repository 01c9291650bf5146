/* What waits for a reviewer: findings without a case, cases to review, and changes made offline that need a decision. */
import { deadline, graded, named, openCase, placed } from "./case.js";
import { at, data, el, fill, number, say, when } from "./dom.js";
import { get, post, query } from "./http.js";
import { attempt, button, dialog, empty, field, select, table, tell } from "./ui.js";

const LISTED = 200, AT_ONCE = 500;
const any = [["", say("case.any")]];
const filters = {
  severity: field(say("case.fact_severity"), select([...any, ...Object.entries(data.lists.severity)], "critical")),
  element: field(say("case.fact_element"), select([...any, ...Object.entries(data.lists.element)])),
};
const chosen = new Set();
let rows = [];

function counted() {
  const open = at("open-cases");
  open.textContent = say("review.open", { count: number(chosen.size) });
  open.disabled = chosen.size === 0;
}

const box = (row) => el("input", {
  type: "checkbox", checked: chosen.has(row.uid), "aria-label": say("review.choose", { name: placed(row) + " " + named("element", row.element) + " " + row.clause }),
  onchange: (event) => { if (event.currentTarget.checked) chosen.add(row.uid); else chosen.delete(row.uid); counted(); },
});

const found = table({
  caption: say("review.found"),
  columns: [
    { label: say("case.fact_place"), cell: (row) => el("label", { class: "check" }, box(row), placed(row)), sort: placed },
    { label: say("case.fact_element"), cell: (row) => named("element", row.element), sort: (row) => named("element", row.element) },
    { label: say("case.fact_clause"), key: "clause", sort: (row) => row.clause },
    { label: say("case.fact_measured"), cell: (row) => (row.value === null ? "" : number(row.value) + " " + (row.unit || "")), number: true },
    { label: say("case.fact_severity"), cell: graded, sort: (row) => Object.keys(data.lists.severity).indexOf(row.severity) },
    { label: say("review.opened_on"), cell: (row) => when(row.opened_on), sort: (row) => row.opened_on },
  ],
});

async function drawFound() {
  const values = Object.fromEntries(Object.entries(filters).map(([name, one]) => [name, one.control.value]));
  chosen.clear();
  rows = [];
  const more = el("div", {}), count = el("p", { class: "help" });
  const load = async (address) => {
    const page = await get(address);
    rows = rows.concat(page.items);
    found.show(rows);
    count.textContent = say(page.next ? "common.rows_shown" : "common.rows", { count: number(rows.length), shown: number(rows.length) });
    fill(more, page.next ? button(say("common.more"), () => attempt(at("wrong"), () => load(page.next))) : null);
    return page;
  };
  const first = await attempt(at("wrong"), () => load(query("/api/v1/findings", { state: "open", ...values, limit: LISTED })));
  if (first) fill(at("found"), rows.length ? [found.box, count, more] : empty(say("review.none_found")));
  counted();
}

async function openChosen() {
  const findings = [...chosen].slice(0, AT_ONCE);
  const told = await attempt(at("wrong"), () => post("/api/v1/cases", { findings }));
  if (!told) return;
  await Promise.all([drawFound(), drawReported()]);
  tell(say("review.opened", { opened: number(told.opened.length), joined: number(told.joined), waiting: number(told.waiting) }));
}

async function drawReported() {
  const list = table({
    caption: say("review.reported"),
    open: (row) => openCase(row.uid, placed(row) + " · " + named("element", row.element), drawReported),
    columns: [
      { label: say("case.fact_place"), cell: placed, sort: placed },
      { label: say("case.fact_element"), cell: (row) => named("element", row.element) },
      { label: say("case.fact_severity"), cell: graded, sort: (row) => Object.keys(data.lists.severity).indexOf(row.severity) },
      { label: say("case.fact_deadline"), cell: deadline },
    ],
  });
  const host = at("reported");
  const page = await attempt(host, () => get(query("/api/v1/cases", { state: "reported", limit: LISTED })));
  if (!page) return;
  list.show(page.items);
  fill(host, page.items.length ? [list.box, page.next ? el("p", { class: "help" }, say("common.rows_shown", { shown: number(page.items.length) })) : null] : empty(say("review.none_reported")));
}

async function decide(change) {
  const told = el("dl", { class: "facts" }, Object.entries({ by: change.by, about: change.about, made_at: when(change.made_at), why: change.detail }).filter(([, value]) => value)
    .map(([name, value]) => el("div", {}, el("dt", {}, say("review." + name)), el("dd", {}, value))));
  const wrong = el("div", {});
  await dialog(say("review.decide"), [told, wrong], [["apply", say("review.apply"), "main"], ["discard", say("review.discard")]], async (decision) => {
    const decided = await attempt(wrong, () => post("/api/v1/conflicts/" + encodeURIComponent(change.id) + "/decision", { decision }));
    if (decided) tell(say("review.decided"));
    return Boolean(decided);
  });
  await drawConflicts();
}

async function drawConflicts() {
  const host = at("conflicts");
  const changes = await attempt(host, () => get("/api/v1/conflicts"));
  if (!changes) return;
  const list = table({
    caption: say("review.conflicts"), open: decide,
    columns: [
      { label: say("review.about"), cell: (row) => row.about },
      { label: say("review.by"), cell: (row) => row.by },
      { label: say("review.made_at"), cell: (row) => when(row.made_at) },
      { label: say("review.why"), cell: (row) => row.detail },
    ],
  });
  list.show(changes);
  fill(host, changes.length ? list.box : empty(say("review.none_conflicts")));
}

fill(at("filters"), Object.values(filters).map((one) => one.box));
at("filters").addEventListener("change", drawFound);
at("filters").addEventListener("submit", (event) => event.preventDefault());
fill(at("found-tools"),
  button(say("review.choose_all"), () => { rows.forEach((row) => chosen.add(row.uid)); found.show(rows); counted(); }),
  button("", openChosen, "main", { id: "open-cases" }));
drawFound();
drawReported();
drawConflicts();
