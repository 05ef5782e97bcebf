package facts

import (
	"compress/flate"
	_ "embed" // for the two files below
	"fmt"
	"io"
	"iter"
	"sort"
	"strings"
	"sync"

	"github.com/sagemaker-roles/smr/iam/policy"
)

//go:embed data/managed/index.txt
var managedIndex string

//go:embed data/managed/documents.bin
var managedDocuments string

// A ManagedPolicy is an AWS managed policy in its version of
// ManagedPoliciesDate.
type ManagedPolicy struct {
	ARN     string // "arn:aws:iam::aws:policy/service-role/AWSLambdaRole"
	Name    string // "AWSLambdaRole"
	Version string // "v29"
	Date    string // day of the version, YYYY-MM-DD
	// Adapted is true outside the partition aws: AWS publishes no collection of
	// those documents, so the text is the one of partition aws with the
	// partition of its ARNs replaced. Version and Date are those of aws.
	Adapted bool

	entry *policyEntry
}

// FindManagedPolicy returns the AWS managed policy with the ARN
// arn:PARTITION:iam::aws:policy/PATH, where PARTITION may be the pseudo
// parameter; ok is false when the ARN has another form or AWS had no such
// policy at ManagedPoliciesDate.
func FindManagedPolicy(arn string) (p ManagedPolicy, ok bool) {
	rest, ok := strings.CutPrefix(arn, "arn:")
	if !ok {
		return ManagedPolicy{}, false
	}
	partition, path, ok := strings.Cut(rest, ":iam::aws:policy/")
	if !ok || !plainPartition(partition) {
		return ManagedPolicy{}, false
	}
	list := managed()
	i, ok := sort.Find(len(list), func(i int) int { return strings.Compare(path, list[i].path) })
	if !ok {
		return ManagedPolicy{}, false
	}
	return list[i].policy(partition), true
}

// ManagedPolicies yields all AWS managed policies by path, as ARNs of the
// partition aws.
func ManagedPolicies() iter.Seq[ManagedPolicy] {
	return func(yield func(ManagedPolicy) bool) {
		list := managed()
		for i := range list {
			if !yield(list[i].policy("aws")) {
				return
			}
		}
	}
}

// Document returns the policy document as minified JSON, with statements and
// members in AWS's order. The caller owns the bytes.
func (p ManagedPolicy) Document() []byte {
	if p.entry == nil {
		return nil
	}
	e := p.entry
	text := e.block.read()[e.start : e.start+e.length]
	if p.Adapted {
		partition, _, _ := strings.Cut(strings.TrimPrefix(p.ARN, "arn:"), ":")
		text = strings.ReplaceAll(text, `"arn:aws:`, `"arn:`+partition+`:`)
	}
	return []byte(text)
}

// plainPartition says whether a string can be a partition's name.
func plainPartition(s string) bool {
	if s == policy.PseudoPartition {
		return true
	}
	for i := range len(s) {
		if !place.admits(s[i]) {
			return false
		}
	}
	return s != ""
}

// A policyEntry is one line of data/managed/index.txt.
type policyEntry struct {
	path, version, date string
	block               *policyBlock
	start, length       int // of the document, in the block
}

func (e *policyEntry) policy(partition string) ManagedPolicy {
	return ManagedPolicy{
		ARN:     "arn:" + partition + ":iam::aws:policy/" + e.path,
		Name:    e.path[strings.LastIndexByte(e.path, '/')+1:],
		Version: e.version,
		Date:    e.date,
		Adapted: partition != "aws",
		entry:   e,
	}
}

// A policyBlock is a run of documents that are compressed together.
type policyBlock struct {
	start, length, size int // of the compressed bytes in the file; of the documents
	once                sync.Once
	text                string
}

// read returns the documents of the block, one after another.
func (b *policyBlock) read() string {
	b.once.Do(func() {
		var text strings.Builder
		text.Grow(b.size)
		packed := strings.NewReader(managedDocuments[b.start : b.start+b.length])
		if _, err := io.Copy(&text, flate.NewReader(packed)); err != nil {
			panic(fmt.Sprintf("iam/facts: embedded data is damaged: %v", err))
		}
		b.text = text.String()
	})
	return b.text
}

// managed is the index, read once, in the order of the paths. Its lines:
//
//	b  first byte, length and uncompressed length of a block of documents.bin
//	p  path, version, date, number of the block, first byte and length in it
var managed = sync.OnceValue(readIndex)

func readIndex() []policyEntry {
	var blocks []*policyBlock
	list := make([]policyEntry, 0, policyCount)
	for line := range strings.SplitSeq(managedIndex, "\n") {
		if len(line) < 2 || line[1] != '\t' {
			continue
		}
		f := fields{line[2:]}
		switch line[0] {
		case 'b':
			blocks = append(blocks, &policyBlock{start: f.number(), length: f.number(), size: f.number()})
		case 'p':
			list = append(list, policyEntry{
				path: f.next(), version: f.next(), date: f.next(), block: blocks[f.number()], start: f.number(), length: f.number(),
			})
		}
	}
	return list
}
