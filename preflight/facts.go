package preflight

import (
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// Facts is what a call is asked with: what its request names, and what was
// said about the conditions of requirements. The zero value says nothing; make
// one with [Arguments] or [Request].
type Facts struct {
	// Locations are the places in Amazon S3 by use: input, output, model,
	// lifecycle, artifact and property_file.
	locations map[string][]location
	told      map[string]bool // uses and placeholders of which something was said, if only that there is none
	images    []image
	keys      map[string][]keyRef // by use: volume, output, domain, …
	values    map[string][]string // of placeholders
	symbols   map[string]bool
	network   *ir.Network
	vpc       bool

	instanceTypes []string
	serverless    bool
	tags          map[string]string // of the call
	objectTags    map[string]string // of the objects that it reads
	request       bool              // from a request: what it lacks is absent
	keysSent      map[string]string // condition keys of the call that follow from the request, by name
	keyLists      map[string][]string
	executionRole []string // ARNs that the request names
	clusterRole   string
	beyond        []string // what the request leads to and does not name
}

// A location is a bucket and what keys in it begin with.
type location struct{ bucket, prefix string }

// An image is a container image in Amazon ECR.
type image struct{ account, region, repository string }

// A keyRef is a KMS key that a call uses.
type keyRef struct {
	arn        string // "" where it is not known
	account    string // that the key belongs to; "" is that of the ARN, or the role's
	awsManaged bool
}

// newFacts returns facts that say nothing.
func newFacts() *Facts {
	return &Facts{
		locations: map[string][]location{}, told: map[string]bool{}, keys: map[string][]keyRef{}, values: map[string][]string{},
		symbols: map[string]bool{}, tags: map[string]string{}, objectTags: map[string]string{}, keysSent: map[string]string{}, keyLists: map[string][]string{},
	}
}

// uses are the uses of buckets, as placeholders of resources begin.
var uses = []string{"artifact", "input", "lifecycle", "model", "output", "property_file"}

// addLocation notes a place once.
func (f *Facts) addLocation(use string, l location) {
	f.told[use+"_bucket"] = true
	if !slices.Contains(f.locations[use], l) {
		f.locations[use] = append(f.locations[use], l)
	}
}

func (f *Facts) addKey(use string, k keyRef) {
	f.told[use+"_kms_key_arn"] = true
	if !slices.Contains(f.keys[use], k) {
		f.keys[use] = append(f.keys[use], k)
	}
}

func (f *Facts) addImage(i image) {
	f.told["images"] = true
	if !slices.Contains(f.images, i) {
		f.images = append(f.images, i)
	}
}

// parseLocation reads a bucket's name, bucket/prefix, s3://bucket/prefix or the
// ARN of either.
func parseLocation(text string) (location, bool) {
	if rest, ok := strings.CutPrefix(text, "s3://"); ok {
		text = rest
	} else if strings.HasPrefix(text, "arn:") {
		_, rest, ok := strings.Cut(text, ":s3:::")
		if !ok {
			return location{}, false
		}
		text = strings.TrimSuffix(rest, "*")
	}
	bucket, prefix, _ := strings.Cut(text, "/")
	return location{bucket, prefix}, bucket != "" && !strings.ContainsAny(bucket, " *?${}") && !strings.ContainsAny(prefix, "*?")
}

// parseImage reads ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY, with a tag
// or digest; ok is false for images of other registries.
func parseImage(uri string) (image, bool) {
	host, name, ok := strings.Cut(uri, "/")
	parts := strings.Split(host, ".")
	if !ok || len(parts) < 6 || parts[1] != "dkr" || parts[2] != "ecr" || name == "" {
		return image{}, false
	}
	name, _, _ = strings.Cut(name, "@")
	if i := strings.LastIndexByte(name, ':'); i > 0 {
		name = name[:i]
	}
	return image{parts[0], parts[3], name}, true
}

// A binding gives the placeholders of one entry their values, with what is
// known of the thing that they name.
type binding struct {
	values  map[string]string
	bucket  *ir.Bucket     // that the resource is of
	place   location       // likewise
	key     *keyRef        // that the resource is
	image   *image         // likewise
	repo    *ir.Repository // of the image, nil where nothing is stated
	untold  string         // the argument that would name the resource
	express bool           // the bucket is a directory bucket
}

// bindings are the ways to fill an entry's placeholders: one for each bucket,
// key or image that it stands for; none where the call has no such thing.
func (j *judge) bindings(p *requirements.Permission) []binding {
	names := requirements.Placeholders(p.Resource)
	list := []binding{{values: map[string]string{}}}
	for _, use := range uses {
		if slices.Contains(names, use+"_bucket") {
			list = j.bindLocations(use)
		}
	}
	if slices.Contains(names, "image_repository") {
		list = j.bindImages()
	}
	for _, name := range names {
		if use, ok := strings.CutSuffix(name, "_kms_key_arn"); ok {
			list = j.bindKeys(use, name)
		}
	}
	for i := range list {
		for _, name := range names {
			if _, done := list[i].values[name]; !done && len(j.facts.values[name]) <= 1 {
				list[i].values[name] = j.value(name, &list[i])
			}
		}
	}
	return j.multiply(list, names)
}

// multiply makes a binding for each value of a placeholder that has several.
func (j *judge) multiply(list []binding, names []string) []binding {
	for _, name := range names {
		values := j.facts.values[name]
		if len(values) < 2 {
			continue
		}
		var out []binding
		for _, b := range list {
			for _, v := range values {
				c := b
				c.values = maps.Clone(b.values)
				c.values[name] = v
				out = append(out, c)
			}
		}
		list = out
	}
	return list
}

// value is what a placeholder of a name or ARN stands for: what was told, what
// follows from the role, or anything.
func (j *judge) value(name string, b *binding) string {
	t := j.role.role.Target
	if told := j.facts.values[name]; len(told) == 1 {
		return told[0]
	}
	switch name {
	case "partition":
		return t.Partition
	case "region":
		return j.region
	case "account", "registry_account":
		return t.AccountID
	case "execution_role_arn", "step_role_arns", "job_role_arn":
		return j.role.role.ARN()
	}
	if b.untold == "" {
		b.untold = name
	}
	return "*"
}

func (j *judge) bindLocations(use string) []binding {
	places := j.facts.locations[use]
	if len(places) == 0 {
		if j.facts.told[use+"_bucket"] || j.facts.request {
			return nil
		}
		argument := use + "_bucket"
		if use == "input" {
			argument = "input_buckets"
		}
		return []binding{{values: map[string]string{use + "_bucket": "*", use + "_prefix": "", "model_key": "*", "bucket_account": j.role.role.Target.AccountID}, untold: argument}}
	}
	var out []binding
	for _, l := range places {
		bucket := j.bucket(l.bucket)
		b := binding{place: l, bucket: bucket, express: strings.HasSuffix(l.bucket, "--x-s3"), values: map[string]string{
			use + "_bucket": l.bucket, use + "_prefix": l.prefix, "bucket_account": j.owner(bucket), "model_key": l.prefix + "*",
		}}
		if use == "model" && l.prefix != "" && !strings.HasSuffix(l.prefix, "/") {
			b.values["model_key"] = l.prefix
		}
		out = append(out, b)
	}
	return out
}

func (j *judge) bindImages() []binding {
	var out []binding
	for _, i := range j.facts.images {
		out = append(out, binding{image: &i, repo: j.repository(i), values: map[string]string{
			"image_account": i.account, "image_region": i.region, "image_repository": i.repository,
		}})
	}
	if len(out) == 0 && !j.facts.told["images"] && !j.facts.request {
		out = append(out, binding{untold: "images", values: map[string]string{
			"image_account": j.role.role.Target.AccountID, "image_region": j.region, "image_repository": "*",
		}})
	}
	return out
}

func (j *judge) bindKeys(use, name string) []binding {
	var out []binding
	for _, k := range j.keysOf(use) {
		b := binding{key: &k, values: map[string]string{name: k.arn}}
		switch {
		case k.awsManaged && k.arn == "":
			b.values[name] = j.anyKey(k.account)
		case k.arn == "":
			b.untold, b.values[name] = use+"_key", j.anyKey("")
		}
		out = append(out, b)
	}
	if len(out) == 0 && !j.facts.request {
		out = append(out, binding{untold: use + "_key", values: map[string]string{name: j.anyKey("")}})
	}
	return out
}

// anyKey stands for a key of an account that nobody named; "" is the role's.
func (j *judge) anyKey(account string) string {
	t := j.role.role.Target
	if account == "" {
		account = t.AccountID
	}
	return "arn:" + t.Partition + ":kms:" + j.region + ":" + account + ":key/*"
}

// keysOf are the keys of a use: those that the call names, and those with which
// its buckets encrypt by default.
func (j *judge) keysOf(use string) []keyRef {
	out := slices.Clone(j.facts.keys[use])
	places := use
	switch use {
	case "capture", "offline":
		places = "output"
	case "ecr":
		for _, i := range j.facts.images {
			if repo := j.repository(i); repo != nil && repo.KeyARN != "" {
				out = append(out, keyRef{arn: repo.KeyARN})
			}
		}
		return out
	case "input", "output", "model", "lifecycle":
	default:
		return out
	}
	if use != "input" && len(out) > 0 {
		return out // a key of the request takes the place of the bucket's
	}
	for _, l := range j.facts.locations[places] {
		e := j.bucket(l.bucket).Encryption
		if !e.KMS() {
			continue
		}
		ref := keyRef{arn: e.KeyARN, awsManaged: j.awsManaged(e)}
		if ref.awsManaged {
			ref.account = j.owner(j.bucket(l.bucket))
		}
		if !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	}
	return out
}

// awsManaged reports whether a bucket encrypts with aws/s3: it says so itself, or
// the block of its key does.
func (j *judge) awsManaged(e ir.Encryption) bool {
	if k := j.key(e.KeyARN); k != nil && k.AWSManaged {
		return true
	}
	return e.AWSManaged
}

// bucket finds what is stated of a bucket; of one that is not stated, that it
// is as AWS makes buckets, in the role's own account.
func (j *judge) bucket(name string) *ir.Bucket {
	for _, b := range j.env.Buckets {
		if b.Name == name {
			return b
		}
	}
	j.assume("The bucket " + name + " belongs to account " + spelled(j.role.role.Target.AccountID) + ", has no bucket policy and encrypts with SSE-S3. State otherwise: bucket \"NAME\" { name = \"" + name + "\" … }.")
	return &ir.Bucket{Name: name}
}

// owner is the account that a bucket belongs to.
func (j *judge) owner(b *ir.Bucket) string {
	if b == nil || b.Account == "" {
		return j.role.role.Target.AccountID
	}
	return b.Account
}

// repository finds what is stated of an image's repository; nil where nothing is.
func (j *judge) repository(i image) *ir.Repository {
	for _, r := range j.env.Repositories {
		have := j.imageOf(r)
		if have.account == i.account && have.repository == i.repository {
			return r
		}
	}
	return nil
}

// imageOf is the image of a repository as it is stated.
func (j *judge) imageOf(r *ir.Repository) image {
	i := image{r.Account, r.Region, r.Name}
	if parsed, ok := parseImage(r.URI); ok {
		i = parsed
	}
	if i.account == "" {
		i.account = j.role.role.Target.AccountID
	}
	if i.region == "" {
		i.region = j.region
	}
	return i
}

// key finds what is stated of a key; nil where nothing is.
func (j *judge) key(arn string) *ir.Key {
	for _, k := range j.env.Keys {
		if k.ARN == arn {
			return k
		}
	}
	return nil
}

// ClusterRole is the ARN of the cluster role that a request names, "" where it
// names none.
func (f *Facts) ClusterRole() string { return f.clusterRole }
