/** The program `accept-events`: a server on loopback that accepts every event; prints its URL, ends with its parent. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const RECEIPT = JSON.stringify({ id: "evt_1", object: "event", type: "llm.completion" });

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(202, { "content-type": "application/json" }).end(RECEIPT);
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.stdin.resume().on("end", () => process.exit());
