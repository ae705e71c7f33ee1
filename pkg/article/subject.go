package article

import (
	"fmt"
	"strings"
)

// The stages, in order. Stage names are part of subjects, message ids and metrics.
const (
	StageIngest    = "ingest"
	StageDedupe    = "dedupe"
	StageEntities  = "entities"
	StageSummarize = "summarize"
)

// Stages lists every stage in the order an article passes them.
func Stages() []string {
	return []string{StageIngest, StageDedupe, StageEntities, StageSummarize}
}

// Streams. Their names are public API.
const (
	StreamInbox     = "ARTICLES_INBOX"
	StreamBackfill  = "ARTICLES_BACKFILL"
	StreamIngested  = "ARTICLES_INGESTED"
	StreamDecisions = "ARTICLES_DECISIONS"
	StreamUnique    = "ARTICLES_UNIQUE"
	StreamTagged    = "ARTICLES_TAGGED"
	StreamEnriched  = "ARTICLES_ENRICHED"
	StreamDuplicate = "ARTICLES_DUPLICATE"
	StreamDead      = "ARTICLES_DEAD"
	StreamErased    = "ARTICLES_ERASED"
)

// Subjects without a variable part.
const (
	SubjectIngested  = "articles.ingested"
	SubjectDecisions = "articles.decisions"
	SubjectUnique    = "articles.unique"
	SubjectTagged    = "articles.tagged"
	SubjectErased    = "articles.erased"
)

// InboxSubject returns the subject a source drops its files on in a lane.
func InboxSubject(lane Lane, source string) string {
	if lane == Backfill {
		return "articles.backfill." + source
	}
	return "articles.inbox." + source
}

const retryPrefix = "articles.retry."

// RetrySubject returns the subject on which a file of a source that ingest buried comes
// back. It lies beside the source's inbox, so that who may drop files may not order
// retries.
func RetrySubject(lane Lane, source string) string {
	if lane != Backfill {
		lane = Live
	}
	return retryPrefix + string(lane) + "." + source
}

// IsRetry reports whether a subject is one of RetrySubject's.
func IsRetry(subject string) bool { return strings.HasPrefix(subject, retryPrefix) }

// EnrichedSubject returns the subject of a finished record.
func EnrichedSubject(language *string, relation Relation, source string) string {
	return "articles.enriched." + PrimaryLanguage(language) + "." + string(relation) + "." + source
}

// DuplicateSubject returns the subject of a copy.
func DuplicateSubject(relation Relation, source string) string {
	return "articles.duplicate." + string(relation) + "." + source
}

// DeadSubject returns the subject of what a stage could not process.
func DeadSubject(stage string) string { return "articles.dead." + stage }

// SourceOf returns the source token that ends a subject.
func SourceOf(subject string) string {
	return subject[strings.LastIndexByte(subject, '.')+1:]
}

// SubjectTemplate returns a subject without the parts that vary from message to
// message, such as "articles.inbox.<source>". A subject that is not ours is "other".
func SubjectTemplate(subject string) string {
	switch subject {
	case SubjectIngested, SubjectDecisions, SubjectUnique, SubjectTagged:
		return subject
	}
	for _, t := range templates {
		if strings.HasPrefix(subject, t.prefix) {
			return t.template
		}
	}
	return "other"
}

var templates = []struct{ prefix, template string }{
	{"articles.inbox.", "articles.inbox.<source>"},
	{"articles.backfill.", "articles.backfill.<source>"},
	{"articles.enriched.", "articles.enriched.<lang>.<relation>.<source>"},
	{"articles.duplicate.", "articles.duplicate.<relation>.<source>"},
	{"articles.dead.", "articles.dead.<stage>"},
}

// maxSource keeps subjects, metrics and file names that carry a source short.
const maxSource = 64

// CheckSource reports why s cannot be a source: a source is 1 to 64 of the
// characters a-z, A-Z, 0-9, "-" and "_", one token of a subject.
func CheckSource(s string) error {
	if s == "" || len(s) > maxSource {
		return fmt.Errorf("source %q: want 1 to %d characters", s, maxSource)
	}
	for _, c := range s {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return fmt.Errorf("source %q: use letters, digits, - and _ only", s)
		}
	}
	return nil
}

// PrimaryLanguage returns the lower-case primary subtag of a BCP 47 tag, or "und".
func PrimaryLanguage(tag *string) string {
	if tag == nil {
		return "und"
	}
	primary, _, _ := strings.Cut(*tag, "-")
	primary = strings.ToLower(primary)
	if len(primary) < 2 || len(primary) > 8 {
		return "und"
	}
	for _, c := range primary {
		if c < 'a' || c > 'z' {
			return "und"
		}
	}
	return primary
}
