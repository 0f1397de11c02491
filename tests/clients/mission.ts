import type { MissionQuery, MissionQueryVariables } from "./generated/operations.js";
import type { Proposal, Scalars } from "./generated/schema.js";

type Asked = NonNullable<MissionQuery["proposal"]>;
type Line = NonNullable<Asked["budgetLines"]>["edges"][number];

export const variables: MissionQueryVariables = { file: "usulan-alas.csv", number: "1" };

/** The ceilings of a proposal's budget lines; undefined if the hub could not say, which is not the same as none. */
export function ceilings(asked: Asked): (string | null)[] | undefined {
  return asked.budgetLines?.edges.map((edge: Line) => edge.node.ceiling);
}

export const cost = (asked: Asked): string | null => asked.estimatedCost;
export const fetchedAt = (asked: Asked): string => asked.provenance.fetchedAt;
export const whole = (proposal: Proposal): string | null | undefined => proposal.estimatedCost;
export const scalars: [Scalars["Date"]["output"], Scalars["DateTime"]["output"]] = ["2026-11-24", "2026-11-24T08:00:00+08:00"];

// @ts-expect-error money is text and never a number, which could not hold it
export const wrong = (asked: Asked): number => asked.estimatedCost ?? 0;
