/** First words of aliases. Adding one changes the aliases of releases to come only. */
const FIRST = [
  "able agile airy amber ample azure balmy bold bonny brave breezy bright brisk broad bubbly calm",
  "candid careful cheery civil clean clear clever cool coral cosy crisp curious dapper daring deft dewy",
  "eager early earnest easy elated even exact fair faithful famous fast festive fine firm fleet fluent",
  "fond frank free fresh friendly frosty gallant gentle genial giving glad gleaming golden good grand",
  "grassy green happy hardy hazel hearty helpful honest humble ideal ivory jaunty jolly jovial joyful",
  "keen kind lasting lively loyal lucid lucky lunar mellow merry mighty mild mindful misty modest neat",
  "nimble noble olive open",
].flatMap((line) => line.split(" "));

/** Second words. */
const SECOND = [
  "ant badger bat bear beaver bee bison boar bream bunting buzzard camel carp cat cod colt coot crab",
  "crane cricket crow cuckoo curlew deer dingo dolphin dormouse dove drake duck dunlin eagle egret",
  "eider elk ermine falcon fawn ferret finch firefly flounder fox frog gannet gazelle gecko gibbon goat",
  "godwit goose grebe grouse gull hake halibut hamster hare harrier hawk hedgehog heron herring hoopoe",
  "hornet horse ibex ibis impala jackal jackdaw jay kestrel kite kiwi koala lamb lark lemming lemur",
  "leopard linnet lion lizard llama lobster lynx magpie mallard marten martin merlin mole moose moth",
  "mouse newt nuthatch okapi oriole otter owl",
].flatMap((line) => line.split(" "));

/** Prime, and no divisor of the number of pairs: its multiples meet every pair once before one comes again. */
const STEP = 3_779;

/** Where in the pairs a source begins, so that the first releases of two sources are not called the same. */
export const aliasSeed = (firstRelease: string): number => Number.parseInt(firstRelease.slice(0, 8), 16);

/** Readable name of the release before which its source had made `count`: unique there without a look at the others. */
export function aliasOf(count: number, seed: number): string {
  const pairs = FIRST.length * SECOND.length;
  const at = (seed + count * STEP) % pairs;
  const name = `${FIRST[Math.floor(at / SECOND.length)]!}-${SECOND[at % SECOND.length]!}`;
  const round = Math.floor(count / pairs);
  return round === 0 ? name : `${name}-${round + 1}`;
}
