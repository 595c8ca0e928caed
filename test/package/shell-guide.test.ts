import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

// Here and not beside the other guides, because it needs curl.
test("the sandbox for any language does what the guide says", async () => {
  const guide = readFileSync(`${root}docs/guides/testing-any-language.md`, "utf8");
  const [, script = ""] = /^```sh\n(.*?)^```$/ms.exec(guide) ?? [];
  const program = `${root}examples/merchant/sandbox-server.ts`;
  const server = spawn(process.execPath, ["--import", "tsx", program, "0"], { cwd: root });
  try {
    const [line] = await once(server.stdout.setEncoding("utf8"), "data");
    const local = script.replaceAll("http://127.0.0.1:4010", String(line).trim());
    const said = execFileSync("sh", ["-c", local], { encoding: "utf8" });
    expect(said).toContain('"totalCost":0.0005,"totalQuantity":200');
    expect(said.match(/"id":"evt_\d+"/g)).toEqual(['"id":"evt_1"', '"id":"evt_1"']);
  } finally {
    server.kill();
  }
  const [code] = await once(server, "exit");
  expect(code).toBe(0);
});
