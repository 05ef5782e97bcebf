package facts

import "testing"

func BenchmarkDecode(b *testing.B) {
	for _, prefix := range []string{"s3", "sagemaker", "ec2", "sts"} {
		text, err := services.ReadFile("data/services/" + prefix + ".txt")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(prefix, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				decode(string(text))
			}
		})
	}
}

func BenchmarkFindAction(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := FindAction("sagemaker:CreateTrainingJob"); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkSupportsKey(b *testing.B) {
	a, _ := FindAction("sagemaker:AddTags")
	b.ReportAllocs()
	for b.Loop() {
		a.SupportsKey("sagemaker:VpcSubnets")
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, c := range []struct{ name, action, resource string }{
		{"star", "s3:GetObject", "*"},
		{"literal", "s3:GetBucketAcl", "arn:aws:s3:::bucket"},
		{"never", "s3:GetBucketAcl", "arn:aws:s3:::bucket/*"},
		{"wild", "sagemaker:CreateTrainingJob", "arn:aws:sagemaker:*:*:*/*"},
		{"many types", "sagemaker:AddTags", "arn:aws:sagemaker:us-east-1:123456789012:training-job/x-*"},
	} {
		b.Run(c.name, func(b *testing.B) {
			a, _ := FindAction(c.action)
			r := ParseResource(c.resource)
			b.ReportAllocs()
			for b.Loop() {
				a.Match(r)
			}
		})
	}
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ParseResource("arn:aws:sagemaker:us-east-1:123456789012:training-job/x-*")
		}
	})
}

func BenchmarkManagedPolicy(b *testing.B) {
	b.Run("cold", func(b *testing.B) {
		p, _ := FindManagedPolicy("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
		for b.Loop() {
			fresh := &policyBlock{start: p.entry.block.start, length: p.entry.block.length, size: p.entry.block.size}
			fresh.read()
		}
	})
	b.Run("index", func(b *testing.B) {
		for b.Loop() {
			readIndex()
		}
	})
	b.Run("warm", func(b *testing.B) {
		for b.Loop() {
			p, _ := FindManagedPolicy("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
			p.Document()
		}
	})
}
