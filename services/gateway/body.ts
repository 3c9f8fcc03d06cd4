/** Whether a content type is one that webhooks come in: JSON, or a form with the JSON in its field `payload`. */
export function contentKind(contentType: string | undefined): "json" | "form" | undefined {
  const type = (contentType ?? "application/json").split(";")[0]!.trim().toLowerCase();
  if (type === "application/json" || /^application\/[a-z0-9.-]+\+json$/.test(type)) return "json";
  return type === "application/x-www-form-urlencoded" ? "form" : undefined;
}

/** The parsed body, or one sentence on what is wrong with it. */
export function parseBody(kind: "json" | "form", raw: Buffer): { body: unknown } | { wrong: string } {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(raw);
  } catch {
    return { wrong: "the body is not UTF-8" };
  }
  if (kind === "form") {
    const payload = new URLSearchParams(text).get("payload");
    if (payload === null)
      return { wrong: "the form has no field `payload`; send application/json, or the JSON in that field" };
    text = payload;
  }
  try {
    return { body: JSON.parse(text) as unknown };
  } catch {
    return { wrong: "the body is not JSON, or was cut off" };
  }
}
