import type { Page } from "playwright-core";
import type { ServedFile } from "./stage-server.ts";

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** A page that may run nothing but the one script of its own origin: no inline script, no code made from text. */
export function strictPage(script: string): ServedFile {
  return {
    type: "text/html; charset=utf-8",
    content: `<!doctype html><title>Strict</title><script type="module" src="${script}"></script>`,
    headers: { "content-security-policy": POLICY },
  };
}

/** Opens a page and waits until its script says that it is done. Gives what broke its policy or failed in it. */
export async function openUntilDone(page: Page, url: string): Promise<readonly string[]> {
  const complaints: string[] = [];
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(window, { violations: seen });
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      seen.push(`${violatedDirective}: ${blockedURI}`);
    });
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  await page.waitForSelector("html[data-state=done]", { state: "attached", timeout: 60_000 });
  const violations = await page.evaluate(
    () => (window as unknown as { violations: string[] }).violations,
  );
  return [...complaints, ...violations];
}
