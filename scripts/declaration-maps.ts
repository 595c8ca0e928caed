// Writes a source map beside each built declaration file, so that an editor's "go to definition" ends in our TypeScript.
// tsup bundles declarations without maps: each declared name and each member is looked up in the sources.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { addMapping, GenMapping, toEncodedMap } from "@jridgewell/gen-mapping";
import ts from "typescript";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Something that has a name, with the names of its members. */
interface Named {
  readonly file: ts.SourceFile;
  readonly name: ts.Node;
  readonly members: ReadonlyMap<string, ts.Node>;
  readonly text: string;
}

const filesIn = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => pattern.test(file) && !/node_modules/.test(file))
    .map((file) => join(root, folder, file));

const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);

/** The members of a declaration, its type literals included, by name; of overloads the first. */
function membersOf(node: ts.Node, file: ts.SourceFile): Map<string, ts.Node> {
  const members = new Map<string, ts.Node>();
  const visit = (child: ts.Node): void => {
    const isMember = ts.isClassElement(child) || ts.isTypeElement(child) || ts.isEnumMember(child);
    if (isMember && child.name !== undefined) {
      const name = child.name.getText(file);
      if (!members.has(name)) members.set(name, child.name);
    }
    // What a function does declares nothing.
    if (!ts.isBlock(child)) ts.forEachChild(child, visit);
  };
  ts.forEachChild(node, visit);
  return members;
}

/** The named declarations of a file, by name. */
function declarationsOf(file: ts.SourceFile): [string, Named][] {
  return file.statements.flatMap((statement) => {
    const declared = ts.isVariableStatement(statement)
      ? [...statement.declarationList.declarations]
      : [statement];
    return declared.flatMap((node) => {
      const { name } = node as { readonly name?: ts.Node };
      if (name === undefined || !ts.isIdentifier(name)) return [];
      const text = node.getText(file).replace(/\s+/g, "");
      return [[name.text, { file, name, members: membersOf(node, file), text }] as const];
    }) as [string, Named][];
  });
}

/** How much two declarations have in common: members first, then the end of their text. */
function likeness(one: Named, other: Named): number {
  const shared = [...one.members.keys()].filter((name) => other.members.has(name)).length;
  const total = new Set([...one.members.keys(), ...other.members.keys()]).size;
  let same = 0;
  const end = Math.min(one.text.length, other.text.length, 1_000);
  while (same < end && one.text.at(-1 - same) === other.text.at(-1 - same)) same++;
  return (total === 0 ? 0 : shared / total) + same / 1_000_000;
}

const sources = new Map<string, Named[]>();
for (const file of [...filesIn("src", /\.ts$/), ...filesIn("generated", /\.ts$/)].map(parse)) {
  for (const [name, declared] of declarationsOf(file)) {
    sources.set(name, [...(sources.get(name) ?? []), declared]);
  }
}

for (const path of filesIn("dist", /\.d\.c?ts$/)) {
  const file = parse(path);
  const map = new GenMapping({ file: basename(path) });
  const add = (built: ts.Node, source: ts.Node, from: ts.SourceFile): void => {
    const name = relative(dirname(path), from.fileName);
    for (const end of ["getStart", "getEnd"] as const) {
      const at = file.getLineAndCharacterOfPosition(built[end]());
      const original = from.getLineAndCharacterOfPosition(source[end]());
      addMapping(map, {
        generated: { line: at.line + 1, column: at.character },
        original: { line: original.line + 1, column: original.character },
        source: name,
      });
    }
  };
  for (const [name, built] of declarationsOf(file)) {
    // A bundle numbers names that several of its files declare.
    const [source] = (sources.get(name.replace(/\$\d+$/, "")) ?? []).sort(
      (a, b) => likeness(built, b) - likeness(built, a),
    );
    if (source === undefined) continue;
    add(built.name, source.name, source.file);
    for (const [member, node] of built.members) {
      const original = source.members.get(member);
      if (original !== undefined) add(node, original, source.file);
    }
  }
  writeFileSync(`${path}.map`, JSON.stringify(toEncodedMap(map)));
  const text = file.text.replace(/\n\/\/# sourceMappingURL=.*\n?$/, "");
  writeFileSync(path, `${text.trimEnd()}\n//# sourceMappingURL=${basename(path)}.map\n`);
}
