/* Sends what waits: a visit under the id the phone gave it, then its photos in parts that may be resumed (tus 1.0).
   Sending twice changes nothing; a photo is dropped from the phone only after the service's receipt. */
import { ask } from "./http.js";
import { all, put, read, remove } from "./fieldbook.js";
import { digest, sendFile } from "./upload.js";

/** Signing of a request: the phone's own token where it has one, else the session of the browser. */
async function signed() {
  const token = await read("kept", "token");
  return token ? { Authorization: "Bearer " + token.value } : {};
}

/** Send one photo, going on where an earlier attempt ended. Returns true when the service has all of it. */
async function sendPhoto(photo) {
  const said = { filename: photo.name, kind: "photo", sha256: await digest(photo.blob), visit: photo.visit, role: photo.role };
  return sendFile(photo.blob, said, { address: photo.address, signed, begun: (address) => put("photos", { ...photo, address }) });
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
