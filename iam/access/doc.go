// Package access compares sets of policies exactly: it decides for all
// requests whether one side allows what the other does not, and shows a request
// that does.
//
// A side is a list of layers (identity-based policies, permissions boundary,
// session policy, each level of SCPs); a layer allows a request if some Allow
// statement matches and no Deny statement of it does, a side if every layer
// does. A resource-based or trust policy is a side of its own; the principal is
// then part of the request.
//
// # The universe
//
// The answers hold for all requests of this kind:
//
//   - Actions are texts "service:name", not only the names of today. Without a
//     name of today in the difference [Result.FutureNamesOnly] is set.
//     sts:GetCallerIdentity is left out: AWS always allows it.
//   - Resources are texts of six segments, of which the last may hold colons,
//     and "*" itself, for actions that take none. Any action goes with any
//     resource. A * stays in its segment; [Result.IfStarCrossesColons] tells
//     where AWS's other reading changes the answer.
//   - A condition key is absent, or has values of the type that the facts, or
//     else the operators that look at it, give it. It is multivalued if the
//     facts say so, and may be for an unknown key that a set operator looks
//     at. Keys
//     are independent of each other, and of action and resource. Where a
//     difference needs a key to be absent that AWS documents as always sent,
//     [Result.OnlyIfAbsent] says so; it counts all the same.
//   - Policy variables have any value or none; pseudo parameters (a partition,
//     Region or account that is not known yet) have any value.
//
// What AWS decides without looking at policies (sts:GetCallerIdentity is always
// allowed, roles reserved for AWS are changed by nobody) is left out of account:
// policies are compared. A witness that needs this says so in [Witness.Assumes],
// and is given only if there is no other.
//
// # Method
//
// Action patterns cut the actions into classes of the same membership, by
// automata that are built as they are needed. For each set of statements that
// some class meets, the resource patterns of just these statements are cut
// likewise, and each condition key becomes finitely many classes of values. A
// search over these, with three-valued pruning and a memory of dead ends,
// finds a difference or proves that there is none. There is no solver.
//
// Work is bounded by counts ([Limits]), never by time. Past them, and where
// policy variables leave a candidate that no tried request confirms, the answer
// is [Unknown]. Each witness is decided again by authz, which shares no code
// with this package, before it is returned.
//
// The Go API is not yet stable.
package access
