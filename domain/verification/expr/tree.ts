/** An expression as a tree. */
export type Node =
  | { type: "literal"; value: number | string | boolean | null }
  | { type: "name"; name: string }
  /** The element that a predicate is asked of: `#`. */
  | { type: "element" }
  | { type: "unary"; operator: string; of: Node }
  | { type: "binary"; operator: string; left: Node; right: Node }
  | { type: "choice"; test: Node; yes: Node; no: Node }
  | { type: "member"; of: Node; name: string; optional: boolean }
  | { type: "index"; of: Node; at: Node }
  | { type: "slice"; of: Node; from: Node | undefined; to: Node | undefined }
  | { type: "array"; items: Node[] }
  | { type: "map"; entries: { key: string; value: Node }[] }
  /** `each`: the predicate of functions such as `all`. */
  | { type: "call"; name: string; args: Node[]; each?: Node };
