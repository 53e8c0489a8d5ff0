// The second verifier: holds a folder of C2SP tlog-tiles against its signed checkpoint with Go's golang.org/x/mod/sumdb
// and nothing of ours. Ends with 0 where everything holds, 1 where something does not, and says which record or tile.
//
//	verify -key VKEY [-older CHECKPOINT] [-witness VKEY] FOLDER
//	verify -key VKEY [-witness VKEY] -proof FILE
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
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

const height = 8

type keys struct {
	log     note.Verifier
	witness note.Verifier // nil where no cosignature is asked for
}

// cosigner verifies cosignature/v1 of C2SP tlog-cosignature, which package note does not know.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	head := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	return ed25519.Verify(c.key, append([]byte(head), msg...), sig[8:])
}

func newCosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("this is no key of a witness")
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, errors.New("this is no key of a witness")
	}
	return cosigner{parts[0], uint32(hash), key[1:]}, nil
}

// openCheckpoint verifies the signatures and reads the three lines of C2SP tlog-checkpoint.
func openCheckpoint(text []byte, k keys) (tlog.Tree, error) {
	opened, err := note.Open(text, note.VerifierList(k.log))
	if err != nil {
		return tlog.Tree{}, err
	}
	if k.witness != nil {
		if _, err := note.Open(text, note.VerifierList(k.witness)); err != nil {
			return tlog.Tree{}, fmt.Errorf("cosignature: %v", err)
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != k.log.Name() {
		return tlog.Tree{}, errors.New("the text is no checkpoint of that key's log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// folder reads tiles by their C2SP names, as tlog.TileReader.
type folder string

func (f folder) Height() int                         { return height }
func (f folder) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := f.tile(tile)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// name is a tile's path: Go's has the height in it and calls the entries "data".
func name(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

func (f folder) read(tile tlog.Tile) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(string(f), name(tile)))
	if errors.Is(err, os.ErrNotExist) && tile.W < 1<<height {
		tile.W = 1 << height // a partial tile may go once the full one is there
		return os.ReadFile(filepath.Join(string(f), name(tile)))
	}
	return data, err
}

func (f folder) tile(tile tlog.Tile) ([]byte, error) {
	data, err := f.read(tile)
	if err != nil {
		return nil, err
	}
	if len(data) != tile.W*tlog.HashSize && len(data) != tlog.HashSize<<height {
		return nil, fmt.Errorf("%s has %d octets", name(tile), len(data))
	}
	return data[:tile.W*tlog.HashSize], nil
}

// entries gives the hashes of the records of one bundle, at most tile.W of them.
func (f folder) entries(tile tlog.Tile) ([]tlog.Hash, error) {
	data, err := f.read(tile)
	if err != nil {
		return nil, err
	}
	var hashes []tlog.Hash
	for len(data) > 0 && len(hashes) < tile.W {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return hashes, fmt.Errorf("%s is cut within record %d", name(tile), tile.N<<height+int64(len(hashes)))
		}
		length := int(binary.BigEndian.Uint16(data))
		hashes = append(hashes, tlog.RecordHash(data[2:2+length]))
		data = data[2+length:]
	}
	return hashes, nil
}

// memory is a whole tree built here from its leaves, by Go's code.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, index := range indexes {
		hashes = append(hashes, m[index])
	}
	return hashes, nil
}

func grow(bundles [][]tlog.Hash) (memory, tlog.Hash, error) {
	var m memory
	size := int64(0)
	for _, leaves := range bundles {
		for _, leaf := range leaves {
			hashes, err := tlog.StoredHashesForRecordHash(size, leaf, m)
			if err != nil {
				return nil, tlog.Hash{}, err
			}
			m = append(m, hashes...)
			size++
		}
	}
	root, err := tlog.TreeHash(size, m)
	return m, root, err
}

// compare names the records of one bundle that are not those of the tree. Where a record is as its successor should be,
// the one between is missing.
func compare(first int64, found, expected []tlog.Hash) []string {
	var faults []string
	i := 0
	for k := range expected {
		switch {
		case i < len(found) && found[i] == expected[k]:
			i++
		case len(found) < len(expected) && (i == len(found) || k+1 < len(expected) && found[i] == expected[k+1]):
			faults = append(faults, fmt.Sprintf("record %d is missing", first+int64(k)))
		default:
			faults = append(faults, fmt.Sprintf("record %d is not the one in the tree", first+int64(k)))
			i++
		}
	}
	return faults
}

// tilesOf lists the tiles of a tree, one for each place: NewTiles of package tlog gives every width of a partial one.
func tilesOf(size int64) []tlog.Tile {
	var tiles []tlog.Tile
	for level := 0; size > 0; level, size = level+1, size>>height {
		for n := int64(0); n<<height < size; n++ {
			width := size - n<<height
			if width > 1<<height {
				width = 1 << height
			}
			tiles = append(tiles, tlog.Tile{H: height, L: level, N: n, W: int(width)})
		}
	}
	return tiles
}

// leavesOf reads what the tiles of level 0 say and what the records themselves say.
func leavesOf(f folder, size int64) (tiles, records [][]tlog.Hash, faults []string) {
	for _, tile := range tilesOf(size) {
		if tile.L != 0 {
			break
		}
		var hashes []tlog.Hash
		data, err := f.tile(tile)
		for ; len(data) > 0; data = data[tlog.HashSize:] {
			hashes = append(hashes, *(*tlog.Hash)(data))
		}
		tiles = append(tiles, hashes)
		if err != nil {
			faults = append(faults, err.Error())
		}
		tile.L = -1
		hashes, err = f.entries(tile)
		records = append(records, hashes)
		if err != nil {
			faults = append(faults, err.Error())
		}
	}
	return tiles, records, faults
}

// verifyAll holds every tile and every record against the tree, which is built anew: the reader of tiles in version 0.7
// of x/mod does not hold every tile that it reads against the one above.
func verifyAll(f folder, tree tlog.Tree) []string {
	tiles, records, faults := leavesOf(f, tree.N)
	stored, root, err := grow(tiles)
	if err == nil && root != tree.Hash {
		if again, recordsRoot, err := grow(records); err == nil && recordsRoot == tree.Hash {
			stored, tiles = again, records // the records are right, a tile is not
		} else {
			faults = append(faults, "neither the tiles nor the records give the root of the checkpoint")
		}
	}
	if err != nil || int64(len(stored)) != tlog.StoredHashCount(tree.N) {
		return append(faults, fmt.Sprintf("there are no %d leaves", tree.N))
	}
	for n, expected := range tiles {
		faults = append(faults, compare(int64(n)<<height, records[n], expected)...)
	}
	for _, tile := range tilesOf(tree.N) {
		expected, err := tlog.ReadTileData(tile, stored)
		found, readErr := f.tile(tile)
		if err != nil || readErr != nil || !bytes.Equal(expected, found) {
			faults = append(faults, name(tile)+" is not the one of the tree")
		}
	}
	return faults
}

// prove makes and checks proofs through the tiles, as any client would.
func prove(f folder, tree tlog.Tree, older *tlog.Tree) error {
	reader := tlog.TileHashReader(tree, f)
	if older != nil {
		proof, err := tlog.ProveTree(tree.N, older.N, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash); err != nil {
			return fmt.Errorf("the older checkpoint is no prefix: %v", err)
		}
	}
	for n := int64(0); n < tree.N; n += 1 + tree.N/100 {
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		if err != nil {
			return err
		}
		proof, err := tlog.ProveRecord(tree.N, n, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, n, hashes[0]); err != nil {
			return fmt.Errorf("record %d: %v", n, err)
		}
	}
	return nil
}

// checkProof holds a proof of one record (C2SP tlog-proof) against the key.
func checkProof(text string, k keys) error {
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "extra ") || !strings.HasPrefix(lines[2], "index ") {
		return errors.New("this is no proof of a record")
	}
	record, err := base64.StdEncoding.DecodeString(lines[1][len("extra "):])
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(lines[2][len("index "):], 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	tree, err := openCheckpoint([]byte(checkpoint), k)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(record)); err != nil {
		return fmt.Errorf("record %d: %v", index, err)
	}
	fmt.Printf("record %d is one of the %d\n", index, tree.N)
	return nil
}

func verifyFolder(f folder, olderFile string, k keys) error {
	text, err := os.ReadFile(filepath.Join(string(f), "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(text, k)
	if err != nil {
		return fmt.Errorf("checkpoint: %v", err)
	}
	var older *tlog.Tree
	if olderFile != "" {
		olderText, err := os.ReadFile(olderFile)
		if err != nil {
			return err
		}
		olderTree, err := openCheckpoint(olderText, keys{log: k.log})
		if err != nil {
			return fmt.Errorf("older checkpoint: %v", err)
		}
		older = &olderTree
	}
	faults := verifyAll(f, tree)
	if err := prove(f, tree, older); err != nil {
		faults = append(faults, err.Error())
	}
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "\n"))
	}
	fmt.Printf("%d records are those of the checkpoint\n", tree.N)
	return nil
}

func run() error {
	vkey := flag.String("key", "", "verifier key of the log")
	witness := flag.String("witness", "", "verifier key of a witness that must have cosigned")
	older := flag.String("older", "", "file of an older checkpoint, which must be a prefix")
	proof := flag.String("proof", "", "file of a proof to check instead of a folder")
	flag.Parse()
	var k keys
	var err error
	if k.log, err = note.NewVerifier(*vkey); err != nil {
		return fmt.Errorf("key: %v", err)
	}
	if *witness != "" {
		if k.witness, err = newCosigner(*witness); err != nil {
			return err
		}
	}
	if *proof != "" {
		text, err := os.ReadFile(*proof)
		if err != nil {
			return err
		}
		return checkProof(string(text), k)
	}
	return verifyFolder(folder(flag.Arg(0)), *older, k)
}

func main() {
	if err := run(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
