/* Changing one's own password. */
import { at, say } from "./dom.js";
import { post } from "./http.js";
import { attempt, tell } from "./ui.js";

at("change").addEventListener("submit", async (event) => {
  event.preventDefault();
  const done = await attempt(at("wrong"), () => post("/api/v1/password", { old: at("old").value, new: at("new").value }));
  if (done === undefined) return;
  at("change").reset();
  tell(say("common.saved"));
});
