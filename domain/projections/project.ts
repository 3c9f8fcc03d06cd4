import type { ApplicationEvent, PipelineEvent, RecordedEvent } from "../../schemas/events/index.ts";
import type { ViewName, Views } from "../../schemas/views.ts";
import { foldAccount } from "./account.ts";
import { foldApplication } from "./application.ts";
import { foldCluster, foldProject, foldRepository, foldResourceCustomization } from "./configuration.ts";
import { deliveriesOf, deliveryKey } from "./delivery.ts";
import { foldDeployment } from "./deployment.ts";
import { foldNotification } from "./notification.ts";
import { foldPipeline } from "./pipeline.ts";
import { foldPromotion, promotionKey, promotionOf } from "./promotion.ts";
import { foldAnalysisTemplate, foldGatePolicy } from "./promotion-configuration.ts";
import { foldReleaseSource, releaseOf } from "./release.ts";
import { foldOperation, operationEvent, operationKey } from "./operation.ts";

/** Number of the folds in this folder. It is raised with every change of what they make of the same events: views are then rebuilt. */
export const FOLDS = 4;

/** The rows of every view while events are folded into them. What is read is never changed in place. */
export interface Rows {
  get<View extends ViewName>(view: View, key: string): Views[View] | undefined;
  set<View extends ViewName>(view: View, key: string, value: Views[View]): void;
  remove(view: ViewName, key: string): void;
}

/** Folds one event into the rows it concerns. Never throws for an event that fits its schema; the same events give the same rows. */
export function project(rows: Rows, recorded: RecordedEvent): void {
  const { name } = recorded.aggregate;
  switch (recorded.aggregate.type) {
    case "application":
      return projectApplication(rows, recorded);
    case "project":
      return keep(rows, "projects", name, foldProject(rows.get("projects", name), recorded));
    case "cluster":
      return keep(rows, "clusters", name, foldCluster(rows.get("clusters", name), recorded));
    case "repository":
      for (const delivery of deliveriesOf(recorded)) rows.set("deliveries", deliveryKey(delivery), delivery);
      return keep(rows, "repositories", name, foldRepository(rows.get("repositories", name), recorded));
    case "resourcecustomization": {
      const folded = foldResourceCustomization(rows.get("resourceCustomizations", name), recorded);
      return keep(rows, "resourceCustomizations", name, folded);
    }
    case "pipeline":
      projectPromotion(rows, recorded);
      projectDeployment(rows, recorded);
      return keep(rows, "pipelines", name, foldPipeline(rows.get("pipelines", name), recorded));
    case "releasesource": {
      const release = releaseOf(recorded);
      if (release) rows.set("releases", `${name}/${release.release}`, release);
      return keep(rows, "releaseSources", name, foldReleaseSource(rows.get("releaseSources", name), recorded));
    }
    case "gatepolicy":
      return keep(rows, "gatePolicies", name, foldGatePolicy(rows.get("gatePolicies", name), recorded));
    case "analysistemplate": {
      const folded = foldAnalysisTemplate(rows.get("analysisTemplates", name), recorded);
      return keep(rows, "analysisTemplates", name, folded);
    }
    case "notification":
      return keep(rows, "notifications", name, foldNotification(rows.get("notifications", name), recorded));
    case "account":
      return keep(rows, "accounts", name, foldAccount(rows.get("accounts", name), recorded));
    case "system":
      return;
  }
}

function projectApplication(rows: Rows, recorded: RecordedEvent): void {
  const { name } = recorded.aggregate;
  if (recorded.event.type === "SyncWindowOverridden") overridden(rows, name, recorded.event.data);
  const event = operationEvent(recorded.event);
  const key = event === undefined ? "" : operationKey(name, event.data.operation);
  // A start is the first event of its operation, so there is nothing to read: half of all reads of a rebuild.
  const before = event === undefined || event.type === "OperationStarted" ? undefined : rows.get("operations", key);
  const operation = event && foldOperation(before, recorded, event);
  if (operation !== undefined) rows.set("operations", key, operation);
  keep(rows, "applications", name, foldApplication(rows.get("applications", name), recorded, operation));
}

function projectPromotion(rows: Rows, recorded: RecordedEvent): void {
  const promotion = promotionOf(recorded.event as PipelineEvent);
  if (promotion === undefined) return;
  const key = promotionKey(recorded.aggregate.name, promotion);
  const folded = foldPromotion(rows.get("promotions", key), recorded);
  if (folded) rows.set("promotions", key, folded);
}

function projectDeployment(rows: Rows, recorded: RecordedEvent): void {
  const { name } = recorded.aggregate;
  const key = (promotion: string): string => `${name}/${promotion}`;
  const folded = foldDeployment(recorded, (promotion) => rows.get("deployments", key(promotion)), {
    pipeline: rows.get("pipelines", name),
    release: (source, release) => rows.get("releases", `${source}/${release}`),
  });
  for (const { promotion, value } of folded) keep(rows, "deployments", key(promotion), value);
}

/** It stands behind the start of its operation in the same append. */
function overridden(
  rows: Rows,
  name: string,
  { operation, windows, reason }: Extract<ApplicationEvent, { type: "SyncWindowOverridden" }>["data"],
): void {
  const key = operationKey(name, operation);
  const view = rows.get("operations", key);
  if (view) rows.set("operations", key, { ...view, overridden: { windows, reason } });
}

function keep<View extends ViewName>(rows: Rows, view: View, key: string, value: Views[View] | undefined): void {
  if (value === undefined) rows.remove(view, key);
  else rows.set(view, key, value);
}

/** What orders the rows of a view by age: larger is newer. 0 where only the key orders. */
export function rank<View extends ViewName>(view: View, value: Views[View]): number {
  if (view === "operations") return (value as Views["operations"]).firstSequence;
  if (view === "deployments") return (value as Views["deployments"]).sequence;
  if (view === "promotions") return (value as Views["promotions"]).firstSequence;
  if (view === "releases") return (value as Views["releases"]).sequence;
  if (view === "deliveries") return (value as Views["deliveries"]).intakeSequence;
  return 0;
}
