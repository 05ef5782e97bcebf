package facts

import (
	"slices"
	"strings"
	"sync"
)

// Where the partitions are from: the endpoint data of the AWS SDKs.
const (
	PartitionsSource = "botocore 1.43.11, partitions.json"
	PartitionsDate   = "2026-05"
)

// A Partition is a group of Regions with ARNs of their own.
type Partition struct {
	Name         string   // as in ARNs: "aws", "aws-cn"
	DNSSuffix    string   // "amazonaws.com"
	GlobalRegion string   // the Region that signs requests to IAM
	Regions      []string // the Regions of PartitionsDate, sorted

	prefixes []string // Regions of the partition are prefix, word, "-", number
}

// Partitions returns all partitions by name.
func Partitions() []Partition { return slices.Clone(partitions()) }

var partitions = sync.OnceValue(func() []Partition {
	return []Partition{
		{
			"aws", "amazonaws.com", "us-east-1",
			strings.Fields(`af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1
				ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6
				ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2
				eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1
				us-east-2 us-west-1 us-west-2`),
			[]string{"us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"},
		},
		{"aws-cn", "amazonaws.com.cn", "cn-northwest-1", []string{"cn-north-1", "cn-northwest-1"}, []string{"cn-"}},
		{"aws-eusc", "amazonaws.eu", "eusc-de-east-1", []string{"eusc-de-east-1"}, []string{"eusc-de-"}},
		{"aws-iso", "c2s.ic.gov", "us-iso-east-1", []string{"us-iso-east-1", "us-iso-west-1"}, []string{"us-iso-"}},
		{"aws-iso-b", "sc2s.sgov.gov", "us-isob-east-1", []string{"us-isob-east-1", "us-isob-west-1"}, []string{"us-isob-"}},
		{"aws-iso-e", "cloud.adc-e.uk", "eu-isoe-west-1", []string{"eu-isoe-west-1"}, []string{"eu-isoe-"}},
		{"aws-iso-f", "csp.hci.ic.gov", "us-isof-south-1", []string{"us-isof-east-1", "us-isof-south-1"}, []string{"us-isof-"}},
		{"aws-us-gov", "amazonaws.com", "us-gov-west-1", []string{"us-gov-east-1", "us-gov-west-1"}, []string{"us-gov-"}},
	}
})

// FindPartition returns the partition of that name.
func FindPartition(name string) (p Partition, ok bool) {
	list := partitions()
	i := slices.IndexFunc(list, func(p Partition) bool { return p.Name == name })
	if i < 0 {
		return Partition{}, false
	}
	return list[i], true
}

// PartitionOf returns the partition of a Region, such as "eu-west-1". A Region
// that is younger than the data is placed by its form, as the AWS SDKs do; ask
// Knows to tell it from a known one. ok is false for any other text.
func PartitionOf(region string) (p Partition, ok bool) {
	for _, p := range partitions() {
		if p.Knows(region) {
			return p, true
		}
		for _, prefix := range p.prefixes {
			if rest, found := strings.CutPrefix(region, prefix); found && wordAndNumber(rest) {
				return p, true
			}
		}
	}
	return Partition{}, false
}

// Knows says whether the Region is one of the partition's at PartitionsDate.
func (p Partition) Knows(region string) bool { return slices.Contains(p.Regions, region) }

// wordAndNumber says whether s is like "west-1".
func wordAndNumber(s string) bool {
	word, number, ok := strings.Cut(s, "-")
	if !ok || word == "" || number == "" {
		return false
	}
	return strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "" && strings.Trim(number, "0123456789") == ""
}
