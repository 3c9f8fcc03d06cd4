import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ROUTES } from "../../schemas/api/routes.ts";
import { ERRORS } from "../../schemas/errors.ts";
import { type KindName, KINDS } from "../../schemas/kinds/index.ts";
import { generatedFiles } from "../../tools/reference/generated.ts";

describe("generated files", () => {
  it("are what schemas and code say", async () => {
    const { stdout } = await promisify(execFile)("node", ["tools/generate.ts", "--check"]);
    expect(stdout).toBe("");
  });

  it("describe every route, with components for every reference", () => {
    const document = JSON.parse(generatedFiles().get("schemas/generated/openapi.json")!) as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string; responses: object }>>;
      components: { schemas: object };
    };
    expect(document.openapi).toBe("3.1.0");
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(Object.keys(ROUTES).toSorted());
    for (const { responses } of operations) expect(responses).toHaveProperty("401");
    for (const [, name] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
      expect(document.components.schemas).toHaveProperty(name!);
    }
    expect(JSON.stringify(document)).not.toMatch(/\$defs|"\$ref":"#"/);
  });

  it("show examples that fit their schemas, and every exit code", () => {
    for (const kind of Object.keys(KINDS) as KindName[]) {
      const example = parse(readFileSync(`tools/reference/examples/${kind.toLowerCase()}.yaml`, "utf8")) as unknown;
      expect(KINDS[kind].safeParse(example).error).toBeUndefined();
      expect(generatedFiles().get(`docs/reference/${kind.toLowerCase()}.md`)).toContain("sluice.dev/v1");
    }
    const page = generatedFiles().get("docs/reference/cli.md")!;
    for (const { exit } of Object.values(ERRORS)) expect(page).toMatch(new RegExp(`^\\| ${exit} +\\|`, "m"));
  });

  it("never offer to read a secret back", () => {
    const text = generatedFiles().get("schemas/generated/openapi.json")!;
    const { components } = JSON.parse(text) as { components: { schemas: Record<string, object> } };
    for (const name of ["ClusterObject", "RepositoryObject", "ApplicationObject", "ProjectObject"]) {
      const shown = JSON.stringify(components.schemas[name]);
      expect(shown).not.toMatch(
        /"(password|token|kubeconfig|sshPrivateKey|privateKey|secret|caData|credentialsDigest|secretDigest)":/,
      );
    }
  });
});
