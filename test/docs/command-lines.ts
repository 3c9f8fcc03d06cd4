/** The commands of a block of shell: words of each, quotes taken off, with the line they begin on (from 0). */
export function commandsOf(shell: string): { words: string[]; line: number }[] {
  const commands: { words: string[]; line: number }[] = [];
  const lines = shell.split("\n");
  for (let line = 0; line < lines.length; line++) {
    const begin = line;
    let text = lines[line]!.replace(/^\$ /, "");
    while (text.endsWith("\\") && line + 1 < lines.length) text = text.slice(0, -1) + lines[++line]!;
    const heredoc = /<<-?\s*(['"]?)(\w+)\1/.exec(text)?.[2];
    for (const words of parted(text)) commands.push({ words, line: begin });
    while (heredoc !== undefined && line + 1 < lines.length && lines[++line]!.trim() !== heredoc);
  }
  return commands;
}

/** Words, operators between commands, comments and redirections; `$(`, `<(` and `)` begin and end commands as well. */
const TOKEN = /\s+|#.*$|[<>]\(|\$\(|\)|\|\|?|&&?|;|\d?>>?|<<?-?|(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'|&;()<>\\])+/gm;
const SEPARATOR = /^(?:\|\|?|&&?|;|[<>]\(|\$\(|\))$/;
const REDIRECTION = /^(?:\d?>>?|<<?-?)$/;

function parted(text: string): string[][] {
  const commands: string[][] = [[]];
  let redirected = false;
  for (const [token] of text.matchAll(TOKEN)) {
    if (/^\s|^#/.test(token)) continue;
    if (SEPARATOR.test(token)) commands.push([]);
    else if (REDIRECTION.test(token)) redirected = true;
    else if (redirected) redirected = false;
    else if (!isAssignment(token, commands.at(-1)!)) commands.at(-1)!.push(unquoted(token));
  }
  return commands.filter((words) => words.length > 0);
}

const isAssignment = (token: string, before: string[]): boolean => before.length === 0 && /^[A-Za-z_]\w*=/.test(token);

const unquoted = (token: string): string =>
  token.replaceAll(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g, (_all, double, single, escaped) =>
    String(double ?? single ?? escaped),
  );
