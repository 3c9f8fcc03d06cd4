import { expect, test } from "vitest";
import { afterRefusal } from "../../../domain/why/refusals.ts";

test.each([
  ["ManagedByOther", "sluice app sync web --sync-option Adopt=true"],
  ["NotAdopted", "sluice app sync web --sync-option Adopt=true"],
  ["PruneDisabled", "sluice app sync web --prune"],
  ["OwnedByOther", "sluice app diff web"],
  ["Protected", "sluice app diff web"],
  ["anything else", "sluice app diff web"],
])("after %s the next command is %s", (reason, next) => {
  expect(afterRefusal(reason, "web").next).toBe(next);
});

test("who can do it is whoever holds the object, not only who may sync", () => {
  expect(afterRefusal("ManagedByOther", "web").who).toContain("the other tool");
  expect(afterRefusal("OwnedByOther", "web").who).toContain("one of the two applications");
  expect(afterRefusal("RenderNotProven", "web").who).toBe("whoever may sync the application");
});
