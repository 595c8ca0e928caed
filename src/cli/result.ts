/** Columns of amounts are aligned at their decimal points. */
export interface Column {
  readonly title: string;
  readonly kind: "text" | "amount";
}

export const text = (title: string): Column => ({ title, kind: "text" });
export const amount = (title: string): Column => ({ title, kind: "amount" });

export interface Table {
  readonly title?: string | undefined;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (string | undefined)[])[];
}

/** Bars, drawn in HTML: of windows in their order, or of groups, the largest first. */
export interface Chart {
  readonly title: string;
  readonly kind: "windows" | "ranking";
  /** What each row has values of, in their order. */
  readonly series: readonly string[];
  readonly rows: readonly {
    readonly name: string;
    readonly values: readonly (string | undefined)[];
  }[];
}

/** The name of a window in a chart: its start, without a time of day that is only zeros. */
export const windowName = (start: Date): string =>
  start.toISOString().replace(/T00:00:00\.000Z$|:00\.000Z$/, "");

/** What a command says. */
export interface Result {
  /** For `html`, as its heading. */
  readonly title: string;
  /** For `html`: what the result is about, such as the cost and the range. */
  readonly facts?: readonly string[] | undefined;
  /** For `html`, made only then: some sort all groups. */
  readonly charts?: (() => readonly Chart[]) | undefined;
  /** For `html`, instead of `text`: a drawing as an `svg` element. */
  readonly drawing?: string | undefined;
  /** For `json`: what `JSON.stringify` writes. */
  readonly json: unknown;
  /** For `table` and `markdown`: paragraphs, then tables. */
  readonly text?: string | undefined;
  /** Instead of `text`, for every format but `json`, which has them in its value; for `csv` on standard error. */
  readonly notes?: readonly string[] | undefined;
  readonly tables: readonly Table[];
  /** For `csv`: everything as one table. */
  readonly flat: Table;
}
