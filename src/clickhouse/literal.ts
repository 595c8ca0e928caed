/** A text of ours, never of a caller's, as a literal of SQL. */
export function literal(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
