package facts

import (
	"slices"
	"testing"
)

func TestPartitionOf(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1": "aws", "ap-northeast-1": "aws", "mx-central-1": "aws",
		"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "eusc-de-east-1": "aws-eusc",
		"us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b", "eu-isoe-west-1": "aws-iso-e", "us-isof-south-1": "aws-iso-f",
		"eu-west-9": "aws", "us-gov-south-1": "aws-us-gov", // younger than the data
		"": "", "us": "", "us-east": "", "us-east-": "", "us-east-x": "", "us-east-1 ": "", "US-EAST-1": "", "xx-east-1": "",
		"us-east-1a": "", "us-gov-west": "", "aws-global": "",
	} {
		p, ok := PartitionOf(region)
		if p.Name != want || ok != (want != "") {
			t.Errorf("PartitionOf(%q) = %q, %v; want %q", region, p.Name, ok, want)
		}
	}
	if p, _ := PartitionOf("eu-west-9"); p.Knows("eu-west-9") || !p.Knows("eu-west-3") {
		t.Error("Knows confuses Regions")
	}
}

func TestPartitions(t *testing.T) {
	for _, p := range Partitions() {
		if !slices.IsSorted(p.Regions) || !p.Knows(p.GlobalRegion) || p.DNSSuffix == "" {
			t.Errorf("%+v", p)
		}
		for _, region := range p.Regions {
			if got, _ := PartitionOf(region); got.Name != p.Name {
				t.Errorf("%s: %s, want %s", region, got.Name, p.Name)
			}
		}
		if found, ok := FindPartition(p.Name); !ok || found.DNSSuffix != p.DNSSuffix {
			t.Errorf("%s is not found by its name", p.Name)
		}
	}
	if _, ok := FindPartition("aws-x"); ok {
		t.Error("found a partition that is none")
	}
}
