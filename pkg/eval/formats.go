package eval

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/copydesk/copydesk/pkg/extract"
)

// Formats reads the published examples of news formats below dir/formats/iptc and
// counts for how many the headline, the text and the date were found, of those that
// have one. What a file has is told from its source by patterns, not by the reader
// under test. notice is told which files miss what.
func Formats(ctx context.Context, dir string, notice func(format string, args ...any)) ([]Score, error) {
	root := filepath.Join(dir, "formats", "iptc")
	lists, err := find(root, "list of format examples", "files.jsonl")
	if err != nil {
		return nil, err
	}
	got := map[string]map[string]*count{}
	var order []string
	err = eachLine(lists[0], func(line []byte) error {
		var f struct {
			Path   string `json:"path"`
			Format string `json:"format"`
			Role   string `json:"role"`
		}
		if err := json.Unmarshal(line, &f); err != nil {
			return err
		}
		// What breaks the schema is read leniently too; only what must be read counts.
		if f.Role != "example" && f.Role != "should_pass" || strings.HasSuffix(f.Path, "schema.json") {
			return nil
		}
		data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.Path)))
		if err != nil {
			return err
		}
		if got[f.Format] == nil {
			got[f.Format] = map[string]*count{}
			order = append(order, f.Format)
		}
		for _, part := range []string{"read", "headline", "text", "date"} {
			if got[f.Format][part] == nil {
				got[f.Format][part] = &count{}
			}
		}
		scoreFormat(ctx, f.Path, string(data), got[f.Format], notice)
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	var scores []Score
	for _, format := range slices.Compact(order) {
		for _, part := range []string{"read", "headline", "text", "date"} {
			c := got[format][part]
			scores = append(scores, Score{"formats", format, part, c.recall(), c.hit + c.missed})
		}
	}
	return scores, nil
}

// What shows that an XML file has a headline, a text or a date.
var xmlParts = map[string]*regexp.Regexp{
	"headline": regexp.MustCompile(`(?i)<headline|<hl1>`),
	"text":     regexp.MustCompile(`(?i)<DataContent|<inlineXML|<body\.content`),
	"date":     regexp.MustCompile(`(?i)<(?:FirstCreated|versionCreated|date\.issue)`),
}

// What shows the same in the members of a ninjs item, by lower-case name.
var ninjsParts = map[string]*regexp.Regexp{
	"headline": regexp.MustCompile(`^(?:headline(?:_.+)?|headlines|title)$`),
	"text":     regexp.MustCompile(`^(?:(?:body|description)_.+|bodies|descriptions)$`),
	"date":     regexp.MustCompile(`^(?:version|first|content)created$`),
}

// partsOf tells which parts a file has.
func partsOf(data string) map[string]bool {
	has := map[string]bool{"read": true}
	var v any
	if json.Unmarshal([]byte(data), &v, jsontext.AllowDuplicateNames(true)) != nil {
		for part, cue := range xmlParts {
			has[part] = cue.MatchString(data)
		}
		return has
	}
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	for _, item := range items {
		members, _ := item.(map[string]any)
		for name, member := range members {
			for part, cue := range ninjsParts {
				// An ellipsis in place of a text is not one.
				if cue.MatchString(strings.ToLower(name)) && (part == "date" || hasWords(member)) {
					has[part] = true
				}
			}
		}
	}
	return has
}

// hasWords reports whether a member is a text with letters, or a list of such values.
func hasWords(member any) bool {
	switch v := member.(type) {
	case string:
		return strings.ContainsFunc(v, unicode.IsLetter)
	case []any:
		return slices.ContainsFunc(v, hasWords)
	case map[string]any:
		return hasWords(v["value"])
	}
	return false
}

func scoreFormat(ctx context.Context, path, data string, got map[string]*count, notice func(string, ...any)) {
	items, err := extract.File(ctx, []byte(data), extract.Hints{Received: time.Now()}, extract.Limits{})
	found := map[string]bool{"read": err == nil}
	var r *extract.Reject
	if errors.As(err, &r) && r.Code == extract.CodeNoText {
		found["read"] = true // and understood
	}
	for _, item := range items {
		if a := item.Article; a != nil {
			found["headline"] = found["headline"] || a.Headline != nil
			found["text"] = found["text"] || a.Text != nil && !slices.Contains(a.Cleaning.Warnings, "headline_only")
			found["date"] = found["date"] || a.Published != nil || a.PublishedDate != nil
		}
	}
	has := partsOf(data)
	var missing []string
	for _, part := range []string{"read", "headline", "text", "date"} {
		if !has[part] {
			continue
		}
		if found[part] {
			got[part].hit++
		} else {
			got[part].missed++
			missing = append(missing, part)
		}
	}
	if len(missing) > 0 {
		notice("%s: no %s (%v)", path, strings.Join(missing, ", "), err)
	}
}
