/** Runs the program in a worker: the stage's place comes in as a request's body, the outcomes go out as its answer. */
import { runProgram } from "./program.ts";

export default {
  fetch: async (request: Request): Promise<Response> =>
    Response.json(await runProgram(await request.json())),
};
