package mixin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Board is what of a Grafana dashboard the linter and the proof look at.
type Board struct {
	Title      string `json:"title"`
	UID        string `json:"uid"`
	Editable   *bool  `json:"editable"`
	Templating struct {
		List []Variable `json:"list"`
	} `json:"templating"`
	Panels []Panel `json:"panels"`
}

// Variable is a template variable.
type Variable struct {
	Name       string     `json:"name"`
	Label      string     `json:"label"`
	Type       string     `json:"type"`
	Query      any        `json:"query"` // a string, or an object with one
	Datasource Datasource `json:"datasource"`
	Refresh    int        `json:"refresh"`
	Multi      bool       `json:"multi"`
	IncludeAll bool       `json:"includeAll"`
	AllValue   string     `json:"allValue"`
}

// Panel is a panel, or a row of them.
type Panel struct {
	ID          int        `json:"id"`
	Type        string     `json:"type"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Datasource  Datasource `json:"datasource"`
	FieldConfig struct {
		Defaults struct {
			Unit string `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
	GridPos struct {
		X, Y, W, H int
	} `json:"gridPos"`
	Targets []Target `json:"targets"`
	Panels  []Panel  `json:"panels"`
	Options struct {
		Content string `json:"content"`
	} `json:"options"`
}

// Datasource is a reference to a data source.
type Datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// Target is a query of a panel.
type Target struct {
	RefID      string     `json:"refId"`
	Expr       string     `json:"expr"`
	Datasource Datasource `json:"datasource"`
}

// ReadBoard decodes a dashboard.
func ReadBoard(data []byte) (*Board, error) {
	b := &Board{}
	if err := json.Unmarshal(data, b); err != nil {
		return nil, fmt.Errorf("read dashboard: %w", err)
	}
	return b, nil
}

// All returns the board's panels, those inside of rows included.
func (b *Board) All() []Panel {
	var all []Panel
	for _, p := range b.Panels {
		all = append(append(all, p), p.Panels...)
	}
	return all
}

// draws says whether the panel shows data, unlike text and rows.
func (p *Panel) draws() bool { return p.Type != "row" && p.Type != "text" }

// Values asks for a label's values, as a variable's query does.
type Values struct{ Selector, Label string }

// Values reads label_values(selector, label) off the variable; ok is false when its
// query is something else.
func (v *Variable) Values() (values Values, ok bool) {
	query, _ := v.Query.(string)
	if o, isObject := v.Query.(map[string]any); isObject {
		query, _ = o["query"].(string)
	}
	inner, ok := strings.CutPrefix(strings.TrimSpace(query), "label_values(")
	if !ok {
		return Values{}, false
	}
	inner, ok = strings.CutSuffix(inner, ")")
	comma := strings.LastIndexByte(inner, ',')
	if !ok || comma < 0 {
		return Values{}, false
	}
	return Values{strings.TrimSpace(inner[:comma]), strings.TrimSpace(inner[comma+1:])}, true
}

// Substitute fills in a query's variables the way Grafana does. Longer names go
// first, so that $__rate_interval is not taken for another.
func Substitute(query string, variables map[string]string) string {
	names := make([]string, 0, len(variables))
	for name := range variables {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	for _, name := range names {
		query = strings.ReplaceAll(query, "${"+name+"}", variables[name])
		query = strings.ReplaceAll(query, "$"+name, variables[name])
	}
	return query
}
