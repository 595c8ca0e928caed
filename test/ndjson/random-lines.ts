import type { CostDefinition, CostSummaryParams, SummaryOptions } from "metered-costs/summary";
import { AGGREGATIONS, resolveSubject } from "../summary/random-events.ts";
import type { Random } from "./random.ts";

/** A piece of a line: text, or a place for a value, which is drawn for each line. */
type Piece = string | (() => string);
/** What a statement of a program writes: lines of one shape. */
type Template = readonly Piece[];

// In the text of a line, this character and those after it stand for a byte each.
const RAW = 0xe000;
const raw = (...bytes: readonly number[]): string =>
  bytes.map((byte) => String.fromCharCode(RAW + byte)).join("");

/** The bytes of a line's text: UTF-8, but for the raw bytes. */
export function bytesOfText(text: string): Buffer {
  const parts = text.split(/([\ue000-\ue0ff])/);
  return Buffer.concat(
    parts.map((part, at) =>
      at % 2 === 1 ? Buffer.of(part.charCodeAt(0) - RAW) : Buffer.from(part, "utf8"),
    ),
  );
}

export const BROKEN_UTF8 = [
  raw(0x80),
  raw(0xc0, 0x80), // overlong
  raw(0xc1, 0xbf),
  raw(0xe0, 0x80, 0x80),
  raw(0xe0, 0x9f, 0xbf),
  raw(0xf0, 0x80, 0x80, 0x80),
  raw(0xf0, 0x8f, 0xbf, 0xbf),
  raw(0xed, 0xa0, 0x80), // surrogates
  raw(0xed, 0xbf, 0xbf),
  raw(0xf4, 0x90, 0x80, 0x80), // beyond Unicode
  raw(0xf5, 0x80, 0x80, 0x80),
  raw(0xff),
  raw(0xc3), // cut short
  raw(0xe2, 0x82),
  raw(0xf0, 0x9f, 0x98),
  raw(0xe2, 0x28, 0xa1),
  raw(0xe2, 0x82, 0x28),
  raw(0xf0, 0x9f, 0x98, 0x28),
  raw(0xf0, 0x9f, 0x28, 0x80),
  raw(0xc3, 0x28),
];
/** Just inside of what UTF-8 has. */
export const EDGES = [
  "\u0080",
  "\u07ff",
  "\u0800",
  "\ud7ff",
  "\uffff",
  "\u{10000}",
  "\u{10ffff}",
  "\ufffd",
];
const CHARACTERS = [..."abcXYZ 019.-+,:{}[]/'_~\u007f", "é", "ß", "€", "漢", "😀", ...EDGES];
export const ESCAPES =
  '\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0041 \\u00e9 \\u20AC \\ud83d\\ude00 \\ud800 \\udc00 \\u0000 \\u000a'.split(
    " ",
  );
export const BROKEN_ESCAPES = [
  "\\x41",
  "\\u12g4",
  "\\u123",
  "\\ug000",
  "\\u1_34",
  "\\",
  "\\'",
  "\\N",
  "\\u12 4",
  "\\u:000",
  "\\u000@",
  "\\u123g",
  "\\u00aG",
  "\\u000/",
  "\\u`000",
];
export const CONTROLS = ["\u0000", "\t", "\u0001", "\u001f", "\r", "\u001e"];

/** The inside of a JSON string. */
export function stringInside(random: Random, damage = 0.01): string {
  let text = "";
  const length = random.chance(0.05) ? random.below(60) : random.below(9);
  const isPlain = random.chance(0.6);
  for (let at = 0; at < length; at++) {
    text += isPlain ? random.pick("abcdefgh0123456789 ".split("")) : random.pick(CHARACTERS);
    if (!isPlain && random.chance(0.08)) text += random.pick(ESCAPES);
  }
  if (!random.chance(damage)) return text;
  const at = random.below(text.length + 1);
  const wrong = random.pick([BROKEN_UTF8, BROKEN_UTF8, BROKEN_ESCAPES, CONTROLS]);
  return text.slice(0, at) + random.pick(wrong) + text.slice(at);
}

export const NUMBERS =
  "0 -0 0.0 -0.0 1 1.0 -1.50 12.25 1e3 1E-2 1e+2 -2.5e-3 1e05 1e400 -1E-400 9007199254740993 9007199254740992.0 123456789012345 1234567890123456 -12345678901234.5 0.00000000000001 0.000000000000001 0.0000000000000001 99999999999999.9 1.000000000000000000 0e99999 1e22 1e21 123e-20 5e-324 1e1000 0.1 0.2 0.30 7".split(
    " ",
  );
export const BROKEN_NUMBERS =
  "01 -01 00 - + +1 .5 1. -.5 1.e3 1e 1e+ 1E- 0x10 1_0 NaN Infinity -Infinity 1.2.3 1e5.5 --1 1-1 1,5 0. 00.5 1e1e1 1٣".split(
    " ",
  );
export const WORDS = ["true", "false", "null"];
export const BROKEN_WORDS = [
  "tru",
  "True",
  "nulll",
  "nul",
  "fals",
  "undefined",
  "trueX",
  "falsey",
  "nulL",
];
export const NUMERIC_STRINGS =
  "1|1.5|-2|0.1|1.0|-0|+5|.5|5.| 1|1 |1e3|1E400|1e99999|007|0x1|1_0|9007199254740993|123456789012345.0|1.2.3|NaN|1\\u0030|\\u0031|-|.|1,5|1e|0.000000000000001".split(
    "|",
  );

function numberText(random: Random, damage = 0.01): string {
  if (random.chance(damage)) return random.pick(BROKEN_NUMBERS);
  if (random.chance(0.01)) return `${1 + random.below(9)}${random.digits(399)}`;
  if (random.chance(0.003)) return `9${random.digits(1_001)}`;
  if (random.chance(0.3)) return random.pick(NUMBERS);
  const sign = random.chance(0.3) ? "-" : "";
  const whole = String(random.below(10 ** random.below(9)));
  return `${sign}${whole}${random.chance(0.5) ? `.${random.digits(1 + random.below(6))}` : ""}`;
}

const BLANKS = ["", "", "", " ", "  ", "\t", "\r", " \t\r "];
const BROKEN_BLANKS = ["\f", "\v", "\u00a0", "\ufeff", "\u2028", raw(0xa0)];

/** Lines of a log, its templates, and what is wrong with some of its lines. */
export class RandomLog {
  readonly #random: Random;
  readonly #templates: Template[] = [];
  /** How many templates there are at a time. */
  readonly #variety: number;
  /** How much is wrong with the lines. */
  readonly #damage: number;

  constructor(random: Random) {
    this.#random = random;
    this.#variety = random.pick([1, 2, 4, 12, 80]);
    this.#damage = random.pick([0, 0.002, 0.01, 0.04]);
  }

  /** That many lines in bytes: with blank lines, marks and without a last newline, some of them. */
  bytes(lines: number): Buffer {
    const random = this.#random;
    const all: Buffer[] = [];
    if (random.chance(0.2)) all.push(Buffer.of(0xef, 0xbb, 0xbf));
    for (let line = 0; line < lines; line++) {
      if (random.chance(this.#damage)) all.push(Buffer.from("\ufeff"));
      if (random.chance(0.02)) all.push(Buffer.from(random.pick(["", " ", "\t \r", "\r"])));
      else all.push(this.#line());
      if (line < lines - 1 || random.chance(0.7)) {
        all.push(Buffer.from(random.chance(0.05) ? "\r\n" : "\n"));
      }
    }
    return Buffer.concat(all);
  }

  #line(): Buffer {
    const random = this.#random;
    const at = random.below(this.#variety);
    if (this.#templates[at] === undefined || random.chance(0.01)) {
      this.#templates[at] = this.#template();
    }
    const pieces = this.#templates[at] as Template;
    const line = bytesOfText(
      pieces.map((piece) => (typeof piece === "string" ? piece : piece())).join(""),
    );
    return random.chance(this.#damage) ? this.#mutated(line) : line;
  }

  #mutated(line: Buffer): Buffer {
    const random = this.#random;
    const at = random.below(line.length + 1);
    switch (random.below(5)) {
      case 0: // truncated
        return line.subarray(0, at);
      case 1: // a byte more
        return Buffer.concat([line.subarray(0, at), Buffer.of(this.#byte()), line.subarray(at)]);
      case 2: // a byte less
        return Buffer.concat([line.subarray(0, at), line.subarray(at + 1)]);
      case 3: {
        const changed = Buffer.from(line);
        for (let count = 1 + random.below(3); count > 0; count--) {
          changed[random.below(line.length)] = this.#byte();
        }
        return changed;
      }
      default:
        return random.pick(
          [
            "5",
            "null",
            "[]",
            '"text"',
            "{}",
            "[{}]",
            "{",
            "}",
            "{}{}",
            '{"a"}',
            '{"a":}',
            "{,}",
            '{"a":1,}',
            "{'a':1}",
            '{"a":[1,]}',
            '{"a":[,1]}',
            '{"a" 1}',
            '{"a":1 "b":2}',
            '{"a":[1 2]}',
            '{"a":1]',
            '{"type":"call","data":{}}x',
            '{"type":"call","data":{}} ',
            "-",
            '{"":{}}',
            '[{"type":"call","data":{}}]',
          ].map((text) => Buffer.from(text)),
        );
    }
  }

  #byte(): number {
    const random = this.#random;
    const usual = '"\\{}[]:,.-+0123456789eEtfnu \t\r\n';
    return random.chance(0.5) ? usual.charCodeAt(random.below(usual.length)) : random.below(256);
  }

  // --- templates

  #template(): Template {
    const random = this.#random;
    const members: [name: string, value: Template][] = [];
    const add = (probability: number, name: string, value: () => Template): void => {
      if (random.chance(probability)) members.push([name, value()]);
    };
    const oneOf = (...texts: readonly string[]): Template => [
      this.#rarely(() => `"${random.pick(texts)}"`),
    ];
    add(0.99, "type", () => oneOf("call", "call", "call", "call", "call", "other", "c\\u0061ll"));
    add(0.6, "source", () => oneOf("s1", "s2", "", "é", "😀", "s\\u0031"));
    add(0.6, "subject", () => oneOf("c1", "c1", "c2", "", "c\\u0031"));
    add(0.3, "externalSubject", () => oneOf("x1", "x2"));
    add(0.5, "namespace", () => oneOf("org_1", "org_1", "org_2", ""));
    add(0.4, "idempotencyKey", () => [
      this.#rarely(() =>
        random.chance(0.5) ? `"k${random.below(40)}"` : `"${stringInside(random, this.#damage)}"`,
      ),
    ]);
    add(0.98, "timestamp", () => [this.#rarely(() => `"${this.#time()}"`)]);
    add(0.99, "data", () => this.#object(this.#dataMembers()));
    add(0.2, "extra", () => this.#anything(0));
    // The same names at another depth.
    add(0.1, "meta", () =>
      this.#object([
        ["type", ['"other"']],
        ["data", this.#object([["v", ["5"]]])],
        ["v", ["7"]],
        ["n", ["{}"]],
      ]),
    );
    return [...this.#blank(), ...this.#object(members), ...this.#blank()];
  }

  #dataMembers(): [string, Template][] {
    const random = this.#random;
    const members: [string, Template][] = [];
    const add = (probability: number, name: string, value: () => Template): void => {
      if (random.chance(probability)) members.push([name, value()]);
    };
    const n = (): Template =>
      random.chance(0.1)
        ? this.#anything(0)
        : this.#object([
            ["v", this.#value()],
            ["e", this.#dimension()],
            ...(random.chance(0.2) ? ([["n", this.#anything(1)]] as [string, Template][]) : []),
          ]);
    add(0.95, "v", () => this.#value());
    add(0.9, "d", () => this.#dimension());
    add(0.8, "n", n);
    add(0.3, "__proto__", () => this.#value());
    add(0.1, "constructor", () => this.#anything(0));
    add(0.1, "data", () => this.#anything(0));
    add(0.05, "toJSON", () => this.#anything(0));
    add(0.2, stringInside(random, this.#damage), () => this.#anything(0));
    return members;
  }

  /** The value of a cost: mostly of one kind in all lines of the template. */
  #value(): Template {
    const random = this.#random;
    const kind = random.below(8);
    if (kind === 0) return this.#anything(0);
    return [
      () => {
        if (random.chance(0.1)) return this.#scalar();
        return kind < 6
          ? numberText(random, this.#damage)
          : `"${random.chance(0.7) ? random.pick(NUMERIC_STRINGS) : stringInside(random, this.#damage)}"`;
      },
    ];
  }

  #dimension(): Template {
    const random = this.#random;
    const texts = [
      '"a"',
      '"a"',
      '"b"',
      '""',
      '"null"',
      "null",
      "1",
      '"1"',
      "1.0",
      "true",
      '"true"',
      "1e21",
      '"1e+21"',
      "-0",
      '"\\u0061"',
      '"é"',
      '"😀"',
      '"a,b"',
      "9007199254740993",
      "{}",
      "[]",
      '"漢字"',
    ];
    if (random.chance(0.05)) return this.#anything(0);
    const few = random.shuffled(texts).slice(0, 1 + random.below(6));
    return [() => (random.chance(0.05) ? this.#scalar() : random.pick(few))];
  }

  #scalar(): string {
    const random = this.#random;
    switch (random.below(4)) {
      case 0:
        return numberText(random, this.#damage);
      case 1:
        return random.pick(random.chance(this.#damage) ? BROKEN_WORDS : WORDS);
      case 2:
        return `"${random.pick(NUMERIC_STRINGS)}"`;
      default:
        return `"${stringInside(random, this.#damage)}"`;
    }
  }

  #anything(depth: number): Template {
    const random = this.#random;
    const kind = depth > 3 ? 0 : random.below(12);
    if (kind < 7) return [() => this.#scalar()];
    if (kind < 9) {
      const items = Array.from({ length: random.below(4) }, () => this.#anything(depth + 1));
      return ["[", ...this.#listed(items), "]"];
    }
    if (kind < 11) {
      const names = [
        "v",
        "e",
        "n",
        "d",
        "data",
        "type",
        "v",
        "\\u0076",
        "__proto__",
        stringInside(random, this.#damage),
      ];
      return this.#object(
        Array.from({ length: random.below(4) }, () => [
          random.pick(names),
          this.#anything(depth + 1),
        ]),
      );
    }
    // Around the depth that the scanner goes to, and far beyond it.
    const levels = random.chance(0.1) ? 1_001 + random.below(3) : 58 + random.below(8);
    const isObject = random.chance(0.5);
    const [open, close] = isObject ? ['{"v":', "}"] : ["[", "]"];
    return [open.repeat(levels), () => this.#scalar(), close.repeat(levels)];
  }

  /** An object: its names sometimes with escapes, sometimes twice. */
  #object(given: readonly (readonly [name: string, value: Template])[]): Template {
    const random = this.#random;
    const members = random.chance(0.3) ? random.shuffled(given) : [...given];
    const twice = members[random.below(members.length)];
    if (twice !== undefined && random.chance(0.04)) {
      members.splice(random.below(members.length + 1), 0, [twice[0], this.#anything(1)]);
    }
    const pieces = members.map(([name, value]): Template => {
      const written = random.chance(0.015) ? escaped(name, random) : name;
      return [`"${written}"`, ...this.#blank(), ":", ...this.#blank(), ...value];
    });
    return ["{", ...this.#listed(pieces), "}"];
  }

  #listed(items: readonly Template[]): Template {
    if (items.length === 0) return this.#blank();
    return items.flatMap((item, at) => [
      ...(at > 0 ? [","] : []),
      ...this.#blank(),
      ...item,
      ...this.#blank(),
    ]);
  }

  #blank(): Template {
    const random = this.#random;
    if (random.chance(this.#damage / 50)) return [random.pick(BROKEN_BLANKS)];
    return random.chance(0.9) ? [] : [random.pick(BLANKS)];
  }

  /** What is usual, and now and then anything else. */
  #rarely(usual: () => string): () => string {
    return () => {
      const random = this.#random;
      if (!random.chance(0.01 + this.#damage)) return usual();
      return random.pick(["null", "null", "5", "true", "[]", "{}", '""', '{"a":1}', "-0", '"x"']);
    };
  }

  #time(): string {
    const random = this.#random;
    const day = String(14 + random.below(4)).padStart(2, "0");
    const two = (bound: number): string => String(random.below(bound)).padStart(2, "0");
    const fraction = random.pick(["", "", ".000", ".123", ".5", ".123456", ".999999999", "."]);
    const zone = random.pick([
      "Z",
      "Z",
      "Z",
      "Z",
      "z",
      "+00:00",
      "-00:00",
      "+05:30",
      "-11:45",
      "+23:59",
      "-23:59",
      "+14:00",
    ]);
    const time = `2026-06-${day}${random.pick(["T", "T", "T", "T", "t"])}${two(24)}:${two(60)}:${two(60)}`;
    if (!random.chance(this.#damage)) return `${time}${fraction === "." ? "" : fraction}${zone}`;
    return random.pick([
      `${time}`,
      `${time}${fraction}+24:00`,
      `${time}+1:00`,
      `${time}+0100`,
      `${time}+01:00Z`,
      `${time}+01:0`,
      `${time}+01:000`,
      `${time}+01-00`,
      `${time}*01:00`,
      `${time}+01:60`,
      "2026-06-15",
      "2026-02-30T00:00:00Z",
      "2026-06-15 12:00:00Z",
      "2026-06-15T24:00:00Z",
      "2026-06-15T12:60:00Z",
      "2026-06-15T12:00:60Z",
      "June 15",
      "",
      "1781524800000",
      `${time}.Z`,
      `${time}.1234Z`,
      `${time}ZZ`,
      "2026-06-31T00:00:00.000Z",
      "2026-00-01T00:00:00Z",
      "2026-13-01T00:00:00Z",
      "2026-06-00T00:00:00Z",
      "2026-06-15T12:00:00\\u005a",
      `${time}.12aZ`,
      `${time}Zabcd`,
      "2024-02-29T00:00:00Z",
      "-026-06-15T12:00:00Z",
    ]);
  }
}

/** A name with one of its characters as an escape. */
function escaped(name: string, random: Random): string {
  if (!/^\w+$/.test(name)) return name;
  const at = random.below(name.length);
  const code = name.charCodeAt(at).toString(16).padStart(4, "0");
  return `${name.slice(0, at)}\\u${code}${name.slice(at + 1)}`;
}

/** A cost over such lines, a query, and how the events are treated. */
export interface Work {
  readonly cost: CostDefinition;
  readonly query: CostSummaryParams;
  readonly options: SummaryOptions;
}

export function randomWork(random: Random): Work {
  const groupBy = { d: "$.d", e: "$.n.e", p: "$.__proto__", n: "$.n", v: "$.v" };
  const names = random.pick([
    undefined,
    undefined,
    ["d"],
    ["e", "d"],
    ["p", "d"],
    ["n"],
    ["v"],
    ["e", "p", "d"],
    ["$subject"],
    ["d", "$subject", "$source"],
  ]);
  const window = random.pick([undefined, undefined, "MINUTE", "HOUR", "DAY"] as const);
  const filterGroupBy = random.pick([
    undefined,
    undefined,
    undefined,
    { d: ["a", "b", ""] },
    { d: "a" },
    { e: ["", "1", "null"] },
    { p: "" },
    { $subject: ["c1", ""] },
    { $source: "" },
  ]);
  const subject = random.pick([undefined, undefined, undefined, undefined, "c1", ""]);
  return {
    cost: {
      unitCost: "0.25",
      aggregation: random.pick(AGGREGATIONS),
      eventType: "call",
      valueProperty: random.pick([
        "$.v",
        "$.v",
        "$.n.v",
        "$.__proto__",
        "$.n.e",
        "$.n",
        "$.n.v.v",
        "$.toJSON",
      ]),
      groupBy,
      ...(random.chance(0.15) ? { merchantId: "org_1" } : {}),
    } as CostDefinition,
    query: {
      from: "2026-06-15T00:00:00Z",
      to: random.pick(["2026-06-17T12:00:00Z", "2026-06-15T12:00:00.500Z"]),
      ...(names && { groupBy: names }),
      ...(window && { window }),
      ...(filterGroupBy && { filterGroupBy }),
      ...(subject !== undefined && { subject }),
    } as CostSummaryParams,
    options: {
      clock: () => new Date("2026-06-15T06:00:00Z"),
      deduplicate: random.chance(0.6),
      ...(random.chance(0.5) ? { resolveSubject } : {}),
    },
  };
}
