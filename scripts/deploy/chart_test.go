package deploy

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// object is a manifest in the type of its kind.
type object any

// of picks the objects of one type.
func of[T object](all []object) []T {
	var some []T
	for _, o := range all {
		if t, ok := o.(T); ok {
			some = append(some, t)
		}
	}
	return some
}

// render is "helm template": the chart under values, and each manifest decoded into the
// type of its kind, strictly. edit changes the chart before.
func render(values map[string]any, edit ...func(*chart.Chart)) ([]object, error) {
	c, err := loader.Load(filepath.Join(root, "deploy/helm/copydesk"))
	if err != nil {
		return nil, err
	}
	for _, f := range edit {
		f(c)
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	v, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "news", Namespace: "desk", IsInstall: true}, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	// Strict: a value that is not there is an error and no "<no value>".
	files, err := engine.Engine{Strict: true}.Render(c, v)
	if err != nil {
		return nil, err
	}
	var all []object
	for name, text := range files {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		for _, document := range regexp.MustCompile(`(?m)^---$`).Split(text, -1) {
			if strings.TrimSpace(document) == "" {
				continue
			}
			o, err := decode(document)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			all = append(all, o)
		}
	}
	return all, nil
}

// decode reads a manifest as the API server does with strict validation: it refuses a
// field that its kind does not have, and a number for a string, which the YAML library
// would turn into one by itself.
func decode(document string) (object, error) {
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
		return nil, err
	}
	var o object
	switch kind.APIVersion + " " + kind.Kind {
	case "apps/v1 Deployment":
		o = &appsv1.Deployment{}
	case "policy/v1 PodDisruptionBudget":
		o = &policyv1.PodDisruptionBudget{}
	case "networking.k8s.io/v1 NetworkPolicy":
		o = &networkingv1.NetworkPolicy{}
	case "keda.sh/v1alpha1 ScaledObject":
		o = &scaledObject{}
	case "monitoring.coreos.com/v1 PodMonitor":
		o = &podMonitor{}
	default:
		return nil, fmt.Errorf("what is a %s %s?", kind.APIVersion, kind.Kind)
	}
	b, err := yaml.YAMLToJSONStrict([]byte(document))
	if err != nil {
		return nil, err
	}
	unknown, err := kjson.UnmarshalStrict(b, o)
	return o, errors.Join(append(unknown, err)...)
}

// scaledObject has the fields that KEDA documents for keda.sh/v1alpha1. Its metadata is
// a map of strings there: a number without quotes is refused.
type scaledObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ScaleTargetRef struct {
			Name                   string `json:"name"`
			APIVersion             string `json:"apiVersion"`
			Kind                   string `json:"kind"`
			EnvSourceContainerName string `json:"envSourceContainerName"`
		} `json:"scaleTargetRef"`
		PollingInterval       *int32 `json:"pollingInterval"`
		InitialCooldownPeriod *int32 `json:"initialCooldownPeriod"`
		CooldownPeriod        *int32 `json:"cooldownPeriod"`
		IdleReplicaCount      *int32 `json:"idleReplicaCount"`
		MinReplicaCount       *int32 `json:"minReplicaCount"`
		MaxReplicaCount       *int32 `json:"maxReplicaCount"`
		Fallback              *struct {
			FailureThreshold int32  `json:"failureThreshold"`
			Replicas         int32  `json:"replicas"`
			Behavior         string `json:"behavior"`
		} `json:"fallback"`
		Triggers []struct {
			Type     string      `json:"type"`
			Name     string      `json:"name"`
			Metadata natsTrigger `json:"metadata"`
		} `json:"triggers"`
	} `json:"spec"`
}

// natsTrigger has the parameters of KEDA's nats-jetstream scaler.
type natsTrigger struct {
	Endpoint               string `json:"natsServerMonitoringEndpoint"`
	Account                string `json:"account"`
	Stream                 string `json:"stream"`
	Consumer               string `json:"consumer"`
	LagThreshold           string `json:"lagThreshold"`
	ActivationLagThreshold string `json:"activationLagThreshold"`
	UseHTTPS               string `json:"useHttps"`
}

// podMonitor has those fields of the Prometheus operator's that are used here.
type podMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		JobLabel            string               `json:"jobLabel"`
		PodTargetLabels     []string             `json:"podTargetLabels"`
		Selector            metav1.LabelSelector `json:"selector"`
		PodMetricsEndpoints []struct {
			Port          string `json:"port"`
			Path          string `json:"path"`
			Interval      string `json:"interval"`
			ScrapeTimeout string `json:"scrapeTimeout"`
		} `json:"podMetricsEndpoints"`
	} `json:"spec"`
}

// everything turns on what is off by default.
var everything = map[string]any{
	"keda":       map[string]any{"enabled": true},
	"podMonitor": map[string]any{"enabled": true, "labels": map[string]any{"release": "prometheus"}},
	"nats":       map[string]any{"credsSecret": "desk-creds", "tokenSecret": "desk-token"},
	"image":      map[string]any{"digest": "sha256:" + strings.Repeat("0a", 32)},
	"streams":    map[string]any{"keepInbox": "48h", "keepHops": "24h", "keepOutput": "72h", "dedupeWindow": "72h"},
	"extraEnv":   []any{map[string]any{"name": "COPYDESK_ACK_WAIT", "value": "30s"}},
	"networkPolicy": map[string]any{
		"metricsFrom": []any{map[string]any{"namespaceSelector": map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": "monitoring"}}}},
		"natsTo":      []any{map[string]any{"podSelector": map[string]any{"matchLabels": map[string]any{"app.kubernetes.io/name": "nats"}}}},
	},
	"imagePullSecrets": []any{map[string]any{"name": "registry"}}, "podAnnotations": map[string]any{"a": "b"},
	"nodeSelector": map[string]any{"kubernetes.io/os": "linux"}, "priorityClassName": "news",
	"tolerations": []any{map[string]any{"key": "news", "operator": "Exists"}},
}

func TestChart_givesObjectsThatKubernetesTakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values map[string]any
		want   [5]int // Deployments, budgets, policies, ScaledObjects, PodMonitors
	}{
		"by default":      {nil, [5]int{4, 4, 1, 0, 0}},
		"with everything": {everything, [5]int{4, 4, 1, 3, 1}},
		"with little":     {map[string]any{"podDisruptionBudget": map[string]any{"enabled": false}, "networkPolicy": map[string]any{"enabled": false}}, [5]int{4, 0, 0, 0, 0}},
	} {
		all, err := render(c.values)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := [5]int{
			len(of[*appsv1.Deployment](all)), len(of[*policyv1.PodDisruptionBudget](all)), len(of[*networkingv1.NetworkPolicy](all)),
			len(of[*scaledObject](all)), len(of[*podMonitor](all)),
		}
		if got != c.want {
			t.Errorf("%s: %v objects, want %v", name, got, c.want)
		}
	}
}

func TestChart_mistakesAreSeen(t *testing.T) {
	t.Parallel()
	plant := func(file, old, with string) func(*chart.Chart) {
		return func(c *chart.Chart) {
			for _, f := range c.Templates {
				if f.Name == "templates/"+file {
					f.Data = []byte(replaced(t, string(f.Data), old, with))
				}
			}
		}
	}
	for _, c := range []struct {
		name   string
		values map[string]any
		edit   func(*chart.Chart)
		want   string
	}{
		{"a misspelt field", nil, plant("deployment.yaml", "imagePullPolicy:", "imagePulPolicy:"), `unknown field "spec.template.spec.containers[0].imagePulPolicy"`},
		{"a field in the wrong place", nil, plant("deployment.yaml", "terminationGracePeriodSeconds: {{", "strategy: {{"), "strategy"},
		{"a key twice", nil, plant("pdb.yaml", "  maxUnavailable: 1", "  maxUnavailable: 1\n  maxUnavailable: 2"), "maxUnavailable"},
		{"a value that does not exist", nil, plant("deployment.yaml", "$.Values.logFormat", "$.Values.logfromat"), "logfromat"},
		{"a function that does not exist", nil, plant("deployment.yaml", "toYaml $o", "toYml $o"), "toYml"},
		{"a misspelt field of KEDA's", everything, plant("scaledobject.yaml", "lagThreshold:", "lagTreshold:"), "lagTreshold"},
		{"a number where a string belongs", nil, plant("deployment.yaml", `value: ":8460"`, "value: 8460"), "cannot unmarshal number"},
		{"a number where KEDA reads a string", everything, plant("scaledobject.yaml", "$.Values.keda.lagThreshold | quote", "$.Values.keda.lagThreshold"), "lagThreshold"},
		{"a misspelt value", map[string]any{"kedaa": map[string]any{}}, nil, "kedaa"},
		{"a stage that does not exist", map[string]any{"stages": map[string]any{"dedup": map[string]any{}}}, nil, "dedup"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			edit := c.edit
			if edit == nil {
				edit = func(*chart.Chart) {}
			}
			if _, err := render(c.values, edit); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("it says %v, want %s in it", err, c.want)
			}
		})
	}
}

func TestChart_agreesWithTheCode(t *testing.T) {
	t.Parallel()
	all, err := render(everything)
	if err != nil {
		t.Fatal(err)
	}
	var stages []string
	for _, d := range of[*appsv1.Deployment](all) {
		pod := d.Spec.Template.Spec
		c := pod.Containers[0]
		stages = append(stages, c.Args[1])
		env := map[string]string{}
		var names []string
		for _, v := range c.Env {
			env[v.Name] = v.Value
			names = append(names, v.Name)
		}
		if bad := misfits(t, c.Args, names); bad != nil {
			t.Errorf("%s: copydesk does not know %q", d.Name, bad)
		}
		if why := checkGrace(env["COPYDESK_GRACE"], time.Duration(*pod.TerminationGracePeriodSeconds)*time.Second); why != "" {
			t.Errorf("%s: %s", d.Name, why)
		}
		if env["COPYDESK_LISTEN"] != ":"+port || fmt.Sprint(c.Ports[0].ContainerPort) != port || c.Ports[0].Name != "http" {
			t.Errorf("%s serves on %q, %v", d.Name, env["COPYDESK_LISTEN"], c.Ports)
		}
		for probe, path := range map[*corev1.Probe]string{c.LivenessProbe: "/livez", c.ReadinessProbe: "/readyz", c.StartupProbe: "/readyz"} {
			if probe.HTTPGet.Path != path || probe.HTTPGet.Port.StrVal != "http" {
				t.Errorf("%s is probed at %v, want %s", d.Name, probe.HTTPGet, path)
			}
		}
		if scaled := c.Args[1] != article.StageDedupe; scaled != (d.Spec.Replicas == nil) {
			t.Errorf("%s: replicas %v; KEDA's are left to KEDA, dedupe's are fixed", d.Name, d.Spec.Replicas)
		}
		if c.Args[1] == article.StageDedupe && *d.Spec.Replicas != 2 {
			t.Errorf("dedupe has %d replicas, want one active and one standby", *d.Spec.Replicas)
		}
	}
	slices.Sort(stages)
	want := article.Stages()
	slices.Sort(want)
	if !slices.Equal(stages, want) {
		t.Errorf("the stages are %q, want %q", stages, want)
	}
}

// The names that KEDA looks for are those of the road: with a wrong one it would scale
// to the maximum and stay there.
func TestChart_scalesOnEveryConsumerButDedupes(t *testing.T) {
	t.Parallel()
	all, err := render(everything)
	if err != nil {
		t.Fatal(err)
	}
	stageOf := map[string]string{} // by name of the Deployment
	for _, d := range of[*appsv1.Deployment](all) {
		stageOf[d.Name] = d.Spec.Template.Spec.Containers[0].Args[1]
	}
	var got, want []string
	for _, so := range of[*scaledObject](all) {
		stage, ok := stageOf[so.Spec.ScaleTargetRef.Name]
		if !ok {
			t.Errorf("%s scales %s, which is not there", so.Name, so.Spec.ScaleTargetRef.Name)
		}
		for _, trigger := range so.Spec.Triggers {
			if trigger.Type != "nats-jetstream" {
				t.Errorf("%s is scaled on %s", stage, trigger.Type)
			}
			got = append(got, stage+" "+trigger.Metadata.Stream+" "+trigger.Metadata.Consumer)
		}
	}
	for _, c := range bus.NewTopology(bus.Settings{}).Consumers {
		if c.Name != article.StageDedupe {
			want = append(want, c.Name+" "+c.Stream+" "+c.Name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("KEDA scales on %q, want %q", got, want)
	}
}

// Pods are what the standard "restricted" of Kubernetes asks for, and more.
func TestChart_podsAreRestricted(t *testing.T) {
	t.Parallel()
	all, err := render(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range of[*appsv1.Deployment](all) {
		pod := d.Spec.Template.Spec
		c := pod.Containers[0]
		for what, ok := range map[string]bool{
			"runs as root":             *pod.SecurityContext.RunAsNonRoot && *pod.SecurityContext.RunAsUser == 65532,
			"has no seccomp profile":   pod.SecurityContext.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
			"may gain privileges":      !*c.SecurityContext.AllowPrivilegeEscalation,
			"keeps capabilities":       slices.Equal(c.SecurityContext.Capabilities.Drop, []corev1.Capability{"ALL"}) && c.SecurityContext.Capabilities.Add == nil,
			"writes to its image":      *c.SecurityContext.ReadOnlyRootFilesystem,
			"has a token of the API's": !*pod.AutomountServiceAccountToken,
			"has no limit of memory":   !c.Resources.Limits.Memory().IsZero(),
		} {
			if !ok {
				t.Errorf("%s %s", d.Name, what)
			}
		}
	}
}

// Everything that selects pods selects those of the chart.
func TestChart_selectorsMeet(t *testing.T) {
	t.Parallel()
	all, err := render(everything)
	if err != nil {
		t.Fatal(err)
	}
	pods := map[string]map[string]string{}
	for _, d := range of[*appsv1.Deployment](all) {
		pods[d.Name] = d.Spec.Template.Labels
	}
	meets := func(what string, s map[string]string, want int) {
		n := 0
		for _, labels := range pods {
			all := true
			for k, v := range s {
				all = all && labels[k] == v
			}
			if all {
				n++
			}
		}
		if n != want {
			t.Errorf("%s selects the pods of %d stages, want %d", what, n, want)
		}
	}
	for _, d := range of[*appsv1.Deployment](all) {
		meets(d.Name, d.Spec.Selector.MatchLabels, 1)
	}
	for _, b := range of[*policyv1.PodDisruptionBudget](all) {
		meets("the budget "+b.Name, b.Spec.Selector.MatchLabels, 1)
	}
	for _, p := range of[*networkingv1.NetworkPolicy](all) {
		meets("the policy", p.Spec.PodSelector.MatchLabels, 4)
	}
	for _, m := range of[*podMonitor](all) {
		meets("the monitor", m.Spec.Selector.MatchLabels, 4)
	}
}
