/* Sends what waits: a visit under the id the phone gave it, then its photos in parts that may be resumed (tus 1.0).
   Sending twice changes nothing; a photo is dropped from the phone only after the service's receipt. */
import { ask } from "./http.js";
import { all, put, read, remove } from "./fieldbook.js";

const PART = 256 * 1024;
const TUS = { "Tus-Resumable": "1.0.0" };

/** Signing of a request: the phone's own token where it has one, else the session of the browser. */
async function signed() {
  const token = await read("kept", "token");
  return token ? { Authorization: "Bearer " + token.value } : {};
}

async function digest(blob) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const encoded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** A request whose headers matter; fails like `ask` where the line is down. */
async function raw(method, address, headers, body) {
  const answer = await fetch(address, { method, headers: { ...TUS, ...(await signed()), ...headers }, body, credentials: "same-origin" });
  return answer;
}

/** Send one photo, going on where an earlier attempt ended. Returns true when the service has all of it. */
async function sendPhoto(photo) {
  let address = photo.address, offset = null;
  if (address) {
    const known = await raw("HEAD", address, {});
    offset = known.ok ? Number(known.headers.get("Upload-Offset")) : null;
  }
  if (offset === null) {
    const said = { filename: photo.name, kind: "photo", sha256: await digest(photo.blob), visit: photo.visit, role: photo.role };
    const metadata = Object.entries(said).map(([key, value]) => key + " " + encoded(value)).join(",");
    const made = await raw("POST", "/api/v1/uploads", { "Upload-Length": String(photo.blob.size), "Upload-Metadata": metadata });
    if (!made.ok) return false;
    address = made.headers.get("Location");
    await put("photos", { ...photo, address });
    offset = 0;
  }
  while (offset < photo.blob.size) {
    const sent = await raw("PATCH", address, { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" }, photo.blob.slice(offset, offset + PART));
    if (!sent.ok) return false;
    offset = Number(sent.headers.get("Upload-Offset"));
  }
  return true;
}

/** What the service is told of a visit. */
function written(visit) {
  const readings = Object.entries(visit.items).flatMap(([key, answers]) => {
    const [element, number] = key.split("#");
    const base = { element, element_no: Number(number) };
    return Object.entries(answers).flatMap(([attribute, answer]) => {
      if (answer.reason) return [{ ...base, attribute, not_measured: answer.reason }];
      if (answer.choice) return [{ ...base, attribute, choice: answer.choice, unit: "choice" }];
      return (answer.values || []).filter((value) => Number.isFinite(value)).map((value) => ({ ...base, attribute, value, unit: answer.unit }));
    });
  });
  return {
    place_layer: visit.layer, place_uid: visit.place, visited_on: visit.day, readings,
    ...(visit.position ? { position: visit.position } : {}), ...(visit.base && !visit.anyway ? { base: visit.base } : {}),
  };
}

/** Send everything that waits; `tell` hears after each. Ends early, without loss, where the line is down. */
export async function sendAll(tell) {
  for (const visit of await all("visits")) {
    if (visit.state !== "waiting") continue;
    try {
      const answer = await ask("PUT", "/api/v1/visits/" + visit.id, written(visit), await signed());
      await put("visits", { ...visit, state: "sent", findings: (answer.findings || []).length, sent_at: new Date().toISOString() });
    } catch (problem) {
      if (!("status" in problem)) throw problem;
      if (problem.status === 0) return false;
      if (problem.status === 401) { await put("visits", { ...visit, why: problem.message }); return false; }
      const state = problem.status === 412 || problem.status === 409 ? "conflict" : problem.status === 423 || problem.status >= 500 ? "waiting" : "refused";
      await put("visits", { ...visit, state, why: problem.message });
    }
    await tell();
  }
  for (const photo of await all("photos")) {
    const visit = await read("visits", photo.visit);
    if (!visit || visit.state !== "sent") continue;
    try {
      if (await sendPhoto(photo)) await remove("photos", photo.id);
    } catch (error) {
      if (error.name !== "TypeError") throw error;
      return false;
    }
    await tell();
  }
  return true;
}

/** Let this phone send for its owner for 30 days, so that a session that ended in the field stops nothing. */
export async function enrol(label) {
  const made = await ask("POST", "/api/v1/devices", { label });
  await put("kept", { id: "token", value: made.token, until: made.expires_at });
}
