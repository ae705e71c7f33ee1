package entity

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"sync"

	"github.com/copydesk/copydesk/pkg/entity/crf"
)

//go:embed names.model
var namesModel []byte

var loadNames = sync.OnceValue(func() *crf.Model {
	m, err := crf.ReadModel(namesModel)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return m
})

// Model names the weights that names are found by: it changes when they do.
func Model() string {
	sum := sha256.Sum256(namesModel)
	return "names/" + hex.EncodeToString(sum[:4])
}

// Load makes the models ready, a tenth of a second of work that the first Tag does
// otherwise. It is safe to call at any time.
func Load() {
	var bases sync.WaitGroup
	bases.Go(func() {
		spelledRecords() // of the gazetteer
		loadExonyms()
		loadWider()
	})
	loadNames()
	bases.Wait()
}
