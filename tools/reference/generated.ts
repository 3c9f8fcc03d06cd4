import { KINDS } from "../../schemas/kinds/index.ts";
import { kindSchemas } from "./kind-schemas.ts";
import { openApi } from "./openapi.ts";
import { cliPage, eventsPage, kindPage, kindsPage, serverPage } from "./pages.ts";

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Every generated file of the repository, by its path from the root. */
export function generatedFiles(): Map<string, string> {
  const files = new Map<string, string>([["schemas/generated/openapi.json", json(openApi())]]);
  for (const [name, schema] of kindSchemas()) files.set(`schemas/generated/${name}`, json(schema));
  files.set("docs/reference/cli.md", cliPage());
  files.set("docs/reference/kinds.md", kindsPage());
  for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
    files.set(`docs/reference/${kind.toLowerCase()}.md`, kindPage(kind));
  }
  files.set("docs/reference/events.md", eventsPage());
  files.set("docs/reference/server.md", serverPage());
  return files;
}
