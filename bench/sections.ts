import type { Section } from "./section.ts";
import { callSections } from "./sections/call.ts";
import { clickhouseSections } from "./sections/clickhouse.ts";
import { commandLineSections } from "./sections/command-line.ts";
import { growthSections } from "./sections/growth.ts";
import { importSections } from "./sections/import.ts";
import { inMemorySections } from "./sections/in-memory.ts";
import { modelCallSections } from "./sections/model-call.ts";
import { ndjsonSections } from "./sections/ndjson.ts";
import { reconcileSections } from "./sections/reconcile.ts";
import { sendingSections } from "./sections/sending.ts";
import { subjectSections } from "./sections/subjects.ts";

/** All sections, in the order of the report. */
export const SECTIONS: readonly Section[] = [
  ...inMemorySections,
  ...ndjsonSections,
  ...commandLineSections,
  ...growthSections,
  ...sendingSections,
  ...clickhouseSections,
  ...importSections,
  ...callSections,
  ...modelCallSections,
  ...reconcileSections,
  ...subjectSections,
];

export function sectionOf(name: string): Section {
  const section = SECTIONS.find((one) => one.name === name);
  if (section !== undefined) return section;
  const names = SECTIONS.map((one) => one.name).join(", ");
  throw new Error(`no section is called ${name}; there are ${names}`);
}
