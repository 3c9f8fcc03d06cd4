/** How a registry wants to be shown who asks (RFC 6750 and 7617, distribution's token specification). */
export type Challenge = { scheme: "basic" } | { scheme: "bearer"; realm: string; service?: string; scope?: string };

/** The challenge of a `WWW-Authenticate` header; bearer is preferred where several are offered. Undefined for none that is known. */
export function parseChallenge(header: string): Challenge | undefined {
  const bearer = /(?:^|,)\s*bearer\s+(.*)$/is.exec(header.slice(0, 8_192))?.[1];
  if (bearer !== undefined) {
    const values = new Map<string, string>();
    for (const [, name, value] of bearer.matchAll(/([a-z_]+)\s*=\s*"([^"]*)"/gi)) {
      if (!values.has(name!.toLowerCase())) values.set(name!.toLowerCase(), value!);
    }
    const [realm, service, scope] = ["realm", "service", "scope"].map((name) => values.get(name));
    if (realm !== undefined) {
      return {
        scheme: "bearer",
        realm,
        ...(service !== undefined && { service }),
        ...(scope !== undefined && { scope }),
      };
    }
  }
  return /(?:^|,)\s*basic\b/i.test(header) ? { scheme: "basic" } : undefined;
}
