/** A number with what it counts: `1 event`, `2 events`. What is called otherwise than with an `s` is given. */
export const counted = (count: number | string, one: string, several = `${one}s`): string =>
  `${count} ${String(count) === "1" ? one : several}`;
