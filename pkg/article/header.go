package article

// Headers of copydesk messages. The inbox headers are hints from the sender, all
// optional. Names are case-sensitive on NATS.
const (
	// Inbox hints.
	HeaderContentType     = "Content-Type"
	HeaderContentEncoding = "Content-Encoding"
	HeaderContentLocation = "Content-Location"
	HeaderFilename        = "Copydesk-Filename"
	HeaderLanguage        = "Copydesk-Language"
	HeaderPublished       = "Copydesk-Published"
	HeaderRef             = "Copydesk-Ref"

	// On every hop.
	HeaderItem      = "Copydesk-Item"
	HeaderOriginSeq = "Copydesk-Origin-Seq" // the file's sequence in its inbox
	HeaderIndex     = "Copydesk-Index"      // the item's place in its file, from 0
	HeaderCount     = "Copydesk-Count"      // items of the file
	HeaderLane      = "Copydesk-Lane"
	HeaderSource    = "Copydesk-Source"
	HeaderRun       = "Copydesk-Run"      // the replay a message belongs to
	HeaderRetry     = "Copydesk-Retry"    // times retried from the dead letters
	HeaderRetryOf   = "Copydesk-Retry-Of" // the retried letter's sequence in the dead letters
	HeaderReceived  = "Copydesk-Received" // when the inbox stored the file, on what ingest buries and on its retries
	// HeaderAdded is, on the item that stands for a whole file which died and was retried,
	// how many items more than that one the file turned out to have.
	HeaderAdded = "Copydesk-Added"
	HeaderTrace = "traceparent"
	HeaderState = "tracestate"

	// Where the payload is when it is too large for a message: "<bucket>/<name>".
	HeaderBlob = "Copydesk-Blob"

	// On dead letters.
	HeaderReason        = "Copydesk-Reason"
	HeaderClass         = "Copydesk-Class"
	HeaderError         = "Copydesk-Error"
	HeaderAttempts      = "Copydesk-Attempts"
	HeaderOriginStream  = "Copydesk-Origin-Stream"
	HeaderOriginSubject = "Copydesk-Origin-Subject"
	HeaderStack         = "Copydesk-Stack" // hash of the stack of a panic
)

// OwnHeaders are those that only copydesk sets. On a message that anyone may have sent
// they say nothing.
func OwnHeaders() []string {
	return []string{
		HeaderItem, HeaderOriginSeq, HeaderIndex, HeaderCount, HeaderLane, HeaderSource, HeaderRun,
		HeaderRetry, HeaderRetryOf, HeaderReceived, HeaderAdded,
		HeaderReason, HeaderClass, HeaderError, HeaderAttempts, HeaderOriginStream, HeaderOriginSubject, HeaderStack,
	}
}
