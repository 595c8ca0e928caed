import { describeLines } from "./lines.ts";

describeLines();
