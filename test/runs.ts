/** How often a property is tried: all of these runs in `npm run test:deep`, a tenth of them in `npm test`. */
export function runs(count: number): number {
  return process.env["TEST_DEEP"] === "1" ? count : Math.ceil(count / 10);
}
