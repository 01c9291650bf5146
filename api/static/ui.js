/* Components of every page: status line, notices, tables, dialogs, fields, progress. */
import { at, el, fill, number, say } from "./dom.js";
import { follow } from "./http.js";

/** Say something to everybody, also to a screen reader. */
export function tell(text) {
  at("status").textContent = text;
}

/** A box that says how something went: info, good, warn or poor. */
export function notice(tone, title, ...details) {
  return el("div", { class: "notice notice-" + tone, role: tone === "poor" ? "alert" : "note" },
    el("strong", {}, title), details.flat().filter(Boolean).map((text) => el("p", {}, text)));
}

/** What was refused, with every place that has to be mended. */
export function refused(problem) {
  return notice("poor", say("problem.title"), problem.message, (problem.errors || []).map((error) => [error.pointer, error.detail].filter(Boolean).join(": ")));
}

/** Nothing to show, and what to do about it. */
export function empty(text, action) {
  return el("div", { class: "empty" }, el("p", {}, text), action || null);
}

/** A button; `kind` is main, quiet or danger. */
export function button(text, act, kind = "quiet", attributes = {}) {
  return el("button", { type: "button", class: "btn btn-" + kind, onclick: act, ...attributes }, text);
}

/** A state as a shape and words, never by colour alone. */
export function pill(text, tone) {
  return el("span", { class: "pill pill-" + tone }, text);
}

let numbers = 0;

/**
 * A field with its label, help and the place of its error.
 * `control` is an input, select or textarea; returns { box, control, wrong(text) }.
 */
export function field(label, control, { help = "", required = false } = {}) {
  numbers += 1;
  const id = control.id || "field-" + numbers;
  const helpId = id + "-help", errorId = id + "-error";
  control.id = id;
  if (required) control.required = true;
  const error = el("p", { class: "field-error", id: errorId, hidden: true });
  control.setAttribute("aria-describedby", [help ? helpId : "", errorId].join(" ").trim());
  const box = el("div", { class: "field" },
    el("label", { for: id }, label, required ? el("span", { class: "soft" }, " " + say("common.required")) : null),
    help ? el("p", { class: "help", id: helpId }, help) : null, control, error);
  function wrong(text) {
    error.textContent = text || "";
    error.hidden = !text;
    if (text) control.setAttribute("aria-invalid", "true"); else control.removeAttribute("aria-invalid");
  }
  return { box, control, wrong };
}

export function select(options, chosen = "", attributes = {}) {
  return el("select", attributes, options.map(([value, text]) => el("option", { value, selected: String(value) === String(chosen) }, text)));
}

/**
 * A table that sorts by its headings. `columns`: { key, label, cell(row) -> text or element, sort(row), number }.
 * A caption names it; `open(row)` makes the first cell a button. Returns { box, show(rows) }.
 */
export function table({ caption, columns, open, foot }) {
  let shown = [], by = null, down = false;
  const body = el("tbody", {});
  const heads = columns.map((column) => {
    if (!column.sort) return el("th", { scope: "col", class: column.number ? "num" : "" }, column.label);
    const sorter = el("button", { type: "button", class: "sort", "aria-label": say("common.sort", { column: column.label }) }, column.label);
    const head = el("th", { scope: "col", class: column.number ? "num" : "" }, sorter);
    sorter.addEventListener("click", () => { down = by === column ? !down : Boolean(column.number); by = column; draw(); });
    return head;
  });
  const box = el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    el("table", { class: "data" }, el("caption", { class: "vh" }, caption), el("thead", {}, el("tr", {}, heads)), body, foot || null));
  function ordered() {
    if (!by) return shown;
    const worth = (row) => by.sort(row);
    const sorted = [...shown].sort((a, b) => { const x = worth(a), y = worth(b); return x === y ? 0 : x === null ? 1 : y === null ? -1 : x < y ? -1 : 1; });
    return down ? sorted.reverse() : sorted;
  }
  function cell(column, row, first) {
    const held = column.cell ? column.cell(row) : row[column.key];
    const text = held === null || held === undefined ? "" : typeof held === "number" ? number(held) : held;
    const inner = first && open ? el("button", { type: "button", class: "row-open", onclick: (event) => open(row, event.currentTarget) }, text) : text;
    return el(first ? "th" : "td", { scope: first ? "row" : null, class: column.number ? "num" : "" }, inner);
  }
  function draw() {
    heads.forEach((head, k) => {
      if (columns[k] === by) head.setAttribute("aria-sort", down ? "descending" : "ascending"); else head.removeAttribute("aria-sort");
    });
    fill(body, ordered().map((row) => el("tr", { "data-id": row.uid || row.id || null }, columns.map((column, k) => cell(column, row, k === 0)))));
  }
  return { box, show(rows) { shown = rows; draw(); } };
}

/** A cell of a table file; a text that a spreadsheet would run as a formula is told to be text. */
function written(value) {
  const text = value === null || value === undefined ? "" : value instanceof Node ? value.textContent : String(value);
  const plain = typeof value !== "number" && /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
  return '"' + plain.replaceAll('"', '""') + '"';
}

/** A button that saves a table as a file that spreadsheets open: CSV in UTF-8 with its mark. */
export function saved(name, columns, rows) {
  return button(say("common.download"), () => {
    const line = (cells) => cells.map(written).join(",");
    const cell = (column, row) => (column.text ? column.text(row) : column.cell ? column.cell(row) : row[column.key]);
    const text = [line(columns.map((column) => column.label)), ...rows().map((row) => line(columns.map((column) => cell(column, row))))].join("\r\n");
    const address = URL.createObjectURL(new Blob(["\ufeff" + text], { type: "text/csv;charset=utf-8" }));
    const link = el("a", { href: address, download: name + ".csv" });
    link.click();
    URL.revokeObjectURL(address);
  });
}

/**
 * Ask in a dialog; resolves to the pressed action, null when it was closed. `content` is an element or text.
 * `actions`: [[name, label, kind]]; `check(name)` may return false to stay open.
 */
export function dialog(title, content, actions, check = () => true) {
  const opener = document.activeElement;
  return new Promise((done) => {
    numbers += 1;
    const id = "dialog-" + numbers;
    const box = el("dialog", { class: "dialog", "aria-labelledby": id },
      el("div", { class: "card-head" }, el("h2", { id, tabindex: "-1" }, title),
        el("button", { type: "button", class: "close", onclick: () => end(null) }, el("span", { class: "vh" }, say("common.close")), el("span", { "aria-hidden": "true" }, "×"))),
      el("div", { class: "dialog-body" }, content),
      el("div", { class: "actions" }, actions.map(([name, label, kind]) => button(label, () => choose(name), kind || "quiet"))));
    async function choose(name) {
      if (await check(name)) end(name);
    }
    function end(name) {
      box.close();
      box.remove();
      if (opener && opener.isConnected) opener.focus();
      done(name);
    }
    box.addEventListener("cancel", (event) => { event.preventDefault(); end(null); });
    document.body.append(box);
    box.showModal();
    box.querySelector("h2").focus();
  });
}

/** A bar of a job's progress, with what it is doing in words. */
export function progress(what) {
  const bar = el("progress", { max: "1", value: "0", "aria-label": what });
  const line = el("p", { role: "status", class: "help" }, say("common.working", { what }));
  const box = el("div", { class: "progress" }, bar, line);
  return { box, set(share, text) { bar.value = share; if (text) line.textContent = say("common.working", { what: text }); } };
}

/** Run a job in view: shows its progress inside `host`, returns the ended job or null after showing what went wrong. */
export async function run(host, what, start) {
  const bar = progress(what);
  fill(host, bar.box);
  try {
    const job = await start();
    const ended = await follow(job.href || "/api/v1/jobs/" + job.id, (now) => bar.set(now.progress || 0, now.step || what));
    fill(host);
    tell(say(ended.state === "cancelled" ? "common.cancelled" : "common.done"));
    return ended;
  } catch (problem) {
    if (!("status" in problem)) throw problem;
    fill(host, refused(problem));
    return null;
  }
}

/** Do something that may be refused; what was refused is shown in `host`. Returns undefined then. */
export async function attempt(host, act) {
  try {
    const result = await act();
    fill(host);
    return result;
  } catch (problem) {
    if (!("status" in problem)) throw problem;
    fill(host, refused(problem));
    return undefined;
  }
}
