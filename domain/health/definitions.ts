import { condition, degraded, healthy, progressing, words, type Health, type Shape } from "./verdict.ts";

/** CustomResourceDefinition: accepted names and established, as kstatus does (cli-utils pkg/kstatus/status/core.go). */
export function customResourceDefinition(object: Shape): Health {
  const names = condition(object, "NamesAccepted");
  if (names?.text("status") === "False") return degraded(words(names, "its names are not accepted"));
  const violations = condition(object, "NonStructuralSchema");
  if (violations?.text("status") === "True") return degraded(words(violations, "its schema is not structural"));
  const established = condition(object, "Established");
  if (established?.text("status") === "True") return healthy;
  if (established?.text("status") === "False" && established.text("reason") !== "Installing") {
    return degraded(words(established, "it is not established"));
  }
  return progressing("it is not established yet");
}

/** APIService: Available once its server answers, as Argo CD does (gitops-engine pkg/health/health_apiservice.go). */
export function apiService(object: Shape): Health {
  const available = condition(object, "Available");
  if (available?.text("status") === "True") return healthy;
  return progressing(available ? words(available, "its server does not answer yet") : "it is not looked at yet");
}
