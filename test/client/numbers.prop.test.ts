import fc from "fast-check";
import { Decimal } from "metered-costs";
import { expect, test } from "vitest";
import { runs } from "../runs.ts";
import { COST, CREATE, JUNE, SUMMARY } from "./samples.ts";
import { scene } from "./scene.ts";
import { json, text } from "./scripted-server.ts";

const { server, client } = scene();

const digits = (max: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: max })
    .map((all) => all.join(""));
/** A decimal as JSON may write it, with the plain text of the same number. */
const literal = fc
  .record({
    isNegative: fc.boolean(),
    whole: digits(40).map((all) => all.replace(/^0+(?=\d)/, "")),
    fraction: fc.option(digits(40), { nil: undefined }),
    power: fc.option(fc.integer({ min: -300, max: 300 }), { nil: undefined }),
    sign: fc.constantFrom("e", "E", "e+"),
  })
  .map(({ isNegative, whole, fraction, power, sign }) => {
    const exponent = power === undefined ? "" : `${power < 0 ? "e" : sign}${power}`;
    const written = whole + (fraction === undefined ? "" : `.${fraction}`) + exponent;
    const plain = new Decimal(written).toFixed();
    return { isNegative, written, plain };
  });

test("any unit cost goes out as a plain number literal that means the same, and comes back", async () => {
  await fc.assert(
    fc.asyncProperty(literal, async ({ written, plain }) => {
      server.answer(json({ ...COST, unitCost: plain }, 201));
      const cost = await client().costs.create({ ...CREATE, unitCost: written });
      const sent = /"unitCost":([^,}]*)/.exec(server.requests.at(-1)?.body ?? "")?.[1];
      expect(sent).toBe(plain);
      expect(sent).toMatch(/^(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/);
      expect(cost.unitCost.toString()).toBe(plain);
    }),
    { numRuns: runs(200) },
  );
});

test("any amount of an answer keeps its digits, among fields that nobody knows", async () => {
  await fc.assert(
    fc.asyncProperty(
      literal,
      fc.array(literal, { maxLength: 3 }),
      fc.string(),
      fc.constantFrom("", " ", "\n", "\t "),
      async (total, groups, name, space) => {
        const signed = ({ isNegative, written }: { isNegative: boolean; written: string }) =>
          isNegative ? `-${written}` : written;
        const rows = groups.map(
          (each) => `{"dimensions":{},"quantity":${signed(each)}${space},"cost":${space}1}`,
        );
        const { totalCost: _, ...rest } = { ...SUMMARY, name };
        const start = JSON.stringify({ ...rest, [`x${name}`]: name }).slice(0, -1);
        server.answer(
          text(
            `${start},"other":[${signed(total)}],"groups":[${rows.join(",")}],` +
              `"totalCost"${space}:${space}${signed(total)}${space}}`,
          ),
        );
        const summary = await client().costs.summary("cst_1", JUNE);
        const expected = new Decimal(total.plain).times(total.isNegative ? -1 : 1);
        expect(summary.totalCost?.equals(expected)).toBe(true);
        expect(summary.totalCost?.toFixed().replace("-", "")).toBe(total.plain);
        expect(summary.groups?.map(({ quantity }) => quantity.abs().toString())).toEqual(
          groups.map(({ plain }) => plain),
        );
        expect(summary).toMatchObject({ name, other: [Number(signed(total))] });
      },
    ),
    { numRuns: runs(200) },
  );
});
