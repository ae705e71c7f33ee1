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
	HeaderRun       = "Copydesk-Run"   // the replay a message belongs to
	HeaderRetry     = "Copydesk-Retry" // times retried from the dead letters
	HeaderTrace     = "traceparent"
	HeaderState     = "tracestate"

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
