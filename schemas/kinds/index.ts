import type { z } from "zod";
import { Application } from "./application.ts";
import { Cluster } from "./cluster.ts";
import { Project } from "./project.ts";
import { Repository } from "./repository.ts";
import { ResourceCustomization } from "./resource-customization.ts";

/** Every configuration kind by its name. */
export const KINDS = { Application, Project, Cluster, Repository, ResourceCustomization } as const;

/** Name of a configuration kind. */
export type KindName = keyof typeof KINDS;

/** Any configuration object, as its schema returns it. */
export type ConfigObject = z.output<(typeof KINDS)[KindName]>;
