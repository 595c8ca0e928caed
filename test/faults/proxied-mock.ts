import { startMockServer } from "metered-costs/mock/server";
import { disturbing } from "./disturbances.ts";
import { FaultyProxy } from "./faulty-proxy.ts";

/** Run as a process of its own: a mock, and in front of it a proxy that disturbs as argv says (seed, share). */
const [, , seed, share] = process.argv;
const { url } = await startMockServer();
const proxy = new FaultyProxy(url, disturbing(Number(seed), Number(share)));
const proxied = await proxy.listen();
process.on("message", async () => {
  await proxy.settled();
  process.send?.({ counts: proxy.counts });
});
process.on("disconnect", () => process.exit());
process.send?.({ url, proxied });
