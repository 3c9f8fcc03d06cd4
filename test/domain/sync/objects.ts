import { createHash, createHmac } from "node:crypto";
import type { InventoryEntry, RawObject } from "../../../schemas/artifact.ts";
import type { Digests } from "../../../domain/sync/canonical.ts";
import { groupOf, keyOf } from "../../../domain/sync/identity.ts";
import { FIELD_MANAGER, TRACKING_ANNOTATION, trackingId } from "../../../schemas/ids.ts";

/** Real digests for the tests: sha256, and HMAC under a fixed key. */
export const digests: Digests = {
  digest: (text) => createHash("sha256").update(text).digest("hex"),
  digestSecret: (text) => createHmac("sha256", "test key").update(text).digest("hex"),
};

export const objectOf = (
  apiVersion: string,
  kind: string,
  name: string,
  more: { namespace?: string; annotations?: Record<string, string>; [field: string]: unknown } = {},
): RawObject => {
  const { namespace, annotations, ...rest } = more;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    ...rest,
  };
};

export const configMap = (name: string, data: Record<string, string> = {}): RawObject =>
  objectOf("v1", "ConfigMap", name, { namespace: "shop", data });

/** An object as the cluster would hold it, tracked by an application. */
export function tracked(object: RawObject, application: string, uid: string): RawObject {
  const annotations = {
    ...object.metadata.annotations,
    [TRACKING_ANNOTATION]: trackingId(application, keyOf(object)),
  };
  return { ...object, metadata: { ...object.metadata, annotations, uid } };
}

/** A managedFields entry of our server-side apply. */
export const applyEntry = (apiVersion: string, fieldsV1: unknown): unknown => ({
  manager: FIELD_MANAGER,
  operation: "Apply",
  apiVersion,
  fieldsType: "FieldsV1",
  fieldsV1,
});

export const entryOf = (object: RawObject, uid: string | null, more: Partial<InventoryEntry> = {}): InventoryEntry => ({
  key: keyOf(object),
  apiVersion: object.apiVersion,
  resource: `${object.kind.toLowerCase()}s`,
  namespaced: object.metadata.namespace !== undefined,
  uid,
  desired: "before",
  fields: null,
  fieldSet: null,
  ...more,
});

export const groupKind = (object: RawObject): string => `${groupOf(object.apiVersion)}/${object.kind}`;
