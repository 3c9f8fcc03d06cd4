import type { KindName } from "../../schemas/kinds/index.ts";
import { usage } from "./context.ts";

/** A kind as the command line names it and where the API has it. */
export interface CliKind {
  kind: KindName;
  path: string;
  words: readonly string[];
}

export const CLI_KINDS: readonly CliKind[] = [
  { kind: "Application", path: "applications", words: ["application", "applications", "app", "apps"] },
  { kind: "Project", path: "projects", words: ["project", "projects", "proj"] },
  { kind: "Cluster", path: "clusters", words: ["cluster", "clusters"] },
  { kind: "Repository", path: "repositories", words: ["repository", "repositories", "repo", "repos"] },
  {
    kind: "ResourceCustomization",
    path: "resourcecustomizations",
    words: ["resourcecustomization", "resourcecustomizations", "customization", "customizations"],
  },
  { kind: "Pipeline", path: "pipelines", words: ["pipeline", "pipelines"] },
  { kind: "ReleaseSource", path: "releasesources", words: ["releasesource", "releasesources", "warehouse"] },
  { kind: "GatePolicy", path: "gatepolicies", words: ["gatepolicy", "gatepolicies"] },
  { kind: "AnalysisTemplate", path: "analysistemplates", words: ["analysistemplate", "analysistemplates"] },
  { kind: "Notification", path: "notifications", words: ["notification", "notifications"] },
  { kind: "Account", path: "accounts", words: ["account", "accounts"] },
];

/** The kind that a word names, in any case. Throws Usage for one that names none. */
export function kindOf(word: string): CliKind {
  const found = CLI_KINDS.find(({ words }) => words.includes(word.toLowerCase()));
  if (found) return found;
  const kinds = CLI_KINDS.map(({ words }) => words[0]).join(", ");
  throw usage(
    `There is no kind ${word}`,
    `Kinds are ${kinds}; \`sluice get deliveries\` shows what webhooks and polls brought.`,
  );
}

/** `KIND NAME...`, `KIND/NAME...` or a mix, as kubectl takes them. */
export function targetsOf(first: string, names: readonly string[]): { kind: CliKind; name: string }[] {
  if (!first.includes("/")) return names.map((name) => ({ kind: kindOf(first), name }));
  return [first, ...names].map((word) => {
    const [kind, name, ...rest] = word.split("/");
    if (!kind || !name || rest.length > 0) throw usage(`${word} is not KIND/NAME`, "Write it as application/web.");
    return { kind: kindOf(kind), name };
  });
}
