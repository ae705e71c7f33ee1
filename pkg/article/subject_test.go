package article

import (
	"strings"
	"testing"
)

func TestSubjects(t *testing.T) {
	t.Parallel()
	german := "de-AT"
	for _, c := range []struct{ name, got, want string }{
		{"a live file", InboxSubject(Live, "ap"), "articles.inbox.ap"},
		{"an old file never meets live ones", InboxSubject(Backfill, "ap"), "articles.backfill.ap"},
		{"a finished record by language, relation and source", EnrichedSubject(&german, Update, "mail"), "articles.enriched.de.update.mail"},
		{"a finished record in an unknown language", EnrichedSubject(nil, New, "cli"), "articles.enriched.und.new.cli"},
		{"a copy", DuplicateSubject(Near, "cli"), "articles.duplicate.near.cli"},
		{"a dead letter", DeadSubject(StageEntities), "articles.dead.entities"},
		{"the source ends a subject", SourceOf("articles.backfill.ap"), "ap"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.got != c.want {
				t.Errorf("got %q, want %q", c.got, c.want)
			}
		})
	}
}

func TestCheckSource(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"ap", "AP-2", "mail_in", strings.Repeat("a", 64)} {
		if err := CheckSource(s); err != nil {
			t.Errorf("CheckSource(%q) = %v, want nil", s, err)
		}
	}
	for _, s := range []string{"", "a.b", "*", ">", "a b", "früh", "a\n", "a/b", strings.Repeat("a", 65)} {
		if CheckSource(s) == nil {
			t.Errorf("CheckSource(%q) = nil, want an error", s)
		}
	}
}

func FuzzCheckSource(f *testing.F) {
	f.Add("ap")
	f.Add("a.b")
	f.Fuzz(func(t *testing.T, s string) {
		if CheckSource(s) != nil {
			return
		}
		subject := InboxSubject(Live, s)
		if strings.Count(subject, ".") != 2 || strings.ContainsAny(subject, "*> \t\r\n") || SourceOf(subject) != s {
			t.Errorf("source %q passed and gives subject %q", s, subject)
		}
	})
}

func TestPrimaryLanguage(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		"en": "en", "EN-us": "en", "zh-Hant-TW": "zh", "deu": "deu",
		"": "und", "x": "und", "e1": "und", "*": "und", "en.us": "und", "languages": "und",
	} {
		if got := PrimaryLanguage(&tag); got != want {
			t.Errorf("PrimaryLanguage(%q) = %q, want %q", tag, got, want)
		}
	}
	if got := PrimaryLanguage(nil); got != "und" {
		t.Errorf("PrimaryLanguage(nil) = %q, want und", got)
	}
}

func TestSubjectTemplate_leavesOutWhatVaries(t *testing.T) {
	t.Parallel()
	lang := "pt-BR"
	for subject, want := range map[string]string{
		InboxSubject(Live, "ap"):             "articles.inbox.<source>",
		InboxSubject(Backfill, "ap"):         "articles.backfill.<source>",
		SubjectIngested:                      "articles.ingested",
		SubjectDecisions:                     "articles.decisions",
		SubjectUnique:                        "articles.unique",
		SubjectTagged:                        "articles.tagged",
		EnrichedSubject(&lang, Update, "ap"): "articles.enriched.<lang>.<relation>.<source>",
		DuplicateSubject(Exact, "ap"):        "articles.duplicate.<relation>.<source>",
		DeadSubject(StageDedupe):             "articles.dead.<stage>",
		"somebody.elses":                     "other",
		"articles.inboxes":                   "other",
	} {
		if got := SubjectTemplate(subject); got != want {
			t.Errorf("SubjectTemplate(%q) = %q, want %q", subject, got, want)
		}
	}
}
