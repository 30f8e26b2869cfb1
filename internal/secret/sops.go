package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// maxFile is the size of the largest file of sops, in bytes: secrets of many targets.
const maxFile = 4 << 20

// sopsFile is a file that sops encrypted, with what its place and its age keys say. The
// library of sops would bring the clients of all clouds along (docs/adr/0021); its format
// is values of AES-GCM under one key, which is encrypted for each recipient.
type sopsFile struct {
	leaves []strictyaml.Leaf
	meta   map[string]any
}

// readSOPS gives the texts of a file by their keys, joined by slashes. Those of a list
// can't be told apart, and have none.
func readSOPS(path string, identities func() (string, error)) (map[string]string, error) {
	text, err := readFile("sops file "+path, path, maxFile)
	if err != nil {
		return nil, err
	}
	f, err := parseSOPS(path, text)
	if err != nil {
		return nil, fmt.Errorf("sops file %s: %w", path, err)
	}
	keys, err := identities()
	if err != nil {
		return nil, err
	}
	key, err := f.dataKey(keys)
	if err != nil {
		return nil, fmt.Errorf("sops file %s: %w", path, err)
	}
	texts, err := f.open(key)
	if err != nil {
		return nil, fmt.Errorf("sops file %s: %w", path, err)
	}
	return texts, nil
}

// errForeign says that a file is none of what sops writes for us. What is wrong with it is
// not told, since that would quote it.
var errForeign = errors.New("it is neither YAML nor JSON that sops has encrypted")

func parseSOPS(path, text string) (*sopsFile, error) {
	doc, problems := strictyaml.Parse(filepath.Base(path), []byte(text), strictyaml.AtMost(maxFile))
	if doc == nil || len(problems) > 0 {
		return nil, errForeign
	}
	var entries strictyaml.Map[strictyaml.Value]
	if doc.Decode(&entries); len(doc.Problems()) > 0 {
		return nil, errForeign
	}
	f := &sopsFile{}
	for _, e := range entries {
		if e.Key == "sops" {
			f.meta, _ = e.Value.Any.(map[string]any)
			continue
		}
		for _, leaf := range e.Value.Leaves() {
			leaf.Keys = append([]string{e.Key}, leaf.Keys...)
			f.leaves = append(f.leaves, leaf)
		}
	}
	if f.meta == nil {
		return nil, errForeign
	}
	return f, nil
}

// said gives a text of the metadata.
func (f *sopsFile) said(name string) string {
	text, _ := f.meta[name].(string)
	return text
}

// open decrypts all values, since the code over the whole file is that of all.
func (f *sopsFile) open(key []byte) (map[string]string, error) {
	sum, alone := sha512.New(), f.meta["mac_only_encrypted"] == true
	if alone {
		sum.Write(onlyEncrypted)
	}
	texts, seen := map[string]string{}, map[string]bool{}
	for _, leaf := range f.leaves {
		name, text := strings.Join(leaf.Keys, "/"), plainText(leaf.Value)
		closed, isText := leaf.Value.(string)
		encrypted := isText && value.MatchString(closed)
		kind := ""
		if encrypted {
			var err error
			if text, kind, err = decrypt(closed, key, strings.Join(leaf.Keys, ":")+":"); err != nil {
				return nil, err
			}
		}
		if kind != "comment" && (encrypted || !alone) {
			_, _ = sum.Write([]byte(text)) // a hash never fails
		}
		if texts[name] = text; seen[name] || !encrypted && (!isText || closed != "") {
			delete(texts, name) // one of a list, or in plain text
		}
		seen[name] = true
	}
	return texts, f.checkSum(key, sum)
}

// onlyEncrypted is what the code begins with that leaves plain values out
// (sops.MACOnlyEncryptedInitialization).
var onlyEncrypted = []byte("\x8a\x3f\xd2\xad\x54\xce\x66\x52\x7b\x10\x34\xf3\xd1\x47\xbe\x0b\x0b\x97\x5b\x3b\xf4\x4f\x72\xc6\xfd\xad\xec\x81\x76\xf2\x7d\x69")

// checkSum holds the file to the code that sops left, which is encrypted with the instant
// of the last change.
func (f *sopsFile) checkSum(key []byte, sum hash.Hash) error {
	changed, err := time.Parse(time.RFC3339, f.said("lastmodified"))
	if err != nil {
		return errForeign
	}
	code, _, err := decrypt(f.said("mac"), key, changed.Format(time.RFC3339))
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(code), fmt.Appendf(nil, "%X", sum.Sum(nil))) == 0 {
		return errors.New("its content is not what its MAC says: somebody changed it without sops")
	}
	return nil
}

// plainText is a value that sops left as it was, as its code counts it (sops.ToBytes).
func plainText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		if v {
			return "True"
		}
		return "False"
	case json.Number:
		if n, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return strconv.FormatFloat(n, 'f', -1, 64)
		}
		return v.String()
	}
	return ""
}

// value is how sops writes an encrypted one (its aes/cipher.go).
var value = regexp.MustCompile(`^ENC\[AES256_GCM,data:(.*),iv:(.+),tag:(.+),type:(.+)\]$`)

// decrypt opens one value; where tells where in the file it has to stand.
func decrypt(text string, key []byte, where string) (plain, kind string, err error) {
	parts := value.FindStringSubmatch(text)
	if parts == nil {
		return "", "", errForeign
	}
	var raw [3][]byte
	for i := range raw {
		if raw[i], err = base64.StdEncoding.DecodeString(parts[i+1]); err != nil {
			return "", "", errForeign
		}
	}
	block, err := aes.NewCipher(key)
	if err != nil || len(raw[1]) == 0 || len(raw[1]) > 64 {
		return "", "", errForeign
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(raw[1]))
	if err != nil {
		return "", "", errForeign
	}
	opened, err := gcm.Open(nil, raw[1], slices.Concat(raw[0], raw[2]), []byte(where))
	if err != nil {
		return "", "", errors.New("a value can't be decrypted: somebody changed it without sops, or moved it")
	}
	return string(opened), parts[4], nil
}
