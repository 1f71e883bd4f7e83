// Verifies an exchange's evidence with code that knows nothing of the exchange: golang.org/x/mod/sumdb, which the Go
// checksum database is verified with.
//
//	exchange-evidence -log DIR -receipt answer.json -older CHECKPOINT
//
// DIR is what `exchange evidence export` wrote. Verified are the signatures of three checkpoints (the folder's, the
// receipt's, an older one) with the log's verifier key, the receipt's inclusion proof, the entry in the folder that it
// is about, and that the folder's checkpoint continues the other two. Exit code 0 when all holds, 1 when something does
// not.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Hashes in a full tile, as a power of two.
const height = 8

type receipt struct {
	LeafIndex     string   `json:"leaf_index"`
	InclusionPath [][]byte `json:"inclusion_path"`
	Checkpoint    []byte   `json:"checkpoint"`
	VerifierKey   string   `json:"verifier_key"`
	LeafHash      []byte   `json:"leaf_hash"`
}

func main() {
	log := flag.String("log", "", "exported folder")
	answer := flag.String("receipt", "", "saved answer in JSON, with its receipt")
	older := flag.String("older", "", "older checkpoint of the same log")
	flag.Parse()
	if err := run(*log, *answer, *older); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(log, answer, older string) error {
	proof, err := readReceipt(answer)
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	verifier, err := note.NewVerifier(proof.VerifierKey)
	if err != nil {
		return fmt.Errorf("verifier key: %w", err)
	}
	now, err := openFile(filepath.Join(log, "checkpoint"), verifier)
	if err != nil {
		return err
	}
	then, err := open(proof.Checkpoint, verifier)
	if err != nil {
		return fmt.Errorf("the receipt's checkpoint: %w", err)
	}
	if err := proof.check(then); err != nil {
		return fmt.Errorf("inclusion: %w", err)
	}
	tiles := tlog.TileHashReader(now, files{log})
	if err := entry(log, proof, now, tiles); err != nil {
		return fmt.Errorf("entry: %w", err)
	}
	before, err := openFile(older, verifier)
	if err != nil {
		return err
	}
	for _, old := range []tlog.Tree{then, before} {
		if err := consistent(old, now, tiles); err != nil {
			return fmt.Errorf("consistency of %d with %d: %w", old.N, now.N, err)
		}
	}
	fmt.Printf("%s: %d entries continue %d and %d; entry %s is in\n", verifier.Name(), now.N, then.N, before.N, proof.LeafIndex)
	return nil
}

func readReceipt(path string) (*receipt, error) {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Receipt *receipt `json:"receipt"`
	}
	if err := json.Unmarshal(bytes, &answer); err != nil {
		return nil, err
	}
	if answer.Receipt == nil {
		return nil, errors.New("there is none")
	}
	if answer.Receipt.LeafIndex == "" {
		answer.Receipt.LeafIndex = "0"
	}
	return answer.Receipt, nil
}

// check verifies that the receipt's leaf is in the tree of its checkpoint.
func (r *receipt) check(tree tlog.Tree) error {
	index, err := strconv.ParseInt(r.LeafIndex, 10, 64)
	if err != nil {
		return err
	}
	leaf, err := hash(r.LeafHash)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, bytes := range r.InclusionPath {
		step, err := hash(bytes)
		if err != nil {
			return err
		}
		path = append(path, step)
	}
	return tlog.CheckRecord(path, tree.N, tree.Hash, index, leaf)
}

// entry verifies that the folder's entry is the receipt's leaf and is in the tree of the folder's checkpoint.
func entry(log string, r *receipt, tree tlog.Tree, tiles tlog.HashReader) error {
	index, err := strconv.ParseInt(r.LeafIndex, 10, 64)
	if err != nil {
		return err
	}
	leaf, err := readEntry(log, index, tree.N)
	if err != nil {
		return err
	}
	found := tlog.RecordHash(leaf)
	if want, err := hash(r.LeafHash); err != nil || found != want {
		return errors.New("the folder's entry is not the receipt's leaf")
	}
	path, err := tlog.ProveRecord(tree.N, index, tiles)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, tree.N, tree.Hash, index, found)
}

func consistent(old, now tlog.Tree, tiles tlog.HashReader) error {
	if old.N == 0 {
		return errors.New("an empty log proves nothing")
	}
	path, err := tlog.ProveTree(now.N, old.N, tiles)
	if err != nil {
		return err
	}
	return tlog.CheckTree(path, now.N, now.Hash, old.N, old.Hash)
}

func openFile(path string, verifier note.Verifier) (tlog.Tree, error) {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	tree, err := open(bytes, verifier)
	if err != nil {
		return tree, fmt.Errorf("%s: %w", path, err)
	}
	return tree, nil
}

// open reads a checkpoint (C2SP tlog-checkpoint) whose signature must verify.
func open(bytes []byte, verifier note.Verifier) (tlog.Tree, error) {
	signed, err := note.Open(bytes, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("is no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil {
		return tlog.Tree{}, err
	}
	top, err := hash(root)
	return tlog.Tree{N: size, Hash: top}, err
}

func hash(bytes []byte) (tlog.Hash, error) {
	var found tlog.Hash
	if len(bytes) != len(found) {
		return found, errors.New("a hash is not 32 bytes long")
	}
	copy(found[:], bytes)
	return found, nil
}

// files reads tiles where C2SP tlog-tiles puts them: as tlog does, but without the height in the path.
type files struct{ dir string }

func (f files) Height() int { return height }

func (f files) SaveTiles([]tlog.Tile, [][]byte) {}

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(f.dir, path))
		if err != nil {
			return nil, err
		}
		found = append(found, bytes)
	}
	return found, nil
}

// readEntry reads an entry out of its bundle.
func readEntry(dir string, index, size int64) ([]byte, error) {
	tile := tlog.Tile{H: height, L: 0, N: index >> height, W: 1 << height}
	if last := size >> height; tile.N == last {
		tile.W = int(size & (1<<height - 1))
	}
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/0/", height), "tile/entries/", 1)
	bundle, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil {
		return nil, err
	}
	for at := index & (1<<height - 1); ; at-- {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return nil, errors.New("the bundle is cut off")
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		if at == 0 {
			return bundle[2:end], nil
		}
		bundle = bundle[end:]
	}
}
