package extract

import "fmt"

// Codes of Reject: the closed list of reasons why a file, or one item of it, gives no
// article. Classes says whose each is.
const (
	// CodeTooLarge: more bytes than a limit allows, as dropped or of one kind.
	CodeTooLarge = "too_large"
	// CodeTooMany: more members, entries or elements than a limit allows.
	CodeTooMany = "too_many"
	// CodeBomb: a packed file that unpacks out of all proportion.
	CodeBomb = "bomb"
	// CodeDepth: nested deeper than any real file is.
	CodeDepth = "depth"
	// CodeEncrypted: the content is locked by a password.
	CodeEncrypted = "encrypted"
	// CodeUnsupported: the bytes are of a format that is not read.
	CodeUnsupported = "unsupported"
	// CodeMalformed: the format is read, but the file breaks its rules beyond repair.
	CodeMalformed = "malformed"
	// CodeScanNoText: a PDF of pictures of pages.
	CodeScanNoText = "scan_no_text"
	// CodeNoText: the format is read, but there is no prose in the file.
	CodeNoText = "no_text"
	// CodeNoItems: a container without an article in it.
	CodeNoItems = "no_items"

	// CodeParser: a parser failed on bytes it should have refused.
	CodeParser = "parser"
	// CodeTimeout: reading took longer than a document may. Set by who isolates us.
	CodeTimeout = "timeout"
	// CodeOutOfMemory: reading took more memory than a document may. Set likewise.
	CodeOutOfMemory = "out_of_memory"
)

// Classes of Reject. Input is the sender's to mend, a fault is ours.
const (
	ClassInput = "input"
	ClassFault = "fault"
)

// Classes has the class of every code; a code that is not in it may not be used.
// A parser that hangs or dies is at fault, whatever it was given.
var Classes = map[string]string{
	CodeTooLarge:    ClassInput,
	CodeTooMany:     ClassInput,
	CodeBomb:        ClassInput,
	CodeDepth:       ClassInput,
	CodeEncrypted:   ClassInput,
	CodeUnsupported: ClassInput,
	CodeMalformed:   ClassInput,
	CodeScanNoText:  ClassInput,
	CodeNoText:      ClassInput,
	CodeNoItems:     ClassInput,
	CodeParser:      ClassFault,
	CodeTimeout:     ClassFault,
	CodeOutOfMemory: ClassFault,
}

// Reject says why a file, or an item of it, gives no article and what to do about
// it. The same bytes are always rejected again, so a caller need not retry.
type Reject struct {
	Code  string
	Class string
	// Path leads from the file to what was rejected, as article.Input.Path does.
	Path []string
	Err  error
}

// Error implements error.
func (r *Reject) Error() string { return r.Code + ": " + r.Err.Error() }

// Unwrap gives the cause.
func (r *Reject) Unwrap() error { return r.Err }

// refuse makes a Reject. The text says what is wrong and, after a colon, what the
// sender can do.
func refuse(code, format string, args ...any) *Reject {
	return &Reject{Code: code, Class: Classes[code], Err: fmt.Errorf(format, args...)}
}
