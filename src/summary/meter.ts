import { Breakdown, NO_GROUP } from "./breakdown.ts";
import type { CellValue } from "./cells.ts";
import { DimensionTexts } from "./dimension-texts.ts";
import { Groups } from "./groups.ts";
import type { PathTree } from "./path-tree.ts";
import type { Plan } from "./plan.ts";
import { TextTable } from "./text-table.ts";
import { dimensionText, type Path, readAt, uniqueText, usableNumber } from "./values.ts";

/** The fields of an event that say whom it concerns. */
export interface EventFields {
  readonly type: string;
  readonly namespace: string | null;
  readonly subject: string | null;
  readonly externalSubject: string | null;
}

/** What tells groups apart: the text at a path, or one made of the event's fields. */
export type GroupBy =
  | { readonly path: Path }
  | { readonly textOf: (event: EventFields, timestamp: number) => string };

/** What tells groups apart, where its value is found, and the texts it has had. */
export interface UsedDimension {
  readonly by: GroupBy;
  /** -1 where the text is made of the event's fields. */
  readonly slot: number;
  readonly texts: DimensionTexts;
}

/** Some of a meter's dimensions, by their place among them, and the breakdown by them. */
interface Grouping {
  readonly positions: Int32Array;
  /** Of the event at hand, the texts of those dimensions. */
  readonly texts: Int32Array;
  readonly groups: Groups;
  readonly breakdown: Breakdown;
}

/**
 * One cost and query at work: reads what it uses of an event, and counts it. The two are apart so that every meter has
 * read an event before any counts it: one that some cost cannot read counts for none. Every used value is read before
 * the filter decides: whether an event is valid must not depend on what is filtered by.
 */
export class Meter {
  readonly plan: Plan;
  /** -1 for COUNT, which reads no value. */
  readonly valueSlot: number;
  readonly uniqueTexts = new TextTable(false);
  readonly dimensions: UsedDimension[] = [];
  /** Of the event at hand: its value, undefined where it has none that counts. */
  value: CellValue | undefined = 1;
  /** Of the event at hand: the numbers of its dimensions' texts. */
  readonly texts: Int32Array;
  readonly #readValue: (value: unknown) => CellValue | undefined;
  readonly #groupings: readonly Grouping[];
  readonly #filters: readonly { readonly position: number; readonly passing: readonly number[] }[];

  /** Each grouping is what the groups of one breakdown are told apart by; empty where there are to be no groups. */
  constructor(
    plan: Plan,
    paths: PathTree,
    groupings: readonly (readonly GroupBy[])[] = [plan.groupBy ?? []],
  ) {
    this.plan = plan;
    this.valueSlot = plan.valuePath.length === 0 ? -1 : paths.slotOf(plan.valuePath);
    this.#readValue =
      plan.aggregation === "UNIQUE_COUNT" ? (value) => this.#numberOf(value) : usableNumber;
    this.#groupings = groupings.map((grouping) => {
      const positions = Int32Array.from(grouping, (by) => this.#positionOf(by, paths));
      const groups = new Groups([...positions].map((at) => this.#dimension(at).texts));
      const breakdown = new Breakdown(
        plan,
        grouping.length === 0 ? undefined : groups,
        this.uniqueTexts,
      );
      return { positions, texts: new Int32Array(positions.length), groups, breakdown };
    });
    this.#filters = plan.filters.map(({ path, texts }) => {
      const position = this.#positionOf({ path }, paths);
      const dimension = this.#dimension(position).texts;
      return { position, passing: [...texts].map((text) => dimension.numberOf(text)) };
    });
    this.texts = new Int32Array(this.dimensions.length);
  }

  /** Of the first grouping. */
  get breakdown(): Breakdown {
    return this.breakdowns[0] as Breakdown;
  }

  /** One for each grouping. */
  get breakdowns(): readonly Breakdown[] {
    return this.#groupings.map(({ breakdown }) => breakdown);
  }

  /** Reads what is used from the slots of the path tree. Throws what the reading of a value throws. */
  readSlots(slots: readonly unknown[]): void {
    if (this.valueSlot !== -1) this.value = this.#readValue(slots[this.valueSlot]);
    const { dimensions, texts } = this;
    for (let at = 0; at < dimensions.length; at++) {
      const dimension = dimensions[at] as UsedDimension;
      if (dimension.slot === -1) continue;
      const value = slots[dimension.slot];
      const text = typeof value === "string" ? value : dimensionText(value);
      texts[at] = dimension.texts.numberOf(text);
    }
  }

  /** Reads what is used from an event's data, whatever is in it. Throws an `UnreadableValueError`. */
  readData(data: unknown): void {
    if (this.valueSlot !== -1) this.value = readAt(data, this.plan.valuePath, this.#readValue);
    for (const [at, { by, texts }] of this.dimensions.entries()) {
      if ("path" in by) this.texts[at] = texts.numberOf(readAt(data, by.path, dimensionText));
    }
  }

  /** Reads what is made of the event's fields, and says whether the event passes the filter. */
  passes(event: EventFields, timestamp: number): boolean {
    const { dimensions, texts } = this;
    for (let at = 0; at < dimensions.length; at++) {
      const dimension = dimensions[at] as UsedDimension;
      if (dimension.slot === -1 && "textOf" in dimension.by) {
        texts[at] = dimension.texts.numberOf(dimension.by.textOf(event, timestamp));
      }
    }
    for (const { position, passing } of this.#filters) {
      if (!passing.includes(texts[position] as number)) return false;
    }
    return true;
  }

  /** Counts the event at hand. */
  count(timestamp: number): void {
    const groupings = this.#groupings;
    for (let at = 0; at < groupings.length; at++) {
      const { positions, texts, groups, breakdown } = groupings[at] as Grouping;
      for (let place = 0; place < positions.length; place++) {
        texts[place] = this.texts[positions[place] as number] as number;
      }
      const group = positions.length === 0 ? NO_GROUP : groups.numberOf(texts);
      breakdown.count(this.value, group, timestamp);
    }
  }

  #numberOf(value: unknown): number | undefined {
    const text = uniqueText(value);
    return text === undefined ? undefined : this.uniqueTexts.numberOf(text);
  }

  #dimension(position: number): UsedDimension {
    return this.dimensions[position] as UsedDimension;
  }

  /** The place of a dimension among those that are used; it is added when it is new. */
  #positionOf(by: GroupBy, paths: PathTree): number {
    const slot = "path" in by ? paths.slotOf(by.path) : -1;
    const known = this.dimensions.findIndex(
      (one) => one.by === by || (slot !== -1 && one.slot === slot),
    );
    if (known !== -1) return known;
    return this.dimensions.push({ by, slot, texts: new DimensionTexts() }) - 1;
  }
}
