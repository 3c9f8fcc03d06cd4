import { readFileSync } from "node:fs";
import type { Option } from "commander";
import { EVENTS } from "../../schemas/events/index.ts";
import { ERRORS } from "../../schemas/errors.ts";
import { KINDS } from "../../schemas/kinds/index.ts";
import { ServerConfiguration } from "../../schemas/server-configuration.ts";
import { version } from "../../schemas/version.ts";
import type { SluiceCommand } from "../../services/cli/command.ts";
import { createProgram } from "../../services/cli/program.ts";
import { variableOf } from "../../services/server/configuration.ts";
import { fieldsOf, fieldTable } from "./fields.ts";

const GENERATED = "<!-- Made by `npm run gen` out of schemas and code: change those, not this. -->\n";

/** Reference of the command line: every command, and the exit codes. */
export function cliPage(): string {
  const silent = () => {
    throw new Error("the reference runs nothing");
  };
  const program = createProgram({ version, io: silent, exit: silent });
  return `# Command line
${GENERATED}
The command \`sluice\` (\`./bin/sluice\` in a checkout) talks to a server over its HTTP API and to nothing else. Where the server is and the token for
it come from flags, then from \`SLUICE_SERVER\`, \`SLUICE_TOKEN\` and \`SLUICE_TOKEN_FILE\`, then from the \`client.json\` that a server or a demo left in the
data directory (\`--data-dir\`, \`SLUICE_DATA_DIR\`, \`.sluice\`), then from \`~/.config/sluice/client.json\`. A token that was left for one server is never
sent to another.

Output for people goes to standard output, progress and remarks to standard error. \`-o json\`, \`-o yaml\` and \`-o name\` are for programs. Colours
appear on a terminal only; \`NO_COLOR\` and \`--no-color\` turn them off. On a terminal progress is drawn over in place, elsewhere each change is a line.

## Exit codes

| code | meaning |
| --- | --- |
${exitCodes()}

\`sluice app diff --exit-code\` exits with 1 when something differs, as \`kubectl diff\` does; with that flag an error never exits with 1, what would
have been 1 becomes 2.

## Flags of every command

${optionTable(program.options)}

${commandsOf(program, []).join("\n\n")}
`;
}

function exitCodes(): string {
  const codes = new Map<number, string[]>([[0, ["It worked."]]]);
  for (const { exit, title } of Object.values(ERRORS)) codes.set(exit, [...(codes.get(exit) ?? []), `${title}.`]);
  const rows = [...codes].toSorted(([a], [b]) => a - b);
  return rows.map(([code, titles]) => `| ${code} | ${titles.join("<br>")} |`).join("\n");
}

function commandsOf(command: SluiceCommand, path: string[]): string[] {
  return (command.commands as SluiceCommand[]).flatMap((sub) => {
    const name = [...path, sub.name()];
    return [commandSection(sub, name), ...commandsOf(sub, name)];
  });
}

function commandSection(command: SluiceCommand, path: string[]): string {
  const usage = `sluice ${path
    .slice(0, -1)
    .map((word) => `${word} `)
    .join("")}${command.name()} ${command.usage()}`;
  const options = command.options.filter((option) => !option.hidden);
  return [
    `## sluice ${path.join(" ")}`,
    `${command.description().replace(/^./, (first) => first.toUpperCase())}.`,
    `\`\`\`text\n${usage.trim()}\n\`\`\``,
    ...(options.length > 0 ? [optionTable(options)] : []),
    ...(command.examples.length > 0 ? [`\`\`\`sh\n${command.examples.join("\n")}\n\`\`\``] : []),
  ].join("\n\n");
}

function optionTable(options: readonly Option[]): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  const choices = ({ argChoices }: Option) => (argChoices ? `: ${argChoices.join(", ")}` : "");
  const rows = options.map((option) => `| \`${option.flags}\` | ${cell(option.description)}${choices(option)} |`);
  return ["| flag | meaning |", "| --- | --- |", ...rows].join("\n");
}

const EXAMPLES: Record<keyof typeof KINDS, URL> = {
  Application: new URL("examples/application.yaml", import.meta.url),
  Project: new URL("examples/project.yaml", import.meta.url),
  Cluster: new URL("examples/cluster.yaml", import.meta.url),
  Repository: new URL("examples/repository.yaml", import.meta.url),
  ResourceCustomization: new URL("examples/resourcecustomization.yaml", import.meta.url),
  Pipeline: new URL("examples/pipeline.yaml", import.meta.url),
  ReleaseSource: new URL("examples/releasesource.yaml", import.meta.url),
  GatePolicy: new URL("examples/gatepolicy.yaml", import.meta.url),
  AnalysisTemplate: new URL("examples/analysistemplate.yaml", import.meta.url),
  Notification: new URL("examples/notification.yaml", import.meta.url),
  Account: new URL("examples/account.yaml", import.meta.url),
};

/** Reference of one configuration kind: an example first, then every field. */
export function kindPage(kind: keyof typeof KINDS): string {
  const schema = KINDS[kind];
  return `# ${kind}
${GENERATED}
${schema.description}

\`\`\`yaml
${readFileSync(EXAMPLES[kind], "utf8").trim()}
\`\`\`

An editor checks it while you write with this line on top, the path being that of a checkout:

\`\`\`yaml
# yaml-language-server: $schema=schemas/generated/${kind.toLowerCase()}.schema.json
\`\`\`

${fieldTable(fieldsOf(schema))}
`;
}

/** Where each kind's page is. */
export function kindsPage(): string {
  const rows = Object.entries(KINDS).map(
    ([kind, schema]) => `| [${kind}](${kind.toLowerCase()}.md) | ${schema.description} |`,
  );
  return `# Configuration kinds
${GENERATED}
Objects are applied with \`sluice apply -f FILE\`: all that is given, or nothing. What is not given of a secret stays as it was; an empty
\`credentials: {}\` of a Repository removes them. \`status\` is ignored, so what \`sluice get -o yaml\` prints can be applied again.

| kind | what it is |
| --- | --- |
${rows.join("\n")}

The project \`default\` is there from the first start and allows every repository, destination and kind, as Argo CD's does. Narrow it, or give your
applications projects of their own: everything else denies what it does not list.
`;
}

/** Reference of the events in the ledger. */
export function eventsPage(): string {
  const sections = Object.entries(EVENTS).map(([aggregate, events]) => {
    const parts = Object.entries(events).map(([type, schema]) => {
      const fields = fieldsOf(schema);
      return `### ${type}\n\n${fields.length === 0 ? "It carries nothing but its name." : fieldTable(fields)}`;
    });
    return `## ${aggregate}\n\n${parts.join("\n\n")}`;
  });
  return `# Events of the ledger
${GENERATED}
Facts in the past tense, by aggregate. Each has a time, an actor (\`user\`, \`webhook\` or \`system\`) and a cause beside its data. No secret value ever
stands in one: a keyed digest shows that it changed.

${sections.join("\n\n")}
`;
}

/** Reference of the server's settings. */
export function serverPage(): string {
  const leaves = fieldsOf(ServerConfiguration).filter(({ type }) => type !== "mapping");
  const rows = leaves.map((field) => ({
    ...field,
    description: `${field.description}${field.description === "" ? "" : " "}\`${variableOf(field.path.split("."))}\``,
  }));
  return `# Settings of the server
${GENERATED}
Each can stand in the configuration file (\`sluice server --config FILE\`), in the environment under the name given, and the common ones in a flag.
Flags win over the environment, the environment over the file.

${fieldTable(rows)}
`;
}
