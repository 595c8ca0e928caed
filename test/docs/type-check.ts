import ts from "typescript";
import { root } from "./blocks.ts";
import type { Program } from "./programs.ts";

/** Packages that no program of this suite has: the recipes that import them run elsewhere, with the packages' own types. */
const AMBIENT = `declare module "next/server" {
  export function after<T>(work: Promise<T> | (() => T | Promise<T>)): void;
}`;

/** What TypeScript has to say of each program, as `line: message`. */
export function typeCheck(programs: readonly Program[]): ReadonlyMap<Program, readonly string[]> {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
  const files = new Map(
    programs.map((program, index) => [`${root}test/docs/program-${index}.ts`, program]),
  );
  const ambient = `${root}test/docs/ambient.d.ts`;
  const textOf = (name: string): string | undefined =>
    name === ambient ? AMBIENT : files.get(name)?.code;
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => textOf(name) !== undefined || fileExists(name);
  host.readFile = (name) => textOf(name) ?? readFile(name);
  host.getSourceFile = (name, ...rest) => {
    const text = textOf(name);
    return text === undefined
      ? getSourceFile(name, ...rest)
      : ts.createSourceFile(name, text, ...(rest.slice(0, 1) as [ts.ScriptTarget]));
  };
  // A page of documentation may show what it does not go on to use.
  const relaxed = { ...options, noUnusedLocals: false, noUnusedParameters: false };
  const checker = ts.createProgram([ambient, ...files.keys()], relaxed, host);
  return new Map(
    [...files].map(([name, program]) => {
      const source = checker.getSourceFile(name);
      const found = ts.getPreEmitDiagnostics(checker, source);
      return [
        program,
        found.map(({ start = 0, messageText }) => {
          const line = (source?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
          return `${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
        }),
      ];
    }),
  );
}
