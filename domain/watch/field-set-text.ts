/** A leaf that was narrowed to its existence when it was recorded (`strategy: {}` in Git). */
const NARROWED = /\{"\.":\{\}\}/g;

/**
 * Whether a live object's own field set is the recorded one, as canonical texts. The recorded one may be narrowed at leaves
 * that were applied empty, which a live object does not tell.
 */
export const sameFieldSet = (own: string, recorded: string): boolean =>
  own === recorded || own.replace(NARROWED, "{}") === recorded.replace(NARROWED, "{}");
