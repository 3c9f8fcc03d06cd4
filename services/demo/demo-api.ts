import type { ApplicationObject } from "../../schemas/api/objects.ts";
import type { Problem } from "../../schemas/errors.ts";

/** The few calls of the API that the demo makes. */
export interface DemoApi {
  apply(files: { file: string; text: string }[]): Promise<void>;
  application(name: string): Promise<ApplicationObject>;
  get<Body>(path: string): Promise<Body>;
  post<Body>(path: string, body?: object): Promise<Body>;
}

export function createDemoApi(url: string, token: string): DemoApi {
  const call = async <Body>(method: string, path: string, body?: object): Promise<Body> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Body & { detail?: string; problems?: Problem[] };
    if (response.ok) return answer;
    const problems = (answer.problems ?? []).map(
      ({ file, path: at, message }) => `${file ?? ""} ${at ?? ""}: ${message}`,
    );
    throw new Error([`${method} ${path}: ${response.status} ${answer.detail ?? ""}`, ...problems].join("\n  "));
  };
  return {
    apply: async (files) => void (await call("POST", "/apply", { files })),
    application: (name) => call("GET", `/applications/${name}`),
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
  };
}
