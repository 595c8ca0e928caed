/** A text as a literal of SQL: a backslash and a quote are all that ClickHouse reads in one. */
export function literal(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
