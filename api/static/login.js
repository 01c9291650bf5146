/* Signing in; afterwards to the page that was asked for, else to the first door of the role. */
import { at, data } from "./dom.js";
import { post } from "./http.js";
import { attempt } from "./ui.js";

const form = at("login");

/** Only a path of this site: a foreign address after signing in would be a trap. */
function wanted() {
  const next = new URLSearchParams(window.location.search).get("next") || "";
  return /^\/(?![/\\])/.test(next) ? next : "";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const me = await attempt(at("wrong"), () => post("/api/v1/login", { name: at("name").value, password: at("password").value }));
  if (!me) {
    at("password").value = "";
    at("password").focus();
    return;
  }
  window.location.assign(me.must_change ? "/password" : wanted() || data.homes[me.role] || "/");
});
