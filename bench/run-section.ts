/** The process of one section: nobody runs on the heap that another section has left behind. */
import { judge, measure } from "./measure.ts";
import type { SectionResult } from "./report.ts";
import type { Workload } from "./section.ts";
import { sectionOf } from "./sections.ts";

process.once("disconnect", () => process.exit()); // with the bench, or when the result has been sent

const [section = "", json = ""] = process.argv.slice(2);
const workload: Workload = JSON.parse(json);
const { name, title, contestants, limits = [], rounds = 7, keepsGarbage } = sectionOf(section);

const all = await contestants(workload);
const measurements = workload.isSmoke
  ? await measure(
      all.filter(({ needs }) => needs === undefined),
      1,
    )
  : await measure(all, rounds, keepsGarbage);
const judged = workload.isSmoke ? [] : limits.map((limit) => judge(limit, measurements));
const result: SectionResult = { name, title, measurements, limits: judged };
process.send?.(result, () => process.disconnect());
