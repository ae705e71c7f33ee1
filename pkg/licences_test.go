package pkg

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// licences are those whose code we may ship, with the sentences that tell them. A file
// must have all sentences of one of them.
var licences = map[string][]string{
	"Apache-2.0": {"apache license version 2.0, january 2004", "grant of patent license"},
	// The notice that points to it.
	"Apache-2.0 (notice)": {"under the apache license, version 2.0", "http://www.apache.org/licenses/license-2.0"},
	"MIT":                 {"permission is hereby granted, free of charge, to any person obtaining a copy", "the above copyright notice and this permission notice shall be included"},
	"BSD-3-Clause":        {"redistribution and use in source and binary forms, with or without modification, are permitted", "neither the name of"},
	"BSD-2-Clause":        {"redistribution and use in source and binary forms, with or without modification, are permitted", "redistributions in binary form must reproduce"},
	"ISC":                 {"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted"},
}

// looked are files that a person has looked at, with what was found.
var looked = map[string]string{
	"github.com/markusmobius/go-domdistiller/LICENSE-domdistiller.txt": "empty in v1.0.0; its README says BSD-style, and each file has the notice of Chromium's BSD licence",
}

// copyleft is in the text of licences that ask for more than a notice, whatever else the
// file says.
var copyleft = []string{
	"gnu general public license", "gnu lesser general public", "gnu affero", "mozilla public license",
	"server side public license", "business source license", "commons clause", "eclipse public license", "creative commons",
}

var (
	notWord     = regexp.MustCompile(`[\s*#>"“”]+`)
	licenceFile = regexp.MustCompile(`(?i)^(li[cs]en[cs]e|copying|unlicense)`)
)

// classify returns the licence that a text is, "" for none we know.
func classify(text string) string {
	text = notWord.ReplaceAllString(strings.ToLower(text), " ")
	for _, s := range copyleft {
		if strings.Contains(text, s) {
			return ""
		}
	}
	var found []string
	for name, sentences := range licences {
		if !slices.ContainsFunc(sentences, func(s string) bool { return !strings.Contains(text, s) }) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return strings.Join(found, " ")
}

// Every module that is in a binary of ours, or in a test, has a licence that lets us.
func TestLicences(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-test", "-tags", "pdfium", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}", root+"pkg/...", root+"services/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	lines = slices.Compact(lines)
	modules := 0
	for _, line := range lines {
		path, dir, ok := strings.Cut(line, " ")
		if !ok {
			continue
		}
		modules++
		names, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		files := 0
		for _, n := range names {
			if n.IsDir() || !licenceFile.MatchString(n.Name()) {
				continue
			}
			files++
			text, err := os.ReadFile(filepath.Join(dir, n.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if classify(string(text)) == "" && looked[path+"/"+n.Name()] == "" {
				t.Errorf("%s: %s is no licence on the list in pkg/licences_test.go", path, n.Name())
			}
		}
		if files == 0 {
			t.Errorf("%s has no licence", path)
		}
	}
	if modules < 40 {
		t.Errorf("looked at %d modules only", modules)
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	mit := "MIT\n\nPermission is hereby granted, free of charge, to any person\nobtaining a copy of it. The above copyright notice and this permission notice shall be included in all copies."
	for name, tt := range map[string]struct{ text, want string }{
		"a licence over several lines":        {mit, "MIT"},
		"one with a condition":                {mit + "\nThe Commons Clause applies.", ""},
		"one we may not ship":                 {"GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007", ""},
		"half of one":                         {"Permission is hereby granted, free of charge, to any person obtaining a copy", ""},
		"something else that is called that ": {"All rights reserved.", ""},
	} {
		if got := classify(tt.text); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
