// Package organization releases roles by CloudFormation: by change sets of one
// stack for one account, and by service-managed stack sets for the accounts of
// an organization. AWS's engine carries the changes out; this package says in
// which steps, shows what they do, and reports what became of them in each
// account.
//
// # Steps
//
// Inside one update CloudFormation decides the order of calls, so that for a
// while any mixture of old and new documents, attachments, boundaries and trust
// policies may hold. Where some mixture could grant what neither the old
// template nor the new one grants, a release has two steps: a narrowed template,
// which grants what both grant and denies what either denies, and then the new
// one. Where the permissions boundary is another as well, it is swapped in a step
// between them. Each step is proved: no mixture of what a step starts from and
// what it leads to grants more than the old template, or than the new one.
//
// The Go API is not yet stable.
package organization
