import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { parseAllDocuments } from "yaml";
import { KINDS } from "../../schemas/kinds/index.ts";
import { ServerConfiguration } from "../../schemas/server-configuration.ts";
import { commandProblem } from "./check-command.ts";
import { commandsOf } from "./command-lines.ts";
import { parseDocument, ROOT, type Document, type Snippet } from "./documents.ts";

/** What is wrong with a document, as `path:line: sentence`. */
export function problemsOf(document: Document): string[] {
  return [
    ...document.snippets.flatMap((snippet) =>
      snippetProblems(snippet).map(([line, text]) => `${document.path}:${snippet.line + line}: ${text}`),
    ),
    ...proseProblems(document),
  ];
}

/** A line within the snippet, from 0, and what is wrong there. */
type Found = [line: number, problem: string];

function snippetProblems(snippet: Snippet): Found[] {
  switch (snippet.language) {
    case "yaml":
      return yamlProblems(snippet.text);
    case "json":
      return jsonProblems(snippet.text);
    case "sh":
    case "bash":
      return commandsOf(snippet.text).flatMap(({ words, line }): Found[] => {
        const problem = commandProblem(words);
        return problem === undefined ? [] : [[line, problem]];
      });
    case "text":
    case "":
      return [];
    default:
      return [[0, `no test knows blocks of ${snippet.language}`]];
  }
}

function jsonProblems(text: string): Found[] {
  try {
    JSON.parse(text);
    return [];
  } catch (thrown) {
    return [[0, (thrown as Error).message]];
  }
}

const SCHEMA_LINE = /^# yaml-language-server: \$schema=(\S+)/m;

function yamlProblems(text: string): Found[] {
  const schema = SCHEMA_LINE.exec(text)?.[1];
  if (schema !== undefined && !existsSync(join(ROOT, schema))) return [[0, `there is no ${schema}`]];
  return parseAllDocuments(text).flatMap((document): Found[] => {
    const broken = document.errors.map((error): Found => [(error.linePos?.[0].line ?? 1) - 1, error.message]);
    const value: unknown = document.toJS();
    if (broken.length > 0 || value === null) return broken;
    return valueProblems(value as Record<string, unknown>);
  });
}

function valueProblems(value: Record<string, unknown>): Found[] {
  if (value["apiVersion"] === "sluice.dev/v1") {
    const schema = Object.hasOwn(KINDS, String(value["kind"])) ? KINDS[value["kind"] as keyof typeof KINDS] : undefined;
    if (schema === undefined) return [[0, `there is no kind ${String(value["kind"])}`]];
    return issues(schema.safeParse(value).error);
  }
  if (value["apiVersion"] !== undefined) return value["kind"] === undefined ? [[0, "the manifest has no kind"]] : [];
  return issues(ServerConfiguration.safeParse(value).error);
}

const issues = (error: { issues: { path: PropertyKey[]; message: string }[] } | undefined): Found[] =>
  (error?.issues ?? []).map(({ path, message }): Found => [0, `${path.join(".")}: ${message}`]);

const LINK = /!?\[[^\]]*\]\(([^)\s]+)\)/g;
const CODE = /`([^`\n]+)`/g;

function proseProblems({ path, prose }: Document): string[] {
  const found: string[] = [];
  for (const [index, line] of prose.split("\n").entries()) {
    const say = (problem: string | undefined) => problem && found.push(`${path}:${index + 1}: ${problem}`);
    for (const [, target] of line.matchAll(LINK)) say(linkProblem(path, target!, prose));
    for (const [, code] of line.matchAll(CODE)) say(codeProblem(code!));
  }
  return found;
}

function linkProblem(from: string, target: string, prose: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [file = "", anchor] = target.split("#");
  const to = file === "" ? from : normalize(join(dirname(from), file));
  if (!existsSync(join(ROOT, to))) return `the link ${target} leads nowhere`;
  if (anchor === undefined) return undefined;
  const text = file === "" ? prose : parseDocument(to, readFileSync(join(ROOT, to), "utf8")).prose;
  return anchorsOf(text).has(anchor) ? undefined : `${to} has no heading #${anchor}`;
}

/** The anchors that GitHub gives headings. */
function anchorsOf(prose: string): Set<string> {
  const slugs = new Set<string>();
  for (const [, heading] of prose.matchAll(/^#+ +(.+?) *#*$/gm)) {
    const slug = heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(/\s/g, "-");
    for (let count = 0; ; count++) {
      const each = count === 0 ? slug : `${slug}-${count}`;
      if (slugs.has(each)) continue;
      slugs.add(each);
      break;
    }
  }
  return slugs;
}

/** What a checkout has and an editor or a build does not put there. */
const TOP = readdirSync(ROOT).filter((name) => !/^(?:node_modules|dist|coverage|\..*)$/.test(name));
const FOLDERS = new Set(TOP.filter((name) => statSync(join(ROOT, name)).isDirectory()));

/** A path in backticks that begins with a folder of the checkout must be there; a command in backticks must parse. */
function codeProblem(code: string): string | undefined {
  const words = code.split(" ");
  if (words.length > 1) return /^(?:npm|\.\/bin\/sluice|sluice)$/.test(words[0]!) ? inlineProblem(code) : undefined;
  const path = code.replace(/^\.\//, "");
  const [first, second] = path.split("/");
  if (second === undefined || !FOLDERS.has(first!) || !/^[\w./-]+$/.test(path)) return undefined;
  return existsSync(join(ROOT, path)) || existsSync(join(ROOT, `${path}.ts`)) ? undefined : `there is no ${path}`;
}

/** In prose a command may be named without its arguments and flags, as in `sluice app`; what is named must exist. */
function inlineProblem(code: string): string | undefined {
  const [command] = commandsOf(code);
  const problem = command && commandProblem(command.words);
  return problem !== undefined && /missing required argument|required option|does nothing/.test(problem)
    ? undefined
    : problem;
}
