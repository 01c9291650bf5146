/* A file in parts that may be resumed (tus 1.0). Sending twice changes nothing. */
const PART = 256 * 1024;
const TUS = { "Tus-Resumable": "1.0.0" };
const encoded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** The SHA-256 of a file, in hexadecimal. */
export async function digest(blob) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Send a file, going on where an earlier attempt at `address` ended. `said` is its metadata, `signed()` the
 * headers that say who sends, `begun(address)` hears where a new one goes. True when the service has all of it.
 */
export async function sendFile(blob, said, { address = "", signed = async () => ({}), begun = async () => {} } = {}) {
  const raw = async (method, to, headers, body) => fetch(to, { method, headers: { ...TUS, ...(await signed()), ...headers }, body, credentials: "same-origin" });
  let offset = null;
  if (address) {
    const known = await raw("HEAD", address, {});
    offset = known.ok ? Number(known.headers.get("Upload-Offset")) : null;
  }
  if (offset === null) {
    const metadata = Object.entries(said).map(([key, value]) => key + " " + encoded(value)).join(",");
    const made = await raw("POST", "/api/v1/uploads", { "Upload-Length": String(blob.size), "Upload-Metadata": metadata });
    if (!made.ok) return false;
    address = made.headers.get("Location");
    await begun(address);
    offset = 0;
  }
  while (offset < blob.size) {
    const sent = await raw("PATCH", address, { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" }, blob.slice(offset, offset + PART));
    if (!sent.ok) return false;
    offset = Number(sent.headers.get("Upload-Offset"));
  }
  return true;
}
