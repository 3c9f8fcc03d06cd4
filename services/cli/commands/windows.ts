import type { WindowView } from "../../../schemas/api/bodies.ts";
import type { Context, Shown } from "../context.ts";
import { status } from "../io.ts";

/** Lists the sync windows of a project with where each stands now. */
export async function windows(context: Context, name: string): Promise<void> {
  const project = name.replace(/^(project|proj)\//, "");
  const { items } = await context.client.get<{ items: WindowView[] }>(
    `/projects/${encodeURIComponent(project)}/windows`,
  );
  await context.show(items, windowRows(context, project));
}

function windowRows({ io }: Context, project: string): Shown<WindowView> {
  return {
    columns: [
      { heading: "KIND", cell: ({ kind }) => kind },
      { heading: "STATE", cell: ({ state }) => status(io, state) },
      { heading: "SCHEDULE", cell: ({ schedule }) => schedule },
      { heading: "DURATION", cell: ({ duration }) => duration },
      { heading: "TIMEZONE", cell: ({ timeZone }) => timeZone },
      { heading: "TURNS", cell: turn },
      { heading: "CONCERNS", cell: concerns },
      { heading: "MANUAL", cell: ({ manualSync }) => (manualSync ? "goes through" : "held") },
      { heading: "OVERRIDE", cell: ({ overrideRoles }) => overrideRoles.join(", ") },
      { heading: "DESCRIPTION", cell: ({ description }) => description ?? "", wide: true },
    ],
    name: ({ text }) => `window/${project}/${text}`,
    empty: `Project ${project} has no sync windows: its applications are synced at any time.`,
  };
}

const turn = ({ state, opensAt, closesAt }: WindowView): string => {
  if (closesAt !== undefined) return `closes ${closesAt}`;
  if (state === "Open") return "stays open";
  return opensAt === undefined ? "never opens" : `opens ${opensAt}`;
};

function concerns({ applications, namespaces, clusters, andOperator }: WindowView): string {
  const lists = [
    applications.length > 0 ? `applications ${applications.join(" ")}` : "",
    namespaces.length > 0 ? `namespaces ${namespaces.join(" ")}` : "",
    clusters.length > 0 ? `clusters ${clusters.join(" ")}` : "",
  ];
  return lists.filter((text) => text !== "").join(andOperator ? " and " : " or ");
}
