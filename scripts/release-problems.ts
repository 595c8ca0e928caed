/** What a release is judged by. */
export interface ReleaseFacts {
  readonly manifest: {
    readonly version: string;
    readonly author?: unknown;
    readonly homepage?: unknown;
    readonly repository?: unknown;
    readonly bugs?: unknown;
    readonly scripts?: Readonly<Record<string, string>>;
  };
  readonly changelog: string;
  readonly tags: readonly string[];
  /** Lines of `git status`. */
  readonly changedFiles: readonly string[];
  /** Whether `bench/results` has a file for this version. */
  readonly hasBenchResults: boolean;
  /** The tag that has started the release; undefined before there is one. */
  readonly startedBy: string | undefined;
}

/** What the package's page at the registry shows of its owner. */
const ABOUT_OWNER = ["author", "homepage", "repository", "bugs"] as const;
/** Stands for the owner's name until the owner fills it in. */
const PLACEHOLDER = /\bOWNER\b/;
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];

/** What stands in the way of a release, in words. */
export function releaseProblems(facts: ReleaseFacts): string[] {
  const { manifest, changelog, tags, changedFiles, startedBy } = facts;
  const { version, scripts = {} } = manifest;
  const tag = `v${version}`;
  const problems: string[] = [];
  if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) problems.push(`${version} is no version`);
  const newest = /^## (\S+)(.*)$/m.exec(changelog);
  if (newest?.[1] !== version || !/^ - \d{4}-\d\d-\d\d$/.test(newest[2] ?? "")) {
    problems.push(`CHANGELOG.md does not begin with "## ${version} - YYYY-MM-DD"`);
  }
  if (startedBy === undefined && tags.includes(tag)) {
    problems.push(`${tag} is tagged already: raise the version in package.json`);
  }
  if (startedBy !== undefined && startedBy !== tag) {
    problems.push(`the tag ${startedBy} is not the version's, ${tag}`);
  }
  if (changedFiles.length > 0) {
    problems.push(`there are changes that are not committed: ${changedFiles.join(", ")}`);
  }
  if (!facts.hasBenchResults) {
    problems.push(`bench/results/${version}.md is missing: npm run bench -- --release`);
  }
  for (const name of ABOUT_OWNER) {
    const value = manifest[name];
    if (value === undefined) {
      problems.push(`package.json has no ${name}; npm needs the repository for provenance`);
    } else if (PLACEHOLDER.test(JSON.stringify(value))) {
      problems.push(`package.json has a placeholder in ${name}: put the owner in place of OWNER`);
    }
  }
  for (const name of INSTALL_SCRIPTS.filter((one) => Object.hasOwn(scripts, one))) {
    problems.push(`package.json has a script called ${name}, which would run at every install`);
  }
  return problems;
}
