package wire

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"

	"github.com/loginwatch/loginwatch/internal/guard"
)

// undo undoes gzip, which every HTTP library does unasked and some gateways
// send unasked; any other coding is one that a consumer may not know, and then
// it tells false. One byte above guard's limit is enough to be refused for its
// size.
func (a *Answer) undo(coding string) bool {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		return true
	case "gzip", "x-gzip":
	default:
		return false
	}
	r, err := gzip.NewReader(bytes.NewReader(a.Body))
	if err != nil {
		return false
	}
	plain, err := io.ReadAll(io.LimitReader(r, int64(guard.Defaults().Bytes)+1))
	if err != nil {
		return false
	}
	a.Body = plain
	return true
}
