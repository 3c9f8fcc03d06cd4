import { describe, expect, it } from "vitest";
import { normalise } from "../../../domain/webhook/normalise.ts";
import type { Provider } from "../../../schemas/providers.ts";

/** Payloads as the registries' documentation shows them, cut to what names things. */
const said = (provider: Provider, body: object, headers: Record<string, string> = {}) =>
  normalise(provider, { headers, body });

describe("a push to a registry", () => {
  it("of Docker Hub", () => {
    const body = {
      push_data: { pushed_at: 1_417_566_822, pusher: "svendowideit", tag: "latest" },
      callback_url: "https://registry.hub.docker.com/u/acme/web/hook/abc/",
      repository: {
        name: "web",
        namespace: "acme",
        repo_name: "acme/web",
        repo_url: "https://hub.docker.com/r/acme/web",
      },
    };
    expect(said("docker-hub", body)).toEqual({
      type: "registry",
      images: ["docker.io/acme/web"],
      sender: "svendowideit",
    });
  });

  it("of Quay", () => {
    const body = {
      repository: "acme/web",
      namespace: "acme",
      name: "web",
      docker_url: "quay.io/acme/web",
      homepage: "https://quay.io/repository/acme/web",
      updated_tags: ["latest"],
    };
    expect(said("quay", body)).toEqual({ type: "registry", images: ["quay.io/acme/web"] });
  });

  it("of Harbor, by the address of what was pushed", () => {
    const body = {
      type: "PUSH_ARTIFACT",
      occur_at: 1_586_922_308,
      operator: "admin",
      event_data: {
        resources: [
          { digest: `sha256:${"8a".repeat(32)}`, tag: "1.4.0", resource_url: "harbor.example:8443/acme/web:1.4.0" },
          {
            digest: `sha256:${"8b".repeat(32)}`,
            resource_url: `harbor.example:8443/acme/api@sha256:${"8b".repeat(32)}`,
          },
        ],
        repository: {
          date_created: 1_586_922_308,
          name: "web",
          namespace: "acme",
          repo_full_name: "acme/web",
          repo_type: "private",
        },
      },
    };
    const images = ["harbor.example:8443/acme/web", "harbor.example:8443/acme/api"];
    expect(said("harbor", body)).toEqual({ type: "registry", images, sender: "admin" });
    expect(said("harbor", { ...body, type: "SCANNING_COMPLETED" })).toEqual({
      type: "ignored",
      event: "SCANNING_COMPLETED",
    });
  });

  it("of the distribution project's registry, whose pulls are no news", () => {
    const event = (action: string, repository: string) => ({
      id: "320678d8-ca14-430f-8bb6-4ca139cd83f7",
      timestamp: "2016-03-09T14:44:26.402973972-08:00",
      action,
      target: {
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        digest: `sha256:${"fe".repeat(32)}`,
        repository,
        url: `http://registry.example:5000/v2/${repository}/manifests/sha256:${"fe".repeat(32)}`,
        tag: "latest",
      },
      request: { addr: "192.168.64.11:42961", host: "registry.example:5000", method: "PUT" },
      actor: { name: "ci" },
    });
    expect(said("distribution", { events: [event("push", "acme/web"), event("pull", "acme/api")] })).toEqual({
      type: "registry",
      images: ["registry.example:5000/acme/web"],
      delivery: "320678d8-ca14-430f-8bb6-4ca139cd83f7",
      sender: "ci",
    });
    expect(said("distribution", { events: [event("pull", "acme/web")] })).toEqual({ type: "ignored", event: "pull" });
    expect(said("distribution", { events: [] })).toMatchObject({ type: "malformed", path: "events" });
  });

  it.each(["package", "registry_package"])("of GitHub's container registry, by its event %s", (event) => {
    const found = (more: object) => ({
      action: "published",
      [event]: {
        name: "web",
        namespace: "Acme",
        package_type: "CONTAINER",
        package_version: { version: `sha256:${"4c".repeat(32)}`, package_url: "ghcr.io/Acme/web:1.4.0" },
        ...more,
      },
      sender: { login: "octocat" },
    });
    const headers = { "x-github-event": event, "x-github-delivery": "72d3162e" };
    const expected = { type: "registry", images: ["ghcr.io/acme/web"], delivery: "72d3162e", sender: "octocat" };
    expect(said("github", found({}), headers)).toEqual(expected);
    expect(said("github", found({ package_version: {} }), headers)).toEqual(expected);
    expect(said("github", found({ package_type: "npm" }), headers)).toEqual({ type: "ignored", event });
  });

  it("of a sender of one's own", () => {
    const headers = { "x-sluice-event": "registry", "x-sluice-delivery": "build-7" };
    expect(said("generic", { image: "123.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.0", sender: "ci" }, headers)).toEqual({
      type: "registry",
      images: ["123.dkr.ecr.eu-west-1.amazonaws.com/web"],
      delivery: "build-7",
      sender: "ci",
    });
  });

  it.each([
    ["docker-hub", {}, "repository.repo_name"],
    ["quay", { docker_url: "quay.io/../etc" }, "docker_url"],
    ["harbor", { type: "PUSH_ARTIFACT", event_data: { resources: [{}] } }, "event_data.resources"],
    ["distribution", { events: [{ action: "push", target: { repository: "acme/web" } }] }, "events"],
  ] as const)("that names no image is malformed: %s", (provider, body, path) => {
    expect(said(provider, body)).toMatchObject({ type: "malformed", path });
  });
});
