package facts

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"testing"
)

// The generated data is refreshed by hand; whoever changes a file of it by
// another way than gen finds out here.
func TestDigest(t *testing.T) {
	root := os.DirFS("data")
	var names []string
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < serviceCount {
		t.Fatalf("data holds %d files, want %d and more", len(names), serviceCount)
	}
	slices.Sort(names)
	h := sha256.New()
	for _, name := range names {
		content, err := fs.ReadFile(root, name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(h, "%s\x00%d\x00", name, len(content))
		h.Write(content)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != dataDigest {
		t.Errorf("data/ has digest %s, sources.go records %s: run gen, or restore the files", got, dataDigest)
	}
}
