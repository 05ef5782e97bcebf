// Package importer writes roles that exist as a configuration: it recognizes
// SageMaker Role Manager's activities in their policies, solves for their
// parameters, and proves that what it writes compiles to the same access before
// anybody sees it.
//
// Policies are cut into atoms, one action on one resource under one set of
// conditions, so that it does not matter how statements were merged, split or
// spread over policies. An activity is recognized when every atom that it would
// make is there; what no activity makes becomes statements. Whether that was
// right is not left to the search: the result is compiled and compared.
//
// The Go API is not yet stable.
package importer
