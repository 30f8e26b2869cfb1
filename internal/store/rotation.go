package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/persist"
)

// rotationLife is how long a rotating secret is kept that nobody uses: longer than
// vendors let one live.
const rotationLife = longest

// rotated is what is sealed.
type rotated struct {
	loginwatch.Rotated
	More persist.Members `json:",embed"`
}

var _ loginwatch.Rotations = (*Ledger)(nil)

// Rotate implements [loginwatch.Rotations]. What is kept is sealed with a key that is
// made of the ledger's.
func (l *Ledger) Rotate(ctx context.Context, s loginwatch.RotatingSecret, change func(*loginwatch.Rotated)) error {
	mac := hmac.New(sha256.New, l.key) // of the value that it began with nothing readable is kept
	mac.Write(s.Configured[:])
	key := s.Vendor + "\x00" + s.Name + "\x00" + hex.EncodeToString(mac.Sum(nil))
	err := l.engine.alter(ctx, kindRotated, key, time.Now().Add(rotationLife), func(sealed string) (string, error) {
		was, err := l.unseal(key, sealed)
		if err != nil {
			return "", err
		}
		now := was
		if change(&now.Rotated); now.Rotated == was.Rotated {
			return sealed, nil
		}
		return l.seal(key, now)
	})
	if err != nil {
		return fmt.Errorf("what is kept of the secret %s of %s: %w", s.Name, s.Vendor, err)
	}
	return nil
}

// seal gives the text that is kept; key is where, so that none can stand in another's
// place.
func (l *Ledger) seal(key string, r rotated) (string, error) {
	plain, err := persist.Encode(r)
	if err != nil {
		return "", err
	}
	box, err := l.box()
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(box.Seal(nil, nil, plain, []byte(key))), nil
}

func (l *Ledger) unseal(key, sealed string) (r rotated, err error) {
	if sealed == "" {
		return r, nil
	}
	text, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return r, errSeal
	}
	box, err := l.box()
	if err != nil {
		return r, err
	}
	plain, err := box.Open(nil, nil, text, []byte(key))
	if err != nil || persist.Decode(plain, &r) != nil {
		return rotated{}, errSeal
	}
	return r, nil
}

var errSeal = errors.New("it can't be opened: it was changed since it was sealed")

// box seals with AES-256-GCM and a random nonce in front (NIST SP 800-38D).
func (l *Ledger) box() (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, l.key, nil, "loginwatch rotating secrets", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
