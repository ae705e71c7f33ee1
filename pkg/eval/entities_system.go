package eval

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/copydesk/copydesk/pkg/entity/crf"
)

// systemTypes are the types an external tagger may answer with. Others are no names.
var systemTypes = map[string]crf.Type{
	"person": crf.Person, "organisation": crf.Organisation, "place": crf.Place, "other": crf.Other,
	"PER": crf.Person, "ORG": crf.Organisation, "LOC": crf.Place, "MISC": crf.Other,
}

// System is an external tagger of names: a program that reads documents from its
// standard input, one JSON object a line, and answers each with one line.
//
//	{"sentences": [["Ada", "Obi", "left", "."]], "text": "Ada Obi left."}
//	{"names": [{"start": 0, "end": 2, "type": "person"}]}
//	{"mentions": [{"start": 0, "end": 7, "type": "person"}]}
//
// It answers either with names, by token over the whole document, or with mentions, by
// code point of the text, where a sentence is a line. Types are person, organisation,
// place and other, or PER, ORG, LOC and MISC.
type System struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// StartSystem starts the program that a command line names. Words are parted by spaces.
// Its standard error is that of this process.
func StartSystem(ctx context.Context, command string) (*System, error) {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil, fmt.Errorf("start tagger: no command")
	}
	s := &System{cmd: exec.CommandContext(ctx, words[0], words[1:]...)}
	s.cmd.Stderr = os.Stderr
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start tagger: %w", err)
	}
	return s, nil
}

// Close ends the program's input and waits for it.
func (s *System) Close() error {
	if err := s.in.Close(); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// Names asks the program for the names of a document.
func (s *System) Names(doc *LabelledDocument) ([]crf.Name, error) {
	running, at := doc.Text()
	line, err := json.Marshal(struct {
		Sentences [][]string `json:"sentences"`
		Text      string     `json:"text"`
	}{doc.Sentences, running})
	if err != nil {
		return nil, err
	}
	if _, err := s.in.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("write to tagger: %w", err)
	}
	answer, err := s.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("read from tagger: %w", err)
	}
	var found struct {
		Names    []Mention `json:"names"`
		Mentions []Mention `json:"mentions"`
	}
	if err := json.Unmarshal(answer, &found); err != nil {
		return nil, fmt.Errorf("read from tagger: %w", err)
	}
	if found.Mentions != nil {
		return namesAt(found.Mentions, at), nil
	}
	var names []crf.Name
	for _, n := range found.Names {
		typ, ok := systemTypes[n.Type]
		if ok {
			names = append(names, crf.Name{First: n.Start, Last: n.End, Type: typ})
		}
	}
	return names, nil
}

// namesAt finds the tokens of mentions. A mention whose ends are no ends of tokens is a
// name at tokens that nothing can match: a wrong one.
func namesAt(mentions []Mention, at []Span) []crf.Name {
	var names []crf.Name
	for _, m := range mentions {
		typ, ok := systemTypes[m.Type]
		if !ok {
			continue
		}
		first, opens := slices.BinarySearchFunc(at, m.Start, func(s Span, start int) int { return s.Start - start })
		last, closes := slices.BinarySearchFunc(at, m.End, func(s Span, end int) int { return s.End - end })
		if !opens || !closes || last < first {
			first, last = -1-m.Start, -1
		}
		names = append(names, crf.Name{First: first, Last: last + 1, Type: typ})
	}
	return names
}
