/** Runs the program in a page. A proxy of the page's own host adds the key. */
import { runProgram } from "./program.ts";

const outcomes = await runProgram({ baseUrl: "/api/paygentic", control: "/control" });
Object.assign(window, { outcomes });
document.documentElement.dataset["state"] = "done";
