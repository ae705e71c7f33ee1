package mixin

import (
	"fmt"

	"sigs.k8s.io/yaml"
)

// Rules is a file of Prometheus rules.
type Rules struct {
	Groups []struct {
		Name  string `json:"name"`
		Rules []Rule `json:"rules"`
	} `json:"groups"`
}

// Rule records a series or raises an alert.
type Rule struct {
	Record      string            `json:"record"`
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// Name is the recorded series or the alert with its severity and windows, which tell
// rules of one alert apart.
func (r Rule) Name() string {
	if r.Record != "" {
		return r.Record
	}
	name := r.Alert + " " + r.Labels["severity"]
	if long := r.Labels["long"]; long != "" {
		name += " " + long
	}
	return name
}

// ReadRules decodes a file of rules.
func ReadRules(data []byte) ([]Rule, error) {
	var file Rules
	if err := yaml.UnmarshalStrict(data, &file); err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	var all []Rule
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all, nil
}
