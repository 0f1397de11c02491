import { graphql } from "relay-runtime";

export const query = graphql`
  query ProposalListQuery($count: Int!, $where: ProposalWhere) {
    ...ProposalList_query @arguments(count: $count, where: $where)
  }
`;

export const fragment = graphql`
  fragment ProposalList_query on Query
  @refetchable(queryName: "ProposalListPageQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }, where: { type: "ProposalWhere" }) {
    proposals(first: $count, after: $cursor, where: $where) @connection(key: "ProposalList_proposals") {
      edges { node { id title estimatedCost ...ProposalBudget_proposal } }
    }
  }
`;
