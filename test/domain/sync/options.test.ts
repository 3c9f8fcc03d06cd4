import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { optionProblems } from "../../../domain/sync/option-problems.ts";
import { isSet, optionsFor, ownOptions } from "../../../domain/sync/options.ts";
import { SYNC_OPTIONS, type SyncOptionName } from "../../../schemas/sync-options.ts";
import { configMap } from "./objects.ts";

const withAnnotations = (annotations: Record<string, string>) => ({
  ...configMap("a"),
  metadata: { name: "a", namespace: "shop", annotations },
});
const sync = (text: string) => withAnnotations({ "argocd.argoproj.io/sync-options": text });

const names = Object.keys(SYNC_OPTIONS) as SyncOptionName[];
const option = fc
  .constantFrom(...names)
  .chain((name) => fc.constantFrom(...SYNC_OPTIONS[name]).map((value) => ({ name, value: value as string })));
const list = fc.array(option, { maxLength: 4 });
const texts = (options: { name: string; value: string }[]) => options.map(({ name, value }) => `${name}=${value}`);

describe("the options of an object", () => {
  test("are its own, else the operation's, else the application's; the last of a name counts", () => {
    fc.assert(
      fc.property(list, list, list, (application, operation, own) => {
        const { values } = optionsFor(texts(application), texts(operation), sync(texts(own).join(" , ")));
        const expected = Object.fromEntries(
          [...application, ...operation, ...own].map(({ name, value }) => [name, value]),
        );
        expect(values).toEqual(expected);
      }),
    );
  });

  test("are read from both annotations, and ours wins", () => {
    const object = withAnnotations({
      "argocd.argoproj.io/sync-options": " Validate=false , Prune = false",
      "sluice.dev/sync-options": "Prune=true",
    });
    expect(ownOptions(object).values).toEqual({ Validate: "false", Prune: "true" });
    expect(isSet(optionsFor(["Prune=false"], [], object), "Prune")).toBe(true);
  });

  test("Flux's words stand beside them, in any case", () => {
    const object = withAnnotations({
      "kustomize.toolkit.fluxcd.io/ssa": "ifnotpresent",
      "kustomize.toolkit.fluxcd.io/force": "Enabled",
      "kustomize.toolkit.fluxcd.io/reconcile": "Disabled",
    });
    expect(ownOptions(object)).toMatchObject({ ssa: "IfNotPresent", paused: true, values: { Force: "true" } });
  });

  test("annotations of any shape are no error", () => {
    const odd = withAnnotations({
      "sluice.dev/sync-options": 5 as never,
      "kustomize.toolkit.fluxcd.io/ssa": null as never,
    });
    expect(ownOptions(odd).values).toEqual({});
    expect(optionProblems(odd)).toEqual([]);
  });
});

describe("what nobody knows is a problem", () => {
  const messages = (annotations: Record<string, string>) =>
    optionProblems(withAnnotations(annotations)).map(({ message, next }) => `${message} | ${next}`);

  test.each<[string, string, string]>([
    [
      "argocd.argoproj.io/sync-options",
      "Prun=false",
      "unknown sync option Prun; did you mean Prune? | write Prune, or remove it",
    ],
    ["sluice.dev/sync-options", "Zebra=1", "unknown sync option Zebra | known are"],
    [
      "sluice.dev/sync-options",
      "Prune=maybe",
      "sync option Prune=maybe has a value that it does not take; it takes true, false, confirm | write Prune=true or Prune=false or Prune=confirm",
    ],
    ["argocd.argoproj.io/sync-options", "CreateNamespace=true", "is about a whole application"],
    ["argocd.argoproj.io/compare-options", "IgnoreExtraneus", "did you mean IgnoreExtraneous?"],
    ["kustomize.toolkit.fluxcd.io/ssa", "Overide", "unknown value Overide; did you mean Override?"],
    ["kustomize.toolkit.fluxcd.io/prune", "never", "write disabled or enabled"],
    ["kustomize.toolkit.fluxcd.io/force", "yes", "write enabled or disabled"],
    ["kustomize.toolkit.fluxcd.io/reconcile", "off", "write disabled or enabled"],
    ["helm.sh/resource-policy", "keeep", "did you mean keep?"],
  ])("%s: %s", (annotation, value, said) => {
    const found = messages({ [annotation]: value });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`/ConfigMap/shop/a: annotation ${annotation}: `);
    expect(found[0]).toContain(said);
  });

  test("every known option with every value it takes is none", () => {
    fc.assert(
      fc.property(list, (options) => {
        const own = options.filter(({ name }) => name !== "CreateNamespace");
        expect(optionProblems(sync(texts(own).join(",")))).toEqual([]);
      }),
    );
    expect(
      messages({
        "argocd.argoproj.io/compare-options": "IgnoreExtraneous, ServerSideDiff=true,IncludeMutationWebhook=true",
        "kustomize.toolkit.fluxcd.io/ssa": "Merge",
        "kustomize.toolkit.fluxcd.io/prune": "disabled",
        "helm.sh/resource-policy": "keep",
        "argocd.argoproj.io/sync-wave": "5",
      }),
    ).toEqual([]);
  });
});
