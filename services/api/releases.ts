import { randomUUID } from "node:crypto";
import { releaseNamed } from "../../domain/promotion/meant.ts";
import type { releaseRoutes } from "../../schemas/api/release-routes.ts";
import { isErrorCode, SluiceError } from "../../schemas/errors.ts";
import type { ReleaseSourceView } from "../../schemas/promotion-views.ts";
import type { Handlers } from "./call.ts";
import { page } from "./page.ts";
import type { ApiPorts, LookAtSource } from "./ports.ts";
import { notFound } from "./remove.ts";

/** Routes of releases. */
export function releaseHandlers(
  ports: Pick<ApiPorts, "views" | "lookAtSource">,
): Required<Pick<Handlers, keyof typeof releaseRoutes>> {
  const { views } = ports;
  const existing = (name: string): ReleaseSourceView => {
    const view = views.get("releaseSources", name);
    if (!view) throw notFound("ReleaseSource", name);
    return view;
  };
  const releasesOf = (name: string) => views.list("releases", { prefix: `${name}/`, newest: true });
  return {
    listReleases: async ({ params: { name }, query }) => {
      existing(name);
      return page(releasesOf(name), query, { key: ({ key }) => key, item: ({ value }) => value });
    },
    getRelease: async ({ params: { name, release } }) => {
      existing(name);
      const known = views.get("releases", `${name}/${release}`);
      if (known) return known;
      const releases = releasesOf(name).map(({ value }) => value);
      return releaseNamed(release, releases, name);
    },
    createRelease: async ({ params: { name }, body: { chosen }, actor }) => {
      const { spec } = existing(name);
      const known = new Set(spec.subscriptions.map((subscription) => subscription.name));
      const unknown = Object.keys(chosen).filter((subscription) => !known.has(subscription));
      if (unknown.length > 0) {
        throw new SluiceError("InvalidInput", `ReleaseSource ${name} has no subscription ${unknown.join(", ")}`, {
          next: `It has ${[...known].join(", ")}.`,
          problems: unknown.map((subscription) => ({
            path: `chosen.${subscription}`,
            message: "there is no such subscription",
          })),
        });
      }
      const cause = `api/${randomUUID()}`;
      const picked = Object.keys(chosen).length > 0 ? { chosen } : {};
      const { release, failures, sequence } = await ports.lookAtSource(name, {
        origin: "manual",
        by: actor,
        cause,
        ...picked,
      });
      if (!release) throw failed(name, failures);
      return { source: name, ...release, sequence };
    },
    refreshReleaseSource: async ({ params: { name }, actor }) => {
      existing(name);
      const cause = `api/${randomUUID()}`;
      return { source: name, ...(await ports.lookAtSource(name, { origin: "poll", by: actor, cause })) };
    },
  };
}

/** Why no release could be made: with the code of the first, and all of them as problems. */
function failed(source: string, failures: Awaited<ReturnType<LookAtSource>>["failures"]): SluiceError {
  const all = Object.entries(failures);
  const [first] = all;
  const code = first && isErrorCode(first[1].code) ? first[1].code : "Internal";
  return new SluiceError(code, `No release of ${source} could be made: ${first?.[1].message ?? "nothing was found"}`, {
    ...(first?.[1].next !== undefined && { next: first[1].next }),
    problems: all.map(([subscription, { message, next }]) => ({
      path: `spec.subscriptions.${subscription}`,
      message,
      ...(next !== undefined && { next }),
    })),
  });
}
