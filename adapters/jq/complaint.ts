const OWN_END = "unexpected end of the expression";

/** What jq's compiler says of an expression that stands on lines of its own from the second line on, without jq's own noise. */
export function complaintOf(error: string, expression: string): string {
  const found = /jq: error: (.*?)(?: \(Unix shell quoting issues\?\))? at <top-level>, line (\d+)/.exec(error);
  if (!found) return "it is not valid jq";
  const [, complaint = "", line = ""] = found;
  const last = expression.split("\n").length + 1;
  if (!complaint.startsWith("syntax error")) return complaint;
  const at =
    Number(line) > last ? OWN_END : complaint.replace(/^syntax error, /, "").replace("INVALID_CHARACTER", "character");
  return `syntax error: ${at}`;
}
