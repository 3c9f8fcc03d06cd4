import { expect, test } from "vitest";
import { Application } from "../../../schemas/kinds/application.ts";
import { application } from "../../fixtures/configuration.ts";

const problems = (syncPolicy: object): { path: string; message: string }[] => {
  const given = application("web", { repoURL: "https://git.example/web.git" }, { syncPolicy });
  const { error } = Application.safeParse(given);
  return (error?.issues ?? []).map(({ path, message }) => ({ path: path.join("."), message }));
};

test("every option with a value it takes is one, and another is refused with what was meant", () => {
  expect(problems({ syncOptions: ["Prune=confirm", "Adopt=true", "PrunePropagationPolicy=orphan"] })).toEqual([]);
  expect(problems({ syncOptions: ["ServerSideAply=true", "Prune=maybe"] })).toEqual([
    {
      path: "spec.syncPolicy.syncOptions.0",
      message: "unknown sync option ServerSideAply; did you mean ServerSideApply?",
    },
    {
      path: "spec.syncPolicy.syncOptions.1",
      message: "sync option Prune takes true, false, confirm: write Prune=true",
    },
  ]);
});

test("labels of a namespace that nobody creates are refused, not ignored", () => {
  const managedNamespaceMetadata = { labels: { team: "shop" } };
  expect(problems({ managedNamespaceMetadata, syncOptions: ["CreateNamespace=true"] })).toEqual([]);
  expect(
    problems({ managedNamespaceMetadata, syncOptions: ["CreateNamespace=true", "CreateNamespace=false"] }),
  ).toMatchObject([{ path: "spec.syncPolicy.managedNamespaceMetadata" }]);
  expect(problems({ managedNamespaceMetadata })[0]?.message).toContain("CreateNamespace=true");
});
