// Compiles src/ndjson/assembly/line-matcher.ts into generated/line-matcher.ts; with --check, fails when the two have
// drifted apart. `scripts/prepare.ts test` installs the compiler.
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = join(root, "generated/line-matcher.ts");

const folder = await mkdtemp(join(tmpdir(), "line-matcher-"));
const file = join(folder, "line-matcher.wasm");
const options = ["--runtime", "stub", "--enable", "simd", "--use", "abort=", "-O3", "--noAssert"];
execFileSync(
  join(root, "test/node_modules/.bin/asc"),
  ["src/ndjson/assembly/line-matcher.ts", ...options, "--outFile", file],
  { cwd: root, stdio: "inherit" },
);
const code = await readFile(file, "base64");
await rm(folder, { recursive: true });
const text = `// Made from src/ndjson/assembly by \`npm run generate:matcher\`; never edited by hand.\n/** A module of WebAssembly, in base64. */\nexport const LINE_MATCHER =\n  "${code}";\n`;

if (process.argv.includes("--check")) {
  if ((await readFile(target, "utf8").catch(() => "")) !== text) {
    console.error(
      "generated/line-matcher.ts is not what src/ndjson/assembly says: run `npm run generate:matcher`.",
    );
    process.exit(1);
  }
  console.log("generated/line-matcher.ts is what src/ndjson/assembly says.");
} else {
  await writeFile(target, text);
}
