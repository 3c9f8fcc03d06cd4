import { setDependency } from "./chart-dependency.ts";
import { setImages } from "./kustomize-images.ts";
import { setValue } from "./set-value.ts";

/** Edits of files that bring a release: each keeps comments and order, and refuses what it can't do exactly. */
export const RELEASE_EDITOR = { setValue, setImages, setDependency };
