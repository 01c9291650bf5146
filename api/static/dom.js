/* What every module of the pages starts from: elements, words and numbers, as the maps have them. */
export const { view, el, svg, say, mark, roving, format, number, calm } = window.tantu;

/** What the page was given, beside its words. */
export const data = view.page || {};

/** The element of an id; a page that lacks it is a mistake of ours, told at once. */
export function at(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error("no element " + id);
  return found;
}

/** Replace what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

const days = new Intl.DateTimeFormat(view.lang === "zh" ? "zh-CN" : "en-GB", { dateStyle: "long", timeZone: "Asia/Shanghai" });
const moments = new Intl.DateTimeFormat(view.lang === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Shanghai" });

/** A date or moment in ISO 8601 as a reader in China says it; "" for none. */
export function when(text) {
  if (!text) return "";
  return text.length === 10 ? days.format(new Date(text + "T00:00:00+08:00")) : moments.format(new Date(text));
}

const percents = new Intl.NumberFormat(view.lang === "zh" ? "zh-CN" : "en", { style: "percent", maximumFractionDigits: 1, roundingMode: "trunc" });

/** A share; one that is not whole never reads 100 %. */
export function share(value) {
  return value === null || value === undefined ? say("common.unknown") : percents.format(value);
}
