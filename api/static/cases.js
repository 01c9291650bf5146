/* The cases as a board and as a list, with their deadlines, and the figures of a period with the cases behind each. */
import { daysLeft, deadline, graded, named, openCase, placed } from "./case.js";
import { at, data, el, fill, number, say, share } from "./dom.js";
import { get, query } from "./http.js";
import { attempt, button, dialog, empty, field, saved, select, table, tell } from "./ui.js";

const OPEN = Object.keys(data.lists.case_state).filter((state) => !data.ended.includes(state));
const COUNTS = ["filed", "due", "closed", "on_time", "sent_back"];
const SHARES = ["closed_share", "on_time_share", "sent_back_share"];
const AT_ONCE = 20, LISTED = 200;
const any = [["", say("case.any")]];
const choice = (list) => select([...any, ...Object.entries(data.lists[list])]);
const filters = {
  severity: field(say("case.fact_severity"), choice("severity")),
  state: field(say("case.fact_state"), choice("case_state")),
  unit: field(say("case.fact_unit"), el("input", { type: "text", maxlength: "80" })),
};
const year = data.today.slice(0, 4);
const period = {
  since: field(say("cases.since"), el("input", { type: "date", value: year + "-01-01" })),
  until: field(say("cases.until"), el("input", { type: "date", value: data.today })),
  level: field(say("cases.level"), select(Object.entries(data.lists.region_level).filter(([code]) => code === "county" || code === "township"), "county")),
};
let view = "board";

const title = (row) => placed(row) + " · " + named("element", row.element);
const open = (row) => openCase(row.uid || row.case, title(row), () => { drawCases(); drawFigures(); });
const values = (fields) => Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, one.control.value.trim()]));
const byDeadline = (rows) => [...rows].sort((one, other) => (daysLeft(one) ?? 1e9) - (daysLeft(other) ?? 1e9));

function card(row) {
  return el("li", {}, el("button", { type: "button", class: "case-card", "data-id": row.uid, onclick: () => open(row) },
    el("strong", {}, placed(row)), el("span", {}, named("element", row.element)), el("span", { class: "marks" }, graded(row), deadline(row)),
    row.unit ? el("span", { class: "soft" }, row.unit) : null));
}

async function column(state) {
  const list = el("ul", { class: "case-cards" }), more = el("div", {});
  let rows = [];
  const load = async (address) => {
    const page = await get(address);
    rows = rows.concat(page.items);
    fill(list, byDeadline(rows).map(card));
    fill(more, page.next ? button(say("common.more"), () => attempt(at("wrong"), () => load(page.next))) : null);
  };
  const { severity, unit } = values(filters);
  await load(query("/api/v1/cases", { state, severity, unit, limit: AT_ONCE }));
  return el("section", { class: "case-column", "aria-label": named("case_state", state) },
    el("h3", {}, named("case_state", state)), rows.length ? [list, more] : el("p", { class: "soft" }, say("cases.none_here")));
}

const columns = [
  { label: say("case.fact_place"), cell: placed, sort: placed },
  { label: say("case.fact_element"), cell: (row) => named("element", row.element), sort: (row) => named("element", row.element) },
  { label: say("case.fact_state"), cell: (row) => named("case_state", row.state), sort: (row) => Object.keys(data.lists.case_state).indexOf(row.state) },
  { label: say("case.fact_severity"), cell: graded, sort: (row) => Object.keys(data.lists.severity).indexOf(row.severity) },
  { label: say("case.fact_unit"), cell: (row) => row.unit, sort: (row) => row.unit || null },
  { label: say("case.fact_deadline"), cell: deadline, sort: (row) => daysLeft(row) },
];

async function drawList() {
  let rows = [];
  const shown = table({ caption: say("cases.open_cases"), columns, open });
  const count = el("p", { class: "help" }), more = el("div", {});
  const load = async (address) => {
    const page = await get(address);
    rows = rows.concat(page.items);
    shown.show(byDeadline(rows));
    count.textContent = say(page.next ? "common.rows_shown" : "common.rows", { count: number(rows.length), shown: number(rows.length) });
    fill(more, page.next ? button(say("common.more"), () => attempt(at("wrong"), () => load(page.next))) : null);
  };
  await load(query("/api/v1/cases", { ...values(filters), limit: LISTED }));
  return rows.length ? [shown.box, count, more, el("div", { class: "actions" }, saved(say("cases.open_cases"), columns, () => rows))] : empty(say("common.none"));
}

async function drawCases() {
  filters.state.box.hidden = view === "board";
  const held = await attempt(at("wrong"), async () => (view === "board" ? Promise.all(OPEN.map(column)) : drawList()));
  if (held === undefined) return;
  fill(at("board"), view === "board" ? el("div", { class: "case-board", tabindex: "0", role: "group", "aria-label": say("cases.view_board") }, held) : held);
}

async function behind(figure, row, label) {
  const address = query("/api/v1/kpis/" + figure, { ...values(period), region: row.code });
  const host = el("div", {});
  const found = await attempt(host, () => get(address));
  if (found) {
    const list = table({ caption: label, columns, open });
    list.show(found.cases);
    fill(host, found.cases.length ? list.box : empty(say("common.none")));
  }
  await dialog(label, host, []);
}

async function drawFigures() {
  const found = await attempt(at("figures-wrong"), () => get(query("/api/v1/kpis", values(period))));
  if (!found) return;
  const name = (row) => row.name || say("cases.unplaced");
  const counted = (figure) => (row) => (row[figure] ? button(number(row[figure]), () => behind(figure, row, (row.whole ? say("cases.total") : name(row)) + " · " + named("kpi", figure)), "quiet row-open", { "aria-label": (row.whole ? say("cases.total") : name(row)) + " " + named("kpi", figure) + " " + number(row[figure]) }) : number(0));
  const heads = [
    { label: say("cases.region"), cell: name, sort: name },
    ...COUNTS.map((figure) => ({ label: named("kpi", figure), cell: counted(figure), text: (row) => row[figure], sort: (row) => row[figure], number: true })),
    ...SHARES.map((figure) => ({ label: named("kpi", figure), cell: (row) => (row[figure] === null ? "–" : share(row[figure])), sort: (row) => row[figure], number: true })),
  ];
  const whole = { ...found.total, code: null, whole: true };
  const foot = el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, say("cases.total")), heads.slice(1).map((head) => el("td", { class: "num" }, head.cell(whole)))));
  const shown = table({ caption: say("cases.figures"), columns: heads, foot });
  shown.show(found.regions);
  fill(at("figures"), shown.box);
  fill(at("figure-tools"), saved(say("cases.figures"), heads, () => [...found.regions, { ...whole, name: say("cases.total") }]), button(say("common.print"), () => window.print()));
}

function choose(name) {
  view = name;
  for (const one of at("views").children) one.setAttribute("aria-pressed", String(one.dataset.view === view));
  tell("");
  drawCases();
}

fill(at("views"), ["board", "list"].map((name) => button(say("cases.view_" + name), () => choose(name), "quiet", { "data-view": name, "aria-pressed": "false" })));
fill(at("filters"), Object.values(filters).map((one) => one.box));
fill(at("period"), Object.values(period).map((one) => one.box));
at("filters").addEventListener("change", drawCases);
at("period").addEventListener("change", drawFigures);
for (const form of [at("filters"), at("period")]) form.addEventListener("submit", (event) => event.preventDefault());
choose("board");
drawFigures();
