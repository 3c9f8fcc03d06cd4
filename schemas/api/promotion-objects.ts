import { AccountSpec } from "../kinds/account.ts";
import { AnalysisTemplateSpec } from "../kinds/analysis-template.ts";
import { GatePolicySpec } from "../kinds/gate-policy.ts";
import { PipelineSpec } from "../kinds/pipeline.ts";
import { ReleaseSourceSpec } from "../kinds/release-source.ts";
import { StoredNotificationSpec } from "../events/notification.ts";
import {
  AccountView,
  AnalysisTemplateView,
  GatePolicyView,
  NotificationView,
  PipelineView,
  ReleaseSourceView,
} from "../promotion-views.ts";
import { described } from "./described.ts";

const CONFIGURATION = { name: true, labels: true, annotations: true, spec: true } as const;

/** The kinds of promotion as the API shows them: configuration under `spec` as it would be applied, everything else under `status`. */
export const PipelineObject = described("Pipeline", PipelineSpec, PipelineView.omit(CONFIGURATION)).meta({
  id: "PipelineObject",
});
export const ReleaseSourceObject = described(
  "ReleaseSource",
  ReleaseSourceSpec,
  ReleaseSourceView.omit(CONFIGURATION),
).meta({ id: "ReleaseSourceObject" });
export const GatePolicyObject = described("GatePolicy", GatePolicySpec, GatePolicyView.omit(CONFIGURATION)).meta({
  id: "GatePolicyObject",
});
export const AnalysisTemplateObject = described(
  "AnalysisTemplate",
  AnalysisTemplateSpec,
  AnalysisTemplateView.omit(CONFIGURATION),
).meta({ id: "AnalysisTemplateObject" });
export const NotificationObject = described(
  "Notification",
  StoredNotificationSpec.omit({ secretsDigest: true }),
  NotificationView.omit(CONFIGURATION),
).meta({ id: "NotificationObject" });
export const AccountObject = described(
  "Account",
  AccountSpec,
  AccountView.omit({ ...CONFIGURATION, tokens: true }).extend({
    tokens: AccountView.shape.tokens.element.omit({ digest: true }).array(),
  }),
).meta({ id: "AccountObject" });
