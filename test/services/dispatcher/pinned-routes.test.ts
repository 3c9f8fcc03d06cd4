import { describe, expect, it } from "vitest";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";
import type { Pin } from "../../../schemas/promotion.ts";
import type { ApplicationView, ViewName } from "../../../schemas/views.ts";
import { indexViews } from "../../../services/dispatcher/index-views.ts";

const REPOSITORY = "https://git.example/shop.git";
const at = "2026-01-01T00:00:00Z";
const pin: Pin = { pipeline: "shop", stage: "prod", promotion: "p-1", release: "r" };
const view = (pinned?: Pin): ApplicationView => ({
  ...{ name: "web", labels: {}, annotations: {}, createdAt: at, updatedAt: at, sequence: 1, drift: [], resources: [] },
  spec: ApplicationSpec.parse({ source: { repoURL: REPOSITORY, targetRevision: "main" }, destination: { name: "eu" } }),
  sync: { status: "Synced", since: at },
  health: { status: "Healthy", since: at, objects: [] },
  ...(pinned && { pinned: { ...pinned, at } }),
});

function indexed(first: ApplicationView) {
  let current = first;
  let changed: (name: ViewName, key: string) => void = () => undefined;
  const { routes } = indexViews({
    get: ((name: string) => (name === "applications" ? current : undefined)) as never,
    list: ((name: string) => (name === "applications" ? [{ key: "web", value: current }] : [])) as never,
    onChange: (listener) => {
      changed = listener;
      return () => undefined;
    },
  });
  const become = (next: ApplicationView): void => {
    current = next;
    changed("applications", "web");
  };
  const seen = () => ({
    pushed: routes.concerned(REPOSITORY, "refs/heads/main").map(({ name }) => name),
    polled: routes.followed("git.example/shop.git").map(({ targetRevision }) => targetRevision),
  });
  return { become, seen };
}

describe("the routes of pushes and polls", () => {
  it("leave out an application while a commit is pinned, and lead to it again afterwards", () => {
    const { become, seen } = indexed(view());
    const followed = seen();
    expect(followed.pushed).toEqual(["web"]);
    become(view({ ...pin, targetRevision: "1".repeat(40) }));
    expect(seen()).toMatchObject({ pushed: [], polled: [] });
    become(view({ ...pin, images: ["web@sha256:1"] }));
    expect(seen()).toEqual(followed);
    become(view());
    expect(seen()).toEqual(followed);
  });

  it("leave it out from the start where it was pinned before", () => {
    expect(indexed(view({ ...pin, targetRevision: "1".repeat(40) })).seen()).toMatchObject({ pushed: [], polled: [] });
  });
});
