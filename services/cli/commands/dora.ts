import type { DoraFigures } from "../../../schemas/api/dora-routes.ts";
import { formatSpan } from "../age.ts";
import type { Context, Shown } from "../context.ts";

/** Shows DORA's four key metrics of one pipeline, or of all. */
export async function dora(context: Context, pipeline: string | undefined, { days }: { days: string }): Promise<void> {
  const name = pipeline?.replace(/^pipeline\//, "");
  const query = `days=${encodeURIComponent(days)}`;
  if (name === undefined) {
    const { items } = await context.client.get<{ items: DoraFigures[] }>(`/dora?${query}`);
    return context.show(items, ROWS);
  }
  const figures = await context.client.get<DoraFigures>(`/pipelines/${encodeURIComponent(name)}/dora?${query}`);
  if (!(await context.showValue(figures))) await context.show([figures], ROWS);
}

const span = (seconds: number | undefined): string => (seconds === undefined ? "-" : formatSpan(seconds * 1_000));

const ROWS: Shown<DoraFigures> = {
  columns: [
    { heading: "PIPELINE", cell: ({ pipeline }) => pipeline },
    { heading: "DAYS", cell: ({ days }) => String(days) },
    { heading: "DEPLOYMENTS", cell: ({ deployments }) => String(deployments) },
    { heading: "PER DAY", cell: ({ deploymentFrequency }) => deploymentFrequency.toFixed(2) },
    { heading: "LEAD TIME", cell: ({ leadTimeSeconds }) => span(leadTimeSeconds) },
    {
      heading: "FAILURES",
      cell: ({ changeFailureRate }) =>
        changeFailureRate === undefined ? "-" : `${Math.round(changeFailureRate * 100)} %`,
    },
    { heading: "TO RESTORE", cell: ({ timeToRestoreSeconds }) => span(timeToRestoreSeconds) },
    { heading: "UNRESTORED", cell: ({ unrestored }) => String(unrestored) },
  ],
  name: ({ pipeline }) => `pipeline/${pipeline}`,
  empty: "There are no pipelines yet. Create one with: sluice apply -f FILE",
};
