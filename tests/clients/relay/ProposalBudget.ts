import { graphql } from "relay-runtime";

export const query = graphql`
  query ProposalBudgetQuery($id: ID!) {
    node(id: $id) {
      ... on Record { provenance { source locator fetchedAt } }
      ...ProposalBudget_proposal @alias
    }
  }
`;

export const fragment = graphql`
  fragment ProposalBudget_proposal on Proposal
  @refetchable(queryName: "ProposalBudgetPageQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) {
    budgetLines(first: $count, after: $cursor) @connection(key: "ProposalBudget_budgetLines") {
      edges { match { method } node { id accountCode ceiling } }
    }
  }
`;
