package loginwatch

import (
	"context"
	"crypto/sha256"
)

// RotatingSecret names a secret that its vendor takes once and replaces by the next one,
// such as a refresh token (RFC 9700, 4.14.2), by the value that it began with: whoever
// was configured with that, under whatever target, goes on with the same successor. With
// another value in the configuration it begins again.
type RotatingSecret struct {
	Vendor, Name string
	Configured   [sha256.Size]byte // digest of the configured value
}

// Rotated is what became of a rotating secret.
type Rotated struct {
	Value string // the one to use next; "" while that is the configured one
	Spent bool   // the one to use next was sent, and no answer gave another
	By    string // who has spent it; "" unless it is
}

// Rotations keeps what became of rotating secrets. It is safe for concurrent use, also
// by several processes where it lasts.
type Rotations interface {
	// Rotate hands over what is kept of a secret, zero when that is nothing, and keeps
	// what change leaves of it before it returns: nobody else sees it between. An error
	// means that nothing was kept; change may have been called all the same, and may be
	// called again.
	Rotate(ctx context.Context, secret RotatingSecret, change func(*Rotated)) error
}
