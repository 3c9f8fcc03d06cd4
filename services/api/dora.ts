import { doraFigures } from "../../domain/dora/figures.ts";
import type { DoraFigures } from "../../schemas/api/dora-routes.ts";
import type { Handlers } from "./call.ts";
import type { ApiViews } from "./ports.ts";
import { notFound } from "./remove.ts";

/** Deployments of a pipeline that are looked at, the newest; so many in 366 days are 27 a day. */
const MOST_DEPLOYMENTS = 10_000;

/** The four key metrics of a pipeline over the last days, from its deployments to production. */
export function doraOf(views: ApiViews, pipeline: string, when: { now: number; days: number }): DoraFigures {
  const rows = views.list("deployments", { prefix: `${pipeline}/`, limit: MOST_DEPLOYMENTS, newest: true });
  return {
    pipeline,
    ...doraFigures(
      rows.map(({ value }) => value),
      when,
    ),
  };
}

/** Routes of DORA's four key metrics. */
export function doraHandlers(
  { views }: { views: ApiViews },
  now: () => Date,
): Required<Pick<Handlers, "listDora" | "getDora">> {
  return {
    listDora: async ({ query: { days } }) => ({
      items: views.list("pipelines").map(({ key }) => doraOf(views, key, { now: now().getTime(), days })),
    }),
    getDora: async ({ params: { name }, query: { days } }) => {
      if (!views.get("pipelines", name)) throw notFound("Pipeline", name);
      return doraOf(views, name, { now: now().getTime(), days });
    },
  };
}
