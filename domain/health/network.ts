import { healthy, progressing, type Health, type Shape } from "./verdict.ts";

/** Addresses from outside, judged as Argo CD does (gitops-engine pkg/health/health_service.go and health_ingress.go). */

const hasAddress = (object: Shape): boolean => object.list("status", "loadBalancer", "ingress").length > 0;

/** Service: of type LoadBalancer it waits for its address, any other is Healthy. */
export const service = (object: Shape): Health =>
  object.text("spec", "type") !== "LoadBalancer" || hasAddress(object)
    ? healthy
    : progressing("the load balancer has no address yet");

/** Ingress: Healthy once its controller has published an address. */
export const ingress = (object: Shape): Health =>
  hasAddress(object) ? healthy : progressing("no ingress controller has published an address for it yet");
