/* Is what is published of this toilet still right? One click, no account. */
import { at, data, say } from "./dom.js";
import { post } from "./http.js";
import { attempt, tell } from "./ui.js";

const buttons = [...at("answers").querySelectorAll("button")];

for (const button of buttons) {
  button.addEventListener("click", async () => {
    const right = button.dataset.right === "yes";
    const done = await attempt(at("wrong"), () => post("/api/v1/toilets/" + encodeURIComponent(data.uid) + "/answers", { still_right: right }));
    if (done === undefined) return;
    buttons.forEach((other) => { other.disabled = true; });
    tell(say(right ? "toilet.thanks" : "toilet.thanks_wrong"));
  });
}
