import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

export type { Browser as Chromium, Page } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";

/** Starts Debian's Chromium, headless, with an empty profile and without the services it would look for outside. */
export async function launchChromium(): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`There is no ${EXECUTABLE}: install it with apt-get install chromium`);
  }
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
