/* Talks to the service of this host; a refusal becomes a Problem that a page can show. */
import { say } from "./dom.js";

/** A refusal of the service (RFC 9457), or the want of it. */
export class Problem extends Error {
  constructor(status, told) {
    super(told.detail || told.title || say("problem.title"));
    this.status = status;
    this.code = told.code || "";
    this.errors = told.errors || [];
  }
}

const OURS = { 0: "problem.network", 401: "problem.signed_out", 403: "problem.forbidden", 404: "problem.gone" };

async function told(answer) {
  const type = answer.headers.get("content-type") || "";
  if (!type.includes("json")) return {};
  return answer.json();
}

/**
 * Ask for something; returns what came as JSON, null for an empty answer.
 * `send` is written as JSON unless it is a FormData or Blob; `headers` are added.
 */
export async function ask(method, address, send, headers = {}) {
  const plain = send instanceof FormData || send instanceof Blob || send === undefined;
  const options = {
    method,
    headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang, ...(plain ? {} : { "Content-Type": "application/json" }), ...headers },
    body: plain ? send : JSON.stringify(send),
    credentials: "same-origin",
  };
  let answer;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    if (error.name !== "TypeError") throw error;
    throw new Problem(0, { detail: say(OURS[0]) });
  }
  if (answer.ok) return answer.status === 204 || answer.status === 304 ? null : told(answer);
  const refused = await told(answer);
  throw new Problem(answer.status, refused.detail ? refused : { ...refused, detail: say(OURS[answer.status] || "problem.title") });
}

export const get = (address) => ask("GET", address);
export const post = (address, send, headers) => ask("POST", address, send === undefined ? {} : send, headers);
export const put = (address, send, headers) => ask("PUT", address, send, headers);
export const patch = (address, send, headers) => ask("PATCH", address, send, headers);
export const remove = (address) => ask("DELETE", address);

/** An address with the filled parameters only. */
export function query(address, parameters) {
  const filled = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return filled.length ? address + "?" + new URLSearchParams(filled) : address;
}

const PAUSE_MS = 700;

/** Follow a job until it ends; `tell(job)` hears its progress. Returns the ended job or throws its Problem. */
export async function follow(address, tell = () => {}) {
  for (;;) {
    const job = await get(address);
    tell(job);
    if (job.state === "done" || job.state === "cancelled") return job;
    if (job.state === "failed") throw new Problem(422, { detail: job.message, code: job.code });
    await new Promise((go) => { setTimeout(go, PAUSE_MS); });
  }
}
