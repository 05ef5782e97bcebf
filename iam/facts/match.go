package facts

// Match says whether the pattern can match the ARN of some resource of the
// type. A "*" alone always does.
func (t *ResourceType) Match(r *Resource) Overlap { return r.match(t.shapes()) }

// shapes are the ARN formats in the form that Match reads.
func (t *ResourceType) shapes() []shape {
	t.once.Do(func() {
		for _, arn := range t.ARNs {
			t.formats = append(t.formats, parseFormat(t.svc.Prefix, arn))
		}
	})
	return t.formats
}

// Match says whether a statement with the resource pattern can apply to a
// request of the action: whether the pattern can match the ARN of a resource
// of one of its types. An action without resource types is asked for the
// resource "*" alone, so that only a pattern which matches that text applies
// (Service Authorization Reference, "Actions table", resource types column).
func (a *Action) Match(r *Resource) Overlap {
	if r.any || len(a.ResourceTypes) == 0 && r.star {
		return Overlaps
	}
	for i := range a.ResourceTypes {
		for _, f := range a.ResourceTypes[i].shapes() {
			if overlapParts(r.parts, f.parts) {
				return Overlaps
			}
		}
	}
	best := NoOverlap
	for i := range a.ResourceTypes {
		if best == NoOverlap && r.across { // the slow reading, once the quick one has failed for every type
			best = a.ResourceTypes[i].Match(r)
		}
	}
	for _, arn := range alsoAccepted(a.Service, a.Name) {
		best = max(best, r.match([]shape{parseFormat(a.Service, arn)}))
	}
	return best
}

// MatchedTypes returns the resource types of the action whose ARNs the pattern
// can match part by part, in the reference's order. A request must be allowed
// for every required type, by one statement or by several.
func (a *Action) MatchedTypes(r *Resource) []ActionType {
	var list []ActionType
	for _, t := range a.ResourceTypes {
		if t.Match(r) == Overlaps {
			list = append(list, t)
		}
	}
	return list
}

// MatchesResource is Match for an action and a resource pattern as they stand
// in a policy; an action that AWS does not list overlaps with everything,
// since nothing is known about it.
func MatchesResource(action, resource string) Overlap {
	a, ok := FindAction(action)
	if !ok {
		return Overlaps
	}
	return a.Match(ParseResource(resource))
}

// alsoAccepted returns ARN formats that AWS's documentation or its own managed
// policies use for an action although the data does not list them.
func alsoAccepted(service, action string) []string {
	switch service {
	case "sagemaker-mlflow":
		// AWS managed policy AmazonSageMakerJobFullAccess: MLflow apps took the
		// place of tracking servers as resources of these actions.
		return []string{"arn:${Partition}:sagemaker:${Region}:${Account}:mlflow-app/${AppId}"}
	case "elasticloadbalancing":
		// The reference has two pages of this prefix; the data has the actions
		// that are on both with the types of Classic Load Balancers alone.
		switch action {
		case "AddTags", "RemoveTags", "CreateLoadBalancer", "DeleteLoadBalancer", "ModifyLoadBalancerAttributes":
			return []string{
				"arn:${Partition}:elasticloadbalancing:${Region}:${Account}:loadbalancer/${Id}",
				"arn:${Partition}:elasticloadbalancing:${Region}:${Account}:listener${Id}",
				"arn:${Partition}:elasticloadbalancing:${Region}:${Account}:targetgroup/${Id}",
				"arn:${Partition}:elasticloadbalancing:${Region}:${Account}:truststore/${Id}",
			}
		}
	}
	switch service + ":" + action {
	case "s3:ListAllMyBuckets":
		// Amazon S3 User Guide, "Identity-based policy examples for Amazon S3":
		// "Resource": "arn:aws:s3:::*".
		return []string{"arn:${Partition}:s3:::${BucketName}"}
	case "logs:DescribeLogGroups":
		// CloudWatch Logs User Guide, "Using identity-based policies": allowed on
		// log groups; so do 29 AWS managed policies.
		return []string{"arn:${Partition}:logs:${Region}:${Account}:log-group:*"}
	case "sagemaker:CreateModelPackage":
		// Listed until 2025-12 (DependentsSource): a versioned package is made in
		// its group.
		return []string{"arn:${Partition}:sagemaker:${Region}:${Account}:model-package-group/${ModelPackageGroupName}"}
	case "ssmmessages:OpenDataChannel":
		// Systems Manager User Guide, "Sample IAM policies for Session Manager"; so
		// does the AWS managed policy AWSCloud9User.
		return []string{"arn:${Partition}:ssm:${Region}:${Account}:session/${SessionId}"}
	}
	return nil
}

// ownedByAWS says whether a service has resources of AWS's own whose ARNs have
// no account: public documents and parameters ("arn:aws:ssm:*::document/AWS-*";
// Systems Manager User Guide), and views that AWS shares (AWS managed policy
// CloudWatchApplicationSignalsFullAccess).
func ownedByAWS(service string) bool {
	return service == "ssm" || service == "resource-explorer-2"
}

// placeholderClass returns the characters that AWS admits in a placeholder of
// a service's ARN formats. Where no page is cited, anything is admitted: a
// pattern is then called dead too seldom, never too often.
func placeholderClass(service, name string) class {
	switch name {
	case "Partition", "Region", "Account", "AccountId":
		return place
	}
	switch service {
	case "s3", "s3express":
		switch name {
		case "BucketName", "AccessPointName":
			// Amazon S3 User Guide, "General purpose bucket naming rules" and
			// "Naming rules for access points": letters, digits, ".", "-", "_".
			return noSlash
		}
	case "sagemaker":
		// Amazon SageMaker API Reference: every name and id pattern there is made
		// of letters, digits, "-", "." and "_", with "/" in versions of hub content.
		return noColon
	}
	return anything
}
