package extract

import (
	"html"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// linkedArticle is the article part of a page's JSON-LD.
type linkedArticle struct {
	headline, section, publisher, published, modified string
	body                                              string // plain text, often cut short
	authors                                           []string
	types                                             []string
	posts                                             []linkedPost // of a live blog
	locked                                            bool         // not for everyone to read
	words                                             int          // as the publisher counts them, or 0
}

// linkedPost is one entry of a live blog.
type linkedPost struct{ headline, body string }

// maxLinked bounds what is read of one script; real ones are a few kilobytes.
const maxLinked = 1 << 20

// readLinked returns the articles a JSON-LD script describes, outermost first, and the
// types of the things around them. A script that is not JSON says nothing.
func readLinked(script string) (found []linkedArticle, around []string) {
	var doc any
	if len(script) > maxLinked || json.Unmarshal([]byte(strings.TrimSpace(script)), &doc) != nil {
		return nil, nil
	}
	var visit func(v any, depth int)
	visit = func(v any, depth int) {
		if depth > 16 { // graphs of real pages are three deep
			return
		}
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				visit(e, depth+1)
			}
		case map[string]any:
			if isArticleType(v["@type"]) {
				found = append(found, newLinked(v))
				return
			}
			around = append(around, typesOf(v["@type"])...)
			for _, key := range []string{"@graph", "mainEntity", "mainEntityOfPage"} {
				visit(v[key], depth+1)
			}
		}
	}
	visit(doc, 0)
	return found, around
}

func newLinked(m map[string]any) linkedArticle {
	return linkedArticle{
		headline:  oneString(m["headline"]),
		section:   oneString(m["articleSection"]),
		publisher: strings.Join(firstOf(names(m["publisher"])), ""),
		published: oneString(m["datePublished"]),
		modified:  oneString(m["dateModified"]),
		body:      oneString(m["articleBody"]),
		authors:   names(m["author"]),
		types:     typesOf(m["@type"]),
		posts:     postsOf(m["liveBlogUpdate"]),
		locked:    isFalse(m["isAccessibleForFree"]),
		words:     wordCount(m["wordCount"]),
	}
}

// maxPosts bounds the posts of a live blog; busy ones have a few hundred.
const maxPosts = 1000

func postsOf(v any) []linkedPost {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var posts []linkedPost
	for _, e := range list {
		m, ok := e.(map[string]any)
		if !ok || len(posts) == maxPosts {
			continue
		}
		if p := (linkedPost{clean(oneString(m["headline"])), oneString(m["articleBody"])}); p.body != "" {
			posts = append(posts, p)
		}
	}
	return posts
}

func isFalse(v any) bool {
	s, _ := v.(string)
	return v == false || strings.EqualFold(s, "false")
}

func wordCount(v any) int {
	switch v := v.(type) {
	case float64:
		return int(max(0, min(v, 1e6)))
	case string:
		n, _ := strconv.Atoi(v)
		return max(0, n)
	}
	return 0
}

// typesOf returns one type or a list of them.
func typesOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

// isArticleType reports whether a schema.org type is an article: NewsArticle,
// ReportageNewsArticle, BlogPosting and so on.
func isArticleType(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.HasSuffix(v, "Article") || strings.HasSuffix(v, "BlogPosting")
	case []any:
		return slices.ContainsFunc(v, isArticleType)
	}
	return false
}

// oneString returns a string, or the first of a list of them.
func oneString(v any) string {
	switch v := v.(type) {
	case string:
		return html.UnescapeString(v) // templates escape twice
	case []any:
		if len(v) > 0 {
			return oneString(v[0])
		}
	}
	return ""
}

// names reads a person or organisation, or a list of them, each a name or an object
// with one.
func names(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{html.UnescapeString(v)}
	case map[string]any:
		if n := oneString(v["name"]); n != "" {
			return []string{n}
		}
	case []any:
		var all []string
		for _, e := range v {
			if len(all) < 50 {
				if _, nested := e.([]any); !nested {
					all = append(all, names(e)...)
				}
			}
		}
		return all
	}
	return nil
}

func firstOf(s []string) []string { return s[:min(1, len(s))] }
