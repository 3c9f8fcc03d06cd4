import { nearest } from "../../schemas/api/nearest.ts";
import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { GitEdit, PinUpdate, ReleaseValue } from "../../schemas/kinds/promotion-method.ts";
import type { ReleaseSourceSpec, Subscription } from "../../schemas/kinds/release-source.ts";
import type { Finding } from "../configuration/references.ts";

type Kind = "git" | "image" | "chart";

/** A subscription that a stage names, and what it has to be of. */
interface Named {
  path: string;
  kind: Kind;
  name: string;
}

/** Subscriptions that stages take values of and that the release source has not, or has of another kind. */
export function checkSubscriptions(spec: PipelineSpec, { subscriptions }: ReleaseSourceSpec): Finding[] {
  return spec.stages
    .flatMap(({ promotion: { pin = [], commit } }, index) => {
      const place = `spec.stages.${index}.promotion`;
      return [
        ...pin.flatMap((update, at) => ofPin(update, `${place}.pin.${at}`)),
        ...(commit?.edits ?? []).flatMap((edit, at) => ofEdit(edit, `${place}.commit.edits.${at}`)),
      ];
    })
    .flatMap((named) => problem(named, subscriptions));
}

function problem({ path, kind, name }: Named, subscriptions: readonly Subscription[]): Finding[] {
  const found = subscriptions.find((each) => each.name === name);
  if (found?.[kind] !== undefined) return [];
  const fitting = subscriptions.filter((each) => each[kind] !== undefined).map((each) => each.name);
  const meant = nearest(name, fitting);
  const there = fitting.length === 0 ? `it has no ${kind} subscription` : `it has ${fitting.join(", ")}`;
  return [
    {
      path,
      message: found
        ? `subscription ${name} is not of a ${nouns[kind]}`
        : `the ReleaseSource has no subscription ${name}`,
      next: meant === undefined ? there : `did you mean ${meant}?`,
    },
  ];
}

const nouns: Record<Kind, string> = { git: "Git repository", image: "container image", chart: "chart" };

function ofPin({ git, image, value }: PinUpdate, place: string): Named[] {
  return [
    ...(git === undefined ? [] : [{ path: `${place}.git`, kind: "git" as const, name: git }]),
    ...(image === undefined ? [] : [{ path: `${place}.image`, kind: "image" as const, name: image }]),
    ...(value ? ofValue(value, `${place}.value`) : []),
  ];
}

function ofValue(value: ReleaseValue, place: string): Named[] {
  const kinds: Kind[] = ["git", "image", "chart"];
  return kinds.flatMap((kind) => {
    const name = value[kind];
    return name === undefined ? [] : [{ path: `${place}.${kind}`, kind, name }];
  });
}

function ofEdit({ yaml, kustomize, helm, copy }: GitEdit, place: string): Named[] {
  const images = kustomize?.images ?? [];
  return [
    ...(yaml ? ofValue(yaml.value, `${place}.yaml.value`) : []),
    ...images.map(({ image }, at) => ({
      ...{ path: `${place}.kustomize.images.${at}.image`, kind: "image" as const, name: image },
    })),
    ...(helm?.values ?? []).flatMap(({ value }, at) => ofValue(value, `${place}.helm.values.${at}.value`)),
    ...(helm?.dependencies ?? []).map(({ chart }, at) => ({
      ...{ path: `${place}.helm.dependencies.${at}.chart`, kind: "chart" as const, name: chart },
    })),
    ...(copy ? [{ path: `${place}.copy.git`, kind: "git" as const, name: copy.git }] : []),
  ];
}
