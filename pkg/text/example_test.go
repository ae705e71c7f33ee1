package text_test

import (
	"fmt"

	"github.com/copydesk/copydesk/pkg/text"
)

// Sentences and tokens of a text, cut out of it by their offsets.
func ExampleScan() {
	doc := text.Scan("Gen. Okoro didn't stay. The U.S.-Skerry talks begin on Oct. 7.")
	for _, s := range doc.Sentences {
		fmt.Println(doc.Text[s.Start:s.End])
		for i := s.First; i < s.Last; i++ {
			fmt.Print(doc.Form(int(i)), "|")
		}
		fmt.Println()
	}
	// Output:
	// Gen. Okoro didn't stay.
	// Gen.|Okoro|did|n't|stay|.|
	// The U.S.-Skerry talks begin on Oct. 7.
	// The|U.S.-Skerry|talks|begin|on|Oct.|7|.|
}

// One document serves many texts without further allocation.
func ExampleDocument_Scan() {
	var doc text.Document
	for _, s := range []string{"One. Two.", "Three?"} {
		doc.Scan(s)
		fmt.Println(len(doc.Sentences), len(doc.Tokens))
	}
	// Output:
	// 2 4
	// 1 2
}

// Words are numbered within a document; their hashes hold for ever.
func ExampleWordInfo() {
	doc := text.Scan("The port. The PORT!")
	for _, w := range doc.Words {
		fmt.Printf("%s %d %t\n", doc.Form(int(w.First)), w.Count, w.Hash == text.WordHash("Port"))
	}
	// Output:
	// The 2 false
	// port 2 true
	// . 1 false
	// ! 1 false
}

// The dateline that opens a paragraph can be told from its text.
func ExampleDocument_Dateline() {
	doc := text.Scan("CAIRO (AP) — The mayor left.")
	body := doc.Dateline(0)
	fmt.Println(doc.Text[doc.Tokens[body].Start:])
	// Output: The mayor left.
}
