/** A blank line that makes a log so long that the lines behind it are matched in blocks, however few they are. */
export const LONG_BLANK = Buffer.from(`${" ".repeat(1 << 18)}\n`);

/** A log with such a line in front, behind the byte-order mark. */
export function withLongBlank(log: Buffer): Buffer {
  const at = log.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)) ? 3 : 0;
  return Buffer.concat([log.subarray(0, at), LONG_BLANK, log.subarray(at)]);
}
