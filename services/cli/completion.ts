import type { SluiceCommand } from "./command.ts";
import { usage } from "./context.ts";
import { CLI_KINDS } from "./kinds.ts";

/** One place of the command line: the words that may come next. */
interface Place {
  /** Commands up to here, as in `app sync`; "" at the beginning. */
  path: string;
  words: { word: string; about: string }[];
  flags: { flag: string; short?: string; about: string; choices: readonly string[] }[];
  /** Names that the server knows may come next too. */
  names?: Names;
}

/** Words after `sluice completion` that print names, one in a line: of applications, of pipelines, of these and their stages, of promotions. */
export const NAMES = ["names", "pipelines", "stages", "promotions"] as const;
export type Names = (typeof NAMES)[number];

/** Asks the server, briefly; says nothing when none answers. */
const asking = (names: string): string => `completion ${names} 2>/dev/null`;

/** What the first argument of a command names; only the commands under `app` take applications. */
function namesOf(command: SluiceCommand, path: readonly string[]): Names | undefined {
  const [first, second] = command.registeredArguments.map((argument) => argument.name());
  if (path[0] === "app" && /^(?:names?|application)$/.test(first ?? "")) return "names";
  if (first === "promotion") return "promotions";
  if (first !== "pipeline") return undefined;
  return second === "stage" ? "stages" : "pipelines";
}

/** A script that completes commands, flags and kinds in one shell. Throws Usage for a shell it does not know. */
export function completionScript(program: SluiceCommand, shell: string): string {
  const places = placesOf(program, program, []);
  if (shell === "bash") return bashScript(places);
  if (shell === "zsh") return zshScript(places);
  if (shell === "fish") return fishScript(places);
  throw usage(`There is no completion for ${shell}`, "Shells are bash, zsh and fish.");
}

function placesOf(command: SluiceCommand, program: SluiceCommand, path: string[]): Place[] {
  const subcommands = command.commands as SluiceCommand[];
  const takesKind = command.registeredArguments[0]?.name() === "kind";
  const shells = command.registeredArguments[0]?.name() === "shell" ? ["bash", "zsh", "fish"] : [];
  const words = [
    ...subcommands.map((sub) => ({ word: sub.name(), about: sub.description() })),
    ...(takesKind ? CLI_KINDS.map(({ words: [word], kind }) => ({ word: word!, about: kind })) : []),
    ...(takesKind && command.name() === "get"
      ? [{ word: "deliveries", about: "what webhooks and polls brought" }]
      : []),
    ...shells.map((word) => ({ word, about: "" })),
  ];
  const options = command === program ? program.options : [...command.options, ...program.options];
  const flags = options.flatMap((option) => {
    const { long, short, description: about, argChoices: choices = [] } = option;
    return long ? [{ flag: long, ...(short && { short }), about, choices }] : [];
  });
  const names = namesOf(command, path);
  const here: Place = { path: path.join(" "), words, flags, ...(names && { names }) };
  return [here, ...subcommands.flatMap((sub) => placesOf(sub, program, [...path, sub.name()]))];
}

const wordsOf = ({ words, flags }: Place): string =>
  [...words.map(({ word }) => word), ...flags.map(({ flag }) => flag)].join(" ");

/** What comes after a flag that takes one of some words. */
const choiceCases = (places: Place[]): string => {
  const flags = places.flatMap((place) => place.flags).filter(({ choices }) => choices.length > 0);
  const byFlags = new Map(flags.map(({ flag, short, choices }) => [short ? `${short}|${flag}` : flag, choices]));
  return [...byFlags]
    .map(
      ([names, choices]) => `    ${names}) COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$current")); return 0 ;;`,
    )
    .join("\n");
};

function bashScript(places: Place[]): string {
  const choices = choiceCases(places);
  const cases = places
    .map((place) => `    "${place.path}") words="${wordsOf(place)}"${place.names ? ` names=${place.names}` : ""} ;;`)
    .join("\n");
  return `# bash completion of sluice: source <(sluice completion bash)
_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" words="" names="" word index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$word" in
      -*) ;;
      *) case " ${knownPaths(places)} " in
           *" \${path:+$path/}$word "*) path="\${path:+$path/}$word" ;;
         esac ;;
    esac
  done
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${choices}
  esac
  case "\${path//\\// }" in
${cases}
  esac
  case "\${path//\\// } \${COMP_WORDS[2]}" in "get app"*|"delete app"*) ((COMP_CWORD > 2)) && words="" names=names ;; "get pipeline"*|"delete pipeline"*) ((COMP_CWORD > 2)) && words="" names=pipelines ;; esac
  [[ -n $names && $current != -* ]] && words="$words $("\${COMP_WORDS[0]}" ${asking("$names")})"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ \${#COMPREPLY[@]} -eq 0 ]] && compopt -o default 2>/dev/null
  return 0
}
complete -F _sluice sluice
`;
}

const knownPaths = (places: Place[]): string =>
  places
    .filter(({ path }) => path !== "")
    .map(({ path }) => path.replaceAll(" ", "/"))
    .join(" ");

function zshScript(places: Place[]): string {
  return `#compdef sluice
# zsh completion of sluice: source <(sluice completion zsh)
autoload -U +X bashcompinit && bashcompinit
${bashScript(places)}`;
}

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

function fishScript(places: Place[]): string {
  const lines = places.flatMap((place) => {
    const condition = `-n ${quoted(`__sluice_at "${place.path}"`)}`;
    const words = place.words.map(
      ({ word, about }) => `complete -c sluice -f ${condition} -a ${word} -d ${quoted(about)}`,
    );
    const flags = place.flags.map(
      ({ flag, about }) => `complete -c sluice ${condition} -l ${flag.slice(2)} -d ${quoted(about)}`,
    );
    const names = place.names ? [`complete -c sluice -f ${condition} -a '(sluice ${asking(place.names)})'`] : [];
    return [...words, ...flags, ...names];
  });
  return `# fish completion of sluice: sluice completion fish | source
function __sluice_at
    set -l path
    for word in (commandline -opc)[2..-1]
        if string match -q -- '-*' $word
            continue
        end
        set -l next (string join ' ' -- $path $word)
        if contains -- $next ${places
          .filter(({ path }) => path !== "")
          .map(({ path }) => quoted(path))
          .join(" ")}
            set path $path $word
        end
    end
    test (string join ' ' -- $path) = "$argv[1]"
end
${lines.join("\n")}
`;
}
