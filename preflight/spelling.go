package preflight

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// spelled refuses a request of which nothing is a member of the API: it says
// nothing, so that every answer to it would be hollow. A member that is spelled
// in other case is one that the AWS CLI does not know.
func (r *requestReader) spelled() error {
	known := map[string]string{}
	for _, field := range r.api.Request {
		name, _, _ := strings.Cut(field.Path, ".")
		name = strings.TrimSuffix(name, "[]")
		known[strings.ToLower(name)] = name
	}
	for _, name := range slices.Sorted(maps.Keys(r.top)) {
		if member, ok := known[strings.ToLower(name)]; ok && member != name {
			return &ArgumentError{"invalid-json", fmt.Sprintf("the request has %q, and the member of %s is %q", name, r.api.Name, member)}
		}
	}
	if len(r.top) == 0 {
		return &ArgumentError{"invalid-json", "the request is empty, and says nothing of the call"}
	}
	return nil
}

// lists notes what the request leads to without naming it: the objects of a
// manifest, what stands behind a name, queries, and the place of the output
// that every request has to name.
func (r *requestReader) lists() {
	if path := map[string]string{
		"CreateTrainingJob": "OutputDataConfig.S3OutputPath", "CreateTransformJob": "TransformOutput.S3OutputPath",
		"CreateCompilationJob": "OutputConfig.S3OutputLocation", "CreateLabelingJob": "OutputConfig.S3OutputPath",
		"CreateAutoMLJob": "OutputDataConfig.S3OutputPath", "CreateAutoMLJobV2": "OutputDataConfig.S3OutputPath",
	}[r.api.Name]; path != "" && !r.has(path) && len(r.f.locations["output"]) == 0 {
		r.f.beyond = append(r.f.beyond, "The request has no "+path+", which "+r.api.Name+" requires.")
	}
	for _, path := range []string{
		"AlgorithmSpecification.AlgorithmName", "TrainingJobDefinition.AlgorithmSpecification.AlgorithmName", "TrainingJobDefinitions[].AlgorithmSpecification.AlgorithmName",
		"PrimaryContainer.ModelPackageName", "Containers[].ModelPackageName",
	} {
		if !r.pictured && r.has(path) {
			r.f.beyond = append(r.f.beyond, "The request's "+strings.ReplaceAll(path, "[]", "")+" stands for images and data that it does not name: say them as images and model_bucket.")
		}
	}
	for path, what := range map[string]string{
		"ProcessingInputs[].DatasetDefinition": "a query of Amazon Athena or Redshift", "ProcessingOutputConfig.Outputs[].FeatureStoreOutput": "records of a feature group",
		"PipelineDefinitionS3Location": "a definition in Amazon S3",
	} {
		if r.has(path) {
			r.f.beyond = append(r.f.beyond, "The request's "+strings.ReplaceAll(path, "[]", "")+" is "+what+", and what that asks of the role is not judged.")
		}
	}
	if r.placed {
		return
	}
	for _, field := range r.api.Request {
		path, ok := strings.CutSuffix(field.Path, ".S3Uri")
		if !ok || field.Kind != "s3" {
			continue
		}
		if r.is(path+".S3DataType", "ManifestFile") || r.is(path+".S3DataType", "AugmentedManifestFile") {
			r.f.beyond = append(r.f.beyond, "The request's "+strings.ReplaceAll(path, "[]", "")+" is a manifest, and nobody told which objects it lists: say their places as input_buckets.")
		}
	}
}

// parseURL reads a place in Amazon S3 as requests name it: s3://BUCKET/PREFIX,
// or the address of an object, with the bucket in its host or in its path
// (Amazon S3 User Guide, "Virtual hosting of general purpose buckets").
func parseURL(text string) (location, bool) {
	if strings.HasPrefix(text, "s3://") {
		return parseLocation(text)
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" {
		return location{}, false
	}
	host := strings.TrimSuffix(strings.TrimSuffix(u.Hostname(), ".cn"), ".amazonaws.com")
	if host == u.Hostname() {
		return location{}, false
	}
	labels := strings.Split(host, ".")
	for i := len(labels) - 1; i >= max(0, len(labels)-3); i-- {
		if labels[i] != "s3" && !strings.HasPrefix(labels[i], "s3-") {
			continue
		}
		path := strings.TrimPrefix(u.Path, "/")
		if i > 0 {
			path = strings.Join(labels[:i], ".") + "/" + path
		}
		return parseLocation("s3://" + path)
	}
	return location{}, false
}
