import { isIP } from "node:net";

/** Registries whose token server has a name of its own. */
const PAIRS: ReadonlySet<string> = new Set(["registry-1.docker.io auth.docker.io"]);

/** Below these the neighbours are strangers, besides the second levels of countries. */
const SHARED = [
  ...["amazonaws.com", "amazonaws.com.cn", "aws", "azurecr.io", "azurecr.cn", "azurecr.us", "azure.com", "windows.net"],
  ...["cloudapp.net", "azurewebsites.net", "azurecontainerapps.io", "pkg.dev", "googleapis.com", "run.app", "web.app"],
  ...["appspot.com", "cloudfunctions.net", "cloudfront.net", "icr.io", "appdomain.cloud", "jfrog.io", "github.io"],
  ...["gitlab.io", "scw.cloud", "ondigitalocean.app", "herokuapp.com", "fly.dev", "workers.dev", "pages.dev"],
  ...["vercel.app", "netlify.app", "aliyuncs.com", "myhuaweicloud.com", "tencentcr.com", "ocir.io", "oraclecloud.com"],
  ...["nip.io", "sslip.io", "ngrok.io", "ngrok.app", "ngrok-free.app", "trycloudflare.com", "duckdns.org"],
  ...["cloudsmith.io", "gitpod.io", "onrender.com", "railway.app", "local", "internal", "localhost"],
];
const SECOND_LEVEL = /^(?:ac|co|com|edu|go|gob|gov|gv|ltd|me|mil|ne|net|nom|or|org|plc|sch)\.[a-z]{2}$/;

/**
 * Whether a token server may get a registry's credentials: it has the same name, or one of the same owner, so far as names tell. Where
 * neighbours may be strangers only the same name, or one below it, will do.
 */
export function isOfRegistry(host: string, registry: string): boolean {
  const [realm, own] = [host.toLowerCase(), registry.toLowerCase()];
  if (realm === own || PAIRS.has(`${own} ${realm}`)) return true;
  if (isIP(own.replace(/^\[|\]$/g, "")) !== 0 || !own.includes(".")) return false;
  if (realm.endsWith(`.${own}`)) return true;
  const domain = registrable(own);
  return domain !== undefined && (realm === domain || realm.endsWith(`.${domain}`));
}

/** The part of a name that somebody registered; undefined where that can't be told. */
function registrable(host: string): string | undefined {
  if (SHARED.some((suffix) => host === suffix || host.endsWith(`.${suffix}`))) return undefined;
  const labels = host.split(".");
  const domain = labels.slice(SECOND_LEVEL.test(labels.slice(-2).join(".")) ? -3 : -2);
  return domain.length > 1 && !SECOND_LEVEL.test(domain.join(".")) ? domain.join(".") : undefined;
}
