import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { imageOf } from "../../../adapters/renderers/kustomize-overrides.ts";
import { effectiveSource, imageName } from "../../../domain/application/effective.ts";
import { Source } from "../../../schemas/kinds/source.ts";

const COMMIT = "1".repeat(40);
const DIGEST = `sha256:${"a".repeat(64)}`;
const source = (more: object = {}) => Source.parse({ repoURL: "https://git.example/apps", path: "web", ...more });

describe("the effective source", () => {
  it("is the source as it is written where nothing is pinned", () => {
    const own = source({ kustomize: { images: ["web:1"] } });
    expect(effectiveSource(own, undefined)).toBe(own);
  });

  it("has the pinned commit in place of the branch", () => {
    expect(effectiveSource(source({ targetRevision: "main" }), { targetRevision: COMMIT })).toEqual(
      source({ targetRevision: COMMIT }),
    );
  });

  it("keeps the branch where only an image is pinned", () => {
    const pinned = effectiveSource(source({ targetRevision: "main" }), { images: [`ghcr.io/acme/web@${DIGEST}`] });
    expect(pinned).toEqual(source({ targetRevision: "main", kustomize: { images: [`ghcr.io/acme/web@${DIGEST}`] } }));
  });

  it("replaces an override of the same image and keeps the others, with the rest of the tool's settings", () => {
    const own = source({ kustomize: { namePrefix: "x-", images: ["web=old:1", "db:2", "ghcr.io:5000/a/b:3"] } });
    const { kustomize } = effectiveSource(own, { images: [`web=ghcr.io/acme/web@${DIGEST}`, "ghcr.io:5000/a/b:4"] });
    expect(kustomize).toEqual({
      namePrefix: "x-",
      images: ["db:2", `web=ghcr.io/acme/web@${DIGEST}`, "ghcr.io:5000/a/b:4"],
    });
  });

  it("replaces a Helm parameter of the same name and keeps the others", () => {
    const own = source({
      helm: {
        releaseName: "r",
        parameters: [
          { name: "a", value: "1" },
          { name: "b", value: "2" },
        ],
      },
    });
    expect(effectiveSource(own, { parameters: [{ name: "a", value: "9", forceString: true }] }).helm).toEqual({
      releaseName: "r",
      parameters: [
        { name: "b", value: "2" },
        { name: "a", value: "9", forceString: true },
      ],
    });
  });

  it("laid over twice is the same as once", () => {
    const pin = { targetRevision: COMMIT, images: ["web@x"], parameters: [{ name: "a", value: "1" }] };
    const once = effectiveSource(source({ kustomize: { images: ["web:1", "db:2"] } }), pin);
    expect(effectiveSource(once, pin)).toEqual(once);
  });

  it("reads the name of an image as the renderer does", () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,5}$/);
    const image = fc.tuple(part, fc.option(fc.nat(9999)), part, fc.option(part), fc.option(part), fc.boolean());
    fc.assert(
      fc.property(image, ([host, port, path, tag, name, digest]) => {
        const base = `${host}${port === null ? "" : `:${port}`}/${path}`;
        const text = `${name === null ? "" : `${name}=`}${base}${tag === null ? "" : `:${tag}`}${digest ? `@${DIGEST}` : ""}`;
        expect(imageName(text)).toBe(imageOf(text).name);
      }),
    );
  });
});
