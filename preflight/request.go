package preflight

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// MaxRequestBytes is the largest request that is read. SageMaker's own are
// smaller: a pipeline's definition is 1 MiB at most (Amazon SageMaker API
// Reference, "CreatePipeline").
const MaxRequestBytes = 2 << 20

// maxValues is how many values one member of a request may have: more than any
// list of AWS's has that names a bucket, a key, a role or an image.
const maxValues = 200

// ReadRequest takes the facts from a request as the AWS CLI's --cli-input-json
// takes it: the JSON object of the API's members.
func (f *Facts) ReadRequest(api *requirements.API, text []byte) error {
	if len(text) > MaxRequestBytes {
		return &ArgumentError{"invalid-json", fmt.Sprintf("the request is larger than %d bytes", MaxRequestBytes)}
	}
	var request map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&request); err != nil {
		return &ArgumentError{"invalid-json", fmt.Sprintf("the request is no JSON object of the members of %s: %s", api.Name, err)}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return &ArgumentError{"invalid-json", "there is something behind the request's JSON object"}
	}
	if request == nil {
		return &ArgumentError{"invalid-json", fmt.Sprintf("the request is null, and not a JSON object of the members of %s", api.Name)}
	}
	f.request = true
	r := &requestReader{f: f, api: api, top: request, placed: len(f.locations["input"]) > 0, pictured: len(f.images) > 0}
	for _, field := range api.Request {
		if err := r.field(field); err != nil {
			return err
		}
	}
	if err := r.spelled(); err != nil {
		return err
	}
	r.names()
	r.symbols()
	r.lists()
	r.tags()
	r.instances()
	r.sent()
	return nil
}

// A requestReader derives facts from one request.
type requestReader struct {
	f   *Facts
	api *requirements.API
	top map[string]any

	placed   bool // places of input were told beside the request
	pictured bool // images were
}

// find returns the values at a path.
func (r *requestReader) find(path string) []any {
	list := []any{any(r.top)}
	for step := range strings.SplitSeq(path, ".") {
		name, many := strings.CutSuffix(step, "[]")
		var next []any
		for _, v := range list {
			object, ok := v.(map[string]any)
			if !ok {
				continue
			}
			inner, ok := object[name]
			if !ok || inner == nil {
				continue
			}
			if elements, ok := inner.([]any); many && ok {
				next = append(next, elements...)
			} else if !many {
				next = append(next, inner)
			}
		}
		list = next
	}
	return list
}

func (r *requestReader) has(path string) bool { return len(r.find(path)) > 0 }

// is reports whether a member is true, or the text.
func (r *requestReader) is(path string, want any) bool {
	return slices.ContainsFunc(r.find(path), func(v any) bool {
		switch v.(type) {
		case bool, string:
			return v == want
		}
		return false
	})
}

// field takes the facts of one member.
func (r *requestReader) field(field requirements.Field) error {
	values := r.find(field.Path)
	if len(values) > maxValues {
		return &ArgumentError{"invalid-json", fmt.Sprintf("the request's %s has more than %d values", strings.ReplaceAll(field.Path, "[]", ""), maxValues)}
	}
	for _, v := range values {
		text, ok := v.(string)
		if !ok {
			return &ArgumentError{"invalid-json", fmt.Sprintf("the request's %s is no string", strings.ReplaceAll(field.Path, "[]", ""))}
		}
		if text == "" {
			continue
		}
		for _, use := range field.Use {
			if err := r.take(field, use, text); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *requestReader) take(field requirements.Field, use, text string) error {
	switch field.Kind {
	case "s3":
		l, ok := parseURL(text)
		if !ok {
			return &ArgumentError{"invalid-json", fmt.Sprintf("the request's %s is %q, and no place in Amazon S3: s3://BUCKET/PREFIX", strings.ReplaceAll(field.Path, "[]", ""), text)}
		}
		r.f.addLocation(use, l)
	case "kms":
		r.f.addKey(use, keyRef{arn: text})
	case "image":
		if i, ok := parseImage(text); ok {
			r.f.addImage(i)
		}
	case "vpc":
		r.f.vpc = true
		name := map[string]string{"subnet": "sagemaker:VpcSubnets", "security_group": "sagemaker:VpcSecurityGroupIds"}[use]
		if !slices.Contains(r.f.keyLists[name], text) {
			r.f.keyLists[name] = append(r.f.keyLists[name], text)
		}
	case "role":
		switch use {
		case "execution":
			r.f.executionRole = append(r.f.executionRole, text)
		case "cluster":
			r.f.clusterRole = text
		case "emr_serverless":
			r.f.values["emr_serverless_role_arn"] = []string{text}
		}
	case "lambda":
		r.f.values["pre_post_lambda_arns"] = append(r.f.values["pre_post_lambda_arns"], text)
	case "sns":
		name := "sns_topic_arns"
		if use == "labeling_topic" {
			name = "labeling_topic_arns"
		}
		r.f.values[name] = append(r.f.values[name], text)
	}
	return nil
}

// names fills placeholders from members of the same name: TrainingJobName is
// ${training_job_name}.
func (r *requestReader) names() {
	fold := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }
	for _, name := range placeholderNames() {
		for _, member := range slices.Sorted(maps.Keys(r.top)) {
			text, ok := r.top[member].(string)
			same := fold(member) == fold(name) || name == "auto_mljob_job_name" && member == "AutoMLJobName" || name == "name" && member == "TrackingServerName" || name == "mlflow_tracking_server_name" && member == "TrackingServerName"
			if ok && text != "" && same {
				r.f.values[name] = []string{text}
			}
		}
	}
	for _, path := range []string{"Orchestrator.Eks.ClusterArn", "OptimizationEnvironment.none"} {
		for _, v := range r.find(path) {
			if text, ok := v.(string); ok && strings.HasPrefix(path, "Orchestrator") {
				r.f.values["eks_cluster_arn"] = []string{text}
			}
		}
	}
	for _, path := range []string{
		"AlgorithmSpecification.TrainingImageConfig.TrainingRepositoryAuthConfig.TrainingRepositoryCredentialsProviderArn",
		"PrimaryContainer.ImageConfig.RepositoryAuthConfig.RepositoryCredentialsProviderArn",
		"Containers[].ImageConfig.RepositoryAuthConfig.RepositoryCredentialsProviderArn",
	} {
		for _, v := range r.find(path) {
			if text, ok := v.(string); ok {
				r.f.values["credentials_lambda_arn"] = append(r.f.values["credentials_lambda_arn"], text)
			}
		}
	}
}

// symbols are the conditions that follow from members.
func (r *requestReader) symbols() {
	s := r.f.symbols
	says := func(symbol string, holds bool) { s[symbol] = holds }
	says("async", r.has("AsyncInferenceConfig"))
	says("async_sns", r.has("AsyncInferenceConfig.OutputConfig.NotificationConfig"))
	says("data_capture", r.is("DataCaptureConfig.EnableCapture", true) || r.has("DataCaptureConfig.DestinationS3Uri") && !r.is("DataCaptureConfig.EnableCapture", false))
	says("guardrails_alarms", r.has("DeploymentConfig.AutoRollbackConfiguration.Alarms"))
	says("ssm_variant", r.is("ProductionVariants[].EnableSSMAccess", true))
	says("inference_component", r.api.Name == "CreateInferenceComponent" || r.api.Name == "CreateEndpointConfig" && r.has("ExecutionRoleArn"))
	says("multi_model", r.is("PrimaryContainer.Mode", "MultiModel") || r.is("Containers[].Mode", "MultiModel"))
	says("model_prefix", r.is("PrimaryContainer.ModelDataSource.S3DataSource.S3DataType", "S3Prefix") || r.is("Containers[].ModelDataSource.S3DataSource.S3DataType", "S3Prefix"))
	says("eia", r.has("AcceleratorTypes"))
	says("rstudio", r.has("DomainSettings.RStudioServerProDomainSettings"))
	says("hyperpod_eks", r.has("Orchestrator.Eks"))
	says("hyperpod_slurm", !r.has("Orchestrator.Eks"))
	says("hyperpod_vpc", r.has("VpcConfig") || r.has("InstanceGroups[].OverrideVpcConfig"))
	says("hyperpod_autoscaling", r.has("AutoScaling"))
	says("hyperpod_rig", r.has("RestrictedInstanceGroups"))
	says("hyperpod_custom_ami", r.has("InstanceGroups[].ImageId"))
	offline := r.has("OfflineStoreConfig")
	says("fg_offline", offline)
	says("fg_glue", offline && !r.is("OfflineStoreConfig.DisableGlueTableCreation", true))
	says("fg_iceberg", r.is("OfflineStoreConfig.TableFormat", "Iceberg"))
	says("label_streaming", r.has("InputConfig.DataSource.SnsDataSource"))
	says("label_custom", r.has("HumanTaskConfig.PreHumanTaskLambdaArn"))
	says("label_auto", r.has("LabelingJobAlgorithmsConfig"))
	says("emr_serverless", r.has("AutoMLComputeConfig.EmrServerlessComputeConfig"))
	files := "InputDataConfig[].DataSource.FileSystemDataSource.FileSystemType"
	says("fs_efs", r.is(files, "EFS"))
	says("fs_fsx", r.is(files, "FSxLustre"))
	says("registry_lambda_auth", len(r.f.values["credentials_lambda_arn"]) > 0)
	says("mlflow_registry_sync", r.is("AutomaticModelRegistration", true))
	says("role_in_request", len(r.f.executionRole) > 0)
	r.f.serverless = r.has("ProductionVariants[].ServerlessConfig")
	r.registry()
}

// registry is whether a model package goes to another account's registry.
func (r *requestReader) registry() {
	for _, v := range r.find("ModelPackageGroupName") {
		text, _ := v.(string)
		if a, ok := policy.ParseARN(text); ok {
			r.f.values["registry_account"] = []string{a.Account}
			r.f.values["group"] = []string{a.Resource[strings.LastIndexByte(a.Resource, '/')+1:]}
		}
	}
}

func (r *requestReader) tags() {
	for _, v := range r.find("Tags[]") {
		tag, _ := v.(map[string]any)
		key, _ := tag["Key"].(string)
		value, _ := tag["Value"].(string)
		if key != "" {
			r.f.tags[key] = value
		}
	}
}

// instances are the instance types anywhere in the request.
func (r *requestReader) instances() {
	var walk func(v any, depth int)
	walk = func(v any, depth int) {
		if depth > 50 || len(r.f.instanceTypes) > maxValues {
			return
		}
		switch v := v.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				if text, ok := v[name].(string); ok && name == "InstanceType" {
					r.f.instanceTypes = append(r.f.instanceTypes, text)
				}
				walk(v[name], depth+1)
			}
		case []any:
			for _, e := range v {
				walk(e, depth+1)
			}
		}
	}
	walk(any(r.top), 0)
	slices.Sort(r.f.instanceTypes)
	r.f.instanceTypes = slices.Compact(r.f.instanceTypes)
}

// sent are the condition keys of the call that follow from members (Service
// Authorization Reference, condition keys of Amazon SageMaker).
func (r *requestReader) sent() {
	if len(r.f.instanceTypes) > 0 {
		r.f.keyLists["sagemaker:InstanceTypes"] = r.f.instanceTypes
	}
	for key, paths := range map[string][]string{
		"sagemaker:NetworkIsolation":                {"EnableNetworkIsolation", "NetworkConfig.EnableNetworkIsolation"},
		"sagemaker:InterContainerTrafficEncryption": {"EnableInterContainerTrafficEncryption", "NetworkConfig.EnableInterContainerTrafficEncryption"},
		"sagemaker:RootAccess":                      {"RootAccess"},
		"sagemaker:DirectInternetAccess":            {"DirectInternetAccess"},
		"sagemaker:AppNetworkAccessType":            {"AppNetworkAccessType"},
	} {
		for _, path := range paths {
			for _, v := range r.find(path) {
				switch v := v.(type) {
				case bool:
					r.f.keysSent[key] = fmt.Sprint(v)
				case string:
					r.f.keysSent[key] = v
				}
			}
		}
	}
}
