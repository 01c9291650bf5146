/* A first word on a measurement, by the rules that the phone took along; the office judges again.
   Three-valued like the office: a rule whose condition is unknown can be met, never failed. */

const SAME = 1e-9;

/** A figure in the base unit of its kind; NaN for a unit that is not known. */
export function inBase(value, unit, units) {
  if (unit === "degree") return Math.abs(value) < 90 ? Math.tan((value * Math.PI) / 180) : NaN;
  if (unit === "1:n") return value ? 1 / value : NaN;
  return units[unit] ? value * units[unit][1] : NaN;
}

/** The middle reading, as the office takes it. */
export function middle(values) {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

/** What was answered to an attribute: { amount, choice, dimension, reason }, empty where nothing was. */
function answered(answers, attribute, units) {
  const answer = answers[attribute];
  if (!answer) return {};
  if (answer.reason) return { reason: answer.reason };
  if (answer.choice) return { choice: answer.choice };
  const figures = (answer.values || []).filter((value) => Number.isFinite(value));
  if (!figures.length) return {};
  return { amount: middle(figures.map((value) => inBase(value, answer.unit, units))), dimension: (units[answer.unit] || [])[0] };
}

/** Whether a condition holds: true, false or null. */
function holds(condition, answers, units) {
  const said = answered(answers, condition.attribute, units);
  if (condition.choices.length) return said.choice === undefined ? null : condition.choices.includes(said.choice);
  if (said.amount === undefined || Number.isNaN(said.amount) || said.dimension !== units[condition.unit][0]) return null;
  const amount = condition.unit === "ratio" ? Math.abs(said.amount) : said.amount, slack = SAME * Math.max(1, Math.abs(condition.limit));
  switch (condition.operator) {
    case "<": return amount < condition.limit - slack;
    case "<=": return amount <= condition.limit + slack;
    case ">": return amount > condition.limit + slack;
    case ">=": return amount >= condition.limit - slack;
    default: return Math.abs(amount - condition.limit) <= slack;
  }
}

/** Whether a rule speaks of an element: true, false or null. */
function speaks(rule, answers, units, builtOn) {
  const truths = rule.when.map((condition) => holds(condition, answers, units));
  if (rule.built_from) truths.push(builtOn ? builtOn >= rule.built_from : null);
  if (rule.built_to) truths.push(builtOn ? builtOn < rule.built_to : null);
  if (truths.includes(false)) return false;
  return truths.includes(null) ? null : true;
}

/** The outcome of one rule, as the office calls it; "later" where only the office can tell. */
export function outcome(rule, attribute, answers, units, builtOn) {
  const said = answered(answers, attribute, units);
  let truth = speaks(rule, answers, units, builtOn);
  if (truth === null && rule.only_if_shown) truth = false;
  if (truth === false || said.reason === "not_present") return "not_applicable";
  if (rule.operator === "fact" || rule.steps) return "later";
  if (said.reason || (said.amount === undefined && said.choice === undefined)) return "not_measured";
  let right, near = false;
  if (rule.unit === "choice") {
    if (!rule.expected.length || said.choice === undefined) return "not_measured";
    right = rule.expected.includes(said.choice);
  } else {
    if (said.amount === undefined || Number.isNaN(said.amount) || said.dimension !== units[rule.unit][0]) return "not_measured";
    if (rule.low === null && rule.high === null) return "not_measured";
    const amount = rule.magnitude ? Math.abs(said.amount) : said.amount;
    const short = rule.low === null ? -Infinity : rule.low - amount, over = rule.high === null ? -Infinity : amount - rule.high;
    let beyond = Math.max(short, over, 0);
    const scale = Math.abs(short > 0 ? rule.low : rule.high === null ? rule.low : rule.high);
    if (beyond <= SAME * Math.max(1, scale)) beyond = 0;
    right = beyond === 0;
    near = beyond <= rule.tolerance * (1 + SAME);
  }
  if (right) return "met";
  if (near) return "met_within_tolerance";
  return truth === null ? "later" : "not_met";
}

const GRAVITY = ["not_met", "later", "met_within_tolerance", "met", "not_measured", "not_applicable"];

/** The worst word on one question with the rule that says it; superseded rules are silent. */
export function verdict(question, answers, units, builtOn) {
  const gone = new Set(question.rules.filter((rule) => speaks(rule, answers, units, builtOn) === true).flatMap((rule) => rule.supersedes));
  const found = question.rules.filter((rule) => !gone.has(rule.id))
    .map((rule) => ({ rule, outcome: outcome(rule, question.attribute, answers, units, builtOn) }));
  found.sort((a, b) => GRAVITY.indexOf(a.outcome) - GRAVITY.indexOf(b.outcome));
  return found[0] || null;
}
