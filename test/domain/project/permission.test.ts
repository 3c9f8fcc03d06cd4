import { describe, expect, test } from "vitest";
import { destinationRefusal, objectRefusal, repositoryRefusal } from "../../../domain/project/permission.ts";
import { ProjectSpec } from "../../../schemas/kinds/project.ts";

const project = (spec: object) => ({ name: "team", spec: ProjectSpec.parse(spec) });
const prod = { name: "prod", server: "https://prod.example" };
const key = (group: string, kind: string, namespace: string) => ({ group, kind, namespace, name: "x" });

describe("a project that lists nothing", () => {
  const empty = project({});
  test("allows no repository, no destination and no object", () => {
    expect(repositoryRefusal(empty, "https://git.example/a.git")).toContain("add it to its sourceRepos");
    expect(destinationRefusal(empty, { ...prod, namespace: "default" })).toContain("does not allow the cluster prod");
    expect(objectRefusal(empty, { key: key("", "ConfigMap", "default"), namespaced: true }, prod)).toBeDefined();
    expect(objectRefusal(empty, { key: key("", "Namespace", ""), namespaced: false }, prod)).toBeDefined();
  });
});

describe("repositories", () => {
  const team = project({ sourceRepos: ["https://git.example/team/*", "!https://git.example/team/secret.git"] });
  test("one glob must match and no negated one may", () => {
    expect(repositoryRefusal(team, "https://git.example/team/shop.git")).toBeUndefined();
    expect(repositoryRefusal(team, "https://git.example/team/secret.git")).toBeDefined();
    expect(repositoryRefusal(team, "https://git.example/other/shop.git")).toBeDefined();
    expect(repositoryRefusal(team, "https://git.example.evil/team/shop.git")).toBeDefined();
  });
  test.each([
    "https://git.example/team/secret",
    "https://GIT.example/team/secret.git/",
    "https://git.example:443/team/secret.git",
    "https://git.example./team/secret",
    "https://git.example//team//secret",
    "https://git.example/team/%73ecret.git",
    "https://git.example/Team/SECRET.git",
    "  https://git.example/team/secret.git",
    "ssh://git@git.example/team/secret.git",
    "git@git.example:team/secret.git",
  ])("a denied one stays denied however it is spelled: %s", (spelling) => {
    const all = { ...team.spec, sourceRepos: ["*", "!https://git.example/team/secret.git"] };
    for (const denied of [
      "!https://git.example/team/secret.git",
      "!git@git.example:team/secret",
      "!*/team/secret.git",
    ]) {
      const rules = { name: "team", spec: { ...all, sourceRepos: ["*", denied] } };
      expect(repositoryRefusal(rules, spelling)).toBeDefined();
      expect(repositoryRefusal(rules, "https://git.example/team/shop.git")).toBeUndefined();
    }
  });
  test("an allowed one may be spelled with or without .git, port and capital letters of the host", () => {
    const one = project({ sourceRepos: ["https://git.example/team/shop.git"] });
    for (const spelling of ["https://git.example/team/shop", "https://Git.Example:443/team/shop.git/"]) {
      expect(repositoryRefusal(one, spelling)).toBeUndefined();
    }
    // Another transport is another way in, and another capital may be another repository.
    expect(repositoryRefusal(one, "ssh://git@git.example/team/shop.git")).toBeDefined();
    expect(repositoryRefusal(one, "https://git.example/team/Shop.git")).toBeDefined();
  });
});

describe("destinations", () => {
  test("by name, by server, or by both", () => {
    const namespace = "shop";
    const allowed = (destinations: object[], target = { ...prod, namespace }) =>
      destinationRefusal(project({ destinations }), target) === undefined;
    expect(allowed([{ name: "prod" }])).toBe(true);
    expect(allowed([{ server: "https://prod.*" }])).toBe(true);
    expect(allowed([{ name: "prod", server: "https://other.example" }])).toBe(false);
    expect(allowed([{ name: "staging" }])).toBe(false);
    expect(allowed([{ namespace: "shop" }])).toBe(false);
    expect(allowed([{ name: "*" }, { name: "!prod" }])).toBe(false);
  });
  test("a namespace must be allowed on that very cluster, and a denied one stays denied", () => {
    const team = project({
      destinations: [
        { name: "prod", namespace: "shop-*" },
        { name: "staging", namespace: "*" },
        { name: "prod", namespace: "!shop-secret" },
      ],
    });
    expect(destinationRefusal(team, { ...prod, namespace: "shop-web" })).toBeUndefined();
    expect(destinationRefusal(team, { ...prod, namespace: "shop-secret" })).toContain(
      "namespace shop-secret of cluster prod",
    );
    expect(destinationRefusal(team, { ...prod, namespace: "kube-system" })).toBeDefined();
    expect(
      destinationRefusal(team, { name: "staging", server: "https://s", namespace: "kube-system" }),
    ).toBeUndefined();
  });
});

describe("kinds", () => {
  const base = { destinations: [{ name: "prod", namespace: "shop" }] };
  const refusal = (spec: object, group: string, kind: string, namespace = "shop") =>
    objectRefusal(
      project({ ...base, ...spec }),
      { key: key(group, kind, namespace), namespaced: namespace !== "" },
      prod,
    );

  test("namespaced ones are allowed unless there is a list without them", () => {
    expect(refusal({}, "apps", "Deployment")).toBeUndefined();
    expect(refusal({ namespaceResourceWhitelist: [] }, "apps", "Deployment")).toContain(
      "add it to its namespaceResourceWhitelist",
    );
    expect(
      refusal({ namespaceResourceWhitelist: [{ group: "apps", kind: "*" }] }, "apps", "Deployment"),
    ).toBeUndefined();
    expect(refusal({ namespaceResourceBlacklist: [{ group: "*", kind: "Secret" }] }, "", "Secret")).toContain(
      "denies the kind Secret",
    );
  });
  test("cluster-scoped ones only when listed, and denied ones never", () => {
    expect(refusal({}, "", "Namespace", "")).toContain("add it to its clusterResourceWhitelist");
    const listed = { clusterResourceWhitelist: [{ group: "rbac.*", kind: "ClusterRole*" }] };
    expect(refusal(listed, "rbac.authorization.k8s.io", "ClusterRoleBinding", "")).toBeUndefined();
    const denied = { ...listed, clusterResourceBlacklist: [{ group: "*", kind: "ClusterRoleBinding" }] };
    expect(refusal(denied, "rbac.authorization.k8s.io", "ClusterRoleBinding", "")).toBeDefined();
  });
  test("an object's own namespace counts, and its cluster", () => {
    expect(refusal({}, "apps", "Deployment", "kube-system")).toContain("namespace kube-system");
    const all = project({ ...base, clusterResourceWhitelist: [{ group: "*", kind: "*" }] });
    const role = { key: key("rbac.authorization.k8s.io", "ClusterRole", ""), namespaced: false };
    expect(objectRefusal(all, role, prod)).toBeUndefined();
    expect(objectRefusal(all, role, { name: "staging", server: "https://s" })).toContain("cluster staging");
  });
  test("a Namespace counts as in itself: none is changed that nothing may be deployed to", () => {
    const listed = project({ ...base, clusterResourceWhitelist: [{ group: "", kind: "Namespace" }] });
    const namespace = (name: string) => ({ key: { ...key("", "Namespace", ""), name }, namespaced: false });
    expect(objectRefusal(listed, namespace("shop"), prod)).toBeUndefined();
    expect(objectRefusal(listed, namespace("kube-system"), prod)).toContain("namespace kube-system of cluster prod");
  });
});
