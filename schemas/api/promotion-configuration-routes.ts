import * as body from "./bodies.ts";
import {
  AccountObject,
  AnalysisTemplateObject,
  GatePolicyObject,
  NotificationObject,
  PipelineObject,
  ReleaseSourceObject,
} from "./promotion-objects.ts";
import type { z } from "zod";
import { list, MISSING, named, read } from "./route-parts.ts";

const listed = <Item extends z.ZodType>(path: string, summary: string, item: Item) =>
  ({
    ...read,
    path,
    summary,
    tag: "configuration",
    query: body.Page,
    answer: list(item),
    errors: ["InvalidInput"],
  }) as const;

const one = <Item extends z.ZodType>(path: string, summary: string, item: Item) =>
  ({ ...read, ...named, path: `${path}/:name`, summary, tag: "configuration", answer: item, errors: MISSING }) as const;

const removed = (path: string, summary: string) =>
  ({
    ...named,
    method: "DELETE",
    path: `${path}/:name`,
    summary,
    tag: "configuration",
    status: 200,
    answer: body.Deleted,
    errors: [...MISSING, "Conflict"],
  }) as const;

/** Routes of the kinds of promotion, as configuration. */
export const promotionConfigurationRoutes = {
  listPipelines: listed("/pipelines", "Pipelines by name, with their stages", PipelineObject),
  getPipeline: one("/pipelines", "One pipeline", PipelineObject),
  deletePipeline: removed("/pipelines", "Delete a pipeline that no promotion runs in"),
  listReleaseSources: listed("/releasesources", "Release sources by name", ReleaseSourceObject),
  getReleaseSource: one("/releasesources", "One release source", ReleaseSourceObject),
  deleteReleaseSource: removed("/releasesources", "Delete a release source that no pipeline uses"),
  listGatePolicies: listed("/gatepolicies", "Gate policies by name", GatePolicyObject),
  getGatePolicy: one("/gatepolicies", "One gate policy", GatePolicyObject),
  deleteGatePolicy: removed("/gatepolicies", "Delete a gate policy that no pipeline uses"),
  listAnalysisTemplates: listed("/analysistemplates", "Analysis templates by name", AnalysisTemplateObject),
  getAnalysisTemplate: one("/analysistemplates", "One analysis template", AnalysisTemplateObject),
  deleteAnalysisTemplate: removed("/analysistemplates", "Delete an analysis template that nothing uses"),
  listNotifications: listed(
    "/notifications",
    "Notifications by name, with their newest deliveries",
    NotificationObject,
  ),
  getNotification: one("/notifications", "One notification", NotificationObject),
  deleteNotification: removed("/notifications", "Delete a notification"),
  listAccounts: listed("/accounts", "Accounts by name", AccountObject),
  getAccount: one("/accounts", "One account", AccountObject),
  deleteAccount: removed("/accounts", "Delete an account; its tokens are taken no more"),
} as const;
